//! Application load balancers: what their nodes do with connections (LB-1 to LB-13).

use std::net::IpAddr;

use crate::topology::Place;

use super::id::{InstanceId, InterfaceId};

/// A load balancer.
#[derive(Clone, Debug)]
pub struct LoadBalancer {
    /// The owner of its nodes; its name.
    pub instance: InstanceId,
    /// What it listens to.
    pub listeners: Vec<Listener>,
}

/// A port, and where connections to it go on to.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// The name of its target group.
    pub target_group: String,
    /// The targets.
    pub targets: Vec<BalancerTarget>,
    /// The port of the targets.
    pub target_port: u16,
    /// The port that health checks are sent to (LB-12, LB-13).
    pub health_check_port: u16,
    /// Whether nodes send to targets in other zones (LB-11).
    pub cross_zone: bool,
    /// What is not modelled about its targets, if anything.
    pub unknown: Option<String>,
    /// Where the listener was said.
    pub place: Place,
    /// Where its target group was said.
    pub group_place: Place,
}

/// A target of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalancerTarget {
    /// The primary address of an interface.
    Interface(InterfaceId),
    /// An address, as it is.
    Address(IpAddr),
}
