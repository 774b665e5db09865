//! `describe-instances`, joined with the interfaces; and the interfaces that others own.

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

use serde::Deserialize;

use super::builder::{Builder, Found};
use super::common::{self, Tag};
use super::interface::{self, GroupIdentifier, NetworkInterface, Owners};
use super::remarks;
use crate::topology::{self, Entries, Entry, EphemeralPorts, InstanceKind, InstanceState, Place, Spanned};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Reservation {
    pub(super) instances: Vec<Instance>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Instance {
    instance_id: String,
    vpc_id: Option<String>,
    subnet_id: Option<String>,
    state: Option<State>,
    platform: Option<String>,
    private_ip_address: Option<String>,
    public_ip_address: Option<String>,
    security_groups: Vec<GroupIdentifier>,
    source_dest_check: Option<bool>,
    network_interfaces: Vec<NetworkInterface>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct State {
    name: String,
}

const KIND: &str = "instance";
const INTERFACE_KIND: &str = "network interface";

/// Interfaces by the instance that they are attached to, and the rest.
#[derive(Default)]
struct Sorted<'a> {
    ids: HashSet<&'a str>,
    attached: HashMap<&'a str, Vec<Found<'a, NetworkInterface>>>,
    /// Instances that own interfaces, in the order in which these were read.
    order: Vec<&'a str>,
    alone: Vec<Found<'a, NetworkInterface>>,
}

pub(super) fn build(builder: &mut Builder<'_>) {
    let owners = Owners::new(builder);
    let mut sorted = sort(builder);
    let instances = builder.unique(
        KIND,
        |page| page.reservations.iter().flat_map(|reservation| &reservation.instances),
        |instance| &instance.instance_id,
    );
    for found in &instances {
        let own = sorted.attached.remove(found.id).unwrap_or_default();
        add_instance(builder, &owners, &sorted.ids, found, own);
    }
    for id in std::mem::take(&mut sorted.order) {
        if let Some(own) = sorted.attached.remove(id) {
            add_unseen_instance(builder, &owners, id, &own);
        }
    }
    for found in &sorted.alone {
        add_alone(builder, &owners, found);
    }
}

fn sort<'a>(builder: &mut Builder<'a>) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    let inside = inside_instances(builder);
    let all = builder.unique(INTERFACE_KIND, |page| &page.interfaces, |one| &one.network_interface_id);
    for found in all {
        sorted.ids.insert(found.id);
        let owner = found.value.attachment.as_ref().and_then(|attachment| attachment.instance_id.as_deref());
        match owner.filter(|id| !id.is_empty()).or_else(|| inside.get(found.id).copied()) {
            Some(id) => {
                let own = sorted.attached.entry(id).or_default();
                if own.is_empty() {
                    sorted.order.push(id);
                }
                own.push(found);
            }
            None => sorted.alone.push(found),
        }
    }
    sorted
}

/// The owners of interfaces as the instances themselves say, for interfaces that do not say it.
fn inside_instances<'a>(builder: &Builder<'a>) -> HashMap<&'a str, &'a str> {
    let reservations = builder.pages.iter().flat_map(|page| &page.reservations);
    let instances = reservations.flat_map(|reservation| &reservation.instances);
    instances
        .flat_map(|one| one.network_interfaces.iter().map(|own| (own, one.instance_id.as_str())))
        .map(|(own, id)| (own.network_interface_id.as_str(), id))
        .collect()
}

/// The primary interface has device index 0.
fn device_index(said: &NetworkInterface) -> (u32, u32) {
    said.attachment.as_ref().map_or((0, 0), |one| (one.network_card_index, one.device_index))
}

fn add_instance<'a>(
    builder: &mut Builder<'a>,
    owners: &Owners<'a>,
    recorded: &HashSet<&'a str>,
    found: &Found<'a, Instance>,
    own: Vec<Found<'a, NetworkInterface>>,
) {
    let said = found.value;
    let place = builder.place(found.file, found.id);
    let stand_in = said.subnet_id.as_ref().map(|subnet| {
        let address = said.private_ip_address.as_ref();
        interface::stand_in(subnet, address, &said.security_groups, said.source_dest_check)
    });
    // The interface's own record says more than the copy inside the instance.
    let copies =
        said.network_interfaces.iter().filter(|copy| !recorded.contains(copy.network_interface_id.as_str()));
    let mut interfaces: Vec<(topology::FileId, &NetworkInterface)> =
        own.iter().map(|own| (own.file, own.value)).chain(copies.map(|copy| (found.file, copy))).collect();
    if interfaces.is_empty() {
        interfaces.extend(stand_in.iter().map(|one| (found.file, one)));
    }
    interfaces.sort_by_key(|(_, one)| device_index(one));
    let vpc = said.vpc_id.as_deref().filter(|id| !id.is_empty());
    let vpc = vpc.map(str::to_owned).or_else(|| interfaces.first().and_then(|(_, one)| vpc_of(builder, one)));
    let Some(vpc) = vpc.filter(|_| !interfaces.is_empty()) else {
        builder.remark(&remarks::NO_SUBNET, found.id, place);
        builder.inventory.add_ignored(KIND, 1, "in no subnet");
        return;
    };
    let public: Option<Ipv4Addr> = said.public_ip_address.as_ref().and_then(|text| text.parse().ok());
    let (entries, ids) = entries(builder, owners, &interfaces, Some((found.id, public)));
    let windows = said.platform.as_deref().is_some_and(|platform| platform.eq_ignore_ascii_case("windows"));
    let instance = topology::Instance {
        kind: Spanned::new(InstanceKind::Ec2, place),
        state: Spanned::new(state(builder, said, place), place),
        ephemeral_ports: windows.then(|| Spanned::new(EphemeralPorts::Windows, place)),
        interfaces: entries,
        place,
        ..topology::Instance::default()
    };
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    push(builder, &vpc, KIND, found.id, common::aliases(found.id, &said.tags, &ids), instance);
}

fn state(builder: &mut Builder<'_>, said: &Instance, place: Place) -> InstanceState {
    match said.state.as_ref().map(|state| state.name.as_str()) {
        None | Some("running") => InstanceState::Running,
        Some("pending") => InstanceState::Pending,
        Some("stopping" | "stopped") => InstanceState::Stopped,
        Some("shutting-down" | "terminated") => InstanceState::Terminated,
        Some(_) => {
            builder.remark(&remarks::UNKNOWN_VALUE, &said.instance_id, place);
            InstanceState::Pending
        }
    }
}

/// An instance that only its interfaces tell of; whether it runs is not known, so that it is taken to.
fn add_unseen_instance<'a>(
    builder: &mut Builder<'a>,
    owners: &Owners<'a>,
    id: &str,
    own: &[Found<'a, NetworkInterface>],
) {
    let mut interfaces: Vec<(topology::FileId, &NetworkInterface)> =
        own.iter().map(|own| (own.file, own.value)).collect();
    interfaces.sort_by_key(|(_, one)| device_index(one));
    let Some((file, first)) = interfaces.first().copied() else { return };
    let place = builder.place(file, id);
    let vpc = vpc_of(builder, first).unwrap_or_default();
    let (entries, ids) = entries(builder, owners, &interfaces, Some((id, None)));
    let instance = topology::Instance {
        kind: Spanned::new(InstanceKind::Ec2, place),
        interfaces: entries,
        place,
        ..topology::Instance::default()
    };
    push(builder, &vpc, INTERFACE_KIND, id, ids, instance);
}

/// An interface that a service owns, or nobody.
fn add_alone<'a>(builder: &mut Builder<'a>, owners: &Owners<'a>, found: &Found<'a, NetworkInterface>) {
    let kind = owners.kind(found.value);
    let place = builder.place(found.file, found.id);
    if matches!(kind, InstanceKind::Other(_)) {
        builder.inventory.add_not_modelled(INTERFACE_KIND, 1);
    }
    let vpc = vpc_of(builder, found.value).unwrap_or_default();
    let (entries, _) = entries(builder, owners, &[(found.file, found.value)], None);
    let instance = topology::Instance {
        kind: Spanned::new(kind, place),
        interfaces: entries,
        place,
        ..topology::Instance::default()
    };
    let aliases = common::aliases(found.id, &found.value.tag_set, &[]);
    push(builder, &vpc, INTERFACE_KIND, found.id, aliases, instance);
}

fn vpc_of(builder: &Builder<'_>, said: &NetworkInterface) -> Option<String> {
    let own = said.vpc_id.as_deref().filter(|id| !id.is_empty());
    own.or_else(|| builder.vpc_of_subnet(said.subnet_id.as_deref()?)).map(str::to_owned)
}

/// The interfaces as the topology has them, and their ids.
fn entries<'a>(
    builder: &mut Builder<'a>,
    owners: &Owners<'a>,
    interfaces: &[(topology::FileId, &NetworkInterface)],
    instance: Option<(&str, Option<Ipv4Addr>)>,
) -> (Entries<topology::Interface>, Vec<String>) {
    let mut entries = Entries::default();
    let mut ids: Vec<String> = Vec::with_capacity(interfaces.len());
    for (index, (file, said)) in interfaces.iter().enumerate() {
        let id = said.network_interface_id.as_str();
        if ids.iter().any(|known| known == id) {
            continue;
        }
        let place = builder.place(*file, id);
        // What the instance says about itself is about its primary interface.
        let owner = instance.filter(|_| index == 0);
        let value = interface::interface(builder, owners, said, owner, place);
        let name = Spanned::new(id.to_owned(), place);
        entries.0.push(Entry { name, aliases: common::aliases(id, &said.tag_set, &[]), value });
        ids.push(id.to_owned());
    }
    (entries, ids)
}

fn push(
    builder: &mut Builder<'_>,
    vpc: &str,
    kind: &'static str,
    id: &str,
    aliases: Vec<String>,
    instance: topology::Instance,
) {
    let place = instance.place;
    if let Some(vpc) = builder.vpc_of(vpc, kind, id, place) {
        let name = Spanned::new(id.to_owned(), place);
        vpc.instances.0.push(Entry { name, aliases, value: instance });
    }
}
