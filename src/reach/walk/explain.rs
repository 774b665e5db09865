//! Blockers in words: what happened, where to look, and which rule came closest.

mod nearest;

use crate::flow::{FlowSet, describe_addresses, describe_ports, protocol};
use crate::network::{AttachmentId, Code, Direction, Identity, Network, RuleId};
use crate::topology::{CaptureKind, Place};

use super::super::Blocker;
use super::super::trace::{Component, LegKind, NearMiss};
use super::path::Path;
use super::{endpoint, on_premises, transit};

/// How many ranges of addresses a message lists.
const MOST_RANGES: usize = 2;

/// Describes what drops `packets` at the hop that is about to be pushed.
pub(super) fn blocker(
    network: &Network,
    path: &mut Path,
    code: Code,
    component: Component,
    direction: Option<Direction>,
    rule: Option<RuleId>,
    packets: &FlowSet,
) -> Blocker {
    let hop = path.hops().len();
    let context = Context { network, path, component, direction, packets };
    let nearest = context.nearest(code);
    let place = context.place(rule, nearest.as_ref());
    Blocker {
        code,
        aws_code: context.aws_code(code),
        leg: path.leg,
        hop,
        component,
        direction,
        rule,
        packets: packets.clone(),
        complete: path.packets.is_subset(packets),
        masked: path.masks(packets),
        message: context.message(code, rule),
        place,
        nearest,
        help: context.help(code),
    }
}

struct Context<'a> {
    network: &'a Network,
    path: &'a Path,
    component: Component,
    direction: Option<Direction>,
    packets: &'a FlowSet,
}

impl Context<'_> {
    /// A finer AWS code than the usual one, where the case has one.
    fn aws_code(&self, code: Code) -> Option<&'static str> {
        let ipv4_private = |rfc6598, rfc1918| {
            let shared = ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::new(100, 64, 0, 0), 10);
            let witness = self.packets.witness()?;
            let address = match self.path.leg {
                LegKind::Request if rfc1918 == INGRESS.1 => witness.source,
                _ => witness.destination,
            };
            Some(if matches!(address, std::net::IpAddr::V4(v4) if shared.contains(&v4)) {
                rfc6598
            } else {
                rfc1918
            })
        };
        match (code, self.component) {
            (Code::Sg001 | Code::Sg002, Component::SecurityGroups(interface)) => {
                let direction = self.direction.unwrap_or(Direction::Inbound);
                let empty = self.network.group_rules(interface, direction).next().is_none();
                Some(if empty { "SG_HAS_NO_RULES" } else { "ENI_SG_RULES_MISMATCH" })
            }
            (Code::Sg004, _) if self.path.identity == Identity::LostInTransit => {
                Some("SG_REFERENCING_SUPPORT")
            }
            (Code::Tgw002, Component::TransitTable(from, Some(table))) if self.leads_near(from, table) => {
                Some("TGW_RTB_CANNOT_ROUTE")
            }
            (Code::Rt001, _) if self.disconnected().is_some() => Some("DISCONNECTED_VPCS"),
            (Code::Vpn001, Component::Line(id))
                if matches!(self.network.lines[id].end, crate::network::LineEnd::Attachment(_)) =>
            {
                Some("TGW_BAD_STATE_VPN")
            }
            (Code::Igw004, _) if self.entering() => ipv4_private(INGRESS.0, INGRESS.1),
            (Code::Igw004, _) => ipv4_private(EGRESS.0, EGRESS.1),
            (Code::Nat003, _) if self.path.leg == LegKind::Request && self.foreign_to_nat() => {
                Some("NGW_REQUIRES_SOURCE_IN_VPC")
            }
            (code, _) => code.aws_code(),
        }
    }

    /// Whether a table of a transit gateway has routes to the VPC of the destination, but none that contains it.
    fn leads_near(&self, from: AttachmentId, table: crate::network::RouteTableId) -> bool {
        let gateway = &self.network.transit_gateways[self.network.attachments[from].gateway];
        let destinations = self.packets.destinations();
        let is_wanted = |id: &AttachmentId| {
            let vpc = self.network.attachments[*id].vpc();
            vpc.is_some_and(|vpc| destinations.is_subset(&self.network.vpcs[vpc].addresses))
        };
        let wanted: Vec<AttachmentId> = gateway.attachments.iter().copied().filter(is_wanted).collect();
        self.network.route_tables[table].routes().iter().any(
            |route| matches!(route.target, crate::network::Target::Attachment(id) if wanted.contains(&id)),
        )
    }

    /// The VPC that has the destination, if nothing joins it with the one that the packet is in.
    fn disconnected(&self) -> Option<crate::network::VpcId> {
        let Component::RouteTable(subnet, _) = self.component else { return None };
        let here = self.network.subnets[subnet].vpc;
        let destination = self.packets.destinations().only()?;
        let there = self.network.vpcs.ids().find(|vpc| self.network.owner(*vpc, destination).is_some())?;
        (there != here && !self.network.graph.are_joined(here, there)).then_some(there)
    }

    /// Whether an internet gateway drops what comes in, rather than what goes out.
    fn entering(&self) -> bool {
        self.packets.sources().is_disjoint(&crate::network::public_addresses())
            && !self.packets.destinations().is_disjoint(&crate::network::public_addresses())
    }

    fn is_on_premises(&self) -> bool {
        let destinations = self.packets.destinations();
        self.network.sites.iter().any(|(_, site)| !site.addresses.is_disjoint(&destinations))
    }

    fn foreign_to_nat(&self) -> bool {
        match self.component {
            Component::NatGateway(id) => {
                let nat = &self.network.nat_gateways[id];
                self.packets.destinations().only() != Some(nat.private_ip.into())
            }
            _ => false,
        }
    }

    fn message(&self, code: Code, rule: Option<RuleId>) -> String {
        let rule_text = || rule.map(|rule| self.network.rule(rule)).unwrap_or_default();
        match (code, self.component) {
            (Code::Sg001 | Code::Sg002 | Code::Sg003 | Code::Sg004, Component::SecurityGroups(interface)) => {
                self.group_message(code, interface)
            }
            (Code::Acl001 | Code::Acl002 | Code::Acl003, Component::NetworkAcl(subnet, _)) => {
                self.acl_message(code, subnet, rule)
            }
            (Code::Rt001 | Code::Nat001, Component::RouteTable(_, Some(table))) if rule.is_none() => {
                let table = &self.network.route_tables[table];
                let nat =
                    if code == Code::Nat001 { ", the table of the NAT gateway's own subnet," } else { "" };
                format!("route table {}{nat} has no route to {}", table.name, self.destinations())
            }
            (Code::Nat001, Component::RouteTable(_, Some(table))) => {
                let table = &self.network.route_tables[table];
                format!("route table {} sends the NAT gateway's own packets back to it", table.name)
            }
            (Code::Rt003, Component::RouteTable(subnet, Some(table))) => {
                let implicit = self.network.subnets[subnet].route_table_implicit;
                let why = if implicit { " (its VPC's main table, by implicit association)" } else { "" };
                let (subnet, table) = (&self.network.subnets[subnet], &self.network.route_tables[table]);
                format!(
                    "subnet {} has no route back to {}: it uses route table {}{why}",
                    subnet.name,
                    self.destinations(),
                    table.name
                )
            }
            (Code::Rt002, _) if rule.is_some() => {
                format!("route {} is a black hole, and still the best match", rule_text().text)
            }
            (Code::Rt004, Component::Interface(id)) => format!(
                "here {} belongs to {}: where ranges overlap, it gets what was meant for another host",
                self.destinations(),
                self.network.interfaces[id].name
            ),
            (Code::Und001, Component::Interface(id)) => {
                format!(
                    "what a service does behind its interface {} is not modelled yet",
                    self.network.interfaces[id].name
                )
            }
            (Code::Rt004, Component::Internet) if self.is_on_premises() => {
                format!("{} is in a network on premises, not on the internet", self.destinations())
            }
            (Code::Rt004, _) => format!("nothing has the address {}", self.destinations()),
            (Code::Igw001, _) => format!(
                "{} has no public IP address, so the internet gateway drops what it sends",
                self.sources()
            ),
            (Code::Igw003, _) => {
                format!("{} is a private address: nobody outside the VPC can dial it", self.destinations())
            }
            (Code::Igw002, Component::Router(vpc)) => {
                format!("VPC {} has no internet gateway", self.network.vpcs[vpc].name)
            }
            (Code::Igw002, Component::InternetGateway(id)) => {
                let gateway = &self.network.internet_gateways[id];
                format!(
                    "internet gateway {} is not attached to VPC {}",
                    gateway.name, self.network.vpcs[gateway.vpc].name
                )
            }
            (Code::Eni002, Component::Interface(id)) => {
                let interface = &self.network.interfaces[id];
                let what =
                    if interface.attached { "its instance does not run" } else { "it is not attached" };
                format!("interface {} takes no packets: {what}", interface.name)
            }
            (Code::Nat004, Component::Interface(id)) => format!(
                "instance {} drops packets that are not for itself: source/destination check is on",
                self.network.interfaces[id].name
            ),
            (Code::Pcx001, Component::Peering(id)) => {
                let peering = &self.network.peerings[id];
                format!("peering connection {} is not active, so routes to it are black holes", peering.name)
            }
            (Code::Pcx002, Component::Peering(id)) => {
                let peering = &self.network.peerings[id];
                format!(
                    "peering connection {} carries only traffic between its two VPCs, not from {} to {}",
                    peering.name,
                    self.sources(),
                    self.destinations()
                )
            }
            (code, component @ (Component::VpnGateway(_) | Component::Line(_) | Component::Site(_)))
            | (code @ Code::Vgw001, component) => {
                on_premises::message(self.network, code, component, self.packets)
            }
            (code, component) if code.as_str().starts_with("TGW") => {
                transit::message(self.network, code, component, self.packets)
            }
            (code, component)
                if code.as_str().starts_with("VPE")
                    || matches!((code, component), (Code::Und001, Component::GatewayEndpoint(_))) =>
            {
                endpoint::message(self.network, code, component, self.packets)
            }
            (Code::Bpa001, _) => "VPC Block Public Access lets no such traffic through here".to_owned(),
            (Code::Und001, Component::InternetGateway(_) | Component::EgressOnlyInternetGateway(_)) => {
                "whether VPC Block Public Access lets this through is not documented".to_owned()
            }
            (Code::Rt006, _) => format!(
                "the reply to {} leaves by another way than the request came: it is dropped here",
                self.destinations()
            ),
            (Code::Und001, Component::Unmodelled(id)) => {
                let item = &self.network.unmodelled[id];
                match &item.why {
                    Some(why) => format!("the path goes through {}: {why}", item.describe()),
                    None => format!("the path goes through {}, which is not modelled yet", item.describe()),
                }
            }
            (Code::Und002, _) if !self.network.partial => {
                "what decides here is not known: `vpcreach validate` says why".to_owned()
            }
            (Code::Und002, Component::RouteTable(_, Some(_)) | Component::TransitTable(_, Some(_)))
                if rule.is_some() =>
            {
                let source = if self.network.planned { "Terraform" } else { "the capture" };
                format!("{source} does not hold the target of route {}", rule_text().text)
            }
            (Code::Und002, _) if self.network.planned => self.not_in_terraform(),
            (Code::Und002, _) => {
                format!("the capture lacks what would decide here: {}", self.missing_call())
            }
            (
                Code::Und001 | Code::Und003 | Code::Und007,
                Component::RouteTable(_, Some(table)) | Component::TransitTable(_, Some(table)),
            ) => self.unlisted_message(table),
            (Code::Und007, _) if rule.is_some() => {
                format!("a value that decides is not known: {}", rule_text().text)
            }
            (Code::Und008, Component::Interface(id)) => {
                let interface = &self.network.interfaces[id];
                format!(
                    "nothing has {} so far, but AWS may give it to {} in subnet {}",
                    self.destinations(),
                    interface.name,
                    self.network.subnets[interface.subnet].name
                )
            }
            (Code::Und003, _) => "the entries of a prefix list that decides here are not known".to_owned(),
            (code, _) => code.title().to_owned(),
        }
    }

    fn unlisted_message(&self, table: crate::network::RouteTableId) -> String {
        let table = &self.network.route_tables[table];
        let names: Vec<String> = table
            .unlisted
            .iter()
            .map(|route| match route.code {
                Code::Und002 => route.name.clone(),
                Code::Und003 => format!("prefix list {}, whose entries are not known", route.name),
                Code::Und007 => format!("a destination that is not known ({})", route.name),
                _ => format!("gateway {}, whose routes are not modelled yet", route.name),
            })
            .collect();
        format!(
            "route table {} has routes by {}: they may take this traffic",
            table.name,
            names.join(", and by ")
        )
    }

    /// What a plan or state leaves open at this component.
    fn not_in_terraform(&self) -> String {
        let subnet = |id: crate::network::SubnetId| self.network.subnets[id].name.as_str();
        match self.component {
            Component::SecurityGroups(id) => {
                let name = &self.network.interfaces[id].name;
                format!("Terraform does not hold every security group of {name}, and one of them may decide")
            }
            Component::NetworkAcl(at, _) => {
                format!("Terraform does not say which network ACL rules hold at {}", subnet(at))
            }
            Component::RouteTable(at, _) => {
                format!(
                    "Terraform does not say which route table {} has, or not all of its routes",
                    subnet(at)
                )
            }
            Component::Peering(id) => {
                format!("Terraform does not hold the other side of {}", self.network.peerings[id].name)
            }
            _ => "Terraform does not hold what would decide here".to_owned(),
        }
    }

    fn missing_call(&self) -> &'static str {
        match self.component {
            Component::SecurityGroups(_) => CaptureKind::SecurityGroups.call(),
            Component::NetworkAcl(..) => CaptureKind::NetworkAcls.call(),
            Component::RouteTable(..) => CaptureKind::RouteTables.call(),
            Component::Peering(_) => CaptureKind::PeeringConnections.call(),
            Component::TransitTable(_, None) => CaptureKind::TransitGatewayAssociations.call(),
            Component::TransitTable(..) => CaptureKind::TransitGatewayRoutes.call(),
            Component::TransitGateway(_) | Component::Attachment(_) => {
                CaptureKind::TransitGatewayVpcAttachments.call()
            }
            _ => self.network.missing.first().map_or("a resource that it names", |kind| kind.call()),
        }
    }

    fn group_message(&self, code: Code, interface: crate::network::InterfaceId) -> String {
        let this = &self.network.interfaces[interface];
        let names: Vec<&str> =
            this.groups.iter().map(|group| self.network.security_groups[*group].name.as_str()).collect();
        let groups = match names.as_slice() {
            [] => format!("interface {} has no security group, so it", this.name),
            [one] => format!("security group {one}"),
            _ => format!("security groups {}", names.join(", ")),
        };
        let has = if names.len() > 1 { "have" } else { "has" };
        let what = self.traffic();
        match (code, self.direction) {
            (Code::Sg003, Some(Direction::Inbound)) => format!(
                "{groups} {has} no inbound rule for {what} from {}: its reference to a group matches private addresses only, and the packet carries a translated one",
                self.sources()
            ),
            (Code::Sg003, _) => format!(
                "{groups} {has} no outbound rule for {what} to {}: its reference to a group matches private addresses only",
                self.destinations()
            ),
            (Code::Sg004, Some(Direction::Inbound)) => {
                let why = match self.path.identity {
                    Identity::Forwarded => "a forwarding hop loses the group of the sender",
                    Identity::LostInTransit => {
                        "the transit gateway loses the group of the sender, unless referencing is on at the gateway and at both attachments"
                    }
                    _ => "the VPCs are in different regions, or not joined by an active peering connection",
                };
                format!(
                    "{groups} {has} no inbound rule that admits {what} from {}: a reference is not usable here, since {why}",
                    self.sources()
                )
            }
            (_, Some(Direction::Inbound)) => {
                format!("{groups} {has} no inbound rule for {what} from {}", self.remote())
            }
            _ => format!("{groups} {has} no outbound rule for {what} to {}", self.destinations()),
        }
    }

    /// The source as a rule would name it.
    fn remote(&self) -> String {
        let (Identity::Interface(source) | Identity::OverTransitGateway(source)) = self.path.identity else {
            return self.sources();
        };
        let source = &self.network.interfaces[source];
        match source.groups.as_slice() {
            [group] => {
                let group = &self.network.security_groups[*group];
                format!("sg:{}", group.name)
            }
            _ => self.sources(),
        }
    }

    fn acl_message(&self, code: Code, subnet: crate::network::SubnetId, rule: Option<RuleId>) -> String {
        let name = &self.network.subnets[subnet].name;
        let verb = match self.direction {
            Some(Direction::Inbound) => "entering",
            _ => "leaving",
        };
        let direction = self.direction.map_or("", Direction::as_str);
        let what = match self.path.leg {
            LegKind::Request => self.traffic(),
            LegKind::Reply => "the reply".to_owned(),
        };
        match code {
            Code::Acl003 => "replies reach only part of the client's port range".to_owned(),
            Code::Acl001 => {
                let rule = rule.map(|rule| self.network.rule(rule)).unwrap_or_default();
                format!(
                    "{what} is dropped {verb} subnet {name}: {direction} rule {} of network ACL {} denies it",
                    rule.id, rule.owner
                )
            }
            _ => format!("{what} is dropped {verb} subnet {name}: no {direction} rule matches"),
        }
    }

    fn traffic(&self) -> String {
        let ports = describe_ports(&self.packets.destination_ports());
        let numbers = self.packets.protocols();
        match numbers.only() {
            Some(protocol::TCP) => format!("tcp {ports}"),
            Some(protocol::UDP) => format!("udp {ports}"),
            Some(protocol::ICMP) => "icmp".to_owned(),
            Some(protocol::ICMPV6) => "icmpv6".to_owned(),
            Some(number) => format!("protocol {number}"),
            None => "this traffic".to_owned(),
        }
    }

    fn sources(&self) -> String {
        describe(self.network, &self.packets.sources())
    }

    fn destinations(&self) -> String {
        describe(self.network, &self.packets.destinations())
    }

    /// Where to look first: the rule that decided, else the one that nearly did, else the component.
    fn place(&self, rule: Option<RuleId>, nearest: Option<&NearMiss>) -> Place {
        let decided =
            rule.map(|rule| self.network.rule(rule).place).filter(|place| *place != Place::Implicit);
        decided.or_else(|| nearest.map(|nearest| nearest.place)).unwrap_or_else(|| self.component_place())
    }

    fn component_place(&self) -> Place {
        let network = self.network;
        match self.component {
            Component::SecurityGroups(id) => {
                let interface = &network.interfaces[id];
                interface
                    .groups
                    .first()
                    .map_or(interface.place, |group| network.security_groups[*group].place)
            }
            Component::NetworkAcl(_, Some(acl)) => network.network_acls[acl].place,
            Component::NetworkAcl(subnet, None) => network.subnets[subnet].place,
            Component::RouteTable(subnet, table) => {
                let table = table.map(|table| network.route_tables[table].place).unwrap_or_default();
                if table == Place::Implicit { network.subnets[subnet].place } else { table }
            }
            Component::InternetGateway(id) => network.internet_gateways[id].attached_place,
            Component::EgressOnlyInternetGateway(id) => network.egress_only_internet_gateways[id].place,
            Component::NatGateway(id) => network.nat_gateways[id].subnet_place,
            Component::Peering(id) => network.peerings[id].status_place.or(network.peerings[id].place),
            Component::TransitGateway(id) => network.transit_gateways[id].place,
            Component::Attachment(id) => {
                let attachment = &network.attachments[id];
                match attachment.available {
                    true => attachment.place,
                    false => attachment.available_place.or(attachment.place),
                }
            }
            Component::TransitTable(id, table) => {
                let table = table.map(|table| network.route_tables[table].place).unwrap_or_default();
                table.or(network.attachments[id].place)
            }
            Component::GatewayEndpoint(id) => {
                let endpoint = &network.gateway_endpoints[id];
                endpoint.available_place.or(endpoint.place)
            }
            Component::Interface(id) => network.interfaces[id].check_place,
            Component::Router(vpc) => network.vpcs[vpc].place,
            Component::Unmodelled(id) => network.unmodelled[id].place,
            Component::VpnGateway(id) => {
                let gateway = &network.vpn_gateways[id];
                if gateway.attached { gateway.place } else { gateway.attached_place.or(gateway.place) }
            }
            Component::Line(id) => {
                let line = &network.lines[id];
                match line.state {
                    crate::topology::LineState::Up => line.place,
                    _ => line.state_place.or(line.place),
                }
            }
            Component::Site(id) => network.sites[id].place,
            Component::Internet => Place::Implicit,
        }
    }

    fn help(&self, code: Code) -> Option<String> {
        if code == Code::Rt001
            && let Some(there) = self.disconnected()
        {
            let there = &self.network.vpcs[there].name;
            return Some(format!("nothing joins this VPC and VPC {there}: peer them, and route both ways"));
        }
        let text = match code {
            Code::Acl002 | Code::Acl003 if self.path.leg == LegKind::Reply => {
                "network ACLs are stateless, so replies need a rule of their own: `vpcreach explain ephemeral`"
            }
            Code::Igw001 => match self.component {
                Component::InternetGateway(_) if self.is_lambda() => {
                    "a function never gets a public address: put it into a private subnet with a route to a NAT gateway"
                }
                _ => "give it a public IP address, or route its subnet to a NAT gateway",
            },
            Code::Bpa001 => "exclude the subnet or the VPC: `exclusions` of `block_public_access`",
            Code::Igw003 => "give it a public IP address, or reach it through a load balancer or a bastion",
            Code::Nat001 => {
                "a public NAT gateway belongs into a subnet whose table has a route to an internet gateway"
            }
            Code::Nat002 => "a private NAT gateway does not lead to the internet; use a public one",
            Code::Nat004 => "turn it off: `source_dest_check: false`",
            Code::Pcx001 => "accept the peering connection",
            Code::Pcx002 => "peer the VPCs directly, or join them by a transit gateway",
            Code::Sg003 => "dial the private address, or admit the translated address by CIDR",
            Code::Vgw001 => {
                "let the network announce it (`advertised`), or add it to the `static_routes` of the VPN connection"
            }
            Code::Vgw003 | Code::Vgw004 => {
                "a virtual private gateway carries no transit: use a transit gateway (VG-5)"
            }
            Code::Vpn001 => "one tunnel that is up is enough: look at the customer gateway",
            Code::Vpn003 => {
                "announce the range to it (BGP, `allowed_prefixes`), or route it there: `routes_back` of the network"
            }
            Code::Tgw001 => "associate it: `associations` of a route table of the transit gateway",
            Code::Tgw002 => {
                "propagate the attachment of the destination into that table, or add a static route"
            }
            Code::Tgw003 => {
                "a longer prefix wins, and so does a static route over a learnt one: remove the black hole"
            }
            Code::Tgw004 => {
                "add a subnet of this zone to the attachment; all subnets of the zone may then use it"
            }
            Code::Tgw005 => "turn on appliance mode at the attachment of the VPC that inspects",
            Code::Tgw007 => "turn it on: `ipv6: true`",
            Code::Sg004 if self.path.identity == Identity::LostInTransit => {
                "admit the address by CIDR, or turn on `security_group_referencing` at the gateway (SG-10)"
            }
            Code::Sg004 => "admit the address by CIDR",
            Code::Rt003 => "add the route to the table of that subnet: a reply is routed on its own",
            _ => return endpoint::help(code).map(str::to_owned),
        };
        Some(text.to_owned())
    }

    fn is_lambda(&self) -> bool {
        match self.path.source {
            super::End::Interface(id, _) => {
                let instance = self.network.interfaces[id].instance;
                self.network.instances[instance].kind == crate::topology::InstanceKind::Lambda
            }
            _ => false,
        }
    }
}

const INGRESS: (&str, &str) =
    ("IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS", "IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS");
const EGRESS: (&str, &str) =
    ("IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS", "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS");

/// Addresses as people call them: `internet` for a set that covers most of it.
fn describe(network: &Network, addresses: &crate::flow::AddressSet) -> String {
    const MANY: usize = 8;
    let internet = network.internet();
    if addresses.intervals().len() >= MANY && addresses.is_subset(internet) {
        return if addresses == internet {
            "the internet".to_owned()
        } else {
            "parts of the internet".to_owned()
        };
    }
    describe_addresses(addresses, MOST_RANGES)
}
