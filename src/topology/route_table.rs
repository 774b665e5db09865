//! Route tables, as they were said. `local` routes are never listed here: every table has them.

use ipnet::IpNet;

use super::place::{Place, Spanned};

/// A route table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTable {
    /// Its routes, except the `local` ones that AWS adds for each CIDR of the VPC.
    pub routes: Vec<Route>,
    /// Names of virtual private gateways whose routes are propagated into it (VG-2).
    pub propagating: Vec<Spanned<String>>,
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where packets must want to go.
    pub destination: Spanned<RouteDestination>,
    /// Where they are sent.
    pub target: Spanned<RouteTarget>,
    /// Said to be a black hole whatever the target is; `None` means that the state of the target decides.
    pub state: Option<RouteState>,
    /// Static or propagated (RT-2).
    pub origin: RouteOrigin,
    /// The whole route.
    pub place: Place,
}

/// The destination of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteDestination {
    /// A CIDR; host bits are masked later (VP-2).
    Cidr(IpNet),
    /// A prefix list, by name: one route per entry (RT-8).
    PrefixList(String),
    /// Some destination, but the source does not tell which: why not.
    Unknown(String),
}

/// The target of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteTarget {
    /// The VPC itself; only where the `local` route is written out.
    Local,
    /// `blackhole`: the target is gone.
    Blackhole,
    /// A gateway, peering connection, interface (`appliance/eth1`), instance, …, by name or AWS id.
    Named(String),
}

/// A state that a source reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteState {
    /// Usable.
    Active,
    /// Not usable: target gone, detached, or not active (RT-10).
    Blackhole,
}

/// How a route came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RouteOrigin {
    /// Written by someone.
    #[default]
    Static,
    /// Learnt from a virtual private gateway (RT-2, RT-4).
    Propagated,
}
