//! What concerns the network but is not modelled yet: known by name, with its subnets and security groups.
//!
//! One table: a new component moves from here to a file of its own.

use std::collections::BTreeSet;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::super::value::{Located, Value};
use super::Lowering;
use crate::topology::Unmodelled;

/// A type of resource, and what AWS calls one.
struct Kind {
    name: &'static str,
    words: &'static str,
    about: About,
}

enum About {
    /// A component that packets may meet.
    Component,
    /// Part of another one, without a name that packets could meet.
    Part,
}

const fn component(name: &'static str, words: &'static str) -> Kind {
    Kind { name, words, about: About::Component }
}

const fn part(name: &'static str, words: &'static str) -> Kind {
    Kind { name, words, about: About::Part }
}

static KINDS: &[Kind] = &[
    component("AWS::EC2::TransitGateway", "transit gateway"),
    component("AWS::EC2::TransitGatewayAttachment", "transit gateway attachment"),
    component("AWS::EC2::TransitGatewayVpcAttachment", "transit gateway attachment"),
    component("AWS::EC2::TransitGatewayPeeringAttachment", "transit gateway attachment"),
    component("AWS::EC2::TransitGatewayConnect", "transit gateway attachment"),
    component("AWS::EC2::TransitGatewayRouteTable", "transit gateway route table"),
    part("AWS::EC2::TransitGatewayRoute", "transit gateway route"),
    part("AWS::EC2::TransitGatewayRouteTableAssociation", "transit gateway route table association"),
    part("AWS::EC2::TransitGatewayRouteTablePropagation", "transit gateway route table propagation"),
    component("AWS::EC2::VPNGateway", "virtual private gateway"),
    component("AWS::EC2::VPNConnection", "VPN connection"),
    part("AWS::EC2::VPNConnectionRoute", "VPN connection route"),
    component("AWS::EC2::CustomerGateway", "customer gateway"),
    component("AWS::EC2::ClientVpnEndpoint", "Client VPN endpoint"),
    part("AWS::EC2::ClientVpnTargetNetworkAssociation", "Client VPN association"),
    part("AWS::EC2::ClientVpnRoute", "Client VPN route"),
    component("AWS::EC2::CarrierGateway", "carrier gateway"),
    component("AWS::EC2::LocalGatewayRouteTable", "local gateway route table"),
    component("AWS::EC2::VPCEndpoint", "VPC endpoint"),
    component("AWS::EC2::VPCEndpointService", "VPC endpoint service"),
    component("AWS::EC2::InstanceConnectEndpoint", "EC2 Instance Connect endpoint"),
    part("AWS::EC2::SecurityGroupVpcAssociation", "security group VPC association"),
    component("AWS::EC2::EC2Fleet", "EC2 fleet"),
    component("AWS::EC2::SpotFleet", "spot fleet"),
    component("AWS::AutoScaling::AutoScalingGroup", "Auto Scaling group"),
    component("AWS::ElasticLoadBalancingV2::LoadBalancer", "load balancer"),
    component("AWS::ElasticLoadBalancing::LoadBalancer", "load balancer"),
    component("AWS::ElasticLoadBalancingV2::TargetGroup", "target group"),
    part("AWS::ElasticLoadBalancingV2::Listener", "load balancer listener"),
    part("AWS::ElasticLoadBalancingV2::ListenerRule", "load balancer listener rule"),
    component("AWS::RDS::DBInstance", "DB instance"),
    component("AWS::RDS::DBCluster", "DB cluster"),
    component("AWS::RDS::DBProxy", "DB proxy"),
    component("AWS::DocDB::DBCluster", "DB cluster"),
    component("AWS::Neptune::DBCluster", "DB cluster"),
    component("AWS::Lambda::Function", "Lambda function"),
    component("AWS::Serverless::Function", "Lambda function"),
    component("AWS::ECS::Service", "ECS service"),
    component("AWS::EKS::Cluster", "EKS cluster"),
    component("AWS::EKS::Nodegroup", "EKS node group"),
    component("AWS::EFS::MountTarget", "EFS mount target"),
    component("AWS::FSx::FileSystem", "FSx file system"),
    component("AWS::ElastiCache::CacheCluster", "cache cluster"),
    component("AWS::ElastiCache::ReplicationGroup", "replication group"),
    component("AWS::ElastiCache::ServerlessCache", "serverless cache"),
    component("AWS::MemoryDB::Cluster", "MemoryDB cluster"),
    component("AWS::Redshift::Cluster", "Redshift cluster"),
    component("AWS::OpenSearchService::Domain", "OpenSearch domain"),
    component("AWS::Elasticsearch::Domain", "OpenSearch domain"),
    component("AWS::AmazonMQ::Broker", "message broker"),
    component("AWS::MSK::Cluster", "MSK cluster"),
    component("AWS::DMS::ReplicationInstance", "DMS replication instance"),
    component("AWS::DirectoryService::MicrosoftAD", "directory"),
    component("AWS::DirectoryService::SimpleAD", "directory"),
    component("AWS::EMR::Cluster", "EMR cluster"),
    component("AWS::Batch::ComputeEnvironment", "Batch compute environment"),
    component("AWS::SageMaker::NotebookInstance", "SageMaker notebook"),
    component("AWS::Route53Resolver::ResolverEndpoint", "resolver endpoint"),
    component("AWS::NetworkFirewall::Firewall", "Network Firewall"),
    component("AWS::NetworkFirewall::VpcEndpointAssociation", "Network Firewall"),
    part("AWS::NetworkFirewall::FirewallPolicy", "network firewall policy"),
    part("AWS::NetworkFirewall::RuleGroup", "network firewall rule group"),
    component("AWS::NetworkManager::CoreNetwork", "core network"),
    component("AWS::NetworkManager::VpcAttachment", "core network attachment"),
    component("AWS::NetworkManager::SiteToSiteVpnAttachment", "core network attachment"),
    component("AWS::DirectConnect::DirectConnectGateway", "Direct Connect gateway"),
    component("AWS::VpcLattice::ServiceNetworkVpcAssociation", "VPC Lattice association"),
    component("AWS::GlobalAccelerator::Accelerator", "Global Accelerator"),
    component("AWS::EC2::TrafficMirrorTarget", "traffic mirror target"),
];

/// Types of `AWS::EC2` that say nothing about where packets go.
const NOT_NETWORK: [&str; 24] = [
    "AWS::EC2::CapacityReservation",
    "AWS::EC2::DHCPOptions",
    "AWS::EC2::FlowLog",
    "AWS::EC2::Host",
    "AWS::EC2::IPAM",
    "AWS::EC2::IPAMAllocation",
    "AWS::EC2::IPAMPool",
    "AWS::EC2::IPAMPoolCidr",
    "AWS::EC2::IPAMScope",
    "AWS::EC2::KeyPair",
    "AWS::EC2::NetworkInsightsAnalysis",
    "AWS::EC2::NetworkInsightsPath",
    "AWS::EC2::NetworkInterfacePermission",
    "AWS::EC2::NetworkPerformanceMetricSubscription",
    "AWS::EC2::PlacementGroup",
    "AWS::EC2::SnapshotBlockPublicAccess",
    "AWS::EC2::SubnetCidrReservation",
    "AWS::EC2::TrafficMirrorFilter",
    "AWS::EC2::TrafficMirrorFilterRule",
    "AWS::EC2::TrafficMirrorSession",
    "AWS::EC2::VPCDHCPOptionsAssociation",
    "AWS::EC2::VPCEndpointConnectionNotification",
    "AWS::EC2::VPCEndpointServicePermissions",
    "AWS::EC2::Volume",
];

/// Further types that are read where something refers to them.
const BY_REFERENCE: [&str; 2] = ["AWS::EC2::LaunchTemplate", "AWS::EC2::VolumeAttachment"];

/// Resources in which subnets and groups are looked for, from one that is not modelled: for example a DB subnet group.
const MAX_HOPS: usize = 2;

impl Lowering<'_> {
    /// Everything that no other module has read.
    pub(super) fn others(&mut self) {
        for kind in self.by_kind.keys().copied().collect::<Vec<_>>() {
            let known = KINDS.iter().find(|known| known.name == kind);
            for (id, doubt) in self.existing(kind) {
                match (known, kind) {
                    (Some(known), _) => self.add_known(id, known, doubt.is_some()),
                    (None, "AWS::CloudFormation::Stack" | "AWS::CloudFormation::Module") => {
                        self.nested_stack(id)
                    }
                    (None, _) if kind.starts_with("AWS::EC2::") => self.other_of_ec2(id, kind),
                    (None, _) => {}
                }
            }
        }
    }

    fn add_known(&mut self, id: ResourceId, known: &Kind, doubted: bool) {
        // A module of its own has read it, or said why not.
        if self.fates.contains_key(&id) {
            return;
        }
        let mut item =
            Unmodelled { kind: known.words.to_owned(), name: self.named(id), ..Unmodelled::default() };
        self.place_unmodelled(id, &mut item);
        let outside = known.words == "Lambda function" && item.subnets.is_empty() && !self.has_vpc_config(id);
        if outside {
            // Runs outside every VPC.
            return;
        }
        if doubted {
            item.why = Some("whether it exists is not known, and it is not modelled yet".to_owned());
        }
        self.fate(id, Fate::NotModelled);
        if matches!(known.about, About::Component) && !self.unmodelled.contains(&item.name.value) {
            self.add_unmodelled(item);
        }
    }

    fn has_vpc_config(&mut self, id: ResourceId) -> bool {
        !matches!(self.effective(id, "VpcConfig").value, Value::Nothing)
    }

    /// What a nested stack makes is read if its template is here.
    fn nested_stack(&mut self, id: ResourceId) {
        if self.world.nested.contains_key(&id) {
            return self.fate(id, Fate::Read);
        }
        let why = "its template was not read: put it beside this one";
        self.unresolved(id, "what the nested stack makes", why, self.place(id));
        self.add_unmodelled(Unmodelled {
            kind: "nested stack".to_owned(),
            name: self.named(id),
            why: Some(why.to_owned()),
            ..Unmodelled::default()
        });
    }

    /// A type that AWS added since, or that nobody thought of.
    fn other_of_ec2(&mut self, id: ResourceId, kind: &str) {
        if self.fates.contains_key(&id) || NOT_NETWORK.contains(&kind) || BY_REFERENCE.contains(&kind) {
            return;
        }
        let mut item = Unmodelled { kind: kind.to_owned(), name: self.named(id), ..Unmodelled::default() };
        self.place_unmodelled(id, &mut item);
        self.add_unmodelled(item);
        self.fate(id, Fate::NotModelled);
    }

    /// Finds the VPC, the subnets and the groups that a resource refers to, wherever it does.
    pub(super) fn place_unmodelled(&mut self, id: ResourceId, item: &mut Unmodelled) {
        let mut found = BTreeSet::new();
        self.references(id, &mut found, MAX_HOPS);
        let mut home = None;
        for resource in &found {
            if let Some(subnet) = self.subnets.get(resource) {
                let name = self.subnet_entry(*subnet).map(|entry| entry.name().to_owned());
                home = home.or(Some(subnet.0));
                item.subnets.extend(name.filter(|_| home == Some(subnet.0)));
            } else if let Some((vpc, _)) = self.security_groups.get(resource) {
                home = home.or(Some(*vpc));
                item.security_groups.push(self.name(*resource));
            }
        }
        for resource in &found {
            home = home.or_else(|| self.vpcs.get(resource).copied());
        }
        item.vpc = home.map(|vpc| self.vpc_name(vpc));
    }

    /// Every resource that the properties of a resource refer to.
    fn references(&mut self, id: ResourceId, found: &mut BTreeSet<ResourceId>, hops: usize) {
        let world = self.world;
        let Some(properties) = world.resource(id).and_then(|resource| resource.properties.as_ref()) else {
            return;
        };
        let mut direct = BTreeSet::new();
        for (key, _) in properties.entries() {
            // Large, and never about the network.
            if matches!(
                &*key.text,
                "UserData" | "Code" | "InlineCode" | "Environment" | "Tags" | "PolicyDocument"
            ) {
                continue;
            }
            let value = self.evaluator.property(id, &key.text);
            symbols(&value, &mut direct);
        }
        for resource in direct {
            let kind = world.kind(resource);
            let further = kind.ends_with("SubnetGroup") || kind.ends_with("LaunchTemplate");
            if found.insert(resource) && hops > 0 && further {
                self.references(resource, found, hops - 1);
            }
        }
    }
}

pub(super) fn symbols(value: &Value, found: &mut BTreeSet<ResourceId>) {
    let mut inner = |located: &Located| symbols(&located.value, found);
    match value {
        Value::Text(text) => found.extend(text.any_symbol().map(|symbol| symbol.resource)),
        Value::List(items) => items.iter().for_each(inner),
        Value::Map(entries) => entries.iter().for_each(|(_, located)| inner(located)),
        Value::Nothing | Value::Unknown(_) => {}
    }
}
