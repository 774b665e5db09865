//! The way of one packet, hop by hop, and what the hops remember of it for the reply.
//!
//! The request and the reply use the same code. The difference: on the request, whatever
//! forwards (a NAT gateway, an appliance, an egress-only internet gateway) notes what came in and
//! what went out; on the reply, it lets through only what answers its last note, and undoes it.

use std::net::IpAddr;

use super::filters::{self, Direction, GroupVerdict, Sender};
use super::packet::Headers;
use super::routing::Lookup;
use super::transit::Choices;
use super::world::*;

/// Where a packet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Interface(usize),
    Internet,
    Site(usize),
    HostLocal,
    /// A service of AWS behind a gateway endpoint of that VPC.
    Service(usize),
}

/// Why it got no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    Dropped(String),
    Unknown(String),
}

impl Stop {
    pub fn dropped(by: &str) -> Self {
        Self::Dropped(by.to_owned())
    }
}

/// Where a packet ended, with the headers that it had by then.
pub type Arrived = Result<(Arrival, Headers), Stop>;

/// A packet that follows routes for longer than this goes round in circles. READING: that is a
/// drop for certain, not something unknown (NG-2).
const HOPS: usize = 40;

pub struct Walk<'a> {
    pub(super) world: &'a World,
    pub(super) nat_port: u16,
    /// The interface that the request is from.
    pub client: Option<usize>,
    /// SG-2: the flows that security groups admitted, per interface and direction.
    admitted: Vec<(usize, Direction, Headers)>,
    pub(super) passages: Vec<Passage>,
    pub(super) replying: bool,
    /// SG-11: something forwarded the packet, so its sender is no longer known to groups.
    pub sender: Sender,
    /// NG-7: the packet came into the VPC that it is in by a transit gateway.
    pub(super) by_transit: bool,
    /// The attachment that a transit gateway has just delivered it by.
    pub(super) delivered_by: Option<(usize, usize)>,
    pub(super) choices: Choices,
    /// A filter whose rules are not known, and that may have dropped the packet. The walk goes on:
    /// if something else drops it for certain, the doubt does not matter.
    pub doubt: Option<String>,
    /// For whoever wants to know how it went.
    pub hops: Vec<Hop>,
}

/// One step of the way, and the headers at that point.
#[derive(Clone, Copy, Debug)]
pub struct Hop {
    pub what: &'static str,
    pub headers: Headers,
}

/// What something stateful remembers of the request.
pub(super) struct Passage {
    pub(super) by: Forwarder,
    pub(super) before: Headers,
    pub(super) after: Headers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forwarder {
    NatGateway(usize),
    Appliance(usize),
    EgressOnly(usize),
}

impl<'a> Walk<'a> {
    pub fn new(world: &'a World, nat_port: u16) -> Self {
        Self {
            world,
            nat_port,
            client: None,
            admitted: Vec::new(),
            passages: Vec::new(),
            replying: false,
            sender: Sender::Known,
            by_transit: false,
            delivered_by: None,
            choices: Choices::default(),
            doubt: None,
            hops: Vec::new(),
        }
    }

    /// From here on it is the reply that walks.
    pub fn turn_round(&mut self) {
        self.replying = true;
        self.sender = Sender::Known;
        self.by_transit = false;
    }

    /// Something that saw the request and has not seen the reply.
    pub fn bypassed(&self) -> Option<String> {
        self.passages.last().map(|passage| format!("{:?}", passage.by))
    }

    /// W-1, outward: source/destination check (by the caller), groups, ACL, route.
    pub fn send_from(&mut self, interface: usize, headers: Headers) -> Arrived {
        self.groups(interface, Direction::Outbound, &headers)?;
        self.leave(self.world.interfaces[interface].subnet, headers)
    }

    /// SG-17: by which interface the host sends its reply.
    pub fn answer_from(&mut self, interface: usize, reply: Headers) -> Arrived {
        let received = &self.world.interfaces[interface];
        let direct = self.world.subnet_contains(received.subnet, reply.destination);
        if received.policy_routing || direct || received.primary == interface {
            return self.send_from(interface, reply);
        }
        // Without policy routing the host's default route is that of its primary interface, whose
        // check (EN-2) drops a source that is not its own. READING: with the check off, the reply
        // leaves there as a packet of a new flow (SG-17).
        let primary = &self.world.interfaces[received.primary];
        if primary.source_dest_check {
            return Err(Stop::dropped("source/destination check: the reply leaves by another interface"));
        }
        self.send_from(received.primary, reply)
    }

    /// A packet leaves an interface or NAT gateway in that subnet.
    pub(super) fn leave(&mut self, subnet: usize, headers: Headers) -> Arrived {
        self.no_loop()?;
        let world = self.world;
        let delivered_by = self.delivered_by.take();
        // W-3: within the subnet there is neither a route lookup nor an ACL.
        if world.subnet_contains(subnet, headers.destination) {
            self.note("same subnet", headers);
            return self.deliver(world.subnets[subnet].vpc, Some(subnet), headers);
        }
        let target = self.route(subnet, headers.destination);
        // NA-5: the ACL acts on what crosses the boundary of the subnet. READING: a next hop in the same
        // subnet is reached without crossing it. What may take either of two routes crosses it if both do.
        let stays = match &target {
            Ok(target) => self.is_hop_in(target, subnet),
            Err((_, possible)) => possible.iter().any(|target| self.is_hop_in(target, subnet)),
        };
        if !stays {
            self.acl(subnet, Direction::Outbound, &headers)?;
        }
        let target = target.map_err(|(stop, _)| stop)?;
        self.follow(subnet, target, delivered_by, headers)
    }

    fn is_hop_in(&self, target: &Target, subnet: usize) -> bool {
        match target {
            Target::NatGateway(gateway) => self.world.nat_gateways[*gateway].subnet == subnet,
            Target::Interface(interface) => self.world.interfaces[*interface].subnet == subnet,
            _ => false,
        }
    }

    pub(super) fn no_loop(&self) -> Result<(), Stop> {
        match self.hops.len() > if self.replying { 2 * HOPS } else { HOPS } {
            true => Err(Stop::dropped("routing loop")),
            false => Ok(()),
        }
    }

    pub(super) fn note(&mut self, what: &'static str, headers: Headers) {
        self.hops.push(Hop { what, headers });
    }

    /// The target of the route; or why there is none, and what are known to be possible targets.
    fn route(&self, subnet: usize, destination: IpAddr) -> Result<Target, (Stop, Vec<Target>)> {
        let table = match &self.world.subnets[subnet].table {
            Known::Yes(table) => &self.world.tables[*table],
            Known::No(why) => return Err((Stop::Unknown(why.clone()), Vec::new())),
        };
        match table.lookup(destination) {
            Lookup::Route(route) => Ok(route.target.clone()),
            Lookup::Nothing => Err((Stop::dropped("no route (RT-9)"), Vec::new())),
            Lookup::Unknown(why, possible) => Err((Stop::Unknown(why), possible)),
        }
    }

    /// RT-13: what each kind of target does.
    fn follow(
        &mut self,
        subnet: usize,
        target: Target,
        delivered_by: Option<(usize, usize)>,
        headers: Headers,
    ) -> Arrived {
        let vpc = self.world.subnets[subnet].vpc;
        self.note(target.kind(), headers);
        match target {
            Target::Local => self.deliver(vpc, Some(subnet), headers),
            // RT-10: a black hole wins like any route, and drops.
            Target::Blackhole => Err(Stop::dropped("blackhole route (RT-10)")),
            Target::InternetGateway => self.out_by_internet_gateway(subnet, headers),
            Target::EgressOnlyInternetGateway => self.out_by_egress_only(subnet, headers),
            Target::NatGateway(gateway) => self.route_to_nat_gateway(gateway, subnet, headers),
            Target::Interface(interface) => self.route_to_appliance(interface, subnet, headers),
            Target::Peering(peering) => self.over_peering(peering, vpc, headers),
            Target::TransitGateway(gateway) => {
                self.enter_transit_gateway(gateway, subnet, delivered_by.is_some(), headers)
            }
            Target::GatewayEndpoint(endpoint) => {
                self.route_to_endpoint(endpoint, delivered_by.is_some(), headers)
            }
            Target::VpnGateway(gateway) => self.enter_vpn_gateway(gateway, headers),
            Target::Unknown(why) => Err(Stop::Unknown(why)),
        }
    }

    /// RT-19, PX-1: straight to the destination in the other VPC.
    fn over_peering(&mut self, peering: usize, vpc: usize, headers: Headers) -> Arrived {
        let peering = &self.world.peerings[peering];
        let other = match peering.sides {
            [a, b] if a == Some(vpc) => b,
            [a, b] if b == Some(vpc) => a,
            _ => return Err(Stop::dropped("the peering is not of this VPC")),
        };
        // RT-11: a peering that is not active is a black hole.
        if !peering.active {
            return Err(Stop::dropped("peering not active (RT-11)"));
        }
        let Some(other) = other else {
            return Err(Stop::Unknown(format!("the far side of peering {}", peering.name)));
        };
        // PX-3, PX-4: only addresses of the peer itself.
        if !self.world.vpc_contains(other, headers.destination) {
            return Err(Stop::dropped("destination not in the peer VPC (PX-3)"));
        }
        // PX-3, PX-4: nor what came into this VPC by another gateway.
        if !self.world.vpc_contains(vpc, headers.source) {
            return Err(Stop::dropped("source not in the VPC (PX-4)"));
        }
        self.by_transit = false;
        self.deliver(other, None, headers)
    }

    /// The last hop: to whoever has the address in this VPC. `from` is the subnet that it comes
    /// from, if it comes from one of this VPC.
    pub(super) fn deliver(&mut self, vpc: usize, from: Option<usize>, headers: Headers) -> Arrived {
        let Some(owner) = self.world.owners.get(&(vpc, headers.destination)) else {
            if let Some(what) = self.world.unmodelled.get(&headers.destination) {
                return Err(Stop::Unknown(what.clone()));
            }
            // VP-8, EN-3: reserved, or nobody's.
            return Err(Stop::dropped("nobody has the destination (EN-3)"));
        };
        match *owner {
            Owner::NatGateway(gateway) => self.arrive_at_nat_gateway(gateway, from, headers),
            Owner::Interface(interface) => self.arrive_at_interface(interface, from, headers),
        }
    }

    /// W-1, inward: ACL if it comes from outside the subnet, groups, host.
    fn arrive_at_interface(&mut self, number: usize, from: Option<usize>, headers: Headers) -> Arrived {
        let interface = &self.world.interfaces[number];
        self.enter(number, from, &headers)?;
        if let Some(kind) = &interface.unmodelled {
            return Err(Stop::Unknown(format!("the destination is a {kind}")));
        }
        if !self.replying {
            self.enter_service(number, &headers)?;
        }
        // The reply to a translating appliance has the appliance's own address.
        if self.answers_passage(Forwarder::Appliance(number), &headers) {
            return self.forward_by_appliance(number, headers);
        }
        Ok((Arrival::Interface(number), headers))
    }

    /// Into the subnet and past the groups of an interface.
    pub(super) fn enter(
        &mut self,
        number: usize,
        from: Option<usize>,
        headers: &Headers,
    ) -> Result<(), Stop> {
        let interface = &self.world.interfaces[number];
        if from != Some(interface.subnet) {
            self.acl(interface.subnet, Direction::Inbound, headers)?;
        }
        // EN-3: detached, or its instance does not run.
        if !interface.live {
            return Err(Stop::dropped("the interface is not live (EN-3)"));
        }
        self.groups(number, Direction::Inbound, headers)
    }

    /// SG-1, SG-2: stateful, per interface.
    pub fn groups(&mut self, number: usize, direction: Direction, headers: &Headers) -> Result<(), Stop> {
        let answers = |flow: &(usize, Direction, Headers)| {
            flow.0 == number && flow.1 != direction && flow.2.reply() == Some(*headers)
        };
        if self.admitted.iter().any(answers) {
            return Ok(());
        }
        let interface = &self.world.interfaces[number];
        if interface.unfiltered {
            return Ok(());
        }
        match filters::security_groups(self.world, interface, direction, headers, self.sender) {
            GroupVerdict::Admitted => {}
            GroupVerdict::Unknown(why) => self.doubt = Some(why),
            GroupVerdict::Refused => {
                return Err(Stop::Dropped(format!("security groups {direction:?}")));
            }
        }
        self.admitted.push((number, direction, *headers));
        Ok(())
    }

    /// NA-1, NA-4: stateless, evaluated afresh for every packet.
    pub fn acl(&mut self, subnet: usize, direction: Direction, headers: &Headers) -> Result<(), Stop> {
        let acl = match &self.world.subnets[subnet].acl {
            Known::Yes(acl) => &self.world.acls[*acl],
            Known::No(why) => {
                self.doubt = Some(why.clone());
                return Ok(());
            }
        };
        filters::network_acl(acl, direction, headers)
            .map_err(|rule| Stop::Dropped(format!("network ACL {} {rule}", acl.name)))
    }
}
