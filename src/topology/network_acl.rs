//! Network ACLs, as they were said.

use ipnet::IpNet;

use super::place::{Place, Spanned};
use super::traffic::Traffic;

/// A network ACL. The immutable `*` rules are never listed: they are always there (NA-2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkAcl {
    /// Rules for packets that enter the subnet, in file order.
    pub inbound: Vec<AclRule>,
    /// Rules for packets that leave the subnet, in file order.
    pub outbound: Vec<AclRule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclRule {
    /// 1 to 32766; the lowest that matches decides (NA-1, NA-2).
    pub number: Spanned<u16>,
    /// What to do.
    pub action: AclAction,
    /// Protocol and ports.
    pub traffic: Traffic,
    /// Source of an inbound rule, destination of an outbound one (NA-3).
    pub peer: Spanned<AclPeer>,
    /// The whole rule.
    pub place: Place,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclAction {
    /// Lets the packet through.
    Allow,
    /// Drops it.
    Deny,
}

/// The remote side of a rule. Never a security group or prefix list (NA-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AclPeer {
    /// A CIDR of either family; host bits are masked later.
    Cidr(IpNet),
    /// A named network: shorthand for its CIDRs.
    Network(String),
}
