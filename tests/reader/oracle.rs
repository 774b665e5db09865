//! Another YAML reader sees the same keys and values.

use proptest::prelude::*;
use serde_json::Value;
use vpcreach::topology::{EndpointType, Entry, VpcEndpoint, yaml};

use super::schema::as_json;
use super::support::{SAMPLES, clean, read};

/// The keys of a map in another reader's eyes.
fn keys(value: &Value) -> Vec<String> {
    value.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[test]
fn the_same_names_are_seen() {
    for (sample, text) in SAMPLES {
        let (ours, theirs) = (clean(text), as_json(text));
        assert_eq!(
            sorted(ours.vpcs.iter().map(|vpc| vpc.name().to_owned()).collect()),
            sorted(keys(&theirs["vpcs"])),
            "{sample}"
        );
        for entry in &ours.vpcs {
            let (vpc, said) = (&entry.value, &theirs["vpcs"][entry.name()]);
            let names = [
                ("subnets", vpc.subnets.iter().map(|e| e.name().to_owned()).collect()),
                ("route_tables", vpc.route_tables.iter().map(|e| e.name().to_owned()).collect()),
                ("network_acls", vpc.network_acls.iter().map(|e| e.name().to_owned()).collect()),
                ("security_groups", vpc.security_groups.iter().map(|e| e.name().to_owned()).collect()),
                ("nat_gateways", vpc.nat_gateways.iter().map(|e| e.name().to_owned()).collect::<Vec<_>>()),
            ];
            for (kind, ours) in names {
                assert_eq!(sorted(ours), sorted(keys(&said[kind])), "{sample} {kind}");
            }
            let instances = keys(&said["instances"]).into_iter().chain(keys(&said["network_interfaces"]));
            // The nodes of an application load balancer belong to an owner of its name.
            let balancers = vpc.load_balancers.iter().map(|e| e.name().to_owned());
            // So do the interfaces of an interface endpoint.
            let interface = |e: &&Entry<VpcEndpoint>| e.value.kind.value == EndpointType::Interface;
            let endpoints = vpc.endpoints.iter().filter(interface).map(|e| e.name().to_owned());
            let instances = instances.chain(balancers).chain(endpoints);
            let ours: Vec<String> = vpc.instances.iter().map(|e| e.name().to_owned()).collect();
            assert_eq!(sorted(ours), sorted(instances.collect()), "{sample} instances");
        }
    }
}

#[test]
fn the_same_values_are_seen() {
    for (sample, text) in SAMPLES {
        let (ours, theirs) = (clean(text), as_json(text));
        for entry in &ours.vpcs {
            for table in &entry.value.route_tables {
                let said = &theirs["vpcs"][entry.name()]["route_tables"][table.name()];
                // A gateway endpoint adds routes of its own, which stand where the endpoint names the table.
                let written =
                    || table.value.routes.iter().filter(|route| route.destination.place != route.place);
                assert_eq!(written().count(), keys(said).len(), "{sample} {}", table.name());
                for route in written() {
                    let key = super::support::text_at(&ours, route.destination.place);
                    let target = super::support::text_at(&ours, route.target.place);
                    assert_eq!(said[key.trim_matches('"')], Value::String(target), "{sample}");
                }
            }
            for acl in &entry.value.network_acls {
                let said = &theirs["vpcs"][entry.name()]["network_acls"][acl.name()];
                for (canonical, alias, rules) in
                    [("inbound", "ingress", &acl.value.inbound), ("outbound", "egress", &acl.value.outbound)]
                {
                    let said = if said[canonical].is_null() { &said[alias] } else { &said[canonical] };
                    assert_eq!(rules.len(), keys(said).len(), "{sample} {canonical}");
                    for rule in rules {
                        let said = &said[rule.number.value.to_string()];
                        assert!(
                            said["action"].is_string() || said["rule_action"].is_string(),
                            "{sample}: {said}"
                        );
                    }
                }
            }
        }
        let tests = theirs["tests"].as_array().map_or(0, Vec::len);
        assert_eq!(ours.tests.len(), tests, "{sample}");
    }
}

#[test]
fn a_sample_means_the_same_as_its_json() {
    for (sample, text) in SAMPLES {
        let (ours, json) = (clean(text), read(&as_json(text).to_string()));
        assert!(json.1.iter().all(|d| !d.is_error()), "{sample}: {:?}", json.1);
        assert_eq!(ours.unmodelled.len(), json.0.unmodelled.len(), "{sample}");
        for entry in &ours.vpcs {
            let other = json.0.vpcs.get(entry.name()).unwrap();
            for group in &entry.value.security_groups {
                let rules = |group: &vpcreach::topology::SecurityGroup| {
                    let all = group.inbound.iter().chain(&group.outbound).flatten();
                    let rule =
                        all.map(|r| (r.peer.value.clone(), r.traffic.protocol, r.traffic.ports.clone()));
                    rule.collect::<Vec<_>>()
                };
                let theirs = other.security_groups.get(group.name()).unwrap();
                assert_eq!(rules(&group.value), rules(theirs), "{sample} {}", group.name());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (topology, diagnostics) = yaml::read("p.yaml", &bytes);
        vpcreach::render::diagnostic::render(&diagnostics, &topology.sources, false);
    }

    #[test]
    fn no_yaml_punctuation_makes_it_panic(text in "[-:{}\\[\\],&*!|>'\"%@`#?~ \n\ta<.0-9/é]{0,200}") {
        let (topology, diagnostics) = read(&text);
        vpcreach::render::diagnostic::render(&diagnostics, &topology.sources, false);
    }

    #[test]
    fn no_slip_in_a_sample_makes_it_panic(
        sample in 0..SAMPLES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6usize, "[-:{}\\[\\],&*<'\" \na0é]{0,3}"), 1..6),
    ) {
        let mut text: Vec<char> = SAMPLES[sample].1.chars().collect();
        for (at, remove, insert) in edits {
            let at = at.index(text.len());
            let end = (at + remove).min(text.len());
            text.splice(at..end, insert.chars());
        }
        let text: String = text.into_iter().collect();
        let (topology, diagnostics) = read(&text);
        // Every place is a place in the text.
        for label in diagnostics.iter().flat_map(|d| &d.labels) {
            if let vpcreach::topology::Place::Span(span) = label.place {
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{label:?}");
            }
        }
        vpcreach::render::diagnostic::render(&diagnostics, &topology.sources, false);
    }
}
