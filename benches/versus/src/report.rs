//! The table for people and the figures for programs.

use std::fs;

use serde_json::{Value, json};

use crate::Options;
use crate::conditions::conditions;
use crate::contestants::Contestant;
use crate::rows::Unit;
use versus::Flavour;

/// One row: a figure of each contestant, in the order of the columns.
pub(crate) struct Row {
    pub(crate) label: String,
    pub(crate) flavour: Flavour,
    pub(crate) unit: Unit,
    pub(crate) figures: Vec<Option<f64>>,
}

impl Row {
    /// Whom the ratios are to: `raw`, the first column.
    fn base(&self) -> Option<f64> {
        self.figures.first().copied().flatten()
    }

    fn label(&self) -> String {
        match self.unit {
            Unit::Nanoseconds => format!("{}, {}", self.label, self.flavour),
            Unit::Bytes | Unit::Count => self.label.clone(),
        }
    }

    /// The first column is absolute, the others are ratios to it. Where it is zero, they are absolute too.
    fn cells(&self) -> Vec<String> {
        let base = self.base().filter(|base| *base > 0.0);
        let cell = |(column, figure): (usize, &Option<f64>)| match (figure, base) {
            (None, _) => "–".to_owned(),
            (Some(figure), Some(base)) if column > 0 => format!("{:.2}", figure / base),
            (Some(figure), _) => absolute(*figure, self.unit),
        };
        self.figures.iter().enumerate().map(cell).collect()
    }

    fn json(&self, contestants: &[Contestant]) -> Value {
        let base = self.base();
        let figure = |(contestant, figure): (&Contestant, &Option<f64>)| {
            let ratio = figure.zip(base).map(|(figure, base)| figure / base);
            (
                contestant.name.to_owned(),
                json!({ "figure": figure, "ratio": ratio }),
            )
        };
        let unit = match self.unit {
            Unit::Nanoseconds => "ns",
            Unit::Bytes => "bytes",
            Unit::Count => "count",
        };
        let figures: serde_json::Map<_, _> =
            contestants.iter().zip(&self.figures).map(figure).collect();
        json!({
            "row": self.label,
            "runtime": self.flavour.to_string(),
            "unit": unit,
            "contestants": figures,
        })
    }
}

fn absolute(figure: f64, unit: Unit) -> String {
    match unit {
        Unit::Nanoseconds if figure < 10_000.0 => format!("{figure:.0} ns"),
        Unit::Nanoseconds => format!("{:.1} µs", figure / 1_000.0),
        Unit::Bytes => format!("{figure:.0} B"),
        Unit::Count if figure < 100.0 => format!("{figure:.1}"),
        Unit::Count => format!("{figure:.0}"),
    }
}

/// What grows row by row, and is printed at once.
pub(crate) struct Report {
    contestants: Vec<Contestant>,
    rows: Vec<Row>,
}

impl Report {
    /// Prints the head of the table.
    pub(crate) fn new(contestants: &[Contestant]) -> Self {
        let titles: Vec<&str> = contestants
            .iter()
            .map(|contestant| contestant.title)
            .collect();
        println!("{}.", conditions());
        println!(
            "`ct`: one thread; `mt`: two workers. `raw` is absolute, the others are ratios to it.\n"
        );
        println!("| | {} |", titles.join(" | "));
        println!("| --- {}|", "| --- ".repeat(titles.len()));
        Self {
            contestants: contestants.to_vec(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, rows: Vec<Row>) {
        for row in &rows {
            println!("| {} | {} |", row.label(), row.cells().join(" | "));
        }
        self.rows.extend(rows);
    }

    /// Writes the JSON.
    pub(crate) fn finish(self, options: &Options) -> Result<(), String> {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| row.json(&self.contestants))
            .collect();
        let report = json!({ "conditions": conditions(), "rounds": options.rounds, "rows": rows });
        let path = &options.json;
        fs::write(path, format!("{report:#}\n"))
            .map_err(|error| format!("{} can't be written: {error}", path.display()))
    }
}
