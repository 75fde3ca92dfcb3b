//! Do requirements close a ring? Then no order of the children is right, and to move one would not help.

use crate::options::ServiceId;
use crate::text::Text;
use crate::tree::{Declaration, NodeKind, Tree};

use super::Place;

/// So many services are searched for a ring. Beyond that a ring is reported as a service that starts too late.
const SEARCHED: usize = 256;

/// Services that require each other, as far as they are known: each with the one that led to it.
struct Search {
    found: [Option<&'static Declaration>; SEARCHED],
    from: [usize; SEARCHED],
    length: usize,
}

impl Search {
    const fn add(&mut self, service: &'static Declaration, from: usize) {
        let mut index = 0;
        while index < self.length {
            if let Some(known) = self.found[index]
                && known.id.is(&service.id)
            {
                return;
            }
            index += 1;
        }
        if self.length < SEARCHED {
            self.found[self.length] = Some(service);
            self.from[self.length] = from;
            self.length += 1;
        }
    }
}

/// Whether `required`, which starts after `service`, requires `service` in turn, perhaps through others. The first
/// member of a ring reports it, and the others say nothing.
pub(super) const fn closes(
    place: &Place<'_>,
    service: &Declaration,
    required: &ServiceId,
    text: &mut Text,
) -> bool {
    let mut search = Search {
        found: [None; SEARCHED],
        from: [0; SEARCHED],
        length: 0,
    };
    if let Some(first) = declaration(place.root, required) {
        search.add(first, 0);
    }
    let mut index = 0;
    while index < search.length {
        if let Some(member) = search.found[index] {
            let mut next = 0;
            while next < member.requires.len() {
                if member.requires[next].is(&service.id) {
                    report(place.root, service, &search, index, text);
                    return true;
                }
                if let Some(known) = declaration(place.root, &member.requires[next]) {
                    search.add(known, index);
                }
                next += 1;
            }
        }
        index += 1;
    }
    false
}

/// "`A` requires `B`, which requires `C`, which requires `A`: …"
const fn report(root: &Tree, service: &Declaration, search: &Search, last: usize, text: &mut Text) {
    if !is_first(root, service, search, last) {
        return;
    }
    text.sentence().code(service.id.name);
    members(search, last, text);
    text.push(", which requires ")
        .code(service.id.name)
        .push(": no order can start them, so let one subscribe to events of the other instead");
}

/// The members of the ring up to `last`, in order.
const fn members(search: &Search, last: usize, text: &mut Text) {
    if last == 0 {
        text.push(" requires ");
    } else {
        members(search, search.from[last], text);
        text.push(", which requires ");
    }
    if let Some(member) = search.found[last] {
        text.code(member.id.name);
    }
}

/// Whether no member of the ring starts before `service`.
const fn is_first(root: &Tree, service: &Declaration, search: &Search, last: usize) -> bool {
    let own = position(root, &service.id, 0);
    let mut member = last;
    loop {
        if let Some(declared) = search.found[member]
            && before(position(root, &declared.id, 0), own)
        {
            return false;
        }
        if member == 0 {
            return true;
        }
        member = search.from[member];
    }
}

const fn before(one: Result<usize, usize>, other: Result<usize, usize>) -> bool {
    matches!((one, other), (Ok(one), Ok(other)) if one < other)
}

/// At which place a service starts, after `passed` others; if it is not there, how many there are.
const fn position(tree: &Tree, service: &ServiceId, mut passed: usize) -> Result<usize, usize> {
    let mut index = 0;
    while index < tree.children.len() {
        let node = &tree.children[index];
        if let NodeKind::Supervisor(nested) = node.kind {
            match position(nested, service, passed) {
                Ok(place) => return Ok(place),
                Err(more) => passed = more,
            }
        } else if let Some(declared) = node.declaration() {
            if declared.id.is(service) {
                return Ok(passed);
            }
            passed += 1;
        }
        index += 1;
    }
    Err(passed)
}

/// What a tree knows of a service in it.
const fn declaration(tree: &'static Tree, service: &ServiceId) -> Option<&'static Declaration> {
    let mut index = 0;
    while index < tree.children.len() {
        let node = &tree.children[index];
        let found = match node.kind {
            NodeKind::Supervisor(nested) => declaration(nested, service),
            _ => node.declaration(),
        };
        if let Some(found) = found
            && found.id.is(service)
        {
            return Some(found);
        }
        index += 1;
    }
    None
}
