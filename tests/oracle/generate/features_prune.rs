//! Removes what refers to something that was left out.

use std::collections::HashSet;

use vpcreach::topology::*;

type Names = HashSet<String>;

fn names<T>(entries: &Entries<T>) -> Names {
    entries.iter().map(|entry| entry.name().to_owned()).collect()
}

pub fn prune(topology: &mut Topology) {
    let vpcs = names(&topology.vpcs);
    topology.peering_connections.0.retain(|entry| {
        vpcs.contains(&entry.value.requester.value) && vpcs.contains(&entry.value.accepter.value)
    });
    let peerings = names(&topology.peering_connections);
    prune_lines(topology);
    prune_gateways(topology);
    let lists = names(&topology.prefix_lists);
    let networks = names(&topology.networks);
    let gateways = topology.transit_gateways.clone();
    for entry in &mut topology.vpcs.0 {
        prune_vpc(&mut entry.value);
        // A gateway is a target where it is attached.
        let attached = gateways.iter().filter(|gateway| {
            let mut attachments = gateway.value.attachments.iter();
            attachments.any(
                |one| matches!(&one.value.to, AttachedTo::Vpc { vpc, .. } if vpc.value == entry.name.value),
            )
        });
        let attached: Names = attached.map(|gateway| gateway.name().to_owned()).collect();
        let targets: Names = peerings.union(&attached).cloned().collect();
        prune_routes(&mut entry.value, &targets, &lists);
    }
    // References cross VPCs, so every group must be known first.
    let groups: Vec<Names> = topology.vpcs.iter().map(|entry| names(&entry.value.security_groups)).collect();
    let all: Names = topology
        .vpcs
        .iter()
        .zip(&groups)
        .flat_map(|(vpc, groups)| groups.iter().map(|group| format!("{}/{group}", vpc.name())))
        .collect();
    for (entry, own) in topology.vpcs.0.iter_mut().zip(&groups) {
        for group in &mut entry.value.security_groups.0 {
            for rules in [&mut group.value.inbound, &mut group.value.outbound].into_iter().flatten() {
                rules.retain(|rule| match &rule.peer.value {
                    SecurityGroupPeer::Group(name) => {
                        name.starts_with("sg-") || own.contains(name) || all.contains(name)
                    }
                    SecurityGroupPeer::PrefixList(name) => lists.contains(name),
                    SecurityGroupPeer::Network(name) => networks.contains(name),
                    _ => true,
                });
            }
        }
    }
}

/// A line needs a gateway and a network; a VPN connection of a transit gateway an attachment, too.
fn prune_lines(topology: &mut Topology) {
    let networks = names(&topology.networks);
    let own = topology.vpcs.iter().filter(|vpc| vpc.value.vpn_gateway.is_some());
    let own: Names = own.map(|vpc| format!("{}/vgw", vpc.name())).collect();
    let attached: HashSet<(String, String)> = topology
        .transit_gateways
        .iter()
        .flat_map(|gateway| {
            gateway.value.attachments.iter().filter_map(|one| match &one.value.to {
                AttachedTo::Other { name, .. } => Some((gateway.name().to_owned(), name.value.clone())),
                _ => None,
            })
        })
        .collect();
    let is_known =
        |name: &Option<Spanned<String>>| name.as_ref().is_some_and(|name| networks.contains(&name.value));
    topology.vpn_connections.0.retain(|entry| {
        let gateway = entry.value.gateway.as_ref().map(|name| name.value.clone()).unwrap_or_default();
        let ends = own.contains(&gateway) || attached.contains(&(gateway, entry.name().to_owned()));
        ends && is_known(&entry.value.network)
    });
    topology.direct_connect_gateways.0.retain_mut(|entry| {
        let name = entry.name.value.clone();
        entry.value.gateways.retain(|gateway| {
            own.contains(&gateway.value) || attached.contains(&(gateway.value.clone(), name.clone()))
        });
        !entry.value.gateways.is_empty() && is_known(&entry.value.network)
    });
    let joints: Names = own.union(&names(&topology.direct_connect_gateways)).cloned().collect();
    topology
        .virtual_interfaces
        .0
        .retain(|entry| joints.contains(&entry.value.gateway.value) && is_known(&entry.value.network));
}

fn prune_gateways(topology: &mut Topology) {
    let vpcs = names(&topology.vpcs);
    let lists = names(&topology.prefix_lists);
    let gateways = names(&topology.transit_gateways);
    let lines: Names =
        names(&topology.vpn_connections).union(&names(&topology.direct_connect_gateways)).cloned().collect();
    let peered: Vec<(String, String)> = topology
        .transit_gateways
        .iter()
        .flat_map(|gateway| {
            gateway.value.attachments.iter().filter_map(|one| match &one.value.to {
                AttachedTo::Peering(peer) => Some((gateway.name().to_owned(), peer.value.clone())),
                _ => None,
            })
        })
        .collect();
    for entry in &mut topology.transit_gateways.0 {
        let own = entry.name.value.clone();
        let subnets = |vpc: &str| topology.vpcs.get(vpc).map(|vpc| names(&vpc.subnets)).unwrap_or_default();
        entry.value.attachments.0.retain_mut(|one| match &mut one.value.to {
            AttachedTo::Vpc { vpc, subnets: said } => {
                let known = subnets(&vpc.value);
                if let Some(said) = said {
                    said.retain(|name| known.contains(&name.value));
                }
                vpcs.contains(&vpc.value) && said.as_ref().is_none_or(|said| !said.is_empty())
            }
            AttachedTo::Peering(peer) => {
                gateways.contains(&peer.value) && peered.contains(&(peer.value.clone(), own.clone()))
            }
            AttachedTo::Other { name, .. } => lines.contains(&name.value),
        });
        let attachments = names(&entry.value.attachments);
        for table in entry.value.route_tables.iter_mut().flat_map(|tables| &mut tables.0) {
            table.value.associations.retain(|name| attachments.contains(&name.value));
            table.value.propagations.retain(|name| attachments.contains(&name.value));
            table.value.table.routes.retain(|route| {
                let target = match &route.target.value {
                    RouteTarget::Named(name) => attachments.contains(name),
                    RouteTarget::Local | RouteTarget::Blackhole => true,
                };
                let list = match &route.destination.value {
                    RouteDestination::PrefixList(name) => lists.contains(name),
                    RouteDestination::Cidr(_) | RouteDestination::Unknown(_) => true,
                };
                target && list
            });
        }
    }
}

fn prune_vpc(vpc: &mut Vpc) {
    let tables = names(&vpc.route_tables);
    let acls = names(&vpc.network_acls);
    let groups = names(&vpc.security_groups);
    let gone = |association: &Association, known: &Names| match association {
        Association::Named(name) => !known.contains(&name.value),
        _ => false,
    };
    vpc.subnets.0.retain(|subnet| subnet.value.cidr.is_some() || subnet.value.ipv6_cidr.is_some());
    for subnet in &mut vpc.subnets.0 {
        if gone(&subnet.value.route_table, &tables) {
            subnet.value.route_table = Association::Implicit;
        }
        if gone(&subnet.value.network_acl, &acls) {
            subnet.value.network_acl = Association::Implicit;
        }
    }
    let subnets = names(&vpc.subnets);
    if let Some(guard) = &mut vpc.block_public_access {
        guard.exclusions.retain(|(name, _)| subnets.contains(&name.value));
    }
    vpc.nat_gateways.0.retain(|gateway| subnets.contains(&gateway.value.subnet.value));
    for instance in &mut vpc.instances.0 {
        let addressed = |interface: &Interface| !interface.ips.is_empty() || !interface.ipv6.is_empty();
        instance.value.interfaces.0.retain(|interface| {
            subnets.contains(&interface.value.subnet.value) && addressed(&interface.value)
        });
        for interface in &mut instance.value.interfaces.0 {
            if let Some(chosen) = &mut interface.value.security_groups {
                chosen.retain(|name| name.value == "default" || groups.contains(&name.value));
                if chosen.is_empty() {
                    interface.value.security_groups = None;
                }
            }
        }
    }
    vpc.instances.0.retain(|instance| !instance.value.interfaces.is_empty());
    let is_endpoint = |one: &Instance| one.kind.value == InstanceKind::VpcEndpoint;
    let described = names(&vpc.endpoints);
    vpc.instances.0.retain(|one| !is_endpoint(&one.value) || described.contains(one.name()));
    let owners = names(&vpc.instances);
    vpc.endpoints
        .0
        .retain(|one| one.value.kind.value == EndpointType::Gateway || owners.contains(one.name()));
}

fn prune_routes(vpc: &mut Vpc, peerings: &Names, lists: &Names) {
    let mut targets: Names = peerings.clone();
    targets.extend(vpc.internet_gateway.iter().map(|gateway| gateway.name.value.clone()));
    targets.extend(vpc.egress_only_internet_gateway.iter().map(|gateway| gateway.name.value.clone()));
    targets.extend(vpc.vpn_gateway.iter().map(|gateway| gateway.name.value.clone()));
    targets.extend(names(&vpc.nat_gateways));
    targets.extend(names(&vpc.endpoints));
    for instance in &vpc.instances {
        targets.insert(instance.name().to_owned());
        let interfaces = instance.value.interfaces.iter();
        targets.extend(interfaces.map(|interface| format!("{}/{}", instance.name(), interface.name())));
    }
    // RT-5: inside the VPC, only whole subnets may have routes.
    let cidrs: Vec<_> = vpc.cidrs.iter().map(|cidr| cidr.value).collect();
    let subnets: Vec<_> = vpc.subnets.iter().filter_map(|subnet| subnet.value.cidr).collect();
    let legal = |route: &Route| {
        let known = match &route.target.value {
            RouteTarget::Named(name) => targets.contains(name),
            RouteTarget::Local | RouteTarget::Blackhole => true,
        };
        let destination = match &route.destination.value {
            RouteDestination::PrefixList(name) => lists.contains(name),
            RouteDestination::Unknown(_) => true,
            RouteDestination::Cidr(ipnet::IpNet::V6(_)) => true,
            RouteDestination::Cidr(ipnet::IpNet::V4(cidr)) => {
                !cidrs.iter().any(|own| own.contains(cidr) && own != cidr)
                    || subnets.iter().any(|subnet| subnet.value == *cidr)
            }
        };
        known && destination
    };
    for table in &mut vpc.route_tables.0 {
        table.value.routes.retain(legal);
    }
    for subnet in &mut vpc.subnets.0 {
        if let Some(routes) = &mut subnet.value.routes {
            routes.retain(legal);
        }
    }
}
