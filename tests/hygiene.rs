//! Names of the user's that equal those of the macros, and declarations in odd places.
#![allow(
    dead_code,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    reason = "the names are the test"
)]

use scope as renamed;

type Outcome = Result<(), Box<dyn std::error::Error>>;

mod types_named_as_ours {
    use ::scope::{ReplyTo, ServiceError as Faulty, handlers, service, supervisor};

    pub struct Box;
    pub struct Result;
    pub struct Option;
    pub struct Message;
    pub struct Context;
    pub struct Send;
    pub struct Sized;
    pub struct Future;
    pub struct From;
    pub struct Into;
    pub struct Default;
    pub struct Clone;
    pub struct Debug;
    pub struct Arc;
    pub struct Duration;
    pub struct Handle;
    pub struct Service;
    pub struct Infallible;
    pub struct Ok;
    pub struct Err;
    pub struct Some;
    pub struct None;
    pub struct Fault;
    pub struct Handled;
    pub struct Error;
    pub trait ServiceError {}

    #[derive(Debug, Faulty)]
    pub enum Odds<T> {
        #[fault(recoverable)]
        Fault,
        #[fault(fatal)]
        Source {
            source: T,
            fault: T,
        },
        Other {
            source: ::std::boxed::Box<Inner>,
        },
    }

    #[derive(Debug, Faulty)]
    #[fault(recoverable, status = 410)]
    pub struct Inner {
        pub source: u8,
    }

    impl<T> ::std::fmt::Display for Odds<T> {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.write_str("odd")
        }
    }

    impl<T: ::std::fmt::Debug> ::std::error::Error for Odds<T> {}

    impl ::std::fmt::Display for Inner {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.write_str("odd")
        }
    }

    impl ::std::error::Error for Inner {}

    #[derive(PartialEq, Debug)]
    pub struct String;

    impl ::std::convert::From<&str> for String {
        fn from(_: &str) -> Self {
            Self
        }
    }

    mod std {}
    mod core {}
    mod scope {}
    mod __private {}

    #[service]
    pub struct Odd;

    #[handlers]
    impl Odd {
        #[init]
        fn new(args: u8, cx: u8, this: u8) -> Self {
            assert!(args + cx + this > 0);
            Self
        }

        #[call]
        fn names(
            &mut self,
            cx: u8,
            message: u8,
            reply: u8,
            args: u8,
            state: u8,
            this: u8,
            self_: u8,
            handle: u8,
            outcome: u8,
            info: u8,
            never: u8,
            taken: u8,
        ) -> u8 {
            cx + message
                + reply
                + args
                + state
                + this
                + self_
                + handle
                + outcome
                + info
                + never
                + taken
        }

        #[call]
        fn later(&mut self, reply: u8, reply_: u8, answer: ReplyTo<u8>) {
            answer.answer(reply + reply_);
        }

        #[cast]
        fn types(&mut self, a: Box, b: Option, c: Message, d: Context, e: Send) {
            drop((a, b, c, d, e));
        }

        #[call]
        fn text(&mut self, text: String) -> String {
            text
        }

        #[call(plain)]
        fn result(&mut self) -> Result {
            Result
        }

        #[call]
        fn fails(&mut self, handled: u8) -> ::std::result::Result<u8, Odds<u8>> {
            let source = ::std::boxed::Box::new(Inner { source: handled });
            ::std::result::Result::Err(Odds::Other { source })
        }

        #[cast]
        fn breaks(&mut self, done: u8, answer: u8) -> ::std::result::Result<(), Odds<u8>> {
            ::std::result::Result::Err(Odds::Source {
                source: done,
                fault: answer,
            })
        }
    }

    supervisor! {
        pub supervisor Tree(args: u8, tree: u8, namespace: u8, handle: u8) {
            strategy: one_for_one,
            odd: Odd(*args, *tree, *namespace + *handle),
            node: tasks,
            message: tasks,
        }
    }
}

#[tokio::test]
async fn names_of_ours_are_free_for_the_user() -> Outcome {
    let namespace = scope::Namespace::test("names");
    let tree = types_named_as_ours::Tree::start_in(namespace, 1, 2, 3, 4).await?;
    let odd = tree.odd();
    let sum = odd.names(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).await?;
    assert_eq!(sum, 78);
    assert_eq!(odd.later(1, 2).await?, 3);
    assert_eq!(odd.text("").await?, types_named_as_ours::String);
    let error = odd.fails(1).await.expect_err("it fails");
    assert_eq!(scope::ServiceError::fault(&error).status(), 410);
    let down = odd.down();
    odd.breaks(1, 2).await?;
    assert_eq!(down.await.reason.to_string(), "error: odd");
    drop(tree.shutdown().await);
    Ok(())
}

mod two_services {
    use scope::prelude::*;

    #[service]
    #[derive(Default)]
    pub(crate) struct One;

    #[handlers]
    impl One {
        #[call]
        pub(crate) fn number(&self) -> u8 {
            1
        }
    }

    #[service(handle = Second)]
    #[derive(Default)]
    pub(crate) struct Two;

    /// Taken by the user, which is why the handle has another name.
    pub(crate) struct TwoHandle;

    #[handlers]
    impl Two {
        #[call]
        pub(crate) fn number(&self) -> u8 {
            2
        }
    }

    supervisor! {
        pub(crate) supervisor Both {
            strategy: one_for_one,
            one: One(),
            two: Two(),
        }
    }
}

#[tokio::test]
async fn two_services_of_a_module_share_method_names() -> Outcome {
    let both = two_services::Both::start_in(scope::Namespace::test("two")).await?;
    let two: two_services::Second = both.two();
    assert_eq!(both.one().number().await? + two.number().await?, 3);
    drop(both.shutdown().await);
    Ok(())
}

mod elsewhere {
    use scope::prelude::*;

    #[service(crate = crate::renamed)]
    pub(crate) struct Ledger<K>
    where
        K: Send + 'static,
    {
        pub(crate) entries: Vec<K>,
    }

    mod handlers_of_it {
        use scope::prelude::*;

        // Through the path: the handle is found beside the struct.
        #[handlers(crate = crate::renamed)]
        impl<K: Clone> super::Ledger<K>
        where
            K: Send + 'static,
            Self: Sized,
        {
            #[crate::renamed::init]
            fn new(entries: Vec<K>) -> Self {
                Self { entries }
            }

            #[call]
            pub(crate) fn swap(&mut self, other: Self) -> Self {
                std::mem::replace(self, other)
            }

            #[call]
            pub(crate) fn entries(&mut self, more: Vec<K>, _first: Option<Box<K>>) -> Vec<K> {
                self.entries.extend(more);
                self.entries.clone()
            }
        }
    }

    supervisor! {
        #![scope(crate = crate::renamed)]
        pub(crate) supervisor Books {
            strategy: one_for_one,
            ledger: Ledger<u8>(vec![1]),
        }
    }
}

#[tokio::test]
async fn handlers_may_stand_in_another_module_of_a_generic_service() -> Outcome {
    let books = elsewhere::Books::start_in(scope::Namespace::test("books")).await?;
    let ledger = books.ledger();
    assert_eq!(ledger.entries(vec![2], None).await?, [1, 2]);
    let old = ledger.swap(elsewhere::Ledger { entries: vec![] }).await?;
    assert_eq!(old.entries, [1, 2]);
    drop(books.shutdown().await);
    Ok(())
}

mod conditional {
    use scope::prelude::*;

    #[cfg(any())]
    #[service]
    struct Never(Missing);

    #[cfg(any())]
    #[handlers]
    impl Never {}

    #[service]
    #[derive(Default)]
    pub(crate) struct Sometimes {
        #[cfg(any())]
        missing: Missing,
        #[cfg(all())]
        count: u8,
        not_shared: std::cell::Cell<u8>,
    }

    #[handlers]
    impl Sometimes {
        #[cfg(any())]
        #[call]
        pub(crate) fn count(&mut self, missing: Missing) -> Missing {
            missing
        }

        #[cfg(all())]
        #[call]
        pub(crate) fn count(&mut self) -> u8 {
            self.count += 1;
            self.count
        }

        #[cfg(any())]
        #[call]
        fn flattened(&self) -> MissingResult {
            MissingResult
        }

        #[cfg(any())]
        #[cast]
        async fn shared(&self) -> Missing {
            Missing
        }

        #[cfg(any())]
        #[info]
        fn missing(&mut self, missing: Missing) {}

        #[cfg(any())]
        #[every("1s")]
        fn tick(&mut self) {}

        #[cfg(any())]
        #[health]
        async fn well(&self) -> Missing {
            Missing
        }

        #[cfg(any())]
        #[memory]
        fn bytes(&self) -> Missing {
            Missing
        }

        #[cfg(any())]
        #[terminate]
        fn close(&mut self) {}
    }

    supervisor! {
        #[cfg(any())]
        supervisor Nowhere(missing: Missing) {
            strategy: one_for_one,
            never: Never(missing),
        }

        pub(crate) supervisor Somewhere {
            strategy: one_for_one,
            #[cfg(any())]
            child: Never(),
            #[cfg(all())]
            child: Sometimes(),
            #[cfg(any())]
            web: supervisor { strategy: one_for_one, never: Never() },
        }
    }
}

#[tokio::test]
async fn what_a_condition_takes_away_needs_no_types() -> Outcome {
    let tree = conditional::Somewhere::start_in(scope::Namespace::test("cfg")).await?;
    assert_eq!(tree.child().count().await?, 1);
    drop(tree.shutdown().await);
    Ok(())
}

mod named_as_methods_of_the_handle {
    use scope::prelude::*;

    #[service]
    #[derive(Default)]
    pub(crate) struct Named {
        sent: u8,
    }

    #[handlers]
    impl Named {
        #[call]
        pub(crate) fn call(&self) -> u8 {
            1
        }

        #[call]
        pub(crate) fn clone(&self) -> u8 {
            2
        }

        #[call]
        pub(crate) fn stop(&self) -> u8 {
            3
        }

        #[call]
        pub(crate) fn via(&self) -> u8 {
            4
        }

        #[call]
        pub(crate) fn route(&self, cx: &Context<Self>) -> u8 {
            assert!(cx.myself().info(5).is_ok());
            assert!(cx.myself().send(6).is_ok());
            self.sent
        }

        #[cast]
        pub(crate) fn info(&mut self, by: u8) {
            self.sent += by;
        }

        #[cast]
        pub(crate) fn send(&mut self, by: u8) {
            self.sent += by;
        }
    }

    supervisor! {
        pub(crate) supervisor Names {
            strategy: one_for_one,
            named: Named(),
        }
    }
}

#[tokio::test]
async fn a_handler_may_be_named_as_a_method_of_the_handle() -> Outcome {
    let names = named_as_methods_of_the_handle::Names::start_in(scope::Namespace::test("methods"));
    let names = names.await?;
    let named = names.named();
    assert_eq!(named.call().await?, 1);
    assert_eq!(named.clone().await?, 2);
    assert_eq!(named.stop().await?, 3);
    assert_eq!(named.via().await?, 4);
    assert_eq!(named.route().await?, 0);
    assert_eq!(named.route().await?, 11);
    drop(names.shutdown().await);
    Ok(())
}

#[tokio::test]
async fn a_service_may_live_in_a_function() -> Outcome {
    use scope::prelude::*;

    #[derive(Debug, PartialEq)]
    struct Local(u8);

    #[service]
    struct Inside {
        value: u8,
    }

    #[handlers]
    impl Inside {
        #[init]
        fn new(value: u8) -> Self {
            Self { value }
        }

        #[call]
        fn value(&self) -> Local {
            Local(self.value)
        }

        #[cast]
        fn greet(&mut self, whom: InsideHandle) {
            drop(whom);
        }
    }

    supervisor! {
        supervisor Here(value: u8) {
            strategy: one_for_one,
            inside: Inside(*value),
        }
    }

    let here = Here::start_in(Namespace::test("function"), 7).await?;
    here.inside().greet(here.inside()).await?;
    assert_eq!(here.inside().value().await?, Local(7));
    drop(here.shutdown().await);
    Ok(())
}
