//! What users write, and the words of which strange input is made.

/// Arguments of an attribute, and what stands under it; a function-like macro has only the latter.
pub(super) type Snippet = (&'static str, &'static str);

pub(super) const SERVICES: &[Snippet] = &[
    ("", "struct Counter;"),
    (
        r#"layer = business, requires(ConfigServer, store::EventStore), restart = transient, shutdown = "5s",
           mailbox(capacity = 16, overload = drop_oldest, keep, drain), call_timeout = "1s 500ms",
           start_timeout = infinity, debug, health(queue = 0.5, stuck = "1s", restarts = 2, process_memory = "1 GiB"), name = "Books", handle = Books, crate = my::scope"#,
        r#"/** Keeps balances. */ #[derive(Debug)] #[cfg(feature = "books")]
           pub(crate) struct Ledger<K: Key = u64, const N: usize = 4> where K: Send { balances: Map<K, [i64; N]> }"#,
    ),
    (
        "mailbox = 1024, shutdown = brutal_kill",
        "pub struct Wrapper<T>(Vec<T>, #[allow(dead_code)] pub u8) where T: Send + 'static;",
    ),
];

pub(super) const HANDLERS: &[Snippet] = &[
    (
        "",
        r#"impl Counter {
            #[init] fn new(start: i64) -> Self { Self { value: start } }
            /** Adds `by`. */ #[call] fn add(&mut self, by: i64) -> i64 { self.value += by; self.value }
            #[call] async fn put(&mut self, name: String, cx: &Context<Self>) -> Result<u64, PutError> { Ok(0) }
            #[call(timeout = "200ms")] pub(crate) fn peek(&self) -> i64 { self.value }
            #[call(plain)] fn raw(&self) -> Result<u8, Error> { Ok(1) }
            #[call] async fn later(&mut self, n: i64, reply: ReplyTo<i64>) { drop(reply) }
            #[cast] #[deprecated = "say it"] fn note(&mut self, text: String) {}
            #[info] fn down(&mut self, down: Down) {}
            #[every("30s")] fn tick(&mut self) {}
            #[after_init] async fn warm_up(&mut self) {}
            #[terminate] async fn close(&mut self, reason: &ExitReason) {}
            #[health] async fn answers(&self, cx: &Context<Self>) -> Result<(), BankError> { Ok(()) }
            #[health(optional, timeout = "1s")] fn is_warm(&mut self) -> bool { true }
            #[memory] fn bytes(&self) -> usize { 0 }
            const LIMIT: usize = 3;
            fn helper(&self) {}
        }"#,
    ),
    (
        "crate = crate::scope",
        r#"impl<K: Key, const N: usize> store::Cache<K, N> where K: Send {
            #[scope::init] async fn init(cx: &mut Context<Self>, size: [u8; N]) -> Result<Self, InitError> { loop {} }
            #[cfg(feature = "find")] #[call(result, timeout = infinity)] fn find(&self, r#type: K) -> Answer<K> { x }
            #[call] fn pair(&self, pair: (u8, [K; N]), by: Box<dyn Fn(u8) -> K + Send>) -> Result<(), Error> { a }
            #[info] async fn changed(&mut self, _change: Event<Changed<{ N }>>, cx: &Context<Self>) {}
            #[cast] fn odd(&mut self, x: <K as Key>::Value, f: fn(&'static str) -> u8, self_: Self) {}
        }"#,
    ),
];

pub(super) const SUPERVISORS: &[Snippet] = &[
    (
        "",
        r#"/** The whole shop. */ pub supervisor Shop(options: ShopOptions, ids: Vec<(u8, Id<'static>)>) requires(Bank, a::Tax) {
            strategy: rest_for_one, intensity: 3 in "5s",
            config: ConfigServer(options.config.clone()),
            #[cfg(feature = "events")] events: EventStore<Disk>(options.events) { shutdown: "10s" },
            jobs: tasks { max_children: 64 },
            carts: dynamic Cart(id, options.tax) by id: CartId { max_children: 10_000, idle: "5m" },
            runs: dynamic Job(job) with job: Job, priority: u8 { restart: temporary },
            shards: partition Shard(index, options.seed) { partitions: 8 },
            sweep: task sweep(options.every) { backoff: "100ms..10s", restart: transient },
            web: supervisor {
                strategy: one_for_all, auto_shutdown: any_significant, shutdown: "1m", http: HttpServer(options.port) { significant: true },
            },
            mail: supervisor mail::Mail(options.mail, [1, 2], |x| x + 1),
        }"#,
    ),
    (
        "",
        r#"#![scope(crate = my::scope)]
           supervisor One { strategy: one_for_one, a: A() { key: "k", start_timeout: infinity } }
           pub(in crate::x) supervisor Two(a: &'static str) { strategy: one_for_all, b: B(a)  }"#,
    ),
    ("", "supervisor Empty { strategy: one_for_one }"),
];

pub(super) const FAULTS: &[Snippet] = &[
    (
        "",
        r#"#[fault(recoverable, crate = my::scope)]
        pub enum Error<'a, E: Debug> where E: Send {
            #[error(transparent)] A(#[from] Box<E>),
            /** Ends it. */ #[fault(fatal, status = 507)] B { text: &'a str },
            #[cfg(feature = "c")] #[fault(retry)] C,
        }"#,
    ),
    (
        "",
        "#[fault(recoverable, retry, status = 404)] struct Missing(String);",
    ),
    ("", "pub(crate) enum Never {}"),
];

pub(super) const TESTS: &[Snippet] = &[
    (
        "real_time, crate = my::scope",
        r#"/** Adds. */ #[ignore = "slow"] async fn adds(cx: TestContext) -> Result<(), Error> { let x = 1 + 1; Ok(()) }"#,
    ),
    (
        "threads = 4",
        "#[should_panic(expected = \"no\")] pub async fn fails() { panic!(\"no\") }",
    ),
];

pub(super) const MARKED: &[Snippet] = &[
    (
        "timeout = \"1s\"",
        "pub async fn add(&mut self, by: i64) -> i64 { self.value + by }",
    ),
    ("", "struct Counter { value: i64 }"),
];

/// Words of the macros' languages, of Rust, and what is neither.
pub(super) const WORDS: &str = r#"
    restart transient permanent temporary shutdown brutal_kill infinity mailbox capacity overload wait drop_oldest keep
    drain call_timeout start_timeout name handle layer business requires timeout plain result real_time threads
    call cast info every init after_init terminate health memory critical optional queue stuck restarts process_memory debug handlers service scope Context ReplyTo ExitReason Result String Down
    supervisor strategy one_for_one rest_for_one intensity auto_shutdown never any_significant dynamic by with partition
    partitions tasks task significant max_children idle backoff key
    fault fatal recoverable retry status error transparent from
    impl struct enum union trait fn async const unsafe extern pub in where for self Self crate super mut ref dyn move
    static type mod use let loop _ true r#fn r#type x T Ledger ünï _1 a_ macro_rules cfg doc derive 'a 'static '_
    0 1 64 -1 1u8 1.5 0x_f 340282366920938463463374607431768211456 'c' b'c' b"x" c"x"
    "" "5s" "0s" "5" "1s..5s" "5s..1s" ".." "infinity" "transient" "9999999999999999999y"
    , ; : :: = == -> => .. ..= ... . ? ! # ## & && * | || < > << >> <= >= <> + - / % ^ ~ @ $
"#;

/// Several tokens, and tokens with spaces.
pub(super) const PHRASES: &[&str] = &[
    "\"ends with a stop.\"",
    "\"two\nlines\"",
    "r#\"a \" quote\"#",
    "/** a comment */",
    "() {}",
    "(,)",
    "{ x: X() }",
    "(a: A)",
    "#[call]",
    "#[cfg(x)]",
    "#![x]",
    "<'a, T>",
    "|x| x",
    "-> impl Trait",
    "x: &str,",
];
