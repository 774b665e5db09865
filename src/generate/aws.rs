//! A made-up network as one capture: what `aws ec2 describe-…` would have printed, all in one document.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::topology::{
    AclAction, AclPeer, AclRule, Association, Entry, Instance, InstanceState, Interface, PeeringStatus,
    Protocol, PublicIp, Route, RouteDestination, RouteTarget, SecurityGroupPeer, SecurityGroupRule, Traffic,
    Vpc,
};

use super::{Generator, networks, prefix_lists};

/// Room for the things of one VPC in an id.
const PER_VPC: u64 = 1 << 16;
const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-central-1";

/// Makes the resources of one answer for one VPC.
type Describe = fn(&Numbered) -> Vec<Value>;

const ANSWERS: [(&str, Describe); 11] = [
    ("Vpcs", vpcs),
    ("Subnets", subnets),
    ("RouteTables", route_tables),
    ("NetworkAcls", network_acls),
    ("SecurityGroups", security_groups),
    ("InternetGateways", internet_gateways),
    ("EgressOnlyInternetGateways", egress_only_gateways),
    ("NatGateways", nat_gateways),
    ("NetworkInterfaces", network_interfaces),
    ("Reservations", reservations),
    ("VpcPeeringConnections", |_| Vec::new()),
];

struct Numbered {
    number: u32,
    vpc: Entry<Vpc>,
}

impl Generator {
    /// Writes the network as one document of AWS answers. Each answer goes over all VPCs again, so that only one is held.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn write_aws(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "{{")?;
        for (answer, describe) in ANSWERS {
            let mut list = List::open(out, answer)?;
            for number in 0..self.vpcs() {
                let numbered = Numbered { number, vpc: self.vpc(number) };
                describe(&numbered).iter().try_for_each(|resource| list.push(resource))?;
            }
            if answer == "VpcPeeringConnections" {
                self.peerings().try_for_each(|peering| list.push(&describe_peering(&peering)))?;
            }
            list.close(",")?;
        }
        let mut list = List::open(out, "PrefixLists")?;
        for (entry, number) in prefix_lists().iter().zip(0u64..) {
            list.push(&json!({"PrefixListId": id("pl", number), "PrefixListName": entry.name(), "AddressFamily": "IPv4", "MaxEntries": 20}))?;
        }
        list.close("")?;
        writeln!(out, "\n}}")?;
        // The entries of a list are an answer of their own, which does not say of which list.
        for (entry, number) in prefix_lists().iter().zip(0u64..) {
            let Some(entries) = &entry.value.entries else { continue };
            let entries: Vec<Value> =
                entries.iter().map(|cidr| json!({"Cidr": cidr.value.to_string()})).collect();
            let document = json!({"PrefixListId": id("pl", number), "Entries": entries});
            writeln!(out, "{document:#}")?;
        }
        Ok(())
    }
}

/// A list of resources that is written as it is made.
struct List<'a, W: Write> {
    out: &'a mut W,
    any: bool,
}

impl<'a, W: Write> List<'a, W> {
    fn open(out: &'a mut W, key: &str) -> io::Result<Self> {
        write!(out, "\n    \"{key}\": [")?;
        Ok(Self { out, any: false })
    }

    fn push(&mut self, resource: &Value) -> io::Result<()> {
        let comma = if std::mem::replace(&mut self.any, true) { "," } else { "" };
        write!(self.out, "{comma}\n        ")?;
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        let mut serializer = serde_json::Serializer::with_formatter(&mut *self.out, formatter);
        serde::Serialize::serialize(resource, &mut serializer).map_err(io::Error::from)
    }

    fn close(self, comma: &str) -> io::Result<()> {
        write!(self.out, "\n    ]{comma}")
    }
}

fn id(kind: &str, number: u64) -> String {
    format!("{kind}-{number:017x}")
}

impl Numbered {
    fn vpc_id(&self) -> String {
        id("vpc", u64::from(self.number))
    }

    fn id(&self, kind: &str, index: usize) -> String {
        id(kind, u64::from(self.number) * PER_VPC + index as u64)
    }

    fn named<T>(&self, kind: &str, entries: &crate::topology::Entries<T>, name: &str) -> String {
        let index = entries.iter().position(|entry| entry.name() == name);
        self.id(kind, index.unwrap_or(PER_VPC as usize - 1))
    }

    fn default_id(&self, kind: &str) -> String {
        self.id(kind, PER_VPC as usize - 1)
    }
}

fn tags(name: &str) -> Value {
    json!([{"Key": "Name", "Value": name}])
}

fn vpcs(this: &Numbered) -> Vec<Value> {
    let vpc = &this.vpc.value;
    let cidrs: Vec<Value> = vpc
        .cidrs
        .iter()
        .map(|cidr| json!({"AssociationId": this.id("vpc-cidr-assoc", 0), "CidrBlock": cidr.value.to_string(), "CidrBlockState": {"State": "associated"}}))
        .collect();
    let ipv6: Vec<Value> = vpc
        .ipv6_cidrs
        .iter()
        .map(|cidr| json!({"AssociationId": this.id("vpc-cidr-assoc", 1), "Ipv6CidrBlock": cidr.value.to_string(), "Ipv6CidrBlockState": {"State": "associated"}}))
        .collect();
    let primary = vpc.cidrs.first().map(|cidr| cidr.value.to_string());
    vec![json!({
        "CidrBlock": primary, "State": "available", "VpcId": this.vpc_id(), "OwnerId": ACCOUNT,
        "CidrBlockAssociationSet": cidrs, "Ipv6CidrBlockAssociationSet": ipv6, "IsDefault": false,
        "Tags": tags(this.vpc.name()),
    })]
}

fn subnets(this: &Numbered) -> Vec<Value> {
    let describe = |(index, entry): (usize, &Entry<crate::topology::Subnet>)| {
        let subnet = &entry.value;
        let ipv6: Vec<Value> = subnet
            .ipv6_cidr
            .iter()
            .map(|cidr| json!({"Ipv6CidrBlock": cidr.value.to_string(), "Ipv6CidrBlockState": {"State": "associated"}}))
            .collect();
        let zone = subnet.az.as_ref().map_or("a", |az| az.value.as_str());
        json!({
            "AvailabilityZone": format!("{REGION}{zone}"), "AvailableIpAddressCount": 100,
            "CidrBlock": subnet.cidr.map(|cidr| cidr.value.to_string()), "DefaultForAz": false,
            "MapPublicIpOnLaunch": false, "State": "available", "SubnetId": this.id("subnet", index),
            "VpcId": this.vpc_id(), "OwnerId": ACCOUNT, "AssignIpv6AddressOnCreation": !ipv6.is_empty(),
            "Ipv6CidrBlockAssociationSet": ipv6, "Tags": tags(entry.name()),
        })
    };
    this.vpc.value.subnets.iter().enumerate().map(describe).collect()
}

/// The subnets that are associated with a table or an ACL of that name.
fn associated(this: &Numbered, name: &str, of: fn(&crate::topology::Subnet) -> &Association) -> Vec<String> {
    let is_mine = |association: &Association| match association {
        Association::Named(named) => named.value == name,
        Association::Implicit => name.is_empty(),
        Association::Unknown => false,
    };
    let subnets = this.vpc.value.subnets.iter().enumerate();
    subnets
        .filter(|(_, entry)| is_mine(of(&entry.value)))
        .map(|(index, _)| this.id("subnet", index))
        .collect()
}

fn route_tables(this: &Numbered) -> Vec<Value> {
    let describe = |(index, entry): (usize, &Entry<crate::topology::RouteTable>)| {
        let table_id = this.id("rtb", index);
        let mut associations: Vec<Value> = associated(this, entry.name(), |subnet| &subnet.route_table)
            .into_iter()
            .map(|subnet| json!({"Main": false, "RouteTableId": table_id, "SubnetId": subnet, "AssociationState": {"State": "associated"}}))
            .collect();
        if entry.name() == "main" {
            associations.push(
                json!({"Main": true, "RouteTableId": table_id, "AssociationState": {"State": "associated"}}),
            );
        }
        let vpc = &this.vpc.value;
        let mut routes: Vec<Value> = vpc
            .cidrs
            .iter()
            .map(|cidr| json!({"DestinationCidrBlock": cidr.value.to_string(), "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}))
            .collect();
        routes.extend(vpc.ipv6_cidrs.iter().map(|cidr| json!({"DestinationIpv6CidrBlock": cidr.value.to_string(), "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"})));
        routes.extend(entry.value.routes.iter().map(|route| describe_route(this, route)));
        json!({"Associations": associations, "PropagatingVgws": [], "RouteTableId": table_id, "Routes": routes, "VpcId": this.vpc_id(), "OwnerId": ACCOUNT, "Tags": tags(entry.name())})
    };
    this.vpc.value.route_tables.iter().enumerate().map(describe).collect()
}

fn describe_route(this: &Numbered, route: &Route) -> Value {
    let mut fields = serde_json::Map::new();
    if let RouteDestination::Cidr(cidr) = &route.destination.value {
        let key = if cidr.addr().is_ipv6() { "DestinationIpv6CidrBlock" } else { "DestinationCidrBlock" };
        fields.insert(key.to_owned(), json!(cidr.to_string()));
    }
    let (key, target, state) = match &route.target.value {
        RouteTarget::Named(name) if name == "igw" => ("GatewayId", this.id("igw", 0), "active"),
        RouteTarget::Named(name) if name == "eigw" => {
            ("EgressOnlyInternetGatewayId", this.id("eigw", 0), "active")
        }
        RouteTarget::Named(name) if name.starts_with("pcx-") => {
            ("VpcPeeringConnectionId", peering_id(name), "active")
        }
        RouteTarget::Named(name) => {
            ("NatGatewayId", this.named("nat", &this.vpc.value.nat_gateways, name), "active")
        }
        RouteTarget::Local => ("GatewayId", "local".to_owned(), "active"),
        RouteTarget::Blackhole => ("NatGatewayId", this.id("nat", 99), "blackhole"),
    };
    fields.insert(key.to_owned(), json!(target));
    fields.insert("Origin".to_owned(), json!("CreateRoute"));
    fields.insert("State".to_owned(), json!(state));
    Value::Object(fields)
}

fn network_acls(this: &Numbered) -> Vec<Value> {
    let acl = |acl_id: String, name: &str, is_default: bool, subnets: Vec<String>, entries: Vec<Value>| {
        let associations: Vec<Value> = subnets
            .into_iter()
            .map(|subnet| json!({"NetworkAclAssociationId": subnet.replace("subnet", "aclassoc"), "NetworkAclId": acl_id, "SubnetId": subnet}))
            .collect();
        json!({"Associations": associations, "Entries": entries, "IsDefault": is_default, "NetworkAclId": acl_id, "Tags": tags(name), "VpcId": this.vpc_id(), "OwnerId": ACCOUNT})
    };
    let mut acls: Vec<Value> = Vec::new();
    for (index, entry) in this.vpc.value.network_acls.iter().enumerate() {
        let rules = |egress: bool, rules: &[AclRule]| -> Vec<Value> {
            rules.iter().map(|rule| describe_acl_rule(egress, rule)).collect()
        };
        let mut entries = rules(false, &entry.value.inbound);
        entries.extend(rules(true, &entry.value.outbound));
        let subnets = associated(this, entry.name(), |subnet| &subnet.network_acl);
        acls.push(acl(this.id("acl", index), entry.name(), false, subnets, entries));
    }
    let everything = |egress: bool| {
        let ipv4 = json!({"CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 100});
        let ipv6 = json!({"Ipv6CidrBlock": "::/0", "Egress": egress, "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 101});
        [ipv4, ipv6]
    };
    let entries = [false, true].into_iter().flat_map(everything).collect();
    let rest = associated(this, "", |subnet| &subnet.network_acl);
    acls.push(acl(this.default_id("acl"), "default", true, rest, entries));
    acls
}

fn describe_acl_rule(egress: bool, rule: &AclRule) -> Value {
    let action = if rule.action == AclAction::Allow { "allow" } else { "deny" };
    let protocol = rule.traffic.protocol.number().map_or("-1".to_owned(), |number| number.to_string());
    let mut value = json!({"Egress": egress, "Protocol": protocol, "RuleAction": action, "RuleNumber": rule.number.value});
    if let (Some(fields), AclPeer::Cidr(cidr)) = (value.as_object_mut(), &rule.peer.value) {
        let key = if cidr.addr().is_ipv6() { "Ipv6CidrBlock" } else { "CidrBlock" };
        fields.insert(key.to_owned(), json!(cidr.to_string()));
        if let Some(range) = rule.traffic.ports.first() {
            fields.insert("PortRange".to_owned(), json!({"From": range.first, "To": range.last}));
        }
        if matches!(rule.traffic.protocol, Protocol::Icmp | Protocol::Icmpv6) {
            fields.insert("IcmpTypeCode".to_owned(), json!({"Code": -1, "Type": -1}));
        }
    }
    value
}

fn security_groups(this: &Numbered) -> Vec<Value> {
    let describe = |(index, entry): (usize, &Entry<crate::topology::SecurityGroup>)| {
        let group = &entry.value;
        let inbound = group.inbound.iter().flatten();
        let inbound: Vec<Value> = inbound.map(|rule| permission(this, index, rule)).collect();
        let outbound: Vec<Value> = match &group.outbound {
            Some(rules) => rules.iter().map(|rule| permission(this, index, rule)).collect(),
            None => {
                let ipv6 = if this.vpc.value.ipv6_cidrs.is_empty() {
                    json!([])
                } else {
                    json!([{"CidrIpv6": "::/0"}])
                };
                vec![
                    json!({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": ipv6, "PrefixListIds": [], "UserIdGroupPairs": []}),
                ]
            }
        };
        json!({
            "Description": entry.name(), "GroupName": entry.name(), "IpPermissions": inbound,
            "OwnerId": ACCOUNT, "GroupId": this.id("sg", index), "IpPermissionsEgress": outbound,
            "Tags": tags(entry.name()), "VpcId": this.vpc_id(),
        })
    };
    this.vpc.value.security_groups.iter().enumerate().map(describe).collect()
}

fn permission(this: &Numbered, own: usize, rule: &SecurityGroupRule) -> Value {
    let (mut ipv4, mut ipv6, mut lists, mut groups) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut range = |cidr: &ipnet::IpNet| match cidr.addr().is_ipv6() {
        true => ipv6.push(json!({"CidrIpv6": cidr.to_string()})),
        false => ipv4.push(json!({"CidrIp": cidr.to_string()})),
    };
    match &rule.peer.value {
        SecurityGroupPeer::Cidr(cidr) => range(cidr),
        SecurityGroupPeer::Network(_) => {
            networks().iter().flat_map(|network| &network.value.cidrs).for_each(|cidr| range(&cidr.value));
        }
        SecurityGroupPeer::PrefixList(name) => {
            let number = prefix_lists().iter().position(|list| list.name() == name).unwrap_or_default();
            lists.push(json!({"PrefixListId": id("pl", number as u64)}));
        }
        // Nothing generated is unknown.
        SecurityGroupPeer::Unknown(_) => {}
        SecurityGroupPeer::SelfGroup => {
            groups.push(json!({"GroupId": this.id("sg", own), "UserId": ACCOUNT}));
        }
        SecurityGroupPeer::Group(name) => {
            let group = match name.split_once('/') {
                // The only groups of others that are referred to are their first ones.
                Some((vpc, _)) => {
                    let number: u64 = vpc.trim_start_matches('v').parse().unwrap_or_default();
                    id("sg", number * PER_VPC)
                }
                None => this.named("sg", &this.vpc.value.security_groups, name),
            };
            groups.push(json!({"GroupId": group, "UserId": ACCOUNT}));
        }
    }
    let mut value = json!({"IpProtocol": protocol(&rule.traffic), "IpRanges": ipv4, "Ipv6Ranges": ipv6, "PrefixListIds": lists, "UserIdGroupPairs": groups});
    let ports = match (rule.traffic.ports.first(), rule.traffic.protocol) {
        (Some(range), _) => Some((i64::from(range.first), i64::from(range.last))),
        (None, Protocol::Icmp | Protocol::Icmpv6) => Some((-1, -1)),
        (None, _) => None,
    };
    if let (Some((from, to)), Some(fields)) = (ports, value.as_object_mut()) {
        fields.insert("FromPort".to_owned(), json!(from));
        fields.insert("ToPort".to_owned(), json!(to));
    }
    value
}

fn protocol(traffic: &Traffic) -> String {
    match traffic.protocol {
        Protocol::All => "-1".to_owned(),
        Protocol::Number(number) => number.to_string(),
        other => other.to_string(),
    }
}

fn internet_gateways(this: &Numbered) -> Vec<Value> {
    let gateway = this.vpc.value.internet_gateway.as_ref();
    let attached = gateway.is_some_and(|gateway| gateway.attached.value);
    let attachments = match attached {
        true => json!([{"State": "available", "VpcId": this.vpc_id()}]),
        false => json!([]),
    };
    vec![
        json!({"Attachments": attachments, "InternetGatewayId": this.id("igw", 0), "OwnerId": ACCOUNT, "Tags": tags("igw")}),
    ]
}

fn egress_only_gateways(this: &Numbered) -> Vec<Value> {
    let gateway = this.vpc.value.egress_only_internet_gateway.iter();
    gateway
        .map(|_| json!({"Attachments": [{"State": "attached", "VpcId": this.vpc_id()}], "EgressOnlyInternetGatewayId": this.id("eigw", 0), "Tags": tags("eigw")}))
        .collect()
}

fn nat_gateways(this: &Numbered) -> Vec<Value> {
    let vpc = &this.vpc.value;
    let describe = |(index, entry): (usize, &Entry<crate::topology::NatGateway>)| {
        let nat = &entry.value;
        json!({
            "NatGatewayAddresses": [{
                "AllocationId": this.id("eipalloc", index), "NetworkInterfaceId": this.id("eni", NAT_INTERFACES + index),
                "PrivateIp": nat.private_ip.map(|ip| ip.value.to_string()), "PublicIp": nat.public_ip.map(|ip| ip.value.to_string()),
                "IsPrimary": true, "Status": "succeeded",
            }],
            "NatGatewayId": this.id("nat", index), "State": "available", "ConnectivityType": "public",
            "SubnetId": this.named("subnet", &vpc.subnets, &nat.subnet.value), "VpcId": this.vpc_id(), "Tags": tags(entry.name()),
        })
    };
    vpc.nat_gateways.iter().enumerate().map(describe).collect()
}

/// Interfaces of NAT gateways are numbered from here, after those of instances.
const NAT_INTERFACES: usize = 1 << 15;

/// Every interface with its instance and its numbers.
fn interfaces(vpc: &Vpc) -> impl Iterator<Item = (usize, &Entry<Instance>, usize, &Interface)> {
    let of = |(number, entry): (usize, &Entry<Instance>)| -> Vec<_> {
        let interfaces = entry.value.interfaces.iter().enumerate();
        interfaces.map(|(device, _)| (number, device)).collect()
    };
    let pairs = vpc.instances.iter().enumerate().flat_map(of);
    pairs.filter_map(|(number, device)| {
        let entry = vpc.instances.iter().as_slice().get(number)?;
        let interface = entry.value.interfaces.iter().as_slice().get(device)?;
        Some((number, entry, device, &interface.value))
    })
}

fn network_interfaces(this: &Numbered) -> Vec<Value> {
    let vpc = &this.vpc.value;
    interfaces(vpc)
        .enumerate()
        .map(|(index, (instance, _, device, interface))| {
            let mut value = describe_interface(this, index, interface);
            if let Some(fields) = value.as_object_mut() {
                let attachment = json!({
                    "AttachmentId": this.id("eni-attach", index), "DeleteOnTermination": true, "DeviceIndex": device,
                    "InstanceId": this.id("i", instance), "InstanceOwnerId": ACCOUNT, "Status": "attached",
                });
                fields.insert("Attachment".to_owned(), attachment);
            }
            value
        })
        .collect()
}

fn describe_interface(this: &Numbered, index: usize, interface: &Interface) -> Value {
    let vpc = &this.vpc.value;
    let association = match interface.public_ip.value {
        PublicIp::Address(address) => Some(
            json!({"IpOwnerId": "amazon", "PublicDnsName": dns("ec2", address), "PublicIp": address.to_string()}),
        ),
        _ => None,
    };
    let ip = interface.ips.first().map(|ip| ip.value).unwrap_or(Ipv4Addr::UNSPECIFIED);
    let mut address =
        json!({"Primary": true, "PrivateDnsName": dns("ip", ip), "PrivateIpAddress": ip.to_string()});
    if let (Some(association), Some(fields)) = (&association, address.as_object_mut()) {
        fields.insert("Association".to_owned(), association.clone());
    }
    let groups: Vec<Value> = interface
        .security_groups
        .iter()
        .flatten()
        .map(|group| json!({"GroupName": group.value, "GroupId": this.named("sg", &vpc.security_groups, &group.value)}))
        .collect();
    let ipv6: Vec<Value> =
        interface.ipv6.iter().map(|ip| json!({"Ipv6Address": ip.value.to_string()})).collect();
    let mut value = json!({
        "AvailabilityZone": format!("{REGION}a"), "Description": "", "Groups": groups, "InterfaceType": "interface",
        "Ipv6Addresses": ipv6, "MacAddress": "02:00:00:00:00:00", "NetworkInterfaceId": this.id("eni", index),
        "OwnerId": ACCOUNT, "PrivateDnsName": dns("ip", ip), "PrivateIpAddress": ip.to_string(), "PrivateIpAddresses": [address],
        "RequesterManaged": false, "SourceDestCheck": true, "Status": "in-use",
        "SubnetId": this.named("subnet", &vpc.subnets, &interface.subnet.value), "TagSet": [], "VpcId": this.vpc_id(),
    });
    if let (Some(association), Some(fields)) = (association, value.as_object_mut()) {
        fields.insert("Association".to_owned(), association);
    }
    value
}

fn dns(prefix: &str, address: Ipv4Addr) -> String {
    format!("{prefix}-{}.{REGION}.compute.internal", address.to_string().replace('.', "-"))
}

fn reservations(this: &Numbered) -> Vec<Value> {
    let describe = |(number, entry): (usize, &Entry<Instance>)| {
        let state = match entry.value.state.value {
            InstanceState::Running => json!({"Code": 16, "Name": "running"}),
            _ => json!({"Code": 80, "Name": "stopped"}),
        };
        let instance = json!({"InstanceId": this.id("i", number), "InstanceType": "m7g.large", "State": state, "VpcId": this.vpc_id(), "Tags": tags(entry.name())});
        json!({"ReservationId": this.id("r", number), "OwnerId": ACCOUNT, "Groups": [], "Instances": [instance]})
    };
    this.vpc.value.instances.iter().enumerate().map(describe).collect()
}

fn peering_id(name: &str) -> String {
    let mut numbers =
        name.trim_start_matches("pcx-").split('-').filter_map(|number| number.parse::<u64>().ok());
    let (a, b) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    id("pcx", a * PER_VPC + b)
}

fn describe_peering(peering: &Entry<crate::topology::PeeringConnection>) -> Value {
    let said = &peering.value;
    let side = |name: &str, cidrs: &[ipnet::IpNet]| {
        let number = name.trim_start_matches('v').parse().unwrap_or_default();
        let first = cidrs.first().map(ToString::to_string);
        json!({"CidrBlock": first, "CidrBlockSet": [{"CidrBlock": first}], "OwnerId": ACCOUNT, "VpcId": id("vpc", number), "Region": REGION})
    };
    let code = if said.status.value == PeeringStatus::Active { "active" } else { "pending-acceptance" };
    json!({
        "AccepterVpcInfo": side(&said.accepter.value, &said.accepter_cidrs),
        "RequesterVpcInfo": side(&said.requester.value, &said.requester_cidrs),
        "Status": {"Code": code, "Message": code}, "Tags": tags(peering.name()),
        "VpcPeeringConnectionId": peering_id(peering.name()),
    })
}
