//! Transit gateways: the usual designs, and what people get wrong with them.
//!
//! They are drawn from numbers of their own, so that topologies without one stay what they are.

use super::*;

/// The zones of a topology, if it says any.
const ZONES: [&str; 3] = ["a", "b", "c"];

/// Where subnets of attachments are in the range of their VPC.
const ATTACHMENT_SUBNETS: u32 = 256 * 210;

impl Draft {
    pub(super) fn transit_gateways(&mut self, seed: u64) {
        let usual = std::mem::replace(&mut self.rng, Rng::new(seed ^ 0x7467_7774_6777));
        if self.rng.percent(55) {
            self.design();
        }
        self.rng = usual;
    }

    fn design(&mut self) {
        let zones = if self.rng.percent(75) { self.rng.between(1, 3) } else { 0 };
        for vpc in 0..self.topology.vpcs.len() {
            self.zones(vpc, zones);
        }
        let referencing = self.rng.percent(45);
        let mut hub =
            TransitGateway { security_group_referencing: said(referencing), ..TransitGateway::default() };
        for vpc in 0..self.topology.vpcs.len() {
            if self.rng.percent(92) {
                let attachment = self.attachment(vpc, zones);
                hub.attachments.push(said(format!("at-v{vpc}")), attachment);
            }
        }
        let mut gateways = vec![("hub", hub)];
        if self.rng.percent(20) {
            let west = self.west(&mut gateways[0].1);
            gateways.push(("west", west));
        }
        for (_, gateway) in &mut gateways {
            if !self.rng.percent(25) {
                gateway.route_tables = Some(self.transit_tables(gateway));
            }
        }
        for (name, gateway) in gateways {
            self.topology.transit_gateways.push(said(name.to_owned()), gateway);
        }
        for vpc in 0..self.topology.vpcs.len() {
            self.routes_to_gateways(vpc);
        }
    }

    fn zones(&mut self, vpc: usize, zones: usize) {
        for subnet in 0..self.vpc_mut(vpc).subnets.len() {
            let zone = (zones > 0 && !self.mistake()).then(|| *self.rng.pick(&ZONES[..zones]));
            self.vpc_mut(vpc).subnets.0[subnet].value.az = zone.map(|zone| said(zone.to_owned()));
        }
    }

    /// With subnets of its own, as AWS recommends; or those of hosts; or nobody says which.
    fn attachment(&mut self, vpc: usize, zones: usize) -> TransitGatewayAttachment {
        let own = self.rng.percent(65);
        let count = zones.max(1);
        if own {
            for (zone, name) in ZONES.into_iter().enumerate().take(count) {
                let range = self.vpc_mut(vpc).cidrs[0].value;
                let cidr =
                    Ipv4Net::new(host4(range, ATTACHMENT_SUBNETS + 16 * zone as u32), 28).expect("a CIDR");
                let routes = Some(self.attachment_routes(vpc));
                let az = (zones > 0).then(|| said(name.to_owned()));
                let subnet = Subnet { cidr: Some(said(cidr)), routes, az, ..Subnet::default() };
                self.vpc_mut(vpc).subnets.push(said(format!("attach{zone}")), subnet);
            }
        }
        let mut chosen: Vec<(Option<String>, Spanned<String>)> = Vec::new();
        for subnet in &self.topology.vpcs.0[vpc].value.subnets.0 {
            let zone = subnet.value.az.as_ref().map(|az| az.value.clone());
            let fits = subnet.value.cidr.is_some() && own == subnet.name().starts_with("attach");
            let free = zone.is_none() || chosen.iter().all(|(other, _)| *other != zone);
            if fits && free && (zone.is_some() || chosen.is_empty()) {
                chosen.push((zone, subnet.name.clone()));
            }
        }
        // A zone was forgotten.
        if chosen.len() > 1 && self.rng.percent(25) {
            let forgotten = self.rng.below(chosen.len());
            chosen.remove(forgotten);
        }
        let unsaid = chosen.is_empty() || self.rng.percent(8);
        let subnets = (!unsaid).then(|| chosen.into_iter().map(|(_, name)| name).collect());
        let vpc = self.topology.vpcs.0[vpc].name.clone();
        self.attached(AttachedTo::Vpc { vpc, subnets })
    }

    fn attached(&mut self, to: AttachedTo) -> TransitGatewayAttachment {
        TransitGatewayAttachment {
            to,
            available: said(!(self.mistake() && self.rng.percent(30))),
            appliance_mode: said(self.rng.percent(25)),
            ipv6: said(self.rng.percent(60)),
            security_group_referencing: said(self.rng.percent(85)),
            association_unknown: false,
            place: Place::Implicit,
        }
    }

    /// The table of an attachment's subnet: `local` only, the way out for all, or an inspection.
    fn attachment_routes(&mut self, vpc: usize) -> Vec<Route> {
        let mut routes = Vec::new();
        let said_vpc = self.topology.vpcs.0[vpc].value.clone();
        let nats: Vec<String> = said_vpc.nat_gateways.iter().map(|nat| nat.name().to_owned()).collect();
        let firewall = format!("v{vpc}-firewall");
        let inspects =
            said_vpc.instances.get(&firewall).is_some_and(|firewall| firewall.interfaces.len() == 1);
        match self.rng.below(10) {
            0..=3 => {
                if let Some(nat) = self.rng.maybe_pick(&nats) {
                    add(&mut routes, net("0.0.0.0/0"), nat);
                }
            }
            4..=6 if inspects => add(&mut routes, net("0.0.0.0/0"), &firewall),
            // The mistake of those who think that it needs a route back.
            7 if self.mistake() => add(&mut routes, net("10.0.0.0/8"), "hub"),
            8 => {
                if let Some(gateway) = &said_vpc.internet_gateway {
                    add(&mut routes, net("0.0.0.0/0"), &gateway.name.value);
                }
            }
            _ => {}
        }
        routes
    }

    /// A second gateway, peered with the first, with some of its VPCs.
    fn west(&mut self, hub: &mut TransitGateway) -> TransitGateway {
        let mut west = TransitGateway { security_group_referencing: said(true), ..TransitGateway::default() };
        let moved = self.rng.below(hub.attachments.len() + 1);
        if moved < hub.attachments.len() {
            let entry = hub.attachments.0.remove(moved);
            west.attachments.0.push(entry);
        }
        let to_west = self.attached(AttachedTo::Peering(said("west".to_owned())));
        let to_hub = self.attached(AttachedTo::Peering(said("hub".to_owned())));
        hub.attachments.push(said("to-west".to_owned()), to_west);
        west.attachments.push(said("to-hub".to_owned()), to_hub);
        west
    }

    fn transit_tables(&mut self, gateway: &TransitGateway) -> Entries<TransitGatewayRouteTable> {
        let names: Vec<Spanned<String>> =
            gateway.attachments.iter().map(|entry| entry.name.clone()).collect();
        let count = self.rng.between(1, 2);
        let mut tables: Vec<TransitGatewayRouteTable> = Vec::new();
        for _ in 0..count {
            let mut table = TransitGatewayRouteTable::default();
            for name in &names {
                let peering = matches!(
                    gateway.attachments.get(&name.value).map(|attachment| &attachment.to),
                    Some(AttachedTo::Peering(_))
                );
                // The usual mistake: it is associated and not propagated.
                if !(self.mistake() || peering && self.rng.percent(90)) {
                    table.propagations.push(name.clone());
                }
            }
            self.transit_routes(&names, &mut table.table.routes);
            tables.push(table);
        }
        for name in &names {
            if !(self.mistake() && self.rng.percent(40)) {
                let number = self.rng.below(count);
                tables[number].associations.push(name.clone());
            }
        }
        let mut entries = Entries::default();
        for (number, table) in tables.into_iter().enumerate() {
            entries.push(said(format!("tgw-rt{number}")), table);
        }
        entries
    }

    /// Static routes: to the other gateway, to the way out, to twins, into black holes.
    fn transit_routes(&mut self, names: &[Spanned<String>], routes: &mut Vec<Route>) {
        let Some(any) = self.rng.maybe_pick(names).cloned() else { return };
        if self.rng.percent(45) {
            add(routes, net("0.0.0.0/0"), &any.value);
        }
        let peer = names.iter().find(|name| name.value.starts_with("to-")).cloned();
        if let Some(peer) = peer {
            let wide = *self.rng.pick(&["10.0.0.0/8", "10.0.0.0/8", "::/0", "0.0.0.0/0"]);
            add(routes, net(wide), &peer.value);
        }
        for _ in 0..2 {
            if !self.mistake() && !self.rng.percent(15) {
                continue;
            }
            let vpc = self.rng.below(self.topology.vpcs.len());
            let far = &self.topology.vpcs.0[vpc].value;
            let subnets: Vec<IpNet> = far
                .subnets
                .iter()
                .filter_map(|subnet| subnet.value.cidr.map(|cidr| cidr.value.into()))
                .collect();
            let ranges: Vec<IpNet> = far.cidrs.iter().map(|cidr| cidr.value.into()).chain(subnets).collect();
            let to = match self.rng.below(4) {
                0 => RouteTarget::Blackhole,
                1 => RouteTarget::Named(self.rng.pick(names).value.clone()),
                _ => {
                    let wanted = format!("at-v{vpc}");
                    let found = names.iter().any(|name| name.value == wanted);
                    if found { RouteTarget::Named(wanted) } else { RouteTarget::Blackhole }
                }
            };
            let list = *self.rng.pick(&["partner", "other"]);
            let destination = match self.rng.maybe_pick(&ranges) {
                Some(range) if self.rng.percent(85) => RouteDestination::Cidr(*range),
                _ => RouteDestination::PrefixList(list.to_owned()),
            };
            push(routes, destination, to);
        }
    }

    /// Tables of the VPC learn the way to its gateway, most of them.
    fn routes_to_gateways(&mut self, vpc: usize) {
        let name = self.topology.vpcs.0[vpc].name.value.clone();
        let attached = |entry: &Entry<TransitGateway>| {
            let mut attachments = entry.value.attachments.iter();
            attachments.any(|one| matches!(&one.value.to, AttachedTo::Vpc { vpc, .. } if vpc.value == name))
        };
        let gateway = self.topology.transit_gateways.iter().find(|entry| attached(entry));
        let Some(gateway) = gateway.map(|entry| entry.name().to_owned()) else { return };
        let own: Vec<IpNet> =
            self.topology.vpcs.0[vpc].value.cidrs.iter().map(|cidr| cidr.value.into()).collect();
        let far: Vec<IpNet> = self
            .topology
            .vpcs
            .iter()
            .enumerate()
            .filter(|(number, _)| *number != vpc)
            .flat_map(|(_, far)| {
                let v4 = far.value.cidrs.iter().map(|cidr| IpNet::V4(cidr.value));
                v4.chain(far.value.ipv6_cidrs.iter().map(|cidr| IpNet::V6(cidr.value)))
            })
            .filter(|cidr| !own.contains(cidr))
            .collect();
        let tables = self.topology.vpcs.0[vpc].value.route_tables.len();
        let subnets = self.topology.vpcs.0[vpc].value.subnets.len();
        for number in 0..tables + subnets {
            let attach = number >= tables
                && self.topology.vpcs.0[vpc].value.subnets.0[number - tables].name().starts_with("attach");
            if attach || self.mistake() || self.rng.percent(10) {
                continue;
            }
            let wide = self.rng.below(10);
            let replace = self.rng.percent(50);
            let said_vpc = &mut self.topology.vpcs.0[vpc].value;
            let routes = match number.checked_sub(tables) {
                None => Some(&mut said_vpc.route_tables.0[number].value.routes),
                Some(subnet) => said_vpc.subnets.0[subnet].value.routes.as_mut(),
            };
            let Some(routes) = routes else { continue };
            match wide {
                0..=3 => add(routes, net("10.0.0.0/8"), &gateway),
                4 => add(routes, net("0.0.0.0/0"), &gateway),
                _ => {}
            }
            for cidr in &far {
                // Where there was a peering, the gateway takes its place, or it stays.
                if replace {
                    routes.retain(|route| route.destination.value != RouteDestination::Cidr(*cidr));
                }
                add(routes, *cidr, &gateway);
            }
        }
    }
}

fn add(routes: &mut Vec<Route>, destination: IpNet, target: &str) {
    push(routes, RouteDestination::Cidr(destination), RouteTarget::Named(target.to_owned()));
}

fn push(routes: &mut Vec<Route>, destination: RouteDestination, target: RouteTarget) {
    if routes.iter().all(|route| route.destination.value != destination) {
        let (destination, target) = (said(destination), said(target));
        let (state, origin) = (None, RouteOrigin::Static);
        routes.push(Route { destination, target, state, origin, place: Place::Implicit });
    }
}
