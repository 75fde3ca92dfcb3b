//! Expansions under all lints: what the macros generate never warns in the user's code.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    unreachable_pub,
    unnameable_types,
    unused_lifetimes,
    redundant_lifetimes,
    single_use_lifetimes,
    unused_qualifications,
    unused_results,
    let_underscore_drop,
    non_ascii_idents,
    trivial_casts,
    trivial_numeric_casts,
    elided_lifetimes_in_paths,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::cargo,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::allow_attributes_without_reason,
    clippy::str_to_string,
    clippy::use_self,
    clippy::wildcard_enum_match_arm,
    clippy::shadow_unrelated,
    clippy::missing_inline_in_public_items,
    clippy::same_name_method,
    clippy::let_underscore_must_use
)]
#![expect(
    clippy::cargo_common_metadata,
    clippy::missing_inline_in_public_items,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::missing_const_for_fn,
    clippy::needless_pass_by_ref_mut,
    missing_debug_implementations,
    reason = "of the workspace, or of what this file itself writes"
)]
#![allow(unused_crate_dependencies, reason = "those of the other tests")]

/// Services of which a `#[cfg]` leaves one kind of handlers, or none, or whose handlers have the names of the expansion.
pub mod conditional {
    use std::marker::PhantomData;

    use scope::prelude::*;

    /// What awaits is left.
    #[service]
    #[non_exhaustive]
    pub struct Awaiting {
        /// What it has.
        pub text: String,
    }

    #[handlers]
    impl Awaiting {
        #[init]
        fn new() -> Self {
            Self {
                text: String::new(),
            }
        }

        #[cfg(any())]
        #[call]
        fn now(&mut self) -> u32 {
            1
        }

        /// Awaits.
        #[call]
        async fn later(&mut self) -> u32 {
            1
        }
    }

    /// What does not await is left.
    #[service]
    #[non_exhaustive]
    pub struct Prompt {
        /// What it has.
        pub text: String,
    }

    #[handlers]
    impl Prompt {
        #[init]
        fn new() -> Self {
            Self {
                text: String::new(),
            }
        }

        /// Does not await.
        #[call]
        fn now(&mut self) -> u32 {
            1
        }

        #[cfg(any())]
        #[call]
        async fn later(&mut self) -> u32 {
            1
        }
    }

    /// Nothing is left.
    #[service]
    #[non_exhaustive]
    pub struct Bare {
        /// What it has.
        pub text: String,
    }

    #[handlers]
    impl Bare {
        #[init]
        fn new() -> Self {
            Self {
                text: String::new(),
            }
        }

        #[cfg(any())]
        #[call]
        fn now(&mut self) -> u32 {
            1
        }

        #[cfg(any())]
        #[call]
        async fn later(&mut self) -> u32 {
            1
        }
    }

    /// The same of a type that it does not know.
    #[service]
    pub struct Unknown<T: Send + 'static>(PhantomData<T>);

    #[handlers]
    impl<T: Send + 'static> Unknown<T> {
        #[init]
        fn new() -> Self {
            Self(PhantomData)
        }

        #[cfg(any())]
        #[call]
        fn now(&mut self) -> u32 {
            1
        }

        /// Awaits.
        #[call]
        async fn later(&mut self, it: T) -> T {
            it
        }
    }

    /// Handlers that are named as what the expansion has.
    #[service]
    #[non_exhaustive]
    pub struct Named {
        /// What it has.
        pub text: String,
    }

    #[handlers]
    impl Named {
        #[init]
        fn new() -> Self {
            Self {
                text: String::new(),
            }
        }

        /// As the method for those that do not await.
        #[call]
        fn handle_now(&mut self) -> u32 {
            1
        }

        /// As the method for those that do.
        #[call]
        async fn handle(&mut self, message: u32, cx: u32) -> u32 {
            message + cx
        }

        /// As a parameter.
        #[cast]
        fn message(&mut self, reply: String) {
            self.text = reply;
        }
    }
}

/// The services.
pub mod inner {
    use std::sync::Arc;

    use scope::prelude::*;

    /// An amount, which is no type of the standard library.
    #[derive(Clone)]
    pub struct Amount(pub Box<u64>);

    struct Hidden;

    /// What the ledger may answer.
    #[derive(Clone, Debug, thiserror::Error, ServiceError)]
    #[non_exhaustive]
    pub enum LedgerError {
        /// It is closed.
        #[error("closed")]
        #[fault(recoverable, retry)]
        Closed,
        /// It is full.
        #[error("full")]
        #[fault(recoverable, retry)]
        Full,
        /// It does not balance.
        #[error("off by {by}")]
        #[fault(fatal, status = 507)]
        Off {
            /// So much.
            by: u64,
        },
        /// Not for new code.
        #[deprecated]
        #[error("old")]
        #[fault(recoverable)]
        Old,
        /// Another ledger failed.
        #[error(transparent)]
        Other(#[from] CallError<Torn>),
        /// A page is torn.
        #[error("page {page} is torn")]
        Page {
            /// Which one.
            page: u32,
            /// How.
            source: Torn,
        },
        /// A page is torn.
        #[error("torn")]
        Only {
            /// How.
            source: Torn,
        },
    }

    /// A page is torn.
    #[derive(Clone, Copy, Debug, thiserror::Error, ServiceError)]
    #[error("torn")]
    #[fault(recoverable)]
    pub struct Torn;

    /// Keeps the books.
    #[service(restart = transient, mailbox(capacity = 4, keep, drain), name = "Books", layer = foundation)]
    #[derive(Default)]
    pub struct Ledger {
        entries: Vec<Amount>,
    }

    #[handlers]
    impl Ledger {
        #[after_init]
        async fn warm(&mut self, _cx: &mut Context<Self>) -> Result<(), String> {
            Ok(())
        }

        /// Enters an amount.
        #[cast]
        pub fn enter(&mut self, amount: Amount, text: String) {
            drop(text);
            self.entries.push(amount);
        }

        #[cast]
        fn undocumented(&mut self) {}

        /// Fails.
        ///
        /// # Errors
        /// Always.
        #[call]
        pub fn balance(&self) -> Result<u64, LedgerError> {
            Err(LedgerError::Off { by: 1 })
        }

        #[cast]
        fn check(&mut self) -> Result<(), LedgerError> {
            Err(LedgerError::Closed)
        }

        #[cast]
        fn hidden(&mut self, hidden: Hidden) {
            let Hidden = hidden;
        }

        /// The total.
        ///
        /// # Errors
        /// Never.
        #[call]
        pub async fn total(&self) -> Result<u64, String> {
            Ok(self.entries.iter().map(|amount| *amount.0).sum())
        }

        /// Answers later.
        #[call]
        pub fn later(&mut self, reply: ReplyTo<Arc<Amount>, String>) {
            reply.answer(Arc::new(Amount(Box::new(0))));
        }

        /// Not for new code.
        #[deprecated]
        #[call]
        pub fn old(&self) {}

        #[info]
        fn down(&mut self, down: Down) -> Result<(), String> {
            drop(down);
            Ok(())
        }

        #[every("30s")]
        fn tick(&mut self) {}

        #[health(optional, timeout = "1s")]
        async fn is_open(&self, _cx: &Context<Self>) -> Result<(), String> {
            Ok(())
        }

        #[health]
        fn balances(&mut self) -> bool {
            self.entries.is_empty()
        }

        #[memory]
        fn bytes(&self) -> usize {
            self.entries.len()
        }

        #[terminate]
        fn close(&mut self, _reason: &ExitReason) {}
    }

    /// Keeps what it is given.
    #[service(requires(Ledger))]
    pub struct Cache<K: Clone + Send + 'static, const N: usize = 4>
    where
        [K; N]: Sized,
    {
        keys: Vec<K>,
    }

    #[handlers]
    impl<K: Clone + Send + 'static, const N: usize> Cache<K, N>
    where
        [K; N]: Sized,
    {
        #[init]
        fn new(key: K) -> Self {
            Self { keys: vec![key] }
        }

        /// Keeps one more.
        #[call]
        pub fn keep(&mut self, key: K) -> Vec<K> {
            self.keys.push(key);
            self.keys.clone()
        }
    }

    #[service]
    #[derive(Default)]
    struct Private;

    #[handlers]
    impl Private {}

    supervisor! {
        /// The whole shop.
        pub supervisor Shop(first: u64, name: String) {
            strategy: one_for_all,

            ledger: Ledger() { shutdown: "1s", backoff: "100ms..10s" },
            cache: Cache::<u64, 4>(*first),
            jobs: tasks { max_children: 64 },
            named: dynamic Cache::<String>(format!("{name}{key}")) by key: u64 { idle: "1m" },
            inner: supervisor {
                strategy: one_for_one,
                shards: partition Private() { partitions: 2 },
            },
            beat: task std::future::ready(()) { restart: temporary },
        }

        supervisor Small {
            strategy: one_for_one,
        }
    }
}

#[tokio::test]
async fn it_runs_under_all_lints() -> Result<(), Box<dyn std::error::Error>> {
    let namespace = scope::Namespace::test("lints");
    let shop = inner::Shop::start_in(namespace, 1, "a".to_owned()).await?;
    shop.ledger()
        .enter(inner::Amount(Box::new(2)), "two")
        .await?;
    assert_eq!(
        shop.ledger()
            .total()
            .await
            .map_err(|error| format!("{error:?}"))?,
        2
    );
    assert_eq!(shop.cache().keep(0).await?, [1, 0]);
    drop(shop.shutdown().await);
    Ok(())
}
