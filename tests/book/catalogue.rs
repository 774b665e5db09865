//! The catalogue of misconfigurations (semantics, section 3): a topology for each row, its fault, and its fix.
//!
//! The first lines of a file in `topologies/scenarios/c*.yaml` say what is wrong, and how it is mended: `# Fix: OLD => NEW`.
//! The first test asks the question of the row. With every fix applied, the same question must get the other answer.

use std::fmt::Write as _;
use std::{fs, io};

use vpcreach::expect;
use vpcreach::network::Network;
use vpcreach::reach::{Answer, Component, Verdict};
use vpcreach::topology::{Diagnostic, Expectation, Spanned, Topology, yaml};

use super::blocks;

/// Rows of the catalogue.
const ROWS: usize = 89;

/// Rows without a file, and what they wait for.
const OPEN: &[(usize, &str)] = &[
    (72, "gateway route tables"),
    (73, "appliances and references"),
    (74, "gateway route tables"),
    (85, "the size of packets: out of scope"),
];

/// One row.
pub(crate) struct Row {
    number: usize,
    path: String,
    story: String,
    rules: String,
    aws: Option<String>,
    leg: String,
    component: Option<String>,
    /// Texts of the file, and what they become.
    swaps: Vec<(String, String)>,
    /// Whether the row is one that must get through, and the swap breaks it.
    is_control: bool,
    text: String,
}

/// Every row that has a file, in order.
pub(crate) fn rows() -> io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for path in blocks::files("topologies/scenarios", "yaml")? {
        let name = path.rsplit('/').next().unwrap_or_default();
        let number = name.strip_prefix('c').and_then(|rest| rest.split_once('-')?.0.parse().ok());
        if let Some(number) = number {
            let text = fs::read_to_string(blocks::root().join(&path))?;
            rows.push(Row::new(number, path.clone(), text));
        }
    }
    Ok(rows)
}

impl Row {
    fn new(number: usize, path: String, text: String) -> Self {
        let head: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let said = |key: &str| {
            let mut found = head.iter().filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            found.next().map(str::to_owned)
        };
        let is_key =
            |line: &&str| ["Rules: ", "AWS: ", "Leg: ", "Where: "].iter().any(|key| line.starts_with(key));
        let story: Vec<&str> = head.iter().copied().take_while(|line| !is_key(line)).collect();
        let swaps = |key: &'static str| {
            let lines = head.iter().filter_map(move |line| line.strip_prefix(key)?.strip_prefix(": "));
            let pair = |line: &str| {
                let (old, new) = line.split_once("  =>  ").or(line.split_once("  =>")).unwrap_or_default();
                (old.replace("\\n", "\n"), new.replace("\\n", "\n"))
            };
            lines.map(pair).collect::<Vec<_>>()
        };
        let (fixes, breaks) = (swaps("Fix"), swaps("Break"));
        Self {
            number,
            path,
            story: story.join(" "),
            rules: said("Rules").unwrap_or_default(),
            aws: said("AWS"),
            leg: said("Leg").unwrap_or_default(),
            component: said("Where"),
            is_control: fixes.is_empty(),
            swaps: if fixes.is_empty() { breaks } else { fixes },
            text,
        }
    }

    /// What is wrong with the row.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        match ask(&self.text) {
            Ok(answer) => problems.extend(self.wrong_fault(&answer)),
            Err(problem) => problems.push(problem),
        }
        let wanted = if self.is_control { Verdict::Blocked } else { Verdict::Reachable };
        match self.swapped().and_then(|text| ask(&text)) {
            Ok(answer) if answer.verdict == wanted => {}
            Ok(answer) => problems.push(format!("the twin is {:?}, not {wanted:?}", answer.verdict)),
            Err(problem) => problems.push(format!("the twin: {problem}")),
        }
        problems.into_iter().map(|problem| format!("{}: {problem}", self.path)).collect()
    }

    fn swapped(&self) -> Result<String, String> {
        let head: usize =
            self.text.split_inclusive('\n').take_while(|line| line.starts_with('#')).map(str::len).sum();
        let (head, body) = self.text.split_at(head);
        let mut text = body.to_owned();
        for (old, new) in &self.swaps {
            if text.matches(old.as_str()).count() != 1 {
                return Err(format!("`{old}` should be there once"));
            }
            text = text.replacen(old.as_str(), new, 1);
        }
        if self.swaps.is_empty() { Err("no fix is said".to_owned()) } else { Ok(format!("{head}{text}")) }
    }

    /// Whether the blocker is the one that the row is about.
    fn wrong_fault(&self, answer: &Answer) -> Option<String> {
        if self.is_control {
            return (answer.verdict != Verdict::Reachable).then(|| "it does not get through".to_owned());
        }
        if answer.verdict == Verdict::Reachable {
            return Some("it gets through".to_owned());
        }
        let mut blockers = answer.traces.iter().flat_map(|trace| &trace.blockers);
        let is_it = |blocker: &&vpcreach::reach::Blocker| {
            let kind =
                self.component.as_deref().map_or("", |text| text.split('/').next().unwrap_or_default());
            blocker.leg.as_str() == self.leg
                && (self.aws.is_none() || blocker.aws_code == self.aws.as_deref())
                && is_kind(&blocker.component, kind).unwrap_or(true)
        };
        let found: Vec<String> = answer
            .traces
            .iter()
            .flat_map(|trace| &trace.blockers)
            .map(|one| {
                format!("{} {:?} on the {} at {:?}", one.code, one.aws_code, one.leg.as_str(), one.component)
            })
            .collect();
        blockers.find(is_it).is_none().then(|| format!("none of its blockers is that of the row: {found:#?}"))
    }
}

/// Whether a component is of the kind that a row names; none if the row names no kind.
fn is_kind(component: &Component, kind: &str) -> Option<bool> {
    let name = format!("{component:?}");
    let start = match kind {
        "sg" => "SecurityGroup",
        "acl" => "NetworkAcl",
        "rtb" => "RouteTable",
        "igw" => "InternetGateway",
        "eigw" => "EgressOnlyInternetGateway",
        "nat" => return Some(name.starts_with("NatGateway") || name.starts_with("Interface")),
        "tgw" => return Some(name.starts_with("Transit") || name.starts_with("Attachment")),
        "pcx" | "pcx-ab" => "Peering",
        _ => return None,
    };
    Some(name.starts_with(start))
}

/// The answer to the first test of a topology.
fn ask(text: &str) -> Result<Answer, String> {
    let (mut topology, problems) = yaml::read("catalogue.yaml", text.as_bytes());
    refuse(&problems)?;
    let Some(mut test) = topology.tests.first().cloned() else { return Err("no test".to_owned()) };
    // Whatever the verdict is, it is told with the whole answer if it is not what was expected.
    let mut answers = Vec::new();
    for expected in [Expectation::Reachable, Expectation::Blocked] {
        test.expect = Some(Spanned::implicit(expected));
        test.because.clear();
        topology.tests = vec![test.clone()];
        answers.extend(answer(&topology)?);
    }
    answers.into_iter().next().ok_or_else(|| "no answer".to_owned())
}

fn answer(topology: &Topology) -> Result<Option<Answer>, String> {
    let (network, problems) = Network::compile(topology);
    refuse(&problems)?;
    let report = expect::run(&network);
    refuse(&report.diagnostics)?;
    let reasons = report.tests.into_iter().flat_map(|test| test.checks).flat_map(|check| check.reasons);
    Ok(reasons.map(|reason| *reason.answer).next())
}

fn refuse(problems: &[Diagnostic]) -> Result<(), String> {
    match problems.iter().find(|problem| problem.is_error()) {
        Some(error) => Err(error.message.clone()),
        None => Ok(()),
    }
}

/// What the table of rows lacks, or has twice.
pub(crate) fn missing(rows: &[Row]) -> Vec<String> {
    let count = |number: usize| {
        rows.iter().filter(|row| row.number == number).count()
            + OPEN.iter().filter(|(open, _)| *open == number).count()
    };
    let odd = (1..=ROWS).filter(|number| count(*number) != 1);
    odd.map(|number| format!("row {number} is there {} times", count(number))).collect()
}

/// `docs/reference/catalogue.md`.
pub(crate) fn page(generated: &str) -> io::Result<String> {
    let rows = rows()?;
    let mut text = format!(
        "# Catalogue of misconfigurations\n\n{generated}\nWhat goes wrong in real networks, as topologies: `topologies/scenarios/c*.yaml`. Each file shows one fault, and\nsays its fix; `cargo test` asks the question with the fault and with the fix. {} of {ROWS} rows have a file.\n\n| Row | | Topology | Leg | Verdict and code | AWS | Rules |\n|--:|---|---|---|---|---|---|\n",
        rows.len()
    );
    for number in 1..=ROWS {
        if let Some(row) = rows.iter().find(|row| row.number == number) {
            let name = row.path.rsplit('/').next().unwrap_or_default();
            let test = row.text.split("tests:").nth(1).unwrap_or_default();
            let word = |key: &str| {
                let after = test.split(key).nth(1).unwrap_or_default();
                after.split([',', '}', ']', '\n']).next().unwrap_or_default().trim().to_owned()
            };
            let code = word("because: [");
            let code = match code.as_str() {
                "" => String::new(),
                _ if row.is_control => String::new(),
                code => format!(" [{code}](../codes/{code}.md)"),
            };
            let aws = row.aws.as_ref().map_or_else(|| "–".to_owned(), |aws| format!("`{aws}`"));
            let _ = writeln!(
                text,
                "| {number} | {} | `{name}` | {} | {}{code} | {aws} | {} |",
                row.story,
                row.leg,
                word("expect: "),
                row.rules
            );
        } else if let Some((_, what)) = OPEN.iter().find(|(open, _)| *open == number) {
            let _ = writeln!(text, "| {number} | *waits for {what}* | | | | | |");
        }
    }
    Ok(text)
}
