//! The closed world: nobody but the named sources gets through.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::AddressSet;
use crate::network::{InterfaceId, SiteId, UnmodelledId};
use crate::reach::{self, Answer, Origin, Question, QuestionError, Trace, Verdict};
use crate::topology::Spanned;

use super::run::{Runner, counter_example, describe, passing};
use super::{Check, Outcome, Reason, Wanted};

/// Every interface, every named network, what is not modelled but may send, and the internet.
const EVERYBODY: &str = "*";

/// The sources that are allowed.
#[derive(Default)]
struct Allowed {
    interfaces: BTreeSet<InterfaceId>,
    unmodelled: Vec<UnmodelledId>,
    sites: BTreeMap<SiteId, AddressSet>,
    outside: AddressSet,
}

impl Allowed {
    fn add(&mut self, question: &Question) {
        for probe in &question.probes {
            match probe.source {
                Origin::Interface(id) => {
                    self.interfaces.insert(id);
                }
                Origin::Unmodelled(id) => self.unmodelled.push(id),
                Origin::Site(id) => {
                    let known = self.sites.entry(id).or_default();
                    *known = known.union(&probe.packets.sources());
                }
                Origin::Internet => self.outside = self.outside.union(&probe.packets.sources()),
            }
        }
    }

    /// Whether everything on a path comes from an allowed source, or from the destination itself.
    fn covers(&self, question: &Question, trace: &Trace) -> bool {
        let Some(probe) = question.probes.get(trace.probe) else { return false };
        match probe.source {
            Origin::Interface(id) => probe.destination == Some(id) || self.interfaces.contains(&id),
            Origin::Unmodelled(id) => self.unmodelled.contains(&id),
            Origin::Site(id) => {
                let sources = if trace.certain.unknown { &trace.packets } else { &trace.works }.sources();
                self.sites.get(&id).is_some_and(|known| sources.is_subset(known))
            }
            Origin::Internet if trace.certain.unknown => trace.packets.sources().is_subset(&self.outside),
            Origin::Internet => trace.works.sources().is_subset(&self.outside),
        }
    }
}

impl Runner<'_> {
    pub(super) fn only_from(&mut self, allowed: &[Spanned<String>], to: &Spanned<String>) {
        let mut known = Allowed::default();
        for name in allowed {
            match self.ask(Wanted::OnlyFrom, &name.value, &to.value) {
                Ok(question) => known.add(&question),
                Err(error) => return self.bad_flow(error, name, to),
            }
        }
        let everybody = Spanned::new(EVERYBODY.to_owned(), to.place);
        let question: Result<Question, QuestionError> = self.ask(Wanted::OnlyFrom, EVERYBODY, &to.value);
        let answer = match question {
            Ok(question) => reach::answer(self.network, &question),
            Err(error) => return self.bad_flow(error, &everybody, to),
        };
        let mut reasons = Vec::new();
        let mut outcome = Outcome::Passed;
        for (source, intrusion) in intruders(&known, answer) {
            let message = match intrusion.verdict {
                Verdict::Reachable => source.clone(),
                _ => format!("{source}, {}", describe(&intrusion)),
            };
            let certain = intrusion.traces.iter().any(|trace| trace.certain.passes);
            outcome = outcome.max(if certain { Outcome::Failed } else { Outcome::Undetermined });
            reasons.push(Reason {
                message,
                counter_example: counter_example(Wanted::OnlyFrom, &intrusion),
                command: self.command(&source, &to.value),
                answer: Box::new(intrusion),
            });
        }
        // A source that certainly gets through matters more than one that nobody can say anything about.
        if outcome == Outcome::Failed {
            reasons.retain(|reason| reason.answer.traces.iter().any(|trace| trace.certain.passes));
        }
        let (to, place) = (to.value.clone(), to.place);
        self.checks.push(Check { wanted: Wanted::OnlyFrom, from: None, to, place, outcome, reasons });
    }
}

/// Every source that is not allowed and gets through or may do so, in the order of the question, with its part of the answer.
fn intruders(allowed: &Allowed, answer: Answer) -> Vec<(String, Answer)> {
    let source = |trace: &Trace| {
        let probe = answer.question.probes.get(trace.probe);
        probe.map(|probe| probe.source_name.clone()).unwrap_or_default()
    };
    let intrudes =
        |trace: &&Trace| trace.verdict != Verdict::Blocked && !allowed.covers(&answer.question, trace);
    let mut names: Vec<String> = Vec::new();
    for trace in answer.traces.iter().filter(intrudes) {
        let name = source(trace);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let part = |name: &String| {
        let of_source = |trace: &&Trace| source(trace) == *name;
        let traces = answer.traces.iter().filter(intrudes).filter(of_source).cloned().collect();
        let question = Question { from: name.clone(), assumptions: Vec::new(), ..answer.question.clone() };
        passing(Answer {
            question,
            traces,
            assumptions: Vec::new(),
            not_modelled: Vec::new(),
            ..answer.clone()
        })
    };
    names.into_iter().map(|name| (name.clone(), part(&name))).collect()
}
