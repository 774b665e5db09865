//! The three-way merge: the capture, with what differs between the worlds before and after.

use std::collections::BTreeSet;

use super::{Report, is_same};
use crate::topology::{
    AclRule, Association, Entries, Entry, Instance, Interface, NetworkAcl, PrefixList, Route, RouteTable,
    SecurityGroup, SecurityGroupRule, Spanned, Subnet, Topology, TransitGateway, TransitGatewayAttachment,
    TransitGatewayRouteTable, Unmodelled, Visit, Vpc,
};

pub(super) fn topology(merged: &mut Topology, before: &Topology, after: Topology, report: &mut Report) {
    entries(&mut merged.prefix_lists, &before.prefix_lists, after.prefix_lists, report, prefix_list);
    entries(&mut merged.networks, &before.networks, after.networks, report, whole);
    entries(&mut merged.vpcs, &before.vpcs, after.vpcs, report, vpc);
    entries(
        &mut merged.peering_connections,
        &before.peering_connections,
        after.peering_connections,
        report,
        whole,
    );
    entries(
        &mut merged.transit_gateways,
        &before.transit_gateways,
        after.transit_gateways,
        report,
        transit_gateway,
    );
    let services = (&before.endpoint_services, after.endpoint_services);
    entries(&mut merged.endpoint_services, services.0, services.1, report, whole);
    let gateways = (&before.customer_gateways, after.customer_gateways);
    entries(&mut merged.customer_gateways, gateways.0, gateways.1, report, whole);
    let connections = (&before.vpn_connections, after.vpn_connections);
    entries(&mut merged.vpn_connections, connections.0, connections.1, report, whole);
    let direct = (&before.direct_connect_gateways, after.direct_connect_gateways);
    entries(&mut merged.direct_connect_gateways, direct.0, direct.1, report, whole);
    let virtual_ones = (&before.virtual_interfaces, after.virtual_interfaces);
    entries(&mut merged.virtual_interfaces, virtual_ones.0, virtual_ones.1, report, whole);
    unmodelled(&mut merged.unmodelled, &before.unmodelled, after.unmodelled, report);
}

/// Adds what is new, takes away what goes, and lets `change` merge what is in the capture and after. What the capture does
/// not have under its id is told, if it changes; if it does not, the capture knows better.
fn entries<T: Visit + Clone + PartialEq>(
    merged: &mut Entries<T>,
    before: &Entries<T>,
    after: Entries<T>,
    report: &mut Report,
    change: impl Fn(&mut T, Option<&T>, T, &mut Report),
) {
    for old in before {
        if after.get(old.name()).is_none() {
            let known = merged.len();
            merged.0.retain(|entry| entry.name() != old.name());
            if merged.len() == known {
                report.not_found.push(old.name.clone());
            }
        }
    }
    for new in after.0 {
        let old = before.get(new.name());
        let known = merged.0.iter_mut().find(|entry| entry.name() == new.name());
        match (known, old) {
            (Some(known), _) => {
                let more = new.aliases.iter().filter(|alias| !known.aliases.contains(alias));
                let more: Vec<String> = more.cloned().collect();
                known.aliases.extend(more);
                change(&mut known.value, old, new.value, report);
            }
            (None, None) => merged.0.push(new),
            (None, Some(old)) if is_same(&new.value, old) => {}
            (None, Some(_)) => {
                report.not_found.push(new.name.clone());
                merged.0.push(new);
            }
        }
    }
}

/// Something that changes as a whole.
fn whole<T: Visit + Clone + PartialEq>(known: &mut T, old: Option<&T>, new: T, _: &mut Report) {
    // Without a world before, the plan only names it.
    if old.is_some_and(|old| !is_same(&new, old)) {
        *known = new;
    }
}

/// A value that was said, where that changes.
fn said<T: PartialEq>(known: &mut Option<Spanned<T>>, old: Option<&Spanned<T>>, new: Option<Spanned<T>>) {
    if new.as_ref().map(|new| &new.value) != old.map(|old| &old.value) {
        *known = new;
    }
}

/// Values of a set.
fn set<T: PartialEq>(known: &mut Vec<Spanned<T>>, old: &[Spanned<T>], new: Vec<Spanned<T>>) {
    let gone = |one: &Spanned<T>| {
        old.iter().any(|old| old.value == one.value) && new.iter().all(|new| new.value != one.value)
    };
    known.retain(|one| !gone(one));
    for one in new {
        if known.iter().all(|known| known.value != one.value) && old.iter().all(|old| old.value != one.value)
        {
            known.push(one);
        }
    }
}

/// Things of a list that have something by which one of them is known.
fn keyed<T: Visit + Clone + PartialEq, K: PartialEq>(
    known: &mut Vec<T>,
    old: &[T],
    new: Vec<T>,
    key: impl Fn(&T) -> K,
) {
    known.retain(|one| {
        let key_of = key(one);
        !old.iter().any(|old| key(old) == key_of) || new.iter().any(|new| key(new) == key_of)
    });
    for one in new {
        let key_of = key(&one);
        let is_changed = old.iter().find(|old| key(old) == key_of).is_none_or(|old| !is_same(&one, old));
        if is_changed {
            known.retain(|known| key(known) != key_of);
            known.push(one);
        }
    }
}

fn prefix_list(known: &mut PrefixList, old: Option<&PrefixList>, new: PrefixList, _: &mut Report) {
    let PrefixList { entries, max_entries } = new;
    if let Some(old) = old {
        match (&mut known.entries, &old.entries, entries) {
            (Some(known), Some(old), Some(new)) => set(known, old, new),
            (_, old, new) if old.is_some() != new.is_some() => known.entries = new,
            _ => {}
        }
        said(&mut known.max_entries, old.max_entries.as_ref(), max_entries);
    }
}

fn vpc(known: &mut Vpc, old: Option<&Vpc>, new: Vpc, report: &mut Report) {
    let none = Vpc::default();
    let old = old.unwrap_or(&none);
    set(&mut known.cidrs, &old.cidrs, new.cidrs);
    set(&mut known.ipv6_cidrs, &old.ipv6_cidrs, new.ipv6_cidrs);
    said(&mut known.dns_support, old.dns_support.as_ref(), new.dns_support);
    gateway(&mut known.internet_gateway, old.internet_gateway.as_ref(), new.internet_gateway);
    let egress_only = (old.egress_only_internet_gateway.as_ref(), new.egress_only_internet_gateway);
    gateway(&mut known.egress_only_internet_gateway, egress_only.0, egress_only.1);
    gateway(&mut known.vpn_gateway, old.vpn_gateway.as_ref(), new.vpn_gateway);
    said(&mut known.main_route_table, old.main_route_table.as_ref(), new.main_route_table);
    said(&mut known.default_network_acl, old.default_network_acl.as_ref(), new.default_network_acl);
    said(&mut known.default_security_group, old.default_security_group.as_ref(), new.default_security_group);
    entries(&mut known.nat_gateways, &old.nat_gateways, new.nat_gateways, report, whole);
    entries(&mut known.route_tables, &old.route_tables, new.route_tables, report, route_table);
    entries(&mut known.subnets, &old.subnets, new.subnets, report, subnet);
    entries(&mut known.network_acls, &old.network_acls, new.network_acls, report, network_acl);
    entries(&mut known.security_groups, &old.security_groups, new.security_groups, report, security_group);
    instances(&mut known.instances, &old.instances, new.instances, report);
    entries(&mut known.load_balancers, &old.load_balancers, new.load_balancers, report, whole);
    entries(&mut known.target_groups, &old.target_groups, new.target_groups, report, whole);
    entries(&mut known.endpoints, &old.endpoints, new.endpoints, report, whole);
}

/// A gateway of which a VPC has one.
fn gateway<T: Visit + Clone + PartialEq>(known: &mut Option<T>, old: Option<&T>, new: Option<T>) {
    let is_changed = match (&new, old) {
        (Some(new), Some(old)) => !is_same(new, old),
        (new, old) => new.is_some() != old.is_some(),
    };
    if is_changed {
        *known = new;
    }
}

fn route_table(known: &mut RouteTable, old: Option<&RouteTable>, new: RouteTable, _: &mut Report) {
    let none = RouteTable::default();
    let old = old.unwrap_or(&none);
    keyed(&mut known.routes, &old.routes, new.routes, |route: &Route| route.destination.value.clone());
    set(&mut known.propagating, &old.propagating, new.propagating);
}

fn subnet(known: &mut Subnet, old: Option<&Subnet>, new: Subnet, _: &mut Report) {
    // Without a world before, the plan only refers to it: what it does not say is not said.
    let none = Subnet::default();
    let old = old.unwrap_or(&none);
    said(&mut known.cidr, old.cidr.as_ref(), new.cidr);
    said(&mut known.ipv6_cidr, old.ipv6_cidr.as_ref(), new.ipv6_cidr);
    said(&mut known.az, old.az.as_ref(), new.az);
    association(&mut known.route_table, &old.route_table, new.route_table);
    association(&mut known.network_acl, &old.network_acl, new.network_acl);
    said(&mut known.auto_assign_public_ip, old.auto_assign_public_ip.as_ref(), new.auto_assign_public_ip);
    said(&mut known.auto_assign_ipv6, old.auto_assign_ipv6.as_ref(), new.auto_assign_ipv6);
}

fn association(known: &mut Association, old: &Association, new: Association) {
    let is_same = match (&new, old) {
        (Association::Named(new), Association::Named(old)) => new.value == old.value,
        (new, old) => new == old,
    };
    if !is_same {
        *known = new;
    }
}

fn network_acl(known: &mut NetworkAcl, old: Option<&NetworkAcl>, new: NetworkAcl, _: &mut Report) {
    let none = NetworkAcl::default();
    let old = old.unwrap_or(&none);
    let number = |rule: &AclRule| rule.number.value;
    keyed(&mut known.inbound, &old.inbound, new.inbound, number);
    keyed(&mut known.outbound, &old.outbound, new.outbound, number);
}

fn security_group(
    known: &mut SecurityGroup,
    old: Option<&SecurityGroup>,
    new: SecurityGroup,
    _: &mut Report,
) {
    let none = SecurityGroup::default();
    let old = old.unwrap_or(&none);
    group_rules(&mut known.inbound, old.inbound.as_deref(), new.inbound);
    group_rules(&mut known.outbound, old.outbound.as_deref(), new.outbound);
}

/// Two rules that let the same through are one rule, whatever their ids.
fn group_rules(
    known: &mut Option<Vec<SecurityGroupRule>>,
    old: Option<&[SecurityGroupRule]>,
    new: Option<Vec<SecurityGroupRule>>,
) {
    let key = |rule: &SecurityGroupRule| {
        let traffic = &rule.traffic;
        (
            traffic.protocol,
            traffic.ports.clone(),
            traffic.icmp_type,
            traffic.icmp_code,
            rule.peer.value.clone(),
        )
    };
    let mut old = old.unwrap_or_default().to_vec();
    let mut new = new.unwrap_or_default();
    for rule in old.iter_mut().chain(&mut new) {
        rule.id = None;
    }
    if old.is_empty() && new.is_empty() {
        return;
    }
    keyed(known.get_or_insert_default(), &old, new, key);
}

/// Hosts. Of one that is in the capture each interface changes by itself; its names and addresses stay.
fn instances(
    known: &mut Entries<Instance>,
    old: &Entries<Instance>,
    mut new: Entries<Instance>,
    report: &mut Report,
) {
    for entry in &mut new.0 {
        let is_new = old.get(entry.name()).is_none();
        let instance = &mut entry.value;
        // A capture says every address; what is new has one that AWS picks (EN-7).
        let is_open = instance.interfaces.iter().any(|one| one.value.ips.is_empty());
        instance.one_per_subnet |= is_new && is_open && instance.interfaces.len() == 1;
    }
    entries(known, old, new, report, |known, old, new, report| {
        let Some(old) = old else { return };
        if is_same(&new, old) {
            return;
        }
        if known.interfaces.len() != new.interfaces.len() || old.interfaces.len() != new.interfaces.len() {
            report.not_found.push(Spanned::new(
                known.interfaces.iter().next().map(|one| one.name().to_owned()).unwrap_or_default(),
                new.place,
            ));
            *known = new;
            return;
        }
        if new.state.value != old.state.value {
            known.state = new.state;
        }
        let olds = &old.interfaces.0;
        for ((known, old), new) in known.interfaces.0.iter_mut().zip(olds).zip(new.interfaces.0) {
            interface(&mut known.value, &old.value, new.value);
        }
    });
}

fn interface(known: &mut Interface, old: &Interface, new: Interface) {
    if new.subnet.value != old.subnet.value {
        known.subnet = new.subnet;
    }
    set(&mut known.ips, &old.ips, new.ips);
    set(&mut known.ipv6, &old.ipv6, new.ipv6);
    if new.public_ip.value != old.public_ip.value {
        known.public_ip = new.public_ip;
    }
    let pair = |one: &crate::topology::PublicAddress| (one.private.value, one.public.value);
    if !new.public_ips.iter().map(pair).eq(old.public_ips.iter().map(pair)) {
        known.public_ips = new.public_ips;
    }
    let names = |groups: &Option<Vec<Spanned<String>>>| -> Option<Vec<String>> {
        Some(groups.as_ref()?.iter().map(|group| group.value.clone()).collect())
    };
    if names(&new.security_groups) != names(&old.security_groups) {
        known.security_groups = new.security_groups;
    }
    known.more_security_groups |= new.more_security_groups && !old.more_security_groups;
    said(&mut known.source_dest_check, old.source_dest_check.as_ref(), new.source_dest_check);
    if new.attached != old.attached {
        known.attached = new.attached;
    }
}

fn transit_gateway(
    known: &mut TransitGateway,
    old: Option<&TransitGateway>,
    new: TransitGateway,
    report: &mut Report,
) {
    let none = TransitGateway::default();
    let old = old.unwrap_or(&none);
    if new.security_group_referencing.value != old.security_group_referencing.value {
        known.security_group_referencing = new.security_group_referencing;
    }
    let attachment = whole::<TransitGatewayAttachment>;
    entries(&mut known.attachments, &old.attachments, new.attachments, report, attachment);
    let empty = Entries::default();
    let tables = (old.route_tables.as_ref().unwrap_or(&empty), new.route_tables.unwrap_or_default());
    if let Some(known) = &mut known.route_tables {
        entries(known, tables.0, tables.1, report, transit_table);
    } else if !tables.1.is_empty() {
        known.route_tables = Some(tables.1);
    }
}

fn transit_table(
    known: &mut TransitGatewayRouteTable,
    old: Option<&TransitGatewayRouteTable>,
    new: TransitGatewayRouteTable,
    report: &mut Report,
) {
    let none = TransitGatewayRouteTable::default();
    let old = old.unwrap_or(&none);
    let names = |said: &[Spanned<String>]| -> BTreeSet<String> {
        said.iter().map(|name| name.value.clone()).collect()
    };
    // What it will have learnt then is not in the capture.
    known.routes_missing |= names(&old.propagations) != names(&new.propagations);
    set(&mut known.associations, &old.associations, new.associations);
    set(&mut known.propagations, &old.propagations, new.propagations);
    route_table(&mut known.table, Some(&old.table), new.table, report);
}

/// What is known by name only.
fn unmodelled(known: &mut Vec<Unmodelled>, old: &[Unmodelled], new: Vec<Unmodelled>, report: &mut Report) {
    let as_entries = |items: Vec<Unmodelled>| {
        let entry = |item: Unmodelled| Entry { name: item.name.clone(), aliases: Vec::new(), value: item };
        Entries(items.into_iter().map(entry).collect())
    };
    let mut merged = as_entries(std::mem::take(known));
    entries(&mut merged, &as_entries(old.to_vec()), as_entries(new), report, whole);
    known.extend(merged.0.into_iter().map(|entry| entry.value));
}
