//! What everything costs, as one table: `cargo bench --bench table`. With `RECORD=FILE` it is written there as well.
//!
//! Every figure is the median of several runs. Each run is a process of its own, so that its peak of memory is its own. Beside
//! each figure stands its floor: what the same bytes or the same number of results cost without any thought.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use vpcreach::fleet::{Fleet, Open, survey};
use vpcreach::flow::{Packet, protocol};
use vpcreach::generate::{Generator, Options, Shape};
use vpcreach::network::{InterfaceId, Network};
use vpcreach::reach::{Endpoint, Origin, Question, Service, answer};

/// Runs of each step; the median counts.
const RUNS: usize = 5;
const QUESTIONS: u64 = 20_000;

/// A row: what is measured, what it ought to be, and the step of this program that measures it.
struct Row {
    what: &'static str,
    goal: &'static str,
    step: [&'static str; 3],
    runs: usize,
}

const ROWS: [Row; 9] = [
    row(
        "cold process: capture of 10,000 interfaces to an explained answer",
        "30 ms, 3 x the bare parse",
        ["cold", "10000", "realistic"],
        RUNS,
    ),
    row(
        "library: a question of 100,000 interfaces, verdict only",
        "p50 0.5 us, p99 2 us",
        ["verdict", "100000", "realistic"],
        1,
    ),
    row(
        "library: a question of 100,000 interfaces, with its trace",
        "10 us",
        ["trace", "100000", "realistic"],
        1,
    ),
    row("exact matrix of 10,000 interfaces", "", ["matrix", "10000", "realistic"], RUNS),
    row("exact matrix of 100,000 interfaces", "1 s, 256 MB", ["matrix", "100000", "realistic"], 3),
    row(
        "exact matrix of 1,000,000 interfaces",
        "15 s on two cores, 2 GB",
        ["matrix", "1000000", "realistic"],
        1,
    ),
    row("exact matrix of 10,000 hostile interfaces", "2 s", ["matrix", "10000", "hostile"], 1),
    row("who-can-reach among 10,000 interfaces", "", ["survey", "10000", "realistic"], 1),
    row("who-can-reach among 100,000 interfaces", "1 ms", ["survey", "100000", "realistic"], 1),
];

const fn row(what: &'static str, goal: &'static str, step: [&'static str; 3], runs: usize) -> Row {
    Row { what, goal, step, runs }
}

fn main() {
    // cargo adds flags of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    match words.as_slice() {
        [] => table(),
        [step, enis, shape] => {
            let shape = if shape == "hostile" { Shape::Hostile } else { Shape::Realistic };
            let generator = Generator::new(Options::new(enis.parse().expect("a number"), shape, 1));
            let figures = match step.as_str() {
                "cold" => cold(&generator),
                "verdict" => verdicts(&generator),
                "trace" => traces(&generator),
                "matrix" => matrix(&generator),
                "survey" => surveys(&generator),
                _ => panic!("no step {step}"),
            };
            println!("{figures}");
        }
        _ => panic!("usage: table [STEP ENIS realistic|hostile]"),
    }
}

/// Runs every step in a process of its own, and shows the medians.
fn table() {
    let this = std::env::current_exe().expect("a path");
    let mut rows = Vec::new();
    for Row { what, goal, step, runs } in &ROWS {
        let run = || -> Value {
            let output = Command::new(&this).args(step).output().expect("it runs");
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{step:?}: {output:?}"))
        };
        let figures = medians((0..*runs).map(|_| run()).collect());
        println!("{what} (goal: {goal})");
        for (name, value) in figures.as_object().into_iter().flatten() {
            println!("    {name:<44} {value}");
        }
        rows.push(json!({"what": what, "goal": goal, "runs": runs, "figures": figures}));
    }
    let exponent = exponent(&rows);
    println!("scaling exponent, 10,000 to 1,000,000: {exponent:.2} (goal: 1.3)");
    if let Some(path) = std::env::var_os("RECORD") {
        let record = json!({
            "title": "Speed", "command": "cargo bench --bench table", "commit": commit(), "machine": machine(),
            "rows": rows, "exponent": (exponent * 100.0).round() / 100.0,
        });
        std::fs::write(path, serde_json::to_string_pretty(&record).expect("JSON") + "\n").expect("written");
    }
}

/// Figure by figure.
fn medians(runs: Vec<Value>) -> Value {
    let first = runs.first().and_then(Value::as_object).cloned().unwrap_or_default();
    let median = |name: &String| {
        let mut all: Vec<f64> = runs.iter().filter_map(|run| run.get(name)?.as_f64()).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    };
    first.keys().map(|name| (name.clone(), json!(median(name)))).collect::<serde_json::Map<_, _>>().into()
}

/// How the time of a matrix grows with the number of interfaces: 1 is as fast as they do.
fn exponent(rows: &[Value]) -> f64 {
    let seconds = |what: &str| {
        let row = rows.iter().find(|row| row["what"] == what);
        row.and_then(|row| row["figures"]["seconds"].as_f64()).unwrap_or(f64::NAN)
    };
    let (small, large) =
        (seconds("exact matrix of 10,000 interfaces"), seconds("exact matrix of 1,000,000 interfaces"));
    (large / small).log10() / 2.0
}

/// The program as users run it, on a file that it has never seen; and what parsing the same bytes costs.
fn cold(generator: &Generator) -> Value {
    let path = std::env::temp_dir().join(format!("vpcreach-table-{}.json", std::process::id()));
    let mut bytes = Vec::new();
    generator.write_aws(&mut bytes).expect("written");
    std::fs::write(&path, &bytes).expect("written");
    let network = network(generator);
    let [from, to] = names(&network);
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vpcreach"));
    let output =
        command.args(["reach", from, &format!("{to}:443"), "-f"]).arg(&path).output().expect("it runs");
    let cold = start.elapsed();
    assert!(output.stdout.len() > 100, "no answer: {output:?}");
    let bare = time(|| documents::<IgnoredAny>(&path));
    let tree = time(|| documents::<Value>(&path));
    std::fs::remove_file(&path).expect("removed");
    let ms = |time: Duration| round(time.as_secs_f64() * 1e3);
    json!({
        "milliseconds": ms(cold), "megabytes of input": round(bytes.len() as f64 / 1e6),
        "floor: to skip the same bytes, ms": ms(bare), "floor: to parse them into a tree, ms": ms(tree),
        "ratio to the skip": round(cold.as_secs_f64() / bare.as_secs_f64()),
        "ratio to the tree": round(cold.as_secs_f64() / tree.as_secs_f64()),
    })
}

/// Every document of a file; a capture is several, one after the other.
fn documents<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let bytes = std::fs::read(path).expect("read");
    serde_json::Deserializer::from_slice(&bytes).into_iter().map(|one| one.expect("JSON")).collect()
}

fn verdicts(generator: &Generator) -> Value {
    let network = network(generator);
    let mut fleet = Fleet::new(&network);
    let packets = questions(&network);
    let mut ask = |(from, to, packet): &Asked| fleet.verdict(*from, *to, *packet);
    // The first time a pair of sites is asked about it is walked.
    let first = percentiles(&packets, &mut ask);
    let again = percentiles(&packets, &mut ask);
    json!({
        "p50 us": again[0], "p99 us": again[1], "p50 us, the first time": first[0], "p99 us, the first time": first[1],
    })
}

fn traces(generator: &Generator) -> Value {
    let network = network(generator);
    let packets = questions(&network);
    let all = percentiles(&packets, &mut |(from, to, packet)| {
        answer(&network, &Question::between(&network, (Origin::Interface(*from), *to), *packet)).verdict
    });
    json!({"p50 us": all[0], "p99 us": all[1]})
}

fn matrix(generator: &Generator) -> Value {
    let network = network(generator);
    let compiled = peak();
    let start = Instant::now();
    let mut fleet = Fleet::new(&network);
    let (mut cells, mut distinct, mut pairs) = (0, 0, 0);
    for ipv6 in [false, true] {
        let rows = fleet.rows(ipv6, true);
        (cells, distinct, pairs) = (cells + rows.cells(), distinct + rows.distinct(), pairs + rows.pairs());
    }
    let seconds = start.elapsed().as_secs_f64();
    // The floor: to write the distinct rows.
    let written = time(|| black_box(vec![1u32; cells]));
    json!({
        "seconds": round(seconds), "peak MB": peak().round(), "peak MB of the compiled network": compiled.round(),
        "classes": fleet.classes().iter().sum::<usize>(), "walks": fleet.statistics().outlines,
        "rows": pairs, "distinct rows": distinct, "cells in them": cells,
        "floor: to write those cells, s": written.as_secs_f64(),
    })
}

fn surveys(generator: &Generator) -> Value {
    let network = network(generator);
    let [_, name] = names(&network);
    let ends = Endpoint::inside(&network);
    let fixed = ends.iter().find(|end| end.name() == name).expect("an endpoint");
    let service = Service::parse(Some("443"), None).expect("a service");
    let start = Instant::now();
    let found = survey(&network, Open::Sources, fixed, &service, &vpcreach::reach::Options::default())
        .expect("an answer");
    let milliseconds = round(start.elapsed().as_secs_f64() * 1e3);
    json!({"milliseconds": milliseconds, "findings": found.findings.len(), "without any way": found.none.len()})
}

fn network(generator: &Generator) -> Network {
    Network::compile(&generator.topology()).0
}

/// Two interfaces; half of the time they are neighbours.
fn pair(ids: &[InterfaceId], mixed: u64) -> [InterfaceId; 2] {
    let from = mixed >> 8;
    let to = if mixed & 1 == 0 { from + 1 + (mixed >> 40) % 1_000 } else { mixed >> 24 };
    [from, to].map(|at| ids[(at % ids.len() as u64) as usize])
}

const fn mix(seed: u64) -> u64 {
    (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

type Asked = (InterfaceId, InterfaceId, Packet);

fn questions(network: &Network) -> Vec<Asked> {
    let ids: Vec<InterfaceId> = network.interfaces.ids().collect();
    let address = |id: InterfaceId| network.interfaces[id].primary(false).expect("IPv4").private;
    let ports = [22, 80, 443, 5432, 8080];
    let question = |mixed: u64| {
        let [from, to] = pair(&ids, mixed);
        let packet = Packet {
            source: address(from),
            destination: address(to),
            protocol: protocol::TCP,
            source_port: 32_768 + (mixed >> 50) as u16,
            destination_port: ports[(mixed >> 30) as usize % ports.len()],
        };
        (from, to, packet)
    };
    (0..QUESTIONS).map(mix).map(question).collect()
}

/// Names of two instances.
fn names(network: &Network) -> [&str; 2] {
    let ids: Vec<InterfaceId> = network.interfaces.ids().collect();
    pair(&ids, mix(7)).map(|id| network.instances[network.interfaces[id].instance].name.as_str())
}

/// p50 and p99, in microseconds.
fn percentiles<T, R>(questions: &[T], ask: &mut impl FnMut(&T) -> R) -> [f64; 2] {
    let mut times: Vec<f64> = questions.iter().map(|one| time(|| ask(one)).as_secs_f64() * 1e6).collect();
    times.sort_by(f64::total_cmp);
    [times.len() / 2, times.len() * 99 / 100].map(|at| round(times[at]))
}

fn time<R>(work: impl FnOnce() -> R) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// Three digits are more than a noisy machine gives.
fn round(value: f64) -> f64 {
    let scale = 10f64.powf(2.0 - value.abs().max(1e-9).log10().floor());
    (value * scale).round() / scale
}

/// The most memory that the process ever had, in MB; 0 where the system does not say.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

fn commit() -> String {
    let output = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, {}", model.map_or("unknown", |(_, model)| model))
}
