//! The reader of the topology language, which is written in YAML.
//!
//! ```text
//! bytes ──decode──▶ text ──tree──▶ Node ──check──▶ problems
//!                                    └────lower──▶ Topology (and problems that need a second look)
//! ```
//!
//! The grammar is data (`grammar`): the check, the lowering and the JSON [`schema()`] read the same tables.
//! All problems of a file are reported at once, each with the bytes it is about; after a syntax error
//! there is nothing to look at, so that one stands alone.
//!
//! Time and memory are bounded for every input: the size of the file, the depth of nesting, the number of
//! values and what aliases stand for have limits.

mod check;
pub mod codes;
mod decode;
mod fields;
mod grammar;
mod lower;
mod node;
mod peers;
mod presets;
mod problems;
mod schema;
mod traffic;
mod tree;
mod values;
mod words;
mod write;

use self::check::Owner;
use self::grammar::Type;
use self::grammar::topology::TOPOLOGY;
use self::node::{Kind, Node};
use self::problems::{Fault, Problems, listed};
pub use self::schema::schema;
pub use self::write::{Options as WriteOptions, Unwritable, write};
use super::{Diagnostic, FileId, Place, Span, Topology};

/// Keys by which files are recognised that are something else, and what they are.
const FOREIGN: &[(&str, &str)] = &[
    ("AWSTemplateFormatVersion", "a CloudFormation template"),
    ("Resources", "a CloudFormation template"),
    ("terraform_version", "Terraform's JSON output"),
    ("Vpcs", "output of the AWS CLI"),
    ("Subnets", "output of the AWS CLI"),
    ("SecurityGroups", "output of the AWS CLI"),
    ("NetworkAcls", "output of the AWS CLI"),
    ("RouteTables", "output of the AWS CLI"),
    ("Reservations", "output of the AWS CLI"),
    ("NetworkInterfaces", "output of the AWS CLI"),
    ("apiVersion", "a Kubernetes manifest"),
];

/// Reads a topology file.
///
/// `name` is what messages call the file. The topology has everything that could be understood; with an
/// error among the diagnostics it is not to be used. Diagnostics are in file order, and each has a code
/// of [`codes`].
///
/// Linear in the size of the input, and bounded: larger, deeper or more entangled files are refused.
pub fn read(name: &str, bytes: &[u8]) -> (Topology, Vec<Diagnostic>) {
    let mut topology = Topology::default();
    let mut problems = Problems::default();
    match decode::decode(bytes) {
        Ok(text) => {
            let file = topology.sources.add_file(name, text);
            if let Some(root) = parse(file, text, &mut problems) {
                check::check(&root, Type::Record(&TOPOLOGY), top(file), &mut problems);
                lower::lower(&root, &mut topology, &mut problems);
            }
        }
        Err(not_text) => {
            let file = topology.sources.add_file(name, not_text.before);
            let end = u32::try_from(not_text.before.len()).unwrap_or(u32::MAX);
            problems.push(not_text.fault.at(Place::Span(Span { file, start: end, end })));
        }
    }
    (topology, problems.finish())
}

/// The start of the file: where to report what the whole file lacks.
const fn top(file: FileId) -> Owner<'static> {
    Owner { name: None, place: Place::Span(Span { file, start: 0, end: 0 }) }
}

/// The tree, if it is one of a topology.
fn parse<'t>(file: FileId, text: &'t str, problems: &mut Problems) -> Option<Node<'t>> {
    let before = problems.len();
    let root = tree::read(file, text, problems);
    let empty = root.as_ref().is_none_or(Node::is_null) && problems.len() == before;
    if empty {
        let fault = Fault::error(codes::NOT_A_TOPOLOGY, "the file says nothing")
            .help("the smallest topology is `vpcs: {main: {cidr: 10.0.0.0/16}}`");
        problems.push(fault.at(top(file).place));
        return None;
    }
    let root = root?;
    if !matches!(root.kind, Kind::Map(_)) {
        let message = format!("a topology is a map, but this file is {}", root.noun());
        let fault = Fault::error(codes::NOT_A_TOPOLOGY, message)
            .help("the smallest topology is `vpcs: {main: {cidr: 10.0.0.0/16}}`");
        let start = Span { end: root.span.start, ..root.span };
        problems.push(fault.at(Place::Span(start)));
        return None;
    }
    let foreign = root.entries().iter().find_map(|(key, _)| {
        FOREIGN.iter().find(|(known, _)| *known == key.text).map(|(known, what)| (key, *known, *what))
    });
    if let (Some((key, known, what)), None) = (foreign, root.get("vpcs")) {
        let fault = Fault::error(codes::NOT_A_TOPOLOGY, format!("this looks like {what}, not a topology"))
            .label("a topology has no such key")
            .help(format!("it has {}; what others wrote is imported", listed(&[known])));
        problems.push(fault.at(key.place()));
        return None;
    }
    Some(root)
}
