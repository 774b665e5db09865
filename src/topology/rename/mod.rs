//! Names that people read, in place of AWS ids and Terraform addresses.
//!
//! Sources name things by what is unique: `subnet-0a1b…`, `module.vpc.aws_subnet.private[0]`. A topology file names them
//! by what they are called. Every name and every reference to it changes; what a reference means does not: a name that
//! nothing has keeps its text, as far as the language can write it.
//!
//! The new names are unique where names of the language must be, and the same for the same source in whatever order its
//! files were read. What a thing was called before becomes its first alias.

mod candidate;
mod on_premises;
mod references;
mod space;

use std::collections::{HashMap, HashSet};

use self::candidate::candidate;
use self::space::Space;
use super::{
    AttachedTo, EndpointType, Entries, Entry, InstanceKind, Interface, RouteTable, Spanned, Topology,
    TransitGateway, Unmodelled, Vpc,
};

/// The names of the defaults of a VPC.
const MAIN: &str = "main";
const DEFAULT: &str = "default";
/// The names of the gateways of which a VPC has one.
const INTERNET_GATEWAY: &str = "igw";
const EGRESS_ONLY: &str = "eigw";
const VPN_GATEWAY: &str = "vgw";

/// Old name to new name.
type Names = HashMap<String, String>;

/// What the things of a VPC are called.
#[derive(Debug, Default)]
struct VpcNames {
    tables: Names,
    acls: Names,
    groups: Names,
    subnets: Names,
    /// Whatever a route of this VPC can lead to and that belongs to it: gateways, instances, interfaces.
    targets: Names,
    unmodelled: Names,
    target_groups: Names,
}

/// What everything is called.
#[derive(Debug, Default)]
struct Directory {
    vpcs: Names,
    lists: Names,
    networks: Names,
    /// Peering connections and transit gateways.
    links: Names,
    /// Endpoint services.
    services: Names,
    /// What is not modelled and in no VPC.
    unmodelled: Names,
    customer_gateways: Names,
    /// VPN connections, Direct Connect gateways and virtual interfaces, each kind by itself.
    vpn_connections: Names,
    direct_connect_gateways: Names,
    virtual_interfaces: Names,
    /// `vpc/vgw` by the name that a source has for a virtual private gateway.
    vpn_gateways: Names,
    /// By the old name of the VPC.
    in_vpc: HashMap<String, VpcNames>,
    /// The VPC that a group is in, by the group's old name; the first, as for the stage that resolves names.
    home_of_group: HashMap<String, String>,
}

/// The topology with names of the language.
#[must_use]
pub fn rename(topology: &Topology) -> Topology {
    let directory = Directory::new(topology);
    let mut renamed = topology.clone();
    directory.apply(&mut renamed);
    renamed
}

impl Directory {
    fn new(topology: &Topology) -> Self {
        let mut directory = Self {
            vpcs: Space::default().name_entries(&topology.vpcs, &[]),
            lists: Space::default().name_entries(&topology.prefix_lists, &[]),
            networks: Space::default().name_entries(&topology.networks, &[]),
            customer_gateways: Space::default().name_entries(&topology.customer_gateways, &[]),
            vpn_connections: Space::default().name_entries(&topology.vpn_connections, &[]),
            direct_connect_gateways: Space::default().name_entries(&topology.direct_connect_gateways, &[]),
            virtual_interfaces: Space::default().name_entries(&topology.virtual_interfaces, &[]),
            ..Self::default()
        };
        // Route targets share one namespace with what belongs to a VPC.
        let mut links = Space::reserving(&["local", "blackhole", INTERNET_GATEWAY, EGRESS_ONLY, VPN_GATEWAY]);
        links.reserve(&["internet", "anywhere", "self"]);
        directory.links = links.name_entries(&topology.peering_connections, &[]);
        directory.links.extend(links.name_entries(&topology.transit_gateways, &[]));
        directory.services = Space::default().name_entries(&topology.endpoint_services, &[]);
        let mut things = by_home(topology);
        directory.unmodelled = links.name_all(things.remove(&None).unwrap_or_default());
        for entry in &topology.vpcs {
            let things = things.remove(&Some(entry.name())).unwrap_or_default();
            let names = VpcNames::new(entry, things, links.clone());
            for group in &entry.value.security_groups {
                let home = entry.name().to_owned();
                directory.home_of_group.entry(group.name().to_owned()).or_insert(home);
            }
            directory.in_vpc.insert(entry.name().to_owned(), names);
        }
        directory.name_vpn_gateways(topology);
        directory
    }
}

/// What is not modelled by the VPC that it is in; none for one that is not described.
fn by_home(topology: &Topology) -> HashMap<Option<&str>, Vec<(String, String)>> {
    let known: HashSet<&str> = topology.vpcs.iter().map(Entry::name).collect();
    let mut things: HashMap<Option<&str>, Vec<(String, String)>> = HashMap::new();
    for item in &topology.unmodelled {
        let home = item.vpc.as_deref().filter(|name| known.contains(name));
        things.entry(home).or_default().push(plain(&item.name.value));
    }
    things
}

fn plain(name: &str) -> (String, String) {
    (name.to_owned(), candidate(name, &[]))
}

impl VpcNames {
    fn new(entry: &Entry<Vpc>, things: Vec<(String, String)>, mut targets: Space) -> Self {
        let vpc = &entry.value;
        let default = |said: Option<&Spanned<String>>, usual: &str| {
            said.map_or_else(|| usual.to_owned(), |name| name.value.clone())
        };
        let main = default(vpc.main_route_table.as_ref(), MAIN);
        let acl = default(vpc.default_network_acl.as_ref(), DEFAULT);
        let group = default(vpc.default_security_group.as_ref(), DEFAULT);
        let mut names = Self {
            tables: Space::reserving(&[MAIN]).name_entries(&vpc.route_tables, &[(&main, MAIN)]),
            acls: Space::reserving(&[DEFAULT]).name_entries(&vpc.network_acls, &[(&acl, DEFAULT)]),
            groups: Space::reserving(&[DEFAULT]).name_entries(&vpc.security_groups, &[(&group, DEFAULT)]),
            subnets: Space::default().name_entries(&vpc.subnets, &[]),
            ..Self::default()
        };
        // The interface of a NAT gateway is the gateway.
        let seen = vpc.instances.iter().filter(|entry| entry.value.kind.value != InstanceKind::NatGateway);
        let seen = seen.map(|entry| (entry.name().to_owned(), candidate(entry.name(), &entry.aliases)));
        names.targets = targets.name_all(seen.collect());
        names.target_groups = Space::default().name_entries(&vpc.target_groups, &[]);
        names.targets.extend(targets.name_entries(&vpc.nat_gateways, &[]));
        // Interface endpoints are among the instances.
        let gateways = vpc.endpoints.iter().filter(|one| one.value.kind.value == EndpointType::Gateway);
        let gateways = gateways.map(|one| (one.name().to_owned(), candidate(one.name(), &one.aliases)));
        names.targets.extend(targets.name_all(gateways.collect()));
        names.unmodelled = targets.name_all(things);
        names.name_interfaces(&vpc.instances);
        if let Some(gateway) = &vpc.internet_gateway {
            names.targets.insert(gateway.name.value.clone(), INTERNET_GATEWAY.to_owned());
        }
        if let Some(gateway) = &vpc.egress_only_internet_gateway {
            names.targets.insert(gateway.name.value.clone(), EGRESS_ONLY.to_owned());
        }
        if let Some(gateway) = &vpc.vpn_gateway {
            names.targets.insert(gateway.name.value.clone(), VPN_GATEWAY.to_owned());
        }
        names
    }

    /// An interface is `instance/eth1`, the primary one simply `instance`.
    fn name_interfaces(&mut self, instances: &Entries<super::Instance>) {
        for entry in instances {
            let Some(owner) = self.targets.get(entry.name()).cloned() else { continue };
            for (at, interface) in entry.value.interfaces.iter().enumerate() {
                let name = if at == 0 { owner.clone() } else { format!("{owner}/eth{at}") };
                let qualified = format!("{}/{}", entry.name(), interface.name());
                self.targets.insert(qualified, name.clone());
                self.targets.entry(interface.name().to_owned()).or_insert(name);
            }
        }
    }
}

impl Directory {
    fn apply(&self, topology: &mut Topology) {
        rename_entries(&mut topology.prefix_lists, &self.lists);
        rename_entries(&mut topology.networks, &self.networks);
        rename_entries(&mut topology.peering_connections, &self.links);
        for peering in &mut topology.peering_connections.0 {
            self.rename_vpc(&mut peering.value.requester.value);
            self.rename_vpc(&mut peering.value.accepter.value);
        }
        rename_entries(&mut topology.transit_gateways, &self.links);
        for service in &mut topology.endpoint_services.0 {
            let balancer = &mut service.value.load_balancer.value;
            *balancer = candidate::reference(balancer);
        }
        rename_entries(&mut topology.endpoint_services, &self.services);
        for gateway in &mut topology.transit_gateways.0 {
            self.transit_gateway(&mut gateway.value);
        }
        self.on_premises(topology);
        for item in &mut topology.unmodelled {
            self.thing(item);
        }
        self.tell_apart(&mut topology.unmodelled);
        for entry in &mut topology.vpcs.0 {
            if let Some(names) = self.in_vpc.get(entry.name()) {
                self.vpc(entry, names);
            }
        }
        rename_entries(&mut topology.vpcs, &self.vpcs);
    }

    /// Two things of different kinds may have one name. The first one keeps it, as for the stage that resolves names.
    fn tell_apart(&self, things: &mut [Unmodelled]) {
        let links = self.links.values().chain(self.unmodelled.values());
        let here = self.in_vpc.values().flat_map(|vpc| vpc.targets.values().chain(vpc.unmodelled.values()));
        let mut taken: HashSet<String> = links.chain(here).cloned().collect();
        let mut seen: HashMap<(Option<String>, String), u32> = HashMap::new();
        for item in things {
            let same = seen.entry((item.vpc.clone(), item.name.value.clone())).or_insert(0);
            *same += 1;
            while *same > 1 && *same < u32::MAX {
                let name = format!("{}-{same}", item.name.value);
                if taken.insert(name.clone()) {
                    item.name.value = name;
                    break;
                }
                *same += 1;
            }
        }
    }

    fn vpc(&self, entry: &mut Entry<Vpc>, names: &VpcNames) {
        let own = entry.name().to_owned();
        let vpc = &mut entry.value;
        for table in &mut vpc.route_tables.0 {
            self.table(&mut table.value, &own, names);
        }
        for subnet in &mut vpc.subnets.0 {
            names.subnet(&mut subnet.value);
            for route in subnet.value.routes.iter_mut().flatten() {
                self.route(route, &own, names);
            }
        }
        for group in &mut vpc.security_groups.0 {
            let rules = group.value.inbound.iter_mut().chain(group.value.outbound.iter_mut()).flatten();
            rules.for_each(|rule| self.group_peer(&mut rule.peer.value, &own));
        }
        for acl in &mut vpc.network_acls.0 {
            let rules = acl.value.inbound.iter_mut().chain(&mut acl.value.outbound);
            rules.for_each(|rule| self.acl_peer(&mut rule.peer.value));
        }
        for (subnet, _) in vpc.block_public_access.iter_mut().flat_map(|guard| &mut guard.exclusions) {
            refer(&names.subnets, &mut subnet.value);
        }
        for nat in &mut vpc.nat_gateways.0 {
            refer(&names.subnets, &mut nat.value.subnet.value);
        }
        for instance in &mut vpc.instances.0 {
            for (at, interface) in instance.value.interfaces.0.iter_mut().enumerate() {
                self.interface(&mut interface.value, &own, names);
                set_name(interface, format!("eth{at}"));
            }
            if let Some(group) = &mut instance.value.group {
                group.value = candidate(&group.value, &[]);
            }
        }
        if let Some(gateway) = &mut vpc.internet_gateway {
            INTERNET_GATEWAY.clone_into(&mut gateway.name.value);
            gateway.route_table.iter_mut().for_each(|table| refer(&names.tables, &mut table.value));
        }
        if let Some(gateway) = &mut vpc.egress_only_internet_gateway {
            EGRESS_ONLY.clone_into(&mut gateway.name.value);
        }
        if let Some(gateway) = &mut vpc.vpn_gateway {
            VPN_GATEWAY.clone_into(&mut gateway.name.value);
            gateway.route_table.iter_mut().for_each(|table| refer(&names.tables, &mut table.value));
        }
        for listener in vpc.load_balancers.0.iter_mut().flat_map(|one| &mut one.value.listeners) {
            refer(&names.target_groups, &mut listener.target_group.value);
        }
        for target in vpc.target_groups.0.iter_mut().flat_map(|group| &mut group.value.targets) {
            if target.value.parse::<std::net::IpAddr>().is_err() {
                refer(&names.targets, &mut target.value);
            }
        }
        rename_entries(&mut vpc.target_groups, &names.target_groups);
        rename_entries(&mut vpc.load_balancers, &names.targets);
        for endpoint in &mut vpc.endpoints.0 {
            // A service of AWS, or of others, keeps its name.
            let service = &mut endpoint.value.service.value;
            *service = self.services.get(service.as_str()).cloned().unwrap_or_else(|| service.clone());
        }
        rename_entries(&mut vpc.endpoints, &names.targets);
        rename_entries(&mut vpc.route_tables, &names.tables);
        rename_entries(&mut vpc.network_acls, &names.acls);
        rename_entries(&mut vpc.security_groups, &names.groups);
        rename_entries(&mut vpc.subnets, &names.subnets);
        rename_entries(&mut vpc.nat_gateways, &names.targets);
        rename_entries(&mut vpc.instances, &names.targets);
        // Their names say it now.
        vpc.main_route_table = None;
        vpc.default_network_acl = None;
        vpc.default_security_group = None;
    }

    fn table(&self, table: &mut RouteTable, own: &str, names: &VpcNames) {
        table.routes.iter_mut().for_each(|route| self.route(route, own, names));
        for gateway in &mut table.propagating {
            gateway.value = self.target(&gateway.value, own, names);
        }
    }

    fn interface(&self, interface: &mut Interface, own: &str, names: &VpcNames) {
        refer(&names.subnets, &mut interface.subnet.value);
        for group in interface.security_groups.iter_mut().flatten() {
            group.value = self.group(&group.value, own);
        }
    }

    fn transit_gateway(&self, gateway: &mut TransitGateway) {
        // An attachment is called as what it is attached to.
        let known = |attachment: &Entry<super::TransitGatewayAttachment>| {
            let to = match &attachment.value.to {
                AttachedTo::Vpc { vpc, .. } => self.vpcs.get(&vpc.value),
                AttachedTo::Peering(peer) => self.links.get(&peer.value),
                AttachedTo::Other { name, .. } => self.line(&name.value),
            };
            let name = attachment.name();
            (name.to_owned(), to.cloned().unwrap_or_else(|| candidate(name, &attachment.aliases)))
        };
        let attachments = Space::default().name_all(gateway.attachments.iter().map(known).collect());
        for attachment in &mut gateway.attachments.0 {
            self.attached_to(&mut attachment.value.to);
        }
        if let Some(tables) = &mut gateway.route_tables {
            for table in &mut tables.0 {
                let said = table.value.associations.iter_mut().chain(&mut table.value.propagations);
                said.for_each(|name| refer(&attachments, &mut name.value));
                for route in &mut table.value.table.routes {
                    self.destination(&mut route.destination.value);
                    if let super::RouteTarget::Named(name) = &mut route.target.value {
                        refer(&attachments, name);
                    }
                }
            }
            let names = Space::default().name_entries(tables, &[]);
            rename_entries(tables, &names);
        }
        rename_entries(&mut gateway.attachments, &attachments);
    }

    fn attached_to(&self, to: &mut AttachedTo) {
        match to {
            AttachedTo::Vpc { vpc, subnets } => {
                let names = self.in_vpc.get(&vpc.value);
                for subnet in subnets.iter_mut().flatten() {
                    match names {
                        Some(names) => refer(&names.subnets, &mut subnet.value),
                        None => subnet.value = candidate::reference(&subnet.value),
                    }
                }
                self.rename_vpc(&mut vpc.value);
            }
            AttachedTo::Peering(peer) => refer(&self.links, &mut peer.value),
            AttachedTo::Other { name, .. } => {
                if let Some(line) = self.line(&name.value) {
                    name.value.clone_from(line);
                }
            }
        }
    }
}

/// The new name of what an old one stood for. One that stands for nothing keeps its text.
fn refer(names: &Names, name: &mut String) {
    *name = names.get(name.as_str()).cloned().unwrap_or_else(|| candidate::reference(name));
}

fn rename_entries<T>(entries: &mut Entries<T>, names: &Names) {
    for entry in &mut entries.0 {
        if let Some(name) = names.get(entry.name()) {
            set_name(entry, name.clone());
        }
    }
}

fn set_name<T>(entry: &mut Entry<T>, name: String) {
    let old = std::mem::replace(&mut entry.name.value, name);
    entry.aliases.retain(|alias| *alias != old);
    entry.aliases.insert(0, old);
    let new = entry.name.value.clone();
    entry.aliases.retain(|alias| *alias != new);
}
