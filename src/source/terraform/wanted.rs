//! What the attributes of resources link to.

use super::reference::Wanted;

const fn kinds(kinds: &'static [&'static str]) -> Wanted {
    Wanted { kinds, attributes: &[] }
}

pub(super) const VPC_KINDS: &[&str] = &["aws_vpc", "aws_default_vpc"];
pub(super) const SUBNET_KINDS: &[&str] = &["aws_subnet", "aws_default_subnet"];
pub(super) const TABLE_KINDS: &[&str] = &["aws_route_table", "aws_default_route_table"];
pub(super) const ACL_KINDS: &[&str] = &["aws_network_acl", "aws_default_network_acl"];
pub(super) const GROUP_KINDS: &[&str] = &["aws_security_group", "aws_default_security_group"];

pub(super) static VPC: Wanted = kinds(VPC_KINDS);
pub(super) static SUBNET: Wanted = kinds(SUBNET_KINDS);
pub(super) static ROUTE_TABLE: Wanted = Wanted {
    kinds: TABLE_KINDS,
    attributes: &[
        ("aws_vpc", "main_route_table_id"),
        ("aws_vpc", "default_route_table_id"),
        ("aws_default_vpc", "main_route_table_id"),
        ("aws_default_vpc", "default_route_table_id"),
    ],
};
pub(super) static NETWORK_ACL: Wanted = Wanted {
    kinds: ACL_KINDS,
    attributes: &[("aws_vpc", "default_network_acl_id"), ("aws_default_vpc", "default_network_acl_id")],
};
pub(super) static SECURITY_GROUP: Wanted = Wanted {
    kinds: GROUP_KINDS,
    attributes: &[("aws_vpc", "default_security_group_id"), ("aws_default_vpc", "default_security_group_id")],
};
pub(super) static INTERNET_GATEWAY: Wanted = kinds(&["aws_internet_gateway"]);
pub(super) static EGRESS_ONLY: Wanted = kinds(&["aws_egress_only_internet_gateway"]);
pub(super) static GATEWAY: Wanted =
    kinds(&["aws_internet_gateway", "aws_vpn_gateway", "aws_vpc_endpoint", "aws_ec2_carrier_gateway"]);
pub(super) static VPN_GATEWAY: Wanted = kinds(&["aws_vpn_gateway"]);
pub(super) static NAT_GATEWAY: Wanted = kinds(&["aws_nat_gateway"]);
pub(super) static INSTANCE: Wanted = kinds(&["aws_instance", "aws_spot_instance_request"]);
pub(super) static INTERFACE: Wanted = Wanted {
    kinds: &["aws_network_interface"],
    attributes: &[("aws_instance", "primary_network_interface_id")],
};
pub(super) static PEERING: Wanted =
    kinds(&["aws_vpc_peering_connection", "aws_vpc_peering_connection_accepter"]);
pub(super) static TRANSIT_GATEWAY: Wanted = kinds(&["aws_ec2_transit_gateway"]);
pub(super) static ENDPOINT: Wanted = kinds(&["aws_vpc_endpoint"]);
pub(super) static PREFIX_LIST: Wanted = Wanted {
    kinds: &["aws_ec2_managed_prefix_list", "aws_prefix_list"],
    attributes: &[("aws_vpc_endpoint", "prefix_list_id")],
};
pub(super) static ELASTIC_IP: Wanted = kinds(&["aws_eip"]);
pub(super) static ANYTHING: Wanted = kinds(&[]);
