//! Runs the examples and looks at what they print.
//!
//! A plain `cargo test` builds them. `cargo test --test examples` does not: run `cargo build
//! --examples` before it.
#![cfg(all(feature = "macros", feature = "signal"))]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// None of them may take longer.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn the_counter_begins_anew_after_a_kill() {
    assert_eq!(succeed("counter", &[]).0, "7\nkilled\n1\n");
}

#[test]
fn the_counter_by_hand_does_the_same() {
    assert_eq!(succeed("by_hand", &[]).0, "7\nkilled\n1\n");
}

#[test]
fn the_declaration_of_the_counter_is_short() {
    let source = include_str!("../examples/counter.rs");
    let lines = source.lines().skip_while(|line| !line.starts_with("/// "));
    let lines = lines.take_while(|line| !line.starts_with("supervisor!"));
    let declaration: Vec<_> = lines.collect();
    let length = declaration.join("\n").trim_end().lines().count();
    assert!(length <= 17, "{length} lines:\n{}", declaration.join("\n"));
}

#[test]
fn the_shop_heals_and_its_totals_agree() {
    let (out, err) = succeed("shop", &[]);
    assert!(out.starts_with("Shop (rest_for_one, 3 restarts in 5s)\n├── ledger: Ledger\n"));
    assert!(out.ends_with("\ntotals agree\n"), "{out}");
    assert!(
        out.contains("\nsold: 2982 for 152664.14\nrejected: 5\n"),
        "{out}"
    );
    for (worker, crashes) in [
        ("desk/pricer: panic: attempt to divide by zero\n", 6),
        ("customers/barbara: panic: ", 2),
        ("customers/alan: panic: ", 2),
    ] {
        let restarted = format!("restarted production/Shop/{worker}");
        assert_eq!(out.matches(&restarted).count(), crashes, "{worker}: {out}");
    }
    let rejected = "order 1402 rejected: panic: attempt to divide by zero\n";
    assert!(out.contains(rejected), "{out}");
    // A panic takes one line.
    assert_eq!(lines_with(&err, "panicked at ").len(), 10, "{err}");
}

#[test]
fn the_shop_says_which_lines_are_no_orders() {
    let (_, err) = succeed("shop", &[]);
    let malformed = [
        "line 58: 3 fields, and not five or six",
        "line 213: the line is empty",
        "line 334: the quantity `two` is not a number",
        "line 500: the quantity `-1` is negative",
        "line 641: the quantity `99999999999` is too large",
        "line 802: the customer is empty",
        "line 1000: the cents `6.75` is not a number",
        "line 1205: 7 fields, and not five or six",
        "line 1503: the quantity is zero",
        "line 1778: the order `x778` is not a number",
        "line 2102: order 1007 came before, in line 8",
        "line 2601: 2000000 times 3990 cents is too much",
        "line 2902: the quantity is empty",
    ];
    assert_eq!(lines_with(&err, "line "), malformed);
}

#[test]
fn the_shop_reads_stdin() {
    let orders = b"1,ada,soap/4,5,100\r\n2,ada,mug,1,250,gift\n3,\xff,mug,1,1\n4,bob,mug/0,1,1";
    let output = run(command("shop", &["-"]), orders);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert!(
        out.contains("sold: 2 for 4.50\nrejected: 1\ncustomers: 1, "),
        "{out}"
    );
    assert!(out.ends_with("\ntotals agree\n"), "{out}");
    assert_eq!(lines_with(&err, "line "), ["line 3: this is not UTF-8"]);
}

#[test]
fn the_shop_without_orders_sells_nothing() {
    let output = run(command("shop", &["-"]), b"");
    let out = text(&output.stdout);
    assert!(output.status.success(), "{out}");
    assert!(out.contains("sold: 0 for 0.00\n"), "{out}");
    assert!(out.ends_with("\ntotals agree\n"), "{out}");
}

#[test]
fn the_shop_refuses_what_it_cannot_read() {
    for (arguments, message) in [
        (["no/such/file"].as_slice(), "no/such/file: "),
        (&["--fast"], "usage: shop"),
        (&["a", "b"], "usage: shop"),
    ] {
        let output = run(command("shop", arguments), b"");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let err = text(&output.stderr);
        assert!(err.contains(message), "{arguments:?}: {err}");
    }
}

/// With more crashes than the customers' supervisor may restart, again and again, the tree gives up.
#[test]
fn the_shop_gives_up_when_everything_crashes() {
    let orders = (0..2_000).map(|id| format!("{id},c{id},mug/0,1,1\n"));
    let orders: String = orders.collect();
    let output = run(command("shop", &["-"]), orders.as_bytes());
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(70), "{out}");
    assert!(out.ends_with("the shop gave up\n"), "{out}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_the_shop_in_order() {
    for signal in ["-INT", "-TERM"] {
        let mut shop = command("shop", &["--slow"]).spawn().unwrap();
        let mut err = BufReader::new(shop.stderr.take().unwrap());
        let mut line = String::new();
        // The first crash is in the middle: all takes seven seconds, and that comes after one.
        while !line.starts_with("panicked at ") {
            line.clear();
            assert_ne!(err.read_line(&mut line).unwrap(), 0, "it ended");
        }
        let pid = shop.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(status.success(), "{signal}");
        let err = thread::spawn(move || {
            let mut rest = String::new();
            err.read_to_string(&mut rest).map(|_| rest)
        });
        let output = wait(shop);
        let err = err.join().unwrap().unwrap();
        let out = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{signal}: {out}{err}");
        assert!(
            out.ends_with("interrupted: all stopped in order\n"),
            "{out}"
        );
        let stops: Vec<_> = lines_with(&err, "")
            .into_iter()
            .filter(|line| line.contains(" stops (shutdown)"))
            .collect();
        let last = stops.len().checked_sub(3).expect("three services stop");
        let names = ["pricer stops", "till stops", "ledger stops"];
        for (line, name) in stops[last..].iter().zip(names) {
            assert!(line.starts_with(name), "{signal}: {err}");
        }
        assert!(!out.contains("totals"), "{out}");
    }
}

/// It runs for as long as it was told to, and is asked how it is meanwhile.
#[cfg(feature = "observe")]
#[test]
fn the_observed_shop_can_be_watched() {
    let mut shop = command("observed", &["3"]);
    shop.env("SCOPE_HTTP_ADDR", "127.0.0.1:0");
    let mut shop = shop.spawn().expect("it starts");
    let mut lines = BufReader::new(shop.stdout.take().expect("its output")).lines();
    let first = lines.next().expect("a line").expect("UTF-8");
    let address = first
        .strip_prefix("http://")
        .and_then(|url| url.strip_suffix("/health?verbose"));
    let address = address.unwrap_or_else(|| panic!("{first}"));
    let get = |path: &str| {
        let mut stream = std::net::TcpStream::connect(address).expect("it listens");
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    };
    // It has started soon, or it ends and listens no more.
    while !get("/health/ready").starts_with("HTTP/1.1 200") {}
    assert!(
        get("/metrics")
            .contains("\nscope_service_up{service=\"Till\",namespace=\"production\"} 1.0\n")
    );
    assert!(get("/api/v1/services").contains("\"service\":\"Bank\""));
    assert!(get("/api/v1/tree").contains("\"path\":\"production/Shop/baskets\""));
    let rest: Vec<_> = lines.map_while(Result::ok).collect();
    let output = wait(shop);
    let (out, err) = (rest.join("\n"), text(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("\nthe shop is healthy\n"), "{out}");
    let till = out.lines().find(|line| line.starts_with("Till: "));
    assert!(
        till.is_some_and(|line| line.ends_with(" handled, 1 restarts")),
        "{out}"
    );
    let restarted =
        "WARN scope: restarting production/Shop/till after panic: attempt to divide by zero";
    assert!(err.contains(restarted), "{err}");
}

/// What an example prints, which has to end well.
fn succeed(name: &str, arguments: &[&str]) -> (String, String) {
    let output = run(command(name, arguments), b"");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success(),
        "{name}: {}\n{out}{err}",
        output.status
    );
    (out, err)
}

/// An example as cargo built it, next to this test.
fn command(name: &str, arguments: &[&str]) -> Command {
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test.ancestors().nth(2).expect("the folder of its profile");
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = profile.join("examples").join(file);
    assert!(
        is_fresh(name, &path),
        "build it first: cargo build --examples"
    );
    let mut command = Command::new(path);
    command
        .args(arguments)
        .env_remove("SCOPE_SHUTDOWN_TIMEOUT")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Whether it was built after its source was written.
fn is_fresh(name: &str, built: &Path) -> bool {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let sources = match examples.join(name).read_dir() {
        Ok(folder) => folder.map_while(Result::ok).map(|it| it.path()).collect(),
        Err(_) => vec![examples.join(format!("{name}.rs"))],
    };
    let written = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
    let sources = sources
        .iter()
        .filter(|it| it.extension() == Some("rs".as_ref()));
    sources.map(|it| written(it)).max() <= Some(written(built))
}

fn run(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("its input");
    let input = input.to_owned();
    // Whoever does not read its input closes it.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = wait(child);
    writer.join().expect("the writer does not panic");
    output
}

/// Waits for the end, and ends what takes too long.
fn wait(child: Child) -> Output {
    let pid = child.id().to_string();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    receiver.recv_timeout(LIMIT).map_or_else(
        |_| {
            let killed = Command::new("kill").args(["-KILL", &pid]).status();
            panic!("it took longer than {LIMIT:?}; killed: {killed:?}");
        },
        |output| output.expect("its output"),
    )
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).expect("UTF-8")
}

fn lines_with<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.lines()
        .filter(|line| line.starts_with(start))
        .collect()
}
