//! Lists: searched, sorted, and given out page by page.

use std::cmp::Ordering;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};

use crate::query::Pairs;
use crate::{Observer, Problem};

/// How many items a page has unless `limit` says otherwise.
const LIMIT: usize = 100;

/// It may say so many at most.
const MOST: usize = 1000;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: usize,
    /// What to give as `after` for the next page; none on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What can be listed.
pub(crate) trait Item: Send + 'static {
    /// By what it can be sorted; the first is the default.
    const COLUMNS: &'static [&'static str];

    /// What tells it apart from all others, and what `search` looks at.
    fn id(&self) -> String;

    /// What it has in a column.
    fn column(&self, name: &str) -> Cell;
}

/// What is in a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Number(f64),
}

/// What a client asks of a list.
#[derive(Debug)]
pub(crate) struct Listing {
    search: Option<String>,
    sort_by: Option<String>,
    descending: bool,
    limit: usize,
    after: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Listing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut pairs = Pairs::from_request_parts(parts, state).await?;
        let listing = Self {
            search: pairs.take("search")?.map(|text| text.to_lowercase()),
            sort_by: pairs.take("sort_by")?,
            descending: pairs.take_word("sort_dir", &["asc", "desc"])? == Some("desc"),
            limit: pairs.take_number("limit", 1..=MOST)?.unwrap_or(LIMIT),
            after: pairs.take("after")?,
        };
        pairs.end()?;
        Ok(listing)
    }
}

impl Listing {
    /// A page of the items that `collect` gives; off the workers, for there may be many.
    pub(crate) async fn of<T: Item>(
        self,
        observer: &Observer,
        collect: impl FnOnce() -> Vec<T> + Send + 'static,
    ) -> Result<Json<Page<T>>, Problem> {
        let page = observer.desk().work(move || self.page(collect()));
        page.await?.map(Json)
    }

    fn page<T: Item>(self, items: Vec<T>) -> Result<Page<T>, Problem> {
        let column = self.column::<T>()?;
        let after = self.after.as_deref().map(Place::parse).transpose()?;
        let mut placed: Vec<_> = items
            .into_iter()
            .filter(|item| self.finds(item))
            .map(|item| (Place::of(&item, column), item))
            .collect();
        placed.sort_by(|(a, _), (b, _)| self.order(a, b));
        let total = placed.len();
        let is_before = |place: &Place| {
            let after = after.as_ref();
            after.is_some_and(|after| self.order(place, after) != Ordering::Greater)
        };
        let begin = placed.partition_point(|(place, _)| is_before(place));
        let mut rest = placed.split_off(begin);
        let is_last = rest.len() <= self.limit;
        rest.truncate(self.limit);
        let next = rest.last().filter(|_| !is_last);
        Ok(Page {
            next: next.map(|(place, _)| place.to_text()),
            items: rest.into_iter().map(|(_, item)| item).collect(),
            total,
        })
    }

    fn column<T: Item>(&self) -> Result<&'static str, Problem> {
        let default = T::COLUMNS.first().copied().unwrap_or_default();
        let Some(wanted) = &self.sort_by else {
            return Ok(default);
        };
        let known = T::COLUMNS.iter().find(|known| *known == wanted);
        known.copied().ok_or_else(|| {
            let known = T::COLUMNS.join("`, `");
            Problem::bad_request(format!("`sort_by` is one of `{known}`, not `{wanted}`"))
        })
    }

    fn finds(&self, item: &impl Item) -> bool {
        let search = self.search.as_deref();
        search.is_none_or(|search| item.id().to_lowercase().contains(search))
    }

    fn order(&self, a: &Place, b: &Place) -> Ordering {
        let cells = a.cell.order(&b.cell);
        let cells = if self.descending {
            cells.reverse()
        } else {
            cells
        };
        cells.then_with(|| a.id.cmp(&b.id))
    }
}

/// Where an item is in a sorted list; as text, the end of a page.
#[derive(Debug, PartialEq)]
struct Place {
    cell: Cell,
    id: String,
}

impl Place {
    fn of(item: &impl Item, column: &str) -> Self {
        Self {
            cell: item.column(column),
            id: item.id(),
        }
    }

    fn to_text(&self) -> String {
        match &self.cell {
            Cell::Text(text) => format!("={}:{text}{}", text.len(), self.id),
            Cell::Number(number) => format!("#{number:?}:{}", self.id),
        }
    }

    fn parse(text: &str) -> Result<Self, Problem> {
        let place = || {
            let (cell, rest) = text.split_once(':')?;
            if let Some(number) = cell.strip_prefix('#') {
                let cell = Cell::Number(number.parse().ok()?);
                let id = rest.to_owned();
                return Some(Self { cell, id });
            }
            let length = cell.strip_prefix('=')?.parse().ok()?;
            let (text, id) = rest.split_at_checked(length)?;
            let (cell, id) = (Cell::Text(text.to_owned()), id.to_owned());
            Some(Self { cell, id })
        };
        place().ok_or_else(|| Problem::bad_request("`after` is the `next` of a page before"))
    }
}

impl Cell {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Cell {
    #[expect(clippy::cast_precision_loss, reason = "2^53 are enough to sort by")]
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::from(number as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize)]
    struct Row(&'static str, u64);

    impl Item for Row {
        const COLUMNS: &'static [&'static str] = &["name", "size"];

        fn id(&self) -> String {
            self.0.to_owned()
        }

        fn column(&self, name: &str) -> Cell {
            match name {
                "size" => self.1.into(),
                _ => self.0.into(),
            }
        }
    }

    fn rows() -> Vec<Row> {
        vec![Row("b", 2), Row("a", 10), Row("d", 2), Row("c", 1)]
    }

    fn listing(sort_by: &str, descending: bool) -> Listing {
        Listing {
            search: None,
            sort_by: Some(sort_by.to_owned()),
            descending,
            limit: 3,
            after: None,
        }
    }

    fn names(page: &Page<Row>) -> String {
        page.items.iter().map(|row| row.0).collect()
    }

    #[test]
    fn pages_follow_each_other_in_any_order() {
        for (sort_by, descending, first, second) in [
            ("name", false, "abc", "d"),
            ("name", true, "dcb", "a"),
            ("size", false, "cbd", "a"),
            ("size", true, "abd", "c"),
        ] {
            let page = listing(sort_by, descending).page(rows()).expect("a page");
            assert_eq!((&*names(&page), page.total), (first, 4));
            let mut rest = listing(sort_by, descending);
            rest.after = page.next;
            let page = rest.page(rows()).expect("a page");
            assert_eq!(names(&page), second);
            assert_eq!(page.next, None);
        }
    }

    #[test]
    fn a_page_goes_on_where_its_last_item_was() {
        let page = listing("name", false).page(rows()).expect("a page");
        let mut rest = listing("name", false);
        rest.after = page.next;
        let others = rows().into_iter().filter(|row| row.0 != "c").collect();
        assert_eq!(names(&rest.page(others).expect("a page")), "d");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = listing("weight", false)
            .page(rows())
            .expect_err("no such column");
        assert!(refused.detail.contains("`name`, `size`"), "{refused:?}");
        let mut strange = listing("name", false);
        strange.after = Some("d".to_owned());
        assert!(strange.page(rows()).is_err());
    }
}
