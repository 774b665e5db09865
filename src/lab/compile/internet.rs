//! The internet: it owns every address that no gateway announces.

use ipnet::{IpNet, Ipv6Net};

use super::super::plan::{Device, MAIN, NamespaceId, Policy, Way};
use super::draft::{Chain, Draft, To, defaults, table};
use super::gateways::{PRIVATE_IPV4, PRIVATE_IPV6, egress_port, private};
use super::traffic;

/// What came out by an egress-only gateway goes back to it: marks, and tables, of those gateways start here.
const FIRST_MARK: u32 = 100;

pub(super) fn build(draft: &mut Draft<'_, '_>, internet: NamespaceId) {
    let world = draft.world;
    for everything in defaults() {
        draft.route(internet, MAIN, everything, Way::Local);
    }
    let (mut pre, mut out, mut input) = (Chain::default(), Chain::default(), Chain::default());
    let mut sent = Chain::default();
    for (mark, vpc) in (FIRST_MARK..).zip(0..world.topology.vpcs.len()) {
        if draft.port(vpc, To::EgressOnly).is_none() {
            continue;
        }
        let port = egress_port(vpc);
        pre.rule(&[&format!("iifname \"{port}\" ct mark set {mark}")]);
        for cidr in world.cidrs(vpc).into_iter().filter(|cidr| cidr.addr().is_ipv6()) {
            draft.route(internet, mark, cidr, Way::Device(port.clone()));
        }
        // For IPv6 only, as the gateway is: with policy rules for IPv4 the kernel takes a source that only the
        // default route owns for a forgery, and drops without a word.
        let everything = Some(IpNet::V6(Ipv6Net::default()));
        draft.policy(internet, Policy { preference: 1000, mark, to: everything, table: mark });
    }
    if !pre.lines.is_empty() {
        let back = "ct direction reply ct mark != 0 meta mark set ct mark";
        pre.rule(&[back]);
        out.rule(&[back]);
    }
    let nobody = draft.drop(Device::Internet, None, "a private address is not on the internet");
    for chain in [&mut sent, &mut input] {
        chain.rule(&[&format!("ip daddr {PRIVATE_IPV4}"), &nobody]);
        chain.rule(&[&format!("ip6 daddr {PRIVATE_IPV6}"), &nobody]);
    }
    input.rule(&["iifname \"lo\" accept"]);
    for network in world.topology.networks.iter().filter(|network| network.value.on_premises) {
        for cidr in network.value.cidrs.iter().map(|cidr| cidr.value.trunc()).filter(|cidr| !private(cidr)) {
            let verdict = draft.drop(Device::Internet, None, "an on-premises network is not on the internet");
            input.rule(&[&traffic::address("daddr", &cidr), &verdict]);
        }
    }
    for thing in &world.topology.unmodelled {
        for address in &thing.addresses {
            let gap = draft.gap("an address of something that is not modelled", "it is not modelled");
            input.rule(&[&traffic::address("daddr", &(*address).into()), &gap]);
        }
    }
    let chains = [
        pre.text("c_pre", Some("filter hook prerouting priority -150; policy accept")),
        out.text("c_out", Some("route hook output priority -150; policy accept")),
        sent.text("c_sent", Some("filter hook output priority 0; policy accept")),
        input.text("c_in", Some("filter hook input priority 0; policy accept")),
    ];
    draft.ruleset(internet, table(&chains));
}
