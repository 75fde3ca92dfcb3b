use scope::prelude::*;


#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {
    #[call]
    fn value(&self) -> u8 {
        0
    }
}

#[service(requires = Config)]
#[derive(Default)]
struct Ledger;

#[handlers]
impl Ledger {
    #[call]
    async fn value(&self, cx: &Context<Self>) -> Result<u8, CallError> {
        cx.service::<Config>().value().await
    }
}

fn main() {}
