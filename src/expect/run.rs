//! Runs tests.

use crate::flow::{FlowSet, Packet};
use crate::network::{Code, Network};
use crate::reach::{self, Answer, Dial, Options, Question, QuestionError, Symptom, Trace, Verdict};
use crate::topology::{Diagnostic, Expectation, Place, Spanned, TestCase};

use super::{Check, Outcome, Reason, Report, TestResult, Wanted};

/// What a name or a flow of a test is that can't be asked about.
const BAD_FLOW: &str = "TEST001";
/// A test without a source, a destination, or anything that it wants.
const INCOMPLETE: &str = "TEST002";
/// A code in `because` that does not exist.
const UNKNOWN_CODE: &str = "TEST003";

/// Runs every test of a network, in file order.
pub fn run(network: &Network) -> Report {
    let mut report = Report::default();
    for case in network.tests() {
        let result = Runner { network, case, checks: Vec::new(), diagnostics: &mut report.diagnostics }.run();
        report.tests.push(result);
    }
    report
}

/// The questions that the tests of a network ask, in file order: for whoever wants to ask somebody else.
pub fn questions(network: &Network) -> Vec<Question> {
    let mut questions = Vec::new();
    for case in network.tests().iter().filter(|case| case.skip.is_none()) {
        let runner = Runner { network, case, checks: Vec::new(), diagnostics: &mut Vec::new() };
        let everyone = Spanned::implicit("*".to_owned());
        let allowed = case.only_from.iter().flatten().chain(case.only_from.iter().map(|_| &everyone));
        let closed = allowed.flat_map(|from| case.to.iter().map(move |to| (Wanted::OnlyFrom, from, to)));
        let pairs = [(&case.allow, Wanted::Allow), (&case.deny, Wanted::Deny), (&case.to, Wanted::Allow)];
        let open = pairs.into_iter().flat_map(|(flows, wanted)| {
            self::pairs(&case.from, flows).map(move |(from, to)| (wanted, from, to))
        });
        let asked = open
            .chain(closed)
            .filter_map(|(wanted, from, to)| runner.ask(wanted, &from.value, &to.value).ok());
        questions.extend(asked);
    }
    questions
}

pub(super) struct Runner<'a> {
    pub(super) network: &'a Network,
    pub(super) case: &'a TestCase,
    pub(super) checks: Vec<Check>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Runner<'_> {
    fn run(mut self) -> TestResult {
        let case = self.case;
        if case.skip.is_none() {
            self.complete();
            let flows = [(&case.allow, Wanted::Allow), (&case.deny, Wanted::Deny)];
            for (flows, wanted) in flows {
                for (from, to) in pairs(&case.from, flows) {
                    self.check(wanted, from, to);
                }
            }
            if let Some(expect) = &case.expect {
                let wanted = Wanted::Verdict(verdict(expect.value));
                for (from, to) in pairs(&case.from, &case.to) {
                    self.check(wanted, from, to);
                }
            }
            if let Some(allowed) = &case.only_from {
                for to in &case.to {
                    self.only_from(allowed, to);
                }
            }
        }
        TestResult {
            name: name(case),
            place: case.place,
            soft: case.soft,
            skipped: case.skip.as_ref().map(|reason| reason.value.clone()),
            checks: self.checks,
        }
    }

    /// Says what a test lacks: one that checks nothing must not pass in silence.
    fn complete(&mut self) {
        let case = self.case;
        let flows = !case.allow.is_empty() || !case.deny.is_empty();
        let missing = if flows && case.from.is_empty() {
            "`allow` and `deny` need `from`"
        } else if case.only_from.is_some() && case.to.is_empty() {
            "`only_from` needs `to`"
        } else if case.expect.is_some() && (case.from.is_empty() || case.to.is_empty()) {
            "`expect` needs `from` and `to`"
        } else if !flows && case.only_from.is_none() && case.expect.is_none() {
            "this test wants nothing: give it `allow`, `deny`, `only_from` or `expect`"
        } else {
            return;
        };
        self.report(INCOMPLETE, missing, case.place, None);
    }

    fn check(&mut self, wanted: Wanted, from: &Spanned<String>, to: &Spanned<String>) {
        let question = match self.ask(wanted, &from.value, &to.value) {
            Ok(question) => question,
            Err(error) => return self.bad_flow(error, from, to),
        };
        let answer = reach::answer(self.network, &question);
        let (outcome, reasons) = match self.judge(wanted, &answer) {
            (Outcome::Passed, _) => (Outcome::Passed, Vec::new()),
            (outcome, message) => {
                let answer = if wanted == Wanted::Deny { passing(answer) } else { answer };
                let message = if wanted == Wanted::Deny { describe(&answer) } else { message };
                let counter_example = counter_example(wanted, &answer);
                let command = self.command(&from.value, &to.value);
                (outcome, vec![Reason { message, counter_example, command, answer: Box::new(answer) }])
            }
        };
        self.checks.push(Check {
            wanted,
            from: Some(from.value.clone()),
            to: to.value.clone(),
            place: if to.place == Place::Implicit { from.place } else { to.place },
            outcome,
            reasons,
        });
    }

    /// The question that a check asks. One that must miss nothing asks about every address of the destination.
    pub(super) fn ask(&self, wanted: Wanted, from: &str, to: &str) -> Result<Question, QuestionError> {
        let dial = match wanted {
            Wanted::Deny | Wanted::OnlyFrom => Dial::Every,
            _ if self.case.to_public_ip.is_some_and(|public| public.value) => Dial::Public,
            _ => Dial::Primary,
        };
        let options = Options {
            client: self.case.client.map(|client| client.value),
            family: self.case.family.map(|family| family.value),
            dial,
            ..Options::default()
        };
        Question::parse(self.network, from, to, None, &options)
    }

    fn judge(&mut self, wanted: Wanted, answer: &Answer) -> (Outcome, String) {
        let verdict = answer.verdict;
        let outcome = match (wanted, verdict) {
            (Wanted::Verdict(wanted), found) if wanted == found => Outcome::Passed,
            (Wanted::Allow, Verdict::Reachable) => Outcome::Passed,
            (Wanted::Deny | Wanted::OnlyFrom, Verdict::Blocked) => Outcome::Passed,
            // What is certain decides, whatever the rest does.
            (Wanted::Allow, _) if answer.traces.iter().any(|trace| trace.certain.drops) => Outcome::Failed,
            (Wanted::Deny | Wanted::OnlyFrom, _)
                if answer.traces.iter().any(|trace| trace.certain.passes) =>
            {
                Outcome::Failed
            }
            (_, Verdict::Undetermined) => Outcome::Undetermined,
            _ => Outcome::Failed,
        };
        if outcome != Outcome::Passed {
            return (outcome, describe(answer));
        }
        match self.missing_code(answer) {
            Some(message) => (Outcome::Failed, message),
            None => (Outcome::Passed, String::new()),
        }
    }

    /// `because`: these codes must be among the blockers.
    fn missing_code(&mut self, answer: &Answer) -> Option<String> {
        let found = answer.codes();
        let mut missing = Vec::new();
        for wanted in &self.case.because {
            match Code::parse(&wanted.value) {
                Some(code) if found.contains(&code) => {}
                Some(code) => missing.push(code.as_str()),
                None => {
                    let message = format!("there is no code `{}`", wanted.value);
                    let help = "`vpcreach explain` lists them".to_owned();
                    self.report(UNKNOWN_CODE, &message, wanted.place, Some(help));
                }
            }
        }
        let names: Vec<&str> = found.iter().map(|code| code.as_str()).collect();
        let found = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        (!missing.is_empty()).then(|| {
            format!("{}, but because of {found}, not {}", answer.verdict.as_str(), missing.join(", "))
        })
    }

    /// Says which name or service of a flow is wrong.
    pub(super) fn bad_flow(&mut self, error: QuestionError, from: &Spanned<String>, to: &Spanned<String>) {
        let probe = Question::parse(self.network, &from.value, "internet:443", None, &Options::default());
        let place = if probe.is_err_and(|other| other == error) { from.place } else { to.place };
        self.report(BAD_FLOW, &error.message, place, error.help);
    }

    fn report(&mut self, code: &'static str, message: &str, place: Place, help: Option<String>) {
        let diagnostic = Diagnostic::error(code, message, place);
        let diagnostic = match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        };
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// The command that shows why.
    pub(super) fn command(&self, from: &str, to: &str) -> String {
        let mut command = format!("vpcreach reach {} {}", quoted(from), quoted(to));
        if let Some(client) = self.case.client {
            let range = client.value.range();
            command.push_str(&format!(" --client {range}"));
        }
        match self.case.family.map(|family| family.value) {
            Some(crate::topology::FamilyFilter::Ipv4) => command.push_str(" -4"),
            Some(crate::topology::FamilyFilter::Ipv6) => command.push_str(" -6"),
            None => {}
        }
        if self.case.to_public_ip.is_some_and(|public| public.value) {
            command.push_str(" --to-public-ip");
        }
        command
    }
}

/// A word as a shell needs it.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.:/,@%+".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn pairs<'a>(
    from: &'a [Spanned<String>],
    to: &'a [Spanned<String>],
) -> impl Iterator<Item = (&'a Spanned<String>, &'a Spanned<String>)> {
    from.iter().flat_map(move |from| to.iter().map(move |to| (from, to)))
}

const fn verdict(expectation: Expectation) -> Verdict {
    match expectation {
        Expectation::Reachable => Verdict::Reachable,
        Expectation::Blocked => Verdict::Blocked,
        Expectation::Partial => Verdict::Partial,
        Expectation::Undetermined => Verdict::Undetermined,
    }
}

/// The name of a test: its own, or one of what it checks first.
fn name(case: &TestCase) -> String {
    if let Some(name) = &case.name {
        return name.value.clone();
    }
    let list = |names: &[Spanned<String>]| {
        names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(", ")
    };
    match &case.only_from {
        Some(allowed) => format!("{} only from {}", list(&case.to), list(allowed)),
        None => {
            let flows: Vec<Spanned<String>> =
                case.to.iter().chain(&case.allow).chain(&case.deny).cloned().collect();
            format!("{} → {}", list(&case.from), list(&flows))
        }
    }
}

/// The verdict and the codes, in a few words.
pub(super) fn describe(answer: &Answer) -> String {
    let codes: Vec<&str> = answer.codes().iter().map(|code| code.as_str()).collect();
    let codes = if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) };
    let share = match answer.verdict {
        Verdict::Partial => format!(" for {:.1} %", answer.share * 100.0),
        _ => String::new(),
    };
    format!("{}{share}{codes}", answer.verdict.as_str())
}

/// The part of an answer that gets through or may do so: what explains that a `deny` fails.
pub(super) fn passing(mut answer: Answer) -> Answer {
    answer.traces.retain(|trace| trace.verdict != Verdict::Blocked);
    let verdicts = answer.traces.iter().map(|trace| trace.verdict);
    // Reachable sorts first: what certainly passes decides.
    let Some(verdict) = verdicts.min() else { return answer };
    answer.verdict = verdict;
    let shares: f64 = answer.traces.iter().map(|trace| trace.share).sum();
    answer.share = shares / f64::from(u32::try_from(answer.traces.len()).unwrap_or(u32::MAX));
    answer.symptom = match verdict {
        Verdict::Reachable => Symptom::Connected,
        Verdict::Partial => Symptom::Intermittent,
        Verdict::Blocked | Verdict::Undetermined => Symptom::Unknown,
    };
    answer
}

/// A packet that proves that a check fails: a dropped one where all should pass, else one that passes. None where nobody can say.
pub(super) fn counter_example(wanted: Wanted, answer: &Answer) -> Option<Packet> {
    let wants_pass = matches!(wanted, Wanted::Allow | Wanted::Verdict(Verdict::Reachable));
    let proves = |trace: &&Trace| if wants_pass { trace.certain.drops } else { trace.certain.passes };
    answer.traces.iter().filter(proves).find_map(|trace| {
        let set: FlowSet =
            if wants_pass { trace.packets.subtract(&trace.works) } else { trace.works.clone() };
        set.witness()
    })
}
