//! What the tests of all macros share.

use std::collections::BTreeSet;
use std::fs;

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::{File, Item, Macro, UseTree};

/// An expansion as formatted source, without the mentions for editors, and the messages of its errors.
pub(crate) struct Expanded {
    pub(crate) code: String,
    pub(crate) errors: Vec<String>,
}

impl Expanded {
    pub(crate) fn new(tokens: TokenStream) -> Self {
        let shown = tokens.to_string();
        let file: File = syn::parse2(tokens)
            .map_err(|error| format!("{error}: {shown}"))
            .unwrap();
        let (errors, items): (Vec<Item>, Vec<Item>) = file
            .items
            .into_iter()
            .partition(|item| error(item).is_some());
        let errors = errors.iter().filter_map(error).collect();
        let file = File {
            shebang: None,
            attrs: Vec::new(),
            items,
            frontmatter: None,
        };
        Self {
            code: prettyplease::unparse(&file),
            errors,
        }
    }

    /// The code of an expansion that must have no errors.
    pub(crate) fn sound(tokens: TokenStream) -> String {
        let expanded = Self::new(tokens);
        assert_eq!(expanded.errors, Vec::<String>::new());
        expanded.code
    }
}

fn error(item: &Item) -> Option<String> {
    match item {
        Item::Macro(item) => message(&item.mac),
        _ => None,
    }
}

fn message(mac: &Macro) -> Option<String> {
    let name = &mac.path.segments.last()?.ident;
    (name == "compile_error").then(|| {
        syn::parse2::<syn::LitStr>(mac.tokens.clone())
            .unwrap()
            .value()
    })
}

/// Parses source as a compiler would hand it to a macro.
pub(crate) fn tokens(source: &str) -> TokenStream {
    source.parse().unwrap()
}

/// Compares an expansion with its recorded snapshot. The source stands in the test; the snapshot holds the code alone.
macro_rules! assert_expansion {
    ($code:expr) => {{
        let code = $code;
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(code);
        });
    }};
}
pub(crate) use assert_expansion;

/// The same tokens again and again, each time with one mistake, also inside of groups: a token is missing, is there
/// twice, or has changed places with the next one.
pub(crate) fn each_with_a_mistake(source: &TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = source.clone().into_iter().collect();
    let mut results = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        let with = |replacement: TokenStream, length: usize| -> TokenStream {
            let before = tokens.iter().take(position).cloned();
            before
                .chain(replacement)
                .chain(tokens.iter().skip(position + length).cloned())
                .collect()
        };
        results.push(with(TokenStream::new(), 1));
        results.push(with(
            [token.clone(), token.clone()].into_iter().collect(),
            1,
        ));
        if let Some(next) = tokens.get(position + 1) {
            results.push(with([next.clone(), token.clone()].into_iter().collect(), 2));
        }
        if let TokenTree::Group(group) = token {
            for inner in each_with_a_mistake(&group.stream()) {
                let group = TokenTree::from(Group::new(group.delimiter(), inner));
                results.push(with(group.into(), 1));
            }
        }
    }
    results
}

/// Checks what is emitted for input with any mistake: Rust, if the user's tokens in it, `kept`, are; and with no error
/// only if `made` is among it.
#[track_caller]
pub(crate) fn assert_honest(emitted: &TokenStream, kept: &TokenStream, made: &str) {
    let has_error = contains_error(emitted.clone());
    // Mistakes in what passes through are the compiler's to report.
    let kept_is_rust = syn::parse2::<File>(kept.clone()).is_ok();
    let is_rust = syn::parse2::<File>(emitted.clone()).is_ok();
    assert!(is_rust || !kept_is_rust, "not Rust: {emitted}");
    let text = emitted.to_string();
    assert!(
        has_error || text.contains(made),
        "neither `{made}` nor an error: {text}"
    );
}

fn contains_error(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "compile_error",
        TokenTree::Group(group) => contains_error(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Checks that the runtime documents these words, and no others, at a path below its `words`.
#[track_caller]
pub(crate) fn assert_documented(path: &str, words: &[&str]) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scope-runtime/src/words.rs");
    let mut items = syn::parse_file(&fs::read_to_string(file).unwrap())
        .unwrap()
        .items;
    for name in path.split("::") {
        let inside = items.into_iter().find_map(|item| match item {
            Item::Mod(module) if module.ident == name => module.content,
            _ => None,
        });
        items = inside.unwrap_or_default().1;
    }
    let documented: BTreeSet<String> = items.iter().flat_map(names).collect();
    let words = words.iter().map(|&word| word.to_owned()).collect();
    assert_eq!(documented, words, "`{path}`");
}

/// The names that an item gives its module.
fn names(item: &Item) -> Vec<String> {
    match item {
        Item::Mod(module) => vec![module.ident.to_string()],
        Item::Use(item) => used(&item.tree),
        _ => Vec::new(),
    }
}

fn used(tree: &UseTree) -> Vec<String> {
    match tree {
        UseTree::Path(path) => used(&path.tree),
        UseTree::Group(group) => group.items.iter().flat_map(used).collect(),
        UseTree::Name(name) => vec![name.ident.to_string()],
        UseTree::Rename(name) => vec![name.rename.to_string()],
        UseTree::Glob(_) => Vec::new(),
    }
}
