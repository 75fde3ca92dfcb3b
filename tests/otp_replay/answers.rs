//! Answers of the runtime, in the words of the recordings.

use scope_runtime::{
    ChildInfo, ChildSpec, ChildState, ChildType, Pid, Restart, SpecError, SupervisorError,
    SupervisorHandle,
};
use serde_json::{Value, json};

use super::tree::shutdown_out;
use super::world::{Instance, World};

pub(crate) fn rows(world: &World, path: &str, children: &[ChildInfo]) -> Value {
    let simple = world.is_simple(path);
    let row = |child: &ChildInfo| {
        let child_type = type_name(child.child_type);
        match &child.state {
            ChildState::Running(pid) => {
                let Instance { path, n, .. } = world.instance(pid);
                let name = path.rsplit('/').next().unwrap_or_default();
                let id = if simple { name } else { &*child.id };
                json!([id, child_type, "running", n])
            }
            state => {
                let id = if simple {
                    Value::Null
                } else {
                    json!(&*child.id)
                };
                let restarting = matches!(state, ChildState::Restarting);
                json!([
                    id,
                    child_type,
                    if restarting {
                        "restarting"
                    } else {
                        "undefined"
                    },
                    null
                ])
            }
        }
    };
    let mut rows: Vec<Value> = children.iter().map(row).collect();
    if simple {
        rows.sort_by_key(Value::to_string);
    }
    json!(rows)
}

pub(crate) async fn counts(handle: &SupervisorHandle) -> Value {
    match handle.count_children().await {
        Ok(counts) => json!([
            counts.specs,
            counts.active,
            counts.supervisors,
            counts.workers
        ]),
        Err(error) => json!(refusal(&error)),
    }
}

pub(crate) fn describe(spec: &ChildSpec) -> Value {
    json!({
        "id": spec.id(),
        "restart": match spec.restart_policy() {
            Restart::Permanent => "permanent",
            Restart::Transient => "transient",
            Restart::Temporary => "temporary",
        },
        "shutdown": shutdown_out(spec.shutdown_policy()),
        "type": type_name(spec.counts_as()),
        "significant": spec.is_significant(),
    })
}

pub(crate) fn type_name(child_type: ChildType) -> &'static str {
    match child_type {
        ChildType::Worker => "worker",
        ChildType::Supervisor => "supervisor",
    }
}

pub(crate) fn started(world: &World, answer: Result<Option<Pid>, SupervisorError>) -> Value {
    match answer {
        Ok(Some(pid)) => json!(format!("ok:{}", world.instance(&pid).n)),
        Ok(None) => json!("ok:undefined"),
        Err(error) => json!(refusal(&error)),
    }
}

pub(crate) fn done(answer: &Result<(), SupervisorError>) -> Value {
    match answer {
        Ok(()) => json!("ok"),
        Err(error) => json!(refusal(error)),
    }
}

pub(crate) fn refusal(error: &SupervisorError) -> &'static str {
    match error {
        SupervisorError::NotFound => "error:not_found",
        SupervisorError::Running => "error:running",
        SupervisorError::Restarting => "error:restarting",
        SupervisorError::AlreadyStarted(_) => "error:already_started",
        SupervisorError::AlreadyPresent => "error:already_present",
        // It lived when the request was sent.
        SupervisorError::NoProc => "error:supervisor_exited",
        SupervisorError::Dynamic => "error:simple_one_for_one",
        SupervisorError::BadSpec(_) => "error:bad_spec:bad_combination",
        SupervisorError::StartFailed(_) => "error:start_failed",
        other => panic!("not an error of OTP's: {other}"),
    }
}

pub(crate) fn spec_error(error: &SpecError) -> &'static str {
    match error {
        SpecError::DuplicateChild(_) => "error:start_spec:duplicate_child_name",
        SpecError::ZeroPeriod => "error:supervisor_data:invalid_period",
        SpecError::SignificantPermanent(_) | SpecError::SignificantWithoutAutoShutdown(_) => {
            "error:start_spec:bad_combination"
        }
        other => panic!("not an error of OTP's: {other}"),
    }
}
