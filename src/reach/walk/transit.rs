//! Through transit gateways (TG-1 to TG-9).
//!
//! Three lookups each way (TG-7): the table of the sender's subnet, that of the attachment by which packets come in, and
//! that of the attachment subnet by which they go out again.

use crate::flow::describe_addresses;
use crate::network::{
    Action, Attached, AttachmentId, Choice, Code, Direction, Doors, Identity, Network, RouteTableId, RuleId,
    SubnetId, TableAssociation, Target, TransitGatewayId,
};
use crate::topology::Place;

use super::super::trace::{Component, LegKind};
use super::path::Path;
use super::{At, Sender, Walker};

impl Walker<'_> {
    /// From a subnet into a transit gateway: by the attachment's interface in the zone of the subnet.
    pub(super) fn enter_transit_gateway(
        &mut self,
        mut path: Path,
        id: TransitGatewayId,
        subnet: SubnetId,
        sender: Sender,
    ) {
        let this = &self.network.subnets[subnet];
        let Some(attachment) = self.network.attachment_of(id, this.vpc) else {
            // A route that AWS does not call a black hole proves an attachment, which the capture lacks.
            let action = match self.network.partial {
                true => Action::Unknown(Code::Und002),
                false => Action::Deny(Code::Rt002),
            };
            self.pass(&mut path, Component::TransitGateway(id), action);
            self.done.push(path);
            return;
        };
        let component = Component::Attachment(attachment);
        let doors = self.network.doors(attachment, this.az.as_deref());
        if doors.subnets.is_empty() {
            self.pass(&mut path, component, Action::Unknown(Code::Und002));
        } else if !doors.in_zone {
            let action = match self.is_said(attachment) {
                true => Action::Deny(Code::Tgw004),
                false => Action::Unknown(Code::Und002),
            };
            self.pass(&mut path, component, action);
        }
        self.note_zones(&mut path, attachment, &doors);
        if matches!(sender, Sender::TransitGateway(_)) {
            // It came from there a moment ago: whether AWS sends it back is not documented.
            self.pass(&mut path, component, Action::Unknown(Code::Und006));
        }
        let door = match doors.in_zone {
            true => self.choose(attachment, &doors, &path),
            false => None,
        };
        if let Some(door) = door {
            if door == subnet {
                self.note_shared_subnet(&mut path, door);
            }
            self.network_acl(&mut path, door, Direction::Inbound);
        }
        self.attachment_state(&mut path, attachment);
        self.todo.push((path, At::TransitGateway(attachment, Some(door.unwrap_or(subnet)))));
    }

    /// Whether the subnets of an attachment were said; else they are all that its VPC has.
    fn is_said(&self, attachment: AttachmentId) -> bool {
        matches!(self.network.attachments[attachment].to, Attached::Vpc { said: true, .. })
    }

    fn note_zones(&self, path: &mut Path, attachment: AttachmentId, doors: &Doors) {
        let name = &self.network.attachments[attachment].name;
        if !self.is_said(attachment) {
            path.assumptions.push(format!("attachment {name} has a subnet in every zone: nobody said which"));
        } else if !doors.zones_said {
            path.assumptions.push(format!(
                "zones of attachment {name} are not compared: the subnets on both sides do not all say theirs"
            ));
        }
    }

    /// TG-6: what AWS documents for a subnet that hosts and an attachment share is odd, and nobody has measured it. A list
    /// that lets everything pass makes no difference.
    fn note_shared_subnet(&self, path: &mut Path, subnet: SubnetId) {
        let subnet = &self.network.subnets[subnet];
        let is_open =
            subnet.network_acl.is_some_and(|acl| self.network.network_acls[acl].place == Place::Implicit);
        if !is_open {
            path.assumptions.push(format!(
                "subnet {} is shared by hosts and an attachment: its network ACL is asked twice on the way to the transit gateway, and never on the way from it (documented, not measured)",
                subnet.name
            ));
        }
    }

    pub(super) fn attachment_state(&self, path: &mut Path, attachment: AttachmentId) {
        let this = &self.network.attachments[attachment];
        let component = Component::Attachment(attachment);
        if !this.available {
            self.pass(path, component, Action::Deny(Code::Tgw006));
        }
        if path.is_ipv6() && !this.ipv6 && this.vpc().is_some() {
            self.pass(path, component, Action::Deny(Code::Tgw007));
        }
        self.pass(path, component, Action::Allow);
    }

    /// TG-3, TG-4: the table of the attachment that packets came from decides. `zone` is that of the subnet that they
    /// came from last.
    pub(super) fn transit(&mut self, mut path: Path, from: AttachmentId, zone: Option<SubnetId>) {
        let headers = path.packets.clone();
        let was_here = path.hops().iter().any(|hop| {
            matches!(hop.component, Component::TransitTable(attachment, _) if attachment == from)
                && headers.is_subset(&hop.packets)
        });
        if was_here {
            self.pass(&mut path, Component::Attachment(from), Action::Deny(Code::Rt007));
            self.done.push(path);
            return;
        }
        match self.network.attachments[from].association {
            TableAssociation::Table(table) => self.transit_by(path, from, table, zone),
            TableAssociation::None => {
                self.routed(&mut path, Component::TransitTable(from, None), None, Action::Deny(Code::Tgw001));
                self.transit_as_if_fixed(path, from, zone);
            }
            TableAssociation::Unknown => {
                self.routed(
                    &mut path,
                    Component::TransitTable(from, None),
                    None,
                    Action::Unknown(Code::Und002),
                );
                self.transit_as_if_fixed(path, from, zone);
            }
        }
    }

    fn transit_by(&mut self, path: Path, from: AttachmentId, table: RouteTableId, zone: Option<SubnetId>) {
        let component = Component::TransitTable(from, Some(table));
        let parts = self.network.route_tables[table].lookup(&path.packets.destinations());
        let mut rest = Some(path);
        for (destinations, choice) in parts {
            let Some(path) = rest.take() else { break };
            let (taken, others) = path.split_destination(&destinations);
            rest = others;
            let Some(mut path) = taken else { continue };
            let (route, target, action) = self.transit_choice(table, choice);
            let rule = route.map(|index| RuleId::Route(table, index));
            self.routed(&mut path, component, rule, action);
            match (target, action) {
                (Some(to), Action::Allow) => self.leave_transit_gateway(path, from, to, zone),
                (_, Action::Deny(_)) => self.transit_as_if_fixed(path, from, zone),
                _ => self.done.push(path),
            }
        }
    }

    fn transit_choice(
        &self,
        table: RouteTableId,
        choice: Choice,
    ) -> (Option<u32>, Option<AttachmentId>, Action) {
        let this = &self.network.route_tables[table];
        match choice {
            Choice::None => (None, None, Action::Deny(Code::Tgw002)),
            Choice::Ambiguous(index) => (Some(index), None, Action::Unknown(Code::Rt005)),
            Choice::Unlisted | Choice::Listed(_) => {
                let code = this.unlisted.first().map_or(Code::Und002, |route| route.code);
                (None, None, Action::Unknown(code))
            }
            Choice::Route(index) => {
                let Some(route) = this.route(index) else { return (None, None, Action::Deny(Code::Tgw002)) };
                match route.target {
                    Target::Attachment(to) if !route.blackhole => (Some(index), Some(to), Action::Allow),
                    Target::Missing if !route.blackhole => (Some(index), None, Action::Unknown(Code::Und002)),
                    _ => (Some(index), None, Action::Deny(Code::Tgw003)),
                }
            }
        }
    }

    /// The attachment that a fix would lead to: the one of the VPC that has the destination.
    fn transit_as_if_fixed(&mut self, path: Path, from: AttachmentId, zone: Option<SubnetId>) {
        let gateway = &self.network.transit_gateways[self.network.attachments[from].gateway];
        let destinations = path.packets.destinations();
        let mut others = gateway.attachments.iter().copied().filter(|id| *id != from);
        let towards = others.find(|id| {
            let this = &self.network.attachments[*id];
            let lines = match &this.to {
                Attached::Lines(lines) => lines.as_slice(),
                _ => &[],
            };
            let leads = |line: &crate::network::LineId| {
                let site = self.network.lines[*line].site;
                destinations.is_subset(&self.network.sites[site].addresses)
            };
            this.vpc().is_some_and(|vpc| destinations.is_subset(&self.network.vpcs[vpc].addresses))
                || lines.iter().any(leads)
        });
        match towards {
            Some(to) => self.leave_transit_gateway(path, from, to, zone),
            None => self.done.push(path),
        }
    }

    fn leave_transit_gateway(
        &mut self,
        mut path: Path,
        from: AttachmentId,
        to: AttachmentId,
        zone: Option<SubnetId>,
    ) {
        if from == to {
            // Out by the way that it came in: whether AWS does that is not documented.
            self.pass(&mut path, Component::Attachment(to), Action::Unknown(Code::Und006));
        }
        self.attachment_state(&mut path, to);
        path.identity = match path.identity {
            // SG-10, SG-11.
            Identity::Interface(id) if self.network.carries_references(from, to) => {
                Identity::OverTransitGateway(id)
            }
            Identity::Interface(_) | Identity::OverTransitGateway(_) => Identity::LostInTransit,
            lost => lost,
        };
        match self.network.attachments[to].to {
            Attached::Vpc { .. } => self.leave_into_vpc(path, to, zone),
            Attached::Peer(far) => {
                self.attachment_state(&mut path, far);
                self.todo.push((path, At::TransitGateway(far, zone)));
            }
            Attached::Lines(ref lines) => self.leave_by_attachment(path, to, lines),
            Attached::Unmodelled(id) => {
                self.pass(&mut path, Component::Unmodelled(id), Action::Unknown(Code::Und001));
                self.done.push(path);
            }
            Attached::Missing => {
                self.pass(&mut path, Component::Attachment(to), Action::Unknown(Code::Und002));
                self.done.push(path);
            }
        }
    }

    /// TG-2, TG-9, RT-19: out by an attachment subnet, whose own table routes on.
    fn leave_into_vpc(&mut self, mut path: Path, to: AttachmentId, zone: Option<SubnetId>) {
        let this = &self.network.attachments[to];
        let Attached::Vpc { subnets, .. } = &this.to else { return };
        let doors = match this.appliance_mode {
            true => Doors { subnets: subnets.clone(), in_zone: true, zones_said: true },
            // From outside, a packet comes in by whatever zone its tunnel is in.
            false => match zone {
                Some(zone) => self.network.doors(to, self.network.subnets[zone].az.as_deref()),
                None => Doors { subnets: subnets.clone(), in_zone: true, zones_said: true },
            },
        };
        let Some(door) = self.choose(to, &doors, &path) else {
            self.pass(&mut path, Component::Attachment(to), Action::Unknown(Code::Und002));
            self.done.push(path);
            return;
        };
        if !self.is_said(to) {
            self.note_zones(&mut path, to, &doors);
        }
        if path.leg == LegKind::Request {
            path.entered_by = Some(Target::TransitGateway(this.gateway));
        }
        if !path.packets.destinations().is_disjoint(&self.network.subnets[door].addresses) {
            self.note_shared_subnet(&mut path, door);
        }
        self.todo.push((path, At::Subnet(door, Sender::TransitGateway(to))));
    }
}

/// What a transit gateway did to packets, in words.
pub(super) fn message(
    network: &Network,
    code: Code,
    component: Component,
    packets: &crate::flow::FlowSet,
) -> String {
    let to = describe_addresses(&packets.destinations(), 2);
    let attachment = |id: AttachmentId| {
        let this = &network.attachments[id];
        format!("attachment {} of transit gateway {}", this.name, network.transit_gateways[this.gateway].name)
    };
    match (code, component) {
        (Code::Tgw001, Component::TransitTable(id, _)) => {
            format!("{} is associated with no route table, so what comes from it is dropped", attachment(id))
        }
        (Code::Tgw002, Component::TransitTable(id, Some(table))) => format!(
            "route table {} of transit gateway {}, which routes what comes from attachment {}, has no route to {to}",
            network.route_tables[table].name,
            network.transit_gateways[network.attachments[id].gateway].name,
            network.attachments[id].name
        ),
        (Code::Tgw003, Component::TransitTable(id, Some(table))) => format!(
            "route table {} of transit gateway {} has a black hole for {to}, and it is the best match",
            network.route_tables[table].name, network.transit_gateways[network.attachments[id].gateway].name
        ),
        (Code::Tgw004, Component::Attachment(id)) => {
            let Attached::Vpc { subnets, .. } = &network.attachments[id].to else {
                return code.title().to_owned();
            };
            let zones: Vec<&str> =
                subnets.iter().filter_map(|subnet| network.subnets[*subnet].az.as_deref()).collect();
            format!(
                "{} has subnets in zone {} only, and {} is in another",
                attachment(id),
                zones.join(", "),
                describe_addresses(&packets.sources(), 2)
            )
        }
        (Code::Tgw005, Component::Interface(id)) => format!(
            "the reply comes to {}, which never saw the request: without appliance mode a transit gateway keeps to the zone of whoever sends",
            network.interfaces[id].name
        ),
        (Code::Tgw006, Component::Attachment(id)) => format!("{} is not available", attachment(id)),
        (Code::Tgw007, Component::Attachment(id)) => format!("{} does not carry IPv6", attachment(id)),
        _ => code.title().to_owned(),
    }
}
