//! The routes.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{any, get, post};

use crate::api::{actions, info, namespaces, services, stats, tree};
use crate::events::events;
use crate::health::routes as health;
use crate::metrics::metrics;
use crate::problem::{no_such_method, no_such_path};
use crate::{Observer, guard};

impl Observer {
    /// The routes, to be nested or merged into a router of yours: `/health`, `/livez` and the
    /// other probes, `/metrics`, and `/api/v1`.
    ///
    /// Where your server gives no `ConnectInfo<SocketAddr>`, every client is a stranger, and sees no
    /// details; see `into_make_service_with_connect_info` of axum.
    ///
    /// # Examples
    /// ```
    /// # use scope_observe::Observer;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app: axum::Router = axum::Router::new()
    ///     .route("/orders", axum::routing::get(async || "none"))
    ///     .merge(Observer::start().router());
    /// # drop(app);
    /// # }
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/health", get(health::health))
            .route("/health/check/{name}", get(health::check))
            .route("/health/live", get(health::live))
            .route("/livez", get(health::live))
            .route("/health/ready", get(health::ready))
            .route("/readyz", get(health::ready))
            .route("/health/started", get(health::started))
            .route("/startupz", get(health::started))
            .route("/metrics", get(metrics))
            .merge(self.api())
            .method_not_allowed_fallback(no_such_method)
            .layer(map_response(unstored))
            .with_state(self.clone())
    }

    fn api(&self) -> Router<Self> {
        let service = "/api/v1/services/{namespace}/{service}";
        let actions = Router::new()
            .route(&format!("{service}/restart"), post(actions::restart))
            .route(&format!("{service}/stop"), post(actions::stop))
            .route(&format!("{service}/suspend"), post(actions::suspend))
            .route(&format!("{service}/resume"), post(actions::resume))
            .route_layer(from_fn_with_state(self.clone(), actions::gate));
        Router::new()
            .route("/api/v1/info", get(info::info))
            .route("/api/v1/tree", get(tree::tree))
            .route("/api/v1/namespaces", get(namespaces::namespaces))
            .route("/api/v1/services", get(services::services))
            .route(service, get(services::service))
            .route("/api/v1/stats", get(stats::stats))
            .route("/api/v1/events", get(events))
            .merge(actions)
            .route("/api/v1/{*nothing}", any(no_such_path))
            .route_layer(from_fn_with_state(self.clone(), guard::keep_pages_out))
    }
}

/// Each answer is of its moment, and is what its type says.
async fn unstored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
