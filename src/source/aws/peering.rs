//! `describe-vpc-peering-connections`.

use ipnet::IpNet;
use serde::Deserialize;

use super::builder::Builder;
use super::common::{self, Tag};
use super::remarks;
use crate::topology::{self, Entry, PeeringStatus, Place, Spanned};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct VpcPeeringConnection {
    vpc_peering_connection_id: String,
    requester_vpc_info: VpcInfo,
    accepter_vpc_info: VpcInfo,
    status: Status,
    tags: Vec<Tag>,
}

/// Each side has its own tags, and does not always see the same ranges; that is no contradiction.
impl PartialEq for VpcPeeringConnection {
    fn eq(&self, other: &Self) -> bool {
        let ids = |one: &Self| (one.requester_vpc_info.vpc_id.clone(), one.accepter_vpc_info.vpc_id.clone());
        ids(self) == ids(other) && self.status == other.status
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct VpcInfo {
    vpc_id: String,
    cidr_block: Option<String>,
    cidr_block_set: Vec<CidrBlock>,
    ipv6_cidr_block_set: Vec<Ipv6CidrBlock>,
    region: Option<String>,
    owner_id: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct CidrBlock {
    cidr_block: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Ipv6CidrBlock {
    ipv6_cidr_block: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Status {
    code: String,
}

const KIND: &str = "VPC peering connection";

pub(super) fn build(builder: &mut Builder<'_>) {
    let all = builder.unique(KIND, |page| &page.peerings, |peering| &peering.vpc_peering_connection_id);
    for found in all {
        let place = builder.place(found.file, found.id);
        let said = found.value;
        let (requester, accepter) = (&said.requester_vpc_info, &said.accepter_vpc_info);
        if requester.vpc_id.is_empty() || accepter.vpc_id.is_empty() {
            builder.inventory.add_ignored(KIND, 1, "does not name both VPCs");
            continue;
        }
        for side in [requester, accepter] {
            describe_vpc(builder, side, place);
        }
        let connection = topology::PeeringConnection {
            requester: Spanned::new(requester.vpc_id.clone(), place),
            accepter: Spanned::new(accepter.vpc_id.clone(), place),
            status: Spanned::new(status(builder, said, place), place),
            requester_cidrs: cidrs(requester),
            accepter_cidrs: cidrs(accepter),
            place,
        };
        builder.topology.peering_connections.0.push(Entry {
            name: Spanned::new(found.id.to_owned(), place),
            aliases: common::aliases(found.id, &said.tags, &[]),
            value: connection,
        });
    }
}

/// A peering says where its VPCs are; useful where nothing else does (SG-9).
fn describe_vpc(builder: &mut Builder<'_>, side: &VpcInfo, place: Place) {
    let Some(vpc) = builder.vpc(&side.vpc_id) else { return };
    if vpc.region.is_none() {
        vpc.region = side.region.clone().map(|region| Spanned::new(region, place));
    }
    if vpc.account.is_none() {
        vpc.account = side.owner_id.clone().map(|account| Spanned::new(account, place));
    }
}

/// Only `active` forwards (PX-1).
fn status(builder: &mut Builder<'_>, said: &VpcPeeringConnection, place: Place) -> PeeringStatus {
    match said.status.code.as_str() {
        "active" => PeeringStatus::Active,
        "pending-acceptance" => PeeringStatus::PendingAcceptance,
        "initiating-request" | "provisioning" => PeeringStatus::Provisioning,
        "rejected" => PeeringStatus::Rejected,
        "expired" => PeeringStatus::Expired,
        "failed" => PeeringStatus::Failed,
        "deleting" => PeeringStatus::Deleting,
        "deleted" => PeeringStatus::Deleted,
        _ => {
            builder.remark(&remarks::UNKNOWN_VALUE, &said.vpc_peering_connection_id, place);
            PeeringStatus::Provisioning
        }
    }
}

fn cidrs(side: &VpcInfo) -> Vec<IpNet> {
    let set = side.cidr_block_set.iter().map(|one| &one.cidr_block);
    let ipv6 = side.ipv6_cidr_block_set.iter().map(|one| &one.ipv6_cidr_block);
    let mut cidrs = Vec::new();
    for cidr in side.cidr_block.iter().chain(set).chain(ipv6).filter_map(|text| common::cidr(text)) {
        if !cidrs.contains(&cidr) {
            cidrs.push(cidr);
        }
    }
    cidrs
}
