//! Input for macros: what users write, with mistakes, and tokens at random.
//!
//! Everything is kept as a list of edits, so that a failure shrinks to the few that matter.

use std::iter::once;
use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use quote::quote;

use super::ENTRY_POINTS;
use super::corpus::{PHRASES, Snippet, WORDS};
use crate::testing::tokens;

/// What one macro is given.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// Which of the entry points.
    pub(super) entry: Index,
    args: Tokens,
    item: Tokens,
}

/// A stream in the making.
#[derive(Debug, Clone)]
enum Tokens {
    /// One of the entry point's own snippets, changed.
    Own(Index, Vec<Edit>),
    /// A snippet of any macro, changed.
    Any(Index, Vec<Edit>),
    Random(Vec<Piece>),
}

#[derive(Debug, Clone)]
enum Piece {
    Word(&'static str),
    Group(Delimiter, Vec<Self>),
}

/// A change at a place, which counts the tokens in and out of groups.
#[derive(Debug, Clone)]
enum Edit {
    Delete(Index),
    Duplicate(Index),
    SwapWithNext(Index),
    Swap(Index, Index),
    Replace(Index, Vec<Piece>),
    Insert(Index, Vec<Piece>),
    /// Puts a part of any snippet before the place.
    Splice(Index, Index, Index, usize),
    /// Puts a group around so many tokens.
    Wrap(Index, usize, Delimiter),
    /// Takes the brackets of a group away.
    Unwrap(Index),
    /// Drops the place and what follows it in its group.
    Truncate(Index),
}

/// The part of a snippet that an input is made of.
#[derive(Clone, Copy)]
enum Part {
    Args,
    Item,
}

impl Part {
    fn of(self, snippet: Snippet) -> TokenStream {
        tokens(match self {
            Self::Args => snippet.0,
            Self::Item => snippet.1,
        })
    }
}

pub(super) fn inputs() -> impl Strategy<Value = Input> {
    let parts = prop_oneof![
        // A mistake in one part shows best beside a sound one.
        3 => (own(0..=0), own(1..=4)),
        2 => (own(1..=4), own(0..=0)),
        2 => (own(0..=3), own(0..=6)),
        1 => (any_tokens(), own(0..=1)),
        2 => (own(0..=1), any_tokens()),
    ];
    (any::<Index>(), parts).prop_map(|(entry, (args, item))| Input { entry, args, item })
}

fn own(edits: RangeInclusive<usize>) -> impl Strategy<Value = Tokens> {
    (any::<Index>(), vec(one_edit(), edits)).prop_map(|(which, edits)| Tokens::Own(which, edits))
}

fn any_tokens() -> impl Strategy<Value = Tokens> {
    prop_oneof![
        (any::<Index>(), vec(one_edit(), 0..=3))
            .prop_map(|(which, edits)| Tokens::Any(which, edits)),
        pieces(24).prop_map(Tokens::Random),
    ]
}

fn one_edit() -> impl Strategy<Value = Edit> {
    let place = any::<Index>;
    prop_oneof![
        3 => place().prop_map(Edit::Delete),
        2 => place().prop_map(Edit::Duplicate),
        2 => place().prop_map(Edit::SwapWithNext),
        1 => (place(), place()).prop_map(|(first, second)| Edit::Swap(first, second)),
        4 => (place(), pieces(2)).prop_map(|(place, pieces)| Edit::Replace(place, pieces)),
        3 => (place(), pieces(3)).prop_map(|(place, pieces)| Edit::Insert(place, pieces)),
        2 => (place(), place(), place(), 1_usize..12)
            .prop_map(|(to, snippet, from, length)| Edit::Splice(to, snippet, from, length)),
        3 => (place(), 1_usize..4, delimiter())
            .prop_map(|(place, length, delimiter)| Edit::Wrap(place, length, delimiter)),
        1 => place().prop_map(Edit::Unwrap),
        1 => place().prop_map(Edit::Truncate),
    ]
}

fn pieces(most: usize) -> BoxedStrategy<Vec<Piece>> {
    let words: Vec<&str> = WORDS
        .split_whitespace()
        .chain(PHRASES.iter().copied())
        .collect();
    let word = select(words).prop_map(Piece::Word);
    let piece = word.prop_recursive(3, 12, 4, |inner| {
        (delimiter(), vec(inner, 0..4))
            .prop_map(|(delimiter, inner)| Piece::Group(delimiter, inner))
    });
    vec(piece, 0..=most).boxed()
}

fn delimiter() -> impl Strategy<Value = Delimiter> {
    prop_oneof![
        1 => Just(Delimiter::Parenthesis),
        1 => Just(Delimiter::Brace),
        1 => Just(Delimiter::Bracket),
        // What `macro_rules!` puts around its fragments.
        2 => Just(Delimiter::None),
    ]
}

impl Input {
    /// The arguments and the item for an entry point with these snippets.
    pub(super) fn build(&self, corpus: &[Snippet]) -> (TokenStream, TokenStream) {
        (
            self.args.build(Part::Args, corpus),
            self.item.build(Part::Item, corpus),
        )
    }
}

impl Tokens {
    fn build(&self, part: Part, corpus: &[Snippet]) -> TokenStream {
        match self {
            Self::Own(which, edits) => changed(part.of(*which.get(corpus)), edits),
            Self::Any(which, edits) => changed(part.of(any_snippet(*which)), edits),
            Self::Random(pieces) => stream(pieces),
        }
    }
}

fn any_snippet(which: Index) -> Snippet {
    let corpora = ENTRY_POINTS.iter().map(|entry| entry.corpus);
    *which.get(&corpora.collect::<Vec<_>>().concat())
}

fn stream(pieces: &[Piece]) -> TokenStream {
    let one = |piece: &Piece| match piece {
        Piece::Word(word) => tokens(word),
        Piece::Group(delimiter, inner) => {
            TokenTree::from(Group::new(*delimiter, stream(inner))).into()
        }
    };
    pieces.iter().map(one).collect()
}

fn changed(stream: TokenStream, edits: &[Edit]) -> TokenStream {
    edits.iter().fold(stream, |stream, edit| edit.apply(stream))
}

impl Edit {
    fn apply(&self, tokens: TokenStream) -> TokenStream {
        match self {
            Self::Delete(place) => edit(tokens, *place, 1, |_| TokenStream::new()),
            Self::Duplicate(place) => edit(tokens, *place, 1, |it| quote!(#(#it)* #(#it)*)),
            Self::SwapWithNext(place) => {
                edit(tokens, *place, 2, |it| it.into_iter().rev().collect())
            }
            Self::Swap(first, second) => {
                let (one, other) = (token(&tokens, *first), token(&tokens, *second));
                let tokens = edit(tokens, *first, 1, |_| quote!(#other));
                edit(tokens, *second, 1, |_| quote!(#one))
            }
            Self::Replace(place, pieces) => edit(tokens, *place, 1, |_| stream(pieces)),
            Self::Insert(place, pieces) => edit(tokens, *place, 0, |_| stream(pieces)),
            Self::Splice(place, snippet, from, length) => {
                let mut part = TokenStream::new();
                edit(Part::Item.of(any_snippet(*snippet)), *from, *length, |it| {
                    part.extend(it);
                    TokenStream::new()
                });
                edit(tokens, *place, 0, |_| part)
            }
            Self::Wrap(place, length, delimiter) => edit(tokens, *place, *length, |it| {
                TokenTree::from(Group::new(*delimiter, it.into_iter().collect())).into()
            }),
            Self::Unwrap(place) => edit(tokens, *place, 1, |it| match it.first() {
                Some(TokenTree::Group(group)) => group.stream(),
                _ => quote!(#(#it)*),
            }),
            Self::Truncate(place) => edit(tokens, *place, usize::MAX, |_| TokenStream::new()),
        }
    }
}

fn token(tokens: &TokenStream, place: Index) -> Option<TokenTree> {
    let mut found = None;
    edit(tokens.clone(), place, 1, |it| {
        found = it.first().cloned();
        TokenStream::new()
    });
    found
}

/// Puts others in the place of so many tokens, as far as their group goes.
fn edit(
    tokens: TokenStream,
    place: Index,
    length: usize,
    by: impl FnOnce(Vec<TokenTree>) -> TokenStream,
) -> TokenStream {
    let count = count(tokens.clone());
    if count == 0 {
        return tokens;
    }
    descend(tokens, &mut place.index(count), length, &mut Some(by))
}

fn count(tokens: TokenStream) -> usize {
    let inner = |token| match token {
        TokenTree::Group(group) => count(group.stream()),
        _ => 0,
    };
    tokens.into_iter().map(|token| 1 + inner(token)).sum()
}

/// As [`edit`], at the place after `before` more tokens.
fn descend<F: FnOnce(Vec<TokenTree>) -> TokenStream>(
    tokens: TokenStream,
    before: &mut usize,
    length: usize,
    by: &mut Option<F>,
) -> TokenStream {
    let mut rest = tokens.into_iter();
    let mut made = TokenStream::new();
    while let Some(token) = rest.next() {
        if *before == 0
            && let Some(by) = by.take()
        {
            let mut taken: Vec<TokenTree> = once(token).chain(rest).collect();
            let kept = taken.split_off(length.min(taken.len()));
            made.extend(by(taken));
            made.extend(kept);
            return made;
        }
        *before = before.saturating_sub(1);
        made.extend([match token {
            TokenTree::Group(group) => {
                let inner = descend(group.stream(), before, length, by);
                Group::new(group.delimiter(), inner).into()
            }
            token => token,
        }]);
    }
    made
}
