//! The `tests:` block.

use super::super::codes;
use super::super::fields::Fields;
use super::super::grammar::topology::TEST;
use super::super::node::Node;
use super::super::problems::{Fault, Problems};
use super::super::{values, words};
use crate::topology::TestCase;

/// What a test asserts, and the keys that each assertion needs beside it.
const ASSERTIONS: &[(&str, &[&str])] =
    &[("allow", &["from"]), ("deny", &["from"]), ("only_from", &["to"]), ("expect", &["from", "to"])];

pub(super) fn tests(top: Fields<'_, '_>, problems: &mut Problems) -> Vec<TestCase> {
    let items = top.get("tests").map_or(&[][..], Node::items);
    items.iter().map(|node| test(node, problems)).collect()
}

fn test(node: &Node<'_>, problems: &mut Problems) -> TestCase {
    let said = Fields::new(node, &TEST);
    check(said, problems);
    TestCase {
        name: said.text("name"),
        from: said.texts("from"),
        to: said.texts("to"),
        allow: said.texts("allow"),
        deny: said.texts("deny"),
        only_from: said.get("only_from").map(|_| said.texts("only_from")),
        expect: said.read("expect", |text| words::read(words::EXPECTATIONS, "verdict", text)),
        because: said.texts("because"),
        client: said.read("client", values::ephemeral_ports),
        family: said.read("family", |text| words::read(words::FAMILIES, "address family", text)),
        to_public_ip: said.read("to_public_ip", values::boolean),
        soft: said.flag("soft", false),
        skip: said.text("skip"),
        place: said.place(),
    }
}

/// A test that asserts nothing would pass for ever, and nobody would know.
fn check(said: Fields<'_, '_>, problems: &mut Problems) {
    if said
        .entry("allow")
        .or(said.entry("deny"))
        .or(said.entry("only_from"))
        .or(said.entry("expect"))
        .is_none()
    {
        let fault = Fault::error(codes::TEST, "a test that asserts nothing")
            .help("add `allow`, `deny`, `only_from` or `expect`");
        problems.push(fault.at(said.place()));
    }
    for (assertion, needs) in ASSERTIONS {
        let Some((key, _)) = said.entry(assertion) else { continue };
        for need in needs.iter().filter(|need| said.entry(need).is_none()) {
            let fault = Fault::error(codes::TEST, format!("`{assertion}` needs `{need}` beside it"));
            problems.push(fault.at(key.place()));
        }
    }
    if let (Some((key, _)), None) = (said.entry("because"), said.entry("expect").or(said.entry("deny"))) {
        let fault =
            Fault::error(codes::TEST, "`because` gives reasons for a flow that is expected to be blocked")
                .help("add `expect: blocked`");
        problems.push(fault.at(key.place()));
    }
}
