//! Expansions are thin: what they do is in functions of the runtime.
//!
//! What is counted: the lines of everything beside the user's item, as prettyplease formats it where the names of the
//! runtime are imported (`Handle` for `::scope::__private::Handle`), without documentation and other attributes, and
//! without the mentions for editors, which the compiler drops.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::visit_mut::VisitMut;
use syn::{Attribute, File, Item};

use crate::testing::tokens;
use crate::{handlers, service};

/// A service without handlers.
const FIXED: usize = 43;
/// A `#[call]` of two arguments that returns a `Result`.
const CALL: usize = 16;
/// The same with such names and types that every part of it is broken over lines.
const LONG_CALL: usize = 26;

/// A `#[health]` check.
const CHECK: usize = 6;

const CALLS: &str = "
    #[call] async fn deposit(&mut self, id: u64, amount: i64) -> Result<i64, BankError> { Ok(amount) }
    #[call] fn withdraw(&self, id: u64, amount: i64) -> Result<i64, BankError> { Ok(amount) }";
const CALL_MORE: &str = "
    /// Adds interest.
    #[call] async fn accrue(&mut self, id: u64, percent: f64) -> Result<i64, BankError> { Ok(0) }";
const LONG_CALL_MORE: &str = "
    /// Moves an amount.
    #[call]
    async fn transfer_between(&mut self, from_account: String, to_account: String) -> Result<(), BankError> {
        self.books.transfer(from_account, to_account).await
    }";

#[test]
fn a_service_costs_few_lines() {
    let service = lines(&service::expand(
        tokens(""),
        tokens("pub struct Bank { balance: i64 }"),
    ));
    let handlers = block("");
    println!("fixed: {service} + {handlers}");
    assert!(
        service + handlers <= FIXED,
        "{service} + {handlers} lines for no handlers"
    );
}

#[test]
fn a_call_costs_few_lines() {
    // The first ones bring the impl of the handle, and the clause for their error.
    let before = block(CALLS);
    let call = block(&format!("{CALLS}{CALL_MORE}")) - before;
    let long = block(&format!("{CALLS}{LONG_CALL_MORE}")) - before;
    println!("a call: {call}, broken over lines: {long}");
    assert!(call <= CALL, "{call} lines for a call");
    assert!(
        long <= LONG_CALL,
        "{long} lines for a call that is broken over lines"
    );
}

#[test]
fn a_check_costs_few_lines() {
    let check = "#[health] async fn answers(&self) -> Result<(), BankError> { Ok(()) }";
    let more = "#[health(optional, timeout = \"1s\")] fn is_warm(&self) -> bool { true }";
    // The first one brings the method that runs them.
    let lines = block(&format!("{check}{more}")) - block(check);
    println!("a check: {lines}");
    assert!(lines <= CHECK, "{lines} lines for a check");
}

/// The lines for a block with these handlers.
fn block(handlers: &str) -> usize {
    lines(&handlers::expand(
        tokens(""),
        tokens(&format!("impl Bank {{ {handlers} }}")),
    ))
}

fn lines(emitted: &TokenStream) -> usize {
    let mut file: File = syn::parse2(imported(emitted.clone())).unwrap();
    // The user's item is the first one.
    file.items.remove(0);
    file.items.retain(|item| !is_dropped(item));
    WithoutAttributes.visit_file_mut(&mut file);
    prettyplease::unparse(&file).lines().count()
}

/// `::scope::__private::Handle` → `Handle`
fn imported(stream: TokenStream) -> TokenStream {
    let prefix: Vec<String> = quote!(::scope::__private::)
        .into_iter()
        .map(|token| token.to_string())
        .collect();
    let mut made: Vec<TokenTree> = Vec::new();
    for token in stream {
        made.push(match token {
            TokenTree::Group(group) => {
                proc_macro2::Group::new(group.delimiter(), imported(group.stream())).into()
            }
            token => token,
        });
        let start = made.len().saturating_sub(prefix.len());
        if made
            .iter()
            .skip(start)
            .map(ToString::to_string)
            .eq(prefix.iter().cloned())
        {
            made.truncate(start);
        }
    }
    made.into_iter().collect()
}

fn is_dropped(item: &Item) -> bool {
    matches!(item, Item::Const(item) if item.attrs == [syn::parse_quote!(#[cfg(any())])])
}

struct WithoutAttributes;

impl VisitMut for WithoutAttributes {
    fn visit_attributes_mut(&mut self, attrs: &mut Vec<Attribute>) {
        attrs.clear();
    }
}
