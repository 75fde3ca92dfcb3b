//! A handler that does not yield.

use std::sync::{Mutex, mpsc};

use super::*;

/// Blocks its thread, which no handler should.
#[service]
struct Blocked {
    go_on: Arc<Mutex<mpsc::Receiver<()>>>,
}

#[handlers]
impl Blocked {
    #[init]
    fn init(go_on: Arc<Mutex<mpsc::Receiver<()>>>) -> Self {
        Self { go_on }
    }

    #[cast]
    fn block(&mut self, entered: mpsc::Sender<()>) {
        entered.send(()).unwrap();
        self.go_on.lock().unwrap().recv().unwrap();
    }
}

#[scope::test(threads = 2)]
async fn a_handler_that_does_not_yield_is_named(cx: TestContext) {
    let (go_on, wait) = mpsc::channel();
    let (entered, enters) = mpsc::channel();
    let wait = Arc::new(Mutex::new(wait));
    let blocked = cx.service::<Blocked>((wait,)).await;
    blocked.block(entered).await.unwrap();
    enters.recv().unwrap();
    let first = blocked.health().await.unwrap().busy.unwrap();
    assert_eq!(first.handler.name, "block");
    let second = blocked.health().await.unwrap().busy.unwrap();
    assert!(second.age > first.age, "its age counts from the first look");
    go_on.send(()).unwrap();
}
