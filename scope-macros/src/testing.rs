//! What the tests of all macros share.

use std::collections::BTreeSet;
use std::fs;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, File, GenericParam, Item, ItemImpl, Macro, Token, UseTree};

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

/// What of its input a macro emits as it is.
pub(crate) enum Kept {
    /// All of it.
    Item,
    /// The parts of which it makes something else.
    Parts,
    /// The arguments of children.
    Arguments,
}

/// Checks what is emitted for input with any mistake, see [`honest`].
#[track_caller]
pub(crate) fn assert_honest(emitted: &TokenStream, input: &TokenStream, kept: &Kept, made: &str) {
    honest(emitted, input, kept, made).unwrap();
}

/// Says what is wrong with what is emitted for any input: it is Rust, if the user's own tokens in it are; with no error
/// it contains what the macro is there for, `made`; and its errors are sentences.
pub(crate) fn honest(
    emitted: &TokenStream,
    input: &TokenStream,
    kept: &Kept,
    made: &str,
) -> Result<(), String> {
    // Mistakes in what passes through are the compiler's to report.
    if kept.is_rust(input) && !is_file(emitted) {
        return Err(format!("not Rust: {}", shown(emitted.clone())));
    }
    let messages = messages(emitted.clone());
    // A block in which nothing is declared makes nothing.
    let asked = !matches!(kept, Kept::Arguments) || !bare(input).is_empty();
    let asked = asked && !has_a_parameter_too_many(input);
    if asked && messages.is_empty() && !emitted.to_string().contains(made) {
        return Err(format!(
            "neither `{made}` nor an error: {}",
            shown(emitted.clone())
        ));
    }
    match messages.iter().find(|message| !is_sentence(message)) {
        Some(message) => Err(format!("not our style: {message}")),
        None => Ok(()),
    }
}

/// Whether an `impl` has a parameter that its type does not depend on, which the compiler reports.
fn has_a_parameter_too_many(input: &TokenStream) -> bool {
    let tokens = transparent(input.clone()).into_iter().collect::<Vec<_>>();
    let braces = tokens.iter().enumerate().filter(|(_, token)| {
        matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    });
    // The body may hold what is no Rust; a brace before it is an argument of the type.
    let mut heads = braces.map(|(at, _)| tokens.iter().take(at).cloned().collect::<TokenStream>());
    let Some(block) = heads.find_map(|head| syn::parse2::<ItemImpl>(quote!(#head {})).ok()) else {
        return false;
    };
    let ty = bare(&block.self_ty.to_token_stream());
    let params = block
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        });
    params
        .into_iter()
        .any(|param| ty.iter().all(|token| param != token))
}

impl Kept {
    fn is_rust(&self, input: &TokenStream) -> bool {
        match self {
            // As they are: no compiler makes an invisible group of half an expression, or half an attribute.
            Self::Item | Self::Parts => syn::parse2::<File>(input.clone()).is_ok(),
            Self::Arguments => input.clone().into_iter().all(|token| match token {
                TokenTree::Group(group) if group.delimiter() != Delimiter::Parenthesis => {
                    arguments_are_rust(&group.stream())
                }
                // Parameters, and what is required: they are parsed.
                _ => true,
            }),
        }
    }
}

fn is_file(tokens: &TokenStream) -> bool {
    // No parser of tokens sees through all invisible groups, which the compiler's does.
    syn::parse2::<File>(tokens.clone()).is_ok()
        || syn::parse2::<File>(transparent(tokens.clone())).is_ok()
}

/// Whether all that may be the arguments of a child is Rust.
fn arguments_are_rust(input: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = input.clone().into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == ',');
    let groups = tokens.iter().all(|token| match token {
        TokenTree::Group(group) => group_is_rust(group),
        _ => true,
    });
    // `sweep: task sweep(options.every) { restart: transient }`
    let mut futures = tokens.split(is_comma).filter_map(|entry| {
        let word = |token: &TokenTree| matches!(token, TokenTree::Ident(it) if it == "task");
        let start = entry.iter().position(word)? + 1;
        entry.get(start..)
    });
    groups
        && futures.all(|future| match future {
            [future @ .., TokenTree::Group(it)] if it.delimiter() == Delimiter::Brace => {
                is_expr(future)
            }
            future => is_expr(future),
        })
}

fn group_is_rust(group: &Group) -> bool {
    let inner = group.stream();
    let exprs = Punctuated::<Expr, Token![,]>::parse_terminated;
    match group.delimiter() {
        Delimiter::Parenthesis => exprs.parse2(inner).is_ok(),
        _ => arguments_are_rust(&inner),
    }
}

fn is_expr(tokens: &[TokenTree]) -> bool {
    syn::parse2::<Expr>(tokens.iter().cloned().collect()).is_ok()
}

/// Lowercase, without a stop at its end, on one line, which nothing of the user's makes endless.
fn is_sentence(message: &str) -> bool {
    let first = message.chars().next();
    first.is_some_and(|first| !first.is_uppercase())
        && !message.ends_with('.')
        && !message.contains('\n')
        && message.len() < 300
}

/// The texts of all `compile_error!`s.
pub(crate) fn messages(tokens: TokenStream) -> Vec<String> {
    let mut messages = Vec::new();
    let mut after_name = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => after_name = ident == "compile_error",
            TokenTree::Group(group) => {
                match syn::parse2::<syn::LitStr>(group.stream()) {
                    Ok(text) if after_name => messages.push(text.value()),
                    _ => messages.extend(self::messages(group.stream())),
                }
                after_name = false;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    messages
}

/// The tokens without invisible groups.
pub(crate) fn transparent(tokens: TokenStream) -> TokenStream {
    let one = |token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            transparent(group.stream())
        }
        TokenTree::Group(group) => {
            TokenTree::from(Group::new(group.delimiter(), transparent(group.stream()))).into()
        }
        token => TokenStream::from(token),
    };
    tokens.into_iter().map(one).collect()
}

/// The texts of all tokens in a row, without attributes and invisible groups.
pub(crate) fn bare(tokens: &TokenStream) -> Vec<String> {
    let mut texts = Vec::new();
    flatten(transparent(tokens.clone()), &mut texts);
    texts
}

fn flatten(tokens: TokenStream, texts: &mut Vec<String>) {
    for token in tokens {
        let TokenTree::Group(group) = token else {
            texts.push(token.to_string());
            continue;
        };
        let brackets = group.delimiter() == Delimiter::Bracket;
        let marks = texts
            .iter()
            .rev()
            .take_while(|text| brackets && (*text == "!" || *text == "#"));
        let before: Vec<&str> = marks.take(2).map(String::as_str).collect();
        match *before {
            ["#", ..] => texts.truncate(texts.len() - 1),
            ["!", "#"] => texts.truncate(texts.len() - 2),
            _ => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                texts.push(open.to_owned());
                flatten(group.stream(), texts);
                texts.push(close.to_owned());
            }
        }
    }
}

/// The tokens as text in which invisible groups can be seen.
pub(crate) fn shown(tokens: TokenStream) -> String {
    let one = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            let inner = shown(group.stream());
            match group.delimiter() {
                Delimiter::Parenthesis => format!("({inner})"),
                Delimiter::Brace => format!("{{ {inner} }}"),
                Delimiter::Bracket => format!("[{inner}]"),
                Delimiter::None => format!("\u{27e8}{inner}\u{27e9}"),
            }
        }
        token => token.to_string(),
    };
    let texts: Vec<String> = tokens.into_iter().map(one).collect();
    texts.join(" ")
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
