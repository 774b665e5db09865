//! Walks one concrete request through a topology, and then its reply.

use std::net::IpAddr;

use vpcreach::topology::Topology;

use super::packet::{Client, Headers, Leg, Outcome, Packet};
use super::transit::Choices;
use super::walk::{Arrival, Hop, Stop, Walk};
use super::world::World;

pub struct Simulator {
    world: World,
}

impl Simulator {
    pub fn new(topology: &Topology) -> Self {
        Self { world: World::new(topology) }
    }

    /// What becomes of one packet and of its reply.
    pub fn connect(&self, packet: &Packet) -> Outcome {
        self.explain(packet).0
    }

    /// The same, with the hops that it took there and back.
    pub fn explain(&self, packet: &Packet) -> (Outcome, Vec<Hop>) {
        let (outcome, hops, mut choices) = self.try_out(packet, Vec::new());
        // TG-2, TG-9: whatever AWS chooses. If that matters, nobody knows what becomes of the packet.
        while let Some(told) = choices.next() {
            let (other, _, more) = self.try_out(packet, told);
            choices = more;
            if std::mem::discriminant(&other) != std::mem::discriminant(&outcome) {
                let why = "it depends on the zone that a transit gateway uses".to_owned();
                return (Outcome::Unknown { why }, hops);
            }
        }
        (outcome, hops)
    }

    fn try_out(&self, packet: &Packet, told: Vec<usize>) -> (Outcome, Vec<Hop>, Choices) {
        let mut walk = Walk::new(&self.world, packet.nat_port);
        walk.choices.told = told;
        let (leg, result) = match self.request(&mut walk, packet) {
            Err(stop) => (Leg::Request, Err(stop)),
            Ok((server, request)) => (Leg::Reply, self.reply(&mut walk, packet, server, &request)),
        };
        let outcome = match (result, walk.doubt) {
            (Err(Stop::Dropped(by)), _) => Outcome::Dropped { leg, by },
            (Err(Stop::Unknown(why)), _) | (Ok(()), Some(why)) => Outcome::Unknown { why },
            (Ok(()), None) => Outcome::Delivered,
        };
        (outcome, walk.hops, walk.choices)
    }

    /// The way there: who got the packet, and what its headers were by then.
    fn request(&self, walk: &mut Walk<'_>, packet: &Packet) -> Result<(Arrival, Headers), Stop> {
        let headers = Headers::of(packet);
        if headers.source.is_ipv4() != headers.destination.is_ipv4() {
            return Err(Stop::dropped("the client has no address of the destination's family"));
        }
        match &packet.from {
            // IG-2: a request from the internet comes in by an internet gateway.
            Client::Internet { address } => {
                if self.world.is_on_premises(*address) {
                    return Err(Stop::Unknown("a client on premises".into()));
                }
                let (arrival, headers) = walk.internet(headers)?;
                if arrival == Arrival::Internet {
                    return Err(Stop::dropped("no internet gateway has the destination"));
                }
                Ok((arrival, headers))
            }
            Client::Site { network, address } => {
                let Some(site) = self.world.sites.iter().position(|site| site.name == *network) else {
                    return Err(Stop::Unknown(format!("client network {network} is not described")));
                };
                if !self.world.site_has(site, *address) {
                    return Err(Stop::Unknown("addresses beyond a network".to_owned()));
                }
                let (arrival, headers) = walk.leave_site(site, headers)?;
                if arrival == Arrival::Site(site) {
                    walk.stays(&headers)?;
                    return Ok((Arrival::HostLocal, headers));
                }
                Ok((arrival, headers))
            }
            Client::Interface { vpc, instance, interface, address } => {
                let vpc = self.world.vpc_named(vpc);
                let number = vpc.and_then(|vpc| self.world.interface_named(vpc, instance, interface));
                let Some(number) = number else {
                    return Err(Stop::Unknown(format!("client {instance}/{interface} is not described")));
                };
                let client = &self.world.interfaces[number];
                walk.client = Some(number);
                // EN-3: only a running instance sends.
                if !client.live {
                    return Err(Stop::dropped("the client does not run"));
                }
                // A host reaches its own addresses without sending anything: no device of AWS sees the packet.
                let own = |other: &&super::world::Interface| {
                    let one_host = client.endpoint.is_none() || other.subnet == client.subnet;
                    other.vpc == client.vpc && other.instance == client.instance && one_host
                };
                if self.world.interfaces.iter().filter(own).any(|one| one.addresses.contains(&packet.to)) {
                    return Ok((Arrival::HostLocal, headers));
                }
                // EP-5: connections go to an endpoint, none begin there.
                if client.endpoint.is_some() {
                    return Err(Stop::dropped("an endpoint opens no connections (EP-5)"));
                }
                if let Some(kind) = &client.unmodelled {
                    return Err(Stop::Unknown(format!("the client is a {kind}")));
                }
                // EN-2: outbound, the source must be an own address.
                if client.source_dest_check && !client.addresses.contains(address) {
                    return Err(Stop::dropped("source/destination check of the client"));
                }
                if let Some(service) = self.host_local(client.vpc, headers.destination) {
                    return self.ask_host_local(service, client.vpc, &headers);
                }
                walk.send_from(number, headers)
            }
        }
    }

    /// The way back, which must end at the client with exactly the reply that it waits for.
    fn reply(
        &self,
        walk: &mut Walk<'_>,
        packet: &Packet,
        server: Arrival,
        request: &Headers,
    ) -> Result<(), Stop> {
        if server == Arrival::HostLocal {
            return Ok(());
        }
        // Other ICMP messages than an echo request are not answered: delivered is delivered.
        let Some(reply) = request.reply() else { return Ok(()) };
        walk.turn_round();
        let (arrival, headers) = match server {
            Arrival::Interface(number) => walk.answer_from(number, reply)?,
            Arrival::Internet => walk.internet(reply)?,
            // EP-1: straight back into the VPC.
            Arrival::Service(vpc) => walk.deliver(vpc, None, reply)?,
            Arrival::Site(site) => {
                let (arrival, headers) = walk.leave_site(site, reply)?;
                // VG-8: the network keeps it.
                if arrival == Arrival::Site(site) {
                    return Err(Stop::dropped("the network has the client's address itself (VG-8)"));
                }
                (arrival, headers)
            }
            Arrival::HostLocal => return Ok(()),
        };
        let right_place = match (&packet.from, arrival) {
            (Client::Internet { .. }, Arrival::Internet) => true,
            (Client::Site { network, .. }, Arrival::Site(site)) => self.world.sites[site].name == *network,
            (Client::Interface { vpc, instance, interface, .. }, Arrival::Interface(number)) => {
                let found = &self.world.interfaces[number];
                self.world.vpcs[found.vpc].name == *vpc
                    && found.instance == *instance
                    && found.name == *interface
            }
            _ => false,
        };
        // PX-7: with twin networks, the reply may reach somebody else.
        if !right_place {
            return Err(Stop::dropped("the reply arrives at somebody else"));
        }
        // AS-1: whatever keeps state must see the reply too.
        if let Some(bypassed) = walk.bypassed() {
            return Err(Stop::Dropped(format!("the reply bypasses {bypassed}")));
        }
        if Headers::of(packet).reply() != Some(headers) {
            return Err(Stop::dropped("the reply does not belong to the request"));
        }
        Ok(())
    }

    /// DN-3, RT-12: addresses that are served on the host itself and never routed.
    fn host_local(&self, vpc: usize, destination: IpAddr) -> Option<Service> {
        let text = match destination {
            IpAddr::V4(v4) => {
                // VP-9: the resolver is at the base of the primary range plus two.
                let primary = self.world.vpcs[vpc].cidrs.iter().find_map(|cidr| match cidr {
                    ipnet::IpNet::V4(cidr) => Some(u32::from(cidr.network()) + 2),
                    ipnet::IpNet::V6(_) => None,
                });
                if primary == Some(u32::from(v4)) {
                    return Some(Service::VpcResolver);
                }
                match v4.octets() {
                    [169, 254, 169, 253] => return Some(Service::Resolver),
                    [169, 254, 168..=171, _] => v4.to_string(),
                    _ => return None,
                }
            }
            IpAddr::V6(v6) => match v6.segments() {
                [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x253] => return Some(Service::Resolver),
                [0xfd00, 0x0ec2, ..] => v6.to_string(),
                _ => return None,
            },
        };
        Some(match text.as_str() {
            "169.254.169.254" | "fd00:ec2::254" | "169.254.170.2" => Service::Known(super::packet::TCP, 80),
            "169.254.169.123" | "fd00:ec2::123" => Service::Known(super::packet::UDP, 123),
            _ => Service::Nothing,
        })
    }

    /// DN-1, SG-13, NA-9: neither groups nor ACLs filter these.
    fn ask_host_local(
        &self,
        service: Service,
        vpc: usize,
        headers: &Headers,
    ) -> Result<(Arrival, Headers), Stop> {
        use super::packet::{TCP, UDP};
        let dns = matches!(headers.protocol, TCP | UDP) && headers.destination_port == 53;
        let answers = match service {
            // READING: on other ports than 53 the resolver is an address that nobody owns.
            Service::VpcResolver | Service::Resolver => dns && self.world.vpcs[vpc].dns_support,
            // READING: of the other host-local addresses only the documented services answer.
            Service::Known(protocol, port) => {
                headers.protocol == protocol && headers.destination_port == port
            }
            Service::Nothing => false,
        };
        if answers {
            Ok((Arrival::HostLocal, *headers))
        } else {
            Err(Stop::dropped("no host-local service answers"))
        }
    }
}

#[derive(Clone, Copy)]
enum Service {
    VpcResolver,
    Resolver,
    Known(u8, u16),
    Nothing,
}
