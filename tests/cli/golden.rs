//! Whole outputs, byte by byte. `VPCREACH_BLESS=1 cargo test` writes them anew.

use super::{golden_directory, vpcreach};

fn check(name: &str, line: &str) {
    check_at(name, line, None);
}

fn check_at(name: &str, line: &str, columns: Option<&str>) {
    let program = vpcreach(line);
    let run = match columns {
        Some(columns) => program.with("COLUMNS", columns).run(),
        None => program.run(),
    };
    let text = format!("$ vpcreach {line}\n{}{}exit code {}\n", run.out, run.err, run.code);
    let path = golden_directory().join(name);
    if std::env::var_os("VPCREACH_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == golden, "{name} differs; got:\n{text}\nwanted:\n{golden}");
}

#[test]
fn reachable() {
    check("reachable.txt", "reach web-a db:5432 -f three-tier.yaml");
}

#[test]
fn reachable_through_nat_with_every_rule() {
    check("nat-verbose.txt", "reach web-a internet:443 -v --show-defaults -f three-tier.yaml");
}

#[test]
fn blocked() {
    check("blocked.txt", "why web db:5432 -f blocked.yaml");
}

#[test]
fn blocked_with_hops() {
    check("blocked-verbose.txt", "trace web db:5432 -v -f blocked.yaml");
}

#[test]
fn partial() {
    check("partial.txt", "reach app internet:443 -f partial.yaml");
}

#[test]
fn partial_verbose() {
    check("partial-verbose.txt", "reach app internet:443 -v -f partial.yaml");
}

#[test]
fn undetermined() {
    check("undetermined.txt", "reach internet alb:443 -f three-tier.yaml");
}

#[test]
fn pairs() {
    check("pairs.txt", "reach web db:5432 --all-paths -f three-tier.yaml");
    check("pairs-partial.txt", "reach bastion web:22,8080 -f three-tier.yaml");
}

#[test]
fn narrow_terminal() {
    check_at("narrow.txt", "reach web-a db:5432 -f three-tier.yaml", Some("60"));
}

#[test]
fn ascii() {
    check("ascii.txt", "reach web-a internet:443 --ascii -f three-tier.yaml");
    check("ascii-partial.txt", "reach app internet:443 --ascii -f partial.yaml");
}

#[test]
fn json() {
    check("blocked.json", "why web db:5432 -o json -f blocked.yaml");
}

#[test]
fn lines() {
    check("lines.txt", "why web db:5432,22 -o line -f three-tier.yaml");
}

#[test]
fn matrix() {
    check("matrix.txt", "matrix --ports 22,443,5432,8080 -f three-tier.yaml");
    check_at("matrix-narrow.txt", "matrix -f three-tier.yaml", Some("60"));
    check("matrix.json", "matrix -o json -f blocked.yaml");
}

#[test]
fn surveys() {
    check("matrix.csv", "matrix -o csv -f blocked.yaml");
    check("matrix.md", "matrix -o markdown -f three-tier.yaml");
    check("matrix.html", "matrix -o html -f blocked.yaml");
    check("who-can-reach.txt", "who-can-reach db -f three-tier.yaml");
    check("who-can-reach.json", "who-can-reach db:5432 -o json -f three-tier.yaml");
    check("reachable-from.txt", "reachable-from web-a -f three-tier.yaml");
    check("pivot.txt", "pivot net:office db:5432 --all -f three-tier.yaml");
    check("pivot.json", "pivot net:office db:5432 --take 22 -o json -f three-tier.yaml");
}

#[test]
fn tests() {
    check("test.txt", "test -f failing.yaml");
    check("test-junit.xml", "test -o junit -f failing.yaml");
    check("test-tap.txt", "test -o tap -f failing.yaml");
    check("test-github.txt", "test -o github -f failing.yaml");
}

#[test]
fn help() {
    for command in [
        "reach",
        "who-can-reach",
        "reachable-from",
        "exposure",
        "pivot",
        "matrix",
        "test",
        "validate",
        "explain",
        "import",
        "collect",
        "generate",
        "schema",
        "completions",
        "version",
    ] {
        check(&format!("help-{command}.txt"), &format!("{command} --help"));
    }
    check("help.txt", "--help");
}
