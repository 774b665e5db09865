//! The engine against the packet simulator: the fuzzer picks topologies and packets by their seeds, and coverage tells
//! it which ones do something new.
#![no_main]
#![allow(dead_code, clippy::unwrap_used)]

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

use libfuzzer_sys::fuzz_target;
use oracle::compare::{Amount, compare};
use oracle::engine::Real;

fuzz_target!(|seed: u64| {
    let amount = Amount { topologies: 1, packets: 20, seed };
    let (_, disagreements) = compare(&Real, amount, 1);
    if let Some(first) = disagreements.first() {
        panic!("{first}");
    }
});
