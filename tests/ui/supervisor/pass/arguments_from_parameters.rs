use scope::prelude::*;


#[derive(Clone, Copy)]
struct Limits {
    port: u16,
    range: (u8, u8),
}

struct Options {
    limits: Limits,
    ports: Vec<u16>,
}

#[service]
struct Server;

#[handlers]
impl Server {
    #[init]
    fn new(_port: u16, _wide: u32, _low: u8, _range: std::ops::Range<u16>, _odd: bool) -> Self {
        Self
    }
}

supervisor! {
    supervisor Shop(options: Options, count: u32) {
        strategy: one_for_one,
        first: Server(
            options.limits.port,
            options.limits.port as u32,
            options.limits.range.0,
            options.ports[0]..options.limits.port,
            *count % 2 == 1,
        ) { key: "first" },
        second: Server(options.ports[1], *count, options.limits.range.1, 0..1, !options.ports.is_empty()) {
            key: "second",
        },
    }
}

fn main() {}
