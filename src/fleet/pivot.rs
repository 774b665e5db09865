//! The hosts that an intruder would have to take, one after the other.

use std::collections::{BTreeMap, HashMap, VecDeque};

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use crate::flow::{PortSet, ProtocolSet, protocol};
use crate::network::{Network, RuleId};
use crate::reach::{Endpoint, Options, QuestionError, Service, Verdict};

use super::alike::{Kind, kinds};
use super::opening::Opening;
use super::survey::Asker;

/// What an intruder could do.
#[derive(Clone, Debug)]
pub struct Pivot {
    /// Where the intruder starts.
    pub from: String,
    /// What is to be reached.
    pub to: String,
    /// The service that is to be reached.
    pub service: Service,
    /// Ways there, the shortest first; each a list of connections.
    pub ways: Vec<Vec<Step>>,
    /// Whether there are more ways than were asked for.
    pub more: bool,
}

/// One connection on the way, by any of the hosts that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// From one of these.
    pub from: Vec<String>,
    /// To one of these.
    pub to: Vec<String>,
    /// What is open.
    pub openings: Vec<Opening>,
    /// The rules that let it.
    pub via: Vec<RuleId>,
}

impl Step {
    /// Whether something is certainly open.
    pub fn is_known(&self) -> bool {
        self.openings.iter().any(|opening| opening.verdict != Verdict::Undetermined)
    }
}

type Edge = (Vec<Opening>, Vec<RuleId>);

/// The shortest ways from an endpoint to a service, by taking hosts one after the other; every way that visits no kind
/// of host twice if `all`. A host can be taken by one of the services of `takeable`, over TCP or UDP.
///
/// Hosts that no rule and no route tells apart are one step. Stops at `most` ways.
///
/// # Errors
/// If one of the ends can't be asked about.
pub fn pivot(
    network: &Network,
    (from, to): (&Endpoint, &Endpoint),
    (service, takeable): (&Service, &Service),
    options: &Options,
    (all, most): (bool, usize),
) -> Result<Pivot, QuestionError> {
    let mut this = Search::new(network, (from, to), (service, takeable), options);
    if all {
        this.everything()?;
    } else {
        this.shortest()?;
    }
    let (ways, more) = if all { this.all(most) } else { this.short(most) };
    Ok(Pivot { from: from.name().to_owned(), to: to.name().to_owned(), service: service.clone(), ways, more })
}

struct Search<'q> {
    network: &'q Network,
    last: Asker<'q>,
    take: Asker<'q>,
    /// One endpoint of each kind that can be taken; then the source; then the destination.
    graph: DiGraph<Node, Edge>,
    source: NodeIndex,
    destination: NodeIndex,
    /// Distances to the destination, in connections.
    distance: HashMap<NodeIndex, usize>,
}

struct Node {
    sample: Endpoint,
    names: Vec<String>,
}

impl<'q> Search<'q> {
    fn new(
        network: &'q Network,
        (from, to): (&Endpoint, &Endpoint),
        (service, takeable): (&'q Service, &'q Service),
        options: &'q Options,
    ) -> Self {
        let inside: Vec<Endpoint> = Endpoint::inside(network);
        let mut graph = DiGraph::new();
        let mut nodes: BTreeMap<Kind, NodeIndex> = BTreeMap::new();
        let ends = |end: &Endpoint| {
            [from, to].iter().any(|fixed| end.name() == fixed.name() || end.is_same_host(fixed, network))
        };
        for (kind, endpoint) in kinds(network, &inside).into_iter().zip(&inside) {
            if ends(endpoint) {
                continue;
            }
            let name = endpoint.name().to_owned();
            match nodes.get(&kind).and_then(|node| graph.node_weight_mut(*node)) {
                Some(Node { names, .. }) => names.push(name),
                None => {
                    nodes.insert(kind, graph.add_node(Node { sample: endpoint.clone(), names: vec![name] }));
                }
            }
        }
        let mut end = |fixed: &Endpoint| {
            graph.add_node(Node { sample: fixed.clone(), names: vec![fixed.name().to_owned()] })
        };
        let (source, destination) = (end(from), end(to));
        let (last, take) = (Asker::new(network, service, options), Asker::new(network, takeable, options));
        Self { network, last, take, graph, source, destination, distance: HashMap::new() }
    }

    /// The connection from one node to another, if there may be one.
    fn connect(&mut self, from: NodeIndex, to: NodeIndex) -> Result<bool, QuestionError> {
        let (Some(a), Some(b)) = (self.graph.node_weight(from), self.graph.node_weight(to)) else {
            return Ok(false);
        };
        if from == to || a.sample.is_same_host(&b.sample, self.network) {
            return Ok(false);
        }
        let asker = if to == self.destination { &mut self.last } else { &mut self.take };
        let (mut openings, via) = asker.ask(&a.sample, &b.sample)?;
        if to != self.destination {
            openings.retain_mut(Opening::takes);
        }
        let open = !openings.is_empty();
        if open {
            self.graph.add_edge(from, to, (openings, via));
        }
        Ok(open)
    }

    /// From the destination backwards, until the source is found: only what is needed is asked.
    fn shortest(&mut self) -> Result<(), QuestionError> {
        let mut queue = VecDeque::from([self.destination]);
        self.distance.insert(self.destination, 0);
        while let Some(to) = queue.pop_front() {
            let next = self.distance.get(&to).copied().unwrap_or_default() + 1;
            // All that is as near as the source was asked already.
            if self.distance.get(&self.source).is_some_and(|found| *found < next) {
                break;
            }
            for from in self.graph.node_indices().collect::<Vec<_>>() {
                let known = self.distance.get(&from).copied();
                if known.is_some_and(|known| known < next) || !self.connect(from, to)? {
                    continue;
                }
                if known.is_none() {
                    self.distance.insert(from, next);
                    if from != self.source {
                        queue.push_back(from);
                    }
                }
            }
        }
        Ok(())
    }

    fn everything(&mut self) -> Result<(), QuestionError> {
        let (source, destination) = (self.source, self.destination);
        let nodes: Vec<NodeIndex> = self.graph.node_indices().collect();
        for from in nodes.iter().copied().filter(|node| *node != destination) {
            for to in nodes.iter().copied().filter(|node| *node != source) {
                self.connect(from, to)?;
            }
        }
        Ok(())
    }

    /// The shortest ways: every step is one nearer.
    fn short(&self, most: usize) -> (Vec<Vec<Step>>, bool) {
        let mut ways = Vec::new();
        let mut open: Vec<Vec<NodeIndex>> = vec![vec![self.source]];
        while let Some(way) = open.pop() {
            let Some(at) = way.last().copied() else { continue };
            if at == self.destination {
                if ways.len() == most {
                    return (ways, true);
                }
                ways.push(self.steps(&way));
                continue;
            }
            let Some(distance) = self.distance.get(&at) else { continue };
            let nearer = |node: &NodeIndex| self.distance.get(node).is_some_and(|near| near + 1 == *distance);
            let mut next: Vec<NodeIndex> =
                self.graph.edges(at).map(|edge| edge.target()).filter(nearer).collect();
            // The last is followed first: in the order of the topology.
            next.sort_unstable_by(|a, b| b.cmp(a));
            open.extend(next.into_iter().map(|node| [way.as_slice(), &[node]].concat()));
        }
        (ways, false)
    }

    fn all(&self, most: usize) -> (Vec<Vec<Step>>, bool) {
        use std::hash::RandomState;
        let paths = petgraph::algo::all_simple_paths::<Vec<NodeIndex>, _, RandomState>(
            &self.graph,
            self.source,
            self.destination,
            0,
            None,
        );
        // One more than is shown, to know whether there are more.
        let mut found: Vec<Vec<NodeIndex>> = paths.take(most.saturating_add(1)).collect();
        let more = found.len() > most;
        found.truncate(most);
        found.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        (found.iter().map(|way| self.steps(way)).collect(), more)
    }

    fn steps(&self, way: &[NodeIndex]) -> Vec<Step> {
        let names = |node: NodeIndex| self.graph.node_weight(node).map(|node| node.names.clone());
        let pairs = way.iter().zip(way.iter().skip(1));
        let step = |(from, to): (&NodeIndex, &NodeIndex)| {
            let edge = self.graph.find_edge(*from, *to).and_then(|edge| self.graph.edge_weight(edge))?;
            let (openings, via) = edge.clone();
            Some(Step { from: names(*from)?, to: names(*to)?, openings, via })
        };
        pairs.filter_map(step).collect()
    }
}

impl Opening {
    /// The part of it by which a host can be taken: connections and datagrams, not pings.
    fn takes(&mut self) -> bool {
        let takeable = ProtocolSet::single(protocol::TCP).union(&ProtocolSet::single(protocol::UDP));
        self.protocols = self.protocols.intersect(&takeable);
        !self.protocols.is_empty() && self.ports != PortSet::empty()
    }
}
