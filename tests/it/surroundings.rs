//! Trees that require services of their surroundings.

use scope::testing::TestContext;
use scope::{Namespace, ServiceExt, StartError, prelude::*};

#[service]
struct Ledger {
    name: &'static str,
}

#[handlers]
impl Ledger {
    #[init]
    fn open(name: &'static str) -> Self {
        Self { name }
    }

    #[call]
    fn name(&self) -> &'static str {
        self.name
    }
}

#[service]
struct Cache {
    name: &'static str,
}

#[handlers]
impl Cache {
    #[init]
    fn open(name: &'static str) -> Self {
        Self { name }
    }

    #[call]
    fn name(&self) -> &'static str {
        self.name
    }
}

#[service(requires(Ledger, Cache))]
#[derive(Default)]
struct Page;

#[handlers]
impl Page {
    #[call]
    async fn names(&self, cx: &Context<Self>) -> Result<(&'static str, &'static str), CallError> {
        let ledger = cx.service::<Ledger>().name().await?;
        let cache = cx.service::<Cache>().name().await?;
        Ok((ledger, cache))
    }
}

supervisor! {
    supervisor Web requires(Ledger) {
        strategy: one_for_one,
        cache: Cache("inside"),
        pages: supervisor {
            strategy: one_for_one,
            page: Page(),
        },
    }

    supervisor Shop {
        strategy: one_for_one,
        ledger: Ledger("beside"),
        web: supervisor Web(),
    }
}

/// Another namespace than the test's own.
fn other(cx: &TestContext) -> Namespace {
    Namespace::test(format!("inside {}", cx.namespace()))
}

#[scope::test]
async fn what_is_required_is_reached_in_the_parent_and_all_else_inside(cx: TestContext) {
    cx.service::<Ledger>(("around",)).await;
    cx.service::<Cache>(("around",)).await;
    let web = Web::start_in(other(&cx))
        .with_parent(cx.namespace())
        .await
        .unwrap();
    let page = web.pages().page();
    assert_eq!(page.names().await.unwrap(), ("around", "inside"));

    page.kill();
    page.down().await;
    web.pages().which_children().await.unwrap();
    assert_eq!(page.names().await.unwrap(), ("around", "inside"));
    web.shutdown().await;
}

#[scope::test]
async fn nothing_starts_where_a_required_service_does_not_run(cx: TestContext) {
    let (inside, parent) = (other(&cx), cx.namespace());
    let error = Web::start_in(inside.clone())
        .with_parent(parent)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{inside}/Web: it requires `Ledger`, which does not run in {parent}")
    );
    assert!(matches!(
        error,
        StartError::Missing {
            service: "Ledger",
            ..
        }
    ));
    assert_eq!(inside.process_count(), 0);

    let exit = Web::start_in(inside)
        .with_parent(parent)
        .run()
        .await
        .unwrap();
    assert_eq!(exit.code(), 69);
}

#[scope::test]
async fn inside_of_a_tree_it_is_the_one_beside(cx: TestContext) {
    let shop = cx.start::<Shop>(()).await;
    let page = shop.web().pages().page();
    assert_eq!(page.names().await.unwrap(), ("beside", "inside"));
}

#[scope::test]
async fn a_test_provides_what_is_required_in_its_own_namespace(cx: TestContext) {
    cx.service::<Ledger>(("in the test",)).await;
    let web = cx.start::<Web>(()).await;
    assert_eq!(
        web.pages().page().names().await.unwrap(),
        ("in the test", "inside")
    );
    assert!(Ledger::lookup(cx.namespace()).is_some());
}
