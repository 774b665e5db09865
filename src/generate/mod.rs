//! Topologies of any size, made up: realistic ones and hostile ones, the same for the same seed.
//!
//! A network is made VPC by VPC, each from the seed and its own number alone, so that a million interfaces
//! can be written without holding more than one VPC. The same VPCs become YAML ([`Generator::write_yaml`]), one AWS
//! capture ([`Generator::write_aws`]), or a [`Topology`] without a file.

mod aws;
mod hostile;
mod plan;
mod realistic;
mod rng;
mod yaml;

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::topology::{
    Entries, Entry, NamedNetwork, PeeringConnection, PeeringStatus, Place, PrefixList, Spanned, Topology, Vpc,
};

/// Interfaces per VPC, unless somebody says otherwise; also the most that a VPC takes.
pub const VPC_ENIS: u32 = 2_000;

/// The most interfaces that the address plan has room for.
pub const MOST_ENIS: u32 = 8_000_000;

/// What a network is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Three tiers in three zones per VPC, a security group per 20 interfaces, gateways, peerings, and a few mistakes.
    Realistic,
    /// The same ground plan, but every interface has a set of groups of its own, full of single addresses: nothing is equivalent.
    Hostile,
}

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many interfaces. NAT gateways come on top.
    pub enis: u32,
    /// What it is like.
    pub shape: Shape,
    /// Different seeds, different networks.
    pub seed: u64,
    /// Interfaces per VPC, 1 to [`VPC_ENIS`].
    pub vpc_enis: u32,
}

impl Options {
    /// So many interfaces of a shape, in VPCs of the usual size.
    pub const fn new(enis: u32, shape: Shape, seed: u64) -> Self {
        Self { enis, shape, seed, vpc_enis: VPC_ENIS }
    }
}

/// Makes a network.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    options: Options,
}

impl Generator {
    /// A generator of that network. Sizes out of range are cut to what is possible.
    pub fn new(options: Options) -> Self {
        let vpc_enis = options.vpc_enis.clamp(1, VPC_ENIS);
        let most = vpc_enis.saturating_mul(plan::MOST_VPCS).min(MOST_ENIS);
        Self { options: Options { vpc_enis, enis: options.enis.clamp(1, most), ..options } }
    }

    /// How many interfaces it has.
    pub const fn enis(&self) -> u32 {
        self.options.enis
    }

    /// How many VPCs it has.
    pub const fn vpcs(&self) -> u32 {
        self.options.enis.div_ceil(self.options.vpc_enis)
    }

    /// The VPC of that number.
    pub fn vpc(&self, number: u32) -> Entry<Vpc> {
        let done = number.saturating_mul(self.options.vpc_enis);
        let enis = self.options.enis.saturating_sub(done).min(self.options.vpc_enis);
        plan::Plan { options: self.options, vpcs: self.vpcs(), number, enis }.vpc()
    }

    /// The peering connections.
    pub fn peerings(&self) -> impl Iterator<Item = Entry<PeeringConnection>> {
        let vpcs = self.vpcs();
        let pairs = (0..vpcs).flat_map(move |a| plan::peers(a, vpcs).into_iter().map(move |b| (a, b)));
        pairs.filter(|(a, b)| a < b).map(|(a, b)| {
            let status = match plan::is_pending(a, b) {
                true => PeeringStatus::PendingAcceptance,
                false => PeeringStatus::Active,
            };
            let peering = PeeringConnection {
                requester: implicit(plan::vpc_name(a)),
                accepter: implicit(plan::vpc_name(b)),
                status: Spanned::implicit(status),
                requester_cidrs: vec![IpNet::V4(plan::vpc_cidr(a))],
                accepter_cidrs: vec![IpNet::V4(plan::vpc_cidr(b))],
                place: Place::Implicit,
            };
            entry(plan::peering_name(a, b), peering)
        })
    }

    /// The whole network at once, for the library: about two kilobytes per interface.
    pub fn topology(&self) -> Topology {
        Topology {
            prefix_lists: Entries(prefix_lists()),
            networks: Entries(networks()),
            vpcs: Entries((0..self.vpcs()).map(|number| self.vpc(number)).collect()),
            peering_connections: Entries(self.peerings().collect()),
            ..Topology::default()
        }
    }
}

/// Lists of ranges; the entries of the second one are not known.
fn prefix_lists() -> Vec<Entry<PrefixList>> {
    let partners = (0..12u8).map(|n| IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(192, 0, n, 0), 24)));
    let partners = PrefixList {
        entries: Some(partners.map(Spanned::implicit).collect()),
        max_entries: Some(Spanned::implicit(20)),
    };
    let storage = PrefixList { entries: None, max_entries: None };
    vec![entry("partners".to_owned(), partners), entry("storage".to_owned(), storage)]
}

fn networks() -> Vec<Entry<NamedNetwork>> {
    let ipv6 = Ipv6Net::new_assert(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, 0), 48);
    let ipv4 = Ipv4Net::new_assert(Ipv4Addr::new(203, 0, 113, 0), 24);
    let cidrs = vec![Spanned::implicit(IpNet::V4(ipv4)), Spanned::implicit(IpNet::V6(ipv6))];
    vec![entry("office".to_owned(), NamedNetwork { cidrs, routes_back: None, on_premises: false })]
}

fn implicit(text: impl Into<String>) -> Spanned<String> {
    Spanned::implicit(text.into())
}

fn entry<T>(name: String, value: T) -> Entry<T> {
    Entry { name: implicit(name), aliases: Vec::new(), value }
}
