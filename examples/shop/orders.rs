//! The orders, and how they are read: one a line, plain fields between commas.
//!
//! `order,customer,item,quantity,cents` and, if there is one, `note`. There is no quoting: no field
//! holds a comma. An item may say how many make a pack: of `soap/4` whole packs of four are sold,
//! and `cents` is the price of one.

use std::collections::HashMap;
use std::fmt;
use std::num::IntErrorKind;

/// The first line of a file may name the columns.
const HEADER: &str = "order,customer,item,quantity,cents,note";

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) customer: String,
    pub(crate) item: String,
    pub(crate) quantity: u32,
    /// The price of one pack.
    pub(crate) cents: u32,
    pub(crate) note: String,
}

/// A line that is not an order.
#[derive(Debug)]
pub(crate) struct Malformed {
    line: usize,
    why: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

/// Reads all orders, and says which lines are none.
pub(crate) fn read(text: &[u8]) -> (Vec<Order>, Vec<Malformed>) {
    let (mut orders, mut malformed) = (Vec::new(), Vec::new());
    let mut seen = HashMap::new();
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() {
        return (orders, malformed);
    }
    for (line, bytes) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if line == 1 && bytes == HEADER.as_bytes() {
            continue;
        }
        let order = order(bytes).and_then(|order| match seen.insert(order.id, line) {
            None => Ok(order),
            Some(first) => Err(format!("order {} came before, in line {first}", order.id)),
        });
        match order {
            Ok(order) => orders.push(order),
            Err(why) => malformed.push(Malformed { line, why }),
        }
    }
    (orders, malformed)
}

fn order(line: &[u8]) -> Result<Order, String> {
    let line = std::str::from_utf8(line).map_err(|_| "this is not UTF-8".to_owned())?;
    if line.trim().is_empty() {
        return Err("the line is empty".to_owned());
    }
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let (id, customer, item, quantity, cents, note) = match fields[..] {
        [id, customer, item, quantity, cents] => (id, customer, item, quantity, cents, ""),
        [id, customer, item, quantity, cents, note] => (id, customer, item, quantity, cents, note),
        _ => return Err(format!("{} fields, and not five or six", fields.len())),
    };
    let order = Order {
        id: number("order", id)?,
        customer: text("customer", customer)?,
        item: text("item", item)?,
        quantity: number("quantity", quantity)?,
        cents: number("cents", cents)?,
        note: note.to_owned(),
    };
    if order.quantity == 0 {
        return Err("the quantity is zero".to_owned());
    }
    // So that no sum over a file overflows.
    if order.quantity.checked_mul(order.cents).is_none() {
        return Err(format!("{quantity} times {cents} cents is too much"));
    }
    Ok(order)
}

fn text(name: &str, field: &str) -> Result<String, String> {
    if field.is_empty() {
        return Err(format!("the {name} is empty"));
    }
    Ok(field.to_owned())
}

fn number<T: std::str::FromStr<Err = std::num::ParseIntError>>(
    name: &str,
    field: &str,
) -> Result<T, String> {
    field.parse().map_err(|error: T::Err| match error.kind() {
        IntErrorKind::Empty => format!("the {name} is empty"),
        IntErrorKind::PosOverflow => format!("the {name} `{field}` is too large"),
        _ if is_negative(field) => format!("the {name} `{field}` is negative"),
        _ => format!("the {name} `{field}` is not a number"),
    })
}

fn is_negative(field: &str) -> bool {
    field
        .strip_prefix('-')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()))
}
