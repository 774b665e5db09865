//! `aws_vpc_block_public_access_options` and `aws_vpc_block_public_access_exclusion` (IG-10).
//!
//! A provider's account and region have one setting, for every VPC in them. A file that is about several regions does not
//! say which of its VPCs are under it, unless the setting says its region.

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Target};
use super::resource::Resource;
use super::wanted;
use crate::topology::{BlockMode, BlockPublicAccess, Exclusion, Place, Spanned, quote};

const OPTIONS: &str = "aws_vpc_block_public_access_options";
const EXCLUSION: &str = "aws_vpc_block_public_access_exclusion";
const KIND: &str = "VPC Block Public Access";

/// What an exclusion is for.
enum Excluded {
    Vpc(usize),
    Subnet(usize),
}

/// An exclusion: what it is for, what it lets through, and where it was said.
type Exempt = (Excluded, Spanned<Exclusion>);

pub(super) fn build(builder: &mut Builder<'_>) {
    let exempt = exclusions(builder);
    let options = builder.once(&[OPTIONS]);
    let is_only = options.len() == 1 && regions(builder).len() <= 1;
    for &(at, one) in &options {
        let mode = match one.text("internet_gateway_block_mode") {
            Some("off") => {
                builder.settle(at, Fate::Read);
                continue;
            }
            Some("block-bidirectional") => Ok(BlockMode::Bidirectional),
            Some("block-ingress") => Ok(BlockMode::Ingress),
            _ => Err(builder.why("its mode", &[])),
        };
        let mode = mode.and_then(|mode| match &exempt {
            Ok(_) => Ok(mode),
            Err(why) => Err(why.clone()),
        });
        let mode = mode.and_then(|mode| {
            if is_only || one.text("region").is_some() {
                return Ok(mode);
            }
            Err("the file is about several regions, and does not say which this setting is for".to_owned())
        });
        settle(builder, (at, one, is_only), mode, exempt.as_deref().unwrap_or_default());
    }
}

/// The regions of which the file's VPCs are known to be.
fn regions(builder: &Builder<'_>) -> std::collections::BTreeSet<String> {
    let all = builder.topology.vpcs.0.iter().filter_map(|entry| entry.value.region.as_ref());
    all.map(|region| region.value.clone()).collect()
}

/// Puts a setting into the VPCs of its region; where that or the setting is not known, nothing is taken for granted.
fn settle(
    builder: &mut Builder<'_>,
    (at, one, is_only): (usize, &Resource, bool),
    mode: Result<BlockMode, String>,
    exempt: &[Exempt],
) {
    builder.settle(at, if mode.is_ok() { Fate::Read } else { Fate::NotModelled });
    let place = builder.place(at);
    for index in 0..builder.topology.vpcs.len() {
        let region = builder.vpc(index).and_then(|vpc| vpc.region.as_ref());
        let is_under = match (one.text("region"), region) {
            (Some(own), Some(region)) => Some(own == region.value),
            _ => is_only.then_some(true),
        };
        match (&mode, is_under) {
            (_, Some(false)) => {}
            (Err(why), _) => unknown(builder, at, index, why),
            (Ok(_), None) => unknown(builder, at, index, "the region of the VPC is not known"),
            // Others may have excluded what this file only looks up.
            (Ok(_), _) if !builder.facts(index).is_owned => {
                unknown(builder, at, index, "the file does not manage the VPC, nor its exclusions");
            }
            (Ok(mode), Some(true)) => guard(builder, index, *mode, exempt, place),
        }
    }
}

fn unknown(builder: &mut Builder<'_>, at: usize, index: usize, why: &str) {
    let vpc = builder.vpc_name(index);
    builder.add_unmodelled(at, KIND, Some(why.to_owned())).vpc = vpc;
}

fn guard(builder: &mut Builder<'_>, index: usize, mode: BlockMode, exempt: &[Exempt], place: Place) {
    let mut guard =
        BlockPublicAccess { mode: Spanned::new(mode, place), place, ..BlockPublicAccess::default() };
    for (what, exclusion) in exempt {
        match *what {
            Excluded::Vpc(vpc) if vpc == index => guard.exclusion = Some(*exclusion),
            Excluded::Subnet(subnet) if builder.vpc_of_subnet(subnet) == Some(index) => {
                let name = Spanned::new(builder.address(subnet).to_owned(), exclusion.place);
                guard.exclusions.push((name, exclusion.value));
            }
            Excluded::Vpc(_) | Excluded::Subnet(_) => {}
        }
    }
    if let Some(vpc) = builder.vpc(index) {
        vpc.block_public_access = Some(guard);
    }
}

/// Every exclusion of the file; or why they are not known.
fn exclusions(builder: &mut Builder<'_>) -> Result<Vec<Exempt>, String> {
    let mut all = Vec::new();
    let mut why = None;
    for (at, one) in builder.once(&[EXCLUSION]) {
        match exclusion(builder, at, one) {
            Ok(exempt) => {
                builder.settle(at, Fate::Read);
                all.extend(exempt);
            }
            Err(doubt) => {
                builder.settle(at, Fate::NotModelled);
                why = Some(doubt);
            }
        }
    }
    why.map_or(Ok(all), Err)
}

/// None, if it is for something that the file does not hold.
fn exclusion(builder: &mut Builder<'_>, at: usize, one: &Resource) -> Result<Option<Exempt>, String> {
    let what = match builder.link(at, "subnet_id", &wanted::SUBNET) {
        Link::To(Target::Here(candidate)) => Some(Excluded::Subnet(candidate.resource)),
        Link::To(Target::Elsewhere(_)) => return Ok(None),
        Link::Open { among } => return Err(builder.why("a subnet that is excluded", &among)),
        Link::None => match builder.link(at, "vpc_id", &wanted::VPC) {
            Link::To(target) => builder.vpc_by(at, target).map(Excluded::Vpc),
            Link::Open { among } => return Err(builder.why("a VPC that is excluded", &among)),
            Link::None => return Err(builder.why("what is excluded", &[])),
        },
    };
    let exclusion = match one.text("internet_gateway_exclusion_mode") {
        Some("allow-bidirectional") => Exclusion::Bidirectional,
        Some("allow-egress") => Exclusion::Egress,
        Some(other) => return Err(format!("{} is no kind of exclusion that is known here", quote(other))),
        None => return Err(builder.why("the mode of an exclusion", &[])),
    };
    let place = builder.place(at);
    Ok(what.map(|what| (what, Spanned::new(exclusion, place))))
}
