//! The book runs: every topology in `docs/` and `topologies/` is loaded and its tests are asked, every
//! shell transcript is repeated, and the pages that can be derived from others are.
//!
//! `VPCREACH_BLESS=1 cargo test --test book` writes the derived pages and the transcripts anew.

#[path = "book/blocks.rs"]
mod blocks;
#[path = "book/catalogue.rs"]
mod catalogue;
#[path = "book/derived.rs"]
mod derived;
#[path = "book/links.rs"]
mod links;
#[path = "book/measured.rs"]
mod measured;
#[path = "book/rules.rs"]
mod rules;
#[path = "book/topologies.rs"]
mod topologies;
#[path = "book/transcripts.rs"]
#[expect(clippy::print_stdout, reason = "a skip must be seen")]
mod transcripts;

use std::fs;

use blocks::Kind;

/// Sections that every code page has, in this order.
const CODE_SECTIONS: [&str; 5] =
    ["## What", "## Why it happens", "## What you see", "## How to fix", "## Try it"];

/// What fits a terminal without scrolling far.
const LONGEST_CODE_PAGE: usize = 60;

#[test]
fn blocks_are_well_formed() {
    let collected = blocks::collect().unwrap();
    let mut problems = collected.problems;
    for block in &collected.blocks {
        let has_tests = block.text.lines().any(|line| line.starts_with("tests:"));
        if block.kind != Kind::Invalid && !has_tests {
            problems.push(format!("{}: a topology without `tests:`", block.place()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(collected.blocks.len() > 200, "only {} topologies were found", collected.blocks.len());
}

#[test]
fn topologies_do_what_they_say() {
    let blocks = blocks::collect().unwrap().blocks;
    let problems: Vec<String> = blocks.iter().flat_map(topologies::check).collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_row_of_the_catalogue_shows_its_fault_and_its_fix() {
    let rows = catalogue::rows().unwrap();
    let mut problems = catalogue::missing(&rows);
    problems.extend(rows.iter().flat_map(catalogue::Row::problems));
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_rule_in_scope_has_a_check_that_passes_and_one_that_fails() {
    let rules = rules::collect().unwrap();
    let mut problems = Vec::new();
    for id in rules::in_scope() {
        match rules.iter().filter(|rule| rule.id == id).collect::<Vec<_>>().as_slice() {
            [] => problems.push(format!("{id} has no section in docs/semantics")),
            [rule] if rule.has_no_effect || (rule.passing > 0 && rule.failing > 0) => {}
            [rule] => problems.push(format!(
                "{}: {id} needs both kinds of checks, but {} pass and {} fail",
                rule.place(),
                rule.passing,
                rule.failing
            )),
            _ => problems.push(format!("{id} has several sections")),
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn derived_pages_are_up_to_date() {
    let stale: Vec<String> = derived::pages().unwrap().iter().filter_map(derived::Page::settle).collect();
    assert!(stale.is_empty(), "run with VPCREACH_BLESS=1: {}", stale.join(", "));
}

#[test]
fn code_pages_are_complete() {
    let mut problems = Vec::new();
    for path in blocks::files("docs/codes", "md").unwrap() {
        let Some(code) = derived::code_of(&path) else { continue };
        let text = fs::read_to_string(blocks::root().join(&path)).unwrap();
        if !text.starts_with(&format!("# {code}: ")) {
            problems.push(format!("{path}: the title must start with `# {code}: `"));
        }
        let mut at = 0;
        for section in CODE_SECTIONS {
            match text.get(at..).and_then(|rest| rest.find(&format!("\n{section}\n"))) {
                Some(found) => at += found + 1,
                None => problems.push(format!("{path}: `{section}` is missing or in another place")),
            }
        }
        if text.lines().count() >= LONGEST_CODE_PAGE {
            problems.push(format!("{path}: {LONGEST_CODE_PAGE} lines or more"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn links_lead_somewhere() {
    let broken = links::broken().unwrap();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_summary_names_every_page() {
    let missing = links::not_in_summary().unwrap();
    assert!(missing.is_empty(), "not in docs/SUMMARY.md: {}", missing.join(", "));
}

#[test]
fn transcripts_are_true() {
    let different = transcripts::repeat_all().unwrap();
    assert!(different.is_empty(), "run with VPCREACH_BLESS=1:\n{}", different.join("\n"));
}
