//! Internet gateways, egress-only internet gateways and NAT gateways.

use std::net::Ipv4Addr;

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Target};
use super::resource::{self, Resource};
use super::{remarks, wanted};
use crate::topology::{
    Connectivity, EgressOnlyInternetGateway, GatewayState, InternetGateway, NatGateway, Spanned,
};

pub(super) fn build(builder: &mut Builder<'_>) {
    for (at, one) in builder.once(&["aws_internet_gateway"]) {
        builder.settle(at, Fate::Read);
        internet(builder, at, one);
    }
    for (at, _) in builder.of(&["aws_internet_gateway_attachment"]) {
        builder.settle(at, Fate::Read);
        attachment(builder, at);
    }
    for (at, _) in builder.once(&["aws_egress_only_internet_gateway"]) {
        builder.settle(at, Fate::Read);
        egress_only(builder, at);
    }
    for (at, one) in builder.once(&["aws_nat_gateway"]) {
        builder.settle(at, Fate::Read);
        nat(builder, at, one);
    }
}

fn internet(builder: &mut Builder<'_>, at: usize, one: &Resource) {
    // The data source has attachments instead.
    for block in one.blocks("attachments") {
        if let Some(id) = block.get("vpc_id").and_then(resource::text) {
            let target = builder.linker.by_id(builder.world, id, &wanted::VPC);
            if let Some(vpc) = builder.vpc_by(at, target) {
                attach(builder, at, vpc);
            }
        }
    }
    match builder.link(at, "vpc_id", &wanted::VPC) {
        // Attached by a resource of its own, or not at all.
        Link::None => {}
        Link::To(target) => {
            if let Some(vpc) = builder.vpc_by(at, target) {
                attach(builder, at, vpc);
            }
        }
        Link::Open { among } => {
            // Its vpc_id is computed where an attachment makes it so.
            if super::reference::is_configured(builder.world, one, "vpc_id") != Some(false) {
                let why = builder.why("its VPC", &among);
                builder.unresolved(at, &remarks::ATTACHMENT_OPEN, why);
            }
        }
    }
}

fn attachment(builder: &mut Builder<'_>, at: usize) {
    let vpc = builder.vpc_of(at);
    match (builder.link(at, "internet_gateway_id", &wanted::INTERNET_GATEWAY), vpc) {
        (Link::To(Target::Here(gateway)), Some(vpc)) => attach(builder, gateway.resource, vpc),
        (Link::To(Target::Elsewhere(id)), Some(index)) => {
            let name = Spanned::new(id, builder.place(at));
            if let Some(vpc) = builder.vpc(index) {
                vpc.internet_gateway.get_or_insert(gateway_named(name));
            }
        }
        _ => builder.unresolved(
            at,
            &remarks::ATTACHMENT_OPEN,
            "gateway or VPC are known only after apply".to_owned(),
        ),
    }
}

fn gateway_named(name: Spanned<String>) -> InternetGateway {
    let attached = Spanned::new(true, name.place);
    InternetGateway { name, attached, route_table: None }
}

fn attach(builder: &mut Builder<'_>, gateway: usize, index: usize) {
    let name = builder.name(gateway);
    let table = builder.edge_tables.iter().find(|(of, _)| *of == name.value).map(|(_, table)| table.clone());
    let Some(vpc) = builder.vpc(index) else { return };
    match &vpc.internet_gateway {
        Some(first) if first.name.value != name.value => {
            builder.unresolved(gateway, &remarks::SECOND_GATEWAY, "its VPC has another one".to_owned());
        }
        _ => vpc.internet_gateway = Some(InternetGateway { route_table: table, ..gateway_named(name) }),
    }
}

fn egress_only(builder: &mut Builder<'_>, at: usize) {
    let Some(index) = builder.vpc_of(at) else {
        return builder.unresolved(at, &remarks::VPC_OPEN, "its VPC is not known".to_owned());
    };
    let name = builder.name(at);
    if let Some(vpc) = builder.vpc(index) {
        if vpc.egress_only_internet_gateway.is_some() {
            return builder.unresolved(at, &remarks::SECOND_GATEWAY, "its VPC has another one".to_owned());
        }
        vpc.egress_only_internet_gateway = Some(EgressOnlyInternetGateway { name });
    }
}

fn nat(builder: &mut Builder<'_>, at: usize, one: &Resource) {
    let place = builder.place(at);
    let subnet = match builder.link(at, "subnet_id", &wanted::SUBNET) {
        Link::To(Target::Here(subnet)) if builder.subnets_open.contains(&subnet.resource) => {
            return unknown_nat(builder, at, "the range of its subnet is known only after apply".to_owned());
        }
        Link::To(Target::Here(subnet)) => subnet.resource,
        Link::To(Target::Elsewhere(id)) => {
            return unknown_nat(builder, at, format!("its subnet {id} is not in the file"));
        }
        Link::Open { among } => {
            let why = builder.why("its subnet", &among);
            return unknown_nat(builder, at, why);
        }
        // A regional NAT gateway lives in no subnet (NG-8).
        Link::None => {
            builder.add_unmodelled(at, "regional NAT gateway", None);
            return builder.settle(at, Fate::NotModelled);
        }
    };
    let Some(index) = builder.vpc_of_subnet(subnet) else {
        return unknown_nat(builder, at, "its subnet is not read".to_owned());
    };
    let private = one.text("connectivity_type") == Some("private");
    let range = builder.subnet(subnet).and_then(|subnet| subnet.cidr);
    let private_ip =
        address(one, "private_ip").filter(|ip| range.is_none_or(|range| range.value.contains(ip)));
    let public_ip = address(one, "public_ip").or_else(|| elastic(builder, at)).filter(|_| !private);
    let gateway = NatGateway {
        subnet: Spanned::new(builder.address(subnet).to_owned(), place),
        connectivity: Spanned::new(if private { Connectivity::Private } else { Connectivity::Public }, place),
        state: Spanned::new(GatewayState::Available, place),
        private_ip: private_ip.map(|ip| Spanned::new(ip, place)),
        public_ip: public_ip.map(|ip| Spanned::new(ip, place)),
        place,
    };
    let name = builder.name(at);
    if let Some(vpc) = builder.vpc(index) {
        vpc.nat_gateways.push(name, gateway);
    }
}

fn unknown_nat(builder: &mut Builder<'_>, at: usize, why: String) {
    builder.add_unmodelled(at, "NAT gateway", Some(why.clone()));
    builder.unresolved(at, &remarks::SUBNET_OPEN, why);
}

/// The address of the Elastic IP.
fn elastic(builder: &mut Builder<'_>, at: usize) -> Option<Ipv4Addr> {
    match builder.link(at, "allocation_id", &wanted::ELASTIC_IP) {
        Link::To(Target::Here(eip)) => address(builder.resource(eip.resource)?, "public_ip"),
        _ => None,
    }
}

pub(super) fn address(one: &Resource, name: &str) -> Option<Ipv4Addr> {
    one.text(name).and_then(|text| text.parse().ok())
}
