//! Security groups and network ACLs.

use crate::oracle::lab::{Lab, fixture};
use crate::oracle::packet::Leg::{Reply, Request};
use vpcreach::topology::{Association, Defaults, PeeringStatus};

/// Two hosts in different subnets of one VPC, with open groups.
fn pair() -> Lab {
    let mut lab = fixture();
    lab.group("app", "all 0.0.0.0/0", "all").group("db", "all 0.0.0.0/0", "all");
    lab
}

#[test]
fn the_fixture_works() {
    let lab = fixture();
    lab.reaches("web", "10.0.2.10 tcp 8080");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.drops("web", "10.0.3.10 tcp 5432", Request, "security groups Inbound");
    lab.reaches("203.0.113.5", "198.51.100.10 tcp 443");
    lab.reaches("app", "203.0.113.5 tcp 443");
}

#[test]
fn acl_comes_before_groups_on_the_way_in_w1() {
    let mut lab = fixture();
    lab.group("db", "none", "all");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "security groups Inbound");
    lab.acl("db", "in 100 deny all 0.0.0.0/0; out 100 allow all 0.0.0.0/0");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "network ACL");
}

#[test]
fn groups_are_united_sg1() {
    let mut lab = fixture();
    lab.group("extra", "tcp 22 0.0.0.0/0", "none");
    lab.drops("app", "10.0.3.10 tcp 22", Request, "security groups Inbound");
    let groups = ["db", "extra"].map(|name| vpcreach::topology::Spanned::implicit(name.to_owned()));
    lab.interface_mut("db").security_groups = Some(groups.to_vec());
    lab.reaches("app", "10.0.3.10 tcp 22");
    lab.reaches("app", "10.0.3.10 tcp 5432");
}

#[test]
fn groups_are_stateful_sg2() {
    let mut lab = fixture();
    lab.group("db", "tcp 5432 sg:app", "none");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.group("app", "none", "all");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.drops("db", "10.0.2.10 tcp 8080", Request, "security groups Outbound");
}

#[test]
fn source_ports_are_never_matched_sg3() {
    let mut lab = fixture();
    lab.group("db", "tcp 40000 0.0.0.0/0", "all");
    lab.drops("app", "10.0.3.10 tcp 443 from 40000", Request, "security groups Inbound");
    lab.reaches("app", "10.0.3.10 tcp 40000 from 40001");
}

#[test]
fn other_protocols_ignore_ports_sg5() {
    let mut lab = fixture();
    lab.group("db", "50 500-500 0.0.0.0/0; udp 53 0.0.0.0/0; icmp 8 0 0.0.0.0/0", "all");
    lab.reaches("app", "10.0.3.10 protocol 50");
    lab.drops("app", "10.0.3.10 protocol 47", Request, "security groups Inbound");
    lab.reaches("app", "10.0.3.10 udp 53");
    lab.drops("app", "10.0.3.10 tcp 53", Request, "security groups Inbound");
    lab.reaches("app", "10.0.3.10 icmp 8 0");
    lab.drops("app", "10.0.3.10 icmp 13 0", Request, "security groups Inbound");
}

#[test]
fn tcp_on_every_port_is_not_everything_sg5() {
    let mut lab = fixture();
    lab.group("db", "tcp 0-65535 0.0.0.0/0", "all");
    lab.reaches("app", "10.0.3.10 tcp 65535");
    lab.drops("app", "10.0.3.10 udp 53", Request, "security groups Inbound");
}

fn dual_stack() -> Lab {
    let mut lab = Lab::default();
    lab.vpc("v", "10.0.0.0/16, 2001:db8:1::/56");
    lab.subnet("a", "10.0.1.0/24, 2001:db8:1:1::/64").subnet("b", "10.0.2.0/24, 2001:db8:1:2::/64");
    lab.group("open", "all 0.0.0.0/0; all ::/0", "all");
    lab.instance("a", "a", "10.0.1.10, 2001:db8:1:1::10", "open");
    lab.instance("b", "b", "10.0.2.10, 2001:db8:1:2::10", "open");
    lab
}

#[test]
fn families_do_not_mix_in_groups_sg6() {
    let mut lab = dual_stack();
    lab.reaches("a", "2001:db8:1:2::10 tcp 443");
    lab.group("open", "tcp 443 0.0.0.0/0", "all");
    lab.reaches("a", "10.0.2.10 tcp 443");
    lab.drops("a", "2001:db8:1:2::10 tcp 443", Request, "security groups Inbound");
    lab.group("open", "tcp 443 ::/0", "all 0.0.0.0/0");
    lab.drops("a", "2001:db8:1:2::10 tcp 443", Request, "security groups Outbound");
}

#[test]
fn families_do_not_mix_in_acls_na6() {
    let mut lab = dual_stack();
    lab.acl("b", "in 100 allow all 0.0.0.0/0; out 100 allow all 0.0.0.0/0");
    lab.reaches("a", "10.0.2.10 tcp 443");
    lab.drops("a", "2001:db8:1:2::10 tcp 443", Request, "rule *");
    lab.acl("b", "in 100 allow all ::/0; out 100 allow all ::/0");
    lab.reaches("a", "2001:db8:1:2::10 tcp 443");
    lab.drops("a", "10.0.2.10 tcp 443", Request, "rule *");
}

#[test]
fn a_reference_is_about_private_addresses_sg7() {
    let mut lab = fixture();
    lab.group("web", "tcp 443 sg:other", "all").group("other", "none", "all");
    lab.instance("other", "pub", "10.0.1.30", "other").public("other", "198.51.100.30");
    lab.reaches("other", "10.0.1.10 tcp 443");
    lab.drops("other", "198.51.100.10 tcp 443", Request, "security groups Inbound");
    lab.group("web", "tcp 443 198.51.100.30/32", "all");
    lab.reaches("other", "198.51.100.10 tcp 443");
}

#[test]
fn membership_alone_admits_nobody_sg8() {
    let mut lab = fixture();
    lab.group("x", "none", "all");
    lab.instance("x1", "priv", "10.0.2.21", "x").instance("x2", "db", "10.0.3.22", "x");
    lab.drops("x1", "10.0.3.22 tcp 7000", Request, "security groups Inbound");
    lab.group("x", "all self", "all");
    lab.reaches("x1", "10.0.3.22 tcp 7000");
    lab.drops("app", "10.0.3.22 tcp 7000", Request, "security groups Inbound");
}

#[test]
fn the_default_group_admits_its_members_vp12() {
    let mut lab = fixture();
    lab.instance("x1", "priv", "10.0.2.21", "").instance("x2", "db", "10.0.3.22", "");
    lab.reaches("x1", "10.0.3.22 udp 7000");
    lab.drops("app", "10.0.3.22 udp 7000", Request, "security groups Inbound");
    // Written down, without a word about its rules, it is the same.
    lab.group("default", "default", "default");
    lab.reaches("x1", "10.0.3.22 udp 7000");
    lab.group("default", "none", "default");
    lab.drops("x1", "10.0.3.22 udp 7000", Request, "security groups Inbound");
}

#[test]
fn a_new_group_admits_nothing_in_and_everything_out_vp12() {
    let mut lab = fixture();
    lab.group("db", "default", "default");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "security groups Inbound");
    lab.reaches("db", "10.0.1.10 tcp 443");
    lab.topology.defaults = Defaults::Terraform;
    lab.drops("db", "10.0.1.10 tcp 443", Request, "security groups Outbound");
}

#[test]
fn both_ends_are_checked_sg12() {
    let mut lab = fixture();
    lab.group("app", "none", "tcp 443 0.0.0.0/0");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "security groups Outbound");
    lab.group("app", "none", "tcp 5432 sg:db");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    // Also within one subnet.
    lab.group("app", "tcp 22 0.0.0.0/0", "none");
    lab.instance("app2", "priv", "10.0.2.11", "app");
    lab.drops("app", "10.0.2.11 tcp 22", Request, "security groups Outbound");
}

#[test]
fn a_stale_reference_matches_nothing_sg20() {
    let mut lab = fixture();
    lab.group("db", "tcp 5432 sg:sg-0123456789abcdef0", "all");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "security groups Inbound");
}

#[test]
fn peers_may_be_lists_and_networks_sg4() {
    let mut lab = fixture();
    lab.prefix_list("apps", Some("10.0.9.0/24, 10.0.2.0/24")).prefix_list("managed", None);
    lab.group("db", "tcp 5432 pl:apps", "all");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.drops("web", "10.0.3.10 tcp 5432", Request, "security groups Inbound");
    lab.group("db", "tcp 5432 pl:managed", "all");
    lab.unknown("app", "10.0.3.10 tcp 5432", "prefix list managed");
    lab.drops("app", "10.0.3.10 tcp 5433", Request, "security groups Inbound");
    // What is certain to drop outweighs what is not known.
    lab.acl("db", "in 100 allow all 0.0.0.0/0");
    lab.drops("app", "10.0.3.10 tcp 5432", Reply, "network ACL");
}

#[test]
fn the_lowest_number_decides_na1() {
    let mut lab = pair();
    let both = "out 100 allow all 0.0.0.0/0;";
    lab.acl("db", &format!("{both} in 100 allow all 0.0.0.0/0; in 90 deny tcp 22 0.0.0.0/0"));
    lab.drops("app", "10.0.3.10 tcp 22", Request, "Inbound rule 90");
    lab.reaches("app", "10.0.3.10 tcp 23");
    lab.acl("db", &format!("{both} in 110 deny tcp 22 0.0.0.0/0; in 100 allow all 0.0.0.0/0"));
    lab.reaches("app", "10.0.3.10 tcp 22");
}

#[test]
fn a_new_acl_denies_everything_vp11() {
    let mut lab = pair();
    lab.acl("db", "");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "Inbound rule *");
}

#[test]
fn the_far_side_and_the_destination_port_count_na3() {
    let mut lab = pair();
    lab.acl("db", "in 100 allow tcp 5432 10.0.2.0/24; out 100 allow tcp 1024-65535 10.0.2.0/24");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.drops("web", "10.0.3.10 tcp 5432", Request, "Inbound rule *");
    lab.drops("app", "10.0.3.10 tcp 5433", Request, "Inbound rule *");
    lab.drops("app", "10.0.3.10 tcp 5432 from 1023", Reply, "Outbound rule *");
}

#[test]
fn replies_need_their_own_rule_na4() {
    let mut lab = pair();
    lab.acl("db", "in 100 allow tcp 443 0.0.0.0/0; out 100 allow tcp 443 0.0.0.0/0");
    lab.drops("app", "10.0.3.10 tcp 443", Reply, "Outbound rule *");
    lab.acl("db", "in 100 allow tcp 443 0.0.0.0/0; out 100 allow tcp 32768-60999 0.0.0.0/0");
    lab.reaches("app", "10.0.3.10 tcp 443 from 32768");
    lab.drops("app", "10.0.3.10 tcp 443 from 61000", Reply, "Outbound rule *");
    // The client's subnet, too.
    let mut lab = pair();
    lab.acl("priv", "out 100 allow all 0.0.0.0/0");
    lab.drops("app", "10.0.3.10 tcp 443", Reply, "Inbound rule *");
}

#[test]
fn acls_are_not_asked_within_a_subnet_na5() {
    let mut lab = pair();
    lab.acl("db", "").instance("db2", "db", "10.0.3.11", "db");
    lab.reaches("db2", "10.0.3.10 tcp 5432");
    // Crossing from one subnet to another asks both.
    lab.acl("db", "in 100 allow all 0.0.0.0/0; out 100 allow all 0.0.0.0/0");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.acl("priv", "in 100 allow all 0.0.0.0/0");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "Outbound rule *");
}

#[test]
fn all_protocols_ignore_ports_na7() {
    let mut lab = pair();
    lab.acl("db", "in 100 allow all 22 0.0.0.0/0; out 100 allow all 22 0.0.0.0/0");
    lab.reaches("app", "10.0.3.10 tcp 443");
}

#[test]
fn a_deny_among_ephemeral_ports_hits_some_replies_na12() {
    let mut lab = pair();
    let out = "out 90 deny tcp 8080 0.0.0.0/0; out 100 allow tcp 1024-65535 0.0.0.0/0";
    lab.acl("db", &format!("in 100 allow all 0.0.0.0/0; {out}"));
    lab.drops("app", "10.0.3.10 tcp 443 from 8080", Reply, "Outbound rule 90");
    lab.reaches("app", "10.0.3.10 tcp 443 from 8081");
}

#[test]
fn ping_needs_the_echo_reply_na15() {
    let mut lab = pair();
    lab.acl("db", "in 100 allow icmp 8 0.0.0.0/0");
    lab.drops("app", "10.0.3.10 icmp 8 0", Reply, "Outbound rule *");
    lab.acl("db", "in 100 allow icmp 8 0.0.0.0/0; out 100 allow icmp 0 0.0.0.0/0");
    lab.reaches("app", "10.0.3.10 icmp 8 0");
    // Other messages are not answered, so nothing is missing.
    lab.acl("db", "in 100 allow icmp 3 4 0.0.0.0/0");
    lab.reaches("app", "10.0.3.10 icmp 3 4");
    lab.drops("app", "10.0.3.10 icmp 3 1", Request, "Inbound rule *");
}

#[test]
fn the_default_acl_applies_unless_another_is_named_vp10() {
    let mut lab = pair();
    lab.acl("db", "");
    lab.subnet_mut("db").network_acl = Association::Implicit;
    lab.reaches("app", "10.0.3.10 tcp 443");
    let acl = lab.vpc_mut("v").network_acls.0.pop().unwrap();
    lab.vpc_mut("v")
        .network_acls
        .push(vpcreach::topology::Spanned::implicit("default".to_owned()), acl.value);
    lab.drops("app", "10.0.3.10 tcp 443", Request, "rule *");
}

#[test]
fn an_association_that_nobody_knows_is_unknown() {
    let mut lab = pair();
    lab.subnet_mut("db").network_acl = Association::Unknown;
    lab.unknown("app", "10.0.3.10 tcp 443", "which network ACL");
    lab.group("db", "none", "all");
    lab.drops("app", "10.0.3.10 tcp 443", Request, "security groups Inbound");
}

#[test]
fn references_cross_an_active_peering_in_one_region_sg9() {
    let mut lab = fixture();
    lab.vpc("w", "10.1.0.0/16").subnet("w/a", "10.1.1.0/24").group("w/far", "none", "all");
    lab.instance("w/far", "w/a", "10.1.1.10", "far");
    lab.peering("pcx", "v", "w", PeeringStatus::Active);
    lab.routes("w/a", "10.0.0.0/16 pcx").routes("db", "10.1.0.0/16 pcx");
    lab.group("db", "tcp 5432 sg:w/far", "all");
    lab.reaches("w/far", "10.0.3.10 tcp 5432");
    let region = |name: &str| Some(vpcreach::topology::Spanned::implicit(name.to_owned()));
    lab.vpc_mut("v").region = region("eu-central-1");
    lab.reaches("w/far", "10.0.3.10 tcp 5432");
    lab.vpc_mut("w").region = region("us-east-1");
    lab.drops("w/far", "10.0.3.10 tcp 5432", Request, "security groups Inbound");
    lab.group("db", "tcp 5432 10.1.0.0/16", "all");
    lab.reaches("w/far", "10.0.3.10 tcp 5432");
}

#[test]
fn dns_is_never_filtered_sg13_na9_dn1() {
    let mut lab = fixture();
    lab.group("app", "none", "none").acl("priv", "");
    for resolver in ["10.0.0.2", "169.254.169.253"] {
        lab.reaches("app", &format!("{resolver} udp 53"));
        lab.reaches("app", &format!("{resolver} tcp 53"));
    }
    lab.drops("app", "8.8.8.8 udp 53", Request, "security groups Outbound");
    lab.group("app", "none", "all");
    lab.drops("app", "10.0.3.53 udp 53", Request, "network ACL");
    lab.drops("app", "10.0.0.2 tcp 80", Request, "host-local");
    lab.vpc_mut("v").dns_support = Some(vpcreach::topology::Spanned::implicit(false));
    lab.drops("app", "10.0.0.2 udp 53", Request, "host-local");
}
