//! Events, kept for a while and streamed to whoever listens.

mod record;
mod ring;
mod stream;

pub use self::record::{EventAbout, EventHandler, EventMeasures, EventRecord};
pub(crate) use self::ring::Ring;
pub(crate) use self::stream::{Streams, events};
