//! Is a service restarted whenever one that it follows is?

use crate::options::ServiceId;
use crate::supervisor::{Intensity, Strategy};
use crate::text::Text;
use crate::tree::{Declaration, Node, NodeKind, Tree};

use super::{Place, declares, names};

/// Who restarts the followed service.
#[derive(Clone, Copy)]
enum Restarter {
    /// The supervisor whose child was asked about, itself or because the ones below give up at once.
    This,
    /// The child with this id, on its own.
    Below(&'static str),
    /// The dynamic child or partition with this id, each of its instances on its own.
    Instances(&'static str),
    /// Nobody: it is temporary, so there is nothing to follow.
    Nobody,
}

/// Whether all that `service` follows takes it along.
pub(super) const fn all(place: &Place<'_>, node: &Node, service: &Declaration, text: &mut Text) {
    let mut index = 0;
    while index < service.follows.len() {
        let followed = &service.follows[index];
        if followed.is(&service.id) && !followed.generic {
            begin(service, followed, text)
                .push(", and so itself: `restart` says when it is restarted");
        } else {
            // What is required is missed as such.
            let known =
                declares(place.root.requires, followed) || names(service.requires, followed);
            one(place, node, (service, followed), known, text);
        }
        index += 1;
    }
}

/// As [`all`], for a service inside of the tree at `place`: what it follows within that tree was proved there.
pub(super) const fn outside(
    place: &Place<'_>,
    node: &Node,
    service: &Declaration,
    text: &mut Text,
) {
    let NodeKind::Supervisor(tree) = place.node().kind else {
        return;
    };
    let mut index = 0;
    while index < service.follows.len() {
        let followed = &service.follows[index];
        let known = has(tree, followed)
            || declares(place.root.requires, followed)
            || names(service.requires, followed);
        one(place, node, (service, followed), known, text);
        index += 1;
    }
}

/// Whether `service`, at `node` in `place`, is restarted with each instance of `followed` beside it or around it. If
/// there is none, it must be `known`.
const fn one(
    place: &Place<'_>,
    node: &Node,
    (service, followed): (&Declaration, &ServiceId),
    known: bool,
    text: &mut Text,
) {
    let mut found = known;
    let mut lost = temporary(node);
    let mut frame = Some(place);
    while let Some(at) = frame {
        if lost.is_none() {
            lost = temporary(at.node());
        }
        let mut index = 0;
        while index < at.tree.children.len() {
            let restarter = if index == at.index {
                None
            } else {
                restarter(&at.tree.children[index], followed)
            };
            if let Some(restarter) = restarter {
                found = true;
                if let Some(child) = lost
                    && !matches!(restarter, Restarter::Nobody)
                {
                    begin(service, followed, text)
                        .push(", but ")
                        .code(child)
                        .push(" is temporary, and never restarted: make it `permanent`");
                    return;
                }
                if !is_taken_along(at, (service, followed), (index, restarter), text) {
                    return;
                }
            }
            index += 1;
        }
        frame = at.above;
    }
    if !found {
        begin(service, followed, text)
            .push(", which ")
            .code(place.root.name)
            .push(" does not start: add it as a child, or take it out of `follows`");
    }
}

/// The id of a child that never comes back.
const fn temporary(node: &Node) -> Option<&'static str> {
    if node.is_temporary() {
        Some(node.id)
    } else {
        None
    }
}

/// Whether a restart at `index` of the same supervisor restarts what is at `at`; says what to do if not.
const fn is_taken_along(
    at: &Place<'_>,
    (service, followed): (&Declaration, &ServiceId),
    (index, restarter): (usize, Restarter),
    text: &mut Text,
) -> bool {
    let (own, other) = (at.node().id, at.tree.children[index].id);
    if let Restarter::Nobody = restarter {
        return true;
    }
    if let Restarter::Instances(child) = restarter {
        begin(service, followed, text)
            .push(", whose instances ")
            .code(child)
            .push(" restarts on its own: take it out of `follows`");
        return false;
    }
    if let Restarter::Below(child) = restarter {
        begin(service, followed, text)
            .push(", which ")
            .code(child)
            .push(" restarts on its own: put ")
            .code(own)
            .push(" into the same supervisor, with `strategy: rest_for_one`");
        return false;
    }
    let earlier = index < at.index;
    let word = match at.tree.strategy {
        Strategy::OneForAll => return true,
        Strategy::RestForOne if earlier => return true,
        Strategy::RestForOne => "rest_for_one",
        Strategy::OneForOne => "one_for_one",
    };
    let text = begin(service, followed, text)
        .push(", but ")
        .code(at.tree.name)
        .push(" is `")
        .push(word)
        .push("` and restarts ")
        .code(other)
        .push(" without ")
        .code(own);
    match at.tree.strategy {
        Strategy::OneForOne if earlier => text.push(": write `strategy: rest_for_one`"),
        Strategy::OneForOne => text.push(": write `strategy: one_for_all`"),
        _ => text
            .push(": move ")
            .code(other)
            .push(" above it, or write `strategy: one_for_all`"),
    };
    false
}

/// "`Audit` follows `Ledger`"
const fn begin<'a>(
    service: &Declaration,
    followed: &ServiceId,
    text: &'a mut Text,
) -> &'a mut Text {
    text.sentence()
        .code(service.id.name)
        .push(" follows ")
        .code(followed.name)
}

/// Who restarts `service` in a child; none if it is not there.
const fn restarter(node: &'static Node, service: &ServiceId) -> Option<Restarter> {
    match &node.kind {
        NodeKind::Service(declared) if declared.id.is(service) => Some(if node.is_temporary() {
            Restarter::Nobody
        } else {
            Restarter::This
        }),
        NodeKind::Dynamic(declared, _) | NodeKind::Partition(declared, _)
            if declared.id.is(service) =>
        {
            let intensity = match node.intensity {
                Some(intensity) => intensity,
                None => Intensity::DEFAULT,
            };
            Some(if node.is_temporary() {
                Restarter::Nobody
            } else if intensity.max_restarts() > 0 {
                Restarter::Instances(node.id)
            } else {
                Restarter::This
            })
        }
        NodeKind::Supervisor(tree) => {
            let mut found = None;
            let mut index = 0;
            while index < tree.children.len() {
                match restarter(&tree.children[index], service) {
                    None => {}
                    Some(Restarter::This)
                        if tree.intensity.max_restarts() == 0 && node.is_temporary() =>
                    {
                        found = Some(Restarter::Nobody);
                    }
                    Some(inner) => match through(node, tree.intensity, inner) {
                        own @ (Restarter::Below(_) | Restarter::Instances(_)) => return Some(own),
                        other => found = Some(other),
                    },
                }
                index += 1;
            }
            found
        }
        _ => None,
    }
}

/// A supervisor that allows no restart hands each failure on to the one above.
const fn through(node: &'static Node, intensity: Intensity, inner: Restarter) -> Restarter {
    match inner {
        Restarter::This if intensity.max_restarts() > 0 => Restarter::Below(node.id),
        inner => inner,
    }
}

const fn has(tree: &'static Tree, service: &ServiceId) -> bool {
    let mut index = 0;
    while index < tree.children.len() {
        if restarter(&tree.children[index], service).is_some() {
            return true;
        }
        index += 1;
    }
    false
}
