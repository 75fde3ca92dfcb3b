use scope::prelude::*;

#[service]
struct Counter {
    value: i64,
}

#[handlers]
impl Counter {
    #[init]
    async fn new(start: i64) -> Result<Init<Self>, std::io::Error> {
        Ok(Init::Run(Self { value: start }))
    }

    #[after_init]
    async fn warm(&mut self, _cx: &mut Context<Self>) -> Result<(), std::io::Error> {
        Ok(())
    }

    #[call(timeout = infinity)]
    async fn add(&mut self, by: i64) -> i64 {
        self.value += by;
        self.value
    }

    #[call]
    fn later(&mut self, reply: ReplyTo<i64, String>) {
        reply.answer(self.value);
    }

    #[call(plain)]
    fn result(&self) -> Result<i64, String> {
        Ok(self.value)
    }

    #[cast]
    fn set(self: &mut Self, mut to: i64, cx: &Context<Self>) -> Result<(), String> {
        to += 1;
        self.value = to;
        drop(cx.myself().set(to));
        Ok(())
    }

    #[info]
    fn down(&mut self, _down: Down) {}

    #[every("30s")]
    async fn tick(&mut self) {}

    #[health]
    async fn answers(&self) -> Result<(), std::io::Error> {
        Ok(())
    }

    #[health(optional, timeout = "1s")]
    fn is_warm(&mut self, _cx: &Context<Self>) -> bool {
        true
    }

    #[health(critical)]
    fn lives(&self) {}

    #[memory]
    fn bytes(&self) -> u64 {
        8
    }

    #[terminate]
    async fn close(&mut self, _reason: &ExitReason) {}

    fn _helper(&self) {}
}

fn main() {}
