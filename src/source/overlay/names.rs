//! Addresses of a plan as AWS ids, which are the names in a capture.

use std::collections::HashMap;

use crate::topology::{Entries, SecurityGroupPeer, Topology, Visit, Visitor};

/// AWS ids by address.
pub(in super::super) type AwsIds = HashMap<String, String>;

/// The name of the default security group where a plan does not hold it.
const DEFAULT: &str = "default";

/// Gives everything the name that the capture has for it; the address becomes an alias.
pub(super) fn to_ids(topology: &mut Topology, ids: &AwsIds, capture: &Topology) {
    let groups: HashMap<&str, &str> = capture
        .vpcs
        .iter()
        .filter_map(|vpc| Some((vpc.name(), vpc.value.default_security_group.as_ref()?.value.as_str())))
        .collect();
    add_aliases(topology, ids);
    topology.visit(&mut ToIds(ids, &groups));
    for vpc in &mut topology.vpcs.0 {
        if let Some(group) = groups.get(vpc.name.value.as_str()) {
            vpc.value.visit(&mut Default(group));
        }
    }
}

struct ToIds<'a>(&'a AwsIds, &'a HashMap<&'a str, &'a str>);

impl Visitor for ToIds<'_> {
    fn name(&mut self, name: &mut String) {
        if let Some(id) = self.0.get(name) {
            id.clone_into(name);
        } else if let Some((owner, part)) = name.rsplit_once('/')
            && let Some(id) = self.0.get(owner)
        {
            *name = match self.1.get(id.as_str()).filter(|_| part == DEFAULT) {
                Some(group) => (*group).to_owned(),
                None => format!("{id}/{part}"),
            };
        }
    }
}

/// The default group of a VPC, which has an id in the capture.
struct Default<'a>(&'a str);

impl Visitor for Default<'_> {
    fn name(&mut self, name: &mut String) {
        if name == DEFAULT {
            self.0.clone_into(name);
        }
    }
}

/// A group that a rule of its own names is written in one way only.
pub(super) fn own_members(topology: &mut Topology) {
    for group in topology.vpcs.0.iter_mut().flat_map(|vpc| &mut vpc.value.security_groups.0) {
        let own = &group.name.value;
        for rule in group.value.inbound.iter_mut().chain(&mut group.value.outbound).flatten() {
            if matches!(&rule.peer.value, SecurityGroupPeer::Group(name) if name == own) {
                rule.peer.value = SecurityGroupPeer::SelfGroup;
            }
        }
    }
}

fn add_aliases(topology: &mut Topology, ids: &AwsIds) {
    alias(&mut topology.vpcs, ids);
    alias(&mut topology.peering_connections, ids);
    alias(&mut topology.transit_gateways, ids);
    alias(&mut topology.prefix_lists, ids);
    for gateway in &mut topology.transit_gateways.0 {
        alias(&mut gateway.value.attachments, ids);
        gateway.value.route_tables.iter_mut().for_each(|tables| alias(tables, ids));
    }
    for vpc in &mut topology.vpcs.0 {
        let vpc = &mut vpc.value;
        alias(&mut vpc.nat_gateways, ids);
        alias(&mut vpc.route_tables, ids);
        alias(&mut vpc.subnets, ids);
        alias(&mut vpc.network_acls, ids);
        alias(&mut vpc.security_groups, ids);
        alias(&mut vpc.instances, ids);
    }
}

fn alias<T>(entries: &mut Entries<T>, ids: &AwsIds) {
    for entry in &mut entries.0 {
        if let Some(id) = ids.get(&entry.name.value) {
            entry.aliases.retain(|alias| alias != id);
            entry.aliases.insert(0, entry.name.value.clone());
        }
    }
}
