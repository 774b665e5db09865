//! Application load balancers (LB-1, LB-4). The nodes of one are the interfaces of the instance of the same name.

use super::place::{Place, Spanned};

/// What a load balancer does with what arrives at its nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadBalancer {
    /// What it listens to.
    pub listeners: Vec<Listener>,
    /// Where it was said.
    pub place: Place,
}

/// A port, and where connections to it go on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// The target group, by name, in the same VPC.
    pub target_group: Spanned<String>,
    /// Where it was said.
    pub place: Place,
}

/// Where connections go on to (LB-12).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetGroup {
    /// Names of instances or of groups of them, or IP addresses.
    pub targets: Vec<Spanned<String>>,
    /// The port of the targets; that of the listener if nothing was said.
    pub port: Option<Spanned<u16>>,
    /// The port that health checks are sent to; that of the targets if nothing was said.
    pub health_check_port: Option<Spanned<u16>>,
    /// Whether nodes send to targets in other zones; they do unless said otherwise (LB-11).
    pub cross_zone: Option<Spanned<bool>>,
    /// What targets are, if not instances or addresses: `lambda` or `alb`, which are not modelled.
    pub foreign: Option<Spanned<String>>,
    /// Where it was said.
    pub place: Place,
}
