//! Asks both, and compares.

use std::collections::BTreeSet;

use super::{Agreement, Ask, Disagreement, Opinion, Report, Verifier};
use crate::lab::kernel::{Lab, LabError};
use crate::lab::probe::{Observation, Outcome};
use crate::reach::Answer;

impl Verifier<'_> {
    /// Asks the kernel about every packet of which the analyzer has an opinion that can be compared.
    ///
    /// # Errors
    /// If the lab fails.
    pub fn verify(&self, lab: &mut Lab, asks: &[Ask]) -> Result<Report, LabError> {
        let mut report = Report::default();
        let (mut asked, mut probes) = (Vec::new(), Vec::new());
        for ask in distinct(asks) {
            let opinion = self.opinion(&ask);
            match (opinion, self.probe(&ask)) {
                (Opinion::Unasked(why), _) => report.unasked(why),
                (_, Err(why)) => report.unasked(why),
                (opinion, Ok(probe)) => {
                    asked.push((ask, opinion));
                    probes.push(probe);
                }
            }
        }
        let observations = lab.probe(&probes)?;
        for ((ask, opinion), observation) in asked.into_iter().zip(observations) {
            let agreement = match &observation.outcome {
                Outcome::Undecided => {
                    report.lost.push(Disagreement { ask, opinion, observation });
                    continue;
                }
                Outcome::Refused(why) => Agreement::Unasked(format!("a packet that no socket sends: {why}")),
                Outcome::Delivered | Outcome::Dropped { .. } => self.compare(&opinion, &observation),
            };
            if matches!(agreement, Agreement::Agree | Agreement::Disagree)
                && self.crossed_transit(&observation)
            {
                report.over_transit += 1;
            }
            report.note(ask, opinion, observation, agreement);
        }
        Ok(report)
    }
}

/// One packet, and everything that was said and seen of it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The packet.
    pub ask: Ask,
    /// The analyzer's answer.
    pub answer: Answer,
    /// The same in the words of the lab.
    pub opinion: Opinion,
    /// What the kernel did; `None` if it was not asked.
    pub observation: Option<Observation>,
    /// Whether they agree.
    pub agreement: Agreement,
}

impl Verifier<'_> {
    /// Asks the kernel about every packet that it has a probe for, whatever the analyzer says.
    ///
    /// # Errors
    /// If the lab fails.
    pub fn narrate(&self, lab: &mut Lab, asks: &[Ask]) -> Result<Vec<Told>, LabError> {
        let asks = distinct(asks);
        let probes: Vec<_> = asks.iter().filter_map(|ask| self.probe(ask).ok()).collect();
        let mut observations = lab.probe(&probes)?.into_iter();
        let mut told = Vec::with_capacity(asks.len());
        for ask in asks {
            let sent = self.probe(&ask);
            let observation = sent.is_ok().then(|| observations.next()).flatten();
            let opinion = self.opinion(&ask);
            let agreement = match &observation {
                Some(seen) if matches!(seen.outcome, Outcome::Undecided) => {
                    return Err(undecided(&ask, seen));
                }
                Some(seen) => self.compare(&opinion, seen),
                None => Agreement::Unasked(sent.err().unwrap_or_default()),
            };
            told.push(Told { answer: self.answer(&ask), ask, opinion, observation, agreement });
        }
        Ok(told)
    }
}

fn undecided(ask: &Ask, observation: &Observation) -> LabError {
    LabError::undecided(format!("{:?}: heard {:?}", ask.packet, observation.events))
}

/// Each packet once. Echo requests get identifiers: that is what tells them apart.
fn distinct(asks: &[Ask]) -> Vec<Ask> {
    let mut seen = BTreeSet::new();
    let mut identifier = 0_u16;
    let mut distinct = Vec::new();
    for ask in asks {
        let packet = ask.packet;
        let tuple =
            (packet.protocol, packet.source, packet.source_port, packet.destination, packet.destination_port);
        if !seen.insert(tuple) {
            continue;
        }
        identifier = identifier.wrapping_add(1).max(1);
        distinct.push(Ask { identifier, ..*ask });
    }
    distinct
}
