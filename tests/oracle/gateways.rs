//! The hops that do more than pass a packet on: gateways, NAT and appliances.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::filters::{Direction, Sender};
use super::guard::By;
use super::packet::{Headers, ICMP, TCP, UDP};
use super::walk::{Arrival, Arrived, Forwarder, Passage, Stop, Walk};
use super::world::*;

impl Walk<'_> {
    /// IG-1, IG-3, IG-7: from a VPC to the internet.
    pub(super) fn out_by_internet_gateway(&mut self, subnet: usize, headers: Headers) -> Arrived {
        let vpc = self.world.subnets[subnet].vpc;
        let attached = self.world.vpcs[vpc].internet_gateway.is_some_and(|gateway| gateway.attached);
        if !attached {
            return Err(Stop::dropped("internet gateway not attached (IG-1)"));
        }
        if !is_public(headers.destination) {
            return Err(Stop::dropped("internet gateway: private destination (IG-1)"));
        }
        let source = match headers.source {
            // IG-3: one to one; who has no public address does not get out.
            IpAddr::V4(_) => match self.world.private_to_public.get(&(vpc, headers.source)) {
                Some(public) => *public,
                None => return Err(Stop::dropped("internet gateway: no public address (IG-1)")),
            },
            // IG-7: no translation; the address must be one of the VPC's.
            IpAddr::V6(_) if self.world.owners.contains_key(&(vpc, headers.source)) => headers.source,
            IpAddr::V6(_) => return Err(Stop::dropped("internet gateway: foreign source (IG-7)")),
        };
        let by = match self.world.owners.get(&(vpc, headers.source)) {
            Some(Owner::NatGateway(_)) => By::NatGateway,
            _ => By::Itself,
        };
        self.guard_outward(vpc, subnet, by)?;
        self.internet(Headers { source, ..headers })
    }

    /// IG-7: IPv6 only, and only what begins inside.
    pub(super) fn out_by_egress_only(&mut self, subnet: usize, headers: Headers) -> Arrived {
        let vpc = self.world.subnets[subnet].vpc;
        if headers.source.is_ipv4() {
            return Err(Stop::dropped("egress-only internet gateway: IPv4 (RT-13)"));
        }
        if !is_public(headers.destination) || !self.world.owners.contains_key(&(vpc, headers.source)) {
            return Err(Stop::dropped("egress-only internet gateway: addresses (IG-7)"));
        }
        let client = std::mem::take(&mut self.client);
        let guarded = self.guard_outward(vpc, subnet, By::EgressOnly);
        self.client = client;
        guarded?;
        let headers = self.pass(Forwarder::EgressOnly(vpc), headers, headers)?;
        self.internet(headers)
    }

    /// On the internet: to the VPC that has the destination, or to some host out there.
    pub fn internet(&mut self, mut headers: Headers) -> Arrived {
        self.sender = Sender::Lost;
        self.by_transit = false;
        if let Some(what) = self.world.unmodelled.get(&headers.destination) {
            return Err(Stop::Unknown(what.clone()));
        }
        let vpc = match headers.destination {
            IpAddr::V4(_) => match self.world.public_to_private.get(&headers.destination) {
                // IG-3: translated before the filters see it.
                Some((vpc, private)) => {
                    headers.destination = *private;
                    *vpc
                }
                None => return self.out_there(headers),
            },
            IpAddr::V6(_) => {
                let vpcs = 0..self.world.vpcs.len();
                let owner = vpcs.into_iter().find(|vpc| self.world.vpc_contains(*vpc, headers.destination));
                match owner {
                    Some(vpc) => vpc,
                    None => return self.out_there(headers),
                }
            }
        };
        self.enter_vpc(vpc, headers)
    }

    /// Nobody out there has a private address, and nobody answers from one.
    fn out_there(&self, headers: Headers) -> Arrived {
        if self.world.is_on_premises(headers.destination) {
            return Err(Stop::dropped("the network is not on the internet"));
        }
        if is_public(headers.destination) {
            Ok((Arrival::Internet, headers))
        } else {
            Err(Stop::dropped("a private address is not on the internet"))
        }
    }

    /// IG-2, IG-4: from the internet into a VPC; no route is looked up.
    fn enter_vpc(&mut self, vpc: usize, headers: Headers) -> Arrived {
        let world = self.world;
        self.note("from the internet", headers);
        // What left by an egress-only gateway comes back by it.
        if self.answers_passage(Forwarder::EgressOnly(vpc), &headers) {
            let headers = self.pass(Forwarder::EgressOnly(vpc), headers, headers)?;
            return self.deliver(vpc, None, headers);
        }
        let Some(gateway) = world.vpcs[vpc].internet_gateway.filter(|gateway| gateway.attached) else {
            return Err(Stop::dropped("inbound: no internet gateway is attached (IG-2)"));
        };
        if !is_public(headers.source) {
            return Err(Stop::dropped("internet gateway: private source (IG-2)"));
        }
        if let Some(Owner::Interface(interface)) = world.owners.get(&(vpc, headers.destination)) {
            self.guard_inward(vpc, world.interfaces[*interface].subnet)?;
        }
        if gateway.edge_table {
            return Err(Stop::Unknown("the route table of an internet gateway".into()));
        }
        // EN-5. READING: replies to the interface's own requests are dropped too.
        if let Some(Owner::Interface(interface)) = world.owners.get(&(vpc, headers.destination))
            && world.interfaces[*interface].deny_all_igw_traffic
        {
            return Err(Stop::dropped("denyAllIgwTraffic (EN-5)"));
        }
        self.deliver(vpc, None, headers)
    }

    /// A route says that a NAT gateway is next.
    pub(super) fn route_to_nat_gateway(&mut self, number: usize, from: usize, headers: Headers) -> Arrived {
        let gateway = &self.world.nat_gateways[number];
        // NG-5, row 2: the ACL of the NAT gateway's subnet sees the client's packet.
        if from != gateway.subnet {
            self.acl(gateway.subnet, Direction::Inbound, &headers)?;
        }
        self.translate_by_nat_gateway(number, headers)
    }

    /// The packet is addressed to the NAT gateway itself: a reply, or nothing of its.
    pub(super) fn arrive_at_nat_gateway(
        &mut self,
        number: usize,
        from: Option<usize>,
        headers: Headers,
    ) -> Arrived {
        let gateway = &self.world.nat_gateways[number];
        if from != Some(gateway.subnet) {
            self.acl(gateway.subnet, Direction::Inbound, &headers)?;
        }
        // NG-6: nothing unsolicited.
        if !self.answers_passage(Forwarder::NatGateway(number), &headers) {
            return Err(Stop::dropped("NAT gateway: unsolicited (NG-6)"));
        }
        self.translate_by_nat_gateway(number, headers)
    }

    fn translate_by_nat_gateway(&mut self, number: usize, headers: Headers) -> Arrived {
        let gateway = &self.world.nat_gateways[number];
        if !gateway.available {
            return Err(Stop::dropped("NAT gateway not available (NG-9)"));
        }
        if headers.source.is_ipv6() {
            return Err(Stop::dropped("NAT gateway: IPv6 (V6-3)"));
        }
        // NG-4.
        if !matches!(headers.protocol, TCP | UDP | ICMP) {
            return Err(Stop::dropped("NAT gateway: protocol (NG-4)"));
        }
        // NG-7, for new flows: of its own VPC, or those that a transit gateway brought.
        let vpc = self.world.subnets[gateway.subnet].vpc;
        if !self.replying && !self.by_transit && !self.world.vpc_contains(vpc, headers.source) {
            return Err(Stop::dropped("NAT gateway: source not in its VPC (NG-7)"));
        }
        let after = self.translated(headers, gateway.address);
        let headers = self.pass(Forwarder::NatGateway(number), headers, after)?;
        // NG-1, NG-2: onward by the table of its own subnet. READING: whatever that says: an
        // internet gateway, a peering, a host in the VPC, another NAT device.
        self.leave(gateway.subnet, headers)
    }

    /// NG-3: the source becomes the NAT device's address and one of its ports.
    fn translated(&self, headers: Headers, source: IpAddr) -> Headers {
        let ports = matches!(headers.protocol, TCP | UDP);
        let source_port = if ports { self.nat_port } else { headers.source_port };
        Headers { source, source_port, ..headers }
    }

    /// A route says that an interface is next.
    pub(super) fn route_to_appliance(&mut self, number: usize, from: usize, headers: Headers) -> Arrived {
        let interface = &self.world.interfaces[number];
        self.enter(number, Some(from), &headers)?;
        if let Some(kind) = &interface.unmodelled {
            return Err(Stop::Unknown(format!("a {kind} forwards")));
        }
        // EN-2: inbound, the destination must be an own address.
        if interface.addresses.contains(&headers.destination) {
            return Ok((Arrival::Interface(number), headers));
        }
        if interface.source_dest_check {
            return Err(Stop::dropped("source/destination check of an appliance (EN-2)"));
        }
        self.forward_by_appliance(number, headers)
    }

    /// RT-20, NG-11: an instance forwards what is not its own.
    pub(super) fn forward_by_appliance(&mut self, number: usize, headers: Headers) -> Arrived {
        let interface = &self.world.interfaces[number];
        // Which interface it would use to go on is the instance's business.
        if interface.siblings > 1 {
            return Err(Stop::Unknown(format!("{} forwards between interfaces", interface.instance)));
        }
        // NG-11: where its own way to the destination is an internet gateway, it translates.
        // READING: IPv4 only (V6-2); any protocol, with ports only where there are any.
        let after = match interface.addresses.first() {
            Some(own @ IpAddr::V4(_)) if self.translates(interface.subnet, headers.destination) => {
                self.translated(headers, *own)
            }
            _ => headers,
        };
        let headers = self.pass(Forwarder::Appliance(number), headers, after)?;
        self.send_from(number, headers)
    }

    fn translates(&self, subnet: usize, destination: IpAddr) -> bool {
        let Known::Yes(table) = self.world.subnets[subnet].table else { return false };
        destination.is_ipv4()
            && !self.world.subnet_contains(subnet, destination)
            && matches!(
                self.world.tables[table].lookup(destination),
                super::routing::Lookup::Route(Route { target: Target::InternetGateway, .. })
            )
    }

    /// Whether the packet answers what that device forwarded last.
    pub(super) fn answers_passage(&self, by: Forwarder, headers: &Headers) -> bool {
        self.replying
            && self
                .passages
                .last()
                .is_some_and(|passage| passage.by == by && passage.after.reply() == Some(*headers))
    }

    /// Something stateful forwards: it notes a request, and undoes the note for the reply.
    fn pass(&mut self, by: Forwarder, before: Headers, after: Headers) -> Result<Headers, Stop> {
        self.sender = Sender::Lost;
        if !self.replying {
            self.passages.push(Passage { by, before, after });
            return Ok(after);
        }
        // AS-1, IG-5: no such flow. READING: so too for a device that the request did not pass.
        if !self.answers_passage(by, &before) {
            return Err(Stop::Dropped(format!("{by:?} has no such flow (AS-1)")));
        }
        let note = self.passages.pop().and_then(|passage| passage.before.reply());
        note.ok_or_else(|| Stop::dropped("nothing answers that"))
    }
}

/// IG-1, IG-2: the internet gateway forwards neither RFC 1918 nor RFC 6598 addresses.
/// READING: nor IPv6 addresses that are unique local or link-local.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_private() && !is_shared(v4),
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !is_unique_local(v6),
    }
}

// RFC 6598: 100.64.0.0/10.
fn is_shared(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    first == 100 && second & 0xc0 == 64
}

fn is_unique_local(address: Ipv6Addr) -> bool {
    address.segments()[0] & 0xfe00 == 0xfc00
}
