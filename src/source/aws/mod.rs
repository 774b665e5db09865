//! Saved answers of the AWS CLI (`aws ec2 describe-…`), as one topology.
//!
//! A capture is known by the keys at the top of its documents, not by file names, and may be flat, one folder
//! per region, or `accounts/<id>/<region>/`. Each noun has a file here: the fields that AWS answers with,
//! and what becomes of them. Names are AWS ids; `Name` tags become aliases. What a capture lacks is
//! *unknown*, never *absent* ([`Completeness::Partial`]).

mod block_public_access;
mod builder;
pub(super) mod common;
mod document;
mod instance;
mod interface;
mod internet_gateway;
pub(super) mod inventory;
mod nat_gateway;
mod network_acl;
mod peering;
mod prefix_list;
pub(super) mod remarks;
mod route_table;
mod scope;
mod security_group;
mod subnet;
mod transit_gateway;
pub(super) mod unmodelled;
mod vpc;
mod vpc_endpoint;
mod vpn;

use builder::Builder;
use document::Page;
use scope::Scope;

use super::recognise::decoded;
use super::strings::visible_strings;
use crate::topology::{CaptureKind, Completeness, Diagnostic, FileId, Place, Sources, Topology};

pub use inventory::{Inventory, Tally};

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    /// The network, with AWS ids as places.
    pub topology: Topology,
    /// What is wrong with the capture; flaws of one kind are told once.
    pub diagnostics: Vec<Diagnostic>,
    /// What was read, what is not modelled yet, and what was left alone.
    pub inventory: Inventory,
}

/// Whether a top-level key is one of an AWS answer.
pub(super) fn is_answer(key: &str) -> bool {
    unmodelled::is_answer(key)
}

/// Whether an element of a bare list is a resource, or a list of resources.
pub(super) fn is_resource(value: &serde_json::Value) -> bool {
    let nested = || value.as_array().is_some_and(|list| list.iter().any(is_resource));
    unmodelled::key_of(value).is_some() || nested()
}

/// Reads the files of a capture: names to show, and bytes. Never fails: what can't be read becomes a
/// diagnostic, and the calls that it should have answered count as missing.
///
/// Linear in the size of the files, but for sorting.
pub fn read(files: &[(String, Vec<u8>)]) -> Capture {
    let mut topology = Topology::default();
    let mut diagnostics = Vec::new();
    let mut pages = Vec::new();
    let mut refused = Vec::new();
    for (name, bytes) in files {
        if name.ends_with(super::files::REFUSED_CALL) {
            refused.push(name.clone());
        } else {
            pages.extend(read_file(&mut topology.sources, &mut diagnostics, name, bytes));
        }
    }
    let (mut capture, incomplete) = build(topology, &pages);
    diagnostics.append(&mut capture.diagnostics);
    // With an error the capture is of no use, and what it lacks may be lacking for that reason.
    if !diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.extend(incomplete);
    }
    diagnostics.extend(refused_calls(&refused));
    capture.diagnostics = diagnostics;
    capture.inventory.files = files.len();
    capture.inventory.refused = refused;
    capture
}

fn read_file(
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
    name: &str,
    bytes: &[u8],
) -> Vec<Page> {
    let text = visible_strings(decoded(bytes));
    let file = sources.add_file(name, "");
    let (pages, malformed) = document::pages(file, &Scope::of(name), &text);
    if let Some(error) = malformed {
        let message = format!("{name} is not valid JSON: {}", error.message);
        let diagnostic = Diagnostic::error("AWS001", message, error.place(sources, name, &text));
        diagnostics.push(
            diagnostic.help("is the file cut off, or an error message in its place? Make the call again"),
        );
    }
    for page in &pages {
        diagnostics.extend(odd_elements(sources, name, file, page));
    }
    if text.trim_ascii().is_empty() {
        let empty = Diagnostic::warning("AWS020", format!("{name} is empty"), Place::Implicit);
        diagnostics.push(empty.help("did the call that wrote it fail? What it would have said is unknown"));
    }
    pages
}

fn odd_elements(sources: &mut Sources, name: &str, file: FileId, page: &Page) -> Option<Diagnostic> {
    let first = page.faults.first.as_ref()?;
    let more = page.faults.count - 1;
    let rest = if more == 0 { String::new() } else { format!(", and {more} more") };
    let place = sources.add_resource(file, first.split(':').next().unwrap_or_default());
    let message = format!("left out what is not as AWS answers: {first}{rest}");
    Some(Diagnostic::warning("AWS014", message, place).help(format!("look at {name}")))
}

fn refused_calls(refused: &[String]) -> Option<Diagnostic> {
    let first = refused.first()?;
    let more = refused.len() - 1;
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    let message = format!("AWS refused calls when the capture was made: {first}{rest}");
    Some(
        Diagnostic::note("AWS016", message, Place::Implicit)
            .help("what they would have said is unknown, not absent; the files say why they were refused"),
    )
}

/// From documents to the topology. Answers too what is missing from them.
fn build(topology: Topology, pages: &[Page]) -> (Capture, Vec<Diagnostic>) {
    let mut builder = Builder::new(topology, pages);
    vpc::build(&mut builder);
    subnet::build(&mut builder);
    route_table::build(&mut builder);
    network_acl::build(&mut builder);
    subnet::settle_associations(&mut builder);
    vpn::build(&mut builder);
    security_group::build(&mut builder);
    internet_gateway::build(&mut builder);
    nat_gateway::build(&mut builder);
    instance::build(&mut builder);
    peering::build(&mut builder);
    prefix_list::build(&mut builder);
    transit_gateway::build(&mut builder);
    unmodelled::build(&mut builder);
    count_unknown(&mut builder);
    let blocked = block_public_access::build(&mut builder);
    let mut missing: Vec<CaptureKind> = builder.missing().into_iter().collect();
    if prefix_list::any_unknown(&builder) {
        missing.push(CaptureKind::PrefixListEntries);
    }
    missing.extend(transit_gateway::missing(&builder));
    missing.extend(vpn::missing(&builder));
    builder.topology.completeness = Completeness::Partial { missing: missing.clone() };
    builder.inventory.missing = missing;
    let mut told = incomplete(&builder);
    told.extend(blocked);
    let diagnostics = builder.remarks.into_diagnostics().collect();
    (Capture { topology: builder.topology, diagnostics, inventory: builder.inventory }, told)
}

/// Lists under keys that nobody knows, and files without any key that somebody does.
fn count_unknown(builder: &mut Builder<'_>) {
    for page in builder.pages {
        if !page.known {
            let file = builder.topology.sources.file(FileId(page.file));
            let name = file.map(|file| file.name.clone()).unwrap_or_default();
            builder.remark(&remarks::NOT_AN_ANSWER, &name, Place::Implicit);
            continue;
        }
        for (key, length) in page.unknown.iter().filter(|(_, length)| *length > 0) {
            builder.inventory.add_read(key, *length);
            builder.inventory.add_ignored(key, *length, "not known here");
            builder.remark(&remarks::UNKNOWN_LIST, key, Place::Implicit);
        }
    }
}

/// What the capture lacks, in one diagnostic each for no VPC at all, calls, and pages.
fn incomplete(builder: &Builder<'_>) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    if builder.topology.vpcs.is_empty() {
        told.push(
            Diagnostic::error("AWS017", "no VPC was captured", Place::Implicit)
                .help("save the answer of: aws ec2 describe-vpcs"),
        );
    }
    let calls: Vec<&str> = builder.inventory.missing.iter().map(|kind| kind.call()).collect();
    if !calls.is_empty() {
        told.push(
            Diagnostic::note(
                "AWS018",
                "the capture lacks calls, so that some answers will be undetermined",
                Place::Implicit,
            )
            .help(format!("make them too: {}", calls.join("; "))),
        );
    }
    if let Some(file) = builder::cut_off(builder.pages) {
        let first = builder.topology.sources.file(FileId(file)).map_or("a file", |file| &file.name);
        told.push(
            Diagnostic::warning(
                "AWS019",
                format!("{first} says that more pages follow, which were not captured"),
                Place::Implicit,
            )
            .help("make the call without --max-items and --no-paginate"),
        );
    }
    told
}
