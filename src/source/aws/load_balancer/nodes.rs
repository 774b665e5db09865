//! The nodes of load balancers: interfaces that AWS owns.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::builder::Builder;
use super::super::document::Page;
use super::KIND;
use super::answers::{Address, ClassicBalancer, LoadBalancer};
use crate::topology::{
    self, Entries, Entry, Instance, InstanceKind, InstanceState, Interface, Place, PublicIp, Spanned,
};

/// Interfaces of load balancers, by what their descriptions name.
pub(super) struct Nodes<'a> {
    by_name: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Nodes<'a> {
    pub(super) fn new(pages: &'a [Page]) -> Self {
        let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for interface in pages.iter().flat_map(|page| &page.interfaces) {
            let described = interface.description.as_deref().and_then(|text| text.strip_prefix("ELB "));
            if let Some(name) = described {
                by_name.entry(name).or_default().push(&interface.network_interface_id);
            }
        }
        Self { by_name }
    }

    /// Whether there are interfaces of load balancers that nobody described.
    pub(super) fn any_left(&self) -> bool {
        !self.by_name.is_empty()
    }

    /// Takes the interfaces of a load balancer, and makes up a node for each of its subnets that has none.
    pub(super) fn of(&mut self, builder: &mut Builder<'_>, said: &LoadBalancer, place: Place) -> Instance {
        // The description has what stands in the ARN behind `loadbalancer/`: app/NAME/ID.
        let described = said.load_balancer_arn.split_once(":loadbalancer/").map_or("", |(_, name)| name);
        let vpc = said.vpc_id.as_deref().unwrap_or_default();
        let mut interfaces = self.take(builder, vpc, described);
        let is_public = said.scheme.as_deref() == Some("internet-facing");
        for zone in &said.availability_zones {
            let made_up =
                made_up(&zone.subnet_id, &zone.load_balancer_addresses, is_public, &said.security_groups);
            add(builder, &mut interfaces, made_up, place);
        }
        let state = match said.state.as_ref().map(|state| state.code.as_str()) {
            Some("provisioning" | "failed") => InstanceState::Pending,
            _ => InstanceState::Running,
        };
        instance(interfaces, state, place)
    }

    pub(super) fn of_classic(
        &mut self,
        builder: &mut Builder<'_>,
        said: &ClassicBalancer,
        place: Place,
    ) -> Instance {
        let vpc = said.vpc_id.as_deref().unwrap_or_default();
        let mut interfaces = self.take(builder, vpc, &said.load_balancer_name);
        let is_public = said.scheme.as_deref() != Some("internal");
        for subnet in &said.subnets {
            let made_up = made_up(subnet, &[], is_public, &said.security_groups);
            add(builder, &mut interfaces, made_up, place);
        }
        instance(interfaces, InstanceState::Running, place)
    }

    fn take(&mut self, builder: &mut Builder<'_>, vpc: &str, described: &str) -> Entries<Interface> {
        let mut taken = Entries::default();
        let ids = self.by_name.remove(described).unwrap_or_default();
        let Some(vpc) = builder.vpc(vpc).filter(|_| !ids.is_empty()) else { return taken };
        let all = std::mem::take(&mut vpc.instances.0);
        for entry in all {
            let is_service = matches!(entry.value.kind.value, InstanceKind::Other(_));
            if is_service && ids.contains(&entry.name()) {
                taken.0.extend(entry.value.interfaces.0);
            } else {
                vpc.instances.0.push(entry);
            }
        }
        taken
    }
}

/// A node of which the capture has no interface.
struct MadeUp<'a> {
    subnet: &'a str,
    ips: Vec<Ipv4Addr>,
    ipv6: Vec<Ipv6Addr>,
    public_ip: PublicIp,
    groups: &'a [String],
}

fn made_up<'a>(subnet: &'a str, addresses: &[Address], is_public: bool, groups: &'a [String]) -> MadeUp<'a> {
    let parsed = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    let public: Option<Ipv4Addr> = addresses.iter().find_map(|one| parsed(&one.public));
    MadeUp {
        subnet,
        ips: addresses.iter().filter_map(|one| parsed(&one.private)).collect(),
        ipv6: addresses.iter().filter_map(|one| one.ipv6.as_ref()?.parse().ok()).collect(),
        public_ip: match (public, is_public) {
            (Some(address), _) => PublicIp::Address(address),
            (None, true) => PublicIp::Assigned,
            (None, false) => PublicIp::None,
        },
        groups,
    }
}

fn add(builder: &Builder<'_>, nodes: &mut Entries<Interface>, made_up: MadeUp<'_>, place: Place) {
    let MadeUp { subnet, ips, ipv6, public_ip, groups } = made_up;
    let is_there = nodes.iter().any(|node| node.value.subnet.value == subnet);
    if is_there || builder.vpc_of_subnet(subnet).is_none() {
        return;
    }
    let interface = Interface {
        subnet: Spanned::new(subnet.to_owned(), place),
        ips: ips.into_iter().map(|one| Spanned::new(one, place)).collect(),
        ipv6: ipv6.into_iter().map(|one| Spanned::new(one, place)).collect(),
        public_ip: Spanned::new(public_ip, place),
        public_ips: Vec::new(),
        security_groups: Some(groups.iter().map(|one| Spanned::new(one.clone(), place)).collect()),
        more_security_groups: false,
        source_dest_check: None,
        attached: true,
        deny_all_igw_traffic: false,
        place,
    };
    nodes.push(Spanned::new(subnet.to_owned(), place), interface);
}

fn instance(interfaces: Entries<Interface>, state: InstanceState, place: Place) -> Instance {
    Instance {
        kind: Spanned::new(InstanceKind::LoadBalancer, place),
        state: Spanned::new(state, place),
        interfaces,
        place,
        ..Instance::default()
    }
}

/// Puts a load balancer and its nodes into their VPC.
pub(super) fn push(
    builder: &mut Builder<'_>,
    vpc: &str,
    (name, aliases): (&str, Vec<String>),
    balancer: topology::LoadBalancer,
    nodes: Instance,
) {
    let place = balancer.place;
    let Some(vpc) = builder.vpc_of(vpc, KIND, name, place) else { return };
    // A classic one may have the name of another.
    let mut own = name.to_owned();
    while vpc.instances.get(&own).is_some() {
        own.push_str(" (classic)");
    }
    let mut aliases = aliases;
    aliases.retain(|alias| !alias.is_empty() && *alias != own);
    let name = Spanned::new(own, place);
    vpc.load_balancers.0.push(Entry { name: name.clone(), aliases: aliases.clone(), value: balancer });
    vpc.instances.0.push(Entry { name, aliases, value: nodes });
}
