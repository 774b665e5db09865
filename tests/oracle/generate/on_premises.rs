//! Networks of one's own, their lines, and what people get wrong with them.
//!
//! Drawn from numbers of their own, so that topologies without one stay what they are.

use super::*;

impl Draft {
    /// One of some ranges.
    fn net_of(&mut self, ranges: &[&str]) -> IpNet {
        let range: &&str = self.rng.pick(ranges);
        net(range)
    }

    pub(super) fn on_premises(&mut self, seed: u64) {
        let usual = std::mem::replace(&mut self.rng, Rng::new(seed ^ 0x6f6e_7072_656d));
        if self.rng.percent(45) {
            self.sites();
            self.private_gateways();
            self.lines();
            if !self.topology.transit_gateways.is_empty() && self.rng.percent(60) {
                self.transit_lines();
            }
            self.routes_to_sites();
        }
        self.rng = usual;
    }

    fn sites(&mut self) {
        let mut ranges: Vec<(&str, Vec<&str>)> = vec![("dc", vec!["192.168.0.0/16"])];
        if self.rng.percent(60) {
            ranges.push(("branch", vec!["172.20.0.0/16", "2001:db8:b::/48"]));
        }
        if self.rng.percent(25) {
            ranges.push(("twin", vec![*self.rng.pick(&["192.168.0.0/17", "192.168.0.0/16"])]));
        }
        if self.rng.percent(20) {
            ranges.push(("corporate", vec!["10.0.0.0/8"]));
        }
        for (name, cidrs) in ranges {
            let mut cidrs: Vec<IpNet> = cidrs.into_iter().map(net).collect();
            // A part of it is where a VPC is, too.
            if self.mistake() {
                cidrs.extend(self.part_of_a_vpc());
            }
            let back = ["10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "0.0.0.0/0"];
            let routes_back = self.rng.percent(25).then(|| {
                let count = self.rng.below(3);
                (0..count).map(|_| said(self.net_of(&back))).collect()
            });
            let cidrs = cidrs.into_iter().map(said).collect();
            let network = NamedNetwork { cidrs, routes_back, on_premises: true };
            self.topology.networks.push(said(name.to_owned()), network);
        }
    }

    fn part_of_a_vpc(&mut self) -> Option<IpNet> {
        let vpc = self.rng.below(self.topology.vpcs.len());
        let vpc = &self.topology.vpcs.0[vpc].value;
        let parts: Vec<IpNet> = vpc
            .subnets
            .iter()
            .filter_map(|subnet| subnet.value.cidr.map(|cidr| IpNet::V4(cidr.value)))
            .chain(vpc.cidrs.iter().map(|cidr| IpNet::V4(cidr.value)))
            .collect();
        self.rng.maybe_pick(&parts).copied()
    }

    fn private_gateways(&mut self) {
        for vpc in 0..self.topology.vpcs.len() {
            if !self.rng.percent(70) {
                continue;
            }
            let attached = !(self.mistake() && self.rng.percent(40));
            self.topology.vpcs.0[vpc].value.vpn_gateway = Some(VpnGateway {
                name: said("vgw".to_owned()),
                attached: said(attached),
                route_table: None,
                more_lines: None,
            });
        }
    }

    fn network(&mut self) -> Spanned<String> {
        let sites = self.topology.networks.iter().filter(|entry| entry.value.on_premises);
        let names: Vec<String> = sites.map(|entry| entry.name().to_owned()).collect();
        said(self.rng.pick(&names).clone())
    }

    fn state(&mut self) -> LineState {
        if self.rng.percent(12) { LineState::Down } else { LineState::Up }
    }

    /// Mostly the ranges of the network; or a part of them, or too much.
    fn advertised(&mut self) -> Option<Vec<Spanned<IpNet>>> {
        let odd = [
            "192.168.7.0/24",
            "192.168.0.0/17",
            "192.168.0.0/16",
            "172.16.0.0/12",
            "10.0.0.0/8",
            "10.0.3.0/24",
        ];
        self.rng.percent(25).then(|| vec![said(self.net_of(&odd))])
    }

    fn vpn(&mut self, gateway: String, transit: bool) -> VpnConnection {
        let network = self.network();
        let is_static = self.rng.percent(40);
        let odd = ["192.168.7.0/24", "192.168.0.0/16", "172.20.0.0/16", "172.20.8.0/24", "10.0.0.0/8"];
        let ranges: Vec<IpNet> = self
            .topology
            .networks
            .get(&network.value)
            .into_iter()
            .flat_map(|site| &site.cidrs)
            .map(|cidr| cidr.value)
            .collect();
        let mut routes: Vec<Spanned<IpNet>> =
            ranges.into_iter().filter(|range| range.addr().is_ipv4()).map(said).collect();
        if self.rng.percent(30) {
            routes.push(said(self.net_of(&odd)));
        }
        routes.dedup();
        let (one, other) = (self.state(), self.state());
        let tunnels = if self.rng.percent(60) { Vec::new() } else { vec![said(one), said(other)] };
        VpnConnection {
            gateway: Some(said(gateway)),
            customer_gateway: None,
            network: Some(network),
            routing: said(if is_static { VpnRouting::Static } else { VpnRouting::Bgp }),
            static_routes: (is_static && !transit).then_some(routes),
            advertised: if is_static { None } else { self.advertised() },
            tunnels,
            ipv6: said(transit && self.rng.percent(25)),
            place: Place::Implicit,
        }
    }

    fn lines(&mut self) {
        let mut gateways: Vec<String> = Vec::new();
        for vpc in &self.topology.vpcs {
            if vpc.value.vpn_gateway.is_some() {
                gateways.push(format!("{}/vgw", vpc.name()));
            }
        }
        let mut number = 0;
        for gateway in &gateways {
            for _ in 0..self.rng.between(1, 2) {
                let vpn = self.vpn(gateway.clone(), false);
                self.topology.vpn_connections.push(said(format!("vpn{number}")), vpn);
                number += 1;
            }
            if self.rng.percent(25) {
                let (network, advertised, state) = (self.network(), self.advertised(), self.state());
                let interface = VirtualInterface {
                    gateway: said(gateway.clone()),
                    network: Some(network),
                    advertised,
                    state: said(state),
                    place: Place::Implicit,
                };
                self.topology.virtual_interfaces.push(said(format!("vif{number}")), interface);
                number += 1;
            }
        }
        if gateways.is_empty() || !self.rng.percent(30) {
            return;
        }
        // VG-9: one VPC, or those that do not overlap.
        let first = self.rng.pick(&gateways).clone();
        let gateway = self.direct_connect(vec![said(first)], None);
        self.topology.direct_connect_gateways.push(said("dx".to_owned()), gateway);
        if self.rng.percent(30) {
            let (network, advertised, state) = (self.network(), self.advertised(), self.state());
            let interface = VirtualInterface {
                gateway: said("dx".to_owned()),
                network: Some(network),
                advertised,
                state: said(state),
                place: Place::Implicit,
            };
            self.topology.virtual_interfaces.push(said("second".to_owned()), interface);
        }
    }

    fn direct_connect(
        &mut self,
        gateways: Vec<Spanned<String>>,
        allowed: Option<&[&str]>,
    ) -> DirectConnectGateway {
        let any = ["10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "10.0.0.0/17"];
        let allowed_prefixes = match allowed {
            Some(allowed) => Some(allowed.iter().map(|cidr| said(net(cidr))).collect()),
            None => self.rng.percent(50).then(|| vec![said(self.net_of(&any))]),
        };
        let (network, advertised, state) = (self.network(), self.advertised(), self.state());
        DirectConnectGateway {
            gateways,
            allowed_prefixes,
            network: Some(network),
            advertised,
            state: said(state),
            place: Place::Implicit,
        }
    }

    fn transit_lines(&mut self) {
        let at = self.rng.below(self.topology.transit_gateways.len());
        let name = self.topology.transit_gateways.0[at].name().to_owned();
        let mut added = Vec::new();
        for number in 0..self.rng.between(1, 2) {
            let vpn = self.vpn(name.clone(), true);
            let line = format!("line{number}");
            self.topology.vpn_connections.push(said(line.clone()), vpn);
            added.push(("VPN connection", line));
        }
        if self.rng.percent(35) {
            let gateway = self.direct_connect(vec![said(name)], Some(&["10.0.0.0/8", "2001:db8::/32"]));
            self.topology.direct_connect_gateways.push(said("far".to_owned()), gateway);
            added.push(("Direct Connect gateway", "far".to_owned()));
        }
        for (kind, line) in added {
            let available = !(self.mistake() && self.rng.percent(30));
            let appliance_mode = false;
            let kind = kind.to_owned();
            let to = AttachedTo::Other { kind, name: said(line.clone()), prefixes: None };
            let attachment = TransitGatewayAttachment {
                to,
                available: said(available),
                appliance_mode: said(appliance_mode),
                ipv6: said(false),
                security_group_referencing: said(true),
                association_unknown: false,
                place: Place::Implicit,
            };
            let (associated, learnt, written) = (!self.mistake(), !self.mistake(), self.rng.percent(50));
            let destination =
                self.net_of(&["192.168.0.0/16", "192.168.7.0/24", "172.20.0.0/16", "2001:db8:b::/48"]);
            let many =
                self.topology.transit_gateways.0[at].value.route_tables.as_ref().map_or(0, Entries::len);
            let table = self.rng.below(many.max(1));
            let gateway = &mut self.topology.transit_gateways.0[at].value;
            gateway.attachments.push(said(line.clone()), attachment);
            let Some(tables) = &mut gateway.route_tables else { continue };
            for (number, entry) in tables.0.iter_mut().enumerate() {
                if associated && number == table {
                    entry.value.associations.push(said(line.clone()));
                }
                if learnt {
                    entry.value.propagations.push(said(line.clone()));
                }
                if written {
                    routes::add(&mut entry.value.table.routes, destination, &line);
                }
            }
        }
    }

    /// Tables learn, or have a route of their own.
    fn routes_to_sites(&mut self) {
        for vpc in 0..self.topology.vpcs.len() {
            let name = self.topology.vpcs.0[vpc].name.value.clone();
            let private = self.topology.vpcs.0[vpc].value.vpn_gateway.is_some();
            let attached = self.topology.transit_gateways.iter().find(|gateway| {
                let mut attachments = gateway.value.attachments.iter();
                attachments
                    .any(|one| matches!(&one.value.to, AttachedTo::Vpc { vpc, .. } if vpc.value == name))
            });
            let attached = attached.map(|gateway| gateway.name().to_owned());
            let tables = self.topology.vpcs.0[vpc].value.route_tables.len();
            let subnets = self.topology.vpcs.0[vpc].value.subnets.len();
            for number in 0..tables + subnets {
                if self.mistake() {
                    continue;
                }
                let learns = self.rng.percent(60);
                let wide =
                    *self.rng.pick(&["192.168.0.0/16", "192.168.0.0/17", "172.16.0.0/12", "192.0.0.0/8"]);
                let (by_vpn, by_transit) = (self.rng.percent(45), self.rng.percent(40));
                let six = self.rng.percent(15);
                let said_vpc = &mut self.topology.vpcs.0[vpc].value;
                let list = match number.checked_sub(tables) {
                    None => Some(&mut said_vpc.route_tables.0[number].value.routes),
                    Some(subnet) => said_vpc.subnets.0[subnet].value.routes.as_mut(),
                };
                let Some(list) = list else { continue };
                if private && by_vpn {
                    routes::add(list, net(wide), "vgw");
                }
                if private && six {
                    routes::add(list, net("2001:db8:b::/48"), "vgw");
                }
                if let (Some(gateway), true) = (&attached, by_transit) {
                    routes::add(list, net("192.168.0.0/16"), gateway);
                    routes::add(list, net("172.20.0.0/16"), gateway);
                }
                if private && learns && number < tables {
                    said_vpc.route_tables.0[number].value.propagating.push(said("vgw".to_owned()));
                }
            }
        }
    }
}
