//! `aws_vpc`, `aws_default_vpc`, their further ranges, and the data source.

use ipnet::{IpNet, Ipv6Net};

use super::builder::{Builder, VpcFacts};
use super::inventory::Fate;
use super::link::Link;
use super::resource::{Resource, Step};
use super::{remarks, wanted};
use crate::source::aws::common;
use crate::topology::{Spanned, Vpc};

/// Further ranges.
const ASSOCIATIONS: &[&str] = &["aws_vpc_ipv4_cidr_block_association", "aws_vpc_ipv6_cidr_block_association"];

pub(super) fn build(builder: &mut Builder<'_>) {
    for (at, one) in builder.once(wanted::VPC_KINDS) {
        add(builder, at, one);
        builder.settle(at, Fate::Read);
    }
    for (at, one) in builder.of(ASSOCIATIONS) {
        builder.settle(at, Fate::Read);
        match builder.vpc_of(at) {
            Some(vpc) => add_range(builder, at, one, vpc),
            None => builder.unresolved(at, &remarks::VPC_OPEN, "its VPC is not known".to_owned()),
        }
    }
}

fn add(builder: &mut Builder<'_>, at: usize, one: &Resource) {
    let place = builder.place(at);
    let mut vpc = Vpc {
        region: region(one).map(|region| Spanned::new(region, place)),
        account: one.text("owner_id").map(|account| Spanned::new(account.to_owned(), place)),
        dns_support: one.flag("enable_dns_support").map(|on| Spanned::new(on, place)),
        ..Vpc::default()
    };
    let mut facts =
        VpcFacts { is_owned: one.is_managed && !one.is("aws_default_vpc"), ..VpcFacts::default() };
    if let Some(IpNet::V4(cidr)) = one.text("cidr_block").and_then(common::cidr) {
        vpc.cidrs.push(Spanned::new(cidr, place));
        facts.has_ranges = true;
    } else {
        let why = builder.why("its range", &[]);
        builder.unresolved(at, &remarks::RANGE_OPEN, why);
    }
    // The data source lists further ranges.
    for block in one.blocks("cidr_block_associations") {
        let holds =
            block.get("state").and_then(|state| state.as_str()).is_none_or(|state| state == "associated");
        if let Some(Some(IpNet::V4(cidr))) =
            block.get("cidr_block").and_then(|cidr| cidr.as_str()).map(common::cidr)
            && holds
            && vpc.cidrs.iter().all(|known| known.value != cidr)
        {
            vpc.cidrs.push(Spanned::new(cidr, place));
        }
    }
    if let Some(IpNet::V6(cidr)) = one.text("ipv6_cidr_block").and_then(common::cidr) {
        vpc.ipv6_cidrs.push(Spanned::new(cidr, place));
    } else if one.flag("assign_generated_ipv6_cidr_block") == Some(true)
        || one.text("ipv6_ipam_pool_id").is_some()
    {
        let index = u32::try_from(builder.topology.vpcs.len()).unwrap_or(u32::MAX);
        vpc.ipv6_cidrs.push(Spanned::new(stand_in(index), place));
        builder.remark(&remarks::IPV6_STAND_IN, at);
    }
    builder.add_vpc(at, vpc, facts);
}

fn add_range(builder: &mut Builder<'_>, at: usize, one: &Resource, vpc: usize) {
    let place = builder.place(at);
    let text = one.text("cidr_block").or(one.text("ipv6_cidr_block"));
    let cidr = text.and_then(common::cidr);
    match (cidr, builder.vpc(vpc)) {
        (Some(IpNet::V4(cidr)), Some(vpc)) if vpc.cidrs.iter().all(|known| known.value != cidr) => {
            vpc.cidrs.push(Spanned::new(cidr, place));
        }
        (Some(IpNet::V6(cidr)), Some(vpc)) if vpc.ipv6_cidrs.iter().all(|known| known.value != cidr) => {
            vpc.ipv6_cidrs.push(Spanned::new(cidr, place));
        }
        (Some(_), _) => {}
        (None, _) => {
            if let Some(facts) = builder.facts.get_mut(vpc) {
                facts.has_ranges = false;
            }
            let why = builder.why("its range", &[]);
            builder.unresolved(at, &remarks::RANGE_OPEN, why);
        }
    }
}

/// A /56 of the range for documentation: nobody knows yet which one AWS will pick.
fn stand_in(index: u32) -> Ipv6Net {
    let base = 0x2001_0db8_u128 << 96;
    Ipv6Net::new_assert((base | u128::from(index & 0x00ff_ffff) << 72).into(), 56)
}

/// The region: an attribute since version 6 of the provider, before that in the ARN.
pub(super) fn region(one: &Resource) -> Option<String> {
    let arn = one.text("arn").and_then(|arn| arn.split(':').nth(3));
    let zone = one.text("availability_zone").and_then(common::region);
    let region = one.text("region").or(arn).or(zone)?;
    (!region.is_empty()).then(|| region.to_owned())
}

/// The VPC of something that belongs to a default of a VPC: `default_route_table_id = aws_vpc.main.default_route_table_id`.
pub(super) fn by_default(
    builder: &mut Builder<'_>,
    at: usize,
    name: &str,
    of: &super::reference::Wanted,
) -> Option<usize> {
    match builder.link_at(at, &[Step::Name(name)], of) {
        Link::To(super::link::Target::Here(candidate)) => builder.vpc_index(candidate.resource),
        _ => builder.vpc_of(at),
    }
}
