//! What a declared tree is proved to be, at compile time: a tree that compiles starts.
//!
//! Everything here is a `const fn` over the const data of [`Tree`]. `supervisor!` writes one proof for each child,
//! whose panic the compiler shows on that child; its text is put together here, as formatting is not const.
//!
//! One file for each question: is what a service requires there in time (`requirement`), do requirements close a ring
//! (`ring`), is it restarted with what it follows (`follow`), and do the numbers of the options fit (`limits`).

mod follow;
mod limits;
mod requirement;
mod ring;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::options::{SEED, ServiceId, hash};
use crate::text::Text;
use crate::tree::{By, Declaration, Node, NodeKind, Tree};

/// What is wrong with a declared tree, one sentence a line.
#[derive(Clone, Copy)]
pub struct Flaws {
    text: Text,
}

impl Flaws {
    const fn none() -> Self {
        Self { text: Text::new() }
    }

    /// Whether there are none: the tree can start, heal and stop in time.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The panic of a const is an error of the compiler.
    #[track_caller]
    const fn report(&self) {
        assert!(self.is_empty(), "{}", self.as_str());
    }

    /// The sentences.
    pub const fn as_str(&self) -> &str {
        self.text.as_str()
    }
}

impl fmt::Display for Flaws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Flaws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A child of a tree, and those that it stands in.
#[derive(Clone, Copy)]
struct Place<'a> {
    root: &'static Tree,
    tree: &'static Tree,
    index: usize,
    above: Option<&'a Self>,
}

impl Place<'_> {
    const fn node(&self) -> &'static Node {
        &self.tree.children[self.index]
    }
}

impl Tree {
    /// Finds what would keep this tree from starting, from healing or from stopping in time.
    ///
    /// - A required service is missing, starts later, or may not be there: it is temporary, comes by request, or is
    ///   registered under a key. Nested trees see what starts before them; what a root
    ///   [requires](Tree::requires) of its surroundings counts as there.
    /// - Requirements close a ring.
    /// - Two instances of a service have one name in the registry.
    /// - A service [follows](crate::Declared::FOLLOWS) another one, and no strategy restarts it together with that.
    /// - A significant child is permanent, or its supervisor never shuts down by itself.
    /// - The children of a supervisor may take longer to stop than the supervisor has.
    /// - A backoff is so long that the intensity is never reached: a crash loop would go on for ever.
    /// - An intensity over zero seconds, no partition, no room for children.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use scope_runtime::{Node, Shutdown, Strategy, Tree};
    ///
    /// const SLOW: &Tree = &Tree::new("web", Strategy::OneForOne)
    ///     .children(&[Node::supervisor("sockets", &Tree::new("sockets", Strategy::OneForOne))
    ///         .significant()]);
    /// assert_eq!(
    ///     SLOW.flaws().to_string(),
    ///     "`sockets` is significant, but `web` never ends with a significant child: write \
    ///      `auto_shutdown: any_significant` or `all_significant` in it\n\
    ///      `sockets` is significant, but a permanent child is always restarted: write \
    ///      `restart: transient` or `temporary`"
    /// );
    /// ```
    pub const fn flaws(&'static self) -> Flaws {
        let mut flaws = Flaws::none();
        limits::tree(self, &mut flaws.text);
        children(self, self, None, &mut flaws.text);
        flaws
    }

    /// Proves that there are no [`flaws`](Self::flaws): `const _: () = TREE.prove();` makes them compile errors.
    ///
    /// # Panics
    /// With all flaws.
    #[track_caller]
    pub const fn prove(&'static self) {
        self.flaws().report();
    }

    /// Proves one child, named by the ids on the way to it. `supervisor!` writes one proof for each of its children, so
    /// that each has an error of its own; a supervisor that is declared elsewhere has been proved there, but for what
    /// it needs from here.
    ///
    /// # Panics
    /// With all flaws of this child.
    #[track_caller]
    pub const fn prove_child(&'static self, path: &[&str]) {
        let mut flaws = Flaws::none();
        child(self, self, path, None, &mut flaws.text);
        flaws.report();
    }
}

impl ServiceId {
    /// Proves that a service stands on a layer from which it may require the one at `index` of those it requires.
    /// `#[service]` writes one proof for each.
    ///
    /// # Panics
    /// If that one is on a layer above.
    #[track_caller]
    pub const fn prove_requirement(&self, requires: &[Self], index: usize) {
        let mut flaws = Flaws::none();
        requirement::layer(self, &requires[index], &mut flaws.text);
        if self.is(&requires[index]) {
            flaws
                .text
                .sentence()
                .code(self.name)
                .push(" requires itself, and would wait for its own answer: it reaches itself through `cx.myself()`");
        }
        flaws.report();
    }
}

const fn children(
    root: &'static Tree,
    tree: &'static Tree,
    above: Option<&Place<'_>>,
    text: &mut Text,
) {
    let mut index = 0;
    while index < tree.children.len() {
        let place = Place {
            root,
            tree,
            index,
            above,
        };
        twice(&place, text);
        one(&place, text);
        if let NodeKind::Supervisor(nested) = place.node().kind {
            limits::tree(nested, text);
            children(root, nested, Some(&place), text);
        }
        index += 1;
    }
}

/// Finds the child at the end of `path`, and looks at it.
const fn child(
    root: &'static Tree,
    tree: &'static Tree,
    path: &[&str],
    above: Option<&Place<'_>>,
    text: &mut Text,
) {
    let Some((id, rest)) = path.split_first() else {
        return;
    };
    let Some(index) = position(tree, id) else {
        return;
    };
    let place = Place {
        root,
        tree,
        index,
        above,
    };
    if rest.is_empty() {
        twice(&place, text);
    }
    match place.node().kind {
        NodeKind::Supervisor(nested) if !rest.is_empty() => {
            child(root, nested, rest, Some(&place), text);
        }
        NodeKind::Supervisor(nested) => {
            one(&place, text);
            if place.node().subtree {
                contents(&place, nested, text);
            }
        }
        _ => one(&place, text),
    }
}

/// Where a child is.
const fn position(tree: &Tree, id: &str) -> Option<usize> {
    position_from(tree, 0, hash(SEED, id), id)
}

/// Where the first child with this id is, from `index` on. Every child is looked for, so a glance has to tell most of
/// the others.
const fn position_from(tree: &Tree, mut index: usize, hash: u64, id: &str) -> Option<usize> {
    let children = tree.children;
    while index < children.len() {
        if children[index].hash == hash && same(children[index].id, id) {
            return Some(index);
        }
        index += 1;
    }
    None
}

/// Whether a later child has the same id: both may stand under conditions that hold together.
const fn twice(place: &Place<'_>, text: &mut Text) {
    let node = place.node();
    if position_from(place.tree, place.index + 1, node.hash, node.id).is_some() {
        text.sentence()
            .code(place.tree.name)
            .push(" has two children ")
            .code(node.id)
            .push(": choose another id for one of them");
    }
}

/// All that concerns one child itself.
const fn one(place: &Place<'_>, text: &mut Text) {
    let node = place.node();
    limits::node(place.tree, node, text);
    match &node.kind {
        NodeKind::Supervisor(tree) => requirement::all(place, tree.name, tree.requires, text),
        NodeKind::Service(service)
        | NodeKind::Dynamic(service, _)
        | NodeKind::Partition(service, _) => {
            requirement::of_service(place, service, text);
            follow::all(place, node, service, text);
            unique(place, node, service, text);
            provided(place, node, service, text);
        }
        NodeKind::Tasks | NodeKind::Task => {}
    }
}

/// Whether the surroundings are asked for a service that is here: the two would have one name.
const fn provided(place: &Place<'_>, node: &Node, service: &Declaration, text: &mut Text) {
    let plain = matches!(node.kind, NodeKind::Service(_)) && node.key.is_none();
    if plain && !service.id.generic && declares(place.root.requires, &service.id) {
        text.sentence()
            .code(service.id.name)
            .push(" is a child of ")
            .code(place.root.name)
            .push(", which also requires it of its surroundings: take one of the two away");
    }
}

/// What of a tree that was proved elsewhere depends on the place that it has here.
const fn contents(place: &Place<'_>, tree: &'static Tree, text: &mut Text) {
    let mut index = 0;
    while index < tree.children.len() {
        let node = &tree.children[index];
        match &node.kind {
            NodeKind::Supervisor(nested) => contents(place, nested, text),
            NodeKind::Service(service)
            | NodeKind::Dynamic(service, _)
            | NodeKind::Partition(service, _) => {
                follow::outside(place, node, service, text);
                unique(place, node, service, text);
            }
            NodeKind::Tasks | NodeKind::Task => {}
        }
        index += 1;
    }
}

/// Whether no child before this place is registered as `node` is.
const fn unique(place: &Place<'_>, node: &Node, service: &Declaration, text: &mut Text) {
    // Types with other arguments are other services, which their ids do not tell.
    if service.id.generic || matches!(node.kind, NodeKind::Dynamic(_, By::Start)) {
        return;
    }
    let mut frame = Some(place);
    while let Some(at) = frame {
        let mut index = 0;
        while index < at.index {
            let earlier = &at.tree.children[index];
            index += 1;
            if earlier.is_another(&service.id) {
                continue;
            }
            if let Some(first) = registered(earlier, node, service) {
                let text = text.sentence().code(service.id.name);
                let text = text.push(" is already the child ").code(first.id);
                text.push(match node.kind {
                    NodeKind::Service(_) if place.node().subtree => {
                        ", so this supervisor can't stand beside it: give one of them a `key` where it is declared"
                    }
                    NodeKind::Service(_) => ": tell the two apart with `key: \"…\"`",
                    _ => ", and their instances would have the same keys: keep one of the two",
                });
                return;
            }
        }
        frame = at.above;
    }
}

/// The child in `node` that is registered as `other` is.
const fn registered(
    node: &'static Node,
    other: &Node,
    service: &Declaration,
) -> Option<&'static Node> {
    match (&node.kind, &other.kind) {
        (NodeKind::Service(first), NodeKind::Service(_)) if first.id.is(&service.id) => {
            match (node.key, other.key) {
                (None, None) => Some(node),
                (Some(one), Some(two)) if same(one, two) => Some(node),
                _ => None,
            }
        }
        (NodeKind::Partition(first, _), NodeKind::Partition(..)) if first.id.is(&service.id) => {
            Some(node)
        }
        (NodeKind::Dynamic(first, By::Key(one)), NodeKind::Dynamic(_, By::Key(two)))
            if first.id.is(&service.id) && same(one, two) =>
        {
            Some(node)
        }
        (NodeKind::Supervisor(tree), _) => {
            let mut index = 0;
            while index < tree.children.len() {
                if let Some(found) = registered(&tree.children[index], other, service) {
                    return Some(found);
                }
                index += 1;
            }
            None
        }
        _ => None,
    }
}

/// Whether a list names a service.
const fn names(list: &[ServiceId], service: &ServiceId) -> bool {
    let mut index = 0;
    while index < list.len() {
        if list[index].is(service) {
            return true;
        }
        index += 1;
    }
    false
}

/// Whether a list declares a service.
const fn declares(list: &[Declaration], service: &ServiceId) -> bool {
    let mut index = 0;
    while index < list.len() {
        if list[index].id.is(service) {
            return true;
        }
        index += 1;
    }
    false
}

/// `==`, which is not const.
pub(crate) const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    // From the end: names in one tree often begin alike.
    let mut left = one.len();
    while left > 0 {
        left -= 1;
        if one[left] != other[left] {
            return false;
        }
    }
    true
}
