//! `aws_subnet`, `aws_default_subnet`, and the data source.

use ipnet::{IpNet, Ipv6Net};

use super::builder::Builder;
use super::inventory::Fate;
use super::resource::{Resource, Step};
use super::{reference, remarks, vpc, wanted};
use crate::source::aws::common;
use crate::topology::{Association, Place, Spanned, Subnet};

pub(super) fn build(builder: &mut Builder<'_>) {
    for (at, one) in builder.once(wanted::SUBNET_KINDS) {
        builder.settle(at, Fate::Read);
        let Some(index) = builder.vpc_of(at) else {
            builder.unresolved(at, &remarks::VPC_OPEN, "its VPC is not known".to_owned());
            continue;
        };
        let place = builder.place(at);
        let cidr = one.text("cidr_block").and_then(common::cidr);
        let ipv6_cidr = ipv6_range(builder, at, one, index);
        let subnet = Subnet {
            cidr: match cidr {
                Some(IpNet::V4(cidr)) => Some(Spanned::new(cidr, place)),
                _ => None,
            },
            ipv6_cidr: ipv6_cidr.map(|cidr| Spanned::new(cidr, place)),
            az: one.text("availability_zone").map(|zone| Spanned::new(zone.to_owned(), place)),
            auto_assign_public_ip: one.flag("map_public_ip_on_launch").map(|on| Spanned::new(on, place)),
            auto_assign_ipv6: one.flag("assign_ipv6_address_on_creation").map(|on| Spanned::new(on, place)),
            // What is only looked up is associated elsewhere, if at all.
            route_table: if one.is_managed { Association::Implicit } else { Association::Unknown },
            network_acl: if one.is_managed { Association::Implicit } else { Association::Unknown },
            ..Subnet::default()
        };
        let only_ipv6 = one.flag("ipv6_native") == Some(true) && subnet.ipv6_cidr.is_some();
        if subnet.cidr.is_none() && !only_ipv6 {
            builder.subnets_open.insert(at);
            let why = builder.why("its range", &[]);
            builder.unresolved(at, &remarks::RANGE_OPEN, why);
        }
        region(builder, one, index, place);
        builder.add_subnet(at, index, subnet);
    }
}

fn region(builder: &mut Builder<'_>, one: &Resource, index: usize, place: Place) {
    let region = vpc::region(one);
    if let Some(vpc) = builder.vpc(index)
        && vpc.region.is_none()
    {
        vpc.region = region.map(|region| Spanned::new(region, place));
    }
}

/// The IPv6 range; a stand-in where the VPC has one itself.
fn ipv6_range(builder: &mut Builder<'_>, at: usize, one: &Resource, vpc: usize) -> Option<Ipv6Net> {
    if let Some(Some(IpNet::V6(cidr))) = one.text("ipv6_cidr_block").map(common::cidr) {
        return Some(cidr);
    }
    let path = [Step::Name("ipv6_cidr_block")];
    let said = reference::is_configured(builder.world, one, "ipv6_cidr_block") == Some(true);
    if !one.is_unknown(&path) || !said {
        return None;
    }
    builder.remark(&remarks::IPV6_STAND_IN, at);
    let vpc = builder.vpc(vpc)?;
    let base = vpc.ipv6_cidrs.first()?.value.network().to_bits();
    let number = u128::try_from(vpc.subnets.len()).unwrap_or_default() & 0xff;
    Some(Ipv6Net::new_assert((base | number << 64).into(), 64))
}

/// A subnet without an explicit association uses the main table and the default network ACL (VP-10), if it is known
/// which these are, and what is in them.
pub(super) fn settle_associations(builder: &mut Builder<'_>) {
    for index in 0..builder.topology.vpcs.len() {
        let facts = builder.facts(index);
        let Some(vpc) = builder.vpc(index) else { continue };
        let main = (facts.is_owned || vpc.main_route_table.is_some()) && !facts.main_table_open;
        let default = (facts.is_owned || vpc.default_network_acl.is_some()) && !facts.default_acl_open;
        for subnet in &mut vpc.subnets.0 {
            if !facts.has_ranges || (!main && subnet.value.route_table == Association::Implicit) {
                subnet.value.route_table = Association::Unknown;
            }
            if !default && subnet.value.network_acl == Association::Implicit {
                subnet.value.network_acl = Association::Unknown;
            }
        }
    }
}
