//! The checks of a report, in the words of the format.

use std::time::Duration;

use jiff::Timestamp;
use scope_runtime::{CheckOutcome, CheckReport, HealthReport};

use super::board::Report;
use super::document::{Check, Checks, Status};
use super::findings::Finding;

/// Every check of some services.
pub(super) fn of_services(services: &[Finding], at: Timestamp) -> Checks {
    let services = services.iter();
    services
        .flat_map(|service| of_service(service, at))
        .collect()
}

/// Every check of the service at a place in a tree.
pub(crate) fn of_path(report: &Report, path: &str) -> Checks {
    let found = report
        .services
        .iter()
        .find(|service| *service.path == *path);
    found.map_or_else(Checks::new, |service| of_service(service, report.at))
}

fn of_service(service: &Finding, at: Timestamp) -> Checks {
    let base = Check::new(&service.path, "component", service.status.into(), at);
    let place = || service.path.rsplit('/').next().unwrap_or_default();
    let name = service.service().unwrap_or_else(place);
    match &service.report {
        Ok(report) => of_report(report, name, &base),
        Err(why) => vec![(format!("{name}:responseTime"), base.says(why))],
    }
}

fn of_report(report: &HealthReport, name: &str, base: &Check) -> Checks {
    // It answered: what it says of itself is in its own checks.
    let answer = base.clone().with_status(Status::Pass);
    let whole = (
        format!("{name}:responseTime"),
        answer.measured(seconds(report.took), "s"),
    );
    let own = report.checks.iter().map(|check| {
        let entry = of_check(check, base);
        (format!("{name}:{}", check.name), entry)
    });
    let memory = report.memory.map(|bytes| {
        let check = base.clone().with_status(Status::Pass);
        #[expect(clippy::cast_precision_loss, reason = "2^53 bytes are enough")]
        let bytes = bytes as f64;
        (format!("{name}:memory"), check.measured(bytes, "bytes"))
    });
    Some(whole).into_iter().chain(own).chain(memory).collect()
}

fn of_check(check: &CheckReport, base: &Check) -> Check {
    let mut entry = base.clone().with_status(check.status.into());
    entry.critical = check.critical;
    // An automatic check is a look from outside: there is nothing to measure.
    if !check.took.is_zero() {
        entry = entry.measured(seconds(check.took), "s");
    }
    match &check.outcome {
        CheckOutcome::Passed => entry,
        outcome => entry.says(outcome.to_string()),
    }
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

impl Check {
    pub(crate) fn new(path: &str, kind: &str, status: Status, at: Timestamp) -> Self {
        Self {
            component_id: path.to_owned(),
            component_type: kind.to_owned(),
            status,
            observed_value: None,
            observed_unit: None,
            output: None,
            time: format!("{at:.3}"),
            critical: true,
        }
    }

    pub(crate) fn says(mut self, output: impl Into<String>) -> Self {
        self.output = Some(output.into());
        self
    }

    fn with_status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    fn measured(mut self, value: f64, unit: &str) -> Self {
        self.observed_value = Some(value);
        self.observed_unit = Some(unit.to_owned());
        self
    }
}
