//! Route tables: the usual ones, with routes that overlap, lead nowhere or are missing.

use super::*;

impl Draft {
    pub(super) fn tables(&mut self) {
        for index in 0..self.topology.vpcs.len() {
            let mut roles = Vec::new();
            for role in Role::ALL {
                if self.rng.percent(70) {
                    roles.push((role.name(), role));
                }
            }
            if self.rng.percent(40) {
                let role = *self.rng.pick(&Role::ALL);
                roles.push(("main", role));
            }
            for (name, role) in roles {
                let routes = self.routes(index, role);
                let table = RouteTable { routes, propagating: Vec::new() };
                self.vpc_mut(index).route_tables.push(said(name.to_owned()), table);
            }
            for subnet in 0..self.vpc_mut(index).subnets.len() {
                self.associate(index, subnet);
            }
        }
    }

    pub(super) fn vpc_mut(&mut self, index: usize) -> &mut Vpc {
        &mut self.topology.vpcs.0[index].value
    }

    // A subnet gets the table of its role, the wrong one, one of its own, or none.
    fn associate(&mut self, index: usize, subnet: usize) {
        let vpc = &self.topology.vpcs.0[index].value;
        let entry = &vpc.subnets.0[subnet];
        if entry.value.routes.is_some() && self.rng.percent(60) {
            return;
        }
        let role = Role::of(entry.name());
        let tables: Vec<_> = vpc.route_tables.iter().map(|table| table.name.clone()).collect();
        let right = tables.iter().find(|table| table.value == role.name()).cloned();
        let wrong = self.mistake();
        let inline = self.rng.percent(25) || right.is_none() && !wrong;
        let routes = inline.then(|| self.routes(index, role));
        let table = if wrong { self.rng.maybe_pick(&tables).cloned() } else { right };
        let subnet = &mut self.vpc_mut(index).subnets.0[subnet].value;
        match (routes, table) {
            (Some(routes), _) => subnet.routes = Some(routes),
            (None, Some(table)) => {
                subnet.route_table = Association::Named(table);
                subnet.routes = None;
            }
            (None, None) => {}
        }
    }

    fn routes(&mut self, index: usize, role: Role) -> Vec<Route> {
        let mut routes = Vec::new();
        let vpc = self.topology.vpcs.0[index].value.clone();
        let igw = vpc.internet_gateway.as_ref().map(|gateway| gateway.name.value.clone());
        let eigw = vpc.egress_only_internet_gateway.as_ref().map(|gateway| gateway.name.value.clone());
        let six = !vpc.ipv6_cidrs.is_empty();
        match role {
            Role::Public => {
                if let Some(igw) = igw {
                    let narrow = self.mistake();
                    let all =
                        if narrow { *self.rng.pick(&["203.0.113.0/24", "128.0.0.0/1"]) } else { "0.0.0.0/0" };
                    add(&mut routes, net(all), &igw);
                    if six && !self.mistake() {
                        add(&mut routes, net("::/0"), &igw);
                    }
                }
            }
            Role::Private => {
                if let Some(translator) = self.translator(index, &vpc) {
                    add(&mut routes, net("0.0.0.0/0"), &translator);
                }
                if let Some(gateway) = eigw.or(igw)
                    && six
                    && !self.mistake()
                {
                    add(&mut routes, net("::/0"), &gateway);
                }
            }
            Role::Isolated => {}
        }
        self.peering_routes(index, &mut routes);
        self.appliance_routes(index, &vpc, &mut routes);
        for _ in 0..2 {
            if self.mistake() {
                self.odd_route(&vpc, &mut routes);
            }
        }
        routes
    }

    fn translator(&mut self, index: usize, vpc: &Vpc) -> Option<String> {
        let gateways = vpc.nat_gateways.iter().map(|gateway| gateway.name().to_owned());
        let instance = format!("v{index}-natbox");
        let instance = vpc.instances.get(&instance).is_some().then_some(instance);
        let choices: Vec<String> = gateways.chain(instance).collect();
        self.rng.maybe_pick(&choices).cloned()
    }

    fn peering_routes(&mut self, index: usize, routes: &mut Vec<Route>) {
        let own = self.topology.vpcs.0[index].name.value.clone();
        let peerings: Vec<_> = self.topology.peering_connections.iter().cloned().collect();
        for peering in &peerings {
            let sides = [&peering.value.requester.value, &peering.value.accepter.value];
            let far = match sides {
                [a, b] if *a == own => b,
                [a, b] if *b == own => a,
                _ => continue,
            };
            // The usual mistake: only one side, or only one table, knows the way.
            if self.mistake() || self.rng.percent(6) {
                continue;
            }
            let far = self.topology.vpcs.get(far).cloned().unwrap_or_default();
            for cidr in &far.cidrs {
                let destination = match self.rng.below(8) {
                    // Just the part that someone thought of.
                    0 => far.subnets.iter().find_map(|subnet| subnet.value.cidr),
                    _ => Some(*cidr),
                };
                if let Some(destination) = destination {
                    add(routes, IpNet::V4(destination.value), peering.name());
                }
            }
            for cidr in &far.ipv6_cidrs {
                if !self.mistake() {
                    add(routes, IpNet::V6(cidr.value), peering.name());
                }
            }
            // Somebody tries to reach the peer's peers, or its internet gateway (PX-3, PX-4).
            if self.mistake() {
                let wide = *self.rng.pick(&["10.0.0.0/8", "0.0.0.0/0"]);
                add(routes, net(wide), peering.name());
            }
        }
    }

    /// RT-5: a whole subnet by way of an appliance or NAT gateway.
    fn appliance_routes(&mut self, index: usize, vpc: &Vpc, routes: &mut Vec<Route>) {
        let firewall = format!("v{index}-firewall");
        let Some(instance) = vpc.instances.get(&firewall) else { return };
        // An instance with several interfaces is no target, but each of them is.
        let firewall = if instance.interfaces.len() > 1 { format!("{firewall}/eth0") } else { firewall };
        let home = &instance.interfaces.0[0].value.subnet.value;
        // What is inspected is a matter of the VPC, so that most tables agree.
        let others = vpc.subnets.iter().skip(index % 2).filter(|subnet| subnet.name() != home);
        let others: Vec<IpNet> =
            others.filter_map(|subnet| subnet.value.cidr.map(|cidr| cidr.value.into())).collect();
        for destination in others {
            if !self.mistake() {
                let target = match self.mistake() {
                    true => self.translator(index, vpc).unwrap_or_else(|| firewall.clone()),
                    false => firewall.clone(),
                };
                add(routes, destination, &target);
            }
        }
        // RT-6: everything local by way of the appliance.
        if self.rng.percent(6) {
            add(routes, IpNet::V4(vpc.cidrs[0].value), &firewall);
        }
        if self.rng.percent(10) {
            add(routes, net("198.51.100.0/24"), &firewall);
        }
    }

    /// A route that overlaps others, is a black hole, or goes where it should not.
    fn odd_route(&mut self, vpc: &Vpc, routes: &mut Vec<Route>) {
        let gateways = vpc.internet_gateway.iter().map(|gateway| gateway.name.value.clone());
        let nats = vpc.nat_gateways.iter().map(|gateway| gateway.name().to_owned());
        let single = vpc.instances.iter().filter(|entry| entry.value.interfaces.len() == 1);
        let hosts = single.filter(|entry| !entry.value.interfaces.0[0].value.ips.is_empty());
        let hosts = hosts.map(|entry| entry.name().to_owned());
        let targets: Vec<String> = gateways.chain(nats).chain(hosts).collect();
        let blackhole = self.rng.percent(40);
        let target = match self.rng.maybe_pick(&targets) {
            Some(name) if !blackhole => RouteTarget::Named(name.clone()),
            _ => RouteTarget::Blackhole,
        };
        let lists = ["pl:partner", "pl:other", "pl:managed", "pl:managed"];
        let cidrs = [
            "203.0.113.0/25",
            "203.0.113.192/26",
            "198.51.100.0/24",
            "198.51.100.77/32",
            "192.0.0.0/8",
            "0.0.0.0/1",
        ];
        let destination = if self.rng.percent(30) {
            let list = (*self.rng.pick(&lists)).trim_start_matches("pl:");
            if self.topology.prefix_lists.get(list).is_none() {
                return;
            }
            RouteDestination::PrefixList(list.to_owned())
        } else {
            let cidr = *self.rng.pick(&cidrs);
            RouteDestination::Cidr(net(cidr))
        };
        push(routes, destination, target);
    }
}

pub(super) fn add(routes: &mut Vec<Route>, destination: IpNet, target: &str) {
    push(routes, RouteDestination::Cidr(destination), RouteTarget::Named(target.to_owned()));
}

// A destination appears once in a table.
fn push(routes: &mut Vec<Route>, destination: RouteDestination, target: RouteTarget) {
    if routes.iter().all(|route| route.destination.value != destination) {
        let (destination, target) = (said(destination), said(target));
        let (state, origin) = (None, RouteOrigin::Static);
        routes.push(Route { destination, target, state, origin, place: Place::Implicit });
    }
}
