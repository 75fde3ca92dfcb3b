use crate::testing::{Expanded, tokens};

fn code(item: &str) -> String {
    Expanded::sound(super::expand(tokens(""), tokens(item)))
}

#[test]
fn the_counter_of_the_documentation() {
    insta::assert_snapshot!(code(
        r#"impl Counter {
            #[init] fn new(start: i64) -> Self { Self { value: start } }
            /// Adds `by`.
            #[call] fn add(&mut self, by: i64) -> i64 { 0 }
            #[call] async fn put(&mut self, name: String, cx: &Context<Self>) -> Result<u64, PutError> { Ok(0) }
            #[call(timeout = "200ms")] fn peek(&self) -> i64 { 0 }
            #[call] async fn later(&mut self, n: i64, reply: ReplyTo<i64>) {}
            #[cast] fn note(&mut self, text: String) {}
            #[info] fn down(&mut self, down: Down) {}
            #[every("30s")] fn tick(&mut self) {}
            #[after_init] async fn warm_up(&mut self) {}
            #[terminate] async fn close(&mut self, reason: &ExitReason) {}
            fn helper(&self) {}
        }"#,
    ));
}
