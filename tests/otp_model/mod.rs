//! A small model of OTP's supervisor, written from the rules that the recordings taught.

pub(crate) mod generate;
pub(crate) mod model;
mod requests;
pub(crate) mod schedule;
mod spec;
mod supervisor;
