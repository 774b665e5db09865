//! The `tests:` and `lint:` blocks.

use super::super::words;
use super::layout::{Map, Value};
use super::{Writer, flag, said, some};
use crate::topology::{EphemeralPorts, TestCase};

impl Writer<'_> {
    pub(super) fn tests(&mut self, top: &mut Map) {
        let topology = self.topology;
        if !topology.tests.is_empty() {
            top.put("tests", Value::List(topology.tests.iter().map(test).collect()));
        }
        let mut lint = Map::default();
        lint.maybe("deny", some(&topology.lint.deny));
        lint.maybe("warn", some(&topology.lint.warn));
        lint.maybe("allow", some(&topology.lint.allow));
        if !lint.0.is_empty() {
            top.put("lint", lint.record());
        }
    }
}

fn test(test: &TestCase) -> Value {
    let mut map = Map::default();
    map.maybe("name", said(test.name.as_ref()));
    map.maybe("from", some(&test.from));
    map.maybe("to", some(&test.to));
    map.maybe("allow", some(&test.allow));
    map.maybe("deny", some(&test.deny));
    let only = test.only_from.as_ref();
    map.maybe("only_from", only.map(|from| some(from).unwrap_or(Value::List(Vec::new()))));
    let verdict = test.expect.as_ref().and_then(|expect| words::word(words::EXPECTATIONS, &expect.value));
    map.maybe("expect", verdict.map(Value::text));
    map.maybe("because", some(&test.because));
    map.maybe("client", test.client.as_ref().map(|ports| ephemeral_ports(ports.value)));
    let family = test.family.as_ref().and_then(|family| words::word(words::FAMILIES, &family.value));
    map.maybe("family", family.map(Value::text));
    map.maybe("to_public_ip", flag(test.to_public_ip.as_ref()));
    map.flag("soft", test.soft, false);
    map.maybe("skip", said(test.skip.as_ref()));
    map.record()
}

/// A name from the table, or the range.
pub(super) fn ephemeral_ports(ports: EphemeralPorts) -> Value {
    match words::word(words::EPHEMERAL_PORTS, &ports) {
        Some(word) => Value::text(word),
        None => Value::text(ports.range()),
    }
}
