//! Who a name stands for: interfaces, outside addresses, or something that is not modelled.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::flow::{AddressSet, cidr_set, parse_cidr, single_address};
use crate::network::{
    Instance, InstanceId, InterfaceId, NamedNetworkId, NatGatewayId, Network, Owner, SiteId, UnmodelledId,
    VpcId, public_addresses,
};
use crate::topology::InstanceKind;

use super::question::QuestionError;

/// One member of what a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Member {
    /// An interface; one of its addresses, private or public, if the name says which.
    Interface(InterfaceId, Option<IpAddr>),
    /// A NAT gateway, by one of its addresses if the name says which.
    NatGateway(NatGatewayId, Option<IpAddr>),
    /// Addresses outside every VPC.
    Outside(String, AddressSet),
    /// A prefix list of a service whose entries are not known, by all of its names, and the addresses that it may hold.
    List(Vec<String>, AddressSet),
    /// Addresses of a network of one's own; the name that they were asked for by.
    Site(SiteId, String, AddressSet),
    /// Addresses of a VPC that nothing owns.
    Vacant(VpcId, AddressSet),
    /// Something that is not modelled yet.
    Unmodelled(UnmodelledId),
}

impl Member {
    /// The name that people know it by.
    pub(super) fn name(&self, network: &Network) -> String {
        match self {
            Self::Interface(id, _) => interface_name(network, *id),
            Self::NatGateway(id, _) => network.nat_gateways[*id].name.clone(),
            Self::Outside(name, _) | Self::Site(_, name, _) => name.clone(),
            Self::List(names, _) => format!("pl:{}", names.first().map_or("?", String::as_str)),
            Self::Vacant(_, addresses) => crate::flow::describe_addresses(addresses, 1),
            Self::Unmodelled(id) => network.unmodelled[*id].name.clone(),
        }
    }
}

impl Member {
    /// The parts of an outside member that the internet routes and does not route: they come from different places.
    pub(super) fn split_private(self) -> Vec<Self> {
        let Self::Outside(name, addresses) = self else { return vec![self] };
        let routed = addresses.intersect(&public_addresses());
        let private = addresses.subtract(&routed);
        let parts = [routed, private].into_iter().filter(|part| !part.is_empty());
        parts.map(|part| Self::Outside(name.clone(), part)).collect()
    }

    /// Whether two members are interfaces of one host.
    pub(super) fn is_same_host(&self, other: &Self, network: &Network) -> bool {
        match (self, other) {
            (Self::Interface(a, _), Self::Interface(b, _)) => network.is_one_host(*a, *b),
            _ => false,
        }
    }
}

/// Something by which private addresses outside every VPC may be reached; none of these is modelled yet.
pub(super) fn private_link(network: &Network) -> Option<UnmodelledId> {
    const LINKS: [&str; 4] =
        ["VPN connection", "Direct Connect", "virtual private gateway", "transit gateway"];
    let mut links = network.unmodelled.iter();
    links.find(|(_, item)| LINKS.iter().any(|link| item.kind.contains(link))).map(|(id, _)| id)
}

/// An interface's name: with its VPC where the name alone is not unique.
pub(super) fn interface_name(network: &Network, id: InterfaceId) -> String {
    let interface = &network.interfaces[id];
    let instance = &network.instances[interface.instance];
    let is_named_by_owner = network.is_capture() && !instance.one_per_subnet;
    let plain =
        if interface.name == instance.name || is_named_by_owner { &instance.name } else { &interface.name };
    if instance.name_is_shared {
        format!("{}/{plain}", network.vpcs[interface.vpc].name)
    } else {
        plain.clone()
    }
}

/// An instance's name: with its VPC where the name alone is not unique.
pub(super) fn instance_name(network: &Network, id: InstanceId) -> String {
    let instance = &network.instances[id];
    if instance.name_is_shared {
        format!("{}/{}", network.vpcs[instance.vpc].name, instance.name)
    } else {
        instance.name.clone()
    }
}

/// Resolves an endpoint: a name, `vpc/name`, `subnet:x`, `sg:x`, `net:x`, an address, a CIDR, `internet`, `anywhere`, `*`.
/// With `every`, an instance stands for all of its interfaces, else for its primary one.
pub(super) fn resolve(network: &Network, text: &str, every: bool) -> Result<Vec<Member>, QuestionError> {
    match text {
        "internet" => return Ok(vec![internet(network)]),
        "anywhere" | "*" => return Ok(everything(network)),
        _ => {}
    }
    if let Some((kind, name)) = text.split_once(':')
        && let Some(members) = by_kind(network, kind, name)
    {
        return members;
    }
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return by_address(network, address);
    }
    if let Some(cidr) = parse_cidr(text) {
        return Ok(within(network, &cidr.to_string(), &cidr_set(&cidr)));
    }
    by_name(network, text, every)
}

pub(super) fn internet(network: &Network) -> Member {
    Member::Outside("internet".to_owned(), network.internet().clone())
}

/// Every endpoint, every named network, and the internet.
pub(super) fn everything(network: &Network) -> Vec<Member> {
    let mut members: Vec<Member> = network.interfaces.ids().map(|id| Member::Interface(id, None)).collect();
    members.extend(network.networks.iter().map(|(id, named)| {
        let name = format!("net:{}", named.name);
        match network.site_of(id) {
            Some(site) => Member::Site(site, name, network.sites[site].addresses.clone()),
            None => outside(&name, &named.addresses),
        }
    }));
    members.extend(senders_not_modelled(network).map(Member::Unmodelled));
    members.push(internet(network));
    members
}

/// What is not modelled but may send packets of its own.
fn senders_not_modelled(network: &Network) -> impl Iterator<Item = UnmodelledId> {
    const SENDERS: [&str; 1] = ["load balancer"];
    network.unmodelled.iter().filter(|(_, item)| SENDERS.contains(&item.kind.as_str())).map(|(id, _)| id)
}

fn outside(name: &str, addresses: &AddressSet) -> Member {
    Member::Outside(name.to_owned(), addresses.clone())
}

fn by_kind(network: &Network, kind: &str, name: &str) -> Option<Result<Vec<Member>, QuestionError>> {
    let (vpc, bare) = qualified(network, name);
    let here = |of: VpcId| vpc.is_none_or(|vpc| vpc == of);
    let named = |own: &str, aliases: &[String]| own == bare || aliases.iter().any(|alias| alias == bare);
    let (what, found, members, known): (_, bool, Vec<Member>, Vec<&str>) = match kind {
        "subnet" => {
            let ids: Vec<_> = network
                .subnets
                .iter()
                .filter(|(_, item)| here(item.vpc) && named(&item.name, &item.aliases))
                .map(|(id, _)| id)
                .collect();
            let members = network.interfaces.iter().filter(|(_, item)| ids.contains(&item.subnet));
            let members = members.map(|(id, _)| Member::Interface(id, None));
            let unseen =
                network.unmodelled.iter().filter(|(_, item)| item.subnets.iter().any(|id| ids.contains(id)));
            let members = members.chain(unseen.map(|(id, _)| Member::Unmodelled(id))).collect();
            (
                "subnet",
                !ids.is_empty(),
                members,
                network.subnets.iter().map(|(_, item)| item.name.as_str()).collect(),
            )
        }
        "sg" => {
            let groups = network
                .security_groups
                .iter()
                .filter(|(_, item)| here(item.vpc) && named(&item.name, &item.aliases));
            let groups: Vec<_> = groups.map(|(_, group)| group).collect();
            let carries = |item: &crate::network::Unmodelled| {
                let group = |group: &&crate::network::SecurityGroup| {
                    item.vpc == Some(group.vpc) && item.security_groups.contains(&group.name)
                };
                groups.iter().copied().any(|one| group(&one))
            };
            let unseen = network.unmodelled.iter().filter(|(_, item)| carries(item));
            let members = groups
                .iter()
                .flat_map(|group| group.members.iter().map(|id| Member::Interface(*id, None)))
                .chain(unseen.map(|(id, _)| Member::Unmodelled(id)))
                .collect();
            let known = network.security_groups.iter().map(|(_, item)| item.name.as_str()).collect();
            ("security group", !groups.is_empty(), members, known)
        }
        "pl" => return Some(by_prefix_list(network, name)),
        "vpce" => return Some(by_endpoint(network, vpc, bare, name)),
        "net" => {
            let found = network.networks.iter().find(|(_, item)| item.name == name);
            // A named range inside a VPC stands for the hosts there.
            let members = found.iter().flat_map(|(id, _)| of_network(network, *id, &format!("net:{name}")));
            let members = members.collect();
            (
                "network",
                found.is_some(),
                members,
                network.networks.iter().map(|(_, item)| item.name.as_str()).collect(),
            )
        }
        _ => return None,
    };
    Some(match (found, members.is_empty()) {
        (false, _) => Err(unknown(
            what,
            name,
            known.into_iter().map(|known| format!("{kind}:{known}")).collect(),
            &format!("{kind}:{name}"),
        )),
        (true, true) => Err(QuestionError::new(format!("{what} `{name}` has no members"))),
        (true, false) => Ok(members),
    })
}

/// A prefix list: its addresses, or whatever it may hold.
fn by_prefix_list(network: &Network, name: &str) -> Result<Vec<Member>, QuestionError> {
    let lists = network.prefix_lists_called(name);
    let Some(first) = lists.first() else {
        let known = network.prefix_lists.iter().map(|list| format!("pl:{}", list.name)).collect();
        return Err(unknown("prefix list", name, known, &format!("pl:{name}")));
    };
    let services: BTreeSet<&str> = lists.iter().map(|list| list.service().unwrap_or(&list.name)).collect();
    if services.len() > 1 {
        // The same service in two regions has two lists.
        let names: Vec<String> = services.iter().map(|service| format!("pl:{service}")).collect();
        return Err(QuestionError::new(format!("prefix list `{name}` is ambiguous"))
            .help(format!("it could be {}", names.join(", "))));
    }
    let known: Vec<&AddressSet> = lists.iter().filter_map(|list| list.addresses.as_ref()).collect();
    let addresses = known.iter().fold(AddressSet::empty(), |all, one| all.union(one));
    match (known.is_empty(), first.is_of_service()) {
        (false, _) if addresses.is_empty() => {
            Err(QuestionError::new(format!("prefix list `{name}` is empty")))
        }
        (false, _) => Ok(within(network, &format!("pl:{}", first.name), &addresses)),
        (true, true) => {
            let is_v4 = |(first, _): &(IpAddr, IpAddr)| first.is_ipv4();
            let ranges = network.internet().intervals().iter().copied().filter(is_v4);
            let names = lists.iter().map(|list| list.name.clone()).collect();
            Ok(vec![Member::List(names, AddressSet::from_ranges(ranges))])
        }
        (true, false) => {
            Err(QuestionError::new(format!("the entries of prefix list `{name}` are not known"))
                .help("write them under `prefix_lists`, or capture `get-managed-prefix-list-entries`"))
        }
    }
}

/// An interface endpoint: a gateway endpoint has no address to dial.
fn by_endpoint(
    network: &Network,
    vpc: Option<VpcId>,
    bare: &str,
    name: &str,
) -> Result<Vec<Member>, QuestionError> {
    let here = |of: VpcId| vpc.is_none_or(|vpc| vpc == of);
    if let Some((_, endpoint)) = network
        .gateway_endpoints
        .iter()
        .find(|(_, item)| here(item.vpc) && (item.name == bare || item.aliases.iter().any(|one| one == bare)))
    {
        return Err(no_address(endpoint));
    }
    let found = named_instances(network, vpc, bare, |own, wanted| own == wanted);
    let found: Vec<InstanceId> =
        found.into_iter().filter(|id| network.interface_endpoints.contains_key(id)).collect();
    if let Some(members) = one_of(network, name, &found, true)? {
        return Ok(members);
    }
    let known = network.interface_endpoints.keys().map(|id| format!("vpce:{}", instance_name(network, *id)));
    Err(unknown("interface endpoint", name, known.collect(), &format!("vpce:{name}")))
}

fn no_address(endpoint: &crate::network::GatewayEndpoint) -> QuestionError {
    let message = format!("gateway endpoint `{}` is a route, it has no address to dial", endpoint.name);
    let service = crate::topology::short_service(&endpoint.service);
    QuestionError::new(message).help(format!("ask about its service: `pl:{service}:443`"))
}

fn by_address(network: &Network, address: IpAddr) -> Result<Vec<Member>, QuestionError> {
    let inside: Vec<VpcId> =
        network.vpcs.iter().filter(|(_, vpc)| vpc.addresses.contains(address)).map(|(id, _)| id).collect();
    // Where ranges overlap, the walk finds out whose address it is; the first owner lends its name.
    if let Some(owner) = inside.iter().find_map(|vpc| network.owner(*vpc, address)) {
        return Ok(vec![owned_by(owner, address)]);
    }
    if let Some(owner) = network.public_owner(address) {
        if let Some(name) = stand_in(network, owner, address) {
            return Err(QuestionError::new(format!(
                "`{address}` only stands in for the public address of `{name}`"
            ))
            .help("AWS will pick that address: name the endpoint instead, or write its `public_ip`"));
        }
        return Ok(vec![owned_by(owner, address)]);
    }
    Ok(match inside.first() {
        Some(&vpc) => vec![Member::Vacant(vpc, single_address(address))],
        None => match in_sites(network, &address.to_string(), &single_address(address)) {
            none if none.is_empty() => vec![outside(&address.to_string(), &single_address(address))],
            sites => sites,
        },
    })
}

/// The owner's name, if a public address was made up for it.
fn stand_in(network: &Network, owner: Owner, address: IpAddr) -> Option<String> {
    match owner {
        Owner::Interface(id) => {
            let mut own = network.interfaces[id].addresses.iter();
            own.any(|own| own.public_assumed && own.public.map(IpAddr::V4) == Some(address))
                .then(|| interface_name(network, id))
        }
        Owner::NatGateway(id) => {
            let nat = &network.nat_gateways[id];
            nat.public_ip_assumed.then(|| nat.name.clone())
        }
        Owner::Unmodelled(_) => None,
    }
}

fn owned_by(owner: Owner, address: IpAddr) -> Member {
    match owner {
        Owner::Interface(id) => Member::Interface(id, Some(address)),
        Owner::NatGateway(id) => Member::NatGateway(id, Some(address)),
        Owner::Unmodelled(id) => Member::Unmodelled(id),
    }
}

/// A named network: what is behind lines is a place of its own; any other range stands for what is there.
pub(super) fn of_network(network: &Network, id: NamedNetworkId, name: &str) -> Vec<Member> {
    match network.site_of(id) {
        Some(site) => vec![Member::Site(site, name.to_owned(), network.sites[site].addresses.clone())],
        None => within(network, name, &network.networks[id].addresses),
    }
}

/// The parts of a set of addresses that networks of one's own have. Where these overlap, each of them is meant.
fn in_sites(network: &Network, name: &str, wanted: &AddressSet) -> Vec<Member> {
    let parts = network.sites.iter().map(|(id, site)| (id, site.addresses.intersect(wanted)));
    let parts = parts.filter(|(_, part)| !part.is_empty());
    parts.map(|(id, part)| Member::Site(id, name.to_owned(), part)).collect()
}

/// The interfaces inside a set of addresses, and what of it lies outside every VPC.
pub(super) fn within(network: &Network, name: &str, wanted: &AddressSet) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    let mut rest = wanted.clone();
    for (id, vpc) in network.vpcs.iter() {
        members.extend(
            network.owners_within(id, wanted).into_iter().map(|(address, owner)| owned_by(owner, address)),
        );
        members.extend(network.unmodelled_within(id, wanted).map(Member::Unmodelled));
        rest = rest.subtract(&vpc.addresses);
    }
    let public = network.public_owners_within(&rest);
    rest = rest.subtract(&AddressSet::from_ranges(public.iter().map(|(address, _)| (*address, *address))));
    members.extend(public.into_iter().map(|(address, owner)| owned_by(owner, address)));
    for member in in_sites(network, name, &rest) {
        if let Member::Site(_, _, part) = &member {
            rest = rest.subtract(part);
        }
        members.push(member);
    }
    // Of a range like 0.0.0.0/0, the addresses that nobody routes are nobody's, unless a private link may lead to them.
    let routed = rest.intersect(&public_addresses());
    if !routed.is_empty() && private_link(network).is_none() && network.open_site().is_none() {
        rest = routed;
    }
    if !rest.is_empty() {
        members.push(outside(name, &rest));
    }
    if members.is_empty()
        && let Some((vpc, _)) = network.vpcs.iter().find(|(_, vpc)| !vpc.addresses.is_disjoint(wanted))
    {
        members.push(Member::Vacant(vpc, wanted.clone()));
    }
    members
}

fn by_name(network: &Network, text: &str, every: bool) -> Result<Vec<Member>, QuestionError> {
    let (vpc, name) = qualified(network, text);
    let instances = named_instances(network, vpc, name, |own, wanted| own == wanted);
    if let Some(found) = one_of(network, text, &instances, every)? {
        return Ok(found);
    }
    let here = |of: VpcId| vpc.is_none_or(|vpc| vpc == of);
    let interfaces: Vec<InterfaceId> = network
        .interfaces
        .iter()
        .filter(|(_, interface)| here(interface.vpc) && interface.name == name)
        .map(|(id, _)| id)
        .collect();
    if let [interface] = interfaces.as_slice() {
        return Ok(vec![Member::Interface(*interface, None)]);
    }
    let group: Vec<Member> = network
        .instances
        .iter()
        .filter(|(_, instance)| here(instance.vpc) && instance.group.as_deref() == Some(name))
        .flat_map(|(_, instance)| standing_for(instance, every))
        .collect();
    if !group.is_empty() {
        return Ok(group);
    }
    let nat = network.nat_gateways.iter().find(|(_, nat)| {
        here(nat.vpc) && (nat.name == name || nat.aliases.iter().any(|alias| alias == name))
    });
    if let Some((id, _)) = nat {
        return Ok(vec![Member::NatGateway(id, None)]);
    }
    let gateway = network.gateway_endpoints.iter().find(|(_, endpoint)| {
        here(endpoint.vpc) && (endpoint.name == name || endpoint.aliases.iter().any(|alias| alias == name))
    });
    if let Some((_, endpoint)) = gateway {
        return Err(no_address(endpoint));
    }
    if let Some((id, _)) = network.unmodelled.iter().find(|(_, item)| item.name == name) {
        return Ok(vec![Member::Unmodelled(id)]);
    }
    let prefixed = named_instances(network, vpc, name, |own, wanted| own.starts_with(wanted));
    if let Some(found) = one_of(network, text, &prefixed, every)? {
        return Ok(found);
    }
    Err(unknown("endpoint", text, network.endpoints(), text))
}

fn named_instances(
    network: &Network,
    vpc: Option<VpcId>,
    name: &str,
    same: impl Fn(&str, &str) -> bool,
) -> Vec<InstanceId> {
    network
        .instances
        .iter()
        .filter(|(_, instance)| vpc.is_none_or(|vpc| vpc == instance.vpc))
        .filter(|(_, instance)| {
            same(&instance.name, name) || instance.aliases.iter().any(|alias| same(alias, name))
        })
        .map(|(id, _)| id)
        .collect()
}

/// The interfaces that an instance stands for: the primary one, or every one.
pub(super) fn standing_for(instance: &Instance, every: bool) -> Vec<Member> {
    // A load balancer is all of its nodes (LB-1); a function may be in any of its subnets (EN-8).
    let every = every || instance.one_per_subnet || instance.kind == InstanceKind::LoadBalancer;
    let most = if every { instance.interfaces.len() } else { 1 };
    instance.interfaces.iter().take(most).map(|id| Member::Interface(*id, None)).collect()
}

/// The only candidate.
fn one_of(
    network: &Network,
    text: &str,
    found: &[InstanceId],
    every: bool,
) -> Result<Option<Vec<Member>>, QuestionError> {
    match found {
        [] => Ok(None),
        [one] => match standing_for(&network.instances[*one], every) {
            none if none.is_empty() => Err(QuestionError::new(format!("`{text}` has no network interface"))),
            interfaces => Ok(Some(interfaces)),
        },
        many => {
            let names: Vec<String> = many
                .iter()
                .map(|id| {
                    format!(
                        "{}/{}",
                        network.vpcs[network.instances[*id].vpc].name, network.instances[*id].name
                    )
                })
                .collect();
            Err(QuestionError::new(format!("`{text}` is ambiguous"))
                .help(format!("it could be {}", names.join(", "))))
        }
    }
}

fn qualified<'t>(network: &Network, text: &'t str) -> (Option<VpcId>, &'t str) {
    text.split_once('/')
        .and_then(|(prefix, rest)| {
            let vpc = network
                .vpcs
                .iter()
                .find(|(_, vpc)| vpc.name == prefix || vpc.aliases.iter().any(|alias| alias == prefix));
            vpc.map(|(id, _)| (Some(id), rest))
        })
        .unwrap_or((None, text))
}

fn unknown(what: &str, name: &str, known: Vec<String>, wrong: &str) -> QuestionError {
    const MOST_LISTED: usize = 12;
    let error = QuestionError::new(format!("there is no {what} `{name}`"));
    let near = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(wrong, candidate), candidate))
        .filter(|(score, _)| *score >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)));
    match near {
        Some((_, near)) => error.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => error,
        None => {
            let shown: Vec<&str> = known.iter().take(MOST_LISTED).map(String::as_str).collect();
            let more = if known.len() > MOST_LISTED { ", …" } else { "" };
            error.help(format!("there are: {}{more}", shown.join(", ")))
        }
    }
}

impl Network {
    /// The names that can be asked about: instances, groups, subnets, security groups, networks, `internet`.
    pub fn endpoints(&self) -> Vec<String> {
        let instances = self.instances.iter();
        let mut names: Vec<String> = instances
            .filter_map(|(id, instance)| Some((id, instance, instance.interfaces.first()?)))
            .map(|(id, instance, first)| match instance.one_per_subnet {
                true => instance_name(self, id),
                false => interface_name(self, *first),
            })
            .collect();
        let mut groups: Vec<String> =
            self.instances.iter().filter_map(|(_, instance)| instance.group.clone()).collect();
        groups.sort();
        groups.dedup();
        names.extend(groups);
        names.extend(self.networks.iter().map(|(_, named)| format!("net:{}", named.name)));
        names.extend(
            self.unmodelled
                .iter()
                .filter(|(_, item)| item.kind == "load balancer")
                .map(|(_, item)| item.name.clone()),
        );
        names.push("internet".to_owned());
        names
    }
}
