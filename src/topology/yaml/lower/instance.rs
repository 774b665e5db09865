//! Instances and network interfaces.

use super::super::codes;
use super::super::fields::Fields;
use super::super::grammar::Record;
use super::super::grammar::vpc::{INSTANCE, INTERFACE, NETWORK_INTERFACE};
use super::super::node::{Key, Node};
use super::super::problems::{Fault, Problems};
use super::super::{values, words};
use crate::topology::{Entries, Instance, InstanceKind, Interface, PublicAddress, PublicIp, Spanned};

/// The name of the interface that the short form makes.
const ONLY_INTERFACE: &str = "eth0";

pub(super) fn instance(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Instance {
    let said = Fields::new(node, &INSTANCE);
    let mut interfaces = Entries::default();
    if said.get("interfaces").is_some() {
        for (name, node) in said.map("interfaces") {
            if let Some(interface) = interface(node, &INTERFACE, None) {
                interfaces.push(name.name(), interface);
            }
        }
        if said.map("interfaces").is_empty() {
            let fault = Fault::error(codes::MISSING_KEY, "an instance without an interface is nowhere")
                .help("`interfaces: {eth0: {subnet: NAME}}`, or simply `subnet: NAME`");
            problems.push(fault.at(key.place()));
        }
    } else if said.get("subnets").is_some() {
        interfaces = one_per_subnet(node, key, problems);
    } else if let Some(interface) = interface(node, &INSTANCE, None) {
        interfaces.push(super::implied(ONLY_INTERFACE, key), interface);
    }
    let instance = Instance {
        kind: said.word("kind", words::INSTANCE_KINDS),
        state: said.word("state", words::INSTANCE_STATES),
        group: said.text("group"),
        ephemeral_ports: said.read("ephemeral_ports", values::ephemeral_ports),
        policy_routing: said.read("policy_routing", values::boolean),
        one_per_subnet: said.get("subnets").is_some(),
        interfaces,
        place: said.place(),
    };
    check_function(&instance, problems);
    instance
}

/// An entry of `network_interfaces`: an owner of one interface.
pub(super) fn network_interface(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<Instance> {
    let said = Fields::new(node, &NETWORK_INTERFACE);
    let kind = match said.text("owner") {
        Some(owner) => {
            let kind = words::lookup(words::INTERFACE_OWNERS, &owner.value);
            Spanned::new(kind.unwrap_or(InstanceKind::Other(owner.value)), owner.place)
        }
        None => Spanned::implicit(InstanceKind::Interface),
    };
    let mut interfaces = Entries::default();
    interfaces.push(super::implied(ONLY_INTERFACE, key), interface(node, &NETWORK_INTERFACE, None)?);
    let instance = Instance { kind, interfaces, place: said.place(), ..Instance::default() };
    check_function(&instance, problems);
    Some(instance)
}

/// An interface in each of the subnets that AWS may choose, by the name of the subnet (EN-8).
fn one_per_subnet(node: &Node<'_>, key: &Key<'_>, problems: &mut Problems) -> Entries<Interface> {
    let subnets = Fields::new(node, &INSTANCE).texts("subnets");
    let mut interfaces = Entries::default();
    if subnets.is_empty() {
        let fault = Fault::error(codes::MISSING_KEY, "an instance in no subnet is nowhere")
            .help("`subnets: [NAME, …]` lists those that AWS may choose from");
        problems.push(fault.at(key.place()));
    }
    for subnet in subnets {
        if interfaces.get(&subnet.value).is_some() {
            let fault =
                Fault::error(codes::DUPLICATE_KEY, format!("subnet `{}` is listed twice", subnet.value));
            problems.push(fault.help("name each subnet once").at(subnet.place));
            continue;
        }
        let Some(interface) = interface(node, &INSTANCE, Some(subnet.clone())) else { continue };
        interfaces.push(subnet, interface);
    }
    interfaces
}

/// Reads an interface; in that subnet, if not in the one that it names.
pub(super) fn interface(
    node: &Node<'_>,
    record: &'static Record,
    subnet: Option<Spanned<String>>,
) -> Option<Interface> {
    let said = Fields::new(node, record);
    let public_ips = said.map("public_ips").iter().filter_map(|(private, public)| {
        let private = Spanned::new(values::ipv4(&private.text).ok()?, private.place());
        let public = super::super::fields::value(public, values::ipv4)?;
        Some(PublicAddress { private, public })
    });
    let groups = said.read_list("security_groups", values::reference_or_unknown);
    let more_security_groups = groups.iter().flatten().any(|group| group.value.is_none());
    Some(Interface {
        subnet: subnet.or_else(|| said.text("subnet"))?,
        ips: said.read_all("ip", values::ipv4),
        ipv6: said.read_all("ipv6", values::ipv6),
        public_ip: said.read("public_ip", values::public_ip).unwrap_or_default(),
        public_ips: public_ips.collect(),
        security_groups: groups.map(super::vpc::known),
        more_security_groups,
        source_dest_check: said.read("source_dest_check", values::boolean),
        attached: said.flag("attached", true),
        deny_all_igw_traffic: said.flag("deny_all_igw_traffic", false),
        place: said.place(),
    })
}

/// EN-6: functions never have public addresses.
fn check_function(instance: &Instance, problems: &mut Problems) {
    if instance.kind.value != InstanceKind::Lambda {
        return;
    }
    // With several subnets, what is said once holds for each.
    let most = if instance.one_per_subnet { 1 } else { usize::MAX };
    for interface in instance.interfaces.iter().take(most) {
        let interface = &interface.value;
        let said = match interface.public_ip.value {
            PublicIp::Assigned | PublicIp::Address(_) => Some(interface.public_ip.place),
            PublicIp::Inherit | PublicIp::None => interface.public_ips.first().map(|pair| pair.public.place),
        };
        if let Some(place) = said {
            let fault = Fault::error(codes::PUBLIC_ADDRESS, "a function never has a public address")
                .help("it reaches the internet through a NAT gateway, or over IPv6 (EN-6)");
            problems.push(fault.at(place).also(instance.kind.place, "a function"));
        }
    }
}
