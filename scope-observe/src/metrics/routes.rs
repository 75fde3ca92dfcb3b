//! The text of a scrape. Scrapes that come while one is being made share the next one.

use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::Registry;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::desk::Desk;
use crate::{Observer, Problem};

/// The last text in each format.
#[derive(Debug)]
pub(crate) struct Pages {
    registry: Arc<Registry>,
    open_metrics: Page,
    prometheus: Page,
}

/// When it was begun, and what it says.
type Page = Mutex<Option<(Instant, Bytes)>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    OpenMetrics,
    /// For readers that say they know nothing newer.
    Prometheus,
}

impl Pages {
    pub(crate) fn new(registry: Registry) -> Self {
        Self {
            registry: Arc::new(registry),
            open_metrics: Mutex::default(),
            prometheus: Mutex::default(),
        }
    }

    /// A text that is begun after this was called.
    async fn get(&self, format: Format, desk: &Desk) -> Result<Bytes, Problem> {
        let asked = Instant::now();
        let page = match format {
            Format::OpenMetrics => &self.open_metrics,
            Format::Prometheus => &self.prometheus,
        };
        let mut page = page.lock().await;
        if let Some((begun, text)) = &*page
            && *begun >= asked
        {
            return Ok(text.clone());
        }
        let registry = self.registry.clone();
        let written = desk.work(move || (Instant::now(), format.write(&registry)));
        let (begun, written) = written.await?;
        let written = written.map_err(|_| Problem::unavailable("the metrics can't be written"))?;
        let text = Bytes::from(written);
        *page = Some((begun, text.clone()));
        Ok(text)
    }
}

impl Format {
    fn of(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(ACCEPT).iter();
        let accepted: Vec<_> = accepted.filter_map(|value| value.to_str().ok()).collect();
        let accepts = |kind| accepted.iter().any(|value| value.contains(kind));
        if accepts("text/plain") && !accepts("application/openmetrics-text") {
            Self::Prometheus
        } else {
            Self::OpenMetrics
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    fn write(self, registry: &Registry) -> Result<String, fmt::Error> {
        let mut written = String::new();
        match self {
            Self::OpenMetrics => text::encode(&mut written, registry)?,
            Self::Prometheus => prometheus_text::encode(&mut written, registry)?,
        }
        Ok(written)
    }
}

pub(crate) async fn metrics(
    State(observer): State<Observer>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = Format::of(&headers);
    let text = observer.pages().get(format, observer.desk()).await?;
    Ok(([(CONTENT_TYPE, format.content_type())], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_what_the_reader_knows() {
        let check = |accept: Option<&str>, expected| {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().expect("a header"));
            }
            assert_eq!(Format::of(&headers), expected, "{accept:?}");
        };
        check(None, Format::OpenMetrics);
        check(Some("*/*"), Format::OpenMetrics);
        check(Some("text/plain"), Format::Prometheus);
        let prometheus =
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
        check(Some(prometheus), Format::OpenMetrics);
    }
}
