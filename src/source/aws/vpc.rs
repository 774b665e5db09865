//! `describe-vpcs`, and what else says something about a VPC.

use ipnet::IpNet;
use serde::Deserialize;

use super::builder::Builder;
use super::common::{self, AssociationState, Tag};
use super::remarks;
use crate::topology::{self, Entry, Place, Spanned};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Vpc {
    vpc_id: String,
    cidr_block: Option<String>,
    cidr_block_association_set: Vec<CidrAssociation>,
    ipv6_cidr_block_association_set: Vec<Ipv6CidrAssociation>,
    owner_id: Option<String>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct CidrAssociation {
    cidr_block: String,
    cidr_block_state: Option<AssociationState>,
}

/// Of a VPC or a subnet.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Ipv6CidrAssociation {
    pub(super) ipv6_cidr_block: String,
    pub(super) ipv6_cidr_block_state: Option<AssociationState>,
}

/// `describe-vpc-attribute`: `{"Value": true}`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct AttributeValue {
    value: Option<bool>,
}

const KIND: &str = "VPC";

pub(super) fn build(builder: &mut Builder<'_>) {
    for found in builder.unique(KIND, |page| &page.vpcs, |vpc| &vpc.vpc_id) {
        let place = builder.place(found.file, found.id);
        let account = found.value.owner_id.clone().or_else(|| found.scope.account.clone());
        let mut vpc = topology::Vpc {
            account: account.map(|account| Spanned::new(account, place)),
            region: found.scope.region.clone().map(|region| Spanned::new(region, place)),
            ..topology::Vpc::default()
        };
        add_cidrs(builder, found.value, place, &mut vpc);
        builder.topology.vpcs.0.push(Entry {
            name: Spanned::new(found.id.to_owned(), place),
            aliases: common::aliases(found.id, &found.value.tags, &[]),
            value: vpc,
        });
        builder.index_vpc(found.id, found.scope);
    }
    dns_support(builder);
}

/// The primary range first, then the others, as far as their association is in force (VP-3, VP-6).
fn add_cidrs(builder: &mut Builder<'_>, said: &Vpc, place: Place, vpc: &mut topology::Vpc) {
    let in_force = |state: &Option<AssociationState>| AssociationState::holds(state.as_ref());
    let further = said
        .cidr_block_association_set
        .iter()
        .filter(|one| in_force(&one.cidr_block_state))
        .map(|one| one.cidr_block.as_str());
    let ipv6 = said
        .ipv6_cidr_block_association_set
        .iter()
        .filter(|one| in_force(&one.ipv6_cidr_block_state))
        .map(|one| one.ipv6_cidr_block.as_str());
    for text in said.cidr_block.as_deref().into_iter().chain(further).chain(ipv6) {
        match common::cidr(text) {
            Some(IpNet::V4(cidr)) if vpc.cidrs.iter().all(|known| known.value != cidr) => {
                vpc.cidrs.push(Spanned::new(cidr, place));
            }
            Some(IpNet::V6(cidr)) if vpc.ipv6_cidrs.iter().all(|known| known.value != cidr) => {
                vpc.ipv6_cidrs.push(Spanned::new(cidr, place));
            }
            Some(_) => {}
            None => builder.remark(&remarks::BAD_CIDR, &said.vpc_id, place),
        }
    }
}

/// `describe-vpc-attribute` answers for one VPC at a time (DN-1).
fn dns_support(builder: &mut Builder<'_>) {
    for page in builder.pages {
        let said = page.dns_support.as_ref().and_then(|attribute| attribute.value);
        if let (Some(id), Some(on)) = (&page.vpc_id, said) {
            let place = builder.place(crate::topology::FileId(page.file), id.as_str());
            if let Some(vpc) = builder.vpc(id) {
                vpc.dns_support = Some(Spanned::new(on, place));
            }
        }
    }
}
