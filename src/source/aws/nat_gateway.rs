//! `describe-nat-gateways`.

use serde::Deserialize;

use super::builder::Builder;
use super::common::{self, Tag};
use super::remarks;
use super::unmodelled;
use crate::topology::{self, Connectivity, Entry, GatewayState, Place, Spanned};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct NatGateway {
    nat_gateway_id: String,
    subnet_id: Option<String>,
    vpc_id: String,
    state: Option<String>,
    connectivity_type: Option<String>,
    nat_gateway_addresses: Vec<NatGatewayAddress>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct NatGatewayAddress {
    network_interface_id: Option<String>,
    private_ip: Option<String>,
    public_ip: Option<String>,
    is_primary: Option<bool>,
}

impl NatGateway {
    /// The interfaces that it owns.
    pub(super) fn interfaces(&self) -> impl Iterator<Item = &str> {
        self.nat_gateway_addresses.iter().filter_map(|address| address.network_interface_id.as_deref())
    }
}

const KIND: &str = "NAT gateway";

pub(super) fn build(builder: &mut Builder<'_>) {
    for found in builder.unique(KIND, |page| &page.nat_gateways, |nat| &nat.nat_gateway_id) {
        let place = builder.place(found.file, found.id);
        let said = found.value;
        if builder.vpc_of(&said.vpc_id, KIND, found.id, place).is_none() {
            continue;
        }
        // A regional NAT gateway lives in no subnet (NG-8).
        let Some(subnet) = said.subnet_id.as_ref().filter(|id| !id.is_empty()) else {
            unmodelled::add(builder, "regional NAT gateway", found.id, place);
            builder.inventory.add_not_modelled(KIND, 1);
            continue;
        };
        let private = said.connectivity_type.as_deref() == Some("private");
        let mut gateway = topology::NatGateway {
            subnet: Spanned::new(subnet.clone(), place),
            connectivity: Spanned::new(
                if private { Connectivity::Private } else { Connectivity::Public },
                place,
            ),
            state: Spanned::new(state(builder, said, place), place),
            private_ip: None,
            public_ip: None,
            place,
        };
        add_addresses(builder, said, place, &mut gateway);
        if let Some(vpc) = builder.vpc(&said.vpc_id) {
            vpc.nat_gateways.0.push(Entry {
                name: Spanned::new(found.id.to_owned(), place),
                aliases: common::aliases(found.id, &said.tags, &[]),
                value: gateway,
            });
        }
    }
}

/// Only `available` forwards (NG-9).
fn state(builder: &mut Builder<'_>, said: &NatGateway, place: Place) -> GatewayState {
    match said.state.as_deref() {
        None | Some("available") => GatewayState::Available,
        Some("pending") => GatewayState::Pending,
        Some("failed") => GatewayState::Failed,
        Some("deleting") => GatewayState::Deleting,
        Some("deleted") => GatewayState::Deleted,
        Some(_) => {
            builder.remark(&remarks::UNKNOWN_VALUE, &said.nat_gateway_id, place);
            GatewayState::Pending
        }
    }
}

fn add_addresses(
    builder: &mut Builder<'_>,
    said: &NatGateway,
    place: Place,
    gateway: &mut topology::NatGateway,
) {
    let addresses = &said.nat_gateway_addresses;
    let primary = addresses.iter().find(|one| one.is_primary == Some(true)).or(addresses.first());
    let Some(primary) = primary else { return };
    if addresses.len() > 1 {
        builder.remark(&remarks::SEVERAL_ADDRESSES, &said.nat_gateway_id, place);
    }
    let private = primary.private_ip.as_ref().and_then(|text| text.parse().ok());
    let range = builder.subnet(&gateway.subnet.value).and_then(|subnet| subnet.cidr);
    if let Some(address) = private {
        if range.is_none_or(|range| range.value.contains(&address)) {
            gateway.private_ip = Some(Spanned::new(address, place));
        } else {
            builder.remark(&remarks::OUTSIDE_SUBNET, &said.nat_gateway_id, place);
        }
    }
    let public = primary.public_ip.as_ref().and_then(|text| text.parse().ok());
    gateway.public_ip = public.map(|address| Spanned::new(address, place));
}
