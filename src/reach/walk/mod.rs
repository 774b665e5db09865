//! The walk: hop by hop, request then reply, never stopping at the first blocker.
//!
//! A [`Path`] is a set of packets that went the same way so far. At every gate the whole set goes on;
//! what is dropped is taken note of. Where parts go different ways (routes, owners), the path splits. So a walk ends
//! with disjoint paths that cover the question, each with everything that blocks it.

mod arrive;
mod choices;
mod endpoint;
mod explain;
mod gateway;
mod guard;
mod on_premises;
mod outline;
mod path;
mod route;
mod transit;

use crate::flow::{AddressSet, FlowSet};
use crate::network::{
    Action, AttachmentId, Code, Decided, Direction, Identity, InterfaceId, NatGatewayId, Network, RuleId,
    SiteId, SubnetId, VpcId,
};

use super::question::{Origin, Probe};
use super::trace::{Certain, Component, End, Leg, LegKind, NoReply, Step, Trace, Verdict};

use choices::Choices;
pub(super) use outline::outlines;
use path::Path;
pub(super) use path::TRANSLATED_PORTS;

/// Longest leg that is followed. No legal topology comes near it; a longer one is reported as a loop.
const MOST_HOPS: usize = 256;

/// Follows the packets of a probe; returns what became of them and what was assumed.
pub(super) fn walk(network: &Network, probe: &Probe) -> (Vec<Trace>, Vec<String>) {
    choices::walk(network, probe)
}

/// A question to something that is not modelled: nobody can say, whatever the packets are.
pub(super) fn not_modelled(network: &Network, probe: &Probe, id: crate::network::UnmodelledId) -> Trace {
    let choices = Choices::default();
    let walker =
        Walker { network, probe, filters: Filters::Asked, choices, todo: Vec::new(), done: Vec::new() };
    let mut path = Path::new(End::Nobody, probe.packets.clone(), true, Identity::Outside);
    walker.pass(&mut path, Component::Unmodelled(id), Action::Unknown(Code::Und001));
    let certain = Certain { passes: false, drops: false, unknown: true };
    Trace { verdict: Verdict::Undetermined, share: 0.0, certain, ..finish(path) }
}

/// Where a path is.
#[derive(Clone, Copy, Debug)]
enum At {
    /// About to leave the interface that sends it.
    Host(InterfaceId),
    /// In a subnet, past the sender's own filters, to be routed.
    Subnet(SubnetId, Sender),
    /// In a VPC, on its way to whoever has the destination address; from one of its subnets or from outside.
    Vpc(VpcId, Option<SubnetId>),
    /// In a transit gateway, come in by that attachment; last in that subnet, if it was in one.
    TransitGateway(AttachmentId, Option<SubnetId>),
    /// Outside every VPC.
    Internet,
    /// In a network of one's own.
    Site(SiteId),
}

/// Who put a packet into a subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    Interface(InterfaceId),
    NatGateway(NatGatewayId),
    /// The interface of an attachment, in the subnet that it has there.
    TransitGateway(AttachmentId),
}

/// What the walk does at security groups and network ACLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filters {
    /// They are asked.
    Asked,
    /// They are only written down: the way of packets does not depend on what they say.
    Open,
}

struct Walker<'a> {
    network: &'a Network,
    probe: &'a Probe,
    filters: Filters,
    choices: Choices,
    todo: Vec<(Path, At)>,
    done: Vec<Path>,
}

impl Walker<'_> {
    fn run(&mut self) {
        self.start();
        while let Some((path, at)) = self.todo.pop() {
            self.step(path, at);
        }
    }

    fn start(&mut self) {
        let packets = self.probe.packets.clone();
        if packets.is_empty() {
            return;
        }
        match self.probe.source {
            Origin::Interface(interface) => {
                let Some(address) = packets.sources().first() else { return };
                let source = End::Interface(interface, address);
                let path = Path::new(source, packets, self.probe.one_way, Identity::Interface(interface));
                self.todo.push((path, At::Host(interface)));
            }
            Origin::Internet => {
                let path = Path::new(End::Outside, packets, self.probe.one_way, Identity::Outside);
                self.todo.push((path, At::Internet));
            }
            Origin::Site(site) => {
                let source = End::Site(site);
                let path = Path::new(source, packets, self.probe.one_way, Identity::Outside);
                self.todo.push((path, At::Site(site)));
            }
            // Answered before any walk begins.
            Origin::Unmodelled(_) => {}
        }
    }

    fn step(&mut self, mut path: Path, at: At) {
        if path.hops().len() > MOST_HOPS {
            self.pass(&mut path, Component::Internet, Action::Deny(Code::Rt007));
            self.done.push(path);
            return;
        }
        // Only the blockers behind the first one are still of interest, and nobody asked for them.
        if self.filters == Filters::Open && !path.blocked.is_empty() {
            self.done.push(path);
            return;
        }
        match at {
            At::Host(interface) => self.leave(path, interface),
            At::Subnet(subnet, sender) => self.route(path, subnet, sender),
            At::Vpc(vpc, from) => self.deliver(path, vpc, from),
            At::TransitGateway(from, zone) => self.transit(path, from, zone),
            At::Internet => self.internet(path),
            At::Site(site) => self.leave_site(path, site),
        }
    }

    /// W-1: source/destination check, then the security groups, then the subnet.
    fn leave(&mut self, mut path: Path, interface: InterfaceId) {
        let this = &self.network.interfaces[interface];
        if path.leg == LegKind::Request {
            if !self.runs(interface) {
                self.pass(&mut path, Component::Interface(interface), Action::Deny(Code::Eni002));
            }
            // A host reaches its own addresses without sending anything: no device of AWS sees the packet.
            let own = self.network.instances[this.instance].interfaces.iter();
            let own = own.filter(|id| self.network.is_one_host(**id, interface));
            let own = own.flat_map(|id| self.network.interfaces[*id].private_addresses());
            let own = AddressSet::from_ranges(own.map(|address| (address, address)));
            let (to_itself, others) = path.split_destination(&own);
            if let Some(mut path) = to_itself {
                self.check_meant(&mut path, interface);
                path.destination = path.source;
                path.no_reply = NoReply::Local;
                self.done.push(path);
            }
            let Some(mut others) = others else { return };
            self.check_sender(&mut others, interface);
            let local = self.network.host_local_addresses(this.vpc);
            let (local, others) = others.split_destination(&local);
            if let Some(path) = local {
                self.host_local(path, this.vpc);
            }
            let Some(others) = others else { return };
            path = others;
            self.check_service(&mut path, interface);
        }
        self.security_groups(&mut path, interface, Direction::Outbound);
        let subnet = this.subnet;
        self.todo.push((path, At::Subnet(subnet, Sender::Interface(interface))));
    }

    /// Where ranges overlap, the host that was asked about may not be the one that has the address here (VG-8, PX-7).
    fn check_meant(&self, path: &mut Path, id: InterfaceId) {
        let other_host = self.probe.meant.is_some_and(|meant| !self.network.is_one_host(meant, id));
        if other_host || self.probe.meant_site.is_some() {
            self.pass(path, Component::Interface(id), Action::Deny(Code::Rt004));
        }
    }

    /// What is behind the interface of a service (a load balancer, an endpoint) is not modelled yet.
    fn check_service(&self, path: &mut Path, id: InterfaceId) {
        const SERVICES: [&str; 4] = ["load balancer", "endpoint", "transit gateway", "firewall"];
        let kind = &self.network.instances[self.network.interfaces[id].instance].kind;
        if let crate::topology::InstanceKind::Other(kind) = kind
            && SERVICES.iter().any(|service| kind.to_ascii_lowercase().contains(service))
        {
            self.pass(path, Component::Interface(id), Action::Unknown(Code::Und001));
        }
    }

    /// DN-1 to DN-3: services of the host itself, which no filter sees.
    fn host_local(&mut self, path: Path, vpc: VpcId) {
        let mut rest = Some(path);
        for service in self.network.host_local_services(vpc) {
            let Some(path) = rest.take() else { break };
            let (served, others) = path.split(&service.pattern);
            rest = others;
            if let Some(mut path) = served {
                let silent = service.is_dns && !self.network.vpcs[vpc].dns_support;
                let action = if silent { Action::Deny(Code::Dns001) } else { Action::Allow };
                self.pass(&mut path, Component::Router(vpc), action);
                path.no_reply = NoReply::Local;
                self.done.push(path);
            }
        }
        if let Some(mut path) = rest {
            self.pass(&mut path, Component::Router(vpc), Action::Deny(Code::Dns002));
            self.done.push(path);
        }
    }

    /// SG-2: rules decide about a new flow; the rest of the flow passes.
    fn security_groups(&self, path: &mut Path, interface: InterfaceId, direction: Direction) {
        let component = Component::SecurityGroups(interface);
        if path.tracked.contains(&interface) {
            // An instance that forwards meets its own groups twice on the request: in, and out again as a new flow.
            if path.leg == LegKind::Reply {
                path.push(component, Some(direction), Step::NotConsulted);
                return;
            }
            if direction == Direction::Inbound && echoes_itself(&self.probe.packets, &path.packets) {
                path.push(component, Some(direction), Step::NotConsulted);
                return;
            }
        } else {
            path.tracked.push(interface);
        }
        if self.filters == Filters::Open {
            path.write_down(component, direction);
            return;
        }
        let decided = self.network.security_groups_decide(interface, direction, path.identity, &path.packets);
        self.filter(path, component, direction, self.admit_list(decided));
    }

    /// NA-5: only at the edge of a subnet. NA-4: no memory.
    fn network_acl(&self, path: &mut Path, subnet: SubnetId, direction: Direction) {
        let acl = self.network.subnets[subnet].network_acl;
        if let (Filters::Open, Some(_)) = (self.filters, acl) {
            path.write_down(Component::NetworkAcl(subnet, acl), direction);
            return;
        }
        let decided = match acl {
            Some(id) => self.network.network_acls[id].decide(id, direction, &path.packets),
            None => vec![Decided {
                packets: path.packets.clone(),
                action: Action::Unknown(Code::Und002),
                rule: None,
            }],
        };
        let decided =
            if path.leg == LegKind::Reply { only_client_ports(&path.packets, decided) } else { decided };
        self.filter(path, Component::NetworkAcl(subnet, acl), direction, decided);
    }

    fn filter(&self, path: &mut Path, component: Component, direction: Direction, decided: Vec<Decided>) {
        for part in &decided {
            if let Action::Deny(code) | Action::Unknown(code) = part.action {
                self.note(path, code, component, Some(direction), part.rule, &part.packets);
            }
        }
        path.push(component, Some(direction), Step::Filtered(Vec::new()));
        path.apply(&decided);
        if let Some(hop) = path.hops().last_mut() {
            hop.step = Step::Filtered(decided);
        }
    }

    /// A component lets everything pass, drops everything, or hides what it does.
    fn pass(&self, path: &mut Path, component: Component, action: Action) {
        let packets = path.packets.clone();
        if let Action::Deny(code) | Action::Unknown(code) = action {
            self.note(path, code, component, None, None, &packets);
        }
        path.push(component, None, Step::Passed(action));
        path.apply(&[Decided { packets, action, rule: None }]);
    }

    /// Takes note of a blocker at the hop that is about to be pushed.
    fn note(
        &self,
        path: &mut Path,
        code: Code,
        component: Component,
        direction: Option<Direction>,
        rule: Option<RuleId>,
        packets: &FlowSet,
    ) {
        if self.filters == Filters::Open {
            return;
        }
        let blocker = explain::blocker(self.network, path, code, component, direction, rule, packets);
        path.blockers.push(blocker);
    }

    fn runs(&self, interface: InterfaceId) -> bool {
        let this = &self.network.interfaces[interface];
        this.attached
            && self.network.instances[this.instance].state == crate::topology::InstanceState::Running
    }
}

/// Whether a packet that came back to its own sender (IG-8, by its own public address) looks like the reply to itself: no
/// ports, or the same port twice. Connection tracking can't tell them apart (SG-15).
fn echoes_itself(sent: &FlowSet, packets: &FlowSet) -> bool {
    use crate::flow::protocol::{has_ports, is_icmp};
    let answers = packets.sources() == sent.destinations() && packets.destinations() == sent.sources();
    answers
        && packets.boxes().iter().all(|header| {
            let numbers = || header.protocols.intervals().iter().flat_map(|&(first, last)| first..=last);
            let same_port =
                header.source_ports.only().is_some() && header.source_ports == header.destination_ports;
            numbers().all(|number| !is_icmp(number) && (!has_ports(number) || same_port))
        })
}

/// W-6: a reply that is dropped for some of the client's ports only is a fault of its own kind.
fn only_client_ports(packets: &FlowSet, mut decided: Vec<Decided>) -> Vec<Decided> {
    let passes = decided.iter().any(|part| part.action == Action::Allow);
    if !passes {
        return decided;
    }
    let (sources, destinations) = (packets.sources(), packets.destinations());
    let (ports, protocols) = (packets.destination_ports(), packets.protocols());
    for part in &mut decided {
        let is_deny = matches!(part.action, Action::Deny(_));
        let same_ends = part.packets.sources() == sources && part.packets.destinations() == destinations;
        if is_deny
            && same_ends
            && part.packets.protocols() == protocols
            && part.packets.destination_ports() != ports
        {
            part.action = Action::Deny(Code::Acl003);
        }
    }
    decided
}

fn finish(path: Path) -> Trace {
    let certain = path.certain();
    let (some_pass, some_blocked, some_unknown) =
        (!certain.is_empty(), !path.blocked.is_empty(), !path.unknown.is_empty());
    let share = if some_blocked || some_unknown { certain.count() / path.packets.count() } else { 1.0 };
    let reply = if path.leg == LegKind::Reply {
        Ok(Leg { kind: LegKind::Reply, hops: path.reply.clone(), hypothetical: path.reply_hypothetical })
    } else {
        Err(path.no_reply)
    };
    Trace {
        probe: 0,
        onward: false,
        source: path.source,
        destination: path.destination,
        packets: path.as_asked(&path.packets),
        works: path.as_asked(&certain),
        request: Leg { kind: LegKind::Request, hops: path.request, hypothetical: false },
        reply,
        verdict: verdict(some_pass, some_blocked, some_unknown),
        certain: Certain { passes: some_pass, drops: some_blocked, unknown: some_unknown },
        share,
        blockers: path.blockers,
    }
}

/// The verdict over packets of which some certainly pass, some are certainly dropped, and some may do either.
pub(super) const fn verdict(some_pass: bool, some_blocked: bool, some_unknown: bool) -> Verdict {
    match (some_pass, some_blocked, some_unknown) {
        (true, true, _) => Verdict::Partial,
        (_, _, true) => Verdict::Undetermined,
        (true, false, false) => Verdict::Reachable,
        (false, _, false) => Verdict::Blocked,
    }
}
