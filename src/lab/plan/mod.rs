//! What is to be built: namespaces, links between them, addresses, routes and nftables text. Plain data, without
//! privileges; `vpcreach lab plan` prints it.

mod gate;
mod script;

use std::net::IpAddr;

use ipnet::IpNet;

pub use gate::{ANY_ZONE, Device, Direction, Gate, HostName};
pub(super) use script::SETTINGS;
pub use script::Script;

/// A lab, ready to be built.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// One per interface, VPC router, gateway, and one for the internet. A [`NamespaceId`] is an index into them.
    pub namespaces: Vec<Namespace>,
    /// veth pairs between them.
    pub links: Vec<Link>,
    /// Those namespaces that stand for interfaces of instances.
    pub hosts: Vec<Host>,
    /// The namespace that owns every address that nothing else owns.
    pub internet: NamespaceId,
    /// The rules that log. The log prefix of a rule begins with its index here, in decimal, then a space.
    pub gates: Vec<Gate>,
    /// What the topology says and the kernel can't express: questions that may meet it are not asked of the lab.
    pub gaps: Vec<Gap>,
}

/// An index into [`Plan::namespaces`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamespaceId(pub usize);

/// A network namespace and what is in it.
#[derive(Clone, Debug, Default)]
pub struct Namespace {
    /// Unique, for people: `host app/web/eth0`, `router app`, `internet`.
    pub name: String,
    /// Addresses, each as /32 or /128, with the device that has it.
    pub addresses: Vec<(String, IpAddr)>,
    /// Routes, in the order of insertion.
    pub routes: Vec<Route>,
    /// Policy rules that choose a table.
    pub policies: Vec<Policy>,
    /// nftables text, for `nft -f -`.
    pub ruleset: String,
}

/// A veth pair.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its ends.
    pub ends: [Port; 2],
}

/// An end of a veth pair.
#[derive(Clone, Debug)]
pub struct Port {
    /// Where it is.
    pub namespace: NamespaceId,
    /// Its name there: at most 15 bytes.
    pub device: String,
    /// Its link group: in a VPC router, the subnet that it belongs to.
    pub group: u32,
}

/// The number of the main routing table.
pub const MAIN: u32 = 254;

/// A route of the kernel.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its table.
    pub table: u32,
    /// The prefix.
    pub destination: IpNet,
    /// What happens.
    pub way: Way,
    /// Lower wins among equal prefixes.
    pub metric: u32,
}

/// What a route does with a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Out of that device; the far end needs no address.
    Device(String),
    /// Back to the policy rules: the next table is asked.
    Throw,
    /// The namespace itself owns the whole prefix (`local`, device `lo`).
    Local,
}

/// A policy rule: packets with that mark, perhaps only to a prefix, look in a table. Without a prefix, for both families.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Lower comes first.
    pub preference: u32,
    /// The mark.
    pub mark: u32,
    /// Only for packets to this prefix.
    pub to: Option<IpNet>,
    /// The table.
    pub table: u32,
}

/// A namespace that stands for an interface.
#[derive(Clone, Debug)]
pub struct Host {
    /// Whose it is.
    pub name: HostName,
    /// Where.
    pub namespace: NamespaceId,
    /// Its own addresses, the primary IPv4 one first.
    pub addresses: Vec<IpAddr>,
    /// Private addresses with their public ones.
    pub public: Vec<(IpAddr, IpAddr)>,
}

/// Something that the lab can't express.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// What, in the topology's words.
    pub what: String,
    /// Why.
    pub why: String,
}
