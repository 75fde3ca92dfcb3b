//! The two crates: the same accounts, as services and as actors by hand.

use std::path::Path;

/// One side of the comparison.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Scope,
    ByHand,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scope => "scope-services",
            Self::ByHand => "by-hand",
        }
    }

    pub(crate) fn manifest(self, root: &Path) -> String {
        let name = self.name();
        let (features, more) = match self {
            Self::Scope => {
                let path = root.display().to_string();
                (
                    "\"rt\", \"time\"",
                    format!("scope-rs = {{ path = {path:?} }}"),
                )
            }
            Self::ByHand => ("\"rt\", \"sync\"", String::new()),
        };
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{more}\n\
             tokio = {{ version = \"1\", default-features = false, features = [{features}] }}\n\n\
             [workspace]\n"
        )
    }
}

/// The program: it starts all services, and uses every one in turn.
pub(crate) fn program(side: Side, services: usize) -> String {
    let each = |line: &str| -> String {
        (0..services)
            .map(|number| line.replace("{n}", &number.to_string()))
            .collect()
    };
    let (frame, child, service) = match side {
        Side::Scope => (
            SCOPE_PROGRAM,
            "        account_{n}: service_{n}::Account{n}({n}),\n",
            "bank.account_{n}()",
        ),
        Side::ByHand => (
            BY_HAND_PROGRAM,
            "",
            "service_{n}::Account{n}Handle::spawn({n})",
        ),
    };
    let usage = format!("        Box::pin(service_{{n}}::exercise({service})).await;\n");
    frame
        .replace("/* modules */", &each("mod service_{n};\n"))
        .replace("/* children */", &each(child))
        .replace("/* usages */", &each(&usage))
}

const SCOPE_PROGRAM: &str = r#"
use scope::prelude::*;

/* modules */

supervisor! {
    supervisor Bank {
        strategy: one_for_one,
/* children */
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let bank = Bank::start().await.expect("the accounts start");
/* usages */
    });
}
"#;

const BY_HAND_PROGRAM: &str = r#"
/* modules */

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
/* usages */
    });
}
"#;

/// The module of one service; `edit` is a number in the body of a handler.
pub(crate) fn source(side: Side, number: usize, edit: usize) -> String {
    let text = match side {
        Side::Scope => SCOPE,
        Side::ByHand => BY_HAND,
    };
    text.replace("Account", &format!("Account{number}"))
        .replace("/* edit */ 0", &edit.to_string())
}

/// Three calls, one of them async and two with a result; a call without arguments; a cast.
const SCOPE: &str = r#"
use scope::prelude::*;

#[derive(Debug)]
pub enum AccountError {
    Overdrawn,
    NoSuchEntry,
}

#[service]
pub struct Account {
    balance: i64,
    log: Vec<String>,
}

#[handlers]
impl Account {
    #[init]
    fn new(balance: i64) -> Self {
        Self { balance, log: Vec::new() }
    }

    #[call]
    fn deposit(&mut self, amount: i64) -> i64 {
        self.balance += amount + /* edit */ 0;
        self.balance
    }

    #[call]
    fn withdraw(&mut self, amount: i64, memo: String) -> Result<i64, AccountError> {
        if amount > self.balance {
            return Err(AccountError::Overdrawn);
        }
        self.log.push(memo);
        self.balance -= amount;
        Ok(self.balance)
    }

    #[call]
    async fn entry(&self, number: usize) -> Result<String, AccountError> {
        self.log.get(number).cloned().ok_or(AccountError::NoSuchEntry)
    }

    #[call]
    fn balance(&self) -> i64 {
        self.balance
    }

    #[cast]
    fn note(&mut self, text: String) {
        self.log.push(text);
    }
}

pub async fn exercise(account: AccountHandle) {
    assert!(account.deposit(3).await.is_ok());
    assert!(account.withdraw(2, "cash".to_owned()).await.is_ok());
    assert!(account.entry(0).await.is_ok());
    assert!(account.balance().await.is_ok());
    assert!(account.note("closed".to_owned()).await.is_ok());
}
"#;

const BY_HAND: &str = r#"
use tokio::sync::{mpsc, oneshot};

#[derive(Debug)]
pub enum AccountError {
    Overdrawn,
    NoSuchEntry,
    Gone,
}

struct Account {
    balance: i64,
    log: Vec<String>,
}

enum AccountMessage {
    Deposit { amount: i64, reply: oneshot::Sender<i64> },
    Withdraw { amount: i64, memo: String, reply: oneshot::Sender<Result<i64, AccountError>> },
    Entry { number: usize, reply: oneshot::Sender<Result<String, AccountError>> },
    Balance { reply: oneshot::Sender<i64> },
    Note { text: String },
}

impl Account {
    async fn run(mut self, mut messages: mpsc::Receiver<AccountMessage>) {
        while let Some(message) = messages.recv().await {
            self.handle(message).await;
        }
    }

    async fn handle(&mut self, message: AccountMessage) {
        match message {
            AccountMessage::Deposit { amount, reply } => {
                let _ = reply.send(self.deposit(amount));
            }
            AccountMessage::Withdraw { amount, memo, reply } => {
                let _ = reply.send(self.withdraw(amount, memo));
            }
            AccountMessage::Entry { number, reply } => {
                let _ = reply.send(self.entry(number).await);
            }
            AccountMessage::Balance { reply } => {
                let _ = reply.send(self.balance());
            }
            AccountMessage::Note { text } => self.note(text),
        }
    }

    fn deposit(&mut self, amount: i64) -> i64 {
        self.balance += amount + /* edit */ 0;
        self.balance
    }

    fn withdraw(&mut self, amount: i64, memo: String) -> Result<i64, AccountError> {
        if amount > self.balance {
            return Err(AccountError::Overdrawn);
        }
        self.log.push(memo);
        self.balance -= amount;
        Ok(self.balance)
    }

    async fn entry(&self, number: usize) -> Result<String, AccountError> {
        self.log.get(number).cloned().ok_or(AccountError::NoSuchEntry)
    }

    fn balance(&self) -> i64 {
        self.balance
    }

    fn note(&mut self, text: String) {
        self.log.push(text);
    }
}

#[derive(Clone, Debug)]
pub struct AccountHandle {
    messages: mpsc::Sender<AccountMessage>,
}

impl AccountHandle {
    pub fn spawn(balance: i64) -> Self {
        let (messages, receiver) = mpsc::channel(1024);
        let account = Account { balance, log: Vec::new() };
        tokio::spawn(account.run(receiver));
        Self { messages }
    }

    pub async fn deposit(&self, amount: i64) -> Result<i64, AccountError> {
        let (reply, answer) = oneshot::channel();
        self.send(AccountMessage::Deposit { amount, reply }).await?;
        answer.await.map_err(|_| AccountError::Gone)
    }

    pub async fn withdraw(&self, amount: i64, memo: String) -> Result<i64, AccountError> {
        let (reply, answer) = oneshot::channel();
        self.send(AccountMessage::Withdraw { amount, memo, reply }).await?;
        answer.await.map_err(|_| AccountError::Gone)?
    }

    pub async fn entry(&self, number: usize) -> Result<String, AccountError> {
        let (reply, answer) = oneshot::channel();
        self.send(AccountMessage::Entry { number, reply }).await?;
        answer.await.map_err(|_| AccountError::Gone)?
    }

    pub async fn balance(&self) -> Result<i64, AccountError> {
        let (reply, answer) = oneshot::channel();
        self.send(AccountMessage::Balance { reply }).await?;
        answer.await.map_err(|_| AccountError::Gone)
    }

    pub async fn note(&self, text: String) -> Result<(), AccountError> {
        self.send(AccountMessage::Note { text }).await
    }

    async fn send(&self, message: AccountMessage) -> Result<(), AccountError> {
        self.messages.send(message).await.map_err(|_| AccountError::Gone)
    }
}

pub async fn exercise(account: AccountHandle) {
    assert!(account.deposit(3).await.is_ok());
    assert!(account.withdraw(2, "cash".to_owned()).await.is_ok());
    assert!(account.entry(0).await.is_ok());
    assert!(account.balance().await.is_ok());
    assert!(account.note("closed".to_owned()).await.is_ok());
}
"#;
