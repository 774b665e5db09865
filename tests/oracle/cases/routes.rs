//! Route tables and appliances.

use crate::oracle::lab::{Lab, fixture};
use crate::oracle::packet::Leg::{Reply, Request};
use vpcreach::topology::{Association, PeeringStatus, RouteOrigin, RouteState, Spanned};

/// The fixture with an appliance in a subnet of its own.
fn inspected() -> Lab {
    let mut lab = fixture();
    lab.subnet("fw", "10.0.9.0/24").routes("fw", "").group("open", "all 0.0.0.0/0", "all");
    lab.instance("fw", "fw", "10.0.9.9", "open").forwards("fw");
    lab.group("db", "tcp 5432 10.0.2.0/24", "all");
    lab
}

#[test]
fn families_have_their_own_routes_rt1() {
    let mut lab = fixture();
    lab.vpc_mut("v").ipv6_cidrs.push(Spanned::implicit("2001:db8:1::/56".parse().unwrap()));
    lab.subnet_mut("pub").ipv6_cidr = Some(Spanned::implicit("2001:db8:1:1::/64".parse().unwrap()));
    lab.interface_mut("web").ipv6.push(Spanned::implicit("2001:db8:1:1::10".parse().unwrap()));
    lab.drops("web", "2001:db8:f::1 tcp 443", Request, "RT-9");
    lab.routes("pub", "0.0.0.0/0 igw; ::/0 igw");
    lab.reaches("web", "2001:db8:f::1 tcp 443");
}

#[test]
fn the_longest_prefix_wins_rt1_rt10() {
    let mut lab = fixture();
    lab.routes("priv", "203.0.113.0/24 blackhole; 203.0.113.64/26 nat; 0.0.0.0/0 nat");
    lab.reaches("app", "203.0.112.255 tcp 443");
    lab.drops("app", "203.0.113.5 tcp 443", Request, "RT-10");
    lab.reaches("app", "203.0.113.65 tcp 443");
    lab.drops("app", "203.0.113.128 tcp 443", Request, "RT-10");
}

#[test]
fn on_a_tie_the_static_route_wins_rt2() {
    let mut lab = fixture();
    lab.prefix_list("out", Some("203.0.113.0/24"));
    lab.routes("priv", "pl:out blackhole; 203.0.113.0/24 nat");
    lab.reaches("app", "203.0.113.5 tcp 443");
    lab.routes("priv", "203.0.113.0/24 nat; 203.0.113.0/24 blackhole");
    let routes = lab.subnet_mut("priv").routes.as_mut().unwrap();
    routes[1].origin = RouteOrigin::Propagated;
    lab.reaches("app", "203.0.113.5 tcp 443");
}

#[test]
fn a_longer_propagated_route_beats_a_static_one_but_not_local_rt3_rt4() {
    let mut lab = fixture();
    lab.routes("priv", "203.0.113.0/24 nat; 203.0.113.0/25 blackhole; 10.0.3.0/24 blackhole");
    for route in &mut lab.subnet_mut("priv").routes.as_mut().unwrap()[1..] {
        route.origin = RouteOrigin::Propagated;
    }
    lab.drops("app", "203.0.113.5 tcp 443", Request, "RT-10");
    lab.reaches("app", "203.0.113.200 tcp 443");
    lab.reaches("app", "10.0.3.10 tcp 5432");
}

#[test]
fn local_may_be_replaced_rt6() {
    let mut lab = inspected();
    lab.routes("priv", "10.0.0.0/16 fw").routes("db", "10.0.0.0/16 fw");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.routes("db", "");
    lab.drops("app", "10.0.3.10 tcp 5432", Reply, "bypasses");
    lab.instance_mut("fw").state = Spanned::implicit(vpcreach::topology::InstanceState::Stopped);
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "not live");
}

#[test]
fn local_beats_shorter_routes_rt7() {
    let mut lab = fixture();
    lab.routes("priv", "10.0.0.0/8 blackhole");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.drops("app", "10.1.3.10 tcp 5432", Request, "RT-10");
}

#[test]
fn prefix_list_routes_rt8() {
    let mut lab = fixture();
    lab.prefix_list("a", Some("203.0.113.0/24, 192.0.2.0/24")).prefix_list("b", Some("203.0.113.0/24"));
    lab.routes("priv", "pl:a nat");
    lab.reaches("app", "192.0.2.1 tcp 443");
    lab.drops("app", "8.8.8.8 tcp 443", Request, "RT-9");
    lab.routes("priv", "pl:a nat; pl:b blackhole");
    lab.unknown("app", "203.0.113.5 tcp 443", "two prefix lists");
    lab.reaches("app", "192.0.2.1 tcp 443");
    lab.routes("priv", "pl:a nat; pl:b nat");
    lab.reaches("app", "203.0.113.5 tcp 443");
    lab.prefix_list("managed", None).routes("priv", "pl:managed nat");
    lab.unknown("app", "203.0.113.5 tcp 443", "prefix list managed");
    lab.reaches("app", "10.0.3.10 tcp 5432");
}

#[test]
fn without_a_route_there_is_no_way_rt9() {
    fixture().drops("db", "8.8.8.8 tcp 443", Request, "RT-9");
}

#[test]
fn a_route_may_be_said_to_be_a_black_hole_rt10() {
    let mut lab = fixture();
    lab.routes("priv", "0.0.0.0/0 nat");
    lab.subnet_mut("priv").routes.as_mut().unwrap()[0].state = Some(RouteState::Blackhole);
    lab.drops("app", "8.8.8.8 tcp 443", Request, "RT-10");
}

#[test]
fn a_pending_peering_is_a_black_hole_rt11() {
    let mut lab = fixture();
    lab.vpc("w", "10.1.0.0/16").subnet("w/a", "10.1.1.0/24").routes("w/a", "10.0.0.0/16 pcx");
    lab.group("w/open", "all 0.0.0.0/0", "all").instance("w/b", "w/a", "10.1.1.10", "open");
    lab.routes("priv", "10.1.0.0/16 pcx; 0.0.0.0/0 nat");
    lab.peering("pcx", "v", "w", PeeringStatus::PendingAcceptance);
    lab.drops("app", "10.1.1.10 tcp 443", Request, "RT-11");
    lab.topology.peering_connections.0[0].value.status = Spanned::implicit(PeeringStatus::Active);
    lab.reaches("app", "10.1.1.10 tcp 443");
}

#[test]
fn the_main_table_serves_who_has_no_other_vp10_vp13() {
    let mut lab = fixture();
    lab.table("main", "0.0.0.0/0 nat").subnet_mut("priv").routes = None;
    lab.reaches("app", "8.8.8.8 tcp 443");
    lab.vpc_mut("v").route_tables.0.clear();
    lab.drops("app", "8.8.8.8 tcp 443", Request, "RT-9");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.table("out", "0.0.0.0/0 nat");
    lab.subnet_mut("priv").route_table = Association::Named(Spanned::implicit("out".to_owned()));
    lab.reaches("app", "8.8.8.8 tcp 443");
    lab.vpc_mut("v").main_route_table = Some(Spanned::implicit("out".to_owned()));
    lab.subnet_mut("priv").route_table = Association::Implicit;
    lab.reaches("app", "8.8.8.8 tcp 443");
    lab.subnet_mut("priv").route_table = Association::Unknown;
    lab.unknown("app", "8.8.8.8 tcp 443", "route table");
}

#[test]
fn within_a_subnet_no_route_is_looked_up_w3() {
    let mut lab = fixture();
    lab.instance("app2", "priv", "10.0.2.11", "web");
    lab.routes("priv", "10.0.0.0/16 app2");
    lab.reaches("app", "10.0.2.11 tcp 443");
}

#[test]
fn an_appliance_must_see_both_ways_rt20_as1() {
    let mut lab = inspected();
    lab.routes("priv", "10.0.3.0/24 fw");
    lab.drops("app", "10.0.3.10 tcp 5432", Reply, "bypasses");
    lab.routes("db", "10.0.2.0/24 fw");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.routes("priv", "");
    lab.drops("app", "10.0.3.10 tcp 5432", Reply, "no such flow");
}

#[test]
fn another_appliance_is_not_the_same_appliance_as1() {
    let mut lab = inspected();
    lab.subnet("fw2", "10.0.8.0/24")
        .routes("fw2", "")
        .instance("fw2", "fw2", "10.0.8.9", "open")
        .forwards("fw2");
    lab.routes("priv", "10.0.3.0/24 fw").routes("db", "10.0.2.0/24 fw2");
    lab.drops("app", "10.0.3.10 tcp 5432", Reply, "no such flow");
    // One after the other, and back in the opposite order.
    lab.routes("fw", "10.0.3.0/24 fw2").routes("fw2", "10.0.2.0/24 fw");
    lab.reaches("app", "10.0.3.10 tcp 5432");
}

#[test]
fn an_appliance_forwards_only_with_the_check_off_en2() {
    let mut lab = inspected();
    lab.routes("priv", "10.0.3.0/24 fw").routes("db", "10.0.2.0/24 fw");
    lab.interface_mut("fw").source_dest_check = None;
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "EN-2");
    lab.forwards("fw").instance_mut("fw").state =
        Spanned::implicit(vpcreach::topology::InstanceState::Stopped);
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "not live");
}

#[test]
fn an_appliance_has_groups_of_its_own() {
    let mut lab = inspected();
    lab.routes("priv", "10.0.3.0/24 fw").routes("db", "10.0.2.0/24 fw");
    lab.group("open", "tcp 5432 sg:app", "all");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.group("open", "none", "all");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "security groups Inbound");
    lab.group("open", "all 0.0.0.0/0", "none");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "security groups Outbound");
    lab.group("open", "all 0.0.0.0/0", "tcp 5432 10.0.3.0/24");
    lab.reaches("app", "10.0.3.10 tcp 5432");
    // Outbound, a reference is about the destination, which is still what it was.
    lab.group("open", "all 0.0.0.0/0", "tcp 5432 sg:db");
    lab.reaches("app", "10.0.3.10 tcp 5432");
}

#[test]
fn an_appliance_hides_who_sent_it_sg11() {
    let mut lab = inspected();
    lab.routes("priv", "10.0.3.0/24 fw").routes("db", "10.0.2.0/24 fw");
    lab.group("db", "tcp 5432 sg:app", "all");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "security groups Inbound");
    lab.group("db", "tcp 5432 10.0.2.0/24", "all");
    lab.reaches("app", "10.0.3.10 tcp 5432");
}

#[test]
fn the_acl_of_an_appliance_is_asked_on_each_crossing() {
    let mut lab = inspected();
    lab.routes("priv", "10.0.3.0/24 fw").routes("db", "10.0.2.0/24 fw");
    let all = "in 100 allow tcp 5432 10.0.2.0/24; out 100 allow tcp 5432 10.0.3.0/24; \
               in 110 allow tcp 40000 10.0.3.0/24; out 110 allow tcp 40000 10.0.2.0/24";
    lab.acl("fw", all).reaches("app", "10.0.3.10 tcp 5432");
    for (rule, leg) in [("in 100", Request), ("out 100", Request), ("in 110", Reply), ("out 110", Reply)] {
        let without: Vec<&str> = all.split("; ").filter(|text| !text.contains(rule)).collect();
        lab.acl("fw", &without.join("; ")).drops("app", "10.0.3.10 tcp 5432", leg, "network ACL");
    }
}

#[test]
fn an_appliance_in_its_clients_subnet_loops() {
    let mut lab = inspected();
    lab.instance("near", "priv", "10.0.2.99", "open").forwards("near");
    lab.routes("priv", "10.0.3.0/24 near");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "loop");
}

#[test]
fn an_appliance_with_several_interfaces_is_unknown() {
    let mut lab = inspected();
    lab.routes("priv", "10.0.3.0/24 fw/eth1").add_interface("fw", "eth1", "fw", "10.0.9.10", "open");
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "EN-2");
    lab.instance_mut("fw").interfaces.0[1].value.source_dest_check = Some(Spanned::implicit(false));
    lab.unknown("app", "10.0.3.10 tcp 5432", "between interfaces");
}
