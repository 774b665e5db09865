//! What AWS may put into any of several subnets: functions, containers, groups of instances, databases (EN-8).
//!
//! One table says where each type names its subnets and security groups. A resource that names no subnets is left to
//! [`unmodelled`](super::unmodelled); one of which something is not known keeps its name, and says why.

use std::net::Ipv4Addr;
use std::rc::Rc;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::super::value::{Located, Value};
use super::Lowering;
use super::bag::{self, Bag, Field, items};
use super::interface::Failed;
use crate::topology::{Entries, Entry, Instance, InstanceKind, Interface, PublicIp, Spanned};

/// A property, and the keys inside it.
type Path = &'static [&'static str];

/// Where a type names what its hosts are made of.
struct Service {
    kind: &'static str,
    /// What AWS calls one.
    words: &'static str,
    /// A database, a function, or else something with the client ports of Linux (EN-6).
    owner: InstanceKind,
    subnets: Subnets,
    groups: Path,
    public: Public,
}

enum Subnets {
    /// A list of subnets, or one.
    Listed(Path),
    /// A group of subnets: the property, its type, and the property of that with the list.
    Group(&'static str, &'static str),
}

/// Whether its hosts have public addresses.
#[derive(Clone, Copy)]
enum Public {
    Never,
    /// If the property has this value, and not if it is absent.
    If(Path, &'static str),
    /// What `PubliclyAccessible` says, which has no default that always holds.
    Said,
    /// What `PubliclyAccessible` says; if it is absent, whether the VPC has an internet gateway (Amazon RDS API,
    /// `CreateDBInstance`).
    Gateway,
}

const VPC_GROUPS: Path = &["VpcSecurityGroupIds"];
const ACCESSIBLE: &str = "PubliclyAccessible";

const INSTANCE: &str = "AWS::RDS::DBInstance";
const CLUSTER: &str = "AWS::RDS::DBCluster";
const RDS_SUBNETS: Subnets = Subnets::Group("DBSubnetGroupName", "AWS::RDS::DBSubnetGroup");

const SERVERLESS: &str = "AWS::Serverless::Function";

const SCALING_GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";
const CONFIGURATION: &str = "AWS::AutoScaling::LaunchConfiguration";
const TEMPLATE: &str = "AWS::EC2::LaunchTemplate";

const fn service(
    kind: &'static str,
    words: &'static str,
    owner: InstanceKind,
    subnets: Subnets,
    groups: Path,
    public: Public,
) -> Service {
    Service { kind, words, owner, subnets, groups, public }
}

static SERVICES: &[Service] = &[
    service(
        "AWS::Lambda::Function",
        "Lambda function",
        InstanceKind::Lambda,
        Subnets::Listed(&["VpcConfig", "SubnetIds"]),
        &["VpcConfig", "SecurityGroupIds"],
        Public::Never,
    ),
    service(
        SERVERLESS,
        "Lambda function",
        InstanceKind::Lambda,
        Subnets::Listed(&["VpcConfig", "SubnetIds"]),
        &["VpcConfig", "SecurityGroupIds"],
        Public::Never,
    ),
    service(
        "AWS::ECS::Service",
        "ECS service",
        InstanceKind::Interface,
        Subnets::Listed(&["NetworkConfiguration", "AwsvpcConfiguration", "Subnets"]),
        &["NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups"],
        Public::If(&["NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp"], "ENABLED"),
    ),
    service(
        "AWS::RDS::DBProxy",
        "DB proxy",
        InstanceKind::Rds,
        Subnets::Listed(&["VpcSubnetIds"]),
        VPC_GROUPS,
        Public::Never,
    ),
    service(
        "AWS::DocDB::DBCluster",
        "DB cluster",
        InstanceKind::Rds,
        Subnets::Group("DBSubnetGroupName", "AWS::DocDB::DBSubnetGroup"),
        VPC_GROUPS,
        Public::Never,
    ),
    service(
        "AWS::Neptune::DBCluster",
        "DB cluster",
        InstanceKind::Rds,
        Subnets::Group("DBSubnetGroupName", "AWS::Neptune::DBSubnetGroup"),
        VPC_GROUPS,
        Public::Never,
    ),
    service(
        "AWS::ElastiCache::CacheCluster",
        "cache cluster",
        InstanceKind::Interface,
        Subnets::Group("CacheSubnetGroupName", "AWS::ElastiCache::SubnetGroup"),
        VPC_GROUPS,
        Public::Never,
    ),
    service(
        "AWS::ElastiCache::ReplicationGroup",
        "replication group",
        InstanceKind::Interface,
        Subnets::Group("CacheSubnetGroupName", "AWS::ElastiCache::SubnetGroup"),
        &["SecurityGroupIds"],
        Public::Never,
    ),
    service(
        "AWS::Redshift::Cluster",
        "Redshift cluster",
        InstanceKind::Interface,
        Subnets::Group("ClusterSubnetGroupName", "AWS::Redshift::ClusterSubnetGroup"),
        VPC_GROUPS,
        Public::Said,
    ),
    service(
        "AWS::EFS::MountTarget",
        "EFS mount target",
        InstanceKind::Interface,
        Subnets::Listed(&["SubnetId"]),
        &["SecurityGroups"],
        Public::Never,
    ),
    service(
        "AWS::OpenSearchService::Domain",
        "OpenSearch domain",
        InstanceKind::Interface,
        Subnets::Listed(&["VPCOptions", "SubnetIds"]),
        &["VPCOptions", "SecurityGroupIds"],
        Public::Never,
    ),
    service(
        "AWS::Elasticsearch::Domain",
        "OpenSearch domain",
        InstanceKind::Interface,
        Subnets::Listed(&["VPCOptions", "SubnetIds"]),
        &["VPCOptions", "SecurityGroupIds"],
        Public::Never,
    ),
    service(
        "AWS::MSK::Cluster",
        "MSK cluster",
        InstanceKind::Interface,
        Subnets::Listed(&["BrokerNodeGroupInfo", "ClientSubnets"]),
        &["BrokerNodeGroupInfo", "SecurityGroups"],
        Public::Never,
    ),
    service(
        "AWS::AmazonMQ::Broker",
        "message broker",
        InstanceKind::Interface,
        Subnets::Listed(&["SubnetIds"]),
        &["SecurityGroups"],
        Public::Said,
    ),
    service(
        "AWS::DMS::ReplicationInstance",
        "DMS replication instance",
        InstanceKind::Interface,
        Subnets::Group("ReplicationSubnetGroupIdentifier", "AWS::DMS::ReplicationSubnetGroup"),
        VPC_GROUPS,
        Public::Said,
    ),
];

/// What the hosts of a service are made of.
struct Made {
    owner: InstanceKind,
    /// The VPC, and the positions of the subnets in it.
    vpc: usize,
    subnets: Vec<usize>,
    groups: Located,
    public: PublicIp,
    ip: Option<Spanned<Ipv4Addr>>,
}

/// What was read; nothing of what is in no subnet of the templates.
type Read = Result<Option<Made>, Failed>;

impl Lowering<'_> {
    /// Everything that AWS may put into any of several subnets.
    pub(super) fn services(&mut self) {
        for service in SERVICES {
            self.each(service.kind, service.words, |lowering, id| lowering.of_table(id, service));
        }
        self.each(INSTANCE, "DB instance", Self::db_instance);
        self.each(CLUSTER, "DB cluster", Self::db_cluster);
        self.each(SCALING_GROUP, "Auto Scaling group", Self::scaling_group);
    }

    fn each(&mut self, kind: &str, words: &str, read: impl Fn(&mut Self, ResourceId) -> Read) {
        for (id, doubt) in self.existing(kind) {
            let made = match (read(self, id), doubt) {
                (Ok(Some(_)), Some(why)) => Err(("whether it exists", why)),
                (made, _) => made,
            };
            match made {
                Ok(Some(made)) => self.add_service(id, made),
                Ok(None) => {}
                Err((what, why)) => self.hide(id, words, what, &why),
            }
        }
    }

    fn of_table(&mut self, id: ResourceId, service: &Service) -> Read {
        let found = match service.subnets {
            Subnets::Listed(path) => {
                let said = self.at(id, path);
                self.listed_subnets(&said)?
            }
            Subnets::Group(property, kind) => self.subnets_of_group(id, property, kind)?,
        };
        let Some((vpc, subnets)) = found else { return Ok(None) };
        let groups = self.at(id, service.groups);
        let public = self.is_public(id, service.public, vpc)?;
        let ip = match service.kind {
            "AWS::EFS::MountTarget" => self.bag(id, &["IpAddress"]).text(&self.evaluator, "IpAddress"),
            _ => Field::Absent,
        };
        let ip = match ip.and_then("an IPv4 address", |text| text.trim().parse().ok()) {
            Field::Unknown(why, _) => return Err(("its address", why)),
            ip => ip.known(),
        };
        Ok(Some(Made { owner: service.owner.clone(), vpc, subnets, groups, public, ip }))
    }

    /// A database; one of a cluster is where the cluster is, behind its groups.
    fn db_instance(&mut self, id: ResourceId) -> Read {
        let reference = self.reference(id, "DBClusterIdentifier");
        let cluster = self.resource_of(&reference, CLUSTER);
        if cluster.is_none() && !matches!(reference, super::Reference::Absent) {
            return Err(("its cluster", self.why(&reference)));
        }
        let home = cluster.unwrap_or(id);
        let Some((vpc, subnets)) = self.rds_subnets(home)? else { return Ok(None) };
        let groups = self.at(home, if cluster.is_some() { VPC_GROUPS } else { &["VPCSecurityGroups"] });
        let public = self.is_public(id, Public::Gateway, vpc)?;
        Ok(Some(Made { owner: InstanceKind::Rds, vpc, subnets, groups, public, ip: None }))
    }

    /// A cluster is reached by its instances: public if one of them is.
    fn db_cluster(&mut self, id: ResourceId) -> Read {
        let Some((vpc, subnets)) = self.rds_subnets(id)? else { return Ok(None) };
        let groups = self.at(id, VPC_GROUPS);
        let mut public = PublicIp::None;
        for (instance, doubt) in self.existing(INSTANCE) {
            let reference = self.reference(instance, "DBClusterIdentifier");
            if self.resource_of(&reference, CLUSTER) != Some(id) {
                continue;
            }
            match (self.is_public(instance, Public::Gateway, vpc)?, doubt) {
                (PublicIp::None, _) => {}
                (_, Some(why)) => return Err(("whether it has a public address", why)),
                (is_public, None) => public = is_public,
            }
        }
        Ok(Some(Made { owner: InstanceKind::Rds, vpc, subnets, groups, public, ip: None }))
    }

    fn rds_subnets(&mut self, id: ResourceId) -> Result<Option<(usize, Vec<usize>)>, Failed> {
        let Subnets::Group(property, kind) = RDS_SUBNETS else { return Ok(None) };
        self.subnets_of_group(id, property, kind)
    }

    /// An Auto Scaling group: its instances are like its launch template, in any of its subnets.
    fn scaling_group(&mut self, id: ResourceId) -> Read {
        let said = self.at(id, &["VPCZoneIdentifier"]);
        let Some((vpc, subnets)) = self.listed_subnets(&said)? else { return Ok(None) };
        let data = self.launch_data(id)?;
        let interfaces = data.items("NetworkInterfaces").map_err(|why| ("its interfaces", why))?;
        let (groups, bag) = match interfaces.first() {
            Some(first) => {
                let first = Bag::of(first).map_err(|why| ("its interfaces", why))?;
                (first.get("Groups").cloned(), first)
            }
            None => (data.get("SecurityGroupIds").or_else(|| data.get("SecurityGroups")).cloned(), data),
        };
        let public = match bag.flag(&self.evaluator, "AssociatePublicIpAddress") {
            Field::Known(said) if said.value => PublicIp::Assigned,
            Field::Known(_) => PublicIp::None,
            Field::Unknown(why, _) => return Err(("whether it gets a public address", why)),
            Field::Absent => self.inherited(vpc, &subnets)?,
        };
        let groups = groups.unwrap_or_else(|| Value::Nothing.at(bag.place));
        Ok(Some(Made { owner: InstanceKind::Ec2, vpc, subnets, groups, public, ip: None }))
    }

    /// What the subnets do, if they are known to.
    fn inherited(&self, vpc: usize, subnets: &[usize]) -> Result<PublicIp, Failed> {
        let of_these = |at: &(usize, usize)| at.0 == vpc && subnets.contains(&at.1);
        let unknown =
            self.unknown_public.iter().find(|(subnet, _)| self.subnets.get(*subnet).is_some_and(of_these));
        match unknown {
            Some((_, why)) => Err(("whether it gets a public address", Rc::clone(why))),
            None => Ok(PublicIp::Inherit),
        }
    }

    /// What an Auto Scaling group launches: the data of its launch template, or its launch configuration.
    fn launch_data(&mut self, id: ResourceId) -> Result<Bag, Failed> {
        const MIXED: Path = &["MixedInstancesPolicy", "LaunchTemplate", "LaunchTemplateSpecification"];
        let what = "what it launches";
        let own = self.at(id, &["LaunchTemplate"]);
        let said = if matches!(own.value, Value::Nothing) { self.at(id, MIXED) } else { own };
        if !matches!(said.value, Value::Nothing) {
            let said = Bag::of(&said).map_err(|why| (what, why))?;
            let name = if said.has("LaunchTemplateId") { "LaunchTemplateId" } else { "LaunchTemplateName" };
            let reference = self.refer(&said.value(name));
            let Some(template) = self.resource_of(&reference, TEMPLATE) else {
                return Err((what, self.why(&reference)));
            };
            let data = self.at(template, &["LaunchTemplateData"]);
            return Bag::of(&data).map_err(|why| (what, why));
        }
        let reference = self.reference(id, "LaunchConfigurationName");
        match self.resource_of(&reference, CONFIGURATION) {
            Some(configuration) => {
                Ok(self.bag(configuration, &["SecurityGroups", "AssociatePublicIpAddress"]))
            }
            None => Err((what, self.why(&reference))),
        }
    }

    /// The value of a property, or of a key inside it.
    fn at(&mut self, id: ResourceId, path: Path) -> Located {
        let Some((property, keys)) = path.split_first() else { return Value::Nothing.at(self.place(id)) };
        let mut found = self.effective(id, property);
        for key in keys {
            found = match Bag::of(&found) {
                Ok(bag) => bag.get(key).cloned().unwrap_or_else(|| Value::Nothing.at(found.place)),
                Err(_) if matches!(found.value, Value::Nothing) => return found,
                Err(why) => return Value::Unknown(why).at(found.place),
            };
        }
        found
    }

    /// A property, with what SAM's `Globals` add to it.
    pub(super) fn effective(&mut self, id: ResourceId, property: &str) -> Located {
        let own = self.evaluator.property(id, property).at(self.evaluator.property_place(id, property));
        if self.world.kind(id) != SERVERLESS {
            return own;
        }
        let global = self.evaluator.global(id, property).at(own.place);
        merge(global, own)
    }

    fn is_public(&mut self, id: ResourceId, public: Public, vpc: usize) -> Result<PublicIp, Failed> {
        let what = "whether it has a public address";
        let (path, word): (Path, &str) = match public {
            Public::Never => return Ok(PublicIp::None),
            Public::If(path, word) => (path, word),
            Public::Said | Public::Gateway => (&[ACCESSIBLE], "true"),
        };
        let said = self.at(id, path);
        match (bag::text(&self.evaluator, &said), public) {
            (Field::Known(said), _) if said.value.trim().eq_ignore_ascii_case(word) => Ok(PublicIp::Assigned),
            (Field::Known(_), _) | (Field::Absent, Public::If(..) | Public::Never) => Ok(PublicIp::None),
            (Field::Unknown(why, _), _) => Err((what, why)),
            (Field::Absent, Public::Said) => Err((what, format!("`{ACCESSIBLE}` is not said").into())),
            (Field::Absent, Public::Gateway) => {
                let has_gateway = self.vpc(vpc).is_some_and(|vpc| vpc.internet_gateway.is_some());
                Ok(if has_gateway { PublicIp::Assigned } else { PublicIp::None })
            }
        }
    }

    /// The subnets of a group of subnets.
    fn subnets_of_group(
        &mut self,
        id: ResourceId,
        property: &str,
        kind: &str,
    ) -> Result<Option<(usize, Vec<usize>)>, Failed> {
        let reference = self.reference(id, property);
        if matches!(reference, super::Reference::Absent) {
            return Ok(None);
        }
        let Some(group) = self.resource_of(&reference, kind) else {
            return Err(("its group of subnets", self.why(&reference)));
        };
        let said = self.at(group, &["SubnetIds"]);
        self.listed_subnets(&said)
    }

    /// The VPC and the subnets of a list; nothing of an empty one.
    fn listed_subnets(&mut self, said: &Located) -> Result<Option<(usize, Vec<usize>)>, Failed> {
        let what = "its subnets";
        let mut home: Option<(usize, Vec<usize>)> = None;
        for item in items(said).map_err(|why| (what, why))? {
            let reference = self.refer(&item.value);
            let subnet = self.resource_of(&reference, "AWS::EC2::Subnet");
            let Some((vpc, subnet)) = subnet.and_then(|subnet| self.subnets.get(&subnet)).copied() else {
                return Err((what, self.why(&reference)));
            };
            let (first, subnets) = home.get_or_insert_with(|| (vpc, Vec::new()));
            if *first != vpc {
                return Err((what, "they are of several VPCs".into()));
            }
            if !subnets.contains(&subnet) {
                subnets.push(subnet);
            }
        }
        Ok(home)
    }

    fn add_service(&mut self, id: ResourceId, made: Made) {
        let place = self.place(id);
        let groups = self.groups(made.vpc, &made.groups);
        let mut interfaces = Entries::default();
        for subnet in made.subnets {
            let Some(entry) = self.subnet_entry((made.vpc, subnet)) else { continue };
            let name = Spanned::new(entry.name().to_owned(), place);
            let range = entry.value.cidr;
            let holds = |ip: &Spanned<Ipv4Addr>| range.is_some_and(|range| range.value.contains(&ip.value));
            let interface = Interface {
                subnet: name.clone(),
                ips: made.ip.into_iter().filter(holds).collect(),
                ipv6: Vec::new(),
                public_ip: Spanned::new(made.public, place),
                public_ips: Vec::new(),
                security_groups: Some(groups.clone()).filter(|groups| !groups.is_empty()),
                more_security_groups: false,
                source_dest_check: None,
                attached: true,
                deny_all_igw_traffic: false,
                place,
            };
            interfaces.push(name, interface);
        }
        let instance = Instance {
            kind: Spanned::new(made.owner, place),
            one_per_subnet: true,
            interfaces,
            place,
            ..Instance::default()
        };
        let entry = Entry { name: self.named(id), aliases: self.aliases(id), value: instance };
        if let Some(vpc) = self.vpc(made.vpc) {
            vpc.instances.0.push(entry);
        }
        self.fate(id, Fate::Read);
    }
}

/// AWS SAM developer guide, Globals: maps are merged, lists are put together, other values are replaced.
fn merge(global: Located, own: Located) -> Located {
    match (global.value, own.value) {
        (Value::Nothing, value) => value.at(own.place),
        (value, Value::Nothing) => value.at(global.place),
        (Value::Map(mut merged), Value::Map(entries)) => {
            for (key, value) in entries {
                match merged.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, known)) => *known = merge(known.clone(), value),
                    None => merged.push((key, value)),
                }
            }
            Value::Map(merged).at(own.place)
        }
        (Value::List(mut merged), Value::List(items)) => {
            merged.extend(items);
            Value::List(merged).at(own.place)
        }
        (unknown @ Value::Unknown(_), _) => unknown.at(global.place),
        (_, value) => value.at(own.place),
    }
}
