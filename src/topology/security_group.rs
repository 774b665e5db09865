//! Security groups, as they were said.

use ipnet::IpNet;

use super::place::{Place, Spanned};
use super::traffic::Traffic;

/// A security group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Rules for new flows towards its members; `None` if nothing was said (none in a new group; the
    /// default group admits its own members, VP-12).
    pub inbound: Option<Vec<SecurityGroupRule>>,
    /// Rules for new flows from its members; `None` if nothing was said (all, or none under
    /// [`Defaults::Terraform`](super::Defaults)).
    pub outbound: Option<Vec<SecurityGroupRule>>,
    /// Where it was said.
    pub place: Place,
}

/// One rule: allow-only, with exactly one peer (SG-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupRule {
    /// Protocol and ports.
    pub traffic: Traffic,
    /// Source of an inbound rule, destination of an outbound one.
    pub peer: Spanned<SecurityGroupPeer>,
    /// AWS id of the rule (`sgr-…`), where it is known.
    pub id: Option<String>,
    /// The whole rule.
    pub place: Place,
}

/// The remote side of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityGroupPeer {
    /// A CIDR of either family; host bits are masked later.
    Cidr(IpNet),
    /// A named network: shorthand for its CIDRs.
    Network(String),
    /// A prefix list.
    PrefixList(String),
    /// Members of a group: `name`, `vpc/name`, or an AWS id (`sg-…`, also of a group that is gone, SG-20).
    Group(String),
    /// Members of the group that holds the rule (SG-8).
    SelfGroup,
    /// Somebody, but the source does not tell who: why not.
    Unknown(String),
}
