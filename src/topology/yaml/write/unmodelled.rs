//! What is there but not modelled.

use std::collections::HashSet;
use std::net::IpAddr;

use super::Writer;
use super::layout::{Map, Value};
use crate::topology::{Unmodelled, Vpc};

/// The kind that the reader makes of the table of a gateway.
const GATEWAY_TABLE: &str = "gateway route table";

impl Writer<'_> {
    /// Those of a VPC, or those outside every VPC.
    pub(super) fn unmodelled(&mut self, vpc: Option<(&str, &Vpc)>) -> Map {
        let topology = self.topology;
        let internet = vpc.and_then(|(_, vpc)| vpc.internet_gateway.as_ref()?.route_table.as_ref());
        let private = vpc.and_then(|(_, vpc)| vpc.vpn_gateway.as_ref()?.route_table.as_ref());
        let edges = [internet, private];
        let mut section = Map::default();
        let mut names: HashSet<&str> = HashSet::new();
        for item in &topology.unmodelled {
            let home = item.vpc.as_deref().filter(|name| self.vpcs.contains(name));
            let said_elsewhere = item.kind == GATEWAY_TABLE
                && edges.iter().flatten().any(|table| table.value == item.name.value);
            if home != vpc.map(|(name, _)| name) || said_elsewhere {
                continue;
            }
            if !names.insert(&item.name.value) {
                self.problem(format!("two things that are not modelled are called {}", item.name.value));
            }
            section.put(&item.name.value, thing(item, vpc.map(|(_, vpc)| vpc)));
        }
        section
    }
}

fn thing(item: &Unmodelled, vpc: Option<&Vpc>) -> Value {
    let texts = |texts: &[String]| {
        (!texts.is_empty()).then(|| Value::one_or_many(texts.iter().map(Value::text).collect()))
    };
    let addresses: Vec<Value> = item.addresses.iter().map(|address: &IpAddr| Value::text(address)).collect();
    let tables = vpc.into_iter().flat_map(|vpc| &vpc.route_tables);
    let learning: Vec<Value> = tables
        .filter(|table| table.value.propagating.iter().any(|gateway| gateway.value == item.name.value))
        .map(|table| Value::text(table.name()))
        .collect();
    let mut map = Map::default();
    map.put("kind", Value::text(&item.kind));
    map.maybe("addresses", (!addresses.is_empty()).then(|| Value::one_or_many(addresses)));
    map.maybe("subnets", texts(&item.subnets));
    map.maybe("security_groups", texts(&item.security_groups));
    map.maybe("propagate_to", (!learning.is_empty()).then(|| Value::one_or_many(learning)));
    map.maybe("why", item.why.as_ref().map(Value::text));
    map.record()
}
