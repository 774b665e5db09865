//! The fleet at a size, whole: `cargo bench --bench fleet -- ENIS realistic|hostile`. One line per step.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use vpcreach::fleet::Fleet;
use vpcreach::generate::{Generator, Options, Shape};
use vpcreach::network::Network;

fn main() {
    // cargo adds flags of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let enis = words.first().and_then(|word| word.parse().ok()).unwrap_or(1_000);
    let is_hostile = words.iter().any(|word| word == "hostile");
    let shape = if is_hostile { Shape::Hostile } else { Shape::Realistic };
    let network = Network::compile(&Generator::new(Options::new(enis, shape, 1)).topology()).0;
    println!(
        "{enis} {shape:?}: the network has {:.0} MB, {:.0} MB at most while it was compiled",
        memory("VmRSS:"),
        peak()
    );
    let start = Instant::now();
    let mut fleet = Fleet::new(&network);
    println!(
        "classes {:?} kinds {:?}: {:.3} s",
        fleet.classes(),
        fleet.kinds(),
        start.elapsed().as_secs_f64()
    );
    for ipv6 in [false, true] {
        let start = Instant::now();
        let rows = fleet.rows(ipv6, true);
        println!(
            "rows {} of {} (cells {}) ipv6 {ipv6}: {:.3} s, {:.0} MB at most",
            rows.distinct(),
            rows.pairs(),
            rows.cells(),
            start.elapsed().as_secs_f64(),
            peak()
        );
    }
    println!("{:?}, {} sets", fleet.statistics(), fleet.pool().len());
}

/// The most memory that the process ever had, in MB; 0 where the system does not say.
fn peak() -> f64 {
    memory("VmHWM:")
}

fn memory(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
