//! Why there is no server.

use std::io;
use std::net::SocketAddr;

use crate::environment::EnvironmentError;

/// Why a [`Listener`](crate::Listener) could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Somebody else listens there.
    #[error(
        "`{address}` is in use; stop the program that listens there, or choose another address with `SCOPE_HTTP_ADDR`"
    )]
    InUse {
        /// The address.
        address: SocketAddr,
    },
    /// The operating system refuses it.
    #[error("can't listen at `{address}`: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// `SCOPE_HTTP_ADDR` is no address.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
}

impl ListenError {
    pub(super) fn of(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { address },
            _ => Self::Bind { address, source },
        }
    }
}
