//! Peering connections, twins and asymmetry.

use crate::oracle::lab::Lab;
use crate::oracle::packet::Leg::{Reply, Request};
use vpcreach::topology::{PeeringStatus, Spanned};

/// Three VPCs in a row, each with one open host and routes to both others by its neighbours.
fn row() -> Lab {
    let mut lab = Lab::default();
    for (name, cidr) in [("a", "10.1"), ("b", "10.2"), ("c", "10.3")] {
        let subnet = format!("{name}/main");
        lab.vpc(name, &format!("{cidr}.0.0/16")).subnet(&subnet, &format!("{cidr}.1.0/24"));
        lab.group(&format!("{name}/open"), "all 0.0.0.0/0; all ::/0", "all");
        lab.instance(&format!("{name}/host"), &subnet, &format!("{cidr}.1.10"), "open");
    }
    lab.peering("ab", "a", "b", PeeringStatus::Active).peering("bc", "b", "c", PeeringStatus::Active);
    lab.routes("a/main", "10.2.0.0/16 ab; 10.3.0.0/16 ab");
    lab.routes("b/main", "10.1.0.0/16 ab; 10.3.0.0/16 bc");
    lab.routes("c/main", "10.2.0.0/16 bc; 10.1.0.0/16 bc");
    lab
}

#[test]
fn both_sides_need_a_route_px1() {
    let mut lab = row();
    lab.reaches("a/host", "10.2.1.10 tcp 443");
    lab.reaches("b/host", "10.1.1.10 tcp 443");
    lab.routes("b/main", "10.3.0.0/16 bc");
    lab.drops("a/host", "10.2.1.10 tcp 443", Reply, "RT-9");
    lab.drops("b/host", "10.1.1.10 tcp 443", Request, "RT-9");
    // Nobody answers these, so nobody misses the route.
    lab.reaches("a/host", "10.2.1.10 icmp 3 4");
}

#[test]
fn a_return_route_may_be_just_as_wide_as_needed_px1() {
    let mut lab = row();
    lab.routes("b/main", "10.1.1.0/28 ab");
    lab.reaches("a/host", "10.2.1.10 tcp 443");
    lab.routes("b/main", "10.1.1.16/28 ab");
    lab.drops("a/host", "10.2.1.10 tcp 443", Reply, "RT-9");
}

#[test]
fn peering_is_not_transitive_px3() {
    let lab = row();
    lab.reaches("b/host", "10.3.1.10 tcp 443");
    lab.drops("a/host", "10.3.1.10 tcp 443", Request, "PX-3");
}

#[test]
fn a_peers_gateways_are_not_for_us_px4_ng7() {
    let mut lab = row();
    lab.internet_gateway("b", true).nat_gateway("b/nat", "b/main", "10.2.1.20", Some("198.51.100.20"));
    lab.routes("a/main", "0.0.0.0/0 ab").routes("b/main", "0.0.0.0/0 igw; 10.1.0.0/16 ab");
    lab.drops("a/host", "203.0.113.7 tcp 443", Request, "PX-3");
    // Its hosts are.
    lab.reaches("a/host", "10.2.1.10 tcp 443");
    lab.drops("a/host", "10.2.1.20 tcp 443", Request, "NG-6");
}

#[test]
fn acls_of_both_subnets_see_a_peered_packet() {
    let mut lab = row();
    lab.acl("a/main", "out 100 allow tcp 443 10.2.0.0/16; in 100 allow tcp 40000 10.2.0.0/16");
    lab.acl("b/main", "in 100 allow tcp 443 10.1.0.0/16; out 100 allow tcp 40000 10.1.0.0/16");
    lab.reaches("a/host", "10.2.1.10 tcp 443");
    lab.drops("a/host", "10.2.1.10 tcp 443 from 40001", Reply, "network ACL");
    lab.acl("b/main", "");
    lab.drops("a/host", "10.2.1.10 tcp 443", Request, "network ACL");
}

#[test]
fn a_reply_may_go_to_the_wrong_twin_px7() {
    let mut lab = Lab::default();
    lab.vpc("a", "10.2.0.0/16").subnet("a/main", "10.2.1.0/24").group("a/open", "all 0.0.0.0/0", "all");
    lab.instance("a/host", "a/main", "10.2.1.10", "open");
    for twin in ["b", "c"] {
        let subnet = format!("{twin}/main");
        lab.vpc(twin, "10.1.0.0/16")
            .subnet(&subnet, "10.1.1.0/24")
            .routes(&subnet, &format!("10.2.0.0/16 a{twin}"));
        lab.group(&format!("{twin}/open"), "all 0.0.0.0/0", "all");
        lab.instance(&format!("{twin}/host"), &subnet, "10.1.1.10", "open");
        lab.peering(&format!("a{twin}"), "a", twin, PeeringStatus::Active);
    }
    lab.instance("b/second", "b/main", "10.1.1.11", "open");
    lab.routes("a/main", "10.1.0.0/16 ac");
    lab.reaches("c/host", "10.2.1.10 tcp 443");
    // To c's host, whose groups let it in, or to nobody.
    lab.drops("b/host", "10.2.1.10 tcp 443", Reply, "somebody else");
    lab.drops("b/second", "10.2.1.10 tcp 443", Reply, "nobody");
    lab.routes("a/main", "10.1.0.0/16 ac; 10.1.1.11/32 ab");
    lab.reaches("b/second", "10.2.1.10 tcp 443");
    lab.routes("a/main", "10.1.0.0/16 ac; 10.1.1.0/24 ab");
    lab.reaches("b/host", "10.2.1.10 tcp 443");
}

#[test]
fn the_peers_resolver_is_out_of_reach_px8_dn2() {
    let lab = row();
    lab.reaches("b/host", "10.2.0.2 udp 53");
    lab.drops("a/host", "10.2.0.2 udp 53", Request, "nobody");
}

#[test]
fn ipv6_needs_routes_of_its_own_px10() {
    let mut lab = row();
    for (vpc, cidr) in [("a", "2001:db8:1"), ("b", "2001:db8:2")] {
        let range = Spanned::implicit(format!("{cidr}::/56").parse().unwrap());
        lab.vpc_mut(vpc).ipv6_cidrs.push(range);
        let subnet = Spanned::implicit(format!("{cidr}:1::/64").parse().unwrap());
        lab.subnet_mut(&format!("{vpc}/main")).ipv6_cidr = Some(subnet);
        let address = Spanned::implicit(format!("{cidr}:1::10").parse().unwrap());
        lab.interface_mut(&format!("{vpc}/host")).ipv6.push(address);
    }
    lab.drops("a/host", "2001:db8:2:1::10 tcp 443", Request, "RT-9");
    lab.routes("a/main", "2001:db8:2::/56 ab").routes("b/main", "2001:db8:1::/56 ab");
    lab.reaches("a/host", "2001:db8:2:1::10 tcp 443");
    // A reference means the members' IPv6 addresses as well.
    lab.group("b/open", "tcp 443 sg:a/open", "all");
    lab.reaches("a/host", "2001:db8:2:1::10 tcp 443");
}

#[test]
fn a_translated_source_is_not_a_member_sg7() {
    let mut lab = row();
    lab.subnet("a/nat", "10.1.9.0/24").nat_gateway("a/nat", "a/nat", "10.1.9.9", None);
    lab.routes("a/nat", "10.2.0.0/16 ab").routes("a/main", "10.2.0.0/16 nat");
    lab.reaches("a/host", "10.2.1.10 tcp 443");
    lab.group("b/open", "tcp 443 sg:a/open", "all");
    lab.drops("a/host", "10.2.1.10 tcp 443", Request, "security groups Inbound");
    lab.group("b/open", "tcp 443 10.1.9.9/32", "all");
    lab.reaches("a/host", "10.2.1.10 tcp 443");
    // W-4: the way back is to the NAT gateway, not to the client.
    lab.routes("b/main", "10.1.9.0/24 ab");
    lab.reaches("a/host", "10.2.1.10 tcp 443");
    lab.routes("b/main", "10.1.1.0/24 ab");
    lab.drops("a/host", "10.2.1.10 tcp 443", Reply, "RT-9");
}

#[test]
fn references_over_a_peering_that_is_not_active_match_nothing_sg20() {
    let mut lab = row();
    lab.group("b/open", "tcp 443 sg:a/open", "all");
    lab.reaches("a/host", "10.2.1.10 tcp 443");
    // Only a twin with the same addresses can still send what the reference was about.
    lab.vpc("twin", "10.1.0.0/16").subnet("twin/main", "10.1.1.0/24").routes("twin/main", "10.2.0.0/16 tb");
    lab.group("twin/open", "all 0.0.0.0/0", "all").instance("twin/host", "twin/main", "10.1.1.10", "open");
    lab.peering("tb", "twin", "b", PeeringStatus::Active).routes("b/main", "10.1.0.0/16 tb");
    lab.reaches("twin/host", "10.2.1.10 tcp 443");
    lab.topology.peering_connections.0[0].value.status = Spanned::implicit(PeeringStatus::Deleted);
    lab.drops("twin/host", "10.2.1.10 tcp 443", Request, "security groups Inbound");
}

#[test]
fn references_need_a_peering_of_their_own_sg9() {
    let mut lab = row();
    // a and c are peered with b, but not with each other.
    lab.group("c/open", "tcp 443 sg:a/open", "all");
    lab.drops("b/host", "10.3.1.10 tcp 443", Request, "security groups Inbound");
    lab.group("c/open", "tcp 443 sg:b/open", "all");
    lab.reaches("b/host", "10.3.1.10 tcp 443");
}

#[test]
fn plain_asymmetry_is_harmless_as2() {
    // Each side has a second, longer route that says the same in other words.
    let mut lab = row();
    lab.routes("a/main", "10.2.0.0/16 ab; 10.2.1.0/24 ab").routes("b/main", "10.0.0.0/8 ab");
    lab.reaches("a/host", "10.2.1.10 tcp 443");
}
