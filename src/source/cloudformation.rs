//! CloudFormation templates, as one topology.
//!
//! ```text
//! bytes ──document──▶ tree of values, short tags and long forms alike
//!                       │ stack      templates that are read together, nested ones included
//!                       ▼
//!                     expressions ──evaluate──▶ values: known, known to the deployment, or unknown with a reason
//!                                                 │ lower    one module for each family of resources
//!                                                 ▼
//!                                               Topology
//! ```
//!
//! Names are logical ids. A template is not the whole truth: what only the deployment decides, what a parameter without
//! a value hides, and what no module here knows is *unknown*, never *absent*. Every fact keeps its place in the file.

mod document;
mod evaluate;
mod inventory;
mod lower;
mod parameter_file;
mod stack;
mod value;

use std::collections::BTreeSet;

use super::recognise::decoded;
use crate::topology::{Diagnostic, Place, Topology, quote};

use stack::{Template, World};

pub use inventory::{Fate, Inventory, Resource};
pub use parameter_file::parameter_file;

/// What the user adds to the templates.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Names of parameters, perhaps with a stack and `/` before them, and their values. The last one counts.
    /// Pseudo parameters such as `AWS::Region` can be given too.
    pub parameters: Vec<(String, String)>,
    /// Exports of stacks that are not read: names and values. The last one counts, and before the export of a template.
    pub exports: Vec<(String, String)>,
}

impl Settings {
    /// The value of a parameter in a stack.
    fn parameter(&self, stack: &str, name: &str) -> Option<&str> {
        let of = |wanted: Option<&str>| {
            let mut given = self.parameters.iter().rev();
            let found = given.find(|(given, _)| match given.split_once('/') {
                Some((given_stack, given_name)) => wanted == Some(given_stack) && given_name == name,
                None => wanted.is_none() && given == name,
            });
            found.map(|(_, value)| value.as_str())
        };
        of(Some(stack)).or_else(|| of(None))
    }
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The network, with places in the templates.
    pub topology: Topology,
    /// What is wrong or not known. With an error among them the topology is not to be used.
    pub diagnostics: Vec<Diagnostic>,
    /// What became of every resource.
    pub inventory: Inventory,
}

/// Reads templates that belong together: names to show, and bytes.
///
/// Time and memory are bounded for every input.
pub fn read(files: &[(String, Vec<u8>)], settings: &Settings) -> Import {
    let mut topology = Topology::default();
    let mut diagnostics = Vec::new();
    let mut templates = Vec::new();
    for (name, bytes) in files {
        let text = decoded(bytes);
        let text = match std::str::from_utf8(&text) {
            Ok(text) => text,
            Err(_) => {
                let message = format!("{name} is not text");
                diagnostics.push(Diagnostic::error("CFN001", message, Place::Implicit));
                continue;
            }
        };
        let file = topology.sources.add_file(name, text);
        let Some(root) = document::parse(file, text, &mut diagnostics) else { continue };
        if root.get("Resources").is_none_or(|resources| resources.entries().is_empty()) {
            let message = format!("{name} has no resources");
            let problem = Diagnostic::error("CFN001", message, root.place());
            diagnostics.push(problem.help("CloudFormation wants at least one under `Resources`"));
        }
        templates.push(Template { name: name.clone(), root });
    }
    let world = World::new(&templates, &mut diagnostics);
    diagnostics.extend(unknown_parameters(&world, settings));
    let mut import = lower::lower(&world, settings, topology);
    diagnostics.append(&mut import.diagnostics);
    import.diagnostics = diagnostics;
    import.diagnostics.extend(nothing(&import));
    shorten(&mut import.diagnostics);
    import
}

/// Most problems that are told, of errors and of the rest: nobody reads ten thousand.
const MAX_PROBLEMS: usize = 200;

fn shorten(diagnostics: &mut Vec<Diagnostic>) {
    let before = diagnostics.len();
    let mut told = [0_usize; 2];
    diagnostics.retain(|one| {
        let [errors, others] = &mut told;
        let count = if one.is_error() { errors } else { others };
        *count += 1;
        *count <= MAX_PROBLEMS
    });
    let more = before - diagnostics.len();
    if more > 0 {
        let message = format!("{more} more problems are not shown");
        diagnostics.push(Diagnostic::warning("CFN099", message, Place::Implicit));
    }
}

/// The names of the templates that a template nests, as files beside it.
pub(super) fn nested_files(bytes: &[u8]) -> Vec<String> {
    let text = decoded(bytes);
    let Ok(text) = std::str::from_utf8(&text) else { return Vec::new() };
    let root = document::parse(crate::topology::FileId(0), text, &mut Vec::new());
    root.map(|root| stack::nested_files(&root)).unwrap_or_default()
}

/// Values for parameters that no template has: most likely a mistake.
fn unknown_parameters(world: &World, settings: &Settings) -> Vec<Diagnostic> {
    let known: BTreeSet<&str> =
        world.stacks.iter().flat_map(|stack| stack.parameters.keys()).map(|name| &**name).collect();
    let mut problems = Vec::new();
    for (given, _) in &settings.parameters {
        let name = given.split_once('/').map_or(given.as_str(), |(_, name)| name);
        if known.contains(name) || name.starts_with("AWS::") {
            continue;
        }
        let message = format!("no template has a parameter {}", quote(name));
        let near = known
            .iter()
            .max_by(|a, b| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)));
        let problem = Diagnostic::error("CFN006", message, Place::Implicit);
        problems.push(match near {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("the templates have no parameters"),
        });
    }
    problems
}

/// A template without a VPC that could be read says nothing about reachability.
fn nothing(import: &Import) -> Option<Diagnostic> {
    if !import.topology.vpcs.is_empty() || import.diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    let message = "the templates have no VPC whose range is known: every answer will be undetermined";
    Some(
        Diagnostic::warning("CFN011", message, Place::Implicit).help(
            "read the template that makes the VPC too: put the templates into one directory and name that",
        ),
    )
}
