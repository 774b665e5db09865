//! A blocker of the analyzer as the gate of the lab that does the same.

use std::collections::BTreeMap;

use crate::lab::plan::{Device, Direction, Gate, HostName};
use crate::network::{self, Code, InterfaceId, Network, RuleId, VpcId};
use crate::reach::{Blocker, Component};

/// Rules of the lab for a packet that is half of a connection: where it is noticed depends on which half.
const HALF_A_CONNECTION: [&str; 5] =
    ["no such flow", "stray reply", "source/destination check", "unsolicited", "routing loop"];

/// The gates that would be this drop.
///
/// # Errors
/// If the lab has none: what it can't express, in words.
pub(super) fn gates(
    network: &Network,
    hosts: &BTreeMap<InterfaceId, HostName>,
    blocker: &Blocker,
) -> Result<Vec<Gate>, String> {
    let namer = Namer { network, hosts };
    let rules = namer.rules(blocker)?;
    let direction = blocker.direction.map(|direction| match direction {
        network::Direction::Inbound => Direction::Inbound,
        network::Direction::Outbound => Direction::Outbound,
    });
    let filters = matches!(blocker.component, Component::SecurityGroups(_) | Component::NetworkAcl(..));
    let direction = direction.filter(|_| filters);
    let devices = namer.devices(blocker.component)?;
    let gate = |device: &Device, rule: &String| Gate {
        device: device.clone(),
        direction,
        rule: rule.clone(),
        passes: false,
    };
    let mut gates: Vec<Gate> =
        devices.iter().flat_map(|device| rules.iter().map(|rule| gate(device, rule))).collect();
    if let (Code::Rt006 | Code::Tgw005, Component::Interface(id)) = (blocker.code, blocker.component)
        && let Some(host) = hosts.get(&id)
    {
        // Its groups do not know the flow either, and come first.
        let (device, direction) = (Device::SecurityGroups(host.clone()), Some(Direction::Inbound));
        gates.push(Gate { device, direction, rule: "no rule".to_owned(), passes: false });
    }
    Ok(gates)
}

/// The devices of the lab that stand for a component; none if there are none.
pub(super) fn devices(
    network: &Network,
    hosts: &BTreeMap<InterfaceId, HostName>,
    component: Component,
) -> Vec<Device> {
    Namer { network, hosts }.devices(component).unwrap_or_default()
}

/// Whether a drop by that gate may come of packets that go round: it is noticed where they come by again.
pub(super) fn is_around(gate: &Gate) -> bool {
    ["routing loop", "source not in its VPC", "no such flow"].contains(&gate.rule.as_str())
}

/// Whether a drop by that gate is what RT006 says: a reply, or the rest of a connection, that meets somebody who
/// did not see its beginning.
pub(super) fn is_half_a_connection(gate: &Gate) -> bool {
    HALF_A_CONNECTION.contains(&gate.rule.as_str())
}

struct Namer<'a> {
    network: &'a Network,
    hosts: &'a BTreeMap<InterfaceId, HostName>,
}

impl Namer<'_> {
    fn devices(&self, component: Component) -> Result<Vec<Device>, String> {
        let network = self.network;
        let host = |id: InterfaceId| self.hosts.get(&id).cloned().ok_or("an interface without a name");
        let vpc = |id: VpcId| network.vpcs[id].name.clone();
        Ok(match component {
            Component::SecurityGroups(id) => vec![Device::SecurityGroups(host(id)?)],
            Component::NetworkAcl(subnet, Some(acl)) => {
                vec![Device::NetworkAcl(
                    vpc(network.subnets[subnet].vpc),
                    network.network_acls[acl].name.clone(),
                )]
            }
            Component::RouteTable(subnet, Some(table)) => {
                vec![Device::RouteTable(
                    vpc(network.subnets[subnet].vpc),
                    network.route_tables[table].name.clone(),
                )]
            }
            Component::InternetGateway(id) => {
                vec![Device::InternetGateway(vpc(network.internet_gateways[id].vpc))]
            }
            Component::EgressOnlyInternetGateway(id) => {
                vec![Device::EgressOnlyInternetGateway(vpc(network.egress_only_internet_gateways[id].vpc))]
            }
            Component::NatGateway(id) => {
                let nat = &network.nat_gateways[id];
                vec![Device::NatGateway(vpc(nat.vpc), nat.name.clone())]
            }
            Component::Peering(id) => vec![Device::Peering(network.peerings[id].name.clone())],
            Component::Interface(id) => {
                let router = Device::Router(vpc(network.interfaces[id].vpc));
                vec![Device::Interface(host(id)?), router]
            }
            // Without a gateway, what would come in by one.
            Component::Router(id) => vec![Device::Router(vpc(id)), Device::InternetGateway(vpc(id))],
            // Nobody's address out there, or in a public range of one of the VPCs.
            Component::Internet => {
                let of = |make: fn(String) -> Device| {
                    network.vpcs.iter().map(move |(_, vpc)| make(vpc.name.clone()))
                };
                let ways = of(Device::Router)
                    .chain(of(Device::InternetGateway))
                    .chain(of(Device::EgressOnlyInternetGateway));
                std::iter::once(Device::Internet).chain(ways).collect()
            }
            Component::TransitGateway(id) => {
                vec![Device::TransitGateway(network.transit_gateways[id].name.clone())]
            }
            Component::Attachment(id) | Component::TransitTable(id, None)
                if matches!(network.attachments[id].to, crate::network::Attached::Lines(_)) =>
            {
                return Err("a line to a network on premises".to_owned());
            }
            Component::Attachment(id) | Component::TransitTable(id, None) => {
                let attachment = &network.attachments[id];
                let gateway = network.transit_gateways[attachment.gateway].name.clone();
                vec![
                    Device::Attachment(gateway.clone(), attachment.name.clone()),
                    Device::TransitGateway(gateway),
                ]
            }
            Component::TransitTable(id, Some(table)) => {
                let gateway = network.transit_gateways[network.attachments[id].gateway].name.clone();
                vec![Device::TransitTable(gateway, network.route_tables[table].name.clone())]
            }
            Component::GatewayEndpoint(_) => return Err("a VPC endpoint".to_owned()),
            Component::VpnGateway(_) | Component::Line(_) | Component::Site(_) => {
                return Err("a line to a network on premises".to_owned());
            }
            Component::NetworkAcl(_, None) | Component::RouteTable(_, None) | Component::Unmodelled(_) => {
                return Err("something that is not described".to_owned());
            }
        })
    }

    fn rules(&self, blocker: &Blocker) -> Result<Vec<String>, String> {
        let rules: &[&str] = match blocker.code {
            Code::Sg001 | Code::Sg002 | Code::Sg003 | Code::Sg004 => &["no rule"],
            Code::Acl001 | Code::Acl002 | Code::Acl003 => return Ok(vec![self.acl_rule(blocker.rule)?]),
            Code::Rt001 | Code::Rt003 => &["no route"],
            Code::Nat001 if blocker.rule.is_none() => &["no route"],
            Code::Nat001 => &["routing loop", "no route", "blackhole"],
            Code::Rt002 if matches!(blocker.component, Component::TransitGateway(_)) => &["VPC not attached"],
            Code::Rt002 => &["blackhole"],
            // In a public range without a gateway, nobody is not even looked for.
            Code::Rt004 if blocker.component == Component::Internet => &[
                "nobody has the address",
                "not attached",
                "no new flow inwards",
                "an on-premises network is not on the internet",
            ],
            Code::Rt004 => &["nobody has the address"],
            Code::Rt006 | Code::Tgw005 => &HALF_A_CONNECTION,
            Code::Rt007 => &["routing loop"],
            Code::Igw001 | Code::Nat002 => &["no public address"],
            Code::Igw002 => &["not attached"],
            Code::Igw004 => &["private destination", "private source", "foreign source"],
            Code::Eigw001 => &["no new flow inwards", "no such flow"],
            Code::Nat003 => &["unsolicited", "source not in its VPC"],
            Code::Nat004 | Code::Eni001 => &["source/destination check"],
            Code::Nat005 => &["protocol", "IPv6"],
            Code::Nat006 => &["not available"],
            Code::Pcx001 => &["not active"],
            Code::Pcx002 => &["destination not in the peer VPC", "source not in the VPC"],
            Code::Eni002 => &["not live"],
            Code::Eni004 => &["denies all internet gateway traffic"],
            Code::Igw003 => return Err("a private address that is dialled from outside".to_owned()),
            Code::Eni003 => return Err("ends without a common address family".to_owned()),
            Code::Dns001 | Code::Dns002 => return Err("services on the host itself".to_owned()),
            Code::Tgw001 => &["no association"],
            Code::Tgw002 => &["no route"],
            Code::Tgw003 => &["blackhole"],
            Code::Tgw004 => &["no subnet in the zone"],
            Code::Tgw006 => &["not available"],
            Code::Tgw007 => &["IPv6"],
            Code::Bpa001 => return Err("VPC Block Public Access".to_owned()),
            Code::Vpe001 => &["no route"],
            Code::Vpe002 | Code::Vpe003 | Code::Vpe004 | Code::Vpe005 | Code::Vpe006 => {
                return Err("a VPC endpoint".to_owned());
            }
            Code::Vgw001
            | Code::Vgw002
            | Code::Vgw003
            | Code::Vgw004
            | Code::Vpn001
            | Code::Vpn002
            | Code::Vpn003
            | Code::Dx001 => return Err("a line to a network on premises".to_owned()),
            Code::Lb001 | Code::Lb002 | Code::Lb003 | Code::Lb004 | Code::Lb005 => {
                return Err("a load balancer behind its node".to_owned());
            }
            Code::Pcx003
            | Code::Rt005
            | Code::Und001
            | Code::Und002
            | Code::Und003
            | Code::Und004
            | Code::Und005
            | Code::Und006
            | Code::Und007
            | Code::Und008 => {
                return Err("something that the analyzer does not know".to_owned());
            }
        };
        Ok(rules.iter().map(|rule| (*rule).to_owned()).collect())
    }

    fn acl_rule(&self, rule: Option<RuleId>) -> Result<String, String> {
        match rule {
            Some(RuleId::AclDefault(..)) => Ok("*".to_owned()),
            Some(RuleId::NetworkAcl(acl, direction, index)) => {
                let rules = self.network.network_acls[acl].rules(direction);
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                rules
                    .get(index)
                    .map(|rule| rule.number.to_string())
                    .ok_or_else(|| "a rule that is gone".to_owned())
            }
            _ => Err("a network ACL without a rule".to_owned()),
        }
    }
}
