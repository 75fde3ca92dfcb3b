//! Is what a service requires there when it starts?

use crate::child_spec::Restart;
use crate::options::ServiceId;
use crate::supervisor::AutoShutdown;
use crate::text::Text;
use crate::tree::{Declaration, Node, NodeKind, Tree};

use super::{Place, declares, ring};

/// What a part of a tree has of a service.
#[derive(Clone, Copy)]
enum Presence {
    /// Nothing.
    Absent,
    /// An instance that is there whenever the tree is up.
    Sure,
    /// One under a temporary child with this id.
    Temporary(&'static str),
    /// Instances that the dynamic child with this id starts by request.
    Dynamic(&'static str),
    /// The parts of the child with this id.
    Partition(&'static str),
    /// An instance of another name: the child's id, and the key.
    Keyed(&'static str, &'static str),
}

/// Whether all that `service` requires is there.
pub(super) const fn of_service(place: &Place<'_>, service: &Declaration, text: &mut Text) {
    let mut index = 0;
    while index < service.requires.len() {
        let required = &service.requires[index];
        // Where the types are not known, `#[service]` could not prove it.
        if service.id.generic {
            layer(&service.id, required, text);
        }
        if !required.is(&service.id) {
            let who = (service.id.name, Some(service));
            one(place, who, required, text);
        }
        index += 1;
    }
}

/// Whether all that the supervisor `who` requires is there.
pub(super) const fn all(
    place: &Place<'_>,
    who: &str,
    requires: &'static [Declaration],
    text: &mut Text,
) {
    let mut index = 0;
    while index < requires.len() {
        one(place, (who, None), &requires[index].id, text);
        index += 1;
    }
}

/// Whether `service` may require what stands on the layer of `required`.
pub(super) const fn layer(service: &ServiceId, required: &ServiceId, text: &mut Text) {
    if service.layer as u8 >= required.layer as u8 {
        return;
    }
    text.sentence()
        .code(service.name)
        .push(" is `")
        .push(service.layer.word())
        .push("` and can't require ")
        .code(required.name)
        .push(", which is `")
        .push(required.layer.word())
        .push("`: a service requires its own layer and those below");
}

const fn one(
    place: &Place<'_>,
    (who, service): (&str, Option<&Declaration>),
    what: &'static ServiceId,
    text: &mut Text,
) {
    let mut doubtful = Presence::Absent;
    let mut frame = Some(place);
    while let Some(at) = frame {
        let mut index = 0;
        while index < at.index {
            let node = &at.tree.children[index];
            index += 1;
            if node.is_another(what) {
                continue;
            }
            match look(at.tree, node, what) {
                Presence::Sure => return,
                Presence::Absent => {}
                found => doubtful = found,
            }
        }
        frame = at.above;
    }
    if declares(place.root.requires, what) {
        return;
    }
    frame = Some(place);
    while let Some(at) = frame {
        let mut index = at.index + 1;
        while index < at.tree.children.len() {
            match look(at.tree, &at.tree.children[index], what) {
                Presence::Sure => return later(place, (who, service), what, (at, index), text),
                Presence::Absent => {}
                found => doubtful = found,
            }
            index += 1;
        }
        frame = at.above;
    }
    let text = text.sentence().code(who).push(" requires ").code(what.name);
    doubt(place, what, doubtful, text);
}

/// It starts too late: by its place, or because the two require each other.
const fn later(
    place: &Place<'_>,
    (who, service): (&str, Option<&Declaration>),
    what: &'static ServiceId,
    (at, index): (&Place<'_>, usize),
    text: &mut Text,
) {
    if let Some(service) = service
        && ring::closes(place, service, what, text)
    {
        return;
    }
    text.sentence()
        .code(who)
        .push(" requires ")
        .code(what.name)
        .push(", which ")
        .code(at.tree.name)
        .push(" starts after it: move ")
        .code(at.tree.children[index].id)
        .push(" above ")
        .code(at.node().id);
}

/// Ends the sentence about a service that is not surely there.
const fn doubt(place: &Place<'_>, what: &ServiceId, found: Presence, text: &mut Text) {
    match found {
        Presence::Absent | Presence::Sure => text
            .push(", which ")
            .code(place.root.name)
            .push(" does not start: add it as a child above ")
            .code(outermost(place))
            .push(", or let the surroundings provide it with `requires(")
            .push(what.name)
            .push(")` on ")
            .code(place.root.name),
        Presence::Temporary(child) => text
            .push(", which may not be there: ")
            .code(child)
            .push(" is temporary, and not restarted; make it `transient` or `permanent`"),
        Presence::Dynamic(child) => text
            .push(", which comes only by request under ")
            .code(child)
            .push(": take it out of `requires`, and reach it through `")
            .push(place.root.name)
            .push("::via(cx.namespace())`"),
        Presence::Partition(child) => text
            .push(", which has only the parts of ")
            .code(child)
            .push(": take it out of `requires`, and reach them through `")
            .push(place.root.name)
            .push("::via(cx.namespace())`"),
        Presence::Keyed(child, key) => text
            .push(", but ")
            .code(child)
            .push(" is registered under `key: \"")
            .push(key)
            .push("\"`: leave the key out there"),
    };
}

/// The id of the child of the root that a place is in.
const fn outermost(place: &Place<'_>) -> &'static str {
    match place.above {
        Some(above) => outermost(above),
        None => place.node().id,
    }
}

/// What there is of a service in a child.
const fn look(tree: &Tree, node: &'static Node, what: &ServiceId) -> Presence {
    // With its end the tree ends.
    let stays = node.significant && matches!(tree.auto_shutdown, AutoShutdown::AnySignificant);
    let may_go = node.is_temporary() && !stays;
    match &node.kind {
        NodeKind::Service(service) if service.id.is(what) => match node.key {
            Some(key) => Presence::Keyed(node.id, key),
            None if may_go => Presence::Temporary(node.id),
            None => Presence::Sure,
        },
        NodeKind::Dynamic(service, _) if service.id.is(what) => Presence::Dynamic(node.id),
        NodeKind::Partition(service, _) if service.id.is(what) => Presence::Partition(node.id),
        NodeKind::Supervisor(nested) => {
            let mut doubtful = Presence::Absent;
            let mut index = 0;
            while index < nested.children.len() {
                match look(nested, &nested.children[index], what) {
                    Presence::Sure if may_go => return Presence::Temporary(node.id),
                    Presence::Sure => return Presence::Sure,
                    Presence::Absent => {}
                    found => doubtful = found,
                }
                index += 1;
            }
            doubtful
        }
        _ => Presence::Absent,
    }
}

impl Node {
    /// Whether it is a child of another service: a glance that spares most of a search.
    pub(super) const fn is_another(&self, service: &ServiceId) -> bool {
        match &self.kind {
            NodeKind::Service(own) | NodeKind::Dynamic(own, _) | NodeKind::Partition(own, _) => {
                own.id.hash != service.hash
            }
            NodeKind::Tasks | NodeKind::Task => true,
            NodeKind::Supervisor(_) => false,
        }
    }

    /// Whether it ends for good when it ends.
    pub(super) const fn is_temporary(&self) -> bool {
        matches!(self.effective_restart(), Restart::Temporary)
    }

    /// When it is started again: as it says, or as its service does.
    pub(super) const fn effective_restart(&self) -> Restart {
        match (self.restart, self.declaration()) {
            (Some(restart), _) => restart,
            (None, Some(service)) => service.options.restart,
            (None, None) => Restart::Permanent,
        }
    }
}
