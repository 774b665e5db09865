//! Load balancers: what their nodes do with connections (LB-1 to LB-15).

use std::net::IpAddr;

use crate::topology::{BalancerKind, Place, Transport};

use super::id::{InstanceId, InterfaceId};

/// A load balancer.
#[derive(Clone, Debug)]
pub struct LoadBalancer {
    /// The owner of its nodes; its name.
    pub instance: InstanceId,
    /// Its type.
    pub kind: BalancerKind,
    /// What it listens to.
    pub listeners: Vec<Listener>,
    /// Why it may have further listeners, if it may.
    pub unknown: Option<String>,
}

/// A port, and where connections to it go on to.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// What it takes.
    pub transport: Transport,
    /// The target groups that it may forward to.
    pub groups: Vec<TargetGroup>,
    /// Whether the load balancer itself answers some of what comes.
    pub answers: bool,
    /// Why it may forward to further groups, if it may.
    pub unknown: Option<String>,
    /// Where the listener was said.
    pub place: Place,
}

/// Where connections go on to.
#[derive(Clone, Debug)]
pub struct TargetGroup {
    /// Its name.
    pub name: String,
    /// The targets.
    pub targets: Vec<BalancerTarget>,
    /// The port that health checks are sent to, if not the target's own (LB-12, LB-13).
    pub health_check_port: Option<u16>,
    /// Whether nodes send to targets in other zones (LB-11); `Err` says why that is not known.
    pub cross_zone: Result<bool, String>,
    /// Whether targets see the client's address (LB-8); `Err` says why that is not known.
    pub preserves_client: Result<bool, String>,
    /// Whether its targets are functions, which are invoked and not dialled.
    pub is_function: bool,
    /// Why there may be further targets, if there may.
    pub unknown: Option<String>,
    /// Where it was said.
    pub place: Place,
}

/// A target of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalancerTarget {
    /// Who it is.
    pub at: TargetAddress,
    /// The port that it is dialled on.
    pub port: u16,
    /// Whose hosts it stands for, if AWS may put them into any of several subnets (EN-8): it may be there or not.
    pub one_of: Option<InstanceId>,
}

/// Who a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetAddress {
    /// The primary address of an interface.
    Interface(InterfaceId),
    /// An address, as it is.
    Address(IpAddr),
}
