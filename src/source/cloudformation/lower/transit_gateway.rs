//! `AWS::EC2::TransitGateway`, its attachments, tables and routes (TG-1 to TG-9).
//!
//! A gateway that no template has is known by name only: others attach to it too.

use std::rc::Rc;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::super::value::label;
use super::bag::{Bag, Field};
use super::{Lowering, Reference};
use crate::source::transit_gateway::{
    Attachment, AttachmentOf, Declared, Gateway, Joint, Part, Setting, Table, TableOf,
};
use crate::topology::{AttachedTo, RouteDestination, Spanned};

const KIND: &str = "AWS::EC2::TransitGateway";
const TABLE: &str = "AWS::EC2::TransitGatewayRouteTable";
const ASSOCIATION: &str = "AWS::EC2::TransitGatewayRouteTableAssociation";
const PROPAGATION: &str = "AWS::EC2::TransitGatewayRouteTablePropagation";
const ROUTE: &str = "AWS::EC2::TransitGatewayRoute";
const VPC_ATTACHMENTS: [&str; 2] =
    ["AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayVpcAttachment"];
const PEERING: &str = "AWS::EC2::TransitGatewayPeeringAttachment";
/// What else attaches, in AWS's words: what it announces is not known.
const LINES: [(&str, &str, &str); 4] = [
    ("AWS::EC2::VPNConnection", "VPN connection", "TransitGatewayId"),
    ("AWS::EC2::TransitGatewayConnect", "Connect attachment", "TransitGatewayId"),
    ("AWS::NetworkFirewall::Firewall", "Network Firewall", "TransitGatewayId"),
    ("AWS::DirectConnect::DirectConnectGatewayAssociation", "Direct Connect gateway", "AssociatedGatewayId"),
];

type Gateways = Declared<ResourceId>;
/// What is attached, and why it may have further ranges.
type AttachedVpc = (AttachedTo, Option<String>);

impl Lowering<'_> {
    pub(super) fn transit_gateways(&mut self) {
        let mut declared = Gateways::new();
        for (id, doubt) in self.existing(KIND) {
            self.transit_gateway(&mut declared, id, doubt);
        }
        if declared.gateways.is_empty() {
            return;
        }
        for kind in VPC_ATTACHMENTS {
            for (id, doubt) in self.existing(kind) {
                self.vpc_attachment(&mut declared, id, doubt);
            }
        }
        for (id, _) in self.existing(PEERING) {
            self.transit_peering(&mut declared, id);
        }
        for (kind, words, property) in LINES {
            for (id, _) in self.existing(kind) {
                self.line(&mut declared, id, words, property);
            }
        }
        for (id, doubt) in self.existing(TABLE) {
            self.transit_table(&mut declared, id, doubt);
        }
        for kind in [ASSOCIATION, PROPAGATION, ROUTE] {
            for (id, doubt) in self.existing(kind) {
                self.transit_part(&mut declared, id, kind, doubt);
            }
        }
        for id in declared.finish(&mut self.topology) {
            self.fate(id, Fate::NotModelled);
        }
        let opaque: Vec<String> =
            self.topology.unmodelled.iter().map(|item| item.name.value.clone()).collect();
        self.unmodelled.extend(opaque);
    }

    fn transit_gateway(&mut self, declared: &mut Gateways, id: ResourceId, doubt: Option<Rc<str>>) {
        let bag = self.bag(
            id,
            &[
                "DefaultRouteTableAssociation",
                "DefaultRouteTablePropagation",
                "SecurityGroupReferencingSupport",
                "AssociationDefaultRouteTableId",
                "PropagationDefaultRouteTableId",
            ],
        );
        let references = self.setting(&bag, "SecurityGroupReferencingSupport", false);
        let gateway = Gateway {
            owner: id,
            name: self.named(id),
            aliases: self.aliases(id),
            references: references == Setting::On,
            association: self.setting(&bag, "DefaultRouteTableAssociation", true),
            propagation: self.setting(&bag, "DefaultRouteTablePropagation", true),
        };
        declared.gateways.push(gateway);
        self.fate(id, Fate::Read);
        let replaced = ["AssociationDefaultRouteTableId", "PropagationDefaultRouteTableId"];
        if let Some(why) = doubt {
            self.give_up(declared, &[id], id, ("whether it exists", &why));
        } else if references == Setting::Unknown {
            let why = "its value is not known";
            self.give_up(declared, &[id], id, ("whether it carries security group references", why));
        } else if replaced.iter().any(|name| bag.has(name)) {
            let why = "it has been replaced, and what was attached before is not known";
            self.give_up(declared, &[id], id, ("its default table", why));
        }
    }

    /// `enable` or `disable`; what is not said is the default.
    fn setting(&self, bag: &Bag, name: &str, default: bool) -> Setting {
        match bag.text(&self.evaluator, name) {
            Field::Absent => default.into(),
            Field::Known(said) => match said.value.to_ascii_lowercase().as_str() {
                "enable" | "true" => Setting::On,
                "disable" | "false" => Setting::Off,
                _ => Setting::Unknown,
            },
            Field::Unknown(..) => Setting::Unknown,
        }
    }

    /// Nothing can be said about these gateways, because of a resource. An empty list is all of them.
    fn give_up(
        &mut self,
        declared: &mut Gateways,
        gateways: &[ResourceId],
        id: ResourceId,
        (what, why): (&str, &str),
    ) {
        let name = self.name(id);
        declared.give_up(gateways, &format!("{what} of {name} is not known: {why}"));
        self.unresolved(id, what, why, self.place(id));
    }

    /// The gateway that a property names. None: it is not one of the templates, or it can't be told.
    fn gateway_of(&mut self, declared: &mut Gateways, id: ResourceId, property: &str) -> Option<ResourceId> {
        match self.reference(id, property) {
            Reference::Resource(symbol) if declared.has_gateway(symbol.resource) => Some(symbol.resource),
            Reference::Literal(_) | Reference::Absent => None,
            reference => {
                let why = self.why(&reference);
                self.give_up(declared, &[], id, ("its transit gateway", &why));
                None
            }
        }
    }

    fn vpc_attachment(&mut self, declared: &mut Gateways, id: ResourceId, doubt: Option<Rc<str>>) {
        let Some(gateway) = self.gateway_of(declared, id, "TransitGatewayId") else { return };
        self.fate(id, Fate::Read);
        if let Some(why) = doubt {
            return self.give_up(declared, &[gateway], id, ("whether it exists", &why));
        }
        let (to, ranges_open) = match self.attached_vpc(id) {
            Ok(to) => to,
            Err((what, why)) => return self.give_up(declared, &[gateway], id, (what, &why)),
        };
        let Some([appliance_mode, ipv6, references]) = self.attachment_options(id) else {
            return self.give_up(declared, &[gateway], id, ("one of its options", "its value is not known"));
        };
        declared.attachments.push(Attachment {
            owner: id,
            gateway,
            name: self.named(id),
            aliases: self.aliases(id),
            to,
            appliance_mode,
            ipv6,
            references,
            association: Setting::On,
            propagation: Setting::On,
            ranges_open,
        });
    }

    /// Settings of an attachment that decide over packets; none if one of them is not known.
    fn attachment_options(&mut self, id: ResourceId) -> Option<[bool; 3]> {
        let bag = self.bag(id, &["Options"]);
        let options = match bag.get("Options") {
            Some(located) => Bag::of(located).ok()?,
            None => Bag { entries: Vec::new(), place: self.place(id) },
        };
        let known = |name, default| match self.setting(&options, name, default) {
            Setting::On => Some(true),
            Setting::Off => Some(false),
            Setting::Unknown => None,
        };
        Some([
            known("ApplianceModeSupport", false)?,
            known("Ipv6Support", false)?,
            known("SecurityGroupReferencingSupport", true)?,
        ])
    }

    /// The VPC and the subnets of an attachment, and why the VPC may have further ranges.
    fn attached_vpc(&mut self, id: ResourceId) -> Result<AttachedVpc, (&'static str, Rc<str>)> {
        let place = self.place(id);
        if let Reference::Literal(vpc) = self.reference(id, "VpcId") {
            // Nothing of the templates is in it; what it announces is not known.
            let name = Spanned::new(label(&vpc), place);
            return Ok((AttachedTo::Other { kind: "VPC".to_owned(), name, prefixes: None }, None));
        }
        let vpc = self.vpc_of(id, "VpcId").map_err(|why| ("its VPC", why))?;
        let bag = self.bag(id, &["SubnetIds", "AddSubnetIds", "RemoveSubnetIds"]);
        // They change what an update finds, which nobody knows.
        if bag.has("AddSubnetIds") || bag.has("RemoveSubnetIds") {
            return Err(("its subnets", "an update adds or removes some".into()));
        }
        let items = bag.items("SubnetIds").map_err(|why| ("its subnets", why))?;
        let mut subnets = Vec::new();
        for item in items {
            let reference = self.refer(&item.value);
            let found =
                self.resource_of(&reference, "AWS::EC2::Subnet").and_then(|subnet| self.subnets.get(&subnet));
            match found.copied().filter(|subnet| subnet.0 == vpc).and_then(|subnet| self.subnet_entry(subnet))
            {
                Some(entry) => subnets.push(Spanned::new(entry.name().to_owned(), item.place.or(place))),
                None => return Err(("one of its subnets", self.why(&reference))),
            }
        }
        if subnets.is_empty() {
            return Err(("its subnets", "they are not said".into()));
        }
        let name = self.vpc_name(vpc);
        let open = self.unknown_ranges.iter().find(|(of, _)| *of == vpc);
        let open = open.map(|(_, why)| format!("a range of {name}: {why}"));
        Ok((AttachedTo::Vpc { vpc: Spanned::new(name, place), subnets: Some(subnets) }, open))
    }

    /// An attachment whose other side is known by name.
    fn other_attachment(&mut self, declared: &mut Gateways, ends: (ResourceId, ResourceId), to: AttachedTo) {
        let (id, gateway) = ends;
        // Whether the defaults hold for a firewall's own attachment is not documented.
        let firewall = matches!(&to, AttachedTo::Other { kind, .. } if kind == "Network Firewall");
        let defaults = if firewall { Setting::Unknown } else { Setting::On };
        declared.attachments.push(Attachment {
            owner: id,
            gateway,
            name: self.named(id),
            aliases: self.aliases(id),
            to,
            appliance_mode: false,
            ipv6: true,
            references: false,
            association: defaults,
            propagation: defaults,
            ranges_open: None,
        });
    }

    /// TG-8. No template accepts one: whether somebody does is not known.
    fn transit_peering(&mut self, declared: &mut Gateways, id: ResourceId) {
        let own = self.gateway_of(declared, id, "TransitGatewayId");
        let peer = match self.reference(id, "PeerTransitGatewayId") {
            Reference::Resource(symbol) if declared.has_gateway(symbol.resource) => Some(symbol.resource),
            _ => None,
        };
        for gateway in [own, peer].into_iter().flatten() {
            let to = AttachedTo::Other {
                kind: "transit gateway peering attachment".to_owned(),
                name: self.named(id),
                prefixes: Some(Vec::new()),
            };
            self.other_attachment(declared, (id, gateway), to);
            self.fate(id, Fate::Read);
        }
    }

    fn line(&mut self, declared: &mut Gateways, id: ResourceId, words: &str, property: &str) {
        if words == "Direct Connect gateway" {
            let reference = self.reference(id, property);
            if self.resource_of(&reference, "AWS::EC2::VPNGateway").is_some() {
                return;
            }
        }
        let Some(gateway) = self.gateway_of(declared, id, property) else { return };
        let to = AttachedTo::Other { kind: words.to_owned(), name: self.named(id), prefixes: None };
        self.other_attachment(declared, (id, gateway), to);
    }

    fn transit_table(&mut self, declared: &mut Gateways, id: ResourceId, doubt: Option<Rc<str>>) {
        let Some(gateway) = self.gateway_of(declared, id, "TransitGatewayId") else { return };
        self.fate(id, Fate::Read);
        if let Some(why) = doubt {
            self.give_up(declared, &[gateway], id, ("whether it exists", &why));
        }
        declared.tables.push(Table { owner: id, gateway, name: self.named(id), aliases: self.aliases(id) });
    }

    fn transit_part(&mut self, declared: &mut Gateways, id: ResourceId, kind: &str, doubt: Option<Rc<str>>) {
        let table = match self.reference(id, "TransitGatewayRouteTableId") {
            Reference::Resource(symbol) if declared.tables.iter().any(|one| one.owner == symbol.resource) => {
                Some(TableOf::Own(symbol.resource))
            }
            // Of a gateway that no template has.
            Reference::Resource(symbol) if self.world.kind(symbol.resource) == TABLE => return,
            // A table that others manage: it may be any, but not one of the templates.
            Reference::Literal(_) => Some(TableOf::Own(id)),
            reference => {
                let why = self.why(&reference);
                self.unresolved(id, "its route table", &why, self.place(id));
                None
            }
        };
        self.fate(id, Fate::Read);
        let bag = self.bag(id, &["Blackhole", "DestinationCidrBlock"]);
        let blackhole = self.setting(&bag, "Blackhole", false);
        let attachment = match self.reference(id, "TransitGatewayAttachmentId") {
            Reference::Resource(symbol)
                if declared.attachments.iter().any(|one| one.owner == symbol.resource) =>
            {
                AttachmentOf::Here(symbol.resource)
            }
            Reference::Literal(name) => AttachmentOf::Elsewhere(label(&name)),
            Reference::Absent if kind == ROUTE && blackhole == Setting::On => AttachmentOf::Unknown,
            reference => {
                let why = self.why(&reference);
                self.unresolved(id, "its attachment", &why, self.place(id));
                AttachmentOf::Unknown
            }
        };
        let mut doubt = doubt.map(|why| format!("whether {} exists: {why}", self.name(id)));
        if let Some(why) = &doubt {
            self.unresolved(id, "whether it exists", &why.clone(), self.place(id));
        }
        let joint = match kind {
            ASSOCIATION => Joint::Association,
            PROPAGATION => Joint::Propagation,
            _ => {
                if blackhole == Setting::Unknown {
                    let why = "whether it is a black hole is not known";
                    self.unresolved(id, "the route", why, self.place(id));
                    doubt = Some(why.to_owned());
                }
                let destination = match bag.cidr(&self.evaluator, "DestinationCidrBlock") {
                    Field::Known(net) => RouteDestination::Cidr(net.value),
                    Field::Unknown(why, place) => {
                        self.unresolved(id, "its destination", &why, place);
                        RouteDestination::Unknown(why.to_string())
                    }
                    Field::Absent => {
                        self.unresolved(id, "its destination", "it is not said", self.place(id));
                        RouteDestination::Unknown("it has no destination".to_owned())
                    }
                };
                Joint::Route { destination, blackhole: blackhole == Setting::On }
            }
        };
        let (name, place) = (self.name(id), self.place(id));
        declared.parts.push(Part { owner: id, name, place, joint, table, attachment, doubt });
    }
}
