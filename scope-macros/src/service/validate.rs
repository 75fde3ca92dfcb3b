//! Rules across the options of a service.

use super::model::Service;
use crate::diag::Errors;

pub(super) fn validate(service: &Service, errors: &mut Errors) {
    let options = &service.options;
    if let Some(handle) = options
        .handle
        .as_ref()
        .filter(|handle| **handle == service.ident)
    {
        errors.at(
            handle,
            "the handle needs a name of its own; the service has this one",
        );
    }
    for required in options.requires.iter().flatten() {
        if required.path.path.is_ident(&service.ident) {
            errors.at(
                &required.path,
                "a service can't require itself; it reaches itself through `cx.myself()`",
            );
        }
    }
    for followed in options.follows.iter().flatten() {
        if followed.path.path.is_ident(&service.ident) {
            errors.at(
                &followed.path,
                "a service can't follow itself; `restart` says when it is restarted",
            );
        }
    }
    let keep = options
        .mailbox
        .as_ref()
        .and_then(|mailbox| mailbox.keep.as_ref());
    let temporary = options
        .restart
        .as_ref()
        .is_some_and(|restart| restart == "temporary");
    if let Some(followed) = options
        .follows
        .iter()
        .flatten()
        .next()
        .filter(|_| temporary)
    {
        errors.at(
            &followed.path,
            "a `temporary` service is never restarted, so it can't follow another one; write `restart = permanent`",
        );
    }
    if let Some(keep) = keep.filter(|_| temporary) {
        errors.at(
            keep,
            "`keep` saves messages for the next incarnation, and a `temporary` service never has one",
        );
    }
}
