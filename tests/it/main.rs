//! The whole system, feature by feature, through the facade.

mod calls;
mod casts;
mod crashes;
mod mailboxes;
mod rings;
