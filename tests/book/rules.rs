//! The rules of `docs/semantics`: where each is explained, and how many checks it has.

use std::fs;
use std::io;

use super::blocks::{self, Collected, Kind};

/// Rules of the reference that the engine models, as ranges of numbers: the others belong to components of later
/// releases.
const IN_SCOPE: [(&str, u16, u16); 20] = [
    ("W", 1, 8),
    ("VP", 1, 15),
    ("RT", 1, 15),
    ("RT", 19, 20),
    ("SG", 1, 21),
    ("NA", 1, 16),
    ("EN", 1, 6),
    ("IG", 1, 8),
    ("IG", 10, 10),
    ("NG", 1, 11),
    ("PX", 1, 10),
    ("TG", 1, 12),
    ("EP", 1, 3),
    ("EP", 5, 6),
    ("VG", 1, 10),
    ("LB", 1, 4),
    ("LB", 6, 6),
    ("LB", 11, 13),
    ("DN", 1, 3),
    ("V6", 1, 5),
];

/// What a rule says that decides nothing.
const NO_EFFECT: &str = "no verdict depends on this";

/// How an assumption starts.
const ASSUMPTION: &str = "> **Assumption.** ";

/// A rule and its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// For example `NA-4`.
    pub(crate) id: String,
    /// The rest of its heading.
    pub(crate) title: String,
    /// The page, from the root of the repository.
    pub(crate) page: String,
    /// The line of its heading.
    pub(crate) line: usize,
    /// Checks of something that must get through.
    pub(crate) passing: usize,
    /// Checks of something that must not, and topologies that must be refused.
    pub(crate) failing: usize,
    /// Whether the page says that no verdict depends on it.
    pub(crate) has_no_effect: bool,
    /// What it assumes, if it does.
    pub(crate) assumption: Option<String>,
}

impl Rule {
    /// Where it is, as editors understand it.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }
}

/// The ids of all rules that must be on a page, in order.
pub(crate) fn in_scope() -> impl Iterator<Item = String> {
    IN_SCOPE.into_iter().flat_map(|(noun, first, last)| (first..=last).map(move |n| format!("{noun}-{n}")))
}

/// Every rule that has a section.
pub(crate) fn collect() -> io::Result<Vec<Rule>> {
    let mut rules = Vec::new();
    for page in blocks::files("docs/semantics", "md")? {
        let text = fs::read_to_string(blocks::root().join(&page))?;
        rules.extend(of_page(&page, &text));
    }
    Ok(rules)
}

fn of_page(page: &str, text: &str) -> Vec<Rule> {
    let mut sections: Vec<(Rule, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(heading) = line.strip_prefix("## ") {
            let (id, title) = heading.split_once(" · ").unwrap_or((heading, ""));
            let rule = Rule {
                id: id.to_owned(),
                title: title.to_owned(),
                page: page.to_owned(),
                line: number,
                passing: 0,
                failing: 0,
                has_no_effect: false,
                assumption: None,
            };
            sections.push((rule, String::new()));
        } else if let Some((_, body)) = sections.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    sections
        .into_iter()
        .map(|(mut rule, body)| {
            let mut collected = Collected::default();
            blocks::of_page(page, &body, &mut collected);
            for block in &collected.blocks {
                let (passing, failing) =
                    if block.kind == Kind::Invalid { (0, 1) } else { count_checks(&block.text) };
                rule.passing += passing;
                rule.failing += failing;
            }
            let flowing = body.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            rule.has_no_effect = flowing.contains(NO_EFFECT);
            rule.assumption = assumption(&body);
            rule
        })
        .collect()
}

fn assumption(body: &str) -> Option<String> {
    let lines = body.lines().skip_while(|line| !line.starts_with(ASSUMPTION));
    let words: Vec<&str> = lines
        .take_while(|line| line.starts_with('>'))
        .map(|line| line.trim_start_matches(['>', ' ']))
        .collect();
    let text = words.join(" ");
    text.strip_prefix("**Assumption.** ").map(str::to_owned)
}

/// How many questions of a `tests:` block must get through, and how many must not.
///
/// Counts from the text, so that this table needs no engine: one per flow and source.
fn count_checks(topology: &str) -> (usize, usize) {
    let tests = topology.lines().skip_while(|line| !line.starts_with("tests:")).skip(1);
    let mut entries: Vec<String> = Vec::new();
    for line in tests {
        if line.trim_start().starts_with("- ") && line.starts_with("  - ") {
            entries.push(String::new());
        }
        if let Some(entry) = entries.last_mut() {
            entry.push_str(line);
            entry.push('\n');
        }
    }
    let (mut passing, mut failing) = (0, 0);
    for entry in entries {
        let sources = values(&entry, "from").max(1);
        passing += values(&entry, "allow") * sources;
        failing += values(&entry, "deny") * sources;
        let flows = values(&entry, "to") * sources;
        if entry.contains("expect: reachable") {
            passing += flows;
        } else if entry.contains("expect: ") {
            failing += flows;
        }
    }
    (passing, failing)
}

/// How many values a key has: none, one, or as many as its list.
fn values(entry: &str, key: &str) -> usize {
    let start = [format!("{{{key}: "), format!(" {key}: ")]
        .iter()
        .filter_map(|wanted| entry.find(wanted.as_str()).map(|at| at + wanted.len()))
        .min();
    let Some(value) = start.and_then(|start| entry.get(start..)) else { return 0 };
    let Some(list) = value.strip_prefix('[') else { return 1 };
    let (mut quoted, mut count) = (false, 1);
    for character in list.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => count += 1,
            ']' if !quoted => break,
            _ => {}
        }
    }
    count
}

#[test]
fn checks_are_counted_by_flow_and_source() {
    let text = "vpcs: {}\ntests:\n  - {from: [a, b], allow: [\"c:22,80\", d:1], deny: [e:1]}\n  - name: x\n    from: a\n    to: b:1\n    expect: partial\n";
    assert_eq!(count_checks(text), (4, 3));
    assert_eq!(count_checks("vpcs: {}\n"), (0, 0));
}
