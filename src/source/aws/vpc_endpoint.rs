//! `describe-vpc-endpoints`: gateway and interface endpoints. The routes of a gateway endpoint stand in the route tables,
//! the addresses and groups of an interface endpoint at its network interfaces.

use serde::Deserialize;
use serde_json::Value;

use super::builder::Builder;
use super::common::{self, Tag};
use super::document::Page;
use super::unmodelled;
use crate::topology::{self, EndpointType, Entries, Entry, FileId, Instance, InstanceKind, Spanned};

pub(super) const KIND: &str = "VPC endpoint";

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct VpcEndpoint {
    vpc_endpoint_id: String,
    vpc_endpoint_type: Option<String>,
    vpc_id: String,
    service_name: String,
    state: Option<String>,
    network_interface_ids: Vec<String>,
    private_dns_enabled: Option<bool>,
    groups: Vec<Group>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Group {
    group_id: String,
}

impl VpcEndpoint {
    fn read(value: &Value) -> Option<(Self, EndpointType)> {
        let said = Self::deserialize(value).ok()?;
        let kind = match said.vpc_endpoint_type.as_deref()?.to_ascii_lowercase().as_str() {
            "gateway" => EndpointType::Gateway,
            "interface" => EndpointType::Interface,
            _ => return None,
        };
        (!said.vpc_endpoint_id.is_empty()).then_some((said, kind))
    }
}

/// The network interfaces of interface endpoints.
pub(super) fn interfaces(page: &Page) -> impl Iterator<Item = String> {
    let endpoints = unmodelled::endpoints(page).filter_map(VpcEndpoint::read);
    let endpoints = endpoints.filter(|(_, kind)| *kind == EndpointType::Interface);
    endpoints.flat_map(|(said, _)| said.network_interface_ids)
}

/// Adds an endpoint of a kind that is modelled, once the instances are there; whether it is one.
pub(super) fn build(builder: &mut Builder<'_>, file: FileId, value: &Value) -> bool {
    let Some((said, kind)) = VpcEndpoint::read(value) else { return false };
    let id = said.vpc_endpoint_id.as_str();
    let place = builder.place(file, id);
    let aliases = common::aliases(id, &said.tags, &[]);
    let Some(vpc) = builder.vpc(&said.vpc_id) else { return false };
    let name = Spanned::new(id.to_owned(), place);
    if kind == EndpointType::Interface {
        let own = |entry: &Entry<Instance>| {
            entry.value.kind.value == InstanceKind::VpcEndpoint
                && said.network_interface_ids.iter().any(|id| id == entry.name())
        };
        let mut interfaces: Entries<topology::Interface> = Entries::default();
        vpc.instances.0.retain_mut(|entry| {
            let is_own = own(entry);
            if is_own {
                interfaces.0.append(&mut entry.value.interfaces.0);
            }
            !is_own
        });
        // AWS says the same at the endpoint and at its interfaces; an emulator gives the interfaces the default group.
        if !said.groups.is_empty() {
            let groups: Vec<Spanned<String>> =
                said.groups.iter().map(|group| Spanned::new(group.group_id.clone(), place)).collect();
            for interface in &mut interfaces.0 {
                interface.value.security_groups = Some(groups.clone());
            }
        }
        // Without its interfaces nobody knows where it is.
        if interfaces.is_empty() {
            return false;
        }
        let kind = Spanned::new(InstanceKind::VpcEndpoint, place);
        let value = Instance { kind, one_per_subnet: true, interfaces, place, ..Instance::default() };
        vpc.instances.0.push(Entry { name: name.clone(), aliases: aliases.clone(), value });
    }
    let available = said.state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("available"));
    let value = topology::VpcEndpoint {
        kind: Spanned::new(kind, place),
        service: Spanned::new(said.service_name.clone(), place),
        available: Spanned::new(available, place),
        private_dns: said.private_dns_enabled.map(|on| Spanned::new(on, place)),
        place,
    };
    vpc.endpoints.0.push(Entry { name, aliases, value });
    builder.inventory.add_read(KIND, 1);
    true
}
