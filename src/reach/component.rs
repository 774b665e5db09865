//! Components by name.

use crate::network::{InterfaceId, Network};

use super::trace::Component;

/// A component as a reader wants to see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentName {
    /// Its kind, for machines: `security_group`, `network_acl`, `route_table`, …
    pub kind: &'static str,
    /// Kind and name in one word: `sg/web`, `nacl/data`, `rt/private`, `igw`.
    pub short: String,
    /// Its name.
    pub name: String,
    /// The VPC it is in.
    pub vpc: Option<String>,
    /// The subnet it is at, for network ACLs and route tables.
    pub subnet: Option<String>,
}

impl Component {
    /// Names a component. Several groups of one interface are joined by `+`.
    pub fn name(self, network: &Network) -> ComponentName {
        let vpc = |id: crate::network::VpcId| Some(network.vpcs[id].name.clone());
        let (kind, prefix, name, vpc, subnet) = match self {
            Self::SecurityGroups(id) => {
                ("security_group", "sg/", groups(network, id), vpc(network.interfaces[id].vpc), None)
            }
            Self::NetworkAcl(subnet, acl) => {
                let subnet = &network.subnets[subnet];
                let name = acl.map_or_else(|| "?".to_owned(), |acl| network.network_acls[acl].name.clone());
                ("network_acl", "nacl/", name, vpc(subnet.vpc), Some(subnet.name.clone()))
            }
            Self::RouteTable(subnet, table) => {
                let subnet = &network.subnets[subnet];
                let name =
                    table.map_or_else(|| "?".to_owned(), |table| network.route_tables[table].name.clone());
                ("route_table", "rt/", name, vpc(subnet.vpc), Some(subnet.name.clone()))
            }
            Self::InternetGateway(id) => {
                let gateway = &network.internet_gateways[id];
                ("internet_gateway", "", gateway.name.clone(), vpc(gateway.vpc), None)
            }
            Self::EgressOnlyInternetGateway(id) => {
                let gateway = &network.egress_only_internet_gateways[id];
                ("egress_only_internet_gateway", "", gateway.name.clone(), vpc(gateway.vpc), None)
            }
            Self::NatGateway(id) => {
                let nat = &network.nat_gateways[id];
                let subnet = network.subnets[nat.subnet].name.clone();
                ("nat_gateway", "", nat.name.clone(), vpc(nat.vpc), Some(subnet))
            }
            Self::Peering(id) => ("peering_connection", "", network.peerings[id].name.clone(), None, None),
            Self::TransitGateway(id) => {
                ("transit_gateway", "tgw/", network.transit_gateways[id].name.clone(), None, None)
            }
            Self::Attachment(id) => {
                let attachment = &network.attachments[id];
                let gateway = &network.transit_gateways[attachment.gateway].name;
                let name = format!("{gateway}/{}", attachment.name);
                ("transit_gateway_attachment", "tgw/", name, attachment.vpc().and_then(vpc), None)
            }
            Self::TransitTable(id, table) => {
                let gateway = &network.transit_gateways[network.attachments[id].gateway].name;
                let table = table.map_or("?", |table| network.route_tables[table].name.as_str());
                ("transit_gateway_route_table", "tgw-rt/", format!("{gateway}/{table}"), None, None)
            }
            Self::GatewayEndpoint(id) => {
                let endpoint = &network.gateway_endpoints[id];
                ("vpc_endpoint", "vpce/", endpoint.name.clone(), vpc(endpoint.vpc), None)
            }
            Self::Interface(id) => {
                let interface = &network.interfaces[id];
                let subnet = network.subnets[interface.subnet].name.clone();
                ("interface", "eni/", interface.name.clone(), vpc(interface.vpc), Some(subnet))
            }
            Self::VpnGateway(id) => {
                let gateway = &network.vpn_gateways[id];
                ("vpn_gateway", "", gateway.name.clone(), vpc(gateway.vpc), None)
            }
            Self::Line(id) => {
                let line = &network.lines[id];
                match line.kind {
                    crate::network::LineKind::DirectConnect => {
                        ("direct_connect", "dx/", line.name.clone(), None, None)
                    }
                    _ => ("vpn_connection", "vpn/", line.name.clone(), None, None),
                }
            }
            Self::Site(id) => ("network", "net/", network.sites[id].name.clone(), None, None),
            Self::Internet => ("internet", "", "internet".to_owned(), None, None),
            Self::Router(id) => ("vpc", "vpc/", network.vpcs[id].name.clone(), vpc(id), None),
            Self::Unmodelled(id) => {
                let item = &network.unmodelled[id];
                ("not_modelled", "", item.name.clone(), item.vpc.and_then(vpc), None)
            }
        };
        ComponentName { kind, short: format!("{prefix}{name}"), name, vpc, subnet }
    }
}

fn groups(network: &Network, interface: InterfaceId) -> String {
    let interface = &network.interfaces[interface];
    let names: Vec<&str> =
        interface.groups.iter().map(|group| network.security_groups[*group].name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join("+") }
}
