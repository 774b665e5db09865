//! `describe-network-interfaces` and `describe-addresses`.

use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Deserialize;

use super::builder::Builder;
use super::common::Tag;
use super::remarks;
use super::{unmodelled, vpc_endpoint};
use crate::topology::{self, InstanceKind, Place, PublicAddress, PublicIp, Spanned};

/// An interface, in its own call or inside an instance.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct NetworkInterface {
    pub(super) network_interface_id: String,
    pub(super) subnet_id: Option<String>,
    pub(super) vpc_id: Option<String>,
    pub(super) private_ip_address: Option<String>,
    pub(super) private_ip_addresses: Vec<PrivateIpAddress>,
    pub(super) ipv6_addresses: Vec<Ipv6Address>,
    pub(super) association: Option<PublicAssociation>,
    pub(super) groups: Vec<GroupIdentifier>,
    pub(super) source_dest_check: Option<bool>,
    pub(super) status: Option<String>,
    pub(super) attachment: Option<Attachment>,
    pub(super) interface_type: Option<String>,
    pub(super) description: Option<String>,
    pub(super) requester_id: Option<String>,
    pub(super) deny_all_igw_traffic: Option<bool>,
    pub(super) tag_set: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PrivateIpAddress {
    primary: bool,
    private_ip_address: String,
    association: Option<PublicAssociation>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Ipv6Address {
    ipv6_address: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PublicAssociation {
    public_ip: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct GroupIdentifier {
    group_id: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Attachment {
    pub(super) instance_id: Option<String>,
    pub(super) device_index: u32,
    pub(super) network_card_index: u32,
    pub(super) status: Option<String>,
}

/// An Elastic IP address.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Address {
    public_ip: Option<String>,
    private_ip_address: Option<String>,
    network_interface_id: Option<String>,
    instance_id: Option<String>,
}

const ADDRESS_KIND: &str = "Elastic IP address";

/// A public address and the private one that it belongs to; none means the primary one.
type PublicPair = (Option<Ipv4Addr>, Ipv4Addr);

/// What other answers say about interfaces.
#[derive(Default)]
pub(super) struct Owners<'a> {
    nat_gateways: HashSet<&'a str>,
    endpoints: HashSet<&'a str>,
    /// Those of interface endpoints.
    modelled_endpoints: HashSet<String>,
    /// By interface id and by instance id.
    elastic: HashMap<&'a str, Vec<PublicPair>>,
}

impl<'a> Owners<'a> {
    pub(super) fn new(builder: &mut Builder<'a>) -> Self {
        let mut owners = Self::default();
        for page in builder.pages {
            owners.nat_gateways.extend(page.nat_gateways.iter().flat_map(|nat| nat.interfaces()));
            owners.endpoints.extend(unmodelled::endpoint_interfaces(page));
            owners.modelled_endpoints.extend(vpc_endpoint::interfaces(page));
        }
        let addresses = builder.unique(
            ADDRESS_KIND,
            |page| &page.addresses,
            |address| address.public_ip.as_deref().unwrap_or_default(),
        );
        for found in addresses {
            let owner = [&found.value.network_interface_id, &found.value.instance_id];
            let owner = owner.into_iter().flatten().find(|id| !id.is_empty());
            match (owner, found.id.parse()) {
                (Some(owner), Ok(public)) => {
                    let pair = (parsed(found.value.private_ip_address.as_ref()), public);
                    owners.elastic.entry(owner).or_default().push(pair);
                }
                _ => builder.inventory.add_ignored(ADDRESS_KIND, 1, "not associated"),
            }
        }
        owners
    }

    fn elastic(&self, id: &str) -> impl Iterator<Item = PublicPair> {
        self.elastic.get(id).into_iter().flatten().copied()
    }

    /// Whether AWS runs it for someone: it works though no instance is attached.
    fn serves(&self, id: &str) -> bool {
        self.nat_gateways.contains(id) || self.endpoints.contains(id)
    }

    /// Who owns an interface that no instance owns (EN-6).
    pub(super) fn kind(&self, said: &NetworkInterface) -> InstanceKind {
        let id = said.network_interface_id.as_str();
        if self.nat_gateways.contains(id) {
            return InstanceKind::NatGateway;
        }
        if self.modelled_endpoints.contains(id) {
            return InstanceKind::VpcEndpoint;
        }
        if self.endpoints.contains(id) {
            return InstanceKind::Other("VPC endpoint".to_owned());
        }
        kind_by_type(said.interface_type.as_deref().unwrap_or_default())
            .or_else(|| kind_by_description(said.description.as_deref().unwrap_or_default()))
            .or_else(|| kind_by_requester(said.requester_id.as_deref().unwrap_or_default()))
            .unwrap_or(InstanceKind::Interface)
    }
}

fn other(name: &str) -> Option<InstanceKind> {
    Some(InstanceKind::Other(name.to_owned()))
}

fn kind_by_type(interface_type: &str) -> Option<InstanceKind> {
    match interface_type {
        "nat_gateway" => Some(InstanceKind::NatGateway),
        "lambda" => Some(InstanceKind::Lambda),
        "transit_gateway" => other("transit gateway"),
        "vpc_endpoint" | "gateway_load_balancer_endpoint" => other("VPC endpoint"),
        "load_balancer" | "network_load_balancer" | "gateway_load_balancer" => other("load balancer"),
        "global_accelerator_managed" => other("Global Accelerator"),
        "" | "interface" | "trunk" | "branch" | "efa" | "efa-only" => None,
        // A type that AWS added since: nobody knows what it does with packets.
        unknown => Some(InstanceKind::Other(unknown.replace('_', " "))),
    }
}

/// Older captures and some services say `interface`; then AWS's descriptions tell.
fn kind_by_description(description: &str) -> Option<InstanceKind> {
    let starts = |prefix: &str| description.starts_with(prefix);
    if starts("ELB ") {
        other("load balancer")
    } else if starts("RDSNetworkInterface") {
        Some(InstanceKind::Rds)
    } else if starts("AWS Lambda VPC ENI") {
        Some(InstanceKind::Lambda)
    } else if starts("Interface for NAT Gateway") {
        Some(InstanceKind::NatGateway)
    } else if starts("VPC Endpoint Interface") {
        other("VPC endpoint")
    } else if starts("Network Interface for Transit Gateway") {
        other("transit gateway")
    } else {
        None
    }
}

fn kind_by_requester(requester: &str) -> Option<InstanceKind> {
    match requester {
        "amazon-elb" => other("load balancer"),
        "amazon-rds" => Some(InstanceKind::Rds),
        _ => None,
    }
}

fn parsed(text: Option<&String>) -> Option<Ipv4Addr> {
    text.and_then(|text| text.parse().ok())
}

impl NetworkInterface {
    /// Whether something that could answer is attached.
    fn attached(&self) -> bool {
        let attachment = self.attachment.as_ref().and_then(|attachment| attachment.status.as_deref());
        !matches!(attachment, Some("detaching" | "detached"))
            && !matches!(self.status.as_deref(), Some("available" | "pending" | "detaching"))
    }

    /// Private addresses, the primary one first.
    fn private(&self) -> Vec<Ipv4Addr> {
        let all = &self.private_ip_addresses;
        let primary = all.iter().filter(|one| one.primary).chain(all.iter().filter(|one| !one.primary));
        let texts = primary.map(|one| &one.private_ip_address).chain(&self.private_ip_address);
        let mut private = Vec::new();
        for address in texts.filter_map(|text| text.parse().ok()) {
            if !private.contains(&address) {
                private.push(address);
            }
        }
        private
    }

    /// Whether a private address is none.
    fn has_bad_address(&self) -> bool {
        let of_list = self.private_ip_addresses.iter().map(|one| &one.private_ip_address);
        let mut texts = of_list.chain(&self.private_ip_address).filter(|text| !text.is_empty());
        texts.any(|text| text.parse::<Ipv4Addr>().is_err())
            || self.ipv6_addresses.iter().any(|one| one.ipv6_address.parse::<Ipv6Addr>().is_err())
    }

    /// Public addresses as the interface itself names them.
    fn public(&self) -> Vec<PublicPair> {
        let of_addresses = self.private_ip_addresses.iter().filter_map(|one| {
            let public = parsed(one.association.as_ref()?.public_ip.as_ref())?;
            Some((one.private_ip_address.parse().ok(), public))
        });
        let own = self.association.as_ref().and_then(|own| parsed(own.public_ip.as_ref()));
        of_addresses.chain(own.map(|public| (None, public))).collect()
    }
}

/// An interface as the topology has it. `instance` is the id of its owner and the public address that
/// the owner names, for captures whose interfaces do not.
pub(super) fn interface(
    builder: &mut Builder<'_>,
    owners: &Owners<'_>,
    said: &NetworkInterface,
    instance: Option<(&str, Option<Ipv4Addr>)>,
    place: Place,
) -> topology::Interface {
    let id = said.network_interface_id.as_str();
    let subnet = said.subnet_id.clone().unwrap_or_default();
    let private = said.private();
    if said.has_bad_address() {
        builder.remark(&remarks::BAD_ADDRESS, id, place);
    }
    let ips = inside_subnet(builder, &private, &subnet, id, place);
    let mut public = said.public();
    public.extend(owners.elastic(id));
    if let Some((instance, address)) = instance.filter(|_| public.is_empty()) {
        public.extend(owners.elastic(instance));
        public.extend(address.map(|address| (None, address)));
    }
    let (public_ip, public_ips) = assign_public(&public, &private, &ips, place);
    let groups = said.groups.iter().map(|group| Spanned::new(group.group_id.clone(), place)).collect();
    topology::Interface {
        subnet: Spanned::new(subnet, place),
        ips: ips.into_iter().map(|address| Spanned::new(address, place)).collect(),
        ipv6: ipv6(said, place),
        public_ip: Spanned::new(public_ip, place),
        public_ips,
        security_groups: Some(groups),
        more_security_groups: false,
        source_dest_check: said.source_dest_check.map(|on| Spanned::new(on, place)),
        attached: said.attached() || owners.serves(id),
        deny_all_igw_traffic: said.deny_all_igw_traffic.unwrap_or(false),
        place,
    }
}

fn ipv6(said: &NetworkInterface, place: Place) -> Vec<Spanned<std::net::Ipv6Addr>> {
    let addresses = said.ipv6_addresses.iter().filter_map(|one| one.ipv6_address.parse().ok());
    addresses.map(|address| Spanned::new(address, place)).collect()
}

/// AWS never gives an address outside the subnet; emulators do.
fn inside_subnet(
    builder: &mut Builder<'_>,
    private: &[Ipv4Addr],
    subnet: &str,
    id: &str,
    place: Place,
) -> Vec<Ipv4Addr> {
    let range = builder.subnet(subnet).and_then(|subnet| subnet.cidr);
    let inside = |address: &Ipv4Addr| range.is_none_or(|range| range.value.contains(address));
    let kept: Vec<Ipv4Addr> = private.iter().copied().filter(inside).collect();
    if kept.len() < private.len() {
        builder.remark(&remarks::OUTSIDE_SUBNET, id, place);
    }
    kept
}

/// The public address of the primary private address, and those of the others (EN-1). A capture
/// says everything: no address means none.
fn assign_public(
    public: &[PublicPair],
    private: &[Ipv4Addr],
    kept: &[Ipv4Addr],
    place: Place,
) -> (PublicIp, Vec<PublicAddress>) {
    let first = private.first();
    let is_primary = |pair: &&PublicPair| pair.0.is_none() || pair.0.as_ref() == first || private.is_empty();
    let primary = public.iter().find(is_primary).map(|pair| pair.1);
    let mut others: Vec<PublicAddress> = Vec::new();
    for (owner, address) in public {
        if let Some(owner) = owner.filter(|owner| kept.contains(owner) && Some(owner) != first)
            && others.iter().all(|known| known.private.value != owner)
        {
            others.push(PublicAddress {
                private: Spanned::new(owner, place),
                public: Spanned::new(*address, place),
            });
        }
    }
    (primary.map_or(PublicIp::None, PublicIp::Address), others)
}

/// An interface made of what an instance says about itself, for captures without any.
pub(super) fn stand_in(
    subnet: &str,
    private: Option<&String>,
    groups: &[GroupIdentifier],
    source_dest_check: Option<bool>,
) -> NetworkInterface {
    NetworkInterface {
        network_interface_id: "eth0".to_owned(),
        subnet_id: Some(subnet.to_owned()),
        private_ip_address: private.cloned(),
        groups: groups.to_vec(),
        source_dest_check,
        ..NetworkInterface::default()
    }
}
