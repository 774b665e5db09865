//! Every place and every name in a topology, met once each.
//!
//! The patterns name every field: what is added to a topology is met here, or this does not compile.

use super::{
    AclPeer, AclRule, Association, AttachedTo, BlockPublicAccess, CustomerGateway, DirectConnectGateway,
    EgressOnlyInternetGateway, EndpointService, Entries, Instance, Interface, InternetGateway, Listener,
    LoadBalancer, NamedNetwork, NatGateway, NetworkAcl, PeeringConnection, Place, PrefixList, PublicAddress,
    Route, RouteDestination, RouteTable, RouteTarget, SecurityGroup, SecurityGroupPeer, SecurityGroupRule,
    Spanned, Subnet, TargetGroup, Topology, Traffic, TransitGateway, TransitGatewayAttachment,
    TransitGatewayRouteTable, Unmodelled, VirtualInterface, Vpc, VpcEndpoint, VpnConnection, VpnGateway,
};

/// What is done with places and names.
pub trait Visitor {
    /// A place.
    fn place(&mut self, _place: &mut Place) {}
    /// The name of a thing, or of what is referred to.
    fn name(&mut self, _name: &mut String) {}
}

/// Something that has places and names in it.
pub trait Visit {
    /// Meets all of them.
    fn visit(&mut self, visitor: &mut impl Visitor);
}

/// A name and its place.
fn name(said: &mut Spanned<String>, visitor: &mut impl Visitor) {
    visitor.name(&mut said.value);
    visitor.place(&mut said.place);
}

fn names(said: &mut [Spanned<String>], visitor: &mut impl Visitor) {
    said.iter_mut().for_each(|one| name(one, visitor));
}

fn place<T>(said: &mut Spanned<T>, visitor: &mut impl Visitor) {
    visitor.place(&mut said.place);
}

fn places<'s, T: 's>(said: impl IntoIterator<Item = &'s mut Spanned<T>>, visitor: &mut impl Visitor) {
    said.into_iter().for_each(|one| place(one, visitor));
}

impl<T: Visit> Visit for Entries<T> {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        for entry in &mut self.0 {
            name(&mut entry.name, visitor);
            entry.value.visit(visitor);
        }
    }
}

impl<T: Visit> Visit for Vec<T> {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        self.iter_mut().for_each(|one| one.visit(visitor));
    }
}

impl<T: Visit> Visit for Option<T> {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        self.iter_mut().for_each(|one| one.visit(visitor));
    }
}

/// The network; not its tests, which name endpoints in a language of their own, nor its lint settings.
impl Visit for Topology {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self {
            sources: _,
            defaults: _,
            completeness: _,
            prefix_lists,
            networks,
            vpcs,
            peering_connections,
            transit_gateways,
            endpoint_services,
            customer_gateways,
            vpn_connections,
            direct_connect_gateways,
            virtual_interfaces,
            unmodelled,
            tests: _,
            lint: _,
        } = self;
        prefix_lists.visit(visitor);
        networks.visit(visitor);
        vpcs.visit(visitor);
        peering_connections.visit(visitor);
        transit_gateways.visit(visitor);
        endpoint_services.visit(visitor);
        customer_gateways.visit(visitor);
        vpn_connections.visit(visitor);
        direct_connect_gateways.visit(visitor);
        virtual_interfaces.visit(visitor);
        unmodelled.visit(visitor);
    }
}

impl Visit for PrefixList {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { entries, max_entries } = self;
        places(entries.iter_mut().flatten(), visitor);
        places(max_entries, visitor);
    }
}

impl Visit for NamedNetwork {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { cidrs, routes_back, on_premises: _ } = self;
        places(cidrs, visitor);
        places(routes_back.iter_mut().flatten(), visitor);
    }
}

impl Visit for Unmodelled {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { kind: _, vpc, name: own, addresses: _, subnets, security_groups, why: _ } = self;
        name(own, visitor);
        let others = vpc.iter_mut().chain(subnets).chain(security_groups);
        others.for_each(|other| visitor.name(other));
    }
}

impl Visit for Vpc {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self {
            cidrs,
            ipv6_cidrs,
            region,
            account,
            dns_support,
            internet_gateway,
            egress_only_internet_gateway,
            block_public_access,
            nat_gateways,
            route_tables,
            main_route_table,
            subnets,
            network_acls,
            default_network_acl,
            security_groups,
            default_security_group,
            instances,
            load_balancers,
            target_groups,
            endpoints,
            vpn_gateway,
        } = self;
        places(cidrs, visitor);
        places(ipv6_cidrs, visitor);
        places(region.iter_mut().chain(account), visitor);
        places(dns_support, visitor);
        internet_gateway.visit(visitor);
        egress_only_internet_gateway.visit(visitor);
        block_public_access.visit(visitor);
        nat_gateways.visit(visitor);
        route_tables.visit(visitor);
        subnets.visit(visitor);
        network_acls.visit(visitor);
        security_groups.visit(visitor);
        for default in [main_route_table, default_network_acl, default_security_group].into_iter().flatten() {
            name(default, visitor);
        }
        instances.visit(visitor);
        load_balancers.visit(visitor);
        target_groups.visit(visitor);
        endpoints.visit(visitor);
        vpn_gateway.visit(visitor);
    }
}

impl Visit for VpnGateway {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { name: own, attached, route_table, more_lines: _ } = self;
        name(own, visitor);
        place(attached, visitor);
        route_table.iter_mut().for_each(|table| name(table, visitor));
    }
}

impl Visit for CustomerGateway {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { public_ip, place: own } = self;
        places(public_ip, visitor);
        visitor.place(own);
    }
}

impl Visit for VpnConnection {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self {
            gateway,
            customer_gateway,
            network,
            routing,
            static_routes,
            advertised,
            tunnels,
            ipv6,
            place: own,
        } = self;
        for other in [gateway, customer_gateway, network].into_iter().flatten() {
            name(other, visitor);
        }
        place(routing, visitor);
        places(static_routes.iter_mut().chain(advertised).flatten(), visitor);
        places(tunnels, visitor);
        place(ipv6, visitor);
        visitor.place(own);
    }
}

impl Visit for DirectConnectGateway {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { gateways, allowed_prefixes, network, advertised, state, place: own } = self;
        names(gateways, visitor);
        network.iter_mut().for_each(|network| name(network, visitor));
        places(allowed_prefixes.iter_mut().chain(advertised).flatten(), visitor);
        place(state, visitor);
        visitor.place(own);
    }
}

impl Visit for VirtualInterface {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { gateway, network, advertised, state, place: own } = self;
        name(gateway, visitor);
        network.iter_mut().for_each(|network| name(network, visitor));
        places(advertised.iter_mut().flatten(), visitor);
        place(state, visitor);
        visitor.place(own);
    }
}

impl Visit for BlockPublicAccess {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { mode, exclusion, exclusions, place: own } = self;
        place(mode, visitor);
        places(exclusion, visitor);
        exclusions.iter_mut().for_each(|(subnet, _)| name(subnet, visitor));
        visitor.place(own);
    }
}

impl Visit for VpcEndpoint {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { kind, service, available, private_dns, place: own } = self;
        place(kind, visitor);
        name(service, visitor);
        place(available, visitor);
        places(private_dns, visitor);
        visitor.place(own);
    }
}

impl Visit for EndpointService {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { load_balancer, zones, acceptance_required, place: own } = self;
        name(load_balancer, visitor);
        places(zones, visitor);
        places(acceptance_required, visitor);
        visitor.place(own);
    }
}

impl Visit for Subnet {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self {
            cidr,
            ipv6_cidr,
            az,
            route_table,
            routes,
            network_acl,
            auto_assign_public_ip,
            auto_assign_ipv6,
        } = self;
        places(cidr, visitor);
        places(ipv6_cidr, visitor);
        places(az, visitor);
        for association in [route_table, network_acl] {
            match association {
                Association::Named(to) => name(to, visitor),
                Association::Implicit | Association::Unknown => {}
            }
        }
        routes.visit(visitor);
        places(auto_assign_public_ip.iter_mut().chain(auto_assign_ipv6), visitor);
    }
}

impl Visit for InternetGateway {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { name: own, attached, route_table } = self;
        name(own, visitor);
        place(attached, visitor);
        route_table.iter_mut().for_each(|table| name(table, visitor));
    }
}

impl Visit for EgressOnlyInternetGateway {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { name: own } = self;
        name(own, visitor);
    }
}

impl Visit for NatGateway {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { subnet, connectivity, state, private_ip, public_ip, place: own } = self;
        name(subnet, visitor);
        place(connectivity, visitor);
        place(state, visitor);
        places(private_ip.iter_mut().chain(public_ip), visitor);
        visitor.place(own);
    }
}

impl Visit for PeeringConnection {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { requester, accepter, status, requester_cidrs: _, accepter_cidrs: _, place: own } = self;
        name(requester, visitor);
        name(accepter, visitor);
        place(status, visitor);
        visitor.place(own);
    }
}

impl Visit for RouteTable {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { routes, propagating } = self;
        routes.visit(visitor);
        names(propagating, visitor);
    }
}

impl Visit for Route {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { destination, target, state: _, origin: _, place: own } = self;
        match &mut destination.value {
            RouteDestination::PrefixList(list) => visitor.name(list),
            RouteDestination::Cidr(_) | RouteDestination::Unknown(_) => {}
        }
        place(destination, visitor);
        match &mut target.value {
            RouteTarget::Named(to) => visitor.name(to),
            RouteTarget::Local | RouteTarget::Blackhole => {}
        }
        place(target, visitor);
        visitor.place(own);
    }
}

impl Visit for NetworkAcl {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { inbound, outbound } = self;
        inbound.visit(visitor);
        outbound.visit(visitor);
    }
}

impl Visit for AclRule {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { number, action: _, traffic, peer, place: own } = self;
        place(number, visitor);
        traffic.visit(visitor);
        match &mut peer.value {
            AclPeer::Network(network) => visitor.name(network),
            AclPeer::Cidr(_) => {}
        }
        place(peer, visitor);
        visitor.place(own);
    }
}

impl Visit for SecurityGroup {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { inbound, outbound, place: own } = self;
        inbound.visit(visitor);
        outbound.visit(visitor);
        visitor.place(own);
    }
}

impl Visit for SecurityGroupRule {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { traffic, peer, id: _, place: own } = self;
        traffic.visit(visitor);
        match &mut peer.value {
            SecurityGroupPeer::Network(other)
            | SecurityGroupPeer::PrefixList(other)
            | SecurityGroupPeer::Group(other) => visitor.name(other),
            SecurityGroupPeer::Cidr(_) | SecurityGroupPeer::SelfGroup | SecurityGroupPeer::Unknown(_) => {}
        }
        place(peer, visitor);
        visitor.place(own);
    }
}

impl Visit for Traffic {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self {
            protocol: _,
            protocol_place,
            ports: _,
            ports_place,
            icmp_type: _,
            icmp_code: _,
            preset: _,
        } = self;
        visitor.place(protocol_place);
        visitor.place(ports_place);
    }
}

impl Visit for Instance {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self {
            kind,
            state,
            group,
            ephemeral_ports,
            policy_routing,
            one_per_subnet: _,
            interfaces,
            place: own,
        } = self;
        place(kind, visitor);
        place(state, visitor);
        places(group, visitor);
        places(ephemeral_ports, visitor);
        places(policy_routing, visitor);
        interfaces.visit(visitor);
        visitor.place(own);
    }
}

impl Visit for Interface {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self {
            subnet,
            ips,
            ipv6,
            public_ip,
            public_ips,
            security_groups,
            more_security_groups: _,
            source_dest_check,
            attached: _,
            deny_all_igw_traffic: _,
            place: own,
        } = self;
        name(subnet, visitor);
        places(ips, visitor);
        places(ipv6, visitor);
        place(public_ip, visitor);
        for PublicAddress { private, public } in public_ips {
            place(private, visitor);
            place(public, visitor);
        }
        names(security_groups.as_deref_mut().unwrap_or_default(), visitor);
        places(source_dest_check, visitor);
        visitor.place(own);
    }
}

impl Visit for LoadBalancer {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { listeners, place: own } = self;
        for Listener { port: _, target_group, place } in listeners {
            name(target_group, visitor);
            visitor.place(place);
        }
        visitor.place(own);
    }
}

impl Visit for TargetGroup {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { targets, port, health_check_port, cross_zone, foreign, place: own } = self;
        names(targets, visitor);
        places(port.iter_mut().chain(health_check_port), visitor);
        places(cross_zone, visitor);
        places(foreign, visitor);
        visitor.place(own);
    }
}

impl Visit for TransitGateway {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { security_group_referencing, attachments, route_tables, place: own } = self;
        place(security_group_referencing, visitor);
        attachments.visit(visitor);
        route_tables.visit(visitor);
        visitor.place(own);
    }
}

impl Visit for TransitGatewayAttachment {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self {
            to,
            available,
            appliance_mode,
            ipv6,
            security_group_referencing,
            association_unknown: _,
            place: own,
        } = self;
        match to {
            AttachedTo::Vpc { vpc, subnets } => {
                name(vpc, visitor);
                names(subnets.as_deref_mut().unwrap_or_default(), visitor);
            }
            AttachedTo::Peering(peer) => name(peer, visitor),
            AttachedTo::Other { kind: _, name: other, prefixes } => {
                name(other, visitor);
                places(prefixes.iter_mut().flatten(), visitor);
            }
        }
        places([available, appliance_mode, ipv6, security_group_referencing], visitor);
        visitor.place(own);
    }
}

impl Visit for TransitGatewayRouteTable {
    fn visit(&mut self, visitor: &mut impl Visitor) {
        let Self { associations, propagations, table, routes_missing: _, place: own } = self;
        names(associations, visitor);
        names(propagations, visitor);
        table.visit(visitor);
        visitor.place(own);
    }
}
