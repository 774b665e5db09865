//! A topology file from whatever was read.
//!
//! The file gives the same answers as its source. Names change to ones that people read ([`topology::rename`]); what nobody
//! knows stays unknown. Only where nothing is unknown does the file drop the remark that it describes a part of a world.

use crate::network::Network;
use crate::topology::yaml::{self, Unwritable, WriteOptions};
use crate::topology::{self, Completeness, Diagnostic, Topology};

/// The code of a name that a source mentions but does not describe.
const DANGLING: &str = "TOP117";

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
    if is_whole(topology, &plain) {
        plain.completeness = Completeness::Complete;
    }
    let text = yaml::write(&plain, WriteOptions { ids: options.ids })?;
    let problems = problems(&text);
    if problems.is_empty() { Ok(text) } else { Err(problems) }
}

/// The topology as it is written: with names of the language.
pub fn prepared(topology: &Topology, options: Options) -> Topology {
    if options.keep_names { topology.clone() } else { topology::rename(topology) }
}

/// Whether nothing changes if the description is taken for the whole world: every name in it is described, every
/// address is said, and AWS would accept it.
fn is_whole(topology: &Topology, renamed: &Topology) -> bool {
    let is_capture = match &topology.completeness {
        Completeness::Complete => return true,
        Completeness::Planned => false,
        Completeness::Partial { missing } if missing.is_empty() => true,
        Completeness::Partial { .. } => return false,
    };
    let (_, partial) = Network::compile(renamed);
    if partial.iter().any(|diagnostic| diagnostic.code == DANGLING || diagnostic.is_error()) {
        return false;
    }
    if !says_all(renamed, is_capture) {
        return false;
    }
    let whole = Topology { completeness: Completeness::Complete, ..renamed.clone() };
    !Network::compile(&whole).1.iter().any(Diagnostic::is_error)
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
    !(is_capture && learns) && !any_subnet
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
