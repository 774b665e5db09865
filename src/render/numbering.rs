//! The numbers of hops: the same in every face.

use crate::network::Action;
use crate::reach::{Hop, LegKind, Step, Trace};

/// The numbers of the hops of a trace, counted on from the request to the reply.
///
/// Only where something was decided there is a number: a translation, or a device that just lets packets
/// pass, is shown between the numbers.
#[derive(Clone, Debug)]
pub(crate) struct Numbering {
    request: Vec<Option<usize>>,
    reply: Vec<Option<usize>>,
}

impl Numbering {
    pub(crate) fn of(trace: &Trace) -> Self {
        let mut last = 0;
        let mut count = |hops: &[Hop]| {
            hops.iter()
                .map(|hop| {
                    is_decision(&hop.step).then(|| {
                        last += 1;
                        last
                    })
                })
                .collect()
        };
        let request = count(&trace.request.hops);
        let reply = trace.reply.as_ref().map(|leg| count(&leg.hops)).unwrap_or_default();
        Self { request, reply }
    }

    /// The number of a hop, by its position in its leg.
    pub(crate) fn get(&self, leg: LegKind, hop: usize) -> Option<usize> {
        let hops = match leg {
            LegKind::Request => &self.request,
            LegKind::Reply => &self.reply,
        };
        hops.get(hop).copied().flatten()
    }
}

const fn is_decision(step: &Step) -> bool {
    !matches!(step, Step::Rewritten(_) | Step::Passed(Action::Allow))
}
