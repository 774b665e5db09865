//! What AWS chooses and nobody can foresee: by which zone a transit gateway takes packets (TG-2, TG-9).
//!
//! A walk takes one side of every such choice. It is walked again with each other side, and what does not come out the same
//! is undetermined.

use std::cell::RefCell;

use crate::flow::FlowSet;
use crate::network::{AttachmentId, Code, Doors, Network, SubnetId};

use super::super::Blocker;
use super::super::question::Probe;
use super::super::trace::{Certain, Component, LegKind, Trace, Verdict};
use super::path::Path;
use super::{Filters, Walker, finish, verdict};

/// More walks than this and nobody waits for the answer: what is left is undetermined.
const MOST_WALKS: usize = 256;

/// A choice between subnets of an attachment. The same choice comes out the same for a whole flow, there and back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    attachment: AttachmentId,
    between: Vec<SubnetId>,
}

/// The choices of one walk.
#[derive(Debug, Default)]
pub(super) struct Choices {
    made: Vec<(Choice, usize)>,
    open: RefCell<Vec<Choice>>,
}

/// What one walk said of the packets of the question.
struct Said {
    works: FlowSet,
    dropped: FlowSet,
    unknown: FlowSet,
}

impl Walker<'_> {
    /// The subnet by which packets pass an attachment; none if it has none.
    pub(super) fn choose(&self, attachment: AttachmentId, doors: &Doors, path: &Path) -> Option<SubnetId> {
        let between = self.different(&doors.subnets, path);
        // What is dropped already is dropped whichever way it goes.
        if between.len() < 2 || path.packets.is_subset(&path.blocked) {
            return between.first().copied();
        }
        let choice = Choice { attachment, between };
        let made = self.choices.made.iter().find(|(made, _)| *made == choice).map(|(_, side)| *side);
        if made.is_none() {
            let mut open = self.choices.open.borrow_mut();
            if !open.contains(&choice) {
                open.push(choice.clone());
            }
        }
        choice.between.get(made.unwrap_or(0)).copied()
    }

    /// Of subnets that do the same to these packets, the first stands for all.
    fn different(&self, subnets: &[SubnetId], path: &Path) -> Vec<SubnetId> {
        let ends = path.packets.destinations().union(&path.packets.sources());
        let is_own = |id: &SubnetId| !self.network.subnets[*id].addresses.is_disjoint(&ends);
        let mut distinct: Vec<SubnetId> = Vec::new();
        for id in subnets {
            let is_like = |other: &SubnetId| !is_own(id) && !is_own(other) && self.are_alike(*id, *other);
            if !distinct.iter().any(is_like) {
                distinct.push(*id);
            }
        }
        distinct
    }

    /// Whether two subnets have the same zone, list and routes.
    fn are_alike(&self, a: SubnetId, b: SubnetId) -> bool {
        let (a, b) = (&self.network.subnets[a], &self.network.subnets[b]);
        let tables = match (a.route_table, b.route_table) {
            (Some(one), Some(other)) => {
                one == other
                    || self.network.route_tables[one].says_the_same(&self.network.route_tables[other])
            }
            (one, other) => one == other,
        };
        tables && a.network_acl == b.network_acl && a.az == b.az
    }

    /// Whether anything was left to AWS.
    pub(super) fn has_choices(&self) -> bool {
        !self.choices.open.borrow().is_empty()
    }
}

/// Walks every side of every choice.
pub(super) fn walk(network: &Network, probe: &Probe) -> (Vec<Trace>, Vec<String>) {
    let (mut traces, assumptions, first, mut open) = once(network, probe, Vec::new());
    if open.is_empty() {
        return (traces, assumptions);
    }
    let at = open.first().map(|choice| choice.attachment);
    let mut differs = FlowSet::empty();
    let mut todo: Vec<Vec<(Choice, usize)>> = Vec::new();
    let branch = |made: &[(Choice, usize)], open: &mut Vec<Choice>, todo: &mut Vec<Vec<(Choice, usize)>>| {
        if open.is_empty() {
            return;
        }
        let choice = open.remove(0);
        for side in 0..choice.between.len() {
            let mut made = made.to_vec();
            made.push((choice.clone(), side));
            todo.push(made);
        }
    };
    branch(&[], &mut open, &mut todo);
    let mut walks = 1;
    while let Some(made) = todo.pop() {
        if walks >= MOST_WALKS {
            differs = differs.union(&probe.packets);
            break;
        }
        walks += 1;
        let (_, _, said, mut open) = once(network, probe, made.clone());
        differs = differs.union(&difference(&first, &said));
        branch(&made, &mut open, &mut todo);
    }
    if let (false, Some(at)) = (differs.is_empty(), at) {
        for trace in &mut traces {
            doubt(network, trace, &differs, at);
        }
    }
    (traces, assumptions)
}

fn once(
    network: &Network,
    probe: &Probe,
    made: Vec<(Choice, usize)>,
) -> (Vec<Trace>, Vec<String>, Said, Vec<Choice>) {
    let choices = Choices { made, open: RefCell::default() };
    let mut walker =
        Walker { network, probe, filters: Filters::Asked, choices, todo: Vec::new(), done: Vec::new() };
    walker.run();
    let mut said = Said { works: FlowSet::empty(), dropped: FlowSet::empty(), unknown: FlowSet::empty() };
    let mut assumptions = Vec::new();
    let open = walker.choices.open.take();
    let traces = walker
        .done
        .into_iter()
        .map(|mut path| {
            assumptions.append(&mut path.assumptions);
            said.works = said.works.union(&path.as_asked(&path.certain()));
            said.dropped = said.dropped.union(&path.as_asked(&path.blocked));
            said.unknown = said.unknown.union(&path.as_asked(&path.unknown));
            finish(path)
        })
        .collect();
    (traces, assumptions, said, open)
}

fn difference(a: &Said, b: &Said) -> FlowSet {
    let one = |a: &FlowSet, b: &FlowSet| a.subtract(b).union(&b.subtract(a));
    one(&a.works, &b.works).union(&one(&a.dropped, &b.dropped)).union(&one(&a.unknown, &b.unknown))
}

/// What comes out differently is undetermined.
fn doubt(network: &Network, trace: &mut Trace, differs: &FlowSet, at: AttachmentId) {
    let same = trace.packets.subtract(differs);
    if trace.packets.is_subset(&same) {
        return;
    }
    let works = trace.works.subtract(differs);
    let certain = Certain {
        passes: !works.is_empty(),
        drops: trace.certain.drops && !same.subtract(&works).is_empty(),
        unknown: true,
    };
    trace.share = if works.is_empty() { 0.0 } else { works.count() / trace.packets.count() };
    trace.verdict = match verdict(certain.passes, certain.drops, true) {
        Verdict::Reachable | Verdict::Undetermined => Verdict::Undetermined,
        other => other,
    };
    trace.works = works;
    trace.certain = certain;
    let component = Component::Attachment(at);
    let hop = trace.request.hops.iter().position(|hop| hop.component == component);
    let name = &network.attachments[at].name;
    trace.blockers.push(Blocker {
        code: Code::Und005,
        aws_code: None,
        leg: LegKind::Request,
        hop: hop.unwrap_or(0),
        component,
        direction: None,
        rule: None,
        packets: trace.packets.clone(),
        complete: same.is_empty(),
        masked: false,
        message: format!(
            "it depends on which subnet of attachment {name} the transit gateway uses, and AWS chooses it"
        ),
        place: network.attachments[at].place,
        nearest: None,
        help: Some(
            "name the zones of all subnets and the subnets of every attachment, and treat its subnets alike"
                .to_owned(),
        ),
    });
}
