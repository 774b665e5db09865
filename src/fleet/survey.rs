//! Questions with one end left open: who reaches this, and what does that reach.

use std::collections::HashMap;

use crate::network::{Network, RuleId};
use crate::reach::{Answer, Endpoint, Options, Question, QuestionError, Service, Step, Verdict, answer};

use super::alike::{Kind, kinds};
use super::opening::{Opening, openings};

/// Which end of a question is left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// Who reaches it?
    Sources,
    /// What does it reach?
    Destinations,
}

/// What a question with an open end found.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Which end was left open.
    pub open: Open,
    /// The other end.
    pub fixed: String,
    /// What was asked for.
    pub service: Service,
    /// Who gets something through, those together that do so by the same rules, in the order of the topology.
    pub findings: Vec<Finding>,
    /// Who gets nothing through.
    pub none: Vec<String>,
}

/// Ends that get the same services through by the same rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Their names.
    pub ends: Vec<String>,
    /// What gets through.
    pub openings: Vec<Opening>,
    /// The rules that let it, from the destination's to the source's; without what AWS does by default.
    pub via: Vec<RuleId>,
}

impl Finding {
    /// Whether every packet of the question gets through.
    pub fn is_whole(&self) -> bool {
        self.openings.iter().all(|opening| opening.verdict == Verdict::Reachable)
    }
}

/// Everything of one source or destination: a question for every kind of endpoint, not for every endpoint.
///
/// # Errors
/// If the fixed end can't send what is asked about.
pub fn survey(
    network: &Network,
    open: Open,
    fixed: &Endpoint,
    service: &Service,
    options: &Options,
) -> Result<Survey, QuestionError> {
    let mut ends = Endpoint::outside(network);
    ends.extend(Endpoint::inside(network));
    let mut asker = Asker::new(network, service, options);
    let mut found = Survey {
        open,
        fixed: fixed.name().to_owned(),
        service: service.clone(),
        findings: Vec::new(),
        none: Vec::new(),
    };
    // Findings by what they say.
    let mut positions: HashMap<(Vec<Opening>, Vec<RuleId>), usize> = HashMap::new();
    let mut known: HashMap<Kind, (Vec<Opening>, Vec<RuleId>)> = HashMap::new();
    let kinds = kinds(network, &ends);
    for (end, kind) in ends.iter().zip(kinds) {
        if end.name() == fixed.name()
            || end.is_same_host(fixed, network)
            || end.is_outside() && fixed.is_outside()
        {
            continue;
        }
        let (from, to) = match open {
            Open::Sources => (end, fixed),
            Open::Destinations => (fixed, end),
        };
        let says = match known.get(&kind) {
            Some(says) => says.clone(),
            None => {
                let says = asker.ask(from, to)?;
                known.insert(kind, says.clone());
                says
            }
        };
        let name = end.name().to_owned();
        if says.0.is_empty() {
            found.none.push(name);
            continue;
        }
        match positions.get(&says).and_then(|position| found.findings.get_mut(*position)) {
            Some(finding) => finding.ends.push(name),
            None => {
                positions.insert(says.clone(), found.findings.len());
                let (openings, via) = says;
                found.findings.push(Finding { ends: vec![name], openings, via });
            }
        }
    }
    Ok(found)
}

/// Asks about pairs of endpoints.
pub(super) struct Asker<'n> {
    network: &'n Network,
    service: &'n Service,
    options: &'n Options,
}

impl<'n> Asker<'n> {
    pub(super) const fn new(network: &'n Network, service: &'n Service, options: &'n Options) -> Self {
        Self { network, service, options }
    }

    /// What gets through, and by which rules.
    pub(super) fn ask(
        &mut self,
        from: &Endpoint,
        to: &Endpoint,
    ) -> Result<(Vec<Opening>, Vec<RuleId>), QuestionError> {
        let question = Question::among(self.network, from, to, self.service.clone(), self.options)?;
        let answer = answer(self.network, &question);
        let openings = openings(&answer);
        let via = if openings.is_empty() { Vec::new() } else { self.via(&answer) };
        Ok((openings, via))
    }

    /// The rules that let through what gets through: those that decide when only that is asked.
    fn via(&self, first: &Answer) -> Vec<RuleId> {
        let mut question = first.question.clone();
        question.probes.clear();
        for trace in first.traces.iter().filter(|trace| !trace.works.is_empty()) {
            if let Some(probe) = first.question.probes.get(trace.probe) {
                question.probes.push(crate::reach::Probe { packets: trace.works.clone(), ..probe.clone() });
            }
        }
        let answer = answer(self.network, &question);
        let mut via: Vec<RuleId> = Vec::new();
        for trace in &answer.traces {
            for hop in trace.request.hops.iter().rev() {
                let Step::Filtered(parts) = &hop.step else { continue };
                for rule in parts.iter().filter_map(|part| part.rule) {
                    if !self.network.rule(rule).implicit && !via.contains(&rule) {
                        via.push(rule);
                    }
                }
            }
        }
        via
    }
}
