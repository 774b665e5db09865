//! Fills the tables of the world from a topology: looks names up and applies AWS's defaults.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use vpcreach::topology::{
    self as said, AclPeer, Association, CaptureKind, Connectivity, Defaults, GatewayState, InstanceKind,
    InstanceState, PeeringStatus, PublicIp, SecurityGroupPeer, Topology, Traffic,
};

use super::assumed::Addresses;
use super::world::*;

pub fn vpcs(world: &mut World, topology: &Topology) {
    for entry in &topology.vpcs {
        let vpc = &entry.value;
        let v4 = vpc.cidrs.iter().map(|cidr| IpNet::V4(cidr.value.trunc()));
        let v6 = vpc.ipv6_cidrs.iter().map(|cidr| IpNet::V6(cidr.value.trunc()));
        world.vpcs.push(Vpc {
            guard: None,
            name: entry.name().to_owned(),
            cidrs: v4.chain(v6).collect(),
            region: vpc.region.as_ref().map(|region| region.value.clone()),
            dns_support: vpc.dns_support.is_none_or(|on| on.value),
            internet_gateway: vpc.internet_gateway.as_ref().map(|gateway| InternetGateway {
                attached: gateway.attached.value,
                edge_table: gateway.route_table.is_some(),
            }),
        });
    }
}

pub fn peerings(world: &mut World, topology: &Topology) {
    for entry in &topology.peering_connections {
        let peering = &entry.value;
        world.peerings.push(Peering {
            name: entry.name().to_owned(),
            active: peering.status.value == PeeringStatus::Active,
            sides: [&peering.requester, &peering.accepter].map(|side| world.vpc_named(&side.value)),
        });
    }
}

pub fn groups(world: &mut World, topology: &Topology) {
    // Names first: rules refer to groups of any VPC.
    for (index, vpc) in topology.vpcs.iter().enumerate() {
        let default = default_name(vpc.value.default_security_group.as_ref());
        let written = vpc.value.security_groups.iter().map(said::Entry::name);
        let implicit = vpc.value.security_groups.get(default).is_none().then_some(default);
        for name in written.chain(implicit) {
            let (name, inbound, outbound) = (name.to_owned(), Vec::new(), Vec::new());
            world.groups.push(SecurityGroup { vpc: index, name, inbound, outbound });
        }
    }
    for index in 0..world.groups.len() {
        let (vpc, name) = (world.groups[index].vpc, world.groups[index].name.clone());
        let vpc_said = &topology.vpcs.0[vpc].value;
        let is_default = default_name(vpc_said.default_security_group.as_ref()) == name;
        let group = vpc_said.security_groups.get(&name);

        // VP-12: the default group admits its own members; a new group admits nobody.
        let own_members = GroupRule { traffic: Traffic::default(), peer: GroupPeer::Members(index) };
        let inbound = match group.and_then(|group| group.inbound.as_ref()) {
            Some(rules) => rules.iter().map(|rule| group_rule(world, topology, index, rule)).collect(),
            None if is_default => vec![own_members],
            None => Vec::new(),
        };
        // READING: `defaults: terraform` strips the outbound rule of groups that are written down
        // (SG-21), also of a written default group, but not of a default group that nobody wrote.
        let outbound = match group {
            Some(said::SecurityGroup { outbound: Some(rules), .. }) => {
                rules.iter().map(|rule| group_rule(world, topology, index, rule)).collect()
            }
            Some(_) if topology.defaults == Defaults::Terraform => Vec::new(),
            _ => vec![everything()],
        };
        world.groups[index].inbound = inbound;
        world.groups[index].outbound = outbound;
    }
}

fn everything() -> GroupRule {
    let anywhere = ["0.0.0.0/0", "::/0"].map(|cidr| cidr.parse().expect("a CIDR"));
    GroupRule { traffic: Traffic::default(), peer: GroupPeer::Cidrs(anywhere.to_vec()) }
}

fn group_rule(world: &World, topology: &Topology, group: usize, rule: &said::SecurityGroupRule) -> GroupRule {
    let peer = match &rule.peer.value {
        SecurityGroupPeer::Cidr(cidr) => GroupPeer::Cidrs(vec![cidr.trunc()]),
        SecurityGroupPeer::SelfGroup => GroupPeer::Members(group),
        SecurityGroupPeer::Network(name) => {
            network(topology, name).map_or_else(|| unknown_peer("network", name), GroupPeer::Cidrs)
        }
        SecurityGroupPeer::PrefixList(name) => {
            prefix_list(topology, name).map_or_else(|| unknown_peer("prefix list", name), GroupPeer::Cidrs)
        }
        SecurityGroupPeer::Unknown(reason) => unknown_peer("peer", reason),
        SecurityGroupPeer::Group(name) => group_peer(world, topology, world.groups[group].vpc, name),
    };
    GroupRule { traffic: rule.traffic.clone(), peer }
}

fn unknown_peer(kind: &str, name: &str) -> GroupPeer {
    GroupPeer::Unknown(format!("{kind} {name}"))
}

fn group_peer(world: &World, topology: &Topology, vpc: usize, name: &str) -> GroupPeer {
    let elsewhere = || {
        let (vpc, name) = name.split_once('/')?;
        world.group_named(world.vpc_named(vpc)?, name)
    };
    // An AWS id may belong to a group of any VPC; ids are unique.
    let by_id = || name.starts_with("sg-").then(|| world.groups.iter().position(|group| group.name == name));
    match world.group_named(vpc, name).or_else(elsewhere).or_else(|| by_id().flatten()) {
        Some(group) => GroupPeer::Members(group),
        None if topology.completeness.is_missing(CaptureKind::SecurityGroups) => {
            unknown_peer("security group", name)
        }
        None => GroupPeer::Nobody,
    }
}

pub fn acls(world: &mut World, topology: &Topology) {
    for (index, vpc) in topology.vpcs.iter().enumerate() {
        for entry in &vpc.value.network_acls {
            let rules = |rules: &[said::AclRule]| {
                let mut rules: Vec<_> = rules.iter().map(|rule| acl_rule(topology, rule)).collect();
                rules.sort_by_key(|rule| rule.number);
                rules
            };
            world.acls.push(NetworkAcl {
                name: acl_name(index, entry.name()),
                inbound: rules(&entry.value.inbound),
                outbound: rules(&entry.value.outbound),
            });
        }
        // VP-11: the default list that nobody edited allows everything, in both families.
        let default = default_name(vpc.value.default_network_acl.as_ref());
        if vpc.value.network_acls.get(default).is_none() {
            let open = || {
                let peers = ["0.0.0.0/0", "::/0"].map(|cidr| cidr.parse().expect("a CIDR")).to_vec();
                let action = said::AclAction::Allow;
                vec![AclRule { number: 100, action, traffic: Traffic::default(), peers }]
            };
            let name = acl_name(index, default);
            world.acls.push(NetworkAcl { name, inbound: open(), outbound: open() });
        }
    }
}

fn acl_name(vpc: usize, name: &str) -> String {
    format!("{vpc}:{name}")
}

fn acl_rule(topology: &Topology, rule: &said::AclRule) -> AclRule {
    let peers = match &rule.peer.value {
        AclPeer::Cidr(cidr) => vec![cidr.trunc()],
        AclPeer::Network(name) => network(topology, name).unwrap_or_default(),
    };
    AclRule { number: rule.number.value, action: rule.action, traffic: rule.traffic.clone(), peers }
}

pub fn subnets(world: &mut World, topology: &Topology) {
    for (index, vpc) in topology.vpcs.iter().enumerate() {
        declare_tables(world, index, &vpc.value);
        for entry in &vpc.value.subnets {
            let subnet = &entry.value;
            let v4 = subnet.cidr.map(|cidr| IpNet::V4(cidr.value.trunc()));
            let v6 = subnet.ipv6_cidr.map(|cidr| IpNet::V6(cidr.value.trunc()));
            let table_name = match (&subnet.routes, &subnet.route_table) {
                (Some(_), _) => Ok(own_table(entry.name())),
                (None, Association::Implicit) => Ok(main_table(&vpc.value).to_owned()),
                (None, Association::Named(name)) => Ok(name.value.clone()),
                (None, Association::Unknown) => Err("which route table the subnet has".to_owned()),
            };
            let acl_name = match &subnet.network_acl {
                Association::Implicit => Ok(default_name(vpc.value.default_network_acl.as_ref()).to_owned()),
                Association::Named(name) => Ok(name.value.clone()),
                Association::Unknown => Err("which network ACL the subnet has".to_owned()),
            };
            let table = known(table_name, |name| {
                world.tables.iter().position(|table| table.vpc == index && table.name == *name)
            });
            let acl = known(acl_name, |name| {
                world.acls.iter().position(|acl| acl.name == self::acl_name(index, name))
            });
            let (name, cidrs) = (entry.name().to_owned(), v4.into_iter().chain(v6).collect());
            let zone = entry.value.az.as_ref().map(|az| az.value.clone());
            world.subnets.push(Subnet { vpc: index, name, zone, cidrs, table, acl });
        }
    }
}

fn known(name: Result<String, String>, find: impl Fn(&String) -> Option<usize>) -> Known<usize> {
    match name {
        Ok(name) => find(&name).map_or_else(|| Known::No(format!("{name} is not described")), Known::Yes),
        Err(why) => Known::No(why),
    }
}

fn declare_tables(world: &mut World, index: usize, vpc: &said::Vpc) {
    let written = vpc.route_tables.iter().map(|entry| entry.name().to_owned());
    let own = vpc.subnets.iter().filter(|entry| entry.value.routes.is_some());
    let own = own.map(|entry| own_table(entry.name()));
    // VP-13: a main table that nobody wrote holds only local routes.
    let main = main_table(vpc);
    let implicit = vpc.route_tables.get(main).is_none().then(|| main.to_owned());
    for name in written.chain(own).chain(implicit) {
        world.tables.push(RouteTable { vpc: index, name, ..RouteTable::default() });
    }
}

fn own_table(subnet: &str) -> String {
    format!("routes of subnet {subnet}")
}

fn main_table(vpc: &said::Vpc) -> &str {
    vpc.main_route_table.as_ref().map_or("main", |name| &name.value)
}

fn default_name(said: Option<&said::Spanned<String>>) -> &str {
    said.map_or("default", |name| &name.value)
}

pub fn interfaces(world: &mut World, topology: &Topology, addresses: &Addresses) {
    for (index, vpc) in topology.vpcs.iter().enumerate() {
        for instance in &vpc.value.instances {
            // Its addresses belong to the NAT gateway that is described as such.
            if instance.value.kind.value == InstanceKind::NatGateway {
                continue;
            }
            let primary = world.interfaces.len();
            for entry in &instance.value.interfaces {
                let owner = InterfaceOwner { vpc: index, vpc_said: vpc, instance, primary };
                if let Some(interface) = interface(world, topology, &owner, entry, addresses) {
                    let number = world.interfaces.len();
                    for address in &interface.addresses {
                        world.owners.insert((index, *address), Owner::Interface(number));
                    }
                    world.interfaces.push(interface);
                }
            }
        }
    }
}

struct InterfaceOwner<'a> {
    vpc: usize,
    vpc_said: &'a said::Entry<said::Vpc>,
    instance: &'a said::Entry<said::Instance>,
    primary: usize,
}

fn interface(
    world: &mut World,
    topology: &Topology,
    owner: &InterfaceOwner<'_>,
    entry: &said::Entry<said::Interface>,
    addresses: &Addresses,
) -> Option<Interface> {
    let (vpc, instance, said) = (owner.vpc, &owner.instance.value, &entry.value);
    let subnet = world.subnet_named(vpc, &said.subnet.value)?;
    let mut v4: Vec<Ipv4Addr> = said.ips.iter().map(|ip| ip.value).collect();
    let key = (owner.vpc_said.name().to_owned(), owner.instance.name().to_owned(), entry.name().to_owned());
    v4.extend(addresses.interfaces.get(&key));
    // EN-6: a function never has a public address.
    if instance.kind.value != InstanceKind::Lambda {
        let auto = owner.vpc_said.value.subnets.get(&said.subnet.value)?.auto_assign_public_ip;
        let assigned = || addresses.elastic.get(&(key.0.clone(), format!("{}/{}", key.1, key.2))).copied();
        let public = match said.public_ip.value {
            PublicIp::Address(public) => Some(public),
            PublicIp::Assigned => assigned(),
            PublicIp::Inherit if auto.is_some_and(|auto| auto.value) => assigned(),
            PublicIp::Inherit | PublicIp::None => None,
        };
        // EN-1: each public address stands for exactly one private one.
        let primary = v4.first().copied().zip(public);
        let further = said.public_ips.iter().map(|pair| (pair.private.value, pair.public.value));
        for (private, public) in primary.into_iter().chain(further) {
            publish(world, vpc, private, public);
        }
    }
    // VP-10: without a word about groups, the default one.
    let default = default_name(owner.vpc_said.value.default_security_group.as_ref());
    let names: Vec<&str> = said
        .security_groups
        .as_ref()
        .map_or(vec![default], |names| names.iter().map(|name| name.value.as_str()).collect());
    let missing = names.iter().find(|name| world.group_named(vpc, name).is_none());
    Some(Interface {
        vpc,
        subnet,
        instance: key.1,
        name: key.2,
        primary: owner.primary,
        siblings: instance.interfaces.len(),
        addresses: v4.into_iter().map(IpAddr::V4).chain(said.ipv6.iter().map(|ip| ip.value.into())).collect(),
        groups: names.iter().filter_map(|name| world.group_named(vpc, name)).collect(),
        unknown_group: missing.map(|name| format!("security group {name}")),
        source_dest_check: said.source_dest_check.is_none_or(|check| check.value),
        live: said.attached && instance.state.value == InstanceState::Running,
        policy_routing: instance.policy_routing.is_none_or(|on| on.value),
        deny_all_igw_traffic: said.deny_all_igw_traffic,
        unmodelled: match &instance.kind.value {
            InstanceKind::Other(kind) => Some(kind.clone()),
            _ => None,
        },
        endpoint: super::endpoints::behind(
            topology,
            &owner.vpc_said.value,
            (owner.instance.name(), instance),
            world.subnets[subnet].zone.as_ref(),
        ),
    })
}

fn publish(world: &mut World, vpc: usize, private: Ipv4Addr, public: Ipv4Addr) {
    world.public_to_private.insert(public.into(), (vpc, private.into()));
    world.private_to_public.insert((vpc, private.into()), public.into());
}

pub fn nat_gateways(world: &mut World, topology: &Topology, addresses: &Addresses) {
    for (index, vpc) in topology.vpcs.iter().enumerate() {
        for entry in &vpc.value.nat_gateways {
            let gateway = &entry.value;
            let key = (vpc.name().to_owned(), entry.name().to_owned());
            let said = gateway.private_ip.map(|ip| ip.value);
            let private = said.or_else(|| addresses.nat_gateways.get(&key).copied());
            let subnet = world.subnet_named(index, &gateway.subnet.value);
            let (Some(private), Some(subnet)) = (private, subnet) else { continue };
            // NG-1: a private gateway has no Elastic IP.
            if gateway.connectivity.value == Connectivity::Public {
                let public = gateway.public_ip.map(|ip| ip.value);
                if let Some(public) = public.or_else(|| addresses.elastic.get(&key).copied()) {
                    publish(world, index, private, public);
                }
            }
            let owner = Owner::NatGateway(world.nat_gateways.len());
            world.owners.insert((index, private.into()), owner);
            let available = gateway.state.value == GatewayState::Available;
            world.nat_gateways.push(NatGateway { subnet, name: key.1, available, address: private.into() });
        }
    }
}

pub fn tables(world: &mut World, topology: &Topology) {
    let unmodelled: HashMap<&str, &str> =
        topology.unmodelled.iter().map(|thing| (thing.name.value.as_str(), thing.kind.as_str())).collect();
    for index in 0..world.tables.len() {
        let vpc = &topology.vpcs.0[world.tables[index].vpc];
        let name = &world.tables[index].name;
        let written = vpc.value.route_tables.get(name);
        let inline = vpc.value.subnets.iter().find(|subnet| own_table(subnet.name()) == *name);
        let routes = match (written, inline) {
            (Some(table), _) => &table.routes[..],
            (None, Some(subnet)) => subnet.value.routes.as_deref().unwrap_or_default(),
            (None, None) => &[],
        };
        let mut table = super::routing::table(world, topology, index, routes, &unmodelled);
        for name in written.iter().flat_map(|table| &table.propagating) {
            let gateways = world.vpn_gateways.iter();
            let known =
                gateways.filter(|gateway| gateway.vpc == table.vpc).any(|gateway| gateway.name == name.value);
            if !known {
                table.incomplete = Some("routes that a virtual private gateway propagates".to_owned());
                continue;
            }
            // RT-4.
            let mut learnt = super::on_premises::propagated(world, table.vpc);
            learnt.retain(|route| {
                !world.vpcs[table.vpc].cidrs.iter().any(|cidr| cidr.contains(&route.destination))
            });
            table.routes.extend(learnt);
        }
        world.tables[index] = table;
    }
}

pub fn network(topology: &Topology, name: &str) -> Option<Vec<IpNet>> {
    Some(topology.networks.get(name)?.cidrs.iter().map(|cidr| cidr.value.trunc()).collect())
}

pub fn prefix_list(topology: &Topology, name: &str) -> Option<Vec<IpNet>> {
    let entries = topology.prefix_lists.get(name)?.entries.as_ref()?;
    Some(entries.iter().map(|cidr| cidr.value.trunc()).collect())
}
