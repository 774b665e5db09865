//! The calls of a collection, as data: what is asked, for which ids, which IAM action allows it, and what is
//! not known without it.
//!
//! Actions are those of the Service Authorization Reference; a prefix can differ from the CLI's name of the service
//! (`elbv2` is `elasticloadbalancing`). Calls that decide answers are those of [`CaptureKind`], which a test holds
//! against this table.
//!
//! [`CaptureKind`]: crate::topology::CaptureKind

/// What it means if AWS does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Answers that depend on it are undetermined.
    Decides,
    /// Paths are the same, but less of what they meet is known by name.
    Names,
}

/// For which ids a call is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Each {
    /// The call that lists them: `service.operation`.
    pub(super) of: &'static str,
    /// Where they are in its answer.
    pub(super) list: &'static str,
    /// The field of an element; empty if the elements are the ids.
    pub(super) field: &'static str,
    /// The option that takes them.
    pub(super) option: &'static str,
    /// Most ids of one call.
    pub(super) at_once: usize,
    /// Whether the options of the listing call are needed here too, as `--cluster` is.
    pub(super) inherits: bool,
}

/// One operation of the AWS CLI.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// `service.operation`, which is also how its files are named.
    pub(super) name: &'static str,
    /// The IAM action.
    pub(super) action: &'static str,
    pub(super) weight: Weight,
    /// What it tells.
    pub(super) about: &'static str,
    /// Further options.
    pub(super) options: &'static [&'static str],
    pub(super) each: Option<Each>,
}

impl Call {
    /// The CLI's names of service and operation.
    pub(super) fn words(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or((self.name, ""))
    }
}

const fn decides(name: &'static str, action: &'static str, about: &'static str) -> Call {
    Call { name, action, weight: Weight::Decides, about, options: &[], each: None }
}

const fn names(name: &'static str, action: &'static str, about: &'static str) -> Call {
    Call { name, action, weight: Weight::Names, about, options: &[], each: None }
}

impl Call {
    const fn each(
        mut self,
        of: &'static str,
        list: &'static str,
        field: &'static str,
        option: &'static str,
    ) -> Self {
        self.each = Some(Each { of, list, field, option, at_once: 1, inherits: false });
        self
    }

    const fn with(mut self, options: &'static [&'static str]) -> Self {
        self.options = options;
        self
    }

    const fn at_once(mut self, most: usize) -> Self {
        if let Some(each) = &mut self.each {
            each.at_once = most;
            each.inherits = true;
        }
        self
    }
}

/// Who is asking. Needs no permission.
pub(super) const IDENTITY: Call = names("sts.get-caller-identity", "sts:GetCallerIdentity", "the account");

const TGW_TABLES: &str = "ec2.describe-transit-gateway-route-tables";
const TABLE_OPTION: &str = "--transit-gateway-route-table-id";
const BALANCERS: &str = "elbv2.describe-load-balancers";
const TARGET_GROUPS: &str = "elbv2.describe-target-groups";

/// Every call, in the order in which they are made. A listing comes before what is asked for its ids.
pub(super) static CALLS: &[Call] = &[
    decides("ec2.describe-vpcs", "ec2:DescribeVpcs", "VPCs"),
    decides("ec2.describe-subnets", "ec2:DescribeSubnets", "subnets"),
    decides("ec2.describe-route-tables", "ec2:DescribeRouteTables", "route tables"),
    decides("ec2.describe-network-acls", "ec2:DescribeNetworkAcls", "network ACLs"),
    decides("ec2.describe-security-groups", "ec2:DescribeSecurityGroups", "security groups"),
    decides("ec2.describe-network-interfaces", "ec2:DescribeNetworkInterfaces", "network interfaces"),
    decides("ec2.describe-instances", "ec2:DescribeInstances", "instances"),
    decides("ec2.describe-internet-gateways", "ec2:DescribeInternetGateways", "internet gateways"),
    decides(
        "ec2.describe-egress-only-internet-gateways",
        "ec2:DescribeEgressOnlyInternetGateways",
        "egress-only internet gateways",
    ),
    decides("ec2.describe-nat-gateways", "ec2:DescribeNatGateways", "NAT gateways"),
    decides(
        "ec2.describe-vpc-peering-connections",
        "ec2:DescribeVpcPeeringConnections",
        "peering connections",
    ),
    decides("ec2.describe-managed-prefix-lists", "ec2:DescribeManagedPrefixLists", "prefix lists"),
    decides("ec2.describe-transit-gateways", "ec2:DescribeTransitGateways", "transit gateways"),
    decides(
        "ec2.describe-transit-gateway-attachments",
        "ec2:DescribeTransitGatewayAttachments",
        "transit gateway attachments",
    ),
    decides(
        "ec2.describe-transit-gateway-vpc-attachments",
        "ec2:DescribeTransitGatewayVpcAttachments",
        "VPC attachments of transit gateways",
    ),
    decides(
        "ec2.describe-transit-gateway-peering-attachments",
        "ec2:DescribeTransitGatewayPeeringAttachments",
        "peering attachments of transit gateways",
    ),
    decides(TGW_TABLES, "ec2:DescribeTransitGatewayRouteTables", "transit gateway route tables"),
    decides(
        "ec2.get-managed-prefix-list-entries",
        "ec2:GetManagedPrefixListEntries",
        "entries of prefix lists",
    )
    .each("ec2.describe-managed-prefix-lists", "PrefixLists", "PrefixListId", "--prefix-list-id"),
    decides("ec2.search-transit-gateway-routes", "ec2:SearchTransitGatewayRoutes", "transit gateway routes")
        .each(TGW_TABLES, "TransitGatewayRouteTables", "TransitGatewayRouteTableId", TABLE_OPTION)
        .with(&["--filters", "Name=state,Values=active,blackhole"]),
    decides(
        "ec2.get-transit-gateway-route-table-associations",
        "ec2:GetTransitGatewayRouteTableAssociations",
        "which table an attachment looks up",
    )
    .each(TGW_TABLES, "TransitGatewayRouteTables", "TransitGatewayRouteTableId", TABLE_OPTION),
    decides(
        "ec2.get-transit-gateway-route-table-propagations",
        "ec2:GetTransitGatewayRouteTablePropagations",
        "which attachments propagate routes",
    )
    .each(TGW_TABLES, "TransitGatewayRouteTables", "TransitGatewayRouteTableId", TABLE_OPTION),
    names("ec2.describe-addresses", "ec2:DescribeAddresses", "Elastic IP addresses"),
    names(
        "ec2.describe-security-group-rules",
        "ec2:DescribeSecurityGroupRules",
        "ids of security group rules",
    ),
    names("ec2.describe-prefix-lists", "ec2:DescribePrefixLists", "names of AWS's prefix lists"),
    names("ec2.describe-vpc-endpoints", "ec2:DescribeVpcEndpoints", "VPC endpoints"),
    names("ec2.describe-vpc-endpoint-services", "ec2:DescribeVpcEndpointServices", "services with endpoints"),
    names("ec2.describe-launch-templates", "ec2:DescribeLaunchTemplates", "launch templates"),
    names(
        "ec2.describe-vpc-endpoint-service-configurations",
        "ec2:DescribeVpcEndpointServiceConfigurations",
        "endpoint services",
    ),
    names(
        "ec2.describe-transit-gateway-connects",
        "ec2:DescribeTransitGatewayConnects",
        "Connect attachments of transit gateways",
    ),
    names("ec2.describe-vpn-gateways", "ec2:DescribeVpnGateways", "virtual private gateways"),
    names("ec2.describe-vpn-connections", "ec2:DescribeVpnConnections", "VPN connections"),
    names("ec2.describe-customer-gateways", "ec2:DescribeCustomerGateways", "customer gateways"),
    names("ec2.describe-dhcp-options", "ec2:DescribeDhcpOptions", "DHCP options"),
    names("ec2.describe-availability-zones", "ec2:DescribeAvailabilityZones", "Availability Zones"),
    names("ec2.describe-carrier-gateways", "ec2:DescribeCarrierGateways", "carrier gateways"),
    names(
        "ec2.describe-local-gateway-route-tables",
        "ec2:DescribeLocalGatewayRouteTables",
        "local gateway route tables",
    ),
    names(
        "ec2.describe-security-group-vpc-associations",
        "ec2:DescribeSecurityGroupVpcAssociations",
        "security groups that are shared between VPCs",
    ),
    names(
        "ec2.describe-vpc-block-public-access-options",
        "ec2:DescribeVpcBlockPublicAccessOptions",
        "whether VPC Block Public Access closes internet gateways",
    ),
    names(
        "ec2.describe-vpc-block-public-access-exclusions",
        "ec2:DescribeVpcBlockPublicAccessExclusions",
        "exclusions from VPC Block Public Access",
    ),
    decides(BALANCERS, "elasticloadbalancing:DescribeLoadBalancers", "load balancers"),
    decides(TARGET_GROUPS, "elasticloadbalancing:DescribeTargetGroups", "target groups"),
    decides(
        "elb.describe-load-balancers",
        "elasticloadbalancing:DescribeLoadBalancers",
        "classic load balancers",
    ),
    decides(
        "elb.describe-load-balancer-attributes",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "cross-zone settings of classic load balancers",
    )
    .each(
        "elb.describe-load-balancers",
        "LoadBalancerDescriptions",
        "LoadBalancerName",
        "--load-balancer-name",
    ),
    decides("elbv2.describe-listeners", "elasticloadbalancing:DescribeListeners", "listeners").each(
        BALANCERS,
        "LoadBalancers",
        "LoadBalancerArn",
        "--load-balancer-arn",
    ),
    decides(
        "elbv2.describe-load-balancer-attributes",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "cross-zone settings of load balancers",
    )
    .each(BALANCERS, "LoadBalancers", "LoadBalancerArn", "--load-balancer-arn"),
    decides("elbv2.describe-rules", "elasticloadbalancing:DescribeRules", "listener rules").each(
        "elbv2.describe-listeners",
        "Listeners",
        "ListenerArn",
        "--listener-arn",
    ),
    decides("elbv2.describe-target-health", "elasticloadbalancing:DescribeTargetHealth", "targets").each(
        TARGET_GROUPS,
        "TargetGroups",
        "TargetGroupArn",
        "--target-group-arn",
    ),
    decides(
        "elbv2.describe-target-group-attributes",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "whether targets see the client's address",
    )
    .each(TARGET_GROUPS, "TargetGroups", "TargetGroupArn", "--target-group-arn"),
    names("rds.describe-db-instances", "rds:DescribeDBInstances", "DB instances"),
    names("rds.describe-db-clusters", "rds:DescribeDBClusters", "DB clusters"),
    names("rds.describe-db-subnet-groups", "rds:DescribeDBSubnetGroups", "DB subnet groups"),
    names("rds.describe-db-proxies", "rds:DescribeDBProxies", "DB proxies"),
    names("lambda.list-functions", "lambda:ListFunctions", "Lambda functions"),
    names("elasticache.describe-cache-clusters", "elasticache:DescribeCacheClusters", "cache clusters")
        .with(&["--show-cache-node-info"]),
    names(
        "elasticache.describe-replication-groups",
        "elasticache:DescribeReplicationGroups",
        "cache replication groups",
    ),
    names(
        "elasticache.describe-cache-subnet-groups",
        "elasticache:DescribeCacheSubnetGroups",
        "cache subnet groups",
    ),
    names("redshift.describe-clusters", "redshift:DescribeClusters", "Redshift clusters"),
    names("efs.describe-file-systems", "elasticfilesystem:DescribeFileSystems", "EFS file systems"),
    names("efs.describe-mount-targets", "elasticfilesystem:DescribeMountTargets", "EFS mount targets").each(
        "efs.describe-file-systems",
        "FileSystems",
        "FileSystemId",
        "--file-system-id",
    ),
    names(
        "autoscaling.describe-auto-scaling-groups",
        "autoscaling:DescribeAutoScalingGroups",
        "Auto Scaling groups",
    ),
    names("ecs.list-clusters", "ecs:ListClusters", "ECS clusters"),
    names("ecs.list-services", "ecs:ListServices", "ECS services").each(
        "ecs.list-clusters",
        "clusterArns",
        "",
        "--cluster",
    ),
    // ECS describes ten services at once, and none without the cluster.
    names("ecs.describe-services", "ecs:DescribeServices", "networks of ECS services")
        .each("ecs.list-services", "serviceArns", "", "--services")
        .at_once(10),
    names("eks.list-clusters", "eks:ListClusters", "EKS clusters"),
    names("network-firewall.list-firewalls", "network-firewall:ListFirewalls", "network firewalls"),
    names(
        "directconnect.describe-direct-connect-gateways",
        "directconnect:DescribeDirectConnectGateways",
        "Direct Connect gateways",
    ),
];

/// The least policy that allows every call, as IAM takes it.
pub(super) fn policy() -> String {
    let actions: std::collections::BTreeSet<&str> = CALLS.iter().map(|call| call.action).collect();
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "VpcreachCollect", "Effect": "Allow", "Action": actions, "Resource": "*" }],
    });
    format!("{policy:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::CaptureKind;

    #[test]
    fn what_the_reader_misses_is_asked() {
        use CaptureKind as Kind;
        for kind in [
            Kind::SecurityGroups,
            Kind::NetworkAcls,
            Kind::RouteTables,
            Kind::InternetGateways,
            Kind::EgressOnlyInternetGateways,
            Kind::NatGateways,
            Kind::PeeringConnections,
            Kind::NetworkInterfaces,
            Kind::Instances,
            Kind::PrefixListEntries,
            Kind::TransitGateways,
            Kind::TransitGatewayVpcAttachments,
            Kind::TransitGatewayRouteTables,
            Kind::TransitGatewayRoutes,
            Kind::TransitGatewayAssociations,
            Kind::TransitGatewayPropagations,
            Kind::LoadBalancers,
            Kind::LoadBalancerListeners,
            Kind::LoadBalancerRules,
            Kind::LoadBalancerAttributes,
            Kind::TargetHealth,
            Kind::TargetGroupAttributes,
            Kind::ClassicLoadBalancerAttributes,
        ] {
            let asked = CALLS.iter().find(|call| {
                let (service, operation) = call.words();
                format!("aws {service} {operation}") == kind.call()
            });
            assert_eq!(asked.map(|call| call.weight), Some(Weight::Decides), "{}", kind.call());
        }
    }

    #[test]
    fn a_listing_comes_before_what_is_asked_of_its_ids() {
        for (at, call) in CALLS.iter().enumerate() {
            if let Some(each) = call.each {
                assert!(CALLS.iter().take(at).any(|listing| listing.name == each.of), "{}", call.name);
            }
        }
    }
}
