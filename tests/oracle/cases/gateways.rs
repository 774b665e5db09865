//! Internet gateways, egress-only internet gateways, NAT.

use crate::oracle::lab::{Lab, fixture};
use crate::oracle::packet::Leg::{Reply, Request};
use vpcreach::topology::{Connectivity, GatewayState, Spanned};

#[test]
fn egress_needs_a_public_address_and_a_public_destination_ig1() {
    let mut lab = fixture();
    lab.reaches("web", "203.0.113.200 tcp 443");
    for private in ["192.168.1.1", "172.16.0.1", "10.200.0.1", "100.64.0.1"] {
        lab.drops("web", &format!("{private} tcp 443"), Request, "private destination");
    }
    lab.instance("bare", "pub", "10.0.1.11", "web");
    lab.drops("bare", "203.0.113.200 tcp 443", Request, "no public address");
    lab.internet_gateway("v", false);
    lab.drops("web", "203.0.113.200 tcp 443", Request, "not attached");
}

#[test]
fn ingress_is_to_public_addresses_from_public_addresses_ig2() {
    let mut lab = fixture();
    lab.reaches("203.0.113.5", "198.51.100.10 tcp 443");
    lab.drops("203.0.113.5", "10.0.1.10 tcp 443", Request, "private address");
    lab.drops("203.0.113.5", "198.51.100.99 tcp 443", Request, "no internet gateway has");
    for private in ["192.168.1.1", "100.127.255.255"] {
        lab.drops(private, "198.51.100.10 tcp 443", Request, "private source");
    }
    lab.reaches("100.128.0.1", "198.51.100.10 tcp 443");
    lab.drops("203.0.113.5", "198.51.100.10 tcp 444", Request, "security groups Inbound");
    lab.internet_gateway("v", false);
    lab.drops("203.0.113.5", "198.51.100.10 tcp 443", Request, "no internet gateway is attached");
}

#[test]
fn filters_see_the_private_local_side_and_the_public_far_side_ig3() {
    let mut lab = fixture();
    lab.group("web", "tcp 443 203.0.113.5/32", "all");
    lab.acl("pub", "in 100 allow tcp 443 203.0.113.0/24; out 100 allow tcp 40000 203.0.113.0/24");
    lab.reaches("203.0.113.5", "198.51.100.10 tcp 443");
    lab.drops("203.0.113.6", "198.51.100.10 tcp 443", Request, "security groups Inbound");
    lab.drops("203.0.112.5", "198.51.100.10 tcp 443", Request, "network ACL");
}

#[test]
fn only_the_reply_needs_a_route_ig4_ig5() {
    let mut lab = fixture();
    lab.routes("pub", "");
    lab.drops("203.0.113.5", "198.51.100.10 tcp 443", Reply, "RT-9");
    lab.routes("pub", "0.0.0.0/0 nat");
    lab.drops("203.0.113.5", "198.51.100.10 tcp 443", Reply, "no such flow");
    lab.routes("pub", "203.0.113.0/24 igw");
    lab.reaches("203.0.113.5", "198.51.100.10 tcp 443");
    lab.drops("192.0.2.5", "198.51.100.10 tcp 443", Reply, "RT-9");
}

fn six() -> Lab {
    let mut lab = fixture();
    lab.vpc_mut("v").ipv6_cidrs.push(Spanned::implicit("2001:db8:1::/56".parse().unwrap()));
    lab.egress_only("v").group("six", "tcp 443 ::/0", "all");
    lab.subnet("six", "2001:db8:1:6::/64").routes("six", "::/0 igw");
    lab.instance("six", "six", "2001:db8:1:6::10", "six");
    lab
}

#[test]
fn ipv6_is_not_translated_ig7() {
    let mut lab = six();
    lab.reaches("six", "2001:db8:f::5 tcp 443");
    lab.reaches("2001:db8:f::5", "2001:db8:1:6::10 tcp 443");
    lab.drops("fd12::5", "2001:db8:1:6::10 tcp 443", Request, "private source");
    lab.drops("six", "fd12::5 tcp 443", Request, "private destination");
    lab.routes("six", "::/0 eigw");
    lab.reaches("six", "2001:db8:f::5 tcp 443");
    lab.drops("2001:db8:f::5", "2001:db8:1:6::10 tcp 443", Reply, "no such flow");
    // Replies to what began inside need no internet gateway.
    lab.vpc_mut("v").internet_gateway = None;
    lab.reaches("six", "2001:db8:f::5 tcp 443");
    lab.drops("2001:db8:f::5", "2001:db8:1:6::10 tcp 443", Request, "no internet gateway is attached");
}

#[test]
fn every_ipv6_item_is_needed_v6_1() {
    let lab = six();
    let mut without_route = lab.clone();
    without_route.routes("six", "0.0.0.0/0 igw");
    without_route.drops("six", "2001:db8:f::5 tcp 443", Request, "RT-9");
    let mut without_rule = lab.clone();
    without_rule.group("six", "tcp 443 0.0.0.0/0", "all 0.0.0.0/0");
    without_rule.drops("six", "2001:db8:f::5 tcp 443", Request, "security groups Outbound");
    without_rule.drops("2001:db8:f::5", "2001:db8:1:6::10 tcp 443", Request, "security groups Inbound");
    let mut without_acl = lab.clone();
    without_acl.acl("six", "in 100 allow all 0.0.0.0/0; out 100 allow all 0.0.0.0/0");
    without_acl.drops("six", "2001:db8:f::5 tcp 443", Request, "Outbound rule *");
    // Ping has a number of its own.
    let mut ping = lab.clone();
    ping.group("six", "icmpv6 128 ::/0", "all").reaches("2001:db8:f::5", "2001:db8:1:6::10 icmp 128 0");
    ping.acl("six", "in 100 allow icmpv6 128 0 ::/0; out 100 allow icmpv6 128 0 ::/0");
    ping.drops("2001:db8:f::5", "2001:db8:1:6::10 icmp 128 0", Reply, "Outbound rule *");
}

#[test]
fn hairpin_by_public_address_ig8() {
    let mut lab = fixture();
    // By the NAT gateway: the server sees its Elastic IP.
    lab.group("web", "tcp 443 sg:app", "all");
    lab.drops("app", "198.51.100.10 tcp 443", Request, "security groups Inbound");
    lab.group("web", "tcp 443 198.51.100.20/32", "all");
    lab.reaches("app", "198.51.100.10 tcp 443");
    // By the client's own public address.
    lab.instance("web2", "pub", "10.0.1.11", "app");
    lab.drops("web2", "198.51.100.10 tcp 443", Request, "no public address");
    lab.public("web2", "198.51.100.11");
    lab.drops("web2", "198.51.100.10 tcp 443", Request, "security groups Inbound");
    lab.group("web", "tcp 443 198.51.100.11/32", "all");
    lab.reaches("web2", "198.51.100.10 tcp 443");
}

#[test]
fn from_one_vpc_to_another_by_public_addresses() {
    let mut lab = fixture();
    lab.vpc("w", "10.0.0.0/16").internet_gateway("w", true).subnet("w/a", "10.0.5.0/24");
    lab.routes("w/a", "0.0.0.0/0 igw").group("w/open", "all 198.51.100.0/24", "all");
    lab.instance("w/b", "w/a", "10.0.5.10", "open").public("w/b", "192.0.2.77");
    lab.reaches("web", "192.0.2.77 tcp 443");
    lab.reaches("app", "192.0.2.77 tcp 443");
    lab.routes("w/a", "");
    lab.drops("app", "192.0.2.77 tcp 443", Reply, "RT-9");
    lab.vpc_mut("w").internet_gateway = None;
    lab.drops("web", "192.0.2.77 tcp 443", Request, "no internet gateway is attached");
}

#[test]
fn a_nat_gateway_needs_a_public_subnet_and_an_elastic_ip_ng1_ng2() {
    let mut lab = fixture();
    lab.reaches("app", "203.0.113.7 tcp 443");
    lab.routes("pub", "0.0.0.0/0 nat");
    lab.drops("app", "203.0.113.7 tcp 443", Request, "loop");
    lab.routes("pub", "");
    lab.drops("app", "203.0.113.7 tcp 443", Request, "RT-9");
    lab.routes("pub", "0.0.0.0/0 igw");
    lab.internet_gateway("v", false);
    lab.drops("app", "203.0.113.7 tcp 443", Request, "not attached");
    let mut private = fixture();
    let gateway = &mut private.vpc_mut("v").nat_gateways.0[0].value;
    gateway.connectivity = Spanned::implicit(Connectivity::Private);
    private.drops("app", "203.0.113.7 tcp 443", Request, "no public address");
}

#[test]
fn the_server_sees_the_elastic_ip_and_the_nat_port_ng3_w4() {
    let mut lab = fixture();
    lab.acl(
        "pub",
        "in 100 allow all 10.0.0.0/16; in 110 allow tcp 50000 0.0.0.0/0; out 100 allow all 0.0.0.0/0",
    );
    lab.reaches("app", "203.0.113.7 tcp 443 nat 50000");
    lab.drops("app", "203.0.113.7 tcp 443 nat 50001", Reply, "Inbound rule *");
}

#[test]
fn a_nat_gateway_takes_three_protocols_ng4() {
    let lab = fixture();
    lab.reaches("app", "203.0.113.7 udp 53");
    lab.reaches("app", "203.0.113.7 icmp 8 0");
    lab.drops("app", "203.0.113.7 protocol 47", Request, "NG-4");
    lab.drops("app", "203.0.113.7 protocol 50", Request, "NG-4");
    lab.reaches("web", "203.0.113.7 protocol 47");
}

#[test]
fn six_acl_rows_of_a_nat_gateway_ng5() {
    let private = "out 100 allow tcp 443 203.0.113.7/32; in 100 allow tcp 40000 203.0.113.7/32";
    let public = "in 100 allow tcp 443 10.0.2.10/32; out 100 allow tcp 443 203.0.113.7/32; \
                  in 110 allow tcp 50000 203.0.113.7/32; out 110 allow tcp 40000 10.0.2.10/32";
    let mut lab = fixture();
    lab.acl("priv", private).acl("pub", public);
    lab.reaches("app", "203.0.113.7 tcp 443");
    let rows = [
        ("priv", private, "out 100", Request),
        ("pub", public, "in 100", Request),
        ("pub", public, "out 100", Request),
        ("pub", public, "in 110", Reply),
        ("pub", public, "out 110", Reply),
        ("priv", private, "in 100", Reply),
    ];
    for (subnet, acl, row, leg) in rows {
        let without: Vec<&str> = acl.split("; ").filter(|rule| !rule.contains(row)).collect();
        let mut lab = lab.clone();
        lab.acl(subnet, &without.join("; "));
        lab.drops("app", "203.0.113.7 tcp 443", leg, &format!("acl-of-{subnet}"));
    }
}

#[test]
fn nothing_unsolicited_enters_by_a_nat_gateway_ng6() {
    let lab = fixture();
    lab.drops("203.0.113.5", "198.51.100.20 tcp 443", Request, "NG-6");
    lab.drops("203.0.113.5", "198.51.100.20 icmp 8 0", Request, "NG-6");
    lab.drops("web", "10.0.1.20 tcp 443", Request, "NG-6");
}

#[test]
fn only_an_available_nat_gateway_forwards_ng9() {
    let mut lab = fixture();
    for state in [GatewayState::Pending, GatewayState::Failed, GatewayState::Deleted] {
        lab.vpc_mut("v").nat_gateways.0[0].value.state = Spanned::implicit(state);
        lab.drops("app", "203.0.113.7 tcp 443", Request, "NG-9");
    }
}

#[test]
fn a_nat_instance_needs_its_check_off_and_its_groups_open_ng11() {
    let mut lab = fixture();
    lab.group("nat", "all 10.0.0.0/16", "all").instance("box", "pub", "10.0.1.30", "nat");
    lab.public("box", "198.51.100.30").routes("priv", "0.0.0.0/0 box");
    lab.drops("app", "203.0.113.7 tcp 443", Request, "EN-2");
    lab.forwards("box");
    lab.reaches("app", "203.0.113.7 tcp 443");
    lab.reaches("app", "203.0.113.7 protocol 47");
    lab.acl(
        "pub",
        "in 100 allow all 10.0.0.0/16; in 110 allow tcp 50000 0.0.0.0/0; out 100 allow all 0.0.0.0/0",
    );
    lab.drops("app", "203.0.113.7 tcp 443 nat 50001", Reply, "Inbound rule *");
    lab.group("nat", "none", "all");
    lab.drops("app", "203.0.113.7 tcp 443", Request, "security groups Inbound");
    lab.group("nat", "all 10.0.0.0/16", "none");
    lab.drops("app", "203.0.113.7 tcp 443", Request, "security groups Outbound");
    // Asked for itself, it is an instance like any other.
    lab.group("nat", "tcp 22 0.0.0.0/0", "none")
        .acl("pub", "in 1 allow all 0.0.0.0/0; out 1 allow all 0.0.0.0/0");
    lab.reaches("203.0.113.5", "198.51.100.30 tcp 22");
    // Without a public address it is as useless as anybody.
    lab.interface_mut("box").public_ip = Spanned::implicit(vpcreach::topology::PublicIp::None);
    lab.group("nat", "all 10.0.0.0/16", "all");
    lab.drops("app", "203.0.113.7 tcp 443", Request, "no public address");
}
