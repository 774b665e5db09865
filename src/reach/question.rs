//! What can be asked, and how a question becomes packets.

use std::fmt;
use std::net::IpAddr;

use crate::flow::{
    AddressSet, FlowSet, Packet, Pattern, PortSet, ProtocolSet, parse_cidr, protocol, single_address,
};
use crate::network::{InterfaceId, Network, SiteId, Supposed, UnmodelledId, public_addresses};
use crate::topology::{EphemeralPorts, FamilyFilter, PortRange};

use super::endpoint::{self, Member};
use super::endpoints::Endpoint;
use super::service::{self, Service};

/// Which addresses of its ends a question is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dial {
    /// The primary private address; the public one if the source is outside every VPC.
    #[default]
    Primary,
    /// The public address of the destination.
    Public,
    /// Every address of every interface, private and public: for questions that must miss nothing.
    Every,
}

/// How a question is to be understood.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Client ports; by kind of the source if `None`.
    pub client: Option<EphemeralPorts>,
    /// Exact client ports: overrides `client`.
    pub from_ports: Option<PortSet>,
    /// Only that address family; every family that both ends have if `None`.
    pub family: Option<FamilyFilter>,
    /// Which addresses.
    pub dial: Dial,
    /// Whether the reply does not matter.
    pub one_way: bool,
}

/// A question whose names are resolved.
#[derive(Clone, Debug)]
pub struct Question {
    /// The source as it was named.
    pub from: String,
    /// The destination as it was named, without the ports.
    pub to: String,
    /// What is asked for.
    pub service: Service,
    /// The single paths to ask about: one per pair of source and destination address (or outside set).
    pub probes: Vec<Probe>,
    /// What was assumed to make it concrete.
    pub assumptions: Vec<String>,
}

/// Packets from one source to one destination.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Where they start.
    pub source: Origin,
    /// The member that the source stands for, for example an instance; for messages.
    pub source_name: String,
    /// The member that the destination stands for.
    pub destination_name: String,
    /// The interface that is asked about, if it is one: where a private address that is dialled from outside would be.
    pub destination: Option<InterfaceId>,
    /// The interface that must get the packets, if the question names one: where ranges overlap, another owner of the
    /// same address is not it.
    pub meant: Option<InterfaceId>,
    /// The network of one's own that must get the packets, if the question names one.
    pub meant_site: Option<SiteId>,
    /// The destination, if it is something that is not modelled.
    pub destination_unmodelled: Option<UnmodelledId>,
    /// The names of the prefix list that the destination stands for, if nobody knows its entries: the packets are for every
    /// address that it may hold. Empty for any other destination.
    pub about: Vec<String>,
    /// The ports that translations on the way pick from; all that they may pick if `None`.
    pub translated_ports: Option<PortSet>,
    /// The packets; none if the ends have no address family in common.
    pub packets: FlowSet,
    /// Whether the reply does not matter.
    pub one_way: bool,
    /// Whether connections to a load balancer are followed to its targets; else they end at its node.
    pub follows: bool,
    /// Addresses that it supposes AWS to pick (EN-7); the same for all probes of a question.
    pub supposed: Vec<Supposed>,
}

/// Where packets start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// At an interface.
    Interface(InterfaceId),
    /// Somewhere on the internet.
    Internet,
    /// In a network of one's own.
    Site(SiteId),
    /// In or behind something that is not modelled.
    Unmodelled(UnmodelledId),
}

/// Why a question can't be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionError {
    /// What is wrong, in one lowercase sentence.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl QuestionError {
    pub(super) const fn new(message: String) -> Self {
        Self { message, help: None }
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for QuestionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for QuestionError {}

impl Question {
    /// Reads a question: `from` an endpoint, `to` an endpoint with `:PORTS`, `:PORT/udp`, `:icmp` or `:*`.
    ///
    /// # Errors
    /// If a name is unknown or ambiguous, or the service can't be read.
    pub fn parse(
        network: &Network,
        from: &str,
        to: &str,
        protocol: Option<&str>,
        options: &Options,
    ) -> Result<Self, QuestionError> {
        let (to, service) = split_destination(to);
        let service = Service::parse(service, protocol)?;
        Self::new(network, from, to, service, options)
    }

    /// A question about an endpoint and a service.
    ///
    /// # Errors
    /// If a name is unknown or ambiguous.
    pub fn new(
        network: &Network,
        from: &str,
        to: &str,
        service: Service,
        options: &Options,
    ) -> Result<Self, QuestionError> {
        let from = Endpoint::resolve(network, from, options.dial)?;
        let to = Endpoint::resolve(network, to, options.dial)?;
        Self::among(network, &from, &to, service, options)
    }

    /// A question about two endpoints that were resolved before.
    ///
    /// # Errors
    /// If the source can't send, or both are the same host.
    pub fn among(
        network: &Network,
        from: &Endpoint,
        to: &Endpoint,
        service: Service,
        options: &Options,
    ) -> Result<Self, QuestionError> {
        let mut sources = from.members.clone();
        if sources.len() > 1 {
            sources.retain(|member| !matches!(member, Member::NatGateway(..)));
        }
        let sources: Vec<Member> = sources.into_iter().flat_map(Member::split_private).collect();
        let destinations = &to.members;
        let (from, to) = (from.name().to_owned(), to.name().to_owned());
        let mut this = Self { from, to, service, probes: Vec::new(), assumptions: Vec::new() };
        for source in &sources {
            for destination in destinations {
                if source.is_same_host(destination, network) && sources.len().max(destinations.len()) > 1 {
                    continue;
                }
                this.pair(network, source, destination, options)?;
            }
        }
        if this.probes.is_empty() {
            let message = format!("`{}` and `{}` are the same host", this.from, this.to);
            return Err(QuestionError::new(message).help("a host reaches itself without any network"));
        }
        this.assumptions.sort();
        this.assumptions.dedup();
        Ok(this)
    }

    /// A question about one packet from an interface, or from outside.
    pub fn packet(network: &Network, source: Origin, packet: Packet) -> Self {
        let owner = network.vpcs.ids().find_map(|vpc| network.owner(vpc, packet.destination));
        let destination = match owner {
            Some(crate::network::Owner::Interface(id)) => Some(id),
            _ => None,
        };
        let probe = Probe {
            source,
            source_name: packet.source.to_string(),
            destination_name: packet.destination.to_string(),
            destination,
            meant: None,
            meant_site: None,
            destination_unmodelled: None,
            about: Vec::new(),
            translated_ports: None,
            packets: if packet.source.is_ipv6() == packet.destination.is_ipv6() {
                service::one_packet(packet)
            } else {
                FlowSet::empty()
            },
            one_way: false,
            follows: false,
            supposed: Vec::new(),
        };
        Self {
            from: packet.source.to_string(),
            to: packet.destination.to_string(),
            service: Service { parts: Vec::new(), text: format!("{}", packet.destination_port) },
            probes: vec![probe],
            assumptions: Vec::new(),
        }
    }

    /// A question about one packet from an origin to one interface, and to no other that may have its address.
    pub fn between(network: &Network, (source, destination): (Origin, InterfaceId), packet: Packet) -> Self {
        let mut this = Self::packet(network, source, packet);
        for probe in &mut this.probes {
            probe.destination = Some(destination);
            probe.meant = Some(destination);
        }
        this
    }

    fn pair(
        &mut self,
        network: &Network,
        source: &Member,
        destination: &Member,
        options: &Options,
    ) -> Result<(), QuestionError> {
        let (origin, from) = sources(network, source, options)?;
        let to = destinations(network, source, destination, options)?;
        let client = self.client_ports(network, source, options);
        let mut probe = Probe {
            source: origin,
            source_name: source.name(network),
            destination_name: destination.name(network),
            destination: match destination {
                Member::Interface(id, _) => Some(*id),
                _ => None,
            },
            meant: match destination {
                Member::Interface(id, None) => Some(*id),
                _ => None,
            },
            meant_site: match destination {
                Member::Site(id, ..) => Some(*id),
                _ => None,
            },
            destination_unmodelled: match destination {
                Member::Unmodelled(id) => Some(*id),
                _ => None,
            },
            about: match destination {
                Member::List(names, _) => names.clone(),
                _ => Vec::new(),
            },
            translated_ports: None,
            packets: FlowSet::empty(),
            one_way: options.one_way,
            follows: true,
            supposed: Vec::new(),
        };
        let before = self.probes.len();
        for ipv6 in [false, true] {
            let filtered = match options.family {
                Some(FamilyFilter::Ipv4) => ipv6,
                Some(FamilyFilter::Ipv6) => !ipv6,
                None => false,
            };
            if filtered {
                continue;
            }
            for from in from.iter().map(|set| of_family(set, ipv6)).filter(|set| !set.is_empty()) {
                for to in to.iter().map(|set| of_family(set, ipv6)).filter(|set| !set.is_empty()) {
                    let packets = self.service.packets(&from, &to, &client);
                    if packets.is_empty() {
                        continue;
                    }
                    self.assume(network, source, destination, &from, &to);
                    self.push(&mut probe, packets, options);
                }
            }
        }
        if self.probes.len() == before {
            probe.packets = FlowSet::empty();
            self.probes.push(probe);
        }
        Ok(())
    }

    /// A question that must miss nothing takes a datagram that arrives for one that gets through, whether or not anything
    /// answers: only TCP needs the way back.
    fn push(&mut self, probe: &mut Probe, packets: FlowSet, options: &Options) {
        let tcp = Pattern { protocols: Some(ProtocolSet::single(protocol::TCP)), ..Pattern::default() };
        let (answered, datagrams) = match options.dial {
            Dial::Every => packets.split(&tcp),
            Dial::Primary | Dial::Public => (packets, FlowSet::empty()),
        };
        for (packets, one_way) in [(answered, options.one_way), (datagrams, true)] {
            if !packets.is_empty() {
                probe.packets = packets;
                probe.one_way = one_way;
                self.probes.push(probe.clone());
            }
        }
    }

    fn client_ports(&mut self, network: &Network, source: &Member, options: &Options) -> PortSet {
        if let Some(ports) = &options.from_ports {
            return ports.clone();
        }
        let PortRange { first, last } = match (options.client, source) {
            (Some(client), _) => client.range(),
            (None, Member::Interface(id, _)) => {
                let instance = &network.instances[network.interfaces[*id].instance];
                if instance.ephemeral_ports_assumed {
                    let ports = instance.ephemeral_ports.range();
                    let profile = match instance.ephemeral_ports {
                        EphemeralPorts::Linux => "linux client ports",
                        EphemeralPorts::Windows => "windows client ports",
                        _ => "client ports",
                    };
                    self.assumptions.push(format!("{profile} ({ports})"));
                }
                instance.ephemeral_ports.range()
            }
            (None, _) => EphemeralPorts::Any.range(),
        };
        PortSet::range(first, last)
    }

    fn assume(
        &mut self,
        network: &Network,
        source: &Member,
        destination: &Member,
        from: &AddressSet,
        to: &AddressSet,
    ) {
        if let Member::List(..) = destination {
            self.assumptions.push(format!(
                "the entries of {} are not known: the answer holds for any public IPv4 addresses",
                destination.name(network)
            ));
        }
        for (member, set) in [(source, from), (destination, to)] {
            let Member::Interface(id, _) = member else { continue };
            let name = member.name(network);
            for address in &network.interfaces[*id].addresses {
                if address.assumed && set.contains(address.private) {
                    self.assumptions.push(format!("ip of {name} assumed {}", address.private));
                }
                if let Some(public) = address.public
                    && address.public_assumed
                    && set.contains(public.into())
                {
                    self.assumptions.push(format!(
                        "public ip of {name} assumed {public}, in no range that the file names"
                    ));
                }
            }
        }
    }
}

/// Splits `db:5432` into name and service; leaves the colons of `subnet:x`, `sg:x`, `net:x`, `pl:x`,
/// `vpce:x` and IPv6 alone.
pub fn split_destination(text: &str) -> (&str, Option<&str>) {
    if let Some(rest) = text.strip_prefix('[')
        && let Some((_, after)) = rest.split_once(']')
    {
        let end = text.len() - after.len();
        return (text.get(..end).unwrap_or(text), after.strip_prefix(':'));
    }
    if text.parse::<IpAddr>().is_ok() || parse_cidr(text).is_some() {
        return (text, None);
    }
    let prefix = ["subnet:", "sg:", "net:", "pl:", "vpce:"]
        .iter()
        .find(|prefix| text.starts_with(**prefix))
        .map_or(0, |prefix| prefix.len());
    let name = text.get(prefix..).unwrap_or_default();
    // A Terraform key may hold a colon: `aws_instance.web["a:b"]:443`.
    let key = name.rfind("\"]").map_or(0, |end| end + 2);
    let colon = name.get(key..).and_then(|rest| rest.find(':')).map(|at| key + at);
    match colon.and_then(|at| Some((name.get(..at)?, name.get(at + 1..)?))) {
        Some((name, service)) => (text.get(..prefix + name.len()).unwrap_or(text), Some(service)),
        None => (text, None),
    }
}

fn of_family(set: &AddressSet, ipv6: bool) -> AddressSet {
    AddressSet::from_ranges(set.intervals().iter().copied().filter(|(first, _)| first.is_ipv6() == ipv6))
}

/// Where packets of a source start, and the sets of addresses that they carry.
fn sources(
    network: &Network,
    source: &Member,
    options: &Options,
) -> Result<(Origin, Vec<AddressSet>), QuestionError> {
    Ok(match source {
        Member::Interface(id, given) => {
            let interface = &network.interfaces[*id];
            let private = given.filter(|address| interface.owns(*address)).or_else(|| {
                let public = (*given)?;
                interface
                    .addresses
                    .iter()
                    .find(|own| own.public.map(IpAddr::V4) == Some(public))
                    .map(|own| own.private)
            });
            let addresses: Vec<IpAddr> = match (private, options.dial) {
                (Some(address), _) => vec![address],
                (None, Dial::Every) => interface.private_addresses().collect(),
                (None, _) => [false, true]
                    .into_iter()
                    .filter_map(|ipv6| Some(interface.primary(ipv6)?.private))
                    .collect(),
            };
            (Origin::Interface(*id), addresses.into_iter().map(single_address).collect())
        }
        Member::Outside(_, addresses) => {
            let is_private = addresses.is_disjoint(&public_addresses());
            match (endpoint::private_link(network), network.open_site()) {
                (_, Some(site)) if is_private => (Origin::Site(site), vec![addresses.clone()]),
                (Some(id), _) if is_private => (Origin::Unmodelled(id), vec![addresses.clone()]),
                _ => (Origin::Internet, vec![addresses.clone()]),
            }
        }
        Member::Site(id, _, addresses) => (Origin::Site(*id), vec![addresses.clone()]),
        Member::Unmodelled(id) => (Origin::Unmodelled(*id), vec![network.internet().clone()]),
        Member::NatGateway(id, _) => {
            let name = &network.nat_gateways[*id].name;
            return Err(QuestionError::new(format!("NAT gateway `{name}` sends nothing of its own"))
                .help("ask from an instance that uses it"));
        }
        Member::List(..) => {
            let name = source.name(network);
            return Err(QuestionError::new(format!("the entries of `{name}` are not known"))
                .help("write them under `prefix_lists`, or ask from an address"));
        }
        Member::Vacant(vpc, addresses) => {
            let text = crate::flow::describe_addresses(addresses, 1);
            let vpc = &network.vpcs[*vpc].name;
            return Err(QuestionError::new(format!("nothing in VPC `{vpc}` has the address {text}"))
                .help("a packet needs an interface to start from"));
        }
    })
}

/// The sets of addresses that a destination is dialled by.
fn destinations(
    network: &Network,
    source: &Member,
    destination: &Member,
    options: &Options,
) -> Result<Vec<AddressSet>, QuestionError> {
    Ok(match destination {
        Member::Interface(id, given) => {
            let interface = &network.interfaces[*id];
            if let Some(address) = given {
                return Ok(vec![single_address(*address)]);
            }
            let from_outside = matches!(source, Member::Outside(..));
            let every: Vec<IpAddr> =
                interface.private_addresses().chain(interface.public_addresses()).collect();
            let public = interface.primary(false).and_then(|primary| primary.public);
            let ipv4 = match (options.dial, public) {
                (Dial::Every, _) => return Ok(every.into_iter().map(single_address).collect()),
                (Dial::Public, None) => {
                    let name = endpoint::interface_name(network, *id);
                    return Err(QuestionError::new(format!("`{name}` has no public IP address"))
                        .help("leave out `--to-public-ip` to dial its private address"));
                }
                (Dial::Public, Some(public)) => return Ok(vec![single_address(public.into())]),
                (Dial::Primary, Some(public)) if from_outside => Some(IpAddr::V4(public)),
                (Dial::Primary, _) => interface.primary(false).map(|primary| primary.private),
            };
            let ipv6 = interface.primary(true).map(|primary| primary.private);
            ipv4.into_iter().chain(ipv6).map(single_address).collect()
        }
        Member::NatGateway(id, given) => {
            let nat = &network.nat_gateways[*id];
            let address = match (given, nat.public_ip, source) {
                (Some(address), ..) => *address,
                (None, Some(public), Member::Outside(..)) => public.into(),
                _ => nat.private_ip.into(),
            };
            vec![single_address(address)]
        }
        Member::Outside(_, addresses)
        | Member::Site(_, _, addresses)
        | Member::Vacant(_, addresses)
        | Member::List(_, addresses) => {
            vec![addresses.clone()]
        }
        Member::Unmodelled(_) => vec![network.internet().clone()],
    })
}
