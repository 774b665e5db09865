//! What a rule table decided about a set of packets.

use crate::flow::FlowSet;

use super::code::Code;
use super::id::{NetworkAclId, RouteTableId, SecurityGroupId};

/// Which way a packet passes a filter, seen from the interface or subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Towards it.
    Inbound,
    /// Away from it.
    Outbound,
}

impl Direction {
    /// `inbound` or `outbound`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// One rule, for citing. [`Network::rule`](super::Network::rule) tells its text and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleId {
    /// The rule at that position of a security group.
    SecurityGroup(SecurityGroupId, Direction, u32),
    /// The rule at that position (sorted by number) of a network ACL.
    NetworkAcl(NetworkAclId, Direction, u32),
    /// The implicit `*` rule.
    AclDefault(NetworkAclId, Direction),
    /// The route at that position of a route table.
    Route(RouteTableId, u32),
}

/// What happens to packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// They pass.
    Allow,
    /// They are dropped, silently (W-7).
    Deny(Code),
    /// Nobody can say.
    Unknown(Code),
}

/// A part of the packets that met a gate, and what was decided about it.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The packets.
    pub packets: FlowSet,
    /// What happens to them.
    pub action: Action,
    /// The rule that decided; none where no rule matched.
    pub rule: Option<RuleId>,
}
