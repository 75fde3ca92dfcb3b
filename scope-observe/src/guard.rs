//! Keeps web pages away from the API.
//!
//! A page that somebody opens on this machine can send requests to it, and so can one whose name
//! was made to mean this machine's address (DNS rebinding). The browser tells on both: a rebound
//! page asks for a host by its name, and a page of another origin is named in `Origin`. Requests of
//! programs, such as `curl`, name an address, `localhost`, or a host that was allowed.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::{Observer, Problem};

/// Lets a request to the API pass, or says why not.
pub(crate) async fn keep_pages_out(
    State(observer): State<Observer>,
    request: Request,
    next: Next,
) -> Response {
    match check(&observer.settings().hosts, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(allowed: &[String], request: &Request) -> Result<(), Problem> {
    let authority = authority(request.uri(), request.headers())
        .ok_or_else(|| Problem::bad_request("the request has no readable header `Host`"))?;
    let host = without_port(authority);
    if !is_served(host, allowed) {
        return Err(Problem::forbidden(format!(
            "`{host}` is not a host of this API; ask by address, or allow it with `allow_host(\"{host}\")`"
        )));
    }
    if *request.method() != Method::GET && *request.method() != Method::HEAD {
        same_origin(authority, request.headers())?;
    }
    Ok(())
}

/// A page changes nothing unless it came from here.
fn same_origin(authority: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let foreign = || Problem::forbidden("pages of another origin can't do this");
    if let Some(origin) = headers.get(ORIGIN) {
        let origin = readable(origin).ok_or_else(foreign)?;
        let origin = origin.split_once("://").map(|(_, authority)| authority);
        if origin != Some(authority) {
            return Err(foreign());
        }
    }
    match headers.get("sec-fetch-site").map(readable) {
        None | Some(Some("same-origin" | "none")) => Ok(()),
        Some(_) => Err(foreign()),
    }
}

/// Whether no rebound page can have sent this.
pub(crate) fn is_own_host(allowed: &[String], parts: &Parts) -> bool {
    authority(&parts.uri, &parts.headers)
        .is_some_and(|authority| is_served(without_port(authority), allowed))
}

fn authority<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    // In the absolute form of a request, the header does not count.
    if let Some(authority) = uri.authority() {
        return Some(authority.as_str());
    }
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(readable)?;
    hosts.next().is_none().then_some(host)
}

fn readable(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_served(host: &str, allowed: &[String]) -> bool {
    is_own(host) || allowed.iter().any(|it| it.eq_ignore_ascii_case(host))
}

/// An address can't be rebound, and `localhost` is never asked of a name server.
fn is_own(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok()
        || bare.is_some_and(|bare| bare.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn check_headers(method: Method, headers: &[(&str, &str)], expected: Option<u16>) {
        let mut request = Request::builder().method(method).uri("/api/v1/info");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let allowed = ["ops.example.com".to_owned()];
        let status = check(&allowed, &request)
            .err()
            .map(|problem| problem.status);
        assert_eq!(status, expected, "{headers:?}");
    }

    #[test]
    fn only_own_and_allowed_hosts_are_served() {
        for own in [
            "localhost",
            "LocalHost:9464",
            "127.0.0.1:9464",
            "10.1.2.3",
            "[::1]:9464",
            "[::1]",
            "ops.example.com:443",
        ] {
            check_headers(Method::GET, &[("host", own)], None);
        }
        for foreign in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io:9464",
            "",
        ] {
            check_headers(Method::GET, &[("host", foreign)], Some(403));
        }
        check_headers(Method::GET, &[], Some(400));
        let two = [("host", "localhost"), ("host", "evil.example")];
        check_headers(Method::GET, &two, Some(400));
    }

    #[test]
    fn pages_of_another_origin_change_nothing() {
        let own = ("host", "localhost:9464");
        let post = |header, expected| check_headers(Method::POST, &[own, header], expected);
        check_headers(Method::POST, &[own], None);
        post(("origin", "http://localhost:9464"), None);
        post(("sec-fetch-site", "same-origin"), None);
        for origin in ["http://evil.example", "http://localhost:8080", "null"] {
            post(("origin", origin), Some(403));
        }
        post(("sec-fetch-site", "cross-site"), Some(403));
        post(("sec-fetch-site", "same-site"), Some(403));
        let reads = [own, ("origin", "http://evil.example")];
        check_headers(Method::GET, &reads, None);
    }
}
