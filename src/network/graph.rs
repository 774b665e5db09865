//! Who joins what: VPCs, gateways and the internet as a graph.
//!
//! Reachability is not read off this graph (the set of packets shrinks along a path); it answers the
//! structural questions: which gateways lead from a VPC towards a goal, and whether anything joins two VPCs at all.

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::id::{Index, VpcId};
use super::{Attached, Network, Target};

/// A node: a place where packets can be, or a device between two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Internet,
    Vpc(VpcId),
    Gateway(Target),
}

/// Where packets want to go, seen from a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Outside every VPC.
    Internet,
    /// Another VPC.
    Vpc(VpcId),
}

/// The graph.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    graph: DiGraph<Node, ()>,
    vpcs: Vec<NodeIndex>,
    internet: Option<NodeIndex>,
}

impl Graph {
    /// Draws the graph of a network.
    pub fn new(network: &Network) -> Self {
        let mut this = Self::default();
        let internet = this.graph.add_node(Node::Internet);
        this.internet = Some(internet);
        this.vpcs = network.vpcs.ids().map(|vpc| this.graph.add_node(Node::Vpc(vpc))).collect();
        for (id, gateway) in network.internet_gateways.iter() {
            this.join(Target::InternetGateway(id), gateway.vpc, internet, true);
        }
        for (id, gateway) in network.egress_only_internet_gateways.iter() {
            this.join(Target::EgressOnlyInternetGateway(id), gateway.vpc, internet, false);
        }
        for (id, gateway) in network.nat_gateways.iter() {
            this.join(Target::NatGateway(id), gateway.vpc, internet, false);
        }
        for (id, peering) in network.peerings.iter() {
            if let [Some(a), Some(b)] = peering.ends
                && let Some(&end) = this.vpcs.get(b.to_usize())
            {
                this.join(Target::Peering(id), a, end, true);
            }
        }
        this.transit_gateways(network);
        this
    }

    /// A transit gateway joins all that it is attached to, other transit gateways too.
    fn transit_gateways(&mut self, network: &Network) {
        let ids = network.transit_gateways.ids();
        let nodes: Vec<NodeIndex> =
            ids.map(|id| self.graph.add_node(Node::Gateway(Target::TransitGateway(id)))).collect();
        for (_, attachment) in network.attachments.iter() {
            let Some(&gateway) = nodes.get(attachment.gateway.to_usize()) else { continue };
            let far = match attachment.to {
                Attached::Vpc { vpc, .. } => self.vpcs.get(vpc.to_usize()),
                Attached::Peer(other) => nodes.get(network.attachments[other].gateway.to_usize()),
                Attached::Lines(_) | Attached::Unmodelled(_) | Attached::Missing => None,
            };
            if let Some(&far) = far {
                self.graph.update_edge(gateway, far, ());
                self.graph.update_edge(far, gateway, ());
            }
        }
    }

    fn join(&mut self, gateway: Target, vpc: VpcId, goal: NodeIndex, both_ways: bool) {
        let Some(&vpc) = self.vpcs.get(vpc.to_usize()) else { return };
        let gateway = self.graph.add_node(Node::Gateway(gateway));
        self.graph.add_edge(vpc, gateway, ());
        self.graph.add_edge(gateway, goal, ());
        if both_ways {
            self.graph.add_edge(goal, gateway, ());
            self.graph.add_edge(gateway, vpc, ());
        }
    }

    /// The gateways by which packets can leave a VPC straight to a goal, in the order in which they were defined.
    pub fn gateways_towards(&self, vpc: VpcId, goal: Goal) -> Vec<Target> {
        let (Some(&from), Some(to)) = (self.vpcs.get(vpc.to_usize()), self.node(goal)) else {
            return Vec::new();
        };
        let mut gateways: Vec<(NodeIndex, Target)> = self
            .graph
            .edges(from)
            .filter(|edge| self.graph.find_edge(edge.target(), to).is_some())
            .filter_map(|edge| match self.graph.node_weight(edge.target()) {
                Some(Node::Gateway(target)) => Some((edge.target(), *target)),
                _ => None,
            })
            .collect();
        gateways.sort_by_key(|(node, _)| *node);
        gateways.into_iter().map(|(_, target)| target).collect()
    }

    /// Whether any chain of gateways joins two VPCs without the internet.
    pub fn are_joined(&self, a: VpcId, b: VpcId) -> bool {
        let without_internet =
            petgraph::visit::NodeFiltered::from_fn(&self.graph, |node| Some(node) != self.internet);
        match (self.vpcs.get(a.to_usize()), self.vpcs.get(b.to_usize())) {
            (Some(&a), Some(&b)) => petgraph::algo::has_path_connecting(&without_internet, a, b, None),
            _ => false,
        }
    }

    fn node(&self, goal: Goal) -> Option<NodeIndex> {
        match goal {
            Goal::Internet => self.internet,
            Goal::Vpc(vpc) => self.vpcs.get(vpc.to_usize()).copied(),
        }
    }
}
