//! What may run under the lock of the tables.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::message::Route;
use crate::options::{Layer, ServiceId};

struct Nothing;

impl crate::message::Message for Nothing {
    fn route(&mut self) -> Route<'_> {
        Route::cast("nothing")
    }
}

/// A key that finds out whether its code runs under the lock.
struct Curious {
    number: u32,
    namespace: Namespace,
    locked: Arc<AtomicBool>,
}

impl Curious {
    fn look(&self) {
        if self.namespace.space().tables.try_write().is_err() {
            self.locked.store(true, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Curious {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.look();
        write!(f, "no. {}", self.number)
    }
}

impl Clone for Curious {
    fn clone(&self) -> Self {
        self.look();
        Self {
            number: self.number,
            namespace: self.namespace.clone(),
            locked: self.locked.clone(),
        }
    }
}

impl Drop for Curious {
    fn drop(&mut self) {
        self.look();
    }
}

impl PartialEq for Curious {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Curious {}

impl Hash for Curious {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.number.hash(hasher);
    }
}

static NOTHING: Blueprint = Blueprint::of_place::<Nothing>(ServiceId::new(
    module_path!(),
    "nothing",
    Layer::Application,
));

const SERVICE: TypeId = TypeId::of::<Nothing>();

/// The place of a key, in the key's namespace.
fn place(key: &Curious) -> Arc<Slot> {
    let namespace = &key.namespace;
    slot(namespace, SERVICE, key, &|| {
        NOTHING.slot(namespace, label_of(key))
    })
}

/// Runs `body` with keys of a namespace; no code of theirs ran under the lock.
fn check(name: &str, body: impl FnOnce(&dyn Fn(u32) -> Curious)) {
    let namespace = Namespace::test(format!("registry: {name}"));
    let locked = Arc::new(AtomicBool::new(false));
    body(&|number| Curious {
        number,
        namespace: namespace.clone(),
        locked: locked.clone(),
    });
    assert!(!locked.load(Ordering::Relaxed), "{name}: under the lock");
}

#[test]
fn a_key_is_cloned_before_the_lock() {
    check("a first name", |key| drop(place(&key(1))));
}

#[test]
fn a_key_that_is_there_already_is_dropped_after_the_lock() {
    check("a name again", |key| {
        drop(place(&key(1)));
        drop(place(&key(1)));
    });
}

#[test]
fn keys_that_are_swept_out_are_dropped_after_the_lock() {
    check("many names", |key| {
        for number in 0..20 {
            drop(place(&key(number)));
        }
    });
}

#[test]
fn a_key_that_is_refused_is_shown_after_the_lock() {
    check("a taken name", |key| {
        let taken = place(&key(1));
        taken.with_control(|control| control.last_exit = Some((1, ExitReason::Normal)));
        let refused = register(&key(1).namespace, SERVICE, key(1), &taken, 2);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "the key no. 1 is already registered"
        );
    });
}
