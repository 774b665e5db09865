//! Load balancers and their target groups (LB-1 to LB-15). The nodes of one are the interfaces of the instance of the
//! same name.

use super::place::{Place, Spanned};

/// What a load balancer does with what arrives at its nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Its type.
    pub kind: BalancerKind,
    /// What it listens to.
    pub listeners: Vec<Listener>,
    /// Whether nodes send to targets in other zones, where the target group says nothing of its own (LB-11).
    pub cross_zone: Option<Spanned<bool>>,
    /// What of it nobody can say: a call that the capture lacks, a value that is known only after apply.
    pub unknown: Option<String>,
    /// Why its attributes (cross-zone) are not known, if they are not.
    pub attributes_unknown: Option<String>,
    /// Where it was said.
    pub place: Place,
}

/// The type of a load balancer. Gateway Load Balancers are not modelled yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BalancerKind {
    /// Ends connections and makes new ones (LB-1).
    #[default]
    Application,
    /// Passes connections on, perhaps with the client's address (LB-8).
    Network,
    /// The load balancers of before: ends connections, and knows instances only.
    Classic,
}

/// A port, and where connections to it go on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// What it takes.
    pub transport: Transport,
    /// The target groups to which its default action or one of its rules forwards, by name, in the same VPC.
    pub target_groups: Vec<Spanned<String>>,
    /// Whether the load balancer itself answers some or all of what comes: a redirect, a fixed response.
    pub answers: bool,
    /// Why it may forward to further groups, if it may.
    pub unknown: Option<String>,
    /// Where it was said.
    pub place: Place,
}

/// What a listener takes, and a target group passes on (LB-15): HTTP, HTTPS and TLS are TCP here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// Either.
    TcpUdp,
}

/// Where connections go on to (LB-12).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetGroup {
    /// Instances, groups of them, addresses, or load balancers.
    pub targets: Vec<Target>,
    /// What the targets are.
    pub kind: Spanned<TargetKind>,
    /// What it passes on; what the listener takes if nothing was said.
    pub transport: Option<Spanned<Transport>>,
    /// The port of the targets; that of the listener if nothing was said.
    pub port: Option<Spanned<u16>>,
    /// The port that health checks are sent to; that of the targets if nothing was said.
    pub health_check_port: Option<Spanned<u16>>,
    /// Whether nodes send to targets in other zones; what the load balancer says if nothing was said (LB-11).
    pub cross_zone: Option<Spanned<bool>>,
    /// Whether targets of a network load balancer see the client's address (LB-8).
    pub preserve_client_ip: Option<Spanned<bool>>,
    /// Why there may be further targets, if there may.
    pub unknown: Option<String>,
    /// Why its attributes (cross-zone, client IP preservation) are not known, if they are not.
    pub attributes_unknown: Option<String>,
    /// Where it was said.
    pub place: Place,
}

/// A target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The name of an instance, a group or a load balancer, or an address.
    pub name: Spanned<String>,
    /// The port it was registered with, if not that of the group.
    pub port: Option<u16>,
}

/// What the targets of a group are (LB-10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// Instances, by their primary address.
    #[default]
    Instance,
    /// Addresses.
    Ip,
    /// Functions: invoked, not dialled.
    Lambda,
    /// An application load balancer behind a network load balancer (LB-14).
    Balancer,
}
