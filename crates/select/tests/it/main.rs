//! Laws of the solver, checked against every subset of small instances.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod allocation;
mod brute;
mod bytes;
mod certificate;
mod family;
mod hostile;
mod instance;
mod laws;
mod outside;
mod tail;
