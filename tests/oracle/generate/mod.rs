//! Random topologies, realistic and nasty, and random packets that are likely to be interesting.
//!
//! Everything follows from a seed. Every topology is one that AWS would accept: what is wrong with
//! it is what people get wrong, not what the API refuses. Every address is said.

mod endpoints;
pub mod features;
mod features_prune;
mod network;
mod on_premises;
pub mod packets;
mod rng;
mod routes;
mod rules;
mod transit;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use vpcreach::topology::*;

pub use rng::Rng;

/// A random topology.
pub fn topology(seed: u64) -> Topology {
    let mut draft = Draft::new(seed);
    draft.networks();
    draft.vpcs();
    draft.peerings();
    draft.tables();
    draft.transit_gateways(seed);
    draft.on_premises(seed);
    draft.groups();
    draft.acls();
    draft.endpoints(seed);
    draft.block_public_access(seed);
    draft.topology
}

fn said<T>(value: T) -> Spanned<T> {
    Spanned::implicit(value)
}

/// A topology under construction.
struct Draft {
    rng: Rng,
    topology: Topology,
    /// How often things are as people get them wrong, in percent.
    nasty: usize,
    public_addresses: u32,
    regions: bool,
}

/// What a subnet is for; its name begins with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Public,
    Private,
    Isolated,
}

impl Role {
    const ALL: [Self; 3] = [Self::Public, Self::Private, Self::Isolated];

    fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Isolated => "isolated",
        }
    }

    fn of(subnet: &str) -> Self {
        Self::ALL.into_iter().find(|role| subnet.starts_with(role.name())).unwrap_or(Self::Isolated)
    }
}

impl Draft {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let nasty = *rng.pick(&[2, 5, 10, 10, 20, 35]);
        let regions = rng.percent(20);
        let mut topology = Topology::default();
        if rng.percent(8) {
            topology.defaults = Defaults::Terraform;
        }
        Self { rng, topology, nasty, public_addresses: 0, regions }
    }

    /// Something that people get wrong.
    fn mistake(&mut self) -> bool {
        self.rng.percent(self.nasty)
    }

    /// Ranges on the internet that rules and routes can name.
    fn networks(&mut self) {
        let office = NamedNetwork { cidrs: vec![said(net("203.0.113.0/24"))], ..NamedNetwork::default() };
        self.topology.networks.push(said("office".to_owned()), office);
        let entries = ["198.51.100.64/26", "203.0.113.128/25", "2001:db8:f:1::/64"];
        let partner = entries[..self.rng.between(1, 3)].iter().map(|entry| said(net(entry))).collect();
        let partner = PrefixList { entries: Some(partner), max_entries: None };
        self.topology.prefix_lists.push(said("partner".to_owned()), partner);
        let entries = Some(vec![said(net("198.51.100.0/24")), said(net("203.0.113.128/25"))]);
        let other = PrefixList { entries, max_entries: None };
        self.topology.prefix_lists.push(said("other".to_owned()), other);
        if self.rng.percent(25) {
            let managed = PrefixList { entries: None, max_entries: None };
            self.topology.prefix_lists.push(said("managed".to_owned()), managed);
        }
    }

    fn public_address(&mut self) -> Ipv4Addr {
        self.public_addresses += 1;
        Ipv4Addr::from(u32::from(Ipv4Addr::new(54, 10, 0, 0)) + 7 * self.public_addresses)
    }
}

fn net(text: &str) -> IpNet {
    text.parse().expect("a CIDR")
}

/// The host of that number in a network.
fn host4(cidr: Ipv4Net, number: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(cidr.network()) + number)
}

fn host6(cidr: Ipv6Net, number: u128) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(cidr.network()) + number)
}

/// The address right before or after, if there is one.
fn beside(address: IpAddr, after: bool) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let number = u32::from(v4);
            let beside = if after { number.checked_add(1) } else { number.checked_sub(1) };
            Ipv4Addr::from(beside.unwrap_or(number)).into()
        }
        IpAddr::V6(v6) => {
            let number = u128::from(v6);
            let beside = if after { number.checked_add(1) } else { number.checked_sub(1) };
            Ipv6Addr::from(beside.unwrap_or(number)).into()
        }
    }
}
