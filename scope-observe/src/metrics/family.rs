//! Metric families as data, and how they become text.

use std::borrow::Cow;
use std::fmt;

use prometheus_client::encoding::EncodeLabel;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, LabelSetEncoder, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use super::buckets::Buckets;

/// All series of one name.
#[derive(Debug)]
pub(crate) struct Family {
    /// Without unit and suffix, which the encoder adds.
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    kind: MetricType,
    series: Vec<(Labels, Value)>,
}

/// The labels of one series.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Labels(Vec<(&'static str, Cow<'static, str>)>);

/// What one series says.
#[derive(Debug)]
enum Value {
    Count(u64),
    /// A count of seconds.
    Total(f64),
    Level(f64),
    Times(Buckets),
    Info,
}

impl Family {
    pub(crate) fn counter(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, MetricType::Counter)
    }

    pub(crate) fn gauge(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, MetricType::Gauge)
    }

    pub(crate) fn info(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, MetricType::Info)
    }

    /// In seconds, as all durations.
    pub(crate) fn histogram(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, MetricType::Histogram).unit(Unit::Seconds)
    }

    fn new(name: &'static str, help: &'static str, kind: MetricType) -> Self {
        Self {
            name,
            help,
            unit: None,
            kind,
            series: Vec::new(),
        }
    }

    pub(crate) fn unit(mut self, unit: Unit) -> Self {
        self.unit = Some(unit);
        self
    }

    pub(crate) fn count(&mut self, labels: Labels, count: u64) {
        self.series.push((labels, Value::Count(count)));
    }

    pub(crate) fn total(&mut self, labels: Labels, seconds: f64) {
        self.series.push((labels, Value::Total(seconds)));
    }

    pub(crate) fn level(&mut self, labels: Labels, level: f64) {
        self.series.push((labels, Value::Level(level)));
    }

    pub(crate) fn times(&mut self, labels: Labels, buckets: Buckets) {
        self.series.push((labels, Value::Times(buckets)));
    }

    pub(crate) fn says(&mut self, labels: Labels) {
        self.series.push((labels, Value::Info));
    }

    /// Writes the family, unless it is empty.
    pub(crate) fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        if self.series.is_empty() {
            return Ok(());
        }
        let unit = self.unit.as_ref();
        let mut family = encoder.encode_descriptor(self.name, self.help, unit, self.kind)?;
        for (labels, value) in &self.series {
            match value {
                // The encoder writes the labels of an info by itself.
                Value::Info => family.encode_info(labels)?,
                value => value.encode(family.encode_family(labels)?)?,
            }
        }
        Ok(())
    }
}

impl Value {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => encoder.encode_counter::<NoLabelSet, _, u64>(count, None),
            Self::Total(seconds) => encoder.encode_counter::<NoLabelSet, _, f64>(seconds, None),
            Self::Level(level) => encoder.encode_gauge(level),
            Self::Times(buckets) => {
                let counts = buckets.each();
                encoder.encode_histogram::<NoLabelSet>(
                    buckets.sum(),
                    buckets.count(),
                    &counts,
                    None,
                )
            }
            Self::Info => Ok(()),
        }
    }
}

impl Labels {
    /// Adds one.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.0.push((name, value.into()));
        self
    }
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            (*name, value.as_ref()).encode(encoder.encode_label())?;
        }
        Ok(())
    }
}
