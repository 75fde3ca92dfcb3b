//! What a day at the shop comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::orders::Order;

/// The longest label of a parcel, in bytes.
pub(crate) const LABEL: usize = 16;

/// How many orders were sold and for how much; the ledger keeps one, and the check makes another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) sold: usize,
    pub(crate) cents: u64,
    pub(crate) rejected: BTreeSet<u64>,
    pub(crate) balances: BTreeMap<String, u64>,
    pub(crate) units: BTreeMap<String, u64>,
}

impl Totals {
    pub(crate) fn add(&mut self, order: Order, cents: u64) {
        self.sold += 1;
        self.cents += cents;
        *self.balances.entry(order.customer).or_default() += cents;
        *self.units.entry(order.item).or_default() += u64::from(order.quantity);
    }

    /// The same, in one loop over the orders and without any service: what the shop must arrive at.
    pub(crate) fn sum(orders: &[Order]) -> Self {
        let mut totals = Self::default();
        for order in orders {
            let pack = order.item.split_once('/').map_or("1", |(_, pack)| pack);
            let pack: u64 = pack.parse().unwrap_or(1);
            let packs = (u64::from(order.quantity) + pack).saturating_sub(1);
            let label = order.note.len() <= LABEL || order.note.is_char_boundary(LABEL);
            match packs.checked_div(pack).filter(|_| label) {
                Some(packs) => totals.add(order.clone(), packs * u64::from(order.cents)),
                None => drop(totals.rejected.insert(order.id)),
            }
        }
        totals
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let best = self.balances.iter().max_by_key(|(_, cents)| **cents);
        writeln!(f, "sold: {} for {}", self.sold, Money(self.cents))?;
        writeln!(f, "rejected: {}", self.rejected.len())?;
        write!(f, "customers: {}", self.balances.len())?;
        if let Some((name, cents)) = best {
            write!(f, ", the best is {name} with {}", Money(*cents))?;
        }
        let units: u64 = self.units.values().sum();
        write!(f, "\nunits: {units} of {} items", self.units.len())
    }
}

pub(crate) struct Money(pub(crate) u64);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}
