//! Scope runtime.
