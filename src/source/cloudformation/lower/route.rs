//! `AWS::EC2::Route`.

use std::rc::Rc;

use super::super::stack::ResourceId;
use super::super::value::label;
use super::bag::Field;
use super::{Lowering, Reference};
use crate::topology::{Place, Route, RouteDestination, RouteOrigin, RouteTarget, Spanned, Unmodelled};

/// Properties that name a target.
const TARGETS: [&str; 12] = [
    "GatewayId",
    "NatGatewayId",
    "InstanceId",
    "NetworkInterfaceId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "EgressOnlyInternetGatewayId",
    "VpcEndpointId",
    "CarrierGatewayId",
    "LocalGatewayId",
    "CoreNetworkArn",
    "OdbNetworkArn",
];

/// What ids begin with, for targets that no template holds.
const PREFIXES: [(&str, &str); 10] = [
    ("igw-", "internet gateway"),
    ("eigw-", "egress-only internet gateway"),
    ("nat-", "NAT gateway"),
    ("eni-", "network interface"),
    ("i-", "instance"),
    ("pcx-", "VPC peering connection"),
    ("tgw-", "transit gateway"),
    ("vgw-", "virtual private gateway"),
    ("vpce-", "VPC endpoint"),
    ("lgw-", "local gateway"),
];

impl Lowering<'_> {
    /// A route, and why something about it is not known.
    pub(super) fn route(&mut self, id: ResourceId, doubt: Option<Rc<str>>) -> (Route, Option<Rc<str>>) {
        let place = self.place(id);
        let (destination, unknown) = match doubt {
            Some(why) => {
                let reason = format!("whether the route exists: {why}");
                (Spanned::new(RouteDestination::Unknown(reason), place), Some(why))
            }
            None => self.destination(id, place),
        };
        let (target, missing) = self.route_target(id, place);
        let route = Route { destination, target, state: None, origin: RouteOrigin::Static, place };
        (route, unknown.or(missing))
    }

    fn destination(&mut self, id: ResourceId, place: Place) -> (Spanned<RouteDestination>, Option<Rc<str>>) {
        let bag =
            self.bag(id, &["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"]);
        let unknown = |why: Rc<str>, place| {
            (Spanned::new(RouteDestination::Unknown(why.to_string()), place), Some(why))
        };
        for name in ["DestinationCidrBlock", "DestinationIpv6CidrBlock"] {
            match bag.cidr(&self.evaluator, name) {
                Field::Known(net) => {
                    return (Spanned::new(RouteDestination::Cidr(net.value), net.place), None);
                }
                Field::Unknown(why, place) => return unknown(why, place),
                Field::Absent => {}
            }
        }
        match self.refer(&bag.value("DestinationPrefixListId")) {
            Reference::Absent => unknown("it has no destination".into(), place),
            reference => {
                let place = bag.place_of("DestinationPrefixListId");
                match self.prefix_list_name(&reference, place) {
                    Ok(name) => (Spanned::new(RouteDestination::PrefixList(name), place), None),
                    Err(why) => unknown(why, place),
                }
            }
        }
    }

    fn route_target(&mut self, id: ResourceId, place: Place) -> (Spanned<RouteTarget>, Option<Rc<str>>) {
        let bag = self.bag(id, &TARGETS);
        for name in TARGETS {
            let place = bag.place_of(name);
            let target = match self.refer(&bag.value(name)) {
                Reference::Absent => continue,
                Reference::Literal(text) if text == "local" => RouteTarget::Local,
                Reference::Literal(text) => {
                    let text = label(&text);
                    self.foreign_target(&text, place);
                    RouteTarget::Named(text)
                }
                Reference::Resource(symbol) if self.is_target(&symbol) => {
                    RouteTarget::Named(self.name(symbol.resource))
                }
                reference => {
                    let why = self.why(&reference);
                    return (self.unknown_target(id, &why, place), Some(why));
                }
            };
            return (Spanned::new(target, place), None);
        }
        let why: Rc<str> = "it has no target".into();
        (self.unknown_target(id, &why, place), Some(why))
    }

    /// Whether a symbol names something that packets can be sent to.
    fn is_target(&self, symbol: &super::Symbol) -> bool {
        let kind = self.world.kind(symbol.resource);
        let attribute = symbol.attribute.as_deref();
        match kind {
            // Its endpoints are known to the deployment; that they are its endpoints is known here.
            "AWS::EC2::TransitGateway" if attribute == Some("Id") => true,
            "AWS::NetworkFirewall::Firewall" | "AWS::NetworkFirewall::VpcEndpointAssociation" => true,
            _ => {
                kind.starts_with("AWS::EC2::") && attribute.is_none()
                    || kind.starts_with("AWS::NetworkManager::")
            }
        }
    }

    fn unknown_target(&mut self, id: ResourceId, why: &str, place: Place) -> Spanned<RouteTarget> {
        let name = format!("target of {}", self.name(id));
        self.add_unmodelled(Unmodelled {
            kind: "route".to_owned(),
            name: Spanned::new(name.clone(), place),
            why: Some(format!("where it leads is not known: {why}")),
            ..Unmodelled::default()
        });
        Spanned::new(RouteTarget::Named(name), place)
    }

    /// A target by an id that was written out.
    pub(super) fn foreign_target(&mut self, id: &str, place: Place) {
        if self.unmodelled.contains(id) {
            return;
        }
        let kind = PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix));
        self.add_unmodelled(Unmodelled {
            kind: kind.map_or("route target", |(_, kind)| kind).to_owned(),
            name: Spanned::new(id.to_owned(), place),
            why: Some("it is not in a template that was read".to_owned()),
            ..Unmodelled::default()
        });
    }
}
