//! Why an incarnation ended.

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Write};

use crate::rt::Arc;

/// Why an incarnation ended.
///
/// Cheap to clone: it travels to the supervisor, to every monitor and to every caller who waited.
///
/// | reason | clean | a `transient` child is restarted |
/// | --- | --- | --- |
/// | `Normal`, `Shutdown`, `ShutdownWith` | yes | no |
/// | `Killed`, `Error`, `Panic`, `NoProc` | no | yes |
///
/// # Examples
/// ```
/// use scope_runtime::ExitReason;
///
/// let reason = ExitReason::error("disk full");
/// assert!(!reason.is_clean());
/// assert_eq!(reason.to_string(), "error: disk full");
/// ```
///
/// # OTP
/// The exit reason of a process: `normal`, `shutdown`, `{shutdown, Term}`, `killed`, anything else.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ExitReason {
    /// It was done.
    Normal,
    /// It was told to stop.
    Shutdown,
    /// It stopped in order and says why; OTP's `{shutdown, Term}`.
    ShutdownWith(Arc<str>),
    /// It was killed: aborted without its `terminate` callback, or orphaned by a killed supervisor.
    Killed,
    /// It failed with an error.
    Error(Arc<dyn Error + Send + Sync>),
    /// It panicked; the text is the panic's message.
    Panic(Arc<str>),
    /// There was nobody to begin with. Only a [`Down`](crate::Down) carries it.
    NoProc,
}

impl ExitReason {
    /// Makes an `Error` reason from an error or a text.
    pub fn error(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Error(Arc::from(error.into()))
    }

    /// Makes a `ShutdownWith` reason.
    pub fn shutdown_with(why: impl Into<Arc<str>>) -> Self {
        Self::ShutdownWith(why.into())
    }

    /// Makes an `Error` reason that tells of an error which goes elsewhere: by its text, and by those
    /// of its causes.
    #[cold]
    pub(crate) fn told_by(error: &dyn Error) -> Self {
        Self::Error(Arc::new(Told::by(error)))
    }

    /// True for `Normal`, `Shutdown` and `ShutdownWith`: a transient child is not restarted.
    pub fn is_clean(&self) -> bool {
        matches!(self, Self::Normal | Self::Shutdown | Self::ShutdownWith(_))
    }

    /// True for `Shutdown` and `ShutdownWith`: what a supervisor tells a child that it stops.
    pub(crate) fn is_shutdown(&self) -> bool {
        matches!(self, Self::Shutdown | Self::ShutdownWith(_))
    }

    /// The text of the panic or the error, without a word before it.
    pub(crate) fn text(&self) -> Arc<str> {
        match self {
            Self::Panic(text) => text.clone(),
            other => other.to_string().into(),
        }
    }

    /// True after a panic: a `terminate` that sees it finds a half-changed state.
    pub fn is_panic(&self) -> bool {
        matches!(self, Self::Panic(_))
    }

    /// Makes a `Panic` reason from what `catch_unwind` caught.
    pub(crate) fn panic(payload: Box<dyn Any + Send>) -> Self {
        let text = match payload.downcast::<String>() {
            Ok(text) => Arc::from(*text),
            Err(payload) => match payload.downcast::<&'static str>() {
                Ok(text) => Arc::from(*text),
                Err(payload) => {
                    // A payload's own destructor may panic as well; its text would be no better.
                    match contain_drop(payload) {
                        Ok(()) | Err(_) => Arc::from("a panic without a message"),
                    }
                }
            },
        };
        Self::Panic(text)
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("normal"),
            Self::Shutdown => f.write_str("shutdown"),
            Self::ShutdownWith(why) => write!(f, "shutdown: {why}"),
            Self::Killed => f.write_str("killed"),
            Self::Error(error) => write!(f, "error: {}", Contained(error)),
            Self::Panic(text) => write!(f, "panic: {text}"),
            Self::NoProc => f.write_str("no process"),
        }
    }
}

impl Error for ExitReason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Error(error) => error.source(),
            _ => None,
        }
    }
}

/// What an error that is not here any more said. It is no copy: errors need not be `Clone`.
#[derive(Debug)]
struct Told {
    text: String,
    source: Option<Box<Self>>,
}

impl Told {
    fn by(error: &dyn Error) -> Self {
        let source = contain(|| error.source()).ok().flatten();
        Self {
            text: Contained(error).to_string(),
            source: source.map(|source| Box::new(Self::by(source))),
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Told {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| -> &(dyn Error + 'static) { source })
    }
}

/// Shows what the user says how to show, on whatever task that is: where it panics or fails, that is shown instead.
pub(crate) struct Contained<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Contained<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        match contain(|| write!(text, "{}", self.0)) {
            Ok(Ok(())) => f.write_str(&text),
            Ok(Err(fmt::Error)) => f.write_str("(not shown)"),
            Err(panic) => write!(f, "(not shown: {panic})"),
        }
    }
}

/// Runs `body`; a panic in it becomes an exit reason.
pub(crate) fn contain<T>(body: impl FnOnce() -> T) -> Result<T, ExitReason> {
    catch(body).map_err(ExitReason::panic)
}

/// Runs `body`; gives what a panic in it carries.
#[inline]
pub(crate) fn catch<T>(body: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    // Whatever the body touched is dropped or handed to `terminate`, which is told of the panic.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(body))
}

/// Drops a value of the user's; a panic in its destructor goes no further.
pub(crate) fn contain_drop<T>(value: T) -> Result<(), ExitReason> {
    contain(|| drop(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows a part of itself, and then does as it is told.
    struct Part(fn() -> fmt::Result);

    impl fmt::Display for Part {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a part")?;
            (self.0)()
        }
    }

    #[test]
    fn what_cannot_be_shown_says_so() {
        let check = |then, expected| assert_eq!(Contained(Part(then)).to_string(), expected);
        check(|| Ok(()), "a part");
        check(|| Err(fmt::Error), "(not shown)");
        check(|| panic!("no words"), "(not shown: panic: no words)");
    }
}
