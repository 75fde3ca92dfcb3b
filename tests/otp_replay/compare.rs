//! Compares a trace with the recorded one.

use serde_json::Value;

use super::scenario::{list, object};

/// The first difference, or nothing.
pub(crate) fn compare(expected: &Value, actual: &Value) -> Result<(), String> {
    object(expected, "a trace", &["start", "steps"]);
    compare_record("start", &expected["start"], &actual["start"])?;
    let (want, got) = (list(&expected["steps"]), list(&actual["steps"]));
    for (index, (want, got)) in want.iter().zip(got).enumerate() {
        compare_record(&format!("step {index}"), want, got)?;
    }
    if want.len() == got.len() {
        Ok(())
    } else {
        Err("not the same number of steps".to_owned())
    }
}

fn compare_record(place: &str, want: &Value, got: &Value) -> Result<(), String> {
    object(
        want,
        "a record",
        &["reply", "late", "events", "status", "sups"],
    );
    compare_events(place, list(&want["events"]), list(&got["events"]))?;
    for field in ["reply", "late", "status", "sups"] {
        let (want, got) = (sorted(&want[field]), sorted(&got[field]));
        if want != got {
            return Err(format!(
                "{place}, {field}:\n  expected {want}\n  actual   {got}"
            ));
        }
    }
    Ok(())
}

/// Rows of dynamic supervisors are compared without their order, which names them anyway.
fn sorted(value: &Value) -> Value {
    let mut value = value.clone();
    for sup in value.as_array_mut().into_iter().flatten() {
        let dynamic = sup["counts"][0] == 1 && sup["children"].as_array().is_some();
        if dynamic && let Some(rows) = sup["children"].as_array_mut() {
            rows.sort_by_key(Value::to_string);
        }
    }
    value
}

fn compare_events(place: &str, want: &[Value], got: &[Value]) -> Result<(), String> {
    let mut at = 0;
    for (index, event) in want.iter().enumerate() {
        let group = event.get("unordered");
        let length = group.map_or(1, |group| list(group).len());
        let next = &got[at..(at + length).min(got.len())];
        let same = match group {
            Some(group) => multiset(list(group)) == multiset(next),
            None => next.first() == Some(event),
        };
        if !same {
            return Err(difference(place, (want, index), (got, at)));
        }
        at += length;
    }
    if at < got.len() {
        return Err(difference(place, (want, want.len()), (got, at)));
    }
    Ok(())
}

fn multiset(events: &[Value]) -> Vec<String> {
    let mut events: Vec<_> = events.iter().map(Value::to_string).collect();
    events.sort();
    events
}

fn difference(place: &str, want: (&[Value], usize), got: (&[Value], usize)) -> String {
    let mut lines = vec![format!("{place}, events differ at the arrow:")];
    for (title, (events, at)) in [("expected", want), ("actual", got)] {
        lines.push(format!("  {title}"));
        let (from, to) = (at.saturating_sub(4), (at + 5).min(events.len()));
        for (index, event) in events.iter().enumerate().take(to).skip(from) {
            let mark = if index == at { "->" } else { "  " };
            lines.push(format!("    {mark} {event}"));
        }
        if at >= events.len() {
            lines.push("    -> (nothing more)".to_owned());
        }
    }
    lines.join("\n")
}
