//! What happened to the packets of a question: one object, many faces.

use std::net::IpAddr;

use crate::flow::{AddressSet, FlowSet, PortSet};
use crate::network::{
    Action, AttachmentId, Code, Decided, Direction, EgressOnlyInternetGatewayId, GatewayEndpointId,
    InterfaceId, InternetGatewayId, LineId, NatGatewayId, NetworkAclId, PeeringId, RouteTableId, RuleId,
    SiteId, SubnetId, TransitGatewayId, UnmodelledId, VpcId, VpnGatewayId,
};
use crate::topology::Place;

/// The answer to a question. Neither `Blocked` nor `Undetermined` is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Every packet of the question gets there, and its reply back.
    Reachable,
    /// Some packets do, others do not.
    Partial,
    /// No packet does.
    Blocked,
    /// Something on the way is not known or not modelled, and it decides.
    Undetermined,
}

impl Verdict {
    /// `reachable`, `partial`, `blocked` or `undetermined`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Partial => "partial",
            Self::Blocked => "blocked",
            Self::Undetermined => "undetermined",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Reachable, Self::Partial, Self::Blocked, Self::Undetermined];
        all.into_iter().find(|verdict| verdict.as_str() == text)
    }
}

/// A device that a packet meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// The security groups of an interface.
    SecurityGroups(InterfaceId),
    /// The network ACL of a subnet; none where the capture does not say which.
    NetworkAcl(SubnetId, Option<NetworkAclId>),
    /// The route table of a subnet; none where the capture does not say which.
    RouteTable(SubnetId, Option<RouteTableId>),
    /// An internet gateway.
    InternetGateway(InternetGatewayId),
    /// An egress-only internet gateway.
    EgressOnlyInternetGateway(EgressOnlyInternetGatewayId),
    /// A NAT gateway.
    NatGateway(NatGatewayId),
    /// A peering connection.
    Peering(PeeringId),
    /// A transit gateway as a whole.
    TransitGateway(TransitGatewayId),
    /// An attachment of a transit gateway.
    Attachment(AttachmentId),
    /// The route table that an attachment is associated with; none if there is none, or nobody knows.
    TransitTable(AttachmentId, Option<RouteTableId>),
    /// A gateway endpoint.
    GatewayEndpoint(GatewayEndpointId),
    /// An interface: delivery, source/destination check, or forwarding.
    Interface(InterfaceId),
    /// A virtual private gateway.
    VpnGateway(VpnGatewayId),
    /// A VPN connection, or a Direct Connect line.
    Line(LineId),
    /// A network of one's own.
    Site(SiteId),
    /// The internet.
    Internet,
    /// A VPC's router, where no table is looked up: arrival by a peering connection, host-local services.
    Router(VpcId),
    /// Something that is not modelled yet.
    Unmodelled(UnmodelledId),
}

/// What a component did.
#[derive(Clone, Debug)]
pub enum Step {
    /// A filter looked at the packets; the parts cover them all.
    Filtered(Vec<Decided>),
    /// A stateful filter knew the flow and asked no rule (SG-2).
    NotConsulted,
    /// A route table chose a route.
    Routed {
        /// The route; none if there is none.
        route: Option<RuleId>,
        /// What happens to the packets.
        action: Action,
    },
    /// Headers were rewritten.
    Rewritten(Rewrite),
    /// Packets passed, were dropped, or were lost sight of, for a reason of the component itself.
    Passed(Action),
}

/// A header translation; missing sides were left alone.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    /// Source addresses, old and new.
    pub source: Option<(AddressSet, AddressSet)>,
    /// Destination addresses, old and new.
    pub destination: Option<(AddressSet, AddressSet)>,
    /// Source ports, old and new.
    pub source_ports: Option<(PortSet, PortSet)>,
    /// Destination ports, old and new.
    pub destination_ports: Option<(PortSet, PortSet)>,
}

/// One hop.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The device.
    pub component: Component,
    /// Which way, for filters.
    pub direction: Option<Direction>,
    /// The headers that arrived there.
    pub packets: FlowSet,
    /// What it did.
    pub step: Step,
}

/// Request or reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegKind {
    /// From the client to the server.
    Request,
    /// Back.
    Reply,
}

impl LegKind {
    /// `request` or `reply`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reply => "reply",
        }
    }
}

/// One direction of a trace.
#[derive(Clone, Debug)]
pub struct Leg {
    /// Which one.
    pub kind: LegKind,
    /// What was met, in order.
    pub hops: Vec<Hop>,
    /// Whether no packet of the leg exists unless something earlier is fixed: what is found on it
    /// "would also drop".
    pub hypothetical: bool,
}

/// Why a trace has no reply leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoReply {
    /// The request did not get far enough to tell where a reply would start.
    RequestEnds,
    /// The question asked for one way only, or the protocol has no reply.
    OneWay,
    /// The host answers itself, or a service at its side does (DN-1): no packet crosses the VPC.
    Local,
}

/// An end of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// An address of an interface.
    Interface(InterfaceId, IpAddr),
    /// Addresses outside every VPC.
    Outside,
    /// Addresses in a network of one's own.
    Site(SiteId),
    /// An address that nothing owns.
    Nobody,
}

/// One path that packets of the question take, there and back.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Position of the probe in the question.
    pub probe: usize,
    /// Whether it is a connection of a load balancer's node to a target, behind the one that was asked about (LB-1).
    pub onward: bool,
    /// The client.
    pub source: End,
    /// The server.
    pub destination: End,
    /// The packets of the question that take this path, as the client sends them.
    pub packets: FlowSet,
    /// There.
    pub request: Leg,
    /// And back.
    pub reply: Result<Leg, NoReply>,
    /// This path's verdict.
    pub verdict: Verdict,
    /// What is certain about its packets, whatever the unknown ones do.
    pub certain: Certain,
    /// The share of its packets that certainly get there and back, 0 to 1.
    pub share: f64,
    /// Those packets, as the client sends them; where a translation picks ports at random, those for which some choice works.
    pub works: FlowSet,
    /// What drops packets, in the order in which it is met.
    pub blockers: Vec<Blocker>,
}

/// What is certain about the packets of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Certain {
    /// Some get there and back.
    pub passes: bool,
    /// Some are dropped.
    pub drops: bool,
    /// Of some, nobody can say.
    pub unknown: bool,
}

/// Something that drops packets of a question, or hides what happens to them.
#[derive(Clone, Debug)]
pub struct Blocker {
    /// Why.
    pub code: Code,
    /// AWS's explanation code, where one exists for this case.
    pub aws_code: Option<&'static str>,
    /// On which leg.
    pub leg: LegKind,
    /// Position in the hops of that leg, from 0.
    pub hop: usize,
    /// Who.
    pub component: Component,
    /// Which way, for filters.
    pub direction: Option<Direction>,
    /// The rule that decided, if one did.
    pub rule: Option<RuleId>,
    /// The headers that are dropped there.
    pub packets: FlowSet,
    /// Whether everything that arrived is dropped.
    pub complete: bool,
    /// Whether an earlier blocker drops all of it already: it "would also drop".
    pub masked: bool,
    /// What happened, in one lowercase sentence.
    pub message: String,
    /// Where to look first.
    pub place: Place,
    /// The rule that came closest to deciding otherwise.
    pub nearest: Option<NearMiss>,
    /// What to do about it, where we know.
    pub help: Option<String>,
}

/// A rule that nearly matched.
#[derive(Clone, Debug)]
pub struct NearMiss {
    /// The rule.
    pub rule: RuleId,
    /// The part of it that did not fit.
    pub place: Place,
    /// What did not fit, in a few words: `right source, but opens 3306`.
    pub why: String,
}
