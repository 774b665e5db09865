//! From a topology to a [`Plan`].
//!
//! One namespace per interface (its connection tracking is the state of its security groups), one router per VPC
//! (route tables and network ACLs), one for each gateway, and the internet. Every interface has a point-to-point
//! link to its router, so that "no network ACL within a subnet" is a rule and not an accident of the wiring.

mod draft;
mod gateways;
mod host;
mod internet;
mod network_acl;
mod router;
mod routes;
mod security_group;
mod traffic;
mod transit;

use draft::Draft;

use super::plan::{NamespaceId, Plan};
use super::world::{Chosen, World};
use crate::topology::Topology;

/// How to plan.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Addresses for what the topology leaves open.
    pub chosen: Chosen,
    /// Whether rules that let packets pass report them too, so that their whole way is known.
    pub narrate: bool,
}

/// Plans a lab. Always succeeds: what can't be expressed becomes a gate that says so, and a
/// [`Gap`](super::plan::Gap).
pub fn plan(topology: &Topology, options: &Options) -> Plan {
    let world = World::new(topology, &options.chosen);
    let mut draft = Draft::new(&world, options.narrate);
    // Links carry the ports of a router: hosts and gateways first, then the rules of the routers that name them.
    let internet = draft.namespace("internet".to_owned());
    draft.plan.internet = internet;
    for vpc in 0..topology.vpcs.len() {
        let router = draft.namespace(format!("router {}", world.vpc_name(vpc)));
        draft.routers.push(router);
    }
    for index in 0..world.interfaces.len() {
        host::build(&mut draft, index);
    }
    for index in 0..world.nats.len() {
        gateways::nat_gateway(&mut draft, index);
    }
    for vpc in 0..topology.vpcs.len() {
        gateways::internet_gateway(&mut draft, vpc, internet);
        gateways::egress_only(&mut draft, vpc, internet);
    }
    gateways::peerings(&mut draft);
    transit::build(&mut draft);
    for vpc in 0..topology.vpcs.len() {
        router::build(&mut draft, vpc);
    }
    internet::build(&mut draft, internet);
    draft.finish()
}

/// The link groups of ports that are in no subnet; those of subnets follow.
mod group {
    pub(super) const NONE: u32 = 0;
    pub(super) const SINK: u32 = 1;
    pub(super) const GATEWAY: u32 = 2;
    const FIRST_SUBNET: u32 = 10;

    const FIRST_DOOR: u32 = 1_000_000;

    /// The group of links to transit gateways by their interface in a subnet.
    pub(super) fn of_door(subnet: usize) -> u32 {
        FIRST_DOOR.saturating_add(of_subnet(subnet))
    }

    /// The group, and the mark, of a subnet.
    pub(super) fn of_subnet(index: usize) -> u32 {
        FIRST_SUBNET.saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// The device names of a router, of which there is one each.
mod device {
    /// Everything but a router has its port to the VPC called that.
    pub(super) const ETH0: &str = "eth0";
    pub(super) const IGW: &str = "igw";
    pub(super) const EIGW: &str = "eigw";
    pub(super) const BLACKHOLE: &str = "blackhole";
    pub(super) const NO_ROUTE: &str = "noroute";
    /// `local`, or arrived from a gateway, and nothing has the address.
    pub(super) const NOBODY: &str = "nobody";
    /// Where only something that the lab can't express would know.
    pub(super) const GAP: &str = "gap";
    /// An internet gateway's or egress-only gateway's port to the internet.
    pub(super) const INTERNET: &str = "inet";
    /// A forwarding instance's second port: what it sends towards an internet gateway.
    pub(super) const TRANSLATED: &str = "out";
}

/// A namespace that was not made yet never appears: routers are made first.
const fn missing() -> NamespaceId {
    NamespaceId(usize::MAX)
}
