//! Terraform: `terraform show -json` of a plan or a state, and the raw state file.
//!
//! The three inputs become one flat list of resources (`world`). Links between them are ids where these are known
//! (a state, a plan that changes little) and references of the configuration where they are not (`reference`). Each
//! noun has a file that lowers it. What is known only after apply stays unknown: a path that depends on it is
//! `undetermined`, with the reason. Names are Terraform addresses; AWS ids and `Name` tags become aliases.

mod address;
mod aliases;
mod base;
mod block_public_access;
mod builder;
mod document;
mod elastic_ip;
mod gateway;
mod instance;
mod inventory;
mod link;
mod load_balancer;
mod network_acl;
mod peering;
mod prefix_list;
mod reference;
mod remarks;
mod resource;
mod route_table;
mod security_group;
mod service;
mod subnet;
mod transit_gateway;
mod types;
mod unmodelled;
mod vpc;
mod vpc_endpoint;
mod wanted;
mod world;

use std::borrow::Cow;
use std::collections::BTreeSet;

use builder::Builder;
use document::Document;
use world::World;

use super::recognise::decoded;
use super::strings::visible_strings;
use super::syntax::Malformed;
use super::twins::NoTwins;
use crate::topology::{Completeness, Defaults, Diagnostic, Place, Sources, Topology, quote};

pub use base::read_over;
pub use inventory::{Fate, Inventory};

/// Which of the two worlds of a plan is meant. A state has only one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moment {
    /// The world as it will be after apply.
    #[default]
    After,
    /// The world before it: what was deployed when the plan was made.
    Before,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The network, with Terraform addresses as names and places.
    pub topology: Topology,
    /// What is wrong with the file, and what it leaves open; flaws of one kind are told once.
    pub diagnostics: Vec<Diagnostic>,
    /// What became of every resource.
    pub inventory: Inventory,
}

/// Reads a plan or state. Never fails: what can't be read becomes a diagnostic.
///
/// Linear in the size of the file, but for sorting and for following references.
pub fn read(name: &str, bytes: &[u8], moment: Moment) -> Plan {
    let text = text(bytes);
    let mut topology = empty();
    match document(&mut topology, name, &text) {
        Ok(document) => build(name, topology, &World::new(document, moment), moment),
        Err(diagnostic) => Plan::refused(topology, diagnostic),
    }
}

impl Plan {
    /// What is left of a file that is of no use.
    fn refused(topology: Topology, why: Diagnostic) -> Self {
        Self { topology, diagnostics: vec![why], inventory: Inventory::default() }
    }
}

fn text(bytes: &[u8]) -> Cow<'_, [u8]> {
    visible_strings(decoded(bytes))
}

fn empty() -> Topology {
    Topology { defaults: Defaults::Terraform, completeness: Completeness::Planned, ..Topology::default() }
}

fn document<'t>(topology: &mut Topology, name: &str, text: &'t [u8]) -> Result<Document<'t>, Diagnostic> {
    // Resources are read one by one, and a part that can't be read must not be missing silently.
    let whole = serde_json::from_slice::<NoTwins>(text);
    match whole.and_then(|_| serde_json::from_slice(text)) {
        Ok(document) => version_error(name, &document).map_or(Ok(document), Err),
        Err(error) => Err(syntax_error(&mut topology.sources, name, text, &error)),
    }
}

fn build(name: &str, mut topology: Topology, world: &World, moment: Moment) -> Plan {
    let file = topology.sources.add_file(name, "");
    let mut builder = Builder::new(world, topology, file);
    for at in 0..world.resources.len() {
        if builder.is_without_values(at) {
            builder.remark(&remarks::NO_VALUES, at);
        }
    }
    prefix_list::build(&mut builder);
    vpc::build(&mut builder);
    subnet::build(&mut builder);
    route_table::build(&mut builder);
    gateway::build(&mut builder);
    network_acl::build(&mut builder);
    subnet::settle_associations(&mut builder);
    security_group::build(&mut builder);
    instance::build(&mut builder);
    service::build(&mut builder);
    vpc_endpoint::build(&mut builder);
    peering::build(&mut builder);
    transit_gateway::build(&mut builder);
    block_public_access::build(&mut builder);
    load_balancer::build(&mut builder);
    unmodelled::build(&mut builder);
    aliases::add(&mut builder);
    let inventory = builder.inventory();
    let assumed = assumptions(&mut builder);
    let whole = about_the_file(name, &builder, &inventory, moment);
    let mut diagnostics: Vec<Diagnostic> = std::mem::take(&mut builder.remarks).into_diagnostics().collect();
    diagnostics.extend(assumed);
    diagnostics.extend(whole);
    Plan { topology: builder.topology, diagnostics, inventory }
}

/// Links that the file does not settle, and that were taken as nearly everybody writes them.
fn assumptions(builder: &mut Builder<'_>) -> Option<Diagnostic> {
    const NAMED: usize = 3;
    let mut assumed = std::mem::take(&mut builder.linker.assumed);
    assumed.sort();
    assumed.dedup();
    let place = builder.place(assumed.first()?.0);
    let named: Vec<String> =
        assumed.iter().take(NAMED).map(|(at, what)| format!("{} {what}", builder.address(*at))).collect();
    let more = assumed.len().saturating_sub(NAMED);
    let rest = if more == 0 { String::new() } else { format!(", and {more} more") };
    let message = format!(
        "taken to be as nearly everybody writes it, which a plan does not tell: {}{rest}",
        named.join("; ")
    );
    Some(
        Diagnostic::warning("TF030", message, place)
            .help("a plan lists the names in an expression, not the expression: `a[count.index]` and `a[count.index + 1]` \
                 look alike; after apply, the state says it"),
    )
}

/// What is to be said about the file as a whole.
fn about_the_file(
    name: &str,
    builder: &Builder<'_>,
    inventory: &Inventory,
    moment: Moment,
) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    told.extend(edited(name, builder.world));
    if builder.topology.vpcs.is_empty() {
        let message = match moment {
            Moment::After => format!("{name} holds no VPC, nor anything in one"),
            Moment::Before => format!("{name} holds no VPC as it was before the plan"),
        };
        let foreign: Vec<&str> = inventory.foreign.keys().map(String::as_str).collect();
        let help = match foreign.as_slice() {
            [] => "is this the state or plan of the right directory?".to_owned(),
            some => format!("resources of AWS (aws_…) are read; here are {}", some.join(", ")),
        };
        told.push(Diagnostic::error("TF003", message, Place::Implicit).help(help));
    }
    if let Some(count) = inventory.foreign.get("awscc") {
        let message = format!("{count} resources of the provider awscc are not read");
        told.push(
            Diagnostic::warning("TF031", message, Place::Implicit)
                .help("save what is deployed with the AWS CLI instead"),
        );
    }
    if builder.world.is_incomplete {
        told.push(
            Diagnostic::warning("TF032", format!("{name} is not a complete plan"), Place::Implicit).help(
                "it was made with -target, or ended with an error; what it leaves out is not in the answers",
            ),
        );
    }
    if builder.world.is_plan && builder.world.configuration.is_none() {
        told.push(
            Diagnostic::warning("TF033", format!("{name} has no `configuration`"), Place::Implicit).help(
                "links that are known only after apply can't be followed without it; was it cut out? \
                 `terraform show -json PLAN` writes it",
            ),
        );
    }
    told
}

/// What Terraform never writes: what it means nobody knows, and without it the rest would say something else.
fn edited(name: &str, world: &World) -> Vec<Diagnostic> {
    let flaws = [
        ("TF004", "has an address that is none", &world.misnamed),
        ("TF005", "has a value of a type that the provider never gives it", &world.odd),
        ("TF006", "has two resources of one address, which say different things", &world.twins),
    ];
    let told = |(code, what, found): (&'static str, &str, &BTreeSet<String>)| {
        let first = quote(found.first()?);
        let rest = match found.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let message = format!("{name} {what}: {first}{rest}");
        let help = "was it edited? `terraform show -json` writes it anew";
        Some(Diagnostic::error(code, message, Place::Implicit).help(help))
    };
    flaws.into_iter().filter_map(told).collect()
}

/// What can't be read as a plan or a state.
fn syntax_error(sources: &mut Sources, name: &str, text: &[u8], error: &serde_json::Error) -> Diagnostic {
    let (what, help) = match error.is_data() {
        true => ("is not as Terraform writes it", "was it edited? `terraform show -json` writes it anew"),
        false => ("is not valid JSON", "is the file cut off? `terraform show -json` writes it anew"),
    };
    let error = Malformed::new(error);
    let message = format!("{name} {what}: {}", error.message);
    Diagnostic::error("TF001", message, error.place(sources, name, text)).help(help)
}

/// Formats that are not known, by name: `terraform show -json` has version 0.1 to 1.2, a raw state version 4.
fn version_error(name: &str, document: &Document<'_>) -> Option<Diagnostic> {
    let convert = "terraform show -json > state.json, with a current Terraform";
    let error = |message: String, help: &str| {
        Some(Diagnostic::error("TF002", message, Place::Implicit).help(help.to_owned()))
    };
    if let Some(version) = document.version {
        return match version {
            4 => None,
            _ => error(format!("{name} is a state of version {version}; version 4 is read"), convert),
        };
    }
    if document.modules.is_some() {
        return error(format!("{name} is a state of an old version; version 4 is read"), convert);
    }
    let format = document.format_version.as_deref()?;
    let major = format.split('.').next().unwrap_or_default();
    match major {
        "0" | "1" => None,
        _ => error(
            format!("{name} has format_version {format}; 0.1 to 1.2 are read"),
            "it comes from a newer Terraform than this program knows",
        ),
    }
}
