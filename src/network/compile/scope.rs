//! Names while they are being resolved.

use std::collections::{BTreeMap, HashMap};

use super::super::id::{
    AttachmentId, GatewayEndpointId, InstanceId, InterfaceId, NamedNetworkId, NatGatewayId, NetworkAclId,
    PeeringId, RouteTableId, SecurityGroupId, SiteId, SubnetId, TransitGatewayId, UnmodelledId, VpcId,
    VpnGatewayId,
};

/// Where each kind of name is looked up.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) vpcs: BTreeMap<String, VpcId>,
    pub(super) networks: BTreeMap<String, NamedNetworkId>,
    pub(super) subnets: HashMap<(VpcId, String), SubnetId>,
    pub(super) route_tables: HashMap<(VpcId, String), RouteTableId>,
    pub(super) network_acls: HashMap<(VpcId, String), NetworkAclId>,
    pub(super) security_groups: HashMap<(VpcId, String), SecurityGroupId>,
    /// Groups by name alone, for ids of captures, which are unique everywhere.
    pub(super) security_groups_anywhere: HashMap<String, SecurityGroupId>,
    pub(super) nat_gateways: HashMap<(VpcId, String), NatGatewayId>,
    pub(super) instances: HashMap<(VpcId, String), InstanceId>,
    pub(super) interfaces: HashMap<(VpcId, String), InterfaceId>,
    pub(super) gateway_endpoints: HashMap<(VpcId, String), GatewayEndpointId>,
    /// Endpoint services that are described.
    pub(super) services: HashMap<String, UnmodelledId>,
    pub(super) peerings: BTreeMap<String, PeeringId>,
    pub(super) transit_gateways: BTreeMap<String, TransitGatewayId>,
    pub(super) attachments: HashMap<(TransitGatewayId, String), AttachmentId>,
    pub(super) vpn_gateways: BTreeMap<(VpcId, String), VpnGatewayId>,
    /// Sites by the name of their network, or by what else they are known for.
    pub(super) sites: HashMap<String, SiteId>,
    pub(super) unmodelled: BTreeMap<(Option<VpcId>, String), UnmodelledId>,
}

impl Scope {
    pub(super) fn vpc(&self, name: &str) -> Option<VpcId> {
        self.vpcs.get(name).copied()
    }
}

/// The known name that a wrong one was probably meant to be.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    const SIMILAR: f64 = 0.7;
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score >= SIMILAR)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}
