//! Generated topologies are ones that AWS would accept.

use std::collections::HashSet;

use crate::oracle::generate;
use vpcreach::topology::*;

fn unique<T: std::hash::Hash + Eq + std::fmt::Debug>(items: impl Iterator<Item = T>, what: &str) {
    let mut seen = HashSet::new();
    for item in items {
        let shown = format!("{item:?}");
        assert!(seen.insert(item), "{what}: {shown} twice");
    }
}

fn every(check: impl Fn(&Topology, &Vpc)) {
    for seed in 0..400 {
        let topology = generate::topology(seed);
        topology.vpcs.iter().for_each(|vpc| check(&topology, &vpc.value));
    }
}

#[test]
fn every_address_is_a_free_host_of_its_subnet_vp8() {
    every(|_, vpc| {
        let interfaces = || vpc.instances.iter().flat_map(|instance| &instance.value.interfaces);
        let hosts = interfaces()
            .flat_map(|entry| entry.value.ips.iter().map(|ip| (entry.value.subnet.value.as_str(), ip.value)));
        let gateways = vpc
            .nat_gateways
            .iter()
            .map(|entry| (entry.value.subnet.value.as_str(), entry.value.private_ip.expect("said").value));
        let all: Vec<_> = hosts.chain(gateways).collect();
        for (subnet, address) in &all {
            let cidr = vpc.subnets.get(subnet).and_then(|subnet| subnet.cidr).expect("an IPv4 subnet").value;
            let number = u32::from(*address) - u32::from(cidr.network());
            assert!(
                cidr.contains(address) && number >= 4 && *address != cidr.broadcast(),
                "{address} in {cidr}"
            );
        }
        unique(all.iter().map(|(_, address)| address), "private address");
        for entry in interfaces() {
            for address in &entry.value.ipv6 {
                let subnet = vpc.subnets.get(&entry.value.subnet.value).expect("a subnet");
                assert!(subnet.ipv6_cidr.expect("an IPv6 subnet").value.contains(&address.value));
            }
            assert!(
                entry.value.security_groups.as_ref().is_none_or(|groups| (1..=5).contains(&groups.len()))
            );
        }
    });
}

#[test]
fn subnets_are_disjoint_parts_of_the_vpc_vp7() {
    every(|_, vpc| {
        let subnets: Vec<_> = vpc.subnets.iter().filter_map(|subnet| subnet.value.cidr).collect();
        for (number, subnet) in subnets.iter().enumerate() {
            assert!(vpc.cidrs.iter().any(|cidr| cidr.value.contains(&subnet.value)), "{}", subnet.value);
            for other in &subnets[number + 1..] {
                assert!(!other.value.contains(&subnet.value.network()), "{}", subnet.value);
                assert!(!subnet.value.contains(&other.value.network()), "{}", subnet.value);
            }
        }
    });
}

#[test]
fn routes_are_legal_rt5_rt13() {
    every(|topology, vpc| {
        let tables = vpc.route_tables.iter().map(|table| &table.value.routes);
        let own = vpc.subnets.iter().filter_map(|subnet| subnet.value.routes.as_ref());
        for routes in tables.chain(own) {
            unique(routes.iter().map(|route| format!("{:?}", route.destination.value)), "destination");
            for route in routes {
                let (RouteDestination::Cidr(cidr), RouteTarget::Named(target)) =
                    (&route.destination.value, &route.target.value)
                else {
                    continue;
                };
                let instance = target.split('/').next().and_then(|name| vpc.instances.get(name));
                let translator = vpc.nat_gateways.get(target).is_some();
                let gateway = ["igw", "eigw", "vgw"].contains(&target.as_str())
                    || topology.peering_connections.get(target).is_some()
                    || topology.transit_gateways.get(target).is_some();
                assert!(instance.is_some() || translator || gateway, "{target}");
                if let ipnet::IpNet::V4(cidr) = cidr {
                    assert_ne!(target, "eigw");
                    let whole = vpc
                        .subnets
                        .iter()
                        .any(|subnet| subnet.value.cidr.is_some_and(|it| it.value == *cidr));
                    let inside = vpc.cidrs.iter().any(|own| own.value.contains(cidr));
                    let local = vpc.cidrs.iter().any(|own| own.value == *cidr);
                    assert!(!inside || (whole || local) && !gateway, "{cidr} to {target}");
                } else {
                    assert!(!translator, "{cidr} to {target}");
                }
            }
        }
    });
}

#[test]
fn acl_rules_have_numbers_of_their_own_na2() {
    every(|_, vpc| {
        for acl in &vpc.network_acls {
            for rules in [&acl.value.inbound, &acl.value.outbound] {
                unique(rules.iter().map(|rule| rule.number.value), "number");
                assert!(rules.iter().all(|rule| (1..=32766).contains(&rule.number.value)));
                assert!(rules.len() <= 20);
            }
        }
    });
}

#[test]
fn peers_do_not_overlap_px2_px5() {
    for seed in 0..400 {
        let topology = generate::topology(seed);
        for peering in &topology.peering_connections {
            let side = |name: &Spanned<String>| topology.vpcs.get(&name.value).expect("a VPC");
            let (a, b) = (side(&peering.value.requester), side(&peering.value.accepter));
            for (a, b) in a.cidrs.iter().flat_map(|a| b.cidrs.iter().map(move |b| (a.value, b.value))) {
                assert!(!a.contains(&b.network()) && !b.contains(&a.network()), "{a} and {b}");
            }
        }
        let publics = topology.vpcs.iter().flat_map(|vpc| {
            let gateways = vpc.value.nat_gateways.iter().filter_map(|gateway| gateway.value.public_ip);
            let interfaces = vpc.value.instances.iter().flat_map(|instance| &instance.value.interfaces);
            let said = interfaces.flat_map(|entry| {
                let primary = match entry.value.public_ip.value {
                    PublicIp::Address(address) => Some(address),
                    _ => None,
                };
                primary.into_iter().chain(entry.value.public_ips.iter().map(|pair| pair.public.value))
            });
            gateways.map(|ip| ip.value).chain(said)
        });
        unique(publics, "public address");
    }
}
