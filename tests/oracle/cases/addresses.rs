//! VPCs, subnets, interfaces and their addresses.

use std::net::IpAddr;

use crate::oracle::lab::{Lab, fixture};
use crate::oracle::packet::Leg::{Reply, Request};
use crate::oracle::world::{Owner, World};
use vpcreach::topology::{InstanceKind, InstanceState, PublicAddress, Spanned, Unmodelled};

fn said<T>(value: T) -> Spanned<T> {
    Spanned::implicit(value)
}

#[test]
fn every_range_of_the_vpc_is_local_vp3() {
    let mut lab = fixture();
    lab.vpc_mut("v").cidrs.push(said("10.1.0.0/16".parse().unwrap()));
    lab.subnet("more", "10.1.5.0/24").instance("more", "more", "10.1.5.5", "db");
    lab.reaches("app", "10.1.5.5 tcp 5432");
}

#[test]
fn reserved_and_absent_hosts_do_not_answer_vp8_en3() {
    let lab = fixture();
    for address in ["10.0.3.0", "10.0.3.1", "10.0.3.3", "10.0.3.255", "10.0.3.77", "10.0.77.1"] {
        lab.drops("app", &format!("{address} tcp 5432"), Request, "nobody");
    }
    // Nor in the client's own subnet.
    lab.drops("app", "10.0.2.77 tcp 5432", Request, "nobody");
}

#[test]
fn a_stopped_instance_owns_no_traffic_en3() {
    let mut lab = fixture();
    lab.instance_mut("db").state = said(InstanceState::Stopped);
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "not live");
    lab.drops("db", "10.0.1.10 tcp 443", Request, "does not run");
    lab.instance_mut("db").state = said(InstanceState::Running);
    lab.reaches("app", "10.0.3.10 tcp 5432");
    lab.interface_mut("db").attached = false;
    lab.drops("app", "10.0.3.10 tcp 5432", Request, "not live");
}

#[test]
fn each_public_address_stands_for_one_private_address_en1() {
    let mut lab = fixture();
    lab.instance("two", "pub", "10.0.1.5, 10.0.1.6", "web").public("two", "198.51.100.5");
    lab.reaches("two", "203.0.113.5 tcp 443");
    let mut packet = lab.packet("two", "203.0.113.5 tcp 443");
    if let crate::oracle::packet::Client::Interface { address, .. } = &mut packet.from {
        *address = "10.0.1.6".parse().unwrap();
    }
    let ask = |lab: &Lab| crate::oracle::simulator::Simulator::new(&lab.topology).connect(&packet);
    let outcome = format!("{:?}", ask(&lab));
    assert!(outcome.contains("no public address"), "{outcome}");
    let (private, public) = ("10.0.1.6".parse().unwrap(), "198.51.100.6".parse().unwrap());
    let pair = PublicAddress { private: said(private), public: said(public) };
    lab.interface_mut("two").public_ips.push(pair);
    assert_eq!(ask(&lab), crate::oracle::packet::Outcome::Delivered);
    lab.reaches("203.0.113.5", "198.51.100.6 tcp 443");
}

#[test]
fn a_foreign_source_is_dropped_en2() {
    let lab = fixture();
    let mut packet = lab.packet("app", "10.0.3.10 tcp 5432");
    if let crate::oracle::packet::Client::Interface { address, .. } = &mut packet.from {
        *address = "10.0.2.99".parse().unwrap();
    }
    let outcome = crate::oracle::simulator::Simulator::new(&lab.topology).connect(&packet);
    assert!(format!("{outcome:?}").contains("source/destination check"), "{outcome:?}");
}

#[test]
fn a_function_has_no_public_address_en6() {
    let mut lab = fixture();
    lab.instance("fn-pub", "pub", "10.0.1.40", "web").public("fn-pub", "198.51.100.40");
    lab.reaches("fn-pub", "203.0.113.5 tcp 443");
    lab.instance_mut("fn-pub").kind = said(InstanceKind::Lambda);
    lab.drops("fn-pub", "203.0.113.5 tcp 443", Request, "no public address");
    lab.instance("fn-priv", "priv", "10.0.2.40", "web");
    lab.instance_mut("fn-priv").kind = said(InstanceKind::Lambda);
    lab.reaches("fn-priv", "203.0.113.5 tcp 443");
}

#[test]
fn deny_all_igw_traffic_keeps_the_internet_out_en5() {
    let mut lab = fixture();
    lab.vpc_mut("v").ipv6_cidrs.push(said("2001:db8:1::/56".parse().unwrap()));
    lab.subnet("six", "10.0.6.0/24, 2001:db8:1:6::/64").routes("six", "::/0 igw");
    lab.group("six", "tcp 443 ::/0", "all");
    lab.instance("six", "six", "2001:db8:1:6::10", "six");
    lab.reaches("2001:db8:f::5", "2001:db8:1:6::10 tcp 443");
    lab.interface_mut("six").deny_all_igw_traffic = true;
    lab.drops("2001:db8:f::5", "2001:db8:1:6::10 tcp 443", Request, "EN-5");
}

#[test]
fn replies_leave_by_the_interface_they_came_in_by_sg17() {
    let mut lab = fixture();
    lab.instance("multi", "pub", "10.0.1.50", "db").add_interface("multi", "eth1", "db", "10.0.3.50", "db");
    lab.reaches("app", "10.0.3.50 tcp 5432");
    lab.instance_mut("multi").policy_routing = Some(said(false));
    lab.drops("app", "10.0.3.50 tcp 5432", Reply, "another interface");
    lab.reaches("app", "10.0.1.50 tcp 5432");
    // From the subnet of the receiving interface the way back is direct.
    lab.instance("db2", "db", "10.0.3.11", "app");
    lab.reaches("db2", "10.0.3.50 tcp 5432");
}

#[test]
fn a_client_needs_an_address_of_the_family() {
    let lab = fixture();
    lab.drops("app", "2001:db8:f::5 tcp 443", Request, "family");
}

#[test]
fn what_is_not_modelled_is_unknown() {
    let mut lab = fixture();
    lab.topology.unmodelled.push(Unmodelled {
        kind: "load balancer".to_owned(),
        vpc: Some("v".to_owned()),
        name: said("alb".to_owned()),
        addresses: vec!["10.0.3.200".parse().unwrap()],
        ..Unmodelled::default()
    });
    lab.topology.unmodelled.push(Unmodelled {
        kind: "transit gateway".to_owned(),
        vpc: None,
        name: said("hub".to_owned()),
        addresses: Vec::new(),
        ..Unmodelled::default()
    });
    lab.unknown("app", "10.0.3.200 tcp 443", "load balancer");
    lab.topology.unmodelled[0].addresses.push("198.51.100.200".parse().unwrap());
    lab.unknown("203.0.113.5", "198.51.100.200 tcp 443", "load balancer");
    lab.unknown("app", "198.51.100.200 tcp 443", "load balancer");
    lab.routes("priv", "10.9.0.0/16 hub; 0.0.0.0/0 nat");
    lab.unknown("app", "10.9.1.1 tcp 443", "transit gateway");
    lab.reaches("app", "203.0.113.5 tcp 443");
    lab.instance_mut("db").kind = said(InstanceKind::Other("load balancer".to_owned()));
    lab.unknown("app", "10.0.3.10 tcp 5432", "load balancer");
}

#[test]
fn addresses_that_nobody_said_are_assumed_in_file_order() {
    let mut lab = fixture();
    lab.instance("a", "db", "", "db").instance("b", "db", "10.0.3.12", "db").instance("c", "db", "", "db");
    lab.nat_gateway("nat-b", "db", "10.0.3.14", None);
    lab.vpc_mut("v").nat_gateways.0[1].value.private_ip = None;
    let world = World::new(&lab.topology);
    let owner = |address: &str| match world.owners.get(&(0, address.parse::<IpAddr>().unwrap())) {
        Some(Owner::Interface(number)) => world.interfaces[*number].instance.clone(),
        Some(Owner::NatGateway(number)) => world.nat_gateways[*number].name.clone(),
        None => "nobody".to_owned(),
    };
    let owners: Vec<String> = (10..15).map(|host| owner(&format!("10.0.3.{host}"))).collect();
    assert_eq!(owners, ["db", "a", "b", "c", "nat-b"]);
}

#[test]
fn host_local_services_are_not_routed_dn3_rt12() {
    let mut lab = fixture();
    lab.instance("fw", "db", "10.0.3.99", "db").forwards("fw");
    lab.routes("priv", "169.254.0.0/16 fw; 0.0.0.0/0 nat");
    lab.group("app", "none", "none").acl("priv", "");
    lab.reaches("app", "169.254.169.254 tcp 80");
    lab.reaches("app", "169.254.169.123 udp 123");
    lab.drops("app", "169.254.169.99 tcp 80", Request, "host-local");
}
