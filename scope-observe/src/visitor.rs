//! Who asks: somebody on this machine, or anybody.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;

use crate::settings::Details;
use crate::{Observer, guard};

/// What a client may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// Everything.
    Trusted,
    /// No details.
    Stranger,
}

/// Headers of a proxy: whoever is connected asks for somebody else.
const PROXIED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

impl Visitor {
    fn of(parts: &Parts, hosts: &[String]) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let is_local = peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
        let is_proxied = PROXIED.iter().any(|name| parts.headers.contains_key(*name));
        if is_local && !is_proxied && guard::is_own_host(hosts, parts) {
            Self::Trusted
        } else {
            Self::Stranger
        }
    }

    pub(crate) fn is_trusted(self) -> bool {
        self == Self::Trusted
    }
}

impl FromRequestParts<Observer> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        observer: &Observer,
    ) -> Result<Self, Infallible> {
        Ok(match observer.settings().details {
            Details::Always => Self::Trusted,
            Details::Loopback => Self::of(parts, &observer.settings().hosts),
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn check(peer: Option<&str>, header: Option<(&str, &str)>, expected: Visitor) {
        let mut request = Request::builder();
        if header.is_none_or(|(name, _)| name != "host") {
            request = request.header("host", "localhost");
        }
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        if let Some(peer) = peer {
            let peer: SocketAddr = peer.parse().expect("an address");
            parts.extensions.insert(ConnectInfo(peer));
        }
        assert_eq!(Visitor::of(&parts, &[]), expected, "{peer:?} {header:?}");
    }

    #[test]
    fn only_this_machine_itself_is_trusted() {
        check(Some("127.0.0.1:4000"), None, Visitor::Trusted);
        check(Some("[::1]:4000"), None, Visitor::Trusted);
        check(Some("[::ffff:127.0.0.1]:4000"), None, Visitor::Trusted);
        check(Some("10.0.0.1:4000"), None, Visitor::Stranger);
        check(None, None, Visitor::Stranger);
        for header in PROXIED {
            let proxied = Some((header, "203.0.113.7"));
            check(Some("127.0.0.1:4000"), proxied, Visitor::Stranger);
        }
        // A page whose name was made to mean this machine.
        let rebound = Some(("host", "evil.example"));
        check(Some("127.0.0.1:4000"), rebound, Visitor::Stranger);
    }
}
