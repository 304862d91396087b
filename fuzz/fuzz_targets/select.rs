//! Bytes that a fuzzer looks for, as small instances: `cargo +nightly fuzz run select`.
//!
//! Every answer must equal the best of all subsets, keep every limit, and have a certificate that
//! the checker accepts; `crates/select/tests/it/bytes.rs` has the check.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/select/tests/it/bytes.rs"]
mod bytes;

fuzz_target!(|input: &[u8]| {
    bytes::check(&bytes::problem(input), true);
});
