//! The ground plan that both shapes share: addresses, subnets, tables, gateways.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::topology::{
    Association, Connectivity, EgressOnlyInternetGateway, Entries, Entry, GatewayState, Instance,
    InstanceState, Interface, InternetGateway, NatGateway, Place, PublicIp, Route, RouteDestination,
    RouteOrigin, RouteTable, RouteTarget, Spanned, Subnet, Vpc,
};

use super::rng::Rng;
use super::{Options, Shape, entry, hostile, implicit, realistic};

/// VPCs are /20 ranges of 10.0.0.0/8.
pub(super) const MOST_VPCS: u32 = 4_096;
pub(super) const TIERS: [&str; 3] = ["web", "app", "data"];
pub(super) const ZONES: [&str; 3] = ["a", "b", "c"];
/// Interfaces that share a security group.
pub(super) const GROUP_SIZE: u32 = 20;
const FIRST_HOST: u32 = 10;
const NAT_HOST: u32 = 5;
/// From so many interfaces on, a VPC has an instance with two of them.
const LARGE_VPC: u32 = 100;
const PUBLIC_BASE: u32 = 0x0300_0000;
const PUBLIC_PER_VPC: u32 = 2_048;

pub(super) fn vpc_name(number: u32) -> String {
    format!("v{number}")
}

pub(super) fn vpc_cidr(number: u32) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::from_bits(0x0a00_0000 | (number << 12)), 20)
}

pub(super) fn subnet_cidr(number: u32, tier: u32, zone: u32) -> Ipv4Net {
    let base = vpc_cidr(number).network().to_bits() | ((tier * 3 + zone) << 8);
    Ipv4Net::new_assert(Ipv4Addr::from_bits(base), 24)
}

fn ipv6_bits(number: u32) -> u128 {
    (0x2600_1f00 << 96) | (u128::from(number) << 72)
}

fn vpc_ipv6(number: u32) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_bits(ipv6_bits(number)), 56)
}

fn subnet_ipv6(number: u32, tier: u32, zone: u32) -> Ipv6Net {
    let bits = ipv6_bits(number) | (u128::from(tier * 3 + zone) << 64);
    Ipv6Net::new_assert(Ipv6Addr::from_bits(bits), 64)
}

/// The VPCs that a VPC is peered with: its partner, and every fourth one with the next but one.
pub(super) fn peers(number: u32, vpcs: u32) -> Vec<u32> {
    let partner = number ^ 1;
    let next = match number % 4 {
        0 => Some(number + 2),
        2 => Some(number - 2),
        _ => None,
    };
    [Some(partner), next].into_iter().flatten().filter(|peer| *peer < vpcs).collect()
}

pub(super) fn peering_name(a: u32, b: u32) -> String {
    format!("pcx-{}-{}", a.min(b), a.max(b))
}

/// A mistake: nobody accepted the peering.
pub(super) const fn is_pending(a: u32, b: u32) -> bool {
    let first = if a < b { a } else { b };
    first % 16 == 14
}

pub(super) fn subnet_name(tier: u32, zone: u32) -> String {
    format!("{}-{}", name_of(&TIERS, tier), name_of(&ZONES, zone))
}

pub(super) fn name_of(names: &[&'static str], index: u32) -> &'static str {
    names.get(index as usize).copied().unwrap_or_default()
}

/// One VPC to be.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) options: Options,
    pub(super) vpcs: u32,
    pub(super) number: u32,
    pub(super) enis: u32,
}

/// Where an interface is to be.
#[derive(Clone, Copy)]
pub(super) struct Seat {
    /// Its number in the VPC.
    pub(super) index: u32,
    pub(super) group: u32,
    pub(super) tier: u32,
    pub(super) zone: u32,
}

impl Plan {
    pub(super) fn rng(&self, part: u64) -> Rng {
        Rng::new(self.options.seed, (u64::from(self.number) << 16) | part)
    }

    pub(super) const fn has_ipv6(&self) -> bool {
        self.number.is_multiple_of(5)
    }

    pub(super) const fn groups(&self) -> u32 {
        self.enis.div_ceil(GROUP_SIZE)
    }

    pub(super) fn seat(&self, index: u32) -> Seat {
        let group = index / GROUP_SIZE;
        Seat { index, group, tier: group % 3, zone: index % GROUP_SIZE % 3 }
    }

    pub(super) fn vpc(&self) -> Entry<Vpc> {
        let (security_groups, network_acls) = match self.options.shape {
            Shape::Realistic => (realistic::security_groups(self), realistic::network_acls(self)),
            Shape::Hostile => (hostile::security_groups(self), hostile::network_acls(self)),
        };
        let acl = |tier: u32| {
            let name = format!("acl-{}", name_of(&TIERS, tier));
            match network_acls.iter().any(|acl| acl.name() == name) {
                true => Association::Named(implicit(name)),
                false => Association::Implicit,
            }
        };
        let vpc = Vpc {
            cidrs: vec![Spanned::implicit(vpc_cidr(self.number))],
            ipv6_cidrs: self
                .has_ipv6()
                .then(|| Spanned::implicit(vpc_ipv6(self.number)))
                .into_iter()
                .collect(),
            internet_gateway: Some(InternetGateway {
                name: implicit("igw"),
                attached: Spanned::implicit(self.number % 40 != 13),
                route_table: None,
            }),
            egress_only_internet_gateway: self
                .has_ipv6()
                .then(|| EgressOnlyInternetGateway { name: implicit("eigw") }),
            nat_gateways: Entries((0..3).map(|zone| self.nat_gateway(zone)).collect()),
            route_tables: Entries(self.route_tables()),
            subnets: Entries((0..9).map(|index| self.subnet(index / 3, index % 3, acl(index / 3))).collect()),
            network_acls: Entries(network_acls),
            security_groups: Entries(security_groups),
            instances: Entries(self.instances()),
            ..Vpc::default()
        };
        entry(vpc_name(self.number), vpc)
    }

    fn nat_gateway(&self, zone: u32) -> Entry<NatGateway> {
        // A mistake: a NAT gateway in a subnet that has no way out but itself.
        let tier = u32::from(self.number % 11 == 4 && zone == 2);
        let subnet = subnet_cidr(self.number, tier, zone);
        let nat = NatGateway {
            subnet: implicit(subnet_name(tier, zone)),
            connectivity: Spanned::implicit(Connectivity::Public),
            state: Spanned::implicit(GatewayState::Available),
            private_ip: Some(Spanned::implicit(host(subnet, NAT_HOST))),
            public_ip: Some(Spanned::implicit(self.public_ip(PUBLIC_PER_VPC - 1 - zone))),
            place: Place::Implicit,
        };
        entry(format!("nat-{}", name_of(&ZONES, zone)), nat)
    }

    fn public_ip(&self, index: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(PUBLIC_BASE + self.number * PUBLIC_PER_VPC + index)
    }

    fn route_tables(&self) -> Vec<Entry<RouteTable>> {
        let everywhere = [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
        let mut tables = vec![entry("main".to_owned(), RouteTable::default())];
        let mut public = self.routes_to_peers();
        public.push(route(everywhere[0], "igw"));
        if self.has_ipv6() {
            public.push(route(everywhere[1], "igw"));
        }
        tables.push(table("public", public));
        for (index, zone) in (0..).zip(ZONES) {
            let mut private = self.routes_to_peers();
            // A mistake: the route outlived its gateway.
            let is_dead = self.number % 7 == 3 && index == 1;
            private.push(route(everywhere[0], if is_dead { "blackhole" } else { name_of(&NATS, index) }));
            if self.has_ipv6() {
                private.push(route(everywhere[1], "eigw"));
            }
            tables.push(table(&format!("app-{zone}"), private));
        }
        let mut data = self.routes_to_peers();
        // A mistake: nothing in this tier knows the way back to the peers.
        if self.number % 12 == 5 {
            data.clear();
        }
        tables.push(table("data", data));
        tables
    }

    fn routes_to_peers(&self) -> Vec<Route> {
        let peers = peers(self.number, self.vpcs).into_iter();
        peers.map(|peer| route(IpNet::V4(vpc_cidr(peer)), &peering_name(self.number, peer))).collect()
    }

    fn subnet(&self, tier: u32, zone: u32, network_acl: Association) -> Entry<Subnet> {
        let table = match tier {
            0 => "public".to_owned(),
            1 => format!("app-{}", name_of(&ZONES, zone)),
            _ => "data".to_owned(),
        };
        let subnet = Subnet {
            cidr: Some(Spanned::implicit(subnet_cidr(self.number, tier, zone))),
            ipv6_cidr: self.has_ipv6().then(|| Spanned::implicit(subnet_ipv6(self.number, tier, zone))),
            az: Some(implicit(name_of(&ZONES, zone))),
            route_table: Association::Named(implicit(table)),
            network_acl,
            ..Subnet::default()
        };
        entry(subnet_name(tier, zone), subnet)
    }

    fn instances(&self) -> Vec<Entry<Instance>> {
        let mut rng = self.rng(1);
        let mut instances: Vec<Entry<Instance>> = Vec::with_capacity(self.enis as usize);
        let twofold = if self.enis >= LARGE_VPC { self.enis - 2 } else { self.enis };
        for index in 0..self.enis {
            let seat = self.seat(index);
            let interface = self.interface(seat, &mut rng);
            let first = index <= twofold;
            match instances.last_mut() {
                // The last two are interfaces of one instance.
                Some(last) if !first => last.value.interfaces.push(implicit("eth1"), interface),
                _ => {
                    let mut interfaces = Entries::default();
                    interfaces.push(implicit("eth0"), interface);
                    let state = match rng.percent(1) {
                        true => InstanceState::Stopped,
                        false => InstanceState::Running,
                    };
                    let instance =
                        Instance { interfaces, state: Spanned::implicit(state), ..Instance::default() };
                    instances.push(entry(self.instance_name(seat), instance));
                }
            }
        }
        instances
    }

    fn instance_name(&self, seat: Seat) -> String {
        let tier = name_of(&TIERS, seat.tier);
        format!("{tier}-{}-{}-{}", self.number, seat.group, seat.index % GROUP_SIZE)
    }

    fn interface(&self, seat: Seat, rng: &mut Rng) -> Interface {
        let subnet = subnet_cidr(self.number, seat.tier, seat.zone);
        let offset = seat.offset();
        let ipv6 = subnet_ipv6(self.number, seat.tier, seat.zone).network().to_bits() | u128::from(offset);
        let is_public = seat.tier == 0 && rng.percent(60);
        let groups = match self.options.shape {
            Shape::Realistic => realistic::groups_of(seat, rng),
            Shape::Hostile => hostile::groups_of(self, seat, rng),
        };
        Interface {
            subnet: implicit(subnet_name(seat.tier, seat.zone)),
            ips: vec![Spanned::implicit(host(subnet, offset))],
            ipv6: self.has_ipv6().then(|| Spanned::implicit(Ipv6Addr::from_bits(ipv6))).into_iter().collect(),
            public_ip: Spanned::implicit(match is_public {
                true => PublicIp::Address(self.public_ip(seat.index)),
                false => PublicIp::None,
            }),
            public_ips: Vec::new(),
            security_groups: Some(groups.into_iter().map(implicit).collect()),
            more_security_groups: false,
            source_dest_check: None,
            attached: true,
            deny_all_igw_traffic: false,
            place: Place::Implicit,
        }
    }

    /// The address of an interface of a VPC like this one.
    pub(super) fn address_of(&self, number: u32, index: u32) -> Ipv4Addr {
        let seat = self.seat(index);
        host(subnet_cidr(number, seat.tier, seat.zone), seat.offset())
    }
}

impl Seat {
    /// How far its address is from the base of its subnet: after those of earlier groups, and earlier members of its own.
    fn offset(self) -> u32 {
        let per_group = (GROUP_SIZE + 2 - self.zone) / 3;
        FIRST_HOST + self.group / 3 * per_group + self.index % GROUP_SIZE / 3
    }
}

const NATS: [&str; 3] = ["nat-a", "nat-b", "nat-c"];

fn host(subnet: Ipv4Net, offset: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(subnet.network().to_bits() + offset)
}

fn table(name: &str, routes: Vec<Route>) -> Entry<RouteTable> {
    entry(name.to_owned(), RouteTable { routes, propagating: Vec::new() })
}

fn route(destination: IpNet, target: &str) -> Route {
    Route {
        destination: Spanned::implicit(RouteDestination::Cidr(destination)),
        target: Spanned::implicit(match target {
            "blackhole" => RouteTarget::Blackhole,
            name => RouteTarget::Named(name.to_owned()),
        }),
        state: None,
        origin: RouteOrigin::Static,
        place: Place::Implicit,
    }
}
