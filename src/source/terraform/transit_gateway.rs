//! `aws_ec2_transit_gateway`, its attachments, tables and routes (TG-1 to TG-9).
//!
//! A gateway that the file does not manage is known by name only: others attach to it too.

use std::collections::BTreeMap;

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Target};
use super::resource::{Resource, Step};
use super::unmodelled;
use super::{prefix_list, reference, remarks, wanted};
use crate::source::aws::common;
use crate::source::transit_gateway::{
    Attachment, AttachmentOf, Declared, Gateway, Joint, Part, Setting, Table, TableOf,
};
use crate::topology::{AttachedTo, Place, RouteDestination, Spanned};

const KIND: &str = "aws_ec2_transit_gateway";
const VPC_ATTACHMENT: &str = "aws_ec2_transit_gateway_vpc_attachment";
const VPC_ACCEPTER: &str = "aws_ec2_transit_gateway_vpc_attachment_accepter";
const PEERING: &str = "aws_ec2_transit_gateway_peering_attachment";
const PEERING_ACCEPTER: &str = "aws_ec2_transit_gateway_peering_attachment_accepter";
const CONNECT: &str = "aws_ec2_transit_gateway_connect";
const TABLE: &str = "aws_ec2_transit_gateway_route_table";
const ASSOCIATION: &str = "aws_ec2_transit_gateway_route_table_association";
const PROPAGATION: &str = "aws_ec2_transit_gateway_route_table_propagation";
const ROUTE: &str = "aws_ec2_transit_gateway_route";
const LIST_ROUTE: &str = "aws_ec2_transit_gateway_prefix_list_reference";
/// They make another table the default one, for whatever is attached after them.
const NEW_DEFAULTS: &[&str] = &[
    "aws_ec2_transit_gateway_default_route_table_association",
    "aws_ec2_transit_gateway_default_route_table_propagation",
];
const ATTACHMENT_ID: &str = "transit_gateway_attachment_id";
const TABLE_ID: &str = "transit_gateway_route_table_id";
const GATEWAY_ID: &str = "transit_gateway_id";

/// What reading fills.
struct Reading {
    declared: Declared<usize>,
    /// Accepters by the attachment that they accept.
    accepters: BTreeMap<usize, usize>,
}

pub(super) fn build(builder: &mut Builder<'_>) {
    let mut reading = Reading { declared: Declared::new(), accepters: BTreeMap::new() };
    for (at, one) in builder.of(&[KIND]) {
        if one.is_managed {
            builder.settle(at, Fate::Read);
            reading.gateway(builder, at, one);
        }
    }
    if reading.declared.gateways.is_empty() {
        return;
    }
    for (at, _) in managed(builder, &[VPC_ACCEPTER, PEERING_ACCEPTER]) {
        if let Link::To(Target::Here(accepted)) = builder.link(at, ATTACHMENT_ID, &wanted::TRANSIT_ATTACHMENT)
        {
            reading.accepters.insert(accepted.resource, at);
        }
    }
    for (at, one) in managed(builder, &[VPC_ATTACHMENT, VPC_ACCEPTER]) {
        reading.vpc_attachment(builder, at, one);
    }
    for (at, one) in managed(builder, &[PEERING]) {
        reading.peering(builder, at, one);
    }
    for (at, _) in managed(builder, &[PEERING_ACCEPTER]) {
        reading.accepted_peering(builder, at);
    }
    for (at, one) in managed(builder, &[CONNECT, "aws_vpn_connection", "aws_dx_gateway_association"]) {
        reading.line(builder, at, one);
    }
    for (at, _) in managed(builder, &[TABLE]) {
        reading.table(builder, at);
    }
    for (at, one) in managed(builder, &[ASSOCIATION, PROPAGATION, ROUTE, LIST_ROUTE]) {
        reading.part(builder, at, one);
    }
    for (at, _) in managed(builder, NEW_DEFAULTS) {
        let gateways = gateways_of(builder, at, GATEWAY_ID);
        if let Some(gateways) = reading.among(&gateways) {
            builder.settle(at, Fate::NotModelled);
            reading.give_up(
                builder,
                &gateways,
                at,
                "its default table is replaced, and what was attached before is not known",
            );
        }
    }
    for at in reading.declared.finish(&mut builder.topology) {
        builder.settle(at, Fate::NotModelled);
    }
}

fn managed<'w>(builder: &Builder<'w>, kinds: &[&str]) -> Vec<(usize, &'w Resource)> {
    builder.of(kinds).into_iter().filter(|(_, one)| one.is_managed).collect()
}

/// The gateways that an attribute may lead to.
enum Where {
    Here(usize),
    Elsewhere,
    /// One of these; of any, if there are none.
    Open(Vec<usize>),
    Nowhere,
}

fn gateways_of(builder: &mut Builder<'_>, at: usize, attribute: &str) -> Where {
    gateways_by(builder, at, attribute, 0)
}

fn gateways_by(builder: &mut Builder<'_>, at: usize, attribute: &str, depth: usize) -> Where {
    match builder.link(at, attribute, &wanted::TRANSIT_GATEWAY) {
        Link::To(Target::Here(found)) if found.attribute.is_none() => {
            let managed = builder.resource(found.resource).is_some_and(|one| one.is_managed);
            if managed { Where::Here(found.resource) } else { Where::Elsewhere }
        }
        // By way of an attachment, which does not name one by way of another.
        Link::To(Target::Here(found)) if depth < 2 => {
            gateways_by(builder, found.resource, GATEWAY_ID, depth + 1)
        }
        Link::To(Target::Here(_)) => Where::Open(Vec::new()),
        Link::To(Target::Elsewhere(_)) => Where::Elsewhere,
        Link::Open { among } => {
            let all = among.iter().all(|one| one.attribute.is_none());
            let among = among.iter().map(|one| one.resource).collect();
            Where::Open(if all { among } else { Vec::new() })
        }
        Link::None => Where::Nowhere,
    }
}

/// The gateway of an attachment, by the name that the topology has for it.
pub(super) fn name_by_attachment(builder: &mut Builder<'_>, attachment: usize, place: Place) -> String {
    match builder.link(attachment, GATEWAY_ID, &wanted::TRANSIT_GATEWAY) {
        Link::To(Target::Here(gateway)) if gateway.attribute.is_none() => {
            builder.address(gateway.resource).to_owned()
        }
        Link::To(Target::Elsewhere(id)) => {
            unmodelled::mention(builder, &id, place);
            id
        }
        _ => {
            let name = format!("gateway of {}", builder.address(attachment));
            if builder.topology.unmodelled.iter().all(|one| one.name.value != name) {
                let why = Some("which it is is known only after apply".to_owned());
                builder.add_unmodelled(attachment, "transit gateway", why).name.value.clone_from(&name);
            }
            name
        }
    }
}

/// `enable` or `disable`, or a truth value; what is not said is the default.
fn setting(builder: &Builder<'_>, one: &Resource, name: &str, default: bool) -> Setting {
    match one.text(name) {
        Some("enable") => return Setting::On,
        Some("disable") => return Setting::Off,
        _ => {}
    }
    match one.flag(name) {
        Some(on) => on.into(),
        None if one.is_unknown(&[Step::Name(name)])
            && reference::is_configured(builder.world, one, name) != Some(false) =>
        {
            Setting::Unknown
        }
        None => default.into(),
    }
}

/// Settings of an attachment that decide over packets; none if one of them is not known.
fn options(builder: &Builder<'_>, one: &Resource) -> Option<[bool; 3]> {
    let known = |name, default| match setting(builder, one, name, default) {
        Setting::On => Some(true),
        Setting::Off => Some(false),
        Setting::Unknown => None,
    };
    Some([
        known("appliance_mode_support", false)?,
        known("ipv6_support", false)?,
        known("security_group_referencing_support", true)?,
    ])
}

impl Reading {
    fn gateway(&mut self, builder: &mut Builder<'_>, at: usize, one: &Resource) {
        let references = setting(builder, one, "security_group_referencing_support", false);
        let gateway = Gateway {
            owner: at,
            name: builder.name(at),
            aliases: Vec::new(),
            references: references == Setting::On,
            association: setting(builder, one, "default_route_table_association", true),
            propagation: setting(builder, one, "default_route_table_propagation", true),
        };
        self.declared.gateways.push(gateway);
        if references == Setting::Unknown {
            self.give_up(
                builder,
                &[at],
                at,
                "whether it carries security group references is known only after apply",
            );
        }
    }

    /// Gateways of the file that may be meant; none if it is surely none of them. An empty list is all of them.
    fn among(&self, found: &Where) -> Option<Vec<usize>> {
        match found {
            Where::Here(gateway) => self.declared.has_gateway(*gateway).then(|| vec![*gateway]),
            Where::Open(among) => Some(among.clone()),
            Where::Elsewhere | Where::Nowhere => None,
        }
    }

    /// Nothing can be said about these gateways, because of a resource.
    fn give_up(&mut self, builder: &mut Builder<'_>, gateways: &[usize], at: usize, why: &str) {
        let address = builder.address(at);
        self.declared.give_up(gateways, &format!("{address}: {why}"));
        builder.unresolved(at, &remarks::ATTACHMENT_OPEN, why.to_owned());
    }

    /// The gateway of an attachment. None: another one, which the file does not manage, or it can't be told.
    fn gateway_of(&mut self, builder: &mut Builder<'_>, at: usize, attribute: &str) -> Option<usize> {
        let found = gateways_of(builder, at, attribute);
        match found {
            Where::Here(gateway) => self.declared.has_gateway(gateway).then_some(gateway),
            Where::Elsewhere | Where::Nowhere => None,
            Where::Open(among) => {
                self.give_up(builder, &among, at, "its transit gateway is known only after apply");
                None
            }
        }
    }

    fn vpc_attachment(&mut self, builder: &mut Builder<'_>, at: usize, one: &Resource) {
        let accepts = one.is(VPC_ACCEPTER);
        if accepts && self.accepters.values().any(|accepter| *accepter == at) {
            // It has no more to say than its settings, which its attachment takes from it.
            return builder.settle(at, Fate::Read);
        }
        let gateway = match (accepts, gateways_of(builder, at, GATEWAY_ID)) {
            // Of an attachment that others made AWS says the gateway, after apply.
            (true, Where::Nowhere) => {
                return self.give_up(builder, &[], at, "its transit gateway is known only after apply");
            }
            _ => self.gateway_of(builder, at, GATEWAY_ID),
        };
        let Some(gateway) = gateway else { return };
        builder.settle(at, Fate::Read);
        let accepter = self.accepters.get(&at).and_then(|accepter| builder.resource(*accepter));
        let own = accepter.unwrap_or(one);
        let association = setting(builder, own, "transit_gateway_default_route_table_association", true);
        let propagation = setting(builder, own, "transit_gateway_default_route_table_propagation", true);
        let Some([appliance_mode, ipv6, references]) = options(builder, one) else {
            return self.give_up(builder, &[gateway], at, "one of its settings is known only after apply");
        };
        let (to, ranges_open) = match self.attached_vpc(builder, at) {
            Ok(to) => to,
            Err(why) => return self.give_up(builder, &[gateway], at, &why),
        };
        // Of a VPC of another account, the attachment waits for someone who accepts it.
        let owners =
            (one.text("vpc_owner_id"), builder.resource(gateway).and_then(|one| one.text("owner_id")));
        let shared = matches!(owners, (Some(vpc), Some(gateway)) if vpc != gateway);
        let accepted = builder
            .resource(gateway)
            .is_some_and(|one| setting(builder, one, "auto_accept_shared_attachments", false) == Setting::On);
        if shared && !accepts && !accepted && accepter.is_none() {
            return self.give_up(builder, &[gateway], at, "whether it is accepted is not said");
        }
        let name = builder.name(at);
        self.declared.attachments.push(Attachment {
            owner: at,
            gateway,
            name,
            aliases: Vec::new(),
            to,
            appliance_mode,
            ipv6,
            references,
            association,
            propagation,
            ranges_open,
        });
    }

    /// The VPC and the subnets of an attachment, and why the VPC may have further ranges.
    fn attached_vpc(
        &self,
        builder: &mut Builder<'_>,
        at: usize,
    ) -> Result<(AttachedTo, Option<String>), String> {
        let place = builder.place(at);
        let vpc = match builder.link(at, "vpc_id", &wanted::VPC) {
            Link::To(Target::Here(candidate)) => builder.vpc_index(candidate.resource),
            Link::To(Target::Elsewhere(id)) => match builder.known_elsewhere(&id) {
                Some(vpc) => Some(vpc),
                // Nothing of the file is in it; what it announces is not known.
                None => {
                    let name = Spanned::new(id, place);
                    return Ok((AttachedTo::Other { kind: "VPC".to_owned(), name, prefixes: None }, None));
                }
            },
            Link::Open { .. } | Link::None => None,
        };
        let Some(vpc) = vpc else { return Err("its VPC is known only after apply".to_owned()) };
        let links = builder.links(at, "subnet_ids", &wanted::SUBNET);
        if links.open.is_some() {
            return Err("one of its subnets is known only after apply".to_owned());
        }
        let mut subnets = Vec::new();
        for target in links.to {
            match target {
                Target::Here(subnet) if builder.vpc_of_subnet(subnet.resource) == Some(vpc) => {
                    subnets.push(Spanned::new(builder.address(subnet.resource).to_owned(), place));
                }
                Target::Here(_) => return Err("one of its subnets is not read".to_owned()),
                Target::Elsewhere(id) => subnets.push(Spanned::new(id, place)),
            }
        }
        let name = builder.vpc_name(vpc).unwrap_or_default();
        let open = (!builder.facts(vpc).has_ranges).then(|| format!("which ranges {name} has"));
        let subnets = (!subnets.is_empty()).then_some(subnets);
        Ok((AttachedTo::Vpc { vpc: Spanned::new(name, place), subnets }, open))
    }

    /// An attachment whose other side is known by name, or is another gateway.
    fn other(
        &mut self,
        builder: &mut Builder<'_>,
        (at, gateway): (usize, usize),
        to: AttachedTo,
        defaults: [Setting; 2],
    ) {
        let name = builder.name(at);
        let [association, propagation] = defaults;
        self.declared.attachments.push(Attachment {
            owner: at,
            gateway,
            name,
            aliases: Vec::new(),
            to,
            appliance_mode: false,
            ipv6: true,
            references: false,
            association,
            propagation,
            ranges_open: None,
        });
    }

    /// TG-8. Somebody has to accept it, even if both gateways have one owner.
    fn peering(&mut self, builder: &mut Builder<'_>, at: usize, one: &Resource) {
        let own = self.gateway_of(builder, at, GATEWAY_ID);
        // Another gateway that is not known has no table with a way to it but by name.
        let peer = match gateways_of(builder, at, "peer_transit_gateway_id") {
            Where::Here(peer) if self.declared.has_gateway(peer) => Some(peer),
            _ => None,
        };
        let is_accepted = self.accepters.contains_key(&at) || one.text("state") == Some("available");
        for (gateway, other) in [(own, peer), (peer, own)] {
            let Some(gateway) = gateway else { continue };
            builder.settle(at, Fate::Read);
            let to = match other {
                Some(other) if is_accepted => AttachedTo::Peering(builder.name(other)),
                _ => unknown_peering(builder, at),
            };
            self.other(builder, (at, gateway), to, [Setting::On; 2]);
        }
    }

    /// A peering that another configuration asked for.
    fn accepted_peering(&mut self, builder: &mut Builder<'_>, at: usize) {
        let known =
            self.accepters.iter().find(|(_, accepter)| **accepter == at).map(|(accepted, _)| *accepted);
        if known.is_some_and(|at| self.declared.attachments.iter().any(|one| one.owner == at)) {
            return builder.settle(at, Fate::Read);
        }
        if let Where::Nowhere = gateways_of(builder, at, GATEWAY_ID) {
            return self.give_up(builder, &[], at, "its transit gateway is known only after apply");
        }
        if let Some(gateway) = self.gateway_of(builder, at, GATEWAY_ID) {
            builder.settle(at, Fate::Read);
            let to = unknown_peering(builder, at);
            self.other(builder, (at, gateway), to, [Setting::On; 2]);
        }
    }

    /// A VPN connection, a Connect attachment, a Direct Connect gateway: what it announces is not known.
    fn line(&mut self, builder: &mut Builder<'_>, at: usize, one: &Resource) {
        let (kind, attribute) = match one.kind.as_str() {
            CONNECT => ("Connect attachment", GATEWAY_ID),
            "aws_vpn_connection" => ("VPN connection", GATEWAY_ID),
            _ => ("Direct Connect gateway", "associated_gateway_id"),
        };
        if matches!(builder.link(at, attribute, &wanted::VPN_GATEWAY), Link::To(Target::Here(_))) {
            return;
        }
        let Some(gateway) = self.gateway_of(builder, at, attribute) else { return };
        let name = builder.name(at);
        let defaults = [
            setting(builder, one, "transit_gateway_default_route_table_association", true),
            setting(builder, one, "transit_gateway_default_route_table_propagation", true),
        ];
        let to = AttachedTo::Other { kind: kind.to_owned(), name, prefixes: None };
        // The line itself is not modelled: `unmodelled` knows it by name.
        self.other(builder, (at, gateway), to, defaults);
    }

    fn table(&mut self, builder: &mut Builder<'_>, at: usize) {
        let Some(gateway) = self.gateway_of(builder, at, GATEWAY_ID) else { return };
        builder.settle(at, Fate::Read);
        let name = builder.name(at);
        self.declared.tables.push(Table { owner: at, gateway, name, aliases: Vec::new() });
    }

    fn part(&mut self, builder: &mut Builder<'_>, at: usize, one: &Resource) {
        let place = builder.place(at);
        let Some(table) = self.table_of(builder, at) else { return };
        builder.settle(at, Fate::Read);
        let mut doubt = None;
        if table.is_none() {
            let why = builder.why("its route table", &[]);
            builder.unresolved(at, &remarks::LINK_OPEN, why);
        }
        let blackhole = setting(builder, one, "blackhole", false);
        let attachment = self.attachment_of(builder, at);
        if attachment == AttachmentOf::Unknown && blackhole != Setting::On {
            let why = builder.why("its attachment", &[]);
            builder.unresolved(at, &remarks::LINK_OPEN, why);
        }
        let joint = match one.kind.as_str() {
            ASSOCIATION => Joint::Association,
            PROPAGATION => Joint::Propagation,
            _ => {
                let destination = match destination(builder, at, one, place) {
                    Some(destination) => destination,
                    None => {
                        let why = builder.why("its destination", &[]);
                        builder.unresolved(at, &remarks::ROUTE_OPEN, why.clone());
                        RouteDestination::Unknown(why)
                    }
                };
                if blackhole == Setting::Unknown {
                    doubt = Some("whether it is a black hole is known only after apply".to_owned());
                }
                Joint::Route { destination, blackhole: blackhole == Setting::On }
            }
        };
        let name = builder.address(at).to_owned();
        self.declared.parts.push(Part { owner: at, name, place, joint, table, attachment, doubt });
    }

    /// The table of a part: none if it is not one of the file; none of these if nobody can say.
    #[expect(clippy::option_option, reason = "absent and unknown are two things")]
    fn table_of(&self, builder: &mut Builder<'_>, at: usize) -> Option<Option<TableOf<usize>>> {
        match builder.link(at, TABLE_ID, &wanted::TRANSIT_TABLE) {
            Link::To(Target::Here(found)) if found.attribute.is_some() => {
                Some(Some(TableOf::Default(found.resource)))
            }
            Link::To(Target::Here(found)) => {
                let managed = builder.resource(found.resource).is_some_and(|one| one.is_managed);
                let known = self.declared.tables.iter().any(|one| one.owner == found.resource);
                match (managed, known) {
                    (_, true) => Some(Some(TableOf::Own(found.resource))),
                    // Of a gateway that is known by name only.
                    (true, false) => None,
                    // Looked up: it may be the default table of a gateway of the file.
                    (false, false) => Some(None),
                }
            }
            // A table that others manage: no attachment of the file has two.
            Link::To(Target::Elsewhere(_)) => Some(Some(TableOf::Own(at))),
            Link::Open { .. } | Link::None => Some(None),
        }
    }

    fn attachment_of(&self, builder: &mut Builder<'_>, at: usize) -> AttachmentOf<usize> {
        let mut here = at;
        // An accepter stands for what it accepts, where the file has that.
        for _ in 0..2 {
            match builder.link(here, ATTACHMENT_ID, &wanted::TRANSIT_ATTACHMENT) {
                Link::To(Target::Here(found)) => {
                    here = found.resource;
                    if self.declared.attachments.iter().any(|one| one.owner == here) {
                        return AttachmentOf::Here(here);
                    }
                }
                Link::To(Target::Elsewhere(id)) if here == at => return AttachmentOf::Elsewhere(id),
                _ => break,
            }
        }
        match builder.resource(here) {
            Some(found) if here != at => AttachmentOf::Elsewhere(found.address.clone()),
            _ => AttachmentOf::Unknown,
        }
    }
}

/// A peering of which it is not known whether it is accepted, or where it leads. It propagates nothing (TG-8).
fn unknown_peering(builder: &mut Builder<'_>, at: usize) -> AttachedTo {
    AttachedTo::Other {
        kind: "transit gateway peering attachment".to_owned(),
        name: builder.name(at),
        prefixes: Some(Vec::new()),
    }
}

fn destination(
    builder: &mut Builder<'_>,
    at: usize,
    one: &Resource,
    place: Place,
) -> Option<RouteDestination> {
    if one.is(LIST_ROUTE) {
        return match builder.link(at, "prefix_list_id", &wanted::PREFIX_LIST) {
            Link::To(target) => Some(RouteDestination::PrefixList(prefix_list::name(builder, target, place))),
            Link::Open { .. } | Link::None => None,
        };
    }
    one.text("destination_cidr_block").and_then(common::cidr).map(RouteDestination::Cidr)
}
