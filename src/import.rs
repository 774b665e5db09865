//! A topology file from whatever was read.
//!
//! The file gives the same answers as its source. Names change to ones that people read ([`topology::rename`]); what nobody
//! knows stays unknown. Only where nothing is unknown does the file drop the remark that it describes a part of a world.

use std::collections::HashSet;

use crate::network::Network;
use crate::topology::yaml::{self, Unwritable, WriteOptions};
use crate::topology::{
    self, Association, CaptureKind, Completeness, Defaults, Diagnostic, InstanceKind, Route,
    RouteDestination, SecurityGroupPeer, Topology,
};

/// The code of a name that a source mentions but does not describe.
const DANGLING: &str = "TOP117";

/// The name of the default network ACL of a VPC.
const DEFAULT_ACL: &str = "default";

/// How a topology is imported.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What things are called in the source, as comments.
    pub ids: bool,
    /// Whether the names are those of a topology file already.
    pub keep_names: bool,
}

/// The topology as a file.
///
/// # Errors
/// What the language has no words for.
pub fn import(topology: &Topology, options: Options) -> Result<String, Vec<Unwritable>> {
    let mut plain = prepared(topology, options);
    let written = WriteOptions { ids: options.ids };
    if is_whole(&plain) {
        let partial = std::mem::take(&mut plain.completeness);
        if let Ok(text) = yaml::write(&plain, written)
            && problems(&text).is_empty()
        {
            return Ok(text);
        }
        plain.completeness = partial;
    }
    let text = yaml::write(&plain, written)?;
    let problems = problems(&text);
    if problems.is_empty() { Ok(text) } else { Err(problems) }
}

/// The topology as it is written: with names of the language.
pub fn prepared(topology: &Topology, options: Options) -> Topology {
    if options.keep_names {
        return topology.clone();
    }
    let mut plain = topology::rename(topology);
    tidy(&mut plain);
    plain
}

/// Leaves out what a source says and what makes no difference.
fn tidy(topology: &mut Topology) {
    // Every account has AWS's lists; a file needs those that it uses.
    let used = used_prefix_lists(topology);
    topology.prefix_lists.0.retain(|list| used.contains(list.name()));
    // What Terraform removes from a new group is said, rather than in the words of another default.
    if std::mem::take(&mut topology.defaults) == Defaults::Terraform {
        for group in topology.vpcs.0.iter_mut().flat_map(|vpc| &mut vpc.value.security_groups.0) {
            group.value.outbound.get_or_insert_default();
        }
    }
    // The interface of a NAT gateway is the gateway, which is written.
    for vpc in topology.vpcs.0.iter_mut().map(|vpc| &mut vpc.value) {
        vpc.instances.0.retain(|instance| instance.value.kind.value != InstanceKind::NatGateway);
    }
    // A capture says of every subnet which network ACL it has, also where that is the default one.
    if !topology.completeness.is_missing(CaptureKind::NetworkAcls) {
        for subnet in topology.vpcs.0.iter_mut().flat_map(|vpc| &mut vpc.value.subnets.0) {
            let said = &mut subnet.value.network_acl;
            if matches!(said, Association::Named(name) if name.value == DEFAULT_ACL) {
                *said = Association::Implicit;
            }
        }
    }
}

fn used_prefix_lists(topology: &Topology) -> HashSet<String> {
    let mut used = HashSet::new();
    let of_gateways = topology.transit_gateways.iter().flat_map(|gateway| &gateway.value.route_tables);
    let mut routes: Vec<&Route> = of_gateways.flatten().flat_map(|table| &table.value.table.routes).collect();
    for vpc in topology.vpcs.iter().map(|vpc| &vpc.value) {
        routes.extend(vpc.route_tables.iter().flat_map(|table| &table.value.routes));
        routes.extend(vpc.subnets.iter().filter_map(|subnet| subnet.value.routes.as_ref()).flatten());
        let groups = vpc.security_groups.iter().map(|group| &group.value);
        let rules = groups.flat_map(|group| group.inbound.iter().chain(&group.outbound)).flatten();
        used.extend(rules.filter_map(|rule| match &rule.peer.value {
            SecurityGroupPeer::PrefixList(name) => Some(name.clone()),
            _ => None,
        }));
    }
    used.extend(routes.into_iter().filter_map(|route| match &route.destination.value {
        RouteDestination::PrefixList(name) => Some(name.clone()),
        _ => None,
    }));
    used
}

/// Whether nothing changes if the description is taken for the whole world: every name in it is described, and every
/// address is said. (What AWS would not accept makes a file that is not valid, which is seen there.)
fn is_whole(topology: &Topology) -> bool {
    let is_capture = match &topology.completeness {
        Completeness::Complete => return true,
        Completeness::Planned => false,
        Completeness::Partial { missing } if missing.is_empty() => true,
        Completeness::Partial { .. } => return false,
    };
    let (_, partial) = Network::compile(topology);
    if partial.iter().any(|diagnostic| diagnostic.code == DANGLING || diagnostic.is_error()) {
        return false;
    }
    says_all(topology, is_capture)
}

/// Whether nothing is left to be assumed that a source of this kind leaves unknown.
fn says_all(topology: &Topology, is_capture: bool) -> bool {
    let interfaces = topology.vpcs.iter().flat_map(|vpc| {
        let all = vpc.value.instances.iter().flat_map(|instance| &instance.value.interfaces);
        all.map(|interface| (&vpc.value, &interface.value))
    });
    for (vpc, interface) in interfaces {
        let subnet = vpc.subnets.get(&interface.subnet.value);
        let has_ipv4 = subnet.is_some_and(|subnet| subnet.cidr.is_some());
        let has_ipv6 = subnet.is_some_and(|subnet| {
            subnet.ipv6_cidr.is_some()
                && (subnet.cidr.is_none() || subnet.auto_assign_ipv6.is_some_and(|on| on.value))
        });
        let assumed = has_ipv4 && interface.ips.is_empty() || has_ipv6 && interface.ipv6.is_empty();
        let groups: Vec<&str> =
            interface.security_groups.iter().flatten().map(|group| group.value.as_str()).collect();
        let twice =
            groups.iter().enumerate().any(|(at, group)| groups.iter().take(at).any(|one| one == group));
        let shared = groups.iter().any(|group| group.contains('/'));
        if is_capture && assumed || interface.more_security_groups || twice || shared {
            return false;
        }
    }
    let mut tables = topology.vpcs.iter().flat_map(|vpc| &vpc.value.route_tables);
    let learns = tables.any(|table| !table.value.propagating.is_empty());
    let mut attachments = topology.transit_gateways.iter().flat_map(|gateway| &gateway.value.attachments);
    let any_subnet =
        attachments.any(|one| matches!(one.value.to, topology::AttachedTo::Vpc { subnets: None, .. }));
    !(any_subnet || is_capture && learns)
}

/// What the reader finds wrong with the text: nothing, or the text must not be used.
fn problems(text: &str) -> Vec<Unwritable> {
    let (topology, mut diagnostics) = yaml::read("import", text.as_bytes());
    if !diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.extend(Network::compile(&topology).1);
    }
    let errors = diagnostics.into_iter().filter(Diagnostic::is_error);
    let describe = |diagnostic: Diagnostic| {
        let place = diagnostic.labels.first().and_then(|label| topology.sources.locate(label.place));
        let line = place.and_then(|place| place.line).map(|at| format!("line {}: ", at.line));
        Unwritable(format!("{}{} ({})", line.unwrap_or_default(), diagnostic.message, diagnostic.code))
    };
    errors.map(describe).collect()
}
