//! A client that can be as rude as a test needs it.

use std::net::SocketAddr;
use std::time::Duration;

use scope_observe::{Limits, Listener, Observer, ObserverBuilder, Serving};
use scope_runtime::Namespace;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Whatever takes longer is stuck.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// An observer whose trees are those of one namespace, and its server.
pub(crate) struct Server {
    pub(crate) observer: Observer,
    pub(crate) serving: Serving,
}

impl Server {
    pub(crate) async fn start(namespace: &Namespace) -> Self {
        Self::with(builder(namespace), Limits::default()).await
    }

    pub(crate) async fn with(builder: ObserverBuilder, limits: Limits) -> Self {
        // Nobody else asks, so that each report is one that a test asked for.
        let observer = builder.health_interval(Duration::from_secs(3600)).start();
        let any = "127.0.0.1:0".parse().expect("an address");
        let listener = Listener::bind(&observer, any).await.expect("a free port");
        let serving = listener.with_limits(limits).spawn();
        Self { observer, serving }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.serving.address()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.ask("POST", path, &[("content-length", "0")]).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        let own = self.address().to_string();
        let host = ("host", &*own);
        let names_one = headers.iter().any(|(name, _)| *name == "host");
        for (name, value) in headers.iter().chain((!names_one).then_some(&host)) {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        self.send(head.as_bytes()).await
    }

    /// Sends these bytes, and reads until the server closes.
    pub(crate) async fn send(&self, bytes: &[u8]) -> Answer {
        let talk = async {
            let mut stream = TcpStream::connect(self.address()).await?;
            stream.write_all(bytes).await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            std::io::Result::Ok(answer)
        };
        let answer = timeout(LIMIT, talk).await.expect("in time");
        Answer::parse(&answer.expect("a connection"))
    }

    /// A stream of events, after its head.
    pub(crate) async fn listen(&self, path: &str, headers: &str) -> Events {
        let mut stream = TcpStream::connect(self.address())
            .await
            .expect("a connection");
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).await.expect("it reads");
        let mut events = Events {
            stream: BufReader::new(stream),
        };
        let status = events.line().await.expect("an answer");
        assert_eq!(status, "HTTP/1.1 200 OK");
        while !events.line().await.expect("a head").is_empty() {}
        events
    }
}

/// Settings for trees of a namespace. Other tests keep services busy: reports may take their time.
pub(crate) fn builder(namespace: &Namespace) -> ObserverBuilder {
    Observer::builder().ready_with(namespace).patience(LIMIT)
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_owned()).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let head = head.to_lowercase();
        let body = if head.contains("transfer-encoding: chunked") {
            unchunked(body)
        } else {
            body.to_owned()
        };
        Self {
            status: status.unwrap_or(0),
            head,
            body,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn unchunked(body: &str) -> String {
    let (mut rest, mut text) = (body, String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a size");
        let (chunk, after) = after.split_at(size);
        text += chunk;
        rest = after.strip_prefix("\r\n").unwrap_or_default();
    }
    text
}

/// A stream of events as it comes.
pub(crate) struct Events {
    stream: BufReader<TcpStream>,
}

impl Events {
    /// The next event: its fields, with `name` and `value`. `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Vec<(String, String)>> {
        let mut fields = Vec::new();
        loop {
            let line = self.line().await?;
            // Sizes of chunks have no colon; comments begin with one.
            match line.split_once(':') {
                Some((name, value)) if !name.is_empty() => {
                    fields.push((name.to_owned(), value.trim_start().to_owned()));
                }
                None if line.is_empty() && !fields.is_empty() => return Some(fields),
                _ => {}
            }
        }
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = timeout(LIMIT, self.stream.read_line(&mut line)).await;
        match read.expect("in time") {
            Ok(1..) => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
            _ => None,
        }
    }
}
