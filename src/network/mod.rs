//! What AWS would do with what was said: names resolved to ids, defaults applied, rules compiled.

mod code;
mod filter;
mod id;

pub use code::Code;
pub use filter::{Action, Decided, Direction, RuleId};
pub use id::{
    Arena, EgressOnlyInternetGatewayId, Index, InstanceId, InterfaceId, InternetGatewayId, NamedNetworkId,
    NatGatewayId, NetworkAclId, PeeringId, RouteTableId, SecurityGroupId, SubnetId, UnmodelledId, VpcId,
};
