//! Instances and network interfaces.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use super::builder::Builder;
use super::elastic_ip::{self, Elastic, ElasticIps};
use super::gateway::address;
use super::inventory::Fate;
use super::link::{Link, Links, Target};
use super::resource::{self, Resource, Step};
use super::{reference, remarks, security_group, wanted};
use crate::topology::{Instance, InstanceKind, InstanceState, Interface, PublicAddress, PublicIp, Spanned};

const INSTANCES: &[&str] = &["aws_instance", "aws_spot_instance_request"];
const INTERFACE: &str = "aws_network_interface";

/// What belongs together, before anything is lowered.
#[derive(Default)]
struct Joined {
    /// Interfaces with a resource of their own, by instance: device index and resource.
    of_instance: BTreeMap<usize, Vec<(i64, usize)>>,
    /// Interfaces attached to something that the file does not hold, or nobody knows to what.
    elsewhere: BTreeSet<usize>,
    /// Groups attached by resources of their own.
    groups: BTreeMap<usize, Links>,
    states: BTreeMap<usize, InstanceState>,
    elastic: ElasticIps,
}

pub(super) fn build(builder: &mut Builder<'_>) {
    let mut joined = join(builder);
    joined.elastic = elastic_ip::build(builder);
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    for (at, one) in builder.once(INSTANCES) {
        builder.settle(at, Fate::Read);
        let mut own = joined.of_instance.remove(&at).unwrap_or_default();
        own.sort_unstable();
        own.dedup_by_key(|(_, interface)| *interface);
        taken.extend(own.iter().map(|(_, interface)| *interface));
        add_instance(builder, &joined, at, one, &own);
    }
    for (at, one) in builder.once(&[INTERFACE]) {
        builder.settle(at, Fate::Read);
        if !taken.contains(&at) {
            add_alone(builder, &joined, at, one);
        }
    }
}

fn join(builder: &mut Builder<'_>) -> Joined {
    let mut joined = Joined::default();
    for (at, one) in builder.once(INSTANCES) {
        for name in ["network_interface", "primary_network_interface"] {
            for (index, block) in one.blocks(name).into_iter().enumerate() {
                let device = block.get("device_index").and_then(resource::number).unwrap_or(0);
                let path = [Step::Name(name), Step::Index(index), Step::Name("network_interface_id")];
                match builder.link_at(at, &path, &wanted::INTERFACE) {
                    Link::To(Target::Here(found)) if found.attribute.is_none() => {
                        joined.of_instance.entry(at).or_default().push((device, found.resource));
                    }
                    Link::Open { among } => joined.elsewhere.extend(among.iter().map(|one| one.resource)),
                    Link::To(_) | Link::None => {}
                }
            }
        }
    }
    for (at, one) in builder.once(&[INTERFACE]) {
        for (index, block) in one.blocks("attachment").into_iter().enumerate() {
            let device = block.get("device_index").and_then(resource::number).unwrap_or(1);
            let path = [Step::Name("attachment"), Step::Index(index), Step::Name("instance")];
            match builder.link_at(at, &path, &wanted::INSTANCE) {
                // Attached to something: a service does not say to what.
                Link::None => {
                    joined.elsewhere.insert(at);
                }
                link => joined.attach(at, device, link),
            }
        }
    }
    for (at, one) in builder.of(&["aws_network_interface_attachment"]) {
        builder.settle(at, Fate::Read);
        let device = one.at(&[Step::Name("device_index")]).and_then(resource::number).unwrap_or(1);
        let instance = builder.link(at, "instance_id", &wanted::INSTANCE);
        match builder.link(at, "network_interface_id", &wanted::INTERFACE) {
            Link::To(Target::Here(found)) if found.attribute.is_none() => {
                joined.attach(found.resource, device, instance);
            }
            Link::To(_) => {}
            link => {
                if let Link::Open { among } = link {
                    joined.elsewhere.extend(among.iter().map(|one| one.resource));
                }
                builder.unresolved(at, &remarks::ATTACHMENT_OPEN, "what it attaches is not known".to_owned());
            }
        }
    }
    attached_groups(builder, &mut joined);
    for (at, one) in builder.of(&["aws_ec2_instance_state"]) {
        builder.settle(at, Fate::Read);
        if let Link::To(Target::Here(instance)) = builder.link(at, "instance_id", &wanted::INSTANCE) {
            joined.states.insert(instance.resource, state(one.text("state")));
        }
    }
    joined
}

fn attached_groups(builder: &mut Builder<'_>, joined: &mut Joined) {
    for (at, _) in builder.of(&["aws_network_interface_sg_attachment"]) {
        builder.settle(at, Fate::Read);
        let group = builder.link(at, "security_group_id", &wanted::SECURITY_GROUP);
        match builder.link(at, "network_interface_id", &wanted::INTERFACE) {
            Link::To(Target::Here(found)) => {
                let links = joined.groups.entry(found.resource).or_default();
                match group {
                    Link::To(target) if !links.to.contains(&target) => links.to.push(target),
                    Link::Open { among } => links.open = Some(among),
                    Link::To(_) | Link::None => {}
                }
            }
            Link::To(Target::Elsewhere(_)) | Link::None => {}
            Link::Open { among } => {
                let why = builder.why("the interface", &among);
                builder.unresolved(at, &remarks::ATTACHMENT_OPEN, why);
                let every = builder.of(&["aws_instance", INTERFACE]);
                let every = every.into_iter().map(|(at, _)| at);
                let maybe: Vec<usize> = match among.as_slice() {
                    [] => every.collect(),
                    some => some.iter().map(|one| one.resource).collect(),
                };
                for one in maybe {
                    joined.groups.entry(one).or_default().open = Some(Vec::new());
                }
            }
        }
    }
}

impl Joined {
    fn attach(&mut self, interface: usize, device: i64, link: Link) {
        match link {
            Link::To(Target::Here(instance)) => {
                let own = self.of_instance.entry(instance.resource).or_default();
                if own.iter().all(|(_, known)| *known != interface) {
                    own.push((device, interface));
                }
            }
            Link::To(Target::Elsewhere(_)) | Link::Open { .. } => {
                self.elsewhere.insert(interface);
            }
            Link::None => {}
        }
    }
}

fn add_instance(builder: &mut Builder<'_>, joined: &Joined, at: usize, one: &Resource, own: &[(i64, usize)]) {
    let place = builder.place(at);
    let state = joined.states.get(&at).copied().unwrap_or_else(|| state(one.text("instance_state")));
    let mut instance = Instance {
        kind: Spanned::new(InstanceKind::Ec2, place),
        state: Spanned::new(state, place),
        group: one.key.as_ref().map(|key| {
            let text = key.to_string();
            Spanned::new(one.address.strip_suffix(&text).unwrap_or(&one.address).to_owned(), place)
        }),
        place,
        ..Instance::default()
    };
    let mut index = None;
    let has_primary = own.iter().any(|(device, _)| *device == 0);
    if !has_primary {
        match interface(builder, joined, at, one, None) {
            Ok((vpc, interface)) => {
                index = Some(vpc);
                instance.interfaces.push(Spanned::new("eth0".to_owned(), place), interface);
            }
            Err(unknown) => return leave_out(builder, at, "instance", unknown),
        }
    }
    for (_, interface_at) in own {
        let Some(own) = builder.resource(*interface_at) else { continue };
        builder.settle(*interface_at, Fate::Read);
        match interface(builder, joined, *interface_at, own, Some(one)) {
            Ok((vpc, interface)) if index.is_none_or(|index| index == vpc) => {
                index = Some(vpc);
                let name = builder.name(*interface_at);
                instance.interfaces.push(name, interface);
            }
            // An interface in another VPC: not what an instance of this model has.
            Ok(_) => builder.remark(&remarks::ATTACHMENT_OPEN, *interface_at),
            Err(unknown) if has_primary && instance.interfaces.is_empty() => {
                return leave_out(builder, at, "instance", unknown);
            }
            Err(unknown) => leave_out(builder, *interface_at, "network interface", unknown),
        }
    }
    let name = builder.name(at);
    if let Some(vpc) = index.and_then(|index| builder.vpc(index)) {
        vpc.instances.push(name, instance);
    }
}

fn add_alone(builder: &mut Builder<'_>, joined: &Joined, at: usize, one: &Resource) {
    let place = builder.place(at);
    match interface(builder, joined, at, one, None) {
        Ok((index, mut interface)) => {
            interface.attached = joined.elsewhere.contains(&at);
            let mut instance = Instance {
                kind: Spanned::new(InstanceKind::Interface, place),
                state: Spanned::new(InstanceState::Running, place),
                place,
                ..Instance::default()
            };
            let name = builder.name(at);
            instance.interfaces.push(name.clone(), interface);
            if let Some(vpc) = builder.vpc(index) {
                vpc.instances.push(name, instance);
            }
        }
        Err(unknown) => leave_out(builder, at, "network interface", unknown),
    }
}

/// Why something can't be an endpoint like others, and where it may be all the same.
struct Unknown {
    why: String,
    subnets: Vec<usize>,
    groups: Vec<String>,
}

/// Keeps the name as an endpoint about which nothing can be said.
fn leave_out(builder: &mut Builder<'_>, at: usize, kind: &str, unknown: Unknown) {
    builder.unresolved(at, &remarks::SUBNET_OPEN, unknown.why.clone());
    let vpcs: BTreeSet<usize> = unknown.subnets.iter().filter_map(|at| builder.vpc_of_subnet(*at)).collect();
    let vpc = (vpcs.len() == 1).then(|| vpcs.first().and_then(|index| builder.vpc_name(*index))).flatten();
    let subnets = match vpc {
        Some(_) => unknown.subnets.iter().map(|at| builder.address(*at).to_owned()).collect(),
        None => Vec::new(),
    };
    let item = builder.add_unmodelled(at, kind, Some(unknown.why));
    item.vpc = vpc;
    item.subnets = subnets;
    item.security_groups = unknown.groups;
}

/// An interface of its own, or the one that an instance is launched with; and its VPC.
fn interface(
    builder: &mut Builder<'_>,
    joined: &Joined,
    at: usize,
    one: &Resource,
    owner: Option<&Resource>,
) -> Result<(usize, Interface), Unknown> {
    let place = builder.place(at);
    let (groups, more) = groups(builder, joined, at, one);
    let unknown = |why: String, subnets: Vec<usize>| Unknown {
        why,
        subnets,
        groups: groups.iter().flatten().map(|group| group.value.clone()).collect(),
    };
    let subnet = match builder.link(at, "subnet_id", &wanted::SUBNET) {
        Link::To(Target::Here(candidate)) => candidate.resource,
        Link::To(Target::Elsewhere(id)) => {
            return Err(unknown(format!("its subnet {id} is not in the file"), Vec::new()));
        }
        Link::Open { among } => {
            let why = builder.why("its subnet", &among);
            return Err(unknown(why, builder.subnets_among(&among)));
        }
        Link::None => {
            return Err(unknown("AWS picks its subnet: none is said".to_owned(), Vec::new()));
        }
    };
    if builder.subnets_open.contains(&subnet) {
        let why = builder.why("the range of its subnet", &[]);
        return Err(unknown(why, Vec::new()));
    }
    if joined.elastic.open.contains(&at) {
        let why = builder.why("whether it has an Elastic IP", &[]);
        return Err(unknown(why, vec![subnet]));
    }
    let Some(vpc) = builder.vpc_of_subnet(subnet) else {
        return Err(unknown("its subnet is not read".to_owned(), Vec::new()));
    };
    if groups.is_none()
        && !more
        && !builder.facts(vpc).is_owned
        && builder.vpc(vpc).is_some_and(|vpc| vpc.default_security_group.is_none())
    {
        // The default group of a VPC that the file does not own.
        let why = "its VPC's default security group is not in the file".to_owned();
        return Err(unknown(why, vec![subnet]));
    }
    let ips = private(builder, one, subnet);
    let elastic = joined.elastic.of.get(&at).cloned().unwrap_or_default();
    let Some((public_ip, public_ips)) = public(builder, one, owner, &ips, &elastic) else {
        builder.remark(&remarks::PUBLIC_OPEN, at);
        let why = builder.why("whether it has a public address", &[]);
        return Err(unknown(why, vec![subnet]));
    };
    let spanned = |address: &Ipv4Addr| Spanned::new(*address, place);
    let interface = Interface {
        subnet: Spanned::new(builder.address(subnet).to_owned(), place),
        ips: ips.iter().map(spanned).collect(),
        ipv6: ipv6(builder, at, one, subnet).into_iter().map(|ip| Spanned::new(ip, place)).collect(),
        public_ip: Spanned::new(public_ip, place),
        public_ips: public_ips
            .into_iter()
            .map(|(private, public)| PublicAddress { private: spanned(&private), public: spanned(&public) })
            .collect(),
        security_groups: groups,
        more_security_groups: more,
        source_dest_check: one.flag("source_dest_check").map(|on| Spanned::new(on, place)),
        attached: true,
        deny_all_igw_traffic: false,
        place,
    };
    if more {
        let why = builder.why("a security group of it", &[]);
        builder.unresolved(at, &remarks::GROUPS_OPEN, why);
    }
    Ok((vpc, interface))
}

/// Security groups by name, and whether there may be more. `None`: nothing was said, which is the default group.
fn groups(
    builder: &mut Builder<'_>,
    joined: &Joined,
    at: usize,
    one: &Resource,
) -> (Option<Vec<Spanned<String>>>, bool) {
    let place = builder.place(at);
    let is_interface = one.is(INTERFACE);
    let mut links = if is_interface {
        builder.links(at, "security_groups", &wanted::SECURITY_GROUP)
    } else {
        let links = builder.links(at, "vpc_security_group_ids", &wanted::SECURITY_GROUP);
        match links.to.is_empty() && links.open.is_none() {
            true => by_name(builder, at, one),
            false => links,
        }
    };
    without_detached(builder, one, &mut links);
    let mut names: Vec<String> = Vec::new();
    let mut more = links.open.is_some();
    let nothing = links.to.is_empty() && links.open.is_none();
    let attached = joined.groups.get(&at).cloned().unwrap_or_default();
    more |= attached.open.is_some();
    if nothing && !attached.to.is_empty() {
        names.push("default".to_owned());
    }
    for target in links.to.into_iter().chain(attached.to) {
        let name = match target {
            Target::Here(candidate) => security_group::group_name(builder, &candidate),
            Target::Elsewhere(id) => id,
        };
        // A default group that nobody adopted is known by that name in its VPC.
        let name = name.strip_suffix("/default").map_or(name.clone(), |_| "default".to_owned());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // An interface never has no group at all (EN-1): an empty list is the default group as well.
    let said = (!names.is_empty() || more)
        .then(|| names.into_iter().map(|name| Spanned::new(name, place)).collect());
    (said, more)
}

/// `security_groups` of an instance holds names of groups (default VPC), or ids.
fn by_name(builder: &mut Builder<'_>, at: usize, one: &Resource) -> Links {
    if reference::is_configured(builder.world, one, "security_groups") == Some(false) {
        return Links::default();
    }
    let mut links = builder.links(at, "security_groups", &wanted::SECURITY_GROUP);
    for target in &mut links.to {
        let Target::Elsewhere(name) = target else { continue };
        let groups = builder.of(wanted::GROUP_KINDS);
        if let Some((found, _)) = groups.into_iter().find(|(_, group)| group.text("name") == Some(name)) {
            *target = Target::Here(super::reference::Candidate { resource: found, attribute: None });
        }
    }
    links
}

/// Groups that an interface lists only because an attachment put them there before the plan.
fn without_detached(builder: &Builder<'_>, one: &Resource, links: &mut Links) {
    let id = one.id().filter(|_| one.is(INTERFACE)).or(one.text("primary_network_interface_id"));
    let Some(id) = id else { return };
    let name = if one.is(INTERFACE) { "security_groups" } else { "vpc_security_group_ids" };
    if reference::is_configured(builder.world, one, name) != Some(false) {
        return;
    }
    let kind = "aws_network_interface_sg_attachment";
    for part in builder.world.before.iter().filter(|part| part.is(kind)) {
        if part.text("network_interface_id") == Some(id)
            && let Some(group) = part.text("security_group_id")
        {
            let target = builder.linker.by_id(builder.world, group, &wanted::SECURITY_GROUP);
            links.to.retain(|known| *known != target);
        }
    }
}

/// Private addresses, the primary one first; AWS never gives one outside the subnet.
fn private(builder: &mut Builder<'_>, one: &Resource, subnet: usize) -> Vec<Ipv4Addr> {
    let mut all: Vec<Ipv4Addr> = address(one, "private_ip").into_iter().collect();
    for name in ["private_ips", "secondary_private_ips"] {
        for value in one.list(name) {
            if let Some(ip) = resource::text(value).and_then(|text| text.parse().ok())
                && !all.contains(&ip)
            {
                all.push(ip);
            }
        }
    }
    let range = builder.subnet(subnet).and_then(|subnet| subnet.cidr);
    all.retain(|ip| range.is_none_or(|range| range.value.contains(ip)));
    all
}

type Public = (PublicIp, Vec<(Ipv4Addr, Ipv4Addr)>);

/// The public address of the primary private one, and those of the others (EN-1). `None`: nobody knows.
fn public(
    builder: &Builder<'_>,
    one: &Resource,
    owner: Option<&Resource>,
    ips: &[Ipv4Addr],
    elastic: &[Elastic],
) -> Option<Public> {
    let primary = ips.first().copied();
    let of_primary =
        elastic.iter().find(|one| one.private.is_none() || one.private == primary || ips.is_empty());
    let others = elastic.iter().filter_map(|one| Some((one.private?, one.public?)));
    let others: Vec<_> = others.filter(|(ip, _)| Some(*ip) != primary && ips.contains(ip)).collect();
    if let Some(found) = of_primary {
        return Some((found.public.map_or(PublicIp::Assigned, PublicIp::Address), others));
    }
    let launched = owner.unwrap_or(one);
    if let Some(found) = address(launched, "public_ip") {
        return Some((PublicIp::Address(found), others));
    }
    if one.is(INTERFACE) {
        return Some((PublicIp::None, others));
    }
    let path = [Step::Name("associate_public_ip_address")];
    let public = match one.flag("associate_public_ip_address") {
        Some(true) => PublicIp::Assigned,
        Some(false) => PublicIp::None,
        None if one.is_unknown(&path)
            && reference::is_configured(builder.world, one, "associate_public_ip_address") == Some(true) =>
        {
            return None;
        }
        // A known instance without an address has none.
        None if one.at(&[Step::Name("public_ip")]).is_some() => PublicIp::None,
        None => PublicIp::Inherit,
    };
    Some((public, others))
}

/// IPv6 addresses; stand-ins where only their number is said.
fn ipv6(builder: &mut Builder<'_>, at: usize, one: &Resource, subnet: usize) -> Vec<Ipv6Addr> {
    let known = one.list("ipv6_addresses").iter().filter_map(resource::text);
    let known: Vec<Ipv6Addr> = known.filter_map(|text| text.parse().ok()).collect();
    let wanted = one.at(&[Step::Name("ipv6_address_count")]).and_then(resource::number).unwrap_or(0);
    if !known.is_empty() || wanted < 1 {
        return known;
    }
    let Some(range) = builder.subnet(subnet).and_then(|subnet| subnet.ipv6_cidr) else { return known };
    builder.remark(&remarks::IPV6_STAND_IN, at);
    // Beyond those that are assumed for interfaces of which nothing is said.
    let host = 0x1_0000 + u128::try_from(at).unwrap_or_default();
    vec![Ipv6Addr::from_bits(range.value.network().to_bits() | host)]
}

fn state(said: Option<&str>) -> InstanceState {
    match said {
        Some("stopped" | "stopping") => InstanceState::Stopped,
        Some("terminated" | "shutting-down") => InstanceState::Terminated,
        _ => InstanceState::Running,
    }
}
