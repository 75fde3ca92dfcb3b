//! Rules across the options of a fault, and across an enum and its variants.

use super::model::{Case, Class, Model, Options, Severity};
use crate::diag::Errors;

const NO_SEVERITY: &str = "say whether the service can go on: add `recoverable` or `fatal`";

pub(super) fn validate(model: &Model, errors: &mut Errors) {
    let default = &model.default;
    contradictions(default, default.severity(), errors);
    if let (Some(attr), None, false) = (&default.attr, default.severity(), default.is_broken) {
        errors.at(attr, NO_SEVERITY);
    }
    for case in &model.cases {
        let own = &case.options;
        contradictions(own, own.severity().or(default.severity()), errors);
        let is_unknown = matches!(model.class(case), Class::Unknown);
        // What the enum should have said is one mistake, not one for each variant.
        if is_unknown && !own.is_broken && default.attr.is_none() {
            unclassified(model, case, errors);
        }
    }
}

fn unclassified(model: &Model, case: &Case, errors: &mut Errors) {
    if let Some(attr) = &case.options.attr {
        errors.at(attr, NO_SEVERITY);
        return;
    }
    let name = case.name.as_ref().unwrap_or(&model.ident);
    errors.at(
        name,
        format!(
            "say what `{name}` means for the service: `#[fault(recoverable)]` or `#[fault(fatal)]`"
        ),
    );
}

fn contradictions(options: &Options, severity: Option<Severity>, errors: &mut Errors) {
    if let (Some(_), Some(fatal)) = (&options.recoverable, &options.fatal) {
        errors.at(
            fatal,
            "`recoverable` and `fatal` contradict each other; keep one of them",
        );
    }
    if let (Some(retry), Some(Severity::Fatal)) = (&options.retry, severity) {
        errors.at(
            retry,
            "a `fatal` fault ends the service, so there is nothing to `retry`; keep one of them",
        );
    }
}
