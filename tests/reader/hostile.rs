//! Texts that are no topologies, made here because they are large: each gets a clear answer in bounded time. Smaller ones are
//! in `tests/hostile`.

use std::fmt::Write;
use std::time::{Duration, Instant};

use vpcreach::topology::yaml;

use super::support::list;

/// The first problem of some bytes; asserts that it was found soon.
fn first(bytes: &[u8]) -> String {
    let start = Instant::now();
    let (topology, diagnostics) = yaml::read("h.yaml", bytes);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    vpcreach::render::diagnostic::render(&diagnostics, &topology.sources, false);
    list(&diagnostics, &topology.sources).into_iter().next().unwrap_or_else(|| "no problem".to_owned())
}

#[test]
fn two_hundred_levels() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let text = format!("vpcs: {}{}", open.repeat(200), close.repeat(200));
        let answer = first(text.as_bytes());
        assert!(answer.starts_with("TOP002") && answer.contains("nested"), "{answer}");
    }
    let block: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(first(block.as_bytes()).starts_with("TOP002"));
    let dashes = format!("{}a", "- ".repeat(200));
    assert!(first(dashes.as_bytes()).starts_with("TOP002"));
}

#[test]
fn a_hundred_thousand_brackets() {
    assert!(first("[".repeat(100_000).as_bytes()).starts_with("TOP002"));
    assert!(first("{".repeat(100_000).as_bytes()).starts_with("TOP00"));
}

#[test]
fn aliases_that_multiply() {
    let mut text = "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..=10 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "x-{level}: &a{level} [{items}]").unwrap();
    }
    assert_eq!(first(text.as_bytes()), "TOP002 6:46+3 aliases stand for more than 1000000 values");
}

#[test]
fn aliases_that_deepen() {
    let mut text = "x-0: &a0 [[[[[[[[[[x]]]]]]]]]]\n".to_owned();
    for level in 1..=10 {
        writeln!(text, "x-{level}: &a{level} [[[[[[[[[[*a{}]]]]]]]]]]", level - 1).unwrap();
    }
    let answer = first(text.as_bytes());
    assert!(answer.starts_with("TOP002") && answer.contains("nested"), "{answer}");
}

#[test]
fn merges_that_multiply() {
    let entries: String = (0..1000).map(|n| format!("k{n}: 1, ")).collect();
    let mut text = format!("x-0: &a0 {{{entries}}}\n");
    for level in 1..3000 {
        writeln!(text, "x-{level}: &a{level} {{<<: *a{}}}", level - 1).unwrap();
    }
    assert!(first(text.as_bytes()).starts_with("TOP002"));
}

#[test]
fn a_hundred_megabytes_of_noise() {
    let noise: Vec<u8> = (0..100u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert_eq!(first(&noise), "TOP002 1:1+0 the file has 104857600 bytes, but at most 67108864 are read");
    assert!(first(&noise[..1 << 20]).starts_with("TOP001"));
}

#[test]
fn more_values_than_are_read() {
    let text = format!("x-a: [{}]\n", "a,".repeat(5_000_000));
    assert_eq!(
        first(text.as_bytes())[7..].split_once(' ').unwrap().1,
        "the file has more than 4000000 values"
    );
}

#[test]
fn a_million_unknown_keys() {
    let mut text = "vpcs:\n  m:\n    cidr: 10.0.0.0/16\n".to_owned();
    for n in 0..300_000 {
        writeln!(text, "    k{n}: 1").unwrap();
    }
    let (_, diagnostics) = yaml::read("h.yaml", text.as_bytes());
    assert_eq!(diagnostics.len(), 201);
    assert_eq!(diagnostics.last().unwrap().message, "299800 more problems are not shown");
}

#[test]
fn a_large_topology_is_read() {
    let mut text = "vpcs:\n  m:\n    cidr: 10.0.0.0/16\n    security_groups:\n".to_owned();
    for n in 0..20_000 {
        writeln!(text, "      g{n}:\n        inbound:").unwrap();
        for port in 1..6 {
            writeln!(text, "          - {{protocol: tcp, ports: {port}, source: 10.0.{}.0/24}}", n % 256)
                .unwrap();
        }
    }
    let start = Instant::now();
    assert_eq!(first(text.as_bytes()), "no problem");
    println!("{} bytes in {:?}", text.len(), start.elapsed());
}
