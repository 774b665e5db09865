//! Pages that follow from other pages: the table of rules, the table of codes, the list of assumptions.

use std::fmt::Write as _;
use std::fs;
use std::io;

use super::blocks;
use super::rules::{self, Rule};

/// A page with the text that it should have.
#[derive(Debug)]
pub(crate) struct Page {
    path: &'static str,
    text: String,
}

impl Page {
    /// Writes the page when blessed; else says whether it differs.
    pub(crate) fn settle(&self) -> Option<String> {
        let path = blocks::root().join(self.path);
        if blessing() {
            return fs::write(path, &self.text).err().map(|error| format!("{}: {error}", self.path));
        }
        let same = fs::read_to_string(path).is_ok_and(|text| text == self.text);
        (!same).then(|| self.path.to_owned())
    }
}

/// Whether what is derived should be written rather than compared.
pub(crate) fn blessing() -> bool {
    std::env::var_os("VPCREACH_BLESS").is_some_and(|value| value != "0")
}

/// The code that a page is about, by its file name.
pub(crate) fn code_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix("docs/codes/")?.strip_suffix(".md")?;
    (name != "README").then_some(name)
}

/// Every derived page.
pub(crate) fn pages() -> io::Result<Vec<Page>> {
    let rules = rules::collect()?;
    Ok(vec![
        Page { path: "docs/reference/rules.md", text: rule_table(&rules) },
        Page { path: "docs/reference/assumptions.md", text: assumptions(&rules) },
        Page { path: "docs/reference/codes.md", text: code_table()? },
        Page { path: "docs/reference/scenarios.md", text: scenario_table()? },
        Page { path: "docs/reference/catalogue.md", text: super::catalogue::page(GENERATED)? },
        Page { path: "docs/trust-measured.md", text: super::measured::page(&rules)? },
        Page { path: "docs/performance-measured.md", text: super::measured::performance()? },
    ])
}

const GENERATED: &str = "<!-- Written by `VPCREACH_BLESS=1 cargo test --test book`. -->\n";

fn rule_table(rules: &[Rule]) -> String {
    let mut text = format!(
        "# Rules\n\n{GENERATED}\nEvery rule of the semantics, the page that explains it, and how many checks it has: of\nsomething that must get through, and of something that must not. A rule without checks says on its\npage why.\n\n| Rule | | Passing | Failing |\n|---|---|--:|--:|\n"
    );
    for id in rules::in_scope() {
        for rule in rules.iter().filter(|rule| rule.id == id) {
            let _ = writeln!(
                text,
                "| [{id}]({}) | {} | {} | {} |",
                link(&rule.page),
                rule.title,
                rule.passing,
                rule.failing
            );
        }
    }
    let (passing, failing) = rules.iter().fold((0, 0), |(p, f), rule| (p + rule.passing, f + rule.failing));
    let _ = writeln!(text, "| | **All** | **{passing}** | **{failing}** |");
    text
}

fn assumptions(rules: &[Rule]) -> String {
    let mut text = format!(
        "# Assumptions\n\n{GENERATED}\nAWS does not document everything that decides whether a packet arrives. Where it is silent, the tool\nassumes what operators report. These are all such places; each is explained on the page of its rule.\nIf you know one of them to be wrong, that is a bug: please say so.\n\nBesides, some things are assumed about a topology that does not say them, and every answer lists those\nthat it used: client ports by the kind of the client, private addresses from `.10` up, and public addresses\nin no range that the file names.\n\n| Rule | Assumption |\n|---|---|\n"
    );
    for id in rules::in_scope() {
        for rule in rules.iter().filter(|rule| rule.id == id) {
            if let Some(assumption) = &rule.assumption {
                let _ = writeln!(text, "| [{id}]({}) | {assumption} |", link(&rule.page));
            }
        }
    }
    text
}

fn code_table() -> io::Result<String> {
    let mut text = format!(
        "# Codes\n\n{GENERATED}\nEvery reason for a verdict has a short code that never changes its meaning. `vpcreach explain CODE` prints\nits page. Beside it stands the code that AWS's Reachability Analyzer uses for the same thing, if it has one.\nCodes that start with `TOP` are about the topology file; the messages explain themselves.\n\n| Code | Meaning | AWS |\n|---|---|---|\n"
    );
    for path in blocks::files("docs/codes", "md")? {
        let Some(code) = code_of(&path) else { continue };
        let page = fs::read_to_string(blocks::root().join(&path))?;
        let title = page.lines().next().and_then(|line| line.split_once(": ")).map_or("", |(_, title)| title);
        let _ = writeln!(text, "| [{code}]({}) | {title} | {} |", link(&path), aws_names(&page));
    }
    Ok(text)
}

/// The names in code spans of the paragraph that starts with `AWS's name`.
fn aws_names(page: &str) -> String {
    let paragraph: Vec<&str> = page
        .lines()
        .skip_while(|line| !line.starts_with("AWS's name"))
        .take_while(|line| !line.is_empty())
        .collect();
    let text = paragraph.join(" ");
    let names: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|name| name.len() > 5).collect();
    if names.is_empty() { "–".to_owned() } else { names.join("<br>") }
}

fn scenario_table() -> io::Result<String> {
    let mut text = format!(
        "# Scenarios\n\n{GENERATED}\nProblems that real people had, each as a topology that shows it: the fault, the question that fails, one\nthat does not, and the fix. They are in `topologies/scenarios/`, and their first lines tell the story and where it\ncomes from. A fix that is another topology has a file of its own, with the same number.\n\n| Scenario | | Codes |\n|---|---|---|\n"
    );
    for path in blocks::files("topologies/scenarios", "yaml")? {
        let topology = fs::read_to_string(blocks::root().join(&path))?;
        let name = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".yaml");
        if name.starts_with('c') {
            continue;
        }
        let codes = codes_of(&topology);
        let codes: Vec<String> = codes.iter().map(|code| format!("[{code}](../codes/{code}.md)")).collect();
        let _ = writeln!(text, "| `{name}` | {} | {} |", first_sentence(&topology), codes.join(" "));
    }
    Ok(text)
}

/// The beginning of the story at the top of a topology.
fn first_sentence(topology: &str) -> String {
    let story: Vec<&str> = topology.lines().map_while(|line| line.strip_prefix("# ")).collect();
    let story = story.join(" ");
    let end = story.find(". ").map_or(story.len(), |at| at + 1);
    story.get(..end).unwrap_or_default().to_owned()
}

/// The codes that the tests of a topology expect, each once.
fn codes_of(topology: &str) -> Vec<&str> {
    let lists = topology.split("because: [").skip(1).filter_map(|rest| rest.split_once(']'));
    let mut codes: Vec<&str> = lists.flat_map(|(codes, _)| codes.split(", ")).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// From a page under `docs/reference` to another one under `docs`.
fn link(page: &str) -> String {
    format!("../{}", page.trim_start_matches("docs/"))
}
