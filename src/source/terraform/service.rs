//! What AWS may put into any of several subnets: functions, containers, groups of instances, databases (EN-8).
//!
//! One table says where each kind names its subnets and security groups. What does not name all of its subnets, or of which
//! something else is not known, is left to [`unmodelled`](super::unmodelled).

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Links, Target};
use super::reference::{self, Wanted};
use super::resource::{self, Path, Resource, Step};
use super::{remarks, security_group, unmodelled, wanted};
use crate::topology::{Entries, Instance, InstanceKind, Interface, Place, PublicIp, Spanned};

/// Where a kind names what its hosts are made of.
struct Service {
    kind: &'static str,
    /// A database, a function, or else something with the client ports of Linux (EN-6).
    owner: InstanceKind,
    subnets: Subnets,
    groups: Path<'static>,
    public: Public,
}

enum Subnets {
    /// A list of subnets, or one.
    Listed(Path<'static>),
    /// The name of a group of subnets.
    Group(&'static str),
}

/// Whether its hosts have public addresses.
enum Public {
    Never,
    /// What a flag says; not, if it is absent.
    Said(Path<'static>),
}

const fn at(name: &'static str) -> Step<'static> {
    Step::Name(name)
}

const FIRST: Step<'static> = Step::Index(0);
const VPC_GROUPS: Path<'static> = &[at("vpc_security_group_ids")];
const OWN_GROUPS: Path<'static> = &[at("security_group_ids")];
const GROUPS: Path<'static> = &[at("security_groups")];
const ACCESSIBLE: Public = Public::Said(&[at("publicly_accessible")]);

const fn service(
    kind: &'static str,
    owner: InstanceKind,
    subnets: Subnets,
    groups: Path<'static>,
    public: Public,
) -> Service {
    Service { kind, owner, subnets, groups, public }
}

static SERVICES: &[Service] = &[
    service(
        "aws_lambda_function",
        InstanceKind::Lambda,
        Subnets::Listed(&[at("vpc_config"), FIRST, at("subnet_ids")]),
        &[at("vpc_config"), FIRST, at("security_group_ids")],
        Public::Never,
    ),
    service(
        "aws_ecs_service",
        InstanceKind::Interface,
        Subnets::Listed(&[at("network_configuration"), FIRST, at("subnets")]),
        &[at("network_configuration"), FIRST, at("security_groups")],
        Public::Said(&[at("network_configuration"), FIRST, at("assign_public_ip")]),
    ),
    service(
        "aws_db_instance",
        InstanceKind::Rds,
        Subnets::Group("db_subnet_group_name"),
        VPC_GROUPS,
        ACCESSIBLE,
    ),
    service(
        "aws_rds_cluster",
        InstanceKind::Rds,
        Subnets::Group("db_subnet_group_name"),
        VPC_GROUPS,
        Public::Never,
    ),
    service(
        "aws_docdb_cluster",
        InstanceKind::Rds,
        Subnets::Group("db_subnet_group_name"),
        VPC_GROUPS,
        Public::Never,
    ),
    service(
        "aws_neptune_cluster",
        InstanceKind::Rds,
        Subnets::Group("neptune_subnet_group_name"),
        VPC_GROUPS,
        Public::Never,
    ),
    service(
        "aws_db_proxy",
        InstanceKind::Rds,
        Subnets::Listed(&[at("vpc_subnet_ids")]),
        VPC_GROUPS,
        Public::Never,
    ),
    service(
        "aws_elasticache_cluster",
        InstanceKind::Interface,
        Subnets::Group("subnet_group_name"),
        OWN_GROUPS,
        Public::Never,
    ),
    service(
        "aws_elasticache_replication_group",
        InstanceKind::Interface,
        Subnets::Group("subnet_group_name"),
        OWN_GROUPS,
        Public::Never,
    ),
    service(
        "aws_redshift_cluster",
        InstanceKind::Interface,
        Subnets::Group("cluster_subnet_group_name"),
        VPC_GROUPS,
        ACCESSIBLE,
    ),
    service(
        "aws_efs_mount_target",
        InstanceKind::Interface,
        Subnets::Listed(&[at("subnet_id")]),
        GROUPS,
        Public::Never,
    ),
    service(
        "aws_opensearch_domain",
        InstanceKind::Interface,
        Subnets::Listed(&[at("vpc_options"), FIRST, at("subnet_ids")]),
        &[at("vpc_options"), FIRST, at("security_group_ids")],
        Public::Never,
    ),
    service(
        "aws_elasticsearch_domain",
        InstanceKind::Interface,
        Subnets::Listed(&[at("vpc_options"), FIRST, at("subnet_ids")]),
        &[at("vpc_options"), FIRST, at("security_group_ids")],
        Public::Never,
    ),
    service(
        "aws_msk_cluster",
        InstanceKind::Interface,
        Subnets::Listed(&[at("broker_node_group_info"), FIRST, at("client_subnets")]),
        &[at("broker_node_group_info"), FIRST, at("security_groups")],
        Public::Never,
    ),
    service(
        "aws_mq_broker",
        InstanceKind::Interface,
        Subnets::Listed(&[at("subnet_ids")]),
        GROUPS,
        ACCESSIBLE,
    ),
];

const SCALING_GROUP: &str = "aws_autoscaling_group";
const CLUSTER: &str = "aws_rds_cluster";
const CLUSTER_INSTANCE: &str = "aws_rds_cluster_instance";

static TEMPLATE: Wanted =
    Wanted { kinds: &["aws_launch_template"], attributes: &[], words: &["launch_template"] };
static CONFIGURATION: Wanted =
    Wanted { kinds: &["aws_launch_configuration"], attributes: &[], words: &["launch_configuration"] };
static CLUSTERS: Wanted = Wanted { kinds: &[CLUSTER], attributes: &[], words: &["cluster"] };
static SUBNET_GROUP: Wanted = Wanted {
    kinds: &[
        "aws_db_subnet_group",
        "aws_docdb_subnet_group",
        "aws_neptune_subnet_group",
        "aws_elasticache_subnet_group",
        "aws_redshift_subnet_group",
    ],
    attributes: &[],
    words: &["subnet_group"],
};

pub(super) fn build(builder: &mut Builder<'_>) {
    for service in SERVICES {
        for (at, one) in builder.once(&[service.kind]) {
            if !is_outside(builder, at, one) {
                attempt(builder, at, one, |builder| of_table(builder, at, one, service));
            }
        }
    }
    for (at, one) in builder.once(&[CLUSTER_INSTANCE]) {
        attempt(builder, at, one, |builder| cluster_instance(builder, at, one));
    }
    for (at, one) in builder.once(&[SCALING_GROUP]) {
        attempt(builder, at, one, |builder| scaling_group(builder, at, one));
    }
}

/// A function without subnets runs outside every VPC.
fn is_outside(builder: &Builder<'_>, at: usize, one: &Resource) -> bool {
    one.is("aws_lambda_function") && !unmodelled::is_in_vpc(builder, at, one)
}

/// What the hosts of a service are made of.
pub(super) struct Made {
    pub(super) owner: InstanceKind,
    pub(super) subnets: Vec<usize>,
    pub(super) groups: Links,
    pub(super) public: PublicIp,
    /// Resources that were used for it.
    pub(super) used: Vec<usize>,
}

/// Adds the service if enough is known of it. If not, nothing is taken for granted.
fn attempt<'w>(
    builder: &mut Builder<'w>,
    at: usize,
    one: &Resource,
    read: impl FnOnce(&mut Builder<'w>) -> Option<Made>,
) {
    let assumed = builder.linker.assumed.len();
    let added = read(builder).and_then(|made| add(builder, at, one, made));
    if added.is_none() {
        builder.linker.assumed.truncate(assumed);
    }
}

fn of_table(builder: &mut Builder<'_>, at: usize, one: &Resource, service: &Service) -> Option<Made> {
    let mut used = Vec::new();
    let subnets = match service.subnets {
        Subnets::Listed(path) => subnets(builder, at, path)?,
        Subnets::Group(name) => of_group(builder, at, name, &mut used)?,
    };
    let groups = builder.links_at(at, service.groups, &wanted::SECURITY_GROUP);
    let public = match service.public {
        Public::Never if one.is(CLUSTER) => of_cluster(builder, at)?,
        Public::Never => PublicIp::None,
        Public::Said(path) => flag(builder, one, path)?,
    };
    Some(Made { owner: service.owner.clone(), subnets, groups, public, used })
}

/// A flag that is absent is off; none if nobody knows.
fn flag(builder: &Builder<'_>, one: &Resource, path: Path<'_>) -> Option<PublicIp> {
    if one.at(path).is_none() && one.is_unknown(path) && may_be_said(builder, one, path) {
        return None;
    }
    let is_on = one.at(path).and_then(resource::flag).unwrap_or(false);
    Some(if is_on { PublicIp::Assigned } else { PublicIp::None })
}

fn may_be_said(builder: &Builder<'_>, one: &Resource, path: Path<'_>) -> bool {
    let Some(Step::Name(name)) = path.first() else { return true };
    reference::is_configured(builder.world, one, name) != Some(false)
}

/// A cluster is reached by its instances: public if one of them is. None if nobody knows.
fn of_cluster(builder: &mut Builder<'_>, cluster: usize) -> Option<PublicIp> {
    for (at, one) in builder.of(&[CLUSTER_INSTANCE]) {
        if flag(builder, one, &[self::at("publicly_accessible")]) == Some(PublicIp::None) {
            continue;
        }
        match builder.link(at, "cluster_identifier", &CLUSTERS) {
            Link::To(Target::Here(found)) if found.resource != cluster => {}
            Link::To(Target::Here(_)) => {
                return flag(builder, one, &[self::at("publicly_accessible")]);
            }
            _ => return None,
        }
    }
    Some(PublicIp::None)
}

/// An instance of a cluster is where the cluster is, behind its groups.
fn cluster_instance(builder: &mut Builder<'_>, at: usize, one: &Resource) -> Option<Made> {
    let cluster = match builder.link(at, "cluster_identifier", &CLUSTERS) {
        Link::To(Target::Here(found)) => found.resource,
        Link::To(Target::Elsewhere(name)) => {
            let mut clusters = builder.of(&[CLUSTER]).into_iter();
            clusters.find(|(_, one)| one.text("cluster_identifier") == Some(&name))?.0
        }
        Link::None | Link::Open { .. } => return None,
    };
    let mut used = Vec::new();
    let subnets = of_group(builder, cluster, "db_subnet_group_name", &mut used)?;
    let groups = builder.links_at(cluster, VPC_GROUPS, &wanted::SECURITY_GROUP);
    let public = flag(builder, one, &[self::at("publicly_accessible")])?;
    Some(Made { owner: InstanceKind::Rds, subnets, groups, public, used })
}

/// An Auto Scaling group: its instances are like its launch template, in any of its subnets.
fn scaling_group(builder: &mut Builder<'_>, at: usize, one: &Resource) -> Option<Made> {
    let subnets = subnets(builder, at, &[self::at("vpc_zone_identifier")])?;
    let template = match launched_by(builder, at, one)? {
        Target::Here(found) => found.resource,
        Target::Elsewhere(name) => {
            let kinds = [TEMPLATE.kinds, CONFIGURATION.kinds].concat();
            builder.of(&kinds).into_iter().find(|(_, one)| one.text("name") == Some(&name))?.0
        }
    };
    let said = builder.resource(template)?;
    let has_interfaces = said.at(&[self::at("network_interfaces"), FIRST]).is_some();
    if !has_interfaces && said.is_unknown(&[self::at("network_interfaces")]) {
        return None;
    }
    let (groups, public): (Path<'_>, Path<'_>) = match (said.is("aws_launch_configuration"), has_interfaces) {
        (true, _) => (GROUPS, &[self::at("associate_public_ip_address")]),
        (false, true) => (
            &[self::at("network_interfaces"), FIRST, self::at("security_groups")],
            &[self::at("network_interfaces"), FIRST, self::at("associate_public_ip_address")],
        ),
        (false, false) => (VPC_GROUPS, &[]),
    };
    let public = match said.at(public).filter(|_| !public.is_empty()).and_then(resource::flag) {
        Some(true) => PublicIp::Assigned,
        Some(false) => PublicIp::None,
        None if !public.is_empty() && said.is_unknown(public) && may_be_said(builder, said, public) => {
            return None;
        }
        None => PublicIp::Inherit,
    };
    let groups = builder.links_at(template, groups, &wanted::SECURITY_GROUP);
    Some(Made { owner: InstanceKind::Ec2, subnets, groups, public, used: Vec::new() })
}

/// The template, or the launch configuration, of an Auto Scaling group.
fn launched_by(builder: &mut Builder<'_>, at: usize, one: &Resource) -> Option<Target> {
    const MIXED: [Step<'static>; 6] = [
        self::at("mixed_instances_policy"),
        FIRST,
        self::at("launch_template"),
        FIRST,
        self::at("launch_template_specification"),
        FIRST,
    ];
    let own: &[Step<'_>] = &[self::at("launch_template"), FIRST];
    for (block, names) in [(own, ["id", "name"]), (&MIXED, ["launch_template_id", "launch_template_name"])] {
        for name in names {
            let path: Vec<Step<'_>> = block.iter().copied().chain([self::at(name)]).collect();
            let is_there = one.at(block).is_some() || one.is_unknown(block);
            match builder.link_at(at, &path, &TEMPLATE) {
                Link::To(target) if is_there => return Some(target),
                _ => {}
            }
        }
    }
    match builder.link(at, "launch_configuration", &CONFIGURATION) {
        Link::To(target) => Some(target),
        Link::None | Link::Open { .. } => None,
    }
}

/// Subnets of a list; none unless every one of them is known, and in the file.
pub(super) fn subnets(builder: &mut Builder<'_>, at: usize, path: Path<'_>) -> Option<Vec<usize>> {
    let links = builder.links_at(at, path, &wanted::SUBNET);
    if links.open.is_some() || links.to.is_empty() {
        return None;
    }
    let here = |target: Target| match target {
        Target::Here(found) => Some(found.resource),
        Target::Elsewhere(_) => None,
    };
    links.to.into_iter().map(here).collect()
}

/// The subnets of a group of subnets.
fn of_group(builder: &mut Builder<'_>, at: usize, name: &str, used: &mut Vec<usize>) -> Option<Vec<usize>> {
    let group = match builder.link(at, name, &SUBNET_GROUP) {
        Link::To(Target::Here(found)) => found.resource,
        Link::To(Target::Elsewhere(name)) => {
            let mut groups = builder.of(SUBNET_GROUP.kinds).into_iter();
            groups.find(|(_, group)| group.text("name").is_some_and(|own| own.eq_ignore_ascii_case(&name)))?.0
        }
        Link::None | Link::Open { .. } => return None,
    };
    used.push(group);
    subnets(builder, group, &[self::at("subnet_ids")])
}

/// The names of security groups, each once.
pub(super) fn group_names(builder: &Builder<'_>, links: &Links, place: Place) -> Vec<Spanned<String>> {
    let mut names: Vec<Spanned<String>> = Vec::new();
    for target in &links.to {
        let name = match target {
            Target::Here(candidate) => security_group::group_name(builder, candidate),
            Target::Elsewhere(id) => id.clone(),
        };
        let name = name.strip_suffix("/default").map_or(name.clone(), |_| "default".to_owned());
        if names.iter().all(|known| known.value != name) {
            names.push(Spanned::new(name, place));
        }
    }
    names
}

/// Puts the service into the topology; none if too little is known of its subnets.
pub(super) fn add(builder: &mut Builder<'_>, at: usize, one: &Resource, made: Made) -> Option<()> {
    let vpc = builder.vpc_of_subnet(*made.subnets.first()?)?;
    let is_known = |subnet: &usize| {
        builder.vpc_of_subnet(*subnet) == Some(vpc) && !builder.subnets_open.contains(subnet)
    };
    if !made.subnets.iter().all(is_known) {
        return None;
    }
    let place = builder.place(at);
    let more = made.groups.open.is_some();
    let names = group_names(builder, &made.groups, place);
    let is_default = names.is_empty() && !more;
    // The default group of a VPC that the file does not own.
    if is_default
        && !builder.facts(vpc).is_owned
        && builder.vpc(vpc).is_some_and(|vpc| vpc.default_security_group.is_none())
    {
        return None;
    }
    let address = one.text("ip_address").and_then(|text| text.parse().ok());
    let mut interfaces = Entries::default();
    for subnet in &made.subnets {
        let name = Spanned::new(builder.address(*subnet).to_owned(), place);
        let range = builder.subnet(*subnet).and_then(|subnet| subnet.cidr);
        let ip = address.filter(|ip| range.is_none_or(|range| range.value.contains(ip)));
        let interface = Interface {
            subnet: name.clone(),
            ips: ip.map(|ip| Spanned::new(ip, place)).into_iter().collect(),
            ipv6: Vec::new(),
            public_ip: Spanned::new(made.public, place),
            public_ips: Vec::new(),
            security_groups: (!is_default).then(|| names.clone()),
            more_security_groups: more,
            source_dest_check: None,
            attached: true,
            deny_all_igw_traffic: false,
            place,
        };
        interfaces.push(name, interface);
    }
    let group = one.key.as_ref().map(|key| {
        let text = key.to_string();
        Spanned::new(one.address.strip_suffix(&text).unwrap_or(&one.address).to_owned(), place)
    });
    let instance = Instance {
        kind: Spanned::new(made.owner, place),
        group,
        one_per_subnet: true,
        interfaces,
        place,
        ..Instance::default()
    };
    let name = builder.name(at);
    builder.vpc(vpc)?.instances.push(name, instance);
    builder.settle(at, Fate::Read);
    made.used.iter().for_each(|used| builder.settle(*used, Fate::Read));
    if more {
        let why = builder.why("a security group of it", &[]);
        builder.unresolved(at, &remarks::GROUPS_OPEN, why);
    }
    Some(())
}
