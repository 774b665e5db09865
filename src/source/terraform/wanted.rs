//! What the attributes of resources link to.

use super::reference::Wanted;

const fn kinds(kinds: &'static [&'static str], words: &'static [&'static str]) -> Wanted {
    Wanted { kinds, attributes: &[], words }
}

pub(super) const VPC_KINDS: &[&str] = &["aws_vpc", "aws_default_vpc"];
pub(super) const SUBNET_KINDS: &[&str] = &["aws_subnet", "aws_default_subnet"];
pub(super) const TABLE_KINDS: &[&str] = &["aws_route_table", "aws_default_route_table"];
pub(super) const ACL_KINDS: &[&str] = &["aws_network_acl", "aws_default_network_acl"];
pub(super) const GROUP_KINDS: &[&str] = &["aws_security_group", "aws_default_security_group"];

pub(super) static VPC: Wanted = kinds(VPC_KINDS, &["vpc"]);
pub(super) static SUBNET: Wanted = kinds(SUBNET_KINDS, &["subnet"]);
pub(super) static ROUTE_TABLE: Wanted = Wanted {
    kinds: TABLE_KINDS,
    attributes: &[
        ("aws_vpc", "main_route_table_id"),
        ("aws_vpc", "default_route_table_id"),
        ("aws_default_vpc", "main_route_table_id"),
        ("aws_default_vpc", "default_route_table_id"),
    ],
    words: &["route_table"],
};
pub(super) static NETWORK_ACL: Wanted = Wanted {
    kinds: ACL_KINDS,
    attributes: &[("aws_vpc", "default_network_acl_id"), ("aws_default_vpc", "default_network_acl_id")],
    words: &["acl"],
};
pub(super) static SECURITY_GROUP: Wanted = Wanted {
    kinds: GROUP_KINDS,
    attributes: &[("aws_vpc", "default_security_group_id"), ("aws_default_vpc", "default_security_group_id")],
    words: &["security_group", "vpc_config", "_sg"],
};
pub(super) static INTERNET_GATEWAY: Wanted = kinds(&["aws_internet_gateway"], &["gateway"]);
pub(super) static EGRESS_ONLY: Wanted = kinds(&["aws_egress_only_internet_gateway"], &["gateway"]);
pub(super) static GATEWAY: Wanted = kinds(
    &["aws_internet_gateway", "aws_vpn_gateway", "aws_vpc_endpoint", "aws_ec2_carrier_gateway"],
    &["gateway", "endpoint"],
);
pub(super) static VPN_GATEWAY: Wanted = kinds(&["aws_vpn_gateway"], &["gateway"]);
pub(super) static NAT_GATEWAY: Wanted = kinds(&["aws_nat_gateway"], &["nat_"]);
pub(super) static INSTANCE: Wanted =
    kinds(&["aws_instance", "aws_spot_instance_request"], &["instance", "spot_"]);
pub(super) static INTERFACE: Wanted = Wanted {
    kinds: &["aws_network_interface"],
    attributes: &[("aws_instance", "primary_network_interface_id")],
    words: &["interface", "eni"],
};
pub(super) static PEERING: Wanted =
    kinds(&["aws_vpc_peering_connection", "aws_vpc_peering_connection_accepter"], &["peering"]);
/// An attachment says its gateway, and people name that to have the attachment made first.
pub(super) static TRANSIT_GATEWAY: Wanted = Wanted {
    kinds: &["aws_ec2_transit_gateway"],
    attributes: &[
        ("aws_ec2_transit_gateway_vpc_attachment", "transit_gateway_id"),
        ("aws_ec2_transit_gateway_vpc_attachment_accepter", "transit_gateway_id"),
    ],
    words: &["gateway"],
};
pub(super) static TRANSIT_ATTACHMENT: Wanted = Wanted {
    kinds: &[
        "aws_ec2_transit_gateway_vpc_attachment",
        "aws_ec2_transit_gateway_vpc_attachment_accepter",
        "aws_ec2_transit_gateway_peering_attachment",
        "aws_ec2_transit_gateway_peering_attachment_accepter",
        "aws_ec2_transit_gateway_connect",
    ],
    attributes: &[("aws_vpn_connection", "transit_gateway_attachment_id")],
    words: &["attachment"],
};
pub(super) static TRANSIT_TABLE: Wanted = Wanted {
    kinds: &["aws_ec2_transit_gateway_route_table"],
    attributes: &[
        ("aws_ec2_transit_gateway", "association_default_route_table_id"),
        ("aws_ec2_transit_gateway", "propagation_default_route_table_id"),
    ],
    words: &["route_table"],
};
pub(super) static ENDPOINT: Wanted = kinds(&["aws_vpc_endpoint"], &["endpoint"]);
pub(super) static PREFIX_LIST: Wanted = Wanted {
    kinds: &["aws_ec2_managed_prefix_list", "aws_prefix_list"],
    attributes: &[("aws_vpc_endpoint", "prefix_list_id")],
    words: &["prefix_list"],
};
pub(super) static ELASTIC_IP: Wanted = kinds(&["aws_eip"], &["allocation", "eip"]);
pub(super) static ANYTHING: Wanted = kinds(&[], &[]);
