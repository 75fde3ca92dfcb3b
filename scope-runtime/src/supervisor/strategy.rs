//! What a supervisor does about its other children.

/// Which children a supervisor restarts when one of them fails.
///
/// | | stopped, in reverse start order | started, in start order |
/// | --- | --- | --- |
/// | `OneForOne` | nobody | the one that failed |
/// | `OneForAll` | all others | all |
/// | `RestForOne` | those after it | it and those after it |
///
/// A group restart costs one restart, drops its temporary members, and also starts members
/// that were down.
///
/// # OTP
/// The strategy of a supervisor. `simple_one_for_one` is
/// [`SupervisorSpec::dynamic`](crate::SupervisorSpec::dynamic).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Only the one that failed.
    #[default]
    OneForOne,
    /// All of them.
    OneForAll,
    /// The one that failed and those started after it.
    RestForOne,
}

/// Whether a supervisor ends when its significant children have ended by themselves.
///
/// Looked at only when a significant child exits by itself and is not restarted: a transient
/// one cleanly, a temporary one for any reason.
///
/// # OTP
/// `auto_shutdown` of a supervisor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AutoShutdown {
    /// It does not.
    #[default]
    Never,
    /// When any of them has.
    AnySignificant,
    /// When the last of them has.
    AllSignificant,
}
