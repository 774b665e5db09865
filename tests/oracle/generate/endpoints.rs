//! VPC endpoints: the usual ones, and what people get wrong with them.
//!
//! They are drawn from numbers of their own, so that the rest of a topology stays what it is.

use super::*;

/// Where endpoints are in their subnets: nothing else is given these numbers.
const HOST: u32 = 11;

impl Draft {
    pub(super) fn endpoints(&mut self, seed: u64) {
        let usual = std::mem::replace(&mut self.rng, Rng::new(seed ^ 0x7670_6365));
        if self.rng.percent(45) {
            let entries = self.rng.percent(85).then(|| {
                ["203.0.113.0/26", "198.51.100.64/28", "8.8.8.0/24"].map(|entry| said(net(entry))).to_vec()
            });
            let list = PrefixList { entries, max_entries: None };
            self.topology.prefix_lists.push(said("s3".to_owned()), list);
            if self.rng.percent(40) {
                let zones = if self.rng.percent(50) { vec![said("a".to_owned())] } else { Vec::new() };
                let load_balancer = said("v0/nlb".to_owned());
                let service = EndpointService { load_balancer, zones, ..EndpointService::default() };
                self.topology.endpoint_services.push(said("payments".to_owned()), service);
            }
            for vpc in 0..self.topology.vpcs.len() {
                self.gateway_endpoint(vpc);
                for number in 0..self.rng.below(3) {
                    self.interface_endpoint(vpc, number);
                }
            }
        }
        self.rng = usual;
    }

    fn endpoint(&mut self, kind: EndpointType, service: &str) -> VpcEndpoint {
        let available = said(!self.mistake());
        VpcEndpoint {
            kind: said(kind),
            service: said(service.to_owned()),
            available,
            ..VpcEndpoint::default()
        }
    }

    fn gateway_endpoint(&mut self, vpc: usize) {
        if !self.rng.percent(70) {
            return;
        }
        let name = format!("v{vpc}-s3");
        let endpoint = self.endpoint(EndpointType::Gateway, "s3");
        // The usual mistake: some table was forgotten.
        let forgotten = self.nasty + 15;
        let route = || Route {
            destination: said(RouteDestination::PrefixList("s3".to_owned())),
            target: said(RouteTarget::Named(name.clone())),
            state: None,
            origin: RouteOrigin::Static,
            place: Place::Implicit,
        };
        let said_vpc = &mut self.topology.vpcs.0[vpc].value;
        let tables = said_vpc.route_tables.0.iter_mut().map(|table| &mut table.value.routes);
        let own = said_vpc.subnets.0.iter_mut().filter_map(|subnet| subnet.value.routes.as_mut());
        for routes in tables.chain(own) {
            if !self.rng.percent(forgotten) {
                routes.push(route());
            }
        }
        said_vpc.endpoints.push(said(name), endpoint);
    }

    fn interface_endpoint(&mut self, vpc: usize, number: usize) {
        let name = format!("v{vpc}-vpce{number}");
        let described = !self.topology.endpoint_services.is_empty() && self.rng.percent(30);
        let endpoint = self.endpoint(EndpointType::Interface, if described { "payments" } else { "sqs" });
        let said_vpc = &self.topology.vpcs.0[vpc].value;
        let groups: Vec<String> =
            said_vpc.security_groups.iter().map(|group| group.name().to_owned()).collect();
        let subnets: Vec<(String, Ipv4Net)> = said_vpc
            .subnets
            .iter()
            .filter_map(|subnet| Some((subnet.name().to_owned(), subnet.value.cidr?.value)))
            .collect();
        let taken: Vec<IpAddr> = said_vpc
            .instances
            .iter()
            .flat_map(|instance| &instance.value.interfaces)
            .flat_map(|interface| interface.value.ips.iter().map(|ip| IpAddr::V4(ip.value)))
            .chain(said_vpc.nat_gateways.iter().filter_map(|nat| Some(nat.value.private_ip?.value.into())))
            .collect();
        let mut interfaces = Entries::default();
        let security_groups = self.rng.maybe_pick(&groups).cloned().map(|group| vec![said(group)]);
        for (subnet, cidr) in subnets {
            let Some(address) =
                (HOST..14).map(|number| host4(cidr, number)).find(|one| !taken.contains(&(*one).into()))
            else {
                continue;
            };
            if self.rng.percent(60) {
                let interface = Interface {
                    subnet: said(subnet.clone()),
                    ips: vec![said(address)],
                    ipv6: Vec::new(),
                    public_ip: said(PublicIp::None),
                    public_ips: Vec::new(),
                    security_groups: security_groups.clone(),
                    more_security_groups: false,
                    source_dest_check: None,
                    attached: true,
                    deny_all_igw_traffic: false,
                    place: Place::Implicit,
                };
                interfaces.push(said(subnet), interface);
            }
        }
        if interfaces.is_empty() {
            return;
        }
        let owner = Instance {
            kind: said(InstanceKind::VpcEndpoint),
            one_per_subnet: true,
            interfaces,
            ..Instance::default()
        };
        let said_vpc = self.vpc_mut(vpc);
        said_vpc.instances.push(said(name.clone()), owner);
        said_vpc.endpoints.push(said(name), endpoint);
    }
}
