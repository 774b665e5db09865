//! One path of a set of packets, while it is being walked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::flow::{
    AddressSet, FlowSet, HeaderBox, IcmpType, Pattern, PortSet, ProtocolSet, icmp_code_point, protocol,
};
use crate::network::{
    Action, Code, Decided, Direction, EgressOnlyInternetGatewayId, Identity, InterfaceId, NatGatewayId,
    Target,
};

use super::super::Blocker;
use super::super::outline::Gate;
use super::super::trace::{Component, End, Hop, LegKind, NoReply, Rewrite, Step};

/// Ports that a translation picks from (NG-3).
pub(in super::super) const TRANSLATED_PORTS: (u16, u16) = (1024, u16::MAX);

/// A device on the way that keeps state, so that the reply must pass it too (AS-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Device {
    /// Translates, and undoes it for the reply.
    NatGateway(NatGatewayId),
    /// The same, by an instance.
    NatInstance(InterfaceId),
    /// Forwards packets as they are.
    Appliance(InterfaceId),
    /// Lets only replies in (IG-7).
    EgressOnly(EgressOnlyInternetGatewayId),
}

/// What a device remembers of the request.
#[derive(Clone, Debug)]
struct Memory {
    device: Device,
    /// For a translation: the depth of the stashed ports, and the source that it hid.
    translation: Option<(usize, AddressSet)>,
}

/// A change of headers; each knows how to take itself back.
#[derive(Clone, Debug)]
enum Change {
    Source(AddressSet),
    Destination(AddressSet),
    /// Source ports went to the stash, and translated ones took their place.
    Translate,
    /// Destination ports changed places with the stashed ones at that depth.
    Restore(usize),
    /// Request became reply.
    Turn,
    /// NAT64 took the IPv4 destination out of the IPv6 one, and put the IPv4 source of the reply back into one (NG-10).
    Nat64(LegKind),
}

/// Packets that went the same way so far.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) source: End,
    pub(super) destination: End,
    pub(super) one_way: bool,
    /// Everything that went this way, dropped or not, with the headers of now.
    pub(super) packets: FlowSet,
    /// What is certainly dropped.
    pub(super) blocked: FlowSet,
    /// What passes only if something unknown lets it.
    pub(super) unknown: FlowSet,
    pub(super) leg: LegKind,
    pub(super) request: Vec<Hop>,
    pub(super) reply: Vec<Hop>,
    pub(super) no_reply: NoReply,
    pub(super) reply_hypothetical: bool,
    pub(super) blockers: Vec<Blocker>,
    pub(super) assumptions: Vec<String>,
    /// Filters that were only written down.
    pub(super) gates: Vec<Gate>,
    changes: Vec<Change>,
    /// Devices of the request that the reply must pass in the opposite order; those that it passed are gone.
    devices: Vec<Memory>,
    /// Interfaces whose security groups know the flow (SG-2).
    pub(super) tracked: Vec<InterfaceId>,
    /// What the far end looks like to the next security group.
    pub(super) identity: Identity,
    /// By what the request came into the VPC that it is in now: the way that a reply would be sent back.
    pub(super) entered_by: Option<Target>,
    /// The private address that a request took to the internet without a public one: where a reply would have to go.
    pub(super) unpublished: Option<IpAddr>,
}

impl Path {
    pub(super) fn new(source: End, packets: FlowSet, one_way: bool, identity: Identity) -> Self {
        Self {
            source,
            destination: End::Nobody,
            one_way,
            packets,
            blocked: FlowSet::empty(),
            unknown: FlowSet::empty(),
            leg: LegKind::Request,
            request: Vec::new(),
            reply: Vec::new(),
            no_reply: NoReply::RequestEnds,
            reply_hypothetical: false,
            blockers: Vec::new(),
            assumptions: Vec::new(),
            gates: Vec::new(),
            changes: Vec::new(),
            devices: Vec::new(),
            tracked: Vec::new(),
            identity,
            entered_by: None,
            unpublished: None,
        }
    }

    /// The parts of this path inside and outside a pattern; a part without packets is none.
    pub(super) fn split(self, pattern: &Pattern) -> (Option<Self>, Option<Self>) {
        let (inside, outside) = self.packets.split(pattern);
        if outside.is_empty() {
            return (Some(self), None);
        }
        if inside.is_empty() {
            return (None, Some(self));
        }
        let (blocked_in, blocked_out) = self.blocked.split(pattern);
        let (unknown_in, unknown_out) = self.unknown.split(pattern);
        let within = Self { packets: inside, blocked: blocked_in, unknown: unknown_in, ..self.clone() };
        let without = Self { packets: outside, blocked: blocked_out, unknown: unknown_out, ..self };
        (Some(within), Some(without))
    }

    /// The parts whose destination is inside and outside a set.
    pub(super) fn split_destination(self, wanted: &AddressSet) -> (Option<Self>, Option<Self>) {
        self.split(&Pattern { destination: Some(wanted.clone()), ..Pattern::default() })
    }

    /// The parts whose source is inside and outside a set.
    pub(super) fn split_source(self, wanted: &AddressSet) -> (Option<Self>, Option<Self>) {
        self.split(&Pattern { source: Some(wanted.clone()), ..Pattern::default() })
    }

    pub(super) fn is_ipv6(&self) -> bool {
        self.packets
            .boxes()
            .first()
            .and_then(|header| header.destination.first())
            .is_some_and(|address| address.is_ipv6())
    }

    pub(super) fn hops(&mut self) -> &mut Vec<Hop> {
        match self.leg {
            LegKind::Request => &mut self.request,
            LegKind::Reply => &mut self.reply,
        }
    }

    pub(super) fn push(&mut self, component: Component, direction: Option<Direction>, step: Step) {
        let hop = Hop { component, direction, packets: self.packets.clone(), step };
        self.hops().push(hop);
    }

    /// Writes a filter down instead of asking it.
    pub(super) fn write_down(&mut self, component: Component, direction: Direction) {
        let pending = self.devices.iter().filter(|memory| memory.translation.is_some()).count();
        self.gates.push(Gate {
            component,
            direction,
            leg: self.leg,
            identity: self.identity,
            source: self.packets.sources(),
            destination: self.packets.destinations(),
            translations: if self.leg == LegKind::Reply { pending } else { 0 },
        });
        self.push(component, Some(direction), Step::Filtered(Vec::new()));
    }

    /// Takes note of what a gate decided.
    pub(super) fn apply(&mut self, decided: &[Decided]) {
        for part in decided {
            match part.action {
                Action::Allow => {}
                Action::Deny(_) => self.block(&part.packets),
                Action::Unknown(_) => self.doubt(&part.packets),
            }
        }
    }

    pub(super) fn block(&mut self, packets: &FlowSet) {
        self.unknown = self.unknown.subtract(packets);
        self.blocked = self.blocked.union(packets);
    }

    fn doubt(&mut self, packets: &FlowSet) {
        self.unknown = self.unknown.union(&packets.subtract(&self.blocked));
    }

    fn change(&mut self, change: Change, mut edit: impl FnMut(&mut HeaderBox)) {
        self.packets = self.packets.map(&mut edit);
        self.blocked = self.blocked.map(&mut edit);
        self.unknown = self.unknown.map(&mut edit);
        self.changes.push(change);
    }

    /// Replaces the source address.
    pub(super) fn set_source(&mut self, component: Component, address: IpAddr) {
        let (old, new) = (self.packets.sources(), AddressSet::single(address));
        let rewrite = Rewrite { source: Some((old.clone(), new.clone())), ..Rewrite::default() };
        self.push(component, None, Step::Rewritten(rewrite));
        self.change(Change::Source(old), |header| header.source = new.clone());
    }

    /// Replaces the destination address.
    pub(super) fn set_destination(&mut self, component: Component, address: IpAddr) {
        let (old, new) = (self.packets.destinations(), AddressSet::single(address));
        let rewrite = Rewrite { destination: Some((old.clone(), new.clone())), ..Rewrite::default() };
        self.push(component, None, Step::Rewritten(rewrite));
        self.change(Change::Destination(old), |header| header.destination = new.clone());
    }

    /// NG-3: the source becomes the translator's, with a port of its choice.
    pub(super) fn translate(
        &mut self,
        component: Component,
        by: Device,
        address: IpAddr,
        ports: Option<&PortSet>,
    ) {
        let (old, new) = (self.packets.sources(), AddressSet::single(address));
        let every = || PortSet::range(TRANSLATED_PORTS.0, TRANSLATED_PORTS.1);
        let ports = ports.cloned().unwrap_or_else(every);
        let has_ports = self
            .packets
            .protocols()
            .intervals()
            .iter()
            .any(|&(first, last)| (first..=last).any(protocol::has_ports));
        let rewrite = Rewrite {
            source: Some((old.clone(), new.clone())),
            source_ports: has_ports.then(|| (self.packets.source_ports(), ports.clone())),
            ..Rewrite::default()
        };
        self.push(component, None, Step::Rewritten(rewrite));
        self.change(Change::Source(old.clone()), |header| header.source = new.clone());
        let depth = self.packets.boxes().first().map_or(0, |header| header.stash.len());
        self.change(Change::Translate, |header| {
            header.stash.push(header.source_ports.clone());
            if header.protocols.first().is_some_and(protocol::has_ports) {
                header.source_ports = ports.clone();
            }
        });
        self.devices.push(Memory { device: by, translation: Some((depth, old)) });
    }

    /// NG-10: the IPv4 address that an IPv6 host dialled is in the last 32 bits.
    pub(super) fn unwrap_nat64(&mut self, component: Component) {
        let old = self.packets.destinations();
        self.change(Change::Nat64(LegKind::Request), |header| {
            header.destination = to_ipv4(&header.destination)
        });
        let rewrite = Rewrite { destination: Some((old, self.packets.destinations())), ..Rewrite::default() };
        self.push(component, None, Step::Rewritten(rewrite));
    }

    /// The device that the reply must pass next.
    pub(super) fn next_device(&self) -> Option<Device> {
        self.devices.last().map(|memory| memory.device)
    }

    /// A device lets the request pass as it is, and remembers it.
    pub(super) fn remember(&mut self, device: Device) {
        self.devices.push(Memory { device, translation: None });
    }

    /// A device lets the reply pass, if it is the one that must be next.
    pub(super) fn recall(&mut self, device: Device) -> bool {
        let expected = self.next_device() == Some(device);
        if expected {
            self.devices.pop();
        }
        expected
    }

    /// Whether this instance forwarded the request already: a loop.
    pub(super) fn was_forwarded_by(&self, id: InterfaceId) -> bool {
        let met = [Device::Appliance(id), Device::NatInstance(id)];
        self.devices.iter().any(|memory| met.contains(&memory.device))
    }

    /// Undoes the last translation for the reply, if `by` made it.
    pub(super) fn restore(&mut self, component: Component, by: Device) -> bool {
        if self.next_device() != Some(by) {
            return false;
        }
        let Some((depth, client)) = self.devices.pop().and_then(|memory| memory.translation) else {
            return false;
        };
        let (old, old_ports) = (self.packets.destinations(), self.packets.destination_ports());
        let is_nat64 = client.first().is_some_and(|address| address.is_ipv6()) && !self.is_ipv6();
        self.change(Change::Destination(old.clone()), |header| header.destination = client.clone());
        let sources = self.packets.sources();
        if is_nat64 {
            self.change(Change::Nat64(LegKind::Reply), |header| header.source = to_nat64(&header.source));
        }
        self.change(Change::Restore(depth), |header| {
            if header.protocols.first().is_some_and(protocol::has_ports)
                && let Some(ports) = header.stash.get_mut(depth)
            {
                std::mem::swap(ports, &mut header.destination_ports);
            }
        });
        let new_ports = self.packets.destination_ports();
        let rewrite = Rewrite {
            source: is_nat64.then(|| (sources, self.packets.sources())),
            destination: Some((old, client)),
            destination_ports: (new_ports != old_ports).then_some((old_ports, new_ports)),
            ..Rewrite::default()
        };
        self.push(component, None, Step::Rewritten(rewrite));
        true
    }

    /// Request becomes reply: ends change places, an echo request becomes an echo reply.
    pub(super) fn turn(&mut self) {
        self.leg = LegKind::Reply;
        self.reply_hypothetical = self.packets.is_subset(&self.blocked);
        self.change(Change::Turn, turn_header);
    }

    /// A set with the headers of now, with those of the question.
    pub(super) fn as_asked(&self, packets: &FlowSet) -> FlowSet {
        let mut asked = packets.clone();
        for change in self.changes.iter().rev() {
            asked = asked.map(|header| take_back(header, change));
        }
        // A translated port that is forgotten makes boxes overlap: unite them.
        asked
            .boxes()
            .iter()
            .cloned()
            .map(FlowSet::from_box)
            .fold(FlowSet::empty(), |all, part| all.union(&part))
    }

    /// What certainly gets through so far.
    pub(super) fn certain(&self) -> FlowSet {
        self.packets.subtract(&self.blocked).subtract(&self.unknown)
    }
}

/// 64:ff9b::/96, in which NAT64 wraps IPv4 addresses.
pub(super) fn nat64_prefix() -> AddressSet {
    to_nat64(&AddressSet::range(IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::BROADCAST)))
}

fn to_nat64(addresses: &AddressSet) -> AddressSet {
    const PREFIX: u128 = 0x0064_ff9b << 96;
    let wrap = |address: IpAddr| match address {
        IpAddr::V4(address) => IpAddr::V6(Ipv6Addr::from_bits(PREFIX | u128::from(address.to_bits()))),
        IpAddr::V6(_) => address,
    };
    AddressSet::from_ranges(addresses.intervals().iter().map(|&(first, last)| (wrap(first), wrap(last))))
}

#[expect(clippy::cast_possible_truncation, reason = "the last 32 bits are what is wanted")]
fn to_ipv4(addresses: &AddressSet) -> AddressSet {
    let unwrap = |address: IpAddr| match address {
        IpAddr::V6(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() as u32)),
        IpAddr::V4(_) => address,
    };
    AddressSet::from_ranges(addresses.intervals().iter().map(|&(first, last)| (unwrap(first), unwrap(last))))
}

/// The pattern of ICMP packets of a family that are answered: echo requests.
pub(super) fn echo_requests(ipv6: bool) -> Pattern {
    let [ipv4, own] = ECHO;
    let (number, kind, _) = if ipv6 { own } else { ipv4 };
    Pattern {
        protocols: Some(ProtocolSet::single(number)),
        destination_ports: Some(PortSet::single(icmp_code_point(IcmpType { kind, code: 0 }))),
        ..Pattern::default()
    }
}

/// The pattern of all ICMP packets.
pub(super) fn icmp() -> Pattern {
    let numbers = [protocol::ICMP, protocol::ICMPV6].map(|number| (number, number));
    Pattern { protocols: Some(ProtocolSet::from_ranges(numbers)), ..Pattern::default() }
}

const ECHO: [(u8, u8, u8); 2] = [(protocol::ICMP, 8, 0), (protocol::ICMPV6, 128, 129)];

fn turn_header(header: &mut HeaderBox) {
    std::mem::swap(&mut header.source, &mut header.destination);
    match echo_of(header, |(_, _, reply)| reply) {
        Some(reply) => header.destination_ports = reply,
        None => std::mem::swap(&mut header.source_ports, &mut header.destination_ports),
    }
}

fn echo_of(header: &HeaderBox, pick: impl Fn((u8, u8, u8)) -> u8) -> Option<PortSet> {
    let number = header.protocols.first().filter(|number| protocol::is_icmp(*number))?;
    let row = ECHO.into_iter().find(|(of, ..)| *of == number)?;
    Some(PortSet::single(icmp_code_point(IcmpType { kind: pick(row), code: 0 })))
}

fn take_back(header: &mut HeaderBox, change: &Change) {
    match change {
        Change::Source(old) => header.source = old.clone(),
        Change::Destination(old) => header.destination = old.clone(),
        Change::Translate => {
            if let Some(ports) = header.stash.pop() {
                header.source_ports = ports;
            }
        }
        Change::Restore(depth) => {
            if header.protocols.first().is_some_and(protocol::has_ports)
                && let Some(ports) = header.stash.get_mut(*depth)
            {
                std::mem::swap(ports, &mut header.destination_ports);
            }
        }
        Change::Nat64(LegKind::Request) => header.destination = to_nat64(&header.destination),
        Change::Nat64(LegKind::Reply) => header.source = to_ipv4(&header.source),
        Change::Turn => {
            std::mem::swap(&mut header.source, &mut header.destination);
            match echo_of(header, |(_, request, _)| request) {
                Some(request) => header.destination_ports = request,
                None => std::mem::swap(&mut header.source_ports, &mut header.destination_ports),
            }
        }
    }
}

impl Path {
    /// Whether anything is still certain or possible: used to tell a first blocker from one that is masked.
    pub(super) fn masks(&self, packets: &FlowSet) -> bool {
        packets.is_subset(&self.blocked)
    }

    /// The code of a missing route on this leg.
    pub(super) fn no_route(&self) -> Code {
        match self.leg {
            LegKind::Request => Code::Rt001,
            LegKind::Reply => Code::Rt003,
        }
    }
}
