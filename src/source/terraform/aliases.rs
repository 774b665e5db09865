//! Short names: what people call a resource besides its address, as far as it is unique.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::builder::Builder;
use super::resource::Resource;
use crate::topology::Entry;

/// Gives everything that has a resource its AWS id, its `Name` tag and the end of its address as aliases.
pub(super) fn add(builder: &mut Builder<'_>) {
    let world = builder.world;
    let by_address: HashMap<&str, &Resource> =
        world.resources.iter().map(|one| (one.address.as_str(), one)).collect();
    let of = |name: &str| by_address.get(name).map(|one| names(one)).unwrap_or_default();
    let vpcs = &mut builder.topology.vpcs.0;
    give(vpcs.iter_mut().map(|vpc| (vpc.name.value.clone(), &mut vpc.aliases)).collect(), &of);
    // Endpoints share one namespace.
    let mut endpoints = Vec::new();
    let (mut subnets, mut tables, mut acls, mut groups) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for vpc in vpcs.iter_mut().map(|entry| &mut entry.value) {
        endpoints.extend(vpc.instances.0.iter_mut().map(named));
        endpoints.extend(vpc.nat_gateways.0.iter_mut().map(named));
        subnets.extend(vpc.subnets.0.iter_mut().map(named));
        tables.extend(vpc.route_tables.0.iter_mut().map(named));
        acls.extend(vpc.network_acls.0.iter_mut().map(named));
        groups.extend(vpc.security_groups.0.iter_mut().map(named));
    }
    for kind in [endpoints, subnets, tables, acls, groups] {
        give(kind, &of);
    }
    give(builder.topology.peering_connections.0.iter_mut().map(named).collect(), &of);
    let (mut gateways, mut attachments, mut tables) = (Vec::new(), Vec::new(), Vec::new());
    for entry in &mut builder.topology.transit_gateways.0 {
        gateways.push((entry.name.value.clone(), &mut entry.aliases));
        attachments.extend(entry.value.attachments.0.iter_mut().map(named));
        tables.extend(entry.value.route_tables.iter_mut().flat_map(|all| all.0.iter_mut()).map(named));
    }
    for kind in [gateways, attachments, tables] {
        give(kind, &of);
    }
    give(builder.topology.prefix_lists.0.iter_mut().map(named).collect(), &of);
}

type Named<'t> = (String, &'t mut Vec<String>);

fn named<T>(entry: &mut Entry<T>) -> Named<'_> {
    (entry.name.value.clone(), &mut entry.aliases)
}

fn give(entries: Vec<Named<'_>>, of: &impl Fn(&str) -> Vec<String>) {
    let taken: BTreeSet<String> = entries.iter().map(|(name, _)| name.clone()).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (name, _) in &entries {
        for alias in of(name).into_iter().collect::<BTreeSet<String>>() {
            *counts.entry(alias).or_default() += 1;
        }
    }
    for (name, aliases) in entries {
        for alias in of(&name) {
            let is_unique = counts.get(&alias) == Some(&1) && !taken.contains(&alias);
            if is_unique && !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
    }
}

fn names(one: &Resource) -> Vec<String> {
    let key = one.key.as_ref().map(ToString::to_string).unwrap_or_default();
    let of_group = ["aws_security_group"].iter().any(|kind| one.is(kind)).then(|| one.text("name")).flatten();
    let told = [one.name_tag(), of_group, one.id()].into_iter().flatten().map(str::to_owned);
    let short = [format!("{}{key}", one.name), format!("{}.{}{key}", one.kind, one.name)];
    told.chain(short).filter(|alias| *alias != one.address).collect()
}
