//! `describe-subnets`.

use ipnet::IpNet;
use serde::Deserialize;

use super::builder::Builder;
use super::common::{self, AssociationState, Tag};
use super::remarks;
use super::vpc::Ipv6CidrAssociation;
use crate::topology::{self, Association, CaptureKind, Entry, Place, Spanned};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Subnet {
    subnet_id: String,
    vpc_id: String,
    cidr_block: Option<String>,
    ipv6_cidr_block_association_set: Vec<Ipv6CidrAssociation>,
    availability_zone: Option<String>,
    map_public_ip_on_launch: Option<bool>,
    assign_ipv6_address_on_creation: Option<bool>,
    subnet_arn: Option<String>,
    tags: Vec<Tag>,
}

const KIND: &str = "subnet";

pub(super) fn build(builder: &mut Builder<'_>) {
    for found in builder.unique(KIND, |page| &page.subnets, |subnet| &subnet.subnet_id) {
        let said = found.value;
        let place = builder.place(found.file, found.id);
        let subnet = topology::Subnet {
            cidr: cidr(builder, said, place),
            ipv6_cidr: ipv6_cidr(builder, said, place),
            az: said.availability_zone.clone().map(|zone| Spanned::new(zone, place)),
            auto_assign_public_ip: said.map_public_ip_on_launch.map(|on| Spanned::new(on, place)),
            auto_assign_ipv6: said.assign_ipv6_address_on_creation.map(|on| Spanned::new(on, place)),
            ..topology::Subnet::default()
        };
        let Some(vpc) = builder.vpc_of(&said.vpc_id, KIND, found.id, place) else { continue };
        if vpc.region.is_none() {
            vpc.region = region(said).map(|region| Spanned::new(region.to_owned(), place));
        }
        vpc.subnets.0.push(Entry {
            name: Spanned::new(found.id.to_owned(), place),
            aliases: common::aliases(found.id, &said.tags, &[]),
            value: subnet,
        });
        builder.index_subnet(found.id, &said.vpc_id);
    }
    overlaps(builder);
}

/// Tells of ranges that AWS never gives (VP-7). What they hold is read all the same: interfaces say which subnet they are in.
fn overlaps(builder: &mut Builder<'_>) {
    let mut odd: Vec<(String, Place)> = Vec::new();
    for vpc in &builder.topology.vpcs.0 {
        let of =
            |subnet: &Entry<topology::Subnet>| Some((subnet.value.cidr?.value.trunc(), subnet.name.clone()));
        let mut ranges: Vec<_> = vpc.value.subnets.0.iter().filter_map(of).collect();
        // Blocks lie in each other or apart: behind a block come all that lie in it.
        ranges.sort_by_key(|(range, _)| (range.network(), range.prefix_len()));
        let mut outer: Option<ipnet::Ipv4Net> = None;
        for (range, name) in ranges {
            let own = &vpc.value.cidrs;
            let outside = !own.is_empty() && own.iter().all(|cidr| !cidr.value.trunc().contains(&range));
            match outer.filter(|outer| outer.contains(&range)) {
                None => outer = Some(range),
                Some(_) => odd.push((name.value.clone(), name.place)),
            }
            if outside {
                odd.push((name.value, name.place));
            }
        }
    }
    for (name, place) in odd {
        builder.remark(&remarks::OVERLAP, &name, place);
    }
}

/// `arn:aws:ec2:REGION:…`, or the start of the zone's name.
fn region(said: &Subnet) -> Option<&str> {
    let arn = said.subnet_arn.as_deref().and_then(|arn| arn.split(':').nth(3));
    let zone = said.availability_zone.as_deref().and_then(common::region);
    arn.filter(|region| !region.is_empty()).or(zone)
}

fn cidr(builder: &mut Builder<'_>, said: &Subnet, place: Place) -> Option<Spanned<ipnet::Ipv4Net>> {
    let text = said.cidr_block.as_deref().filter(|text| !text.is_empty())?;
    if let Some(IpNet::V4(cidr)) = common::cidr(text) {
        return Some(Spanned::new(cidr, place));
    }
    builder.remark(&remarks::BAD_CIDR, &said.subnet_id, place);
    None
}

fn ipv6_cidr(builder: &mut Builder<'_>, said: &Subnet, place: Place) -> Option<Spanned<ipnet::Ipv6Net>> {
    let one = said
        .ipv6_cidr_block_association_set
        .iter()
        .find(|one| AssociationState::holds(one.ipv6_cidr_block_state.as_ref()))?;
    if let Some(IpNet::V6(cidr)) = common::cidr(&one.ipv6_cidr_block) {
        return Some(Spanned::new(cidr, place));
    }
    builder.remark(&remarks::BAD_CIDR, &said.subnet_id, place);
    None
}

/// A subnet without an explicit association uses the main table and the default network ACL (VP-10),
/// if it is known which these are.
pub(super) fn settle_associations(builder: &mut Builder<'_>) {
    for index in 0..builder.topology.vpcs.len() {
        let routes_known = builder.answers(index, CaptureKind::RouteTables);
        let acls_known = builder.answers(index, CaptureKind::NetworkAcls);
        let Some(entry) = builder.topology.vpcs.0.get_mut(index) else { continue };
        let vpc = &mut entry.value;
        let main = routes_known && vpc.main_route_table.is_some();
        let default = acls_known && vpc.default_network_acl.is_some();
        for subnet in &mut vpc.subnets.0 {
            if !main && subnet.value.route_table == Association::Implicit {
                subnet.value.route_table = Association::Unknown;
            }
            if !default && subnet.value.network_acl == Association::Implicit {
                subnet.value.network_acl = Association::Unknown;
            }
        }
    }
}
