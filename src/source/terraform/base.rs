//! A plan over a capture: what is there now, and what the plan changes of it.

use serde_json::{Value, json};

use super::address::{Key, ModuleStep};
use super::resource::Resource;
use super::world::World;
use super::{Moment, Plan, build, document, empty};
use crate::source::overlay::{self, AwsIds};
use crate::topology::{Diagnostic, Place, Topology};

/// The module that things of the capture are in, so that nothing in the configuration takes them for its own.
const MODULE: &str = "(capture)";

/// Reads a plan, and lays what it changes over a capture. Never fails: what can't be read becomes a diagnostic.
pub fn read_over(name: &str, bytes: &[u8], capture: Topology) -> Plan {
    let known = known(&capture);
    let read = |moment| {
        let text = super::text(bytes);
        let mut topology = empty();
        let world = match document(&mut topology, name, &text) {
            Ok(document) => World::over(document, moment, &known),
            Err(diagnostic) => return Err(Box::new(Plan::refused(topology, diagnostic))),
        };
        Ok((build(name, topology, &world, moment), ids(&world), world.has_changes))
    };
    let ((after, mut ids, has_changes), (before, old_ids, _)) =
        match (read(Moment::After), read(Moment::Before)) {
            (Ok(after), Ok(before)) => (after, before),
            (Err(refused), _) | (_, Err(refused)) => return *refused,
        };
    if !has_changes {
        let message = format!("{name} is a state, which changes nothing");
        let refused = Diagnostic::error("TF007", message, Place::Implicit)
            .help("`--base` lays a plan over a capture: `terraform show -json PLAN` writes it");
        return Plan::refused(after.topology, refused);
    }
    ids.extend(old_ids);
    let (topology, report) = overlay::lay_over(capture, before.topology, after.topology, &ids);
    let mut diagnostics = after.diagnostics;
    for label in diagnostics.iter_mut().flat_map(|diagnostic| &mut diagnostic.labels) {
        label.place = report.places.get(&label.place).copied().unwrap_or_default();
    }
    if let Some(first) = report.not_found.first() {
        const NAMED: usize = 5;
        let names: Vec<&str> = report.not_found.iter().take(NAMED).map(|one| one.value.as_str()).collect();
        let more = report.not_found.len().saturating_sub(NAMED);
        let rest = if more == 0 { String::new() } else { format!(", and {more} more") };
        let message =
            format!("changed by the plan, and not in the capture by its id: {}{rest}", names.join(", "));
        diagnostics.push(Diagnostic::warning("TF034", message, first.place).help(
            "interfaces that the capture has of these are as they are now; save the capture after the last apply",
        ));
    }
    Plan { topology, diagnostics, inventory: after.inventory }
}

/// AWS ids by address.
fn ids(world: &World) -> AwsIds {
    const PREFIXES: [&str; 17] = [
        "vpc-", "subnet-", "sg-", "rtb-", "acl-", "igw-", "eigw-", "nat-", "i-", "eni-", "pcx-", "tgw-",
        "pl-", "vgw-", "vpn-", "cgw-", "vpce-",
    ];
    // A capture names these by their names, not by their ARNs.
    const NAMED: [&str; 5] = ["aws_lb", "aws_alb", "aws_elb", "aws_lb_target_group", "aws_alb_target_group"];
    let known = world.resources.iter().filter_map(|one| {
        let id = one.id()?;
        let name = if NAMED.contains(&one.kind.as_str()) {
            one.text("name")?
        } else {
            Some(id).filter(|id| PREFIXES.iter().any(|prefix| id.starts_with(prefix)))?
        };
        Some((one.address.clone(), name.to_owned()))
    });
    known.collect()
}

/// What a plan may refer to by id alone: enough of each to be found, and to put things into it.
fn known(capture: &Topology) -> Vec<Resource> {
    let mut known = Vec::new();
    let mut add = |kind: &str, id: &str, values: Value| {
        let key = Key::Text(id.to_owned());
        known.push(Resource {
            address: format!("module.{MODULE}.data.{kind}.known[{}]", json!(id)),
            module: vec![ModuleStep { name: MODULE.to_owned(), key: None }],
            is_managed: false,
            kind: kind.to_owned(),
            name: "known".to_owned(),
            key: Some(key),
            values,
            unknown: Value::Null,
        });
    };
    for vpc in &capture.vpcs {
        let (id, said) = (vpc.name(), &vpc.value);
        let further: Vec<Value> = said
            .cidrs
            .iter()
            .map(|cidr| json!({ "cidr_block": cidr.value, "state": "associated" }))
            .collect();
        add(
            "aws_vpc",
            id,
            json!({
                "id": id,
                "cidr_block": said.cidrs.first().map(|cidr| cidr.value),
                "cidr_block_associations": further,
                "ipv6_cidr_block": said.ipv6_cidrs.first().map(|cidr| cidr.value),
                "owner_id": said.account.as_ref().map(|account| &account.value),
                "region": said.region.as_ref().map(|region| &region.value),
                "main_route_table_id": said.main_route_table.as_ref().map(|table| &table.value),
            }),
        );
        for subnet in &said.subnets {
            add(
                "aws_subnet",
                subnet.name(),
                json!({
                    "id": subnet.name(),
                    "vpc_id": id,
                    "cidr_block": subnet.value.cidr.map(|cidr| cidr.value),
                    "ipv6_cidr_block": subnet.value.ipv6_cidr.map(|cidr| cidr.value),
                    "availability_zone": subnet.value.az.as_ref().map(|az| &az.value),
                    "map_public_ip_on_launch": subnet.value.auto_assign_public_ip.map(|on| on.value),
                    "assign_ipv6_address_on_creation": subnet.value.auto_assign_ipv6.map(|on| on.value),
                }),
            );
        }
        for group in &said.security_groups {
            add("aws_security_group", group.name(), json!({ "id": group.name(), "vpc_id": id }));
        }
        for table in &said.route_tables {
            add("aws_route_table", table.name(), json!({ "id": table.name(), "vpc_id": id }));
        }
        for acl in &said.network_acls {
            add("aws_network_acl", acl.name(), json!({ "id": acl.name(), "vpc_id": id }));
        }
    }
    known
}
