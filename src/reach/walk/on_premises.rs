//! To and from networks of one's own (VG-1 to VG-9).
//!
//! Two choices each way: the virtual private gateway (or the transit gateway) picks a line to the network, and the network
//! picks a line to AWS. What a network does inside is not looked at: it passes everything, and keeps no state.

use crate::flow::{AddressSet, describe_addresses};
use crate::network::{
    Action, AttachmentId, Code, LineChoice, LineEnd, LineId, LineKind, Network, SiteId, SubnetId, Target,
    VpnGatewayId, link_local_addresses, public_addresses,
};
use crate::topology::LineState;

use super::super::trace::{Component, End, LegKind, NoReply};
use super::path::Path;
use super::{At, Walker};

impl Walker<'_> {
    /// From a subnet into the virtual private gateway of its VPC.
    pub(super) fn enter_vpn_gateway(&mut self, mut path: Path, id: VpnGatewayId) {
        let this = &self.network.vpn_gateways[id];
        let component = Component::VpnGateway(id);
        if !this.attached {
            self.pass(&mut path, component, Action::Deny(Code::Vgw002));
        }
        // VG-5: only what a VPC's own interface sends.
        let owned = self.network.owners_within(this.vpc, &path.packets.sources());
        let owned = AddressSet::from_ranges(owned.into_iter().map(|(address, _)| (address, address)));
        let (own, foreign) = path.split_source(&owned);
        if let Some(mut path) = foreign {
            self.pass(&mut path, component, Action::Deny(Code::Vgw003));
            self.done.push(path);
        }
        let Some(path) = own else { return };
        self.by_lines(path, component, &this.lines);
    }

    /// VG-1, VG-4: by the line that knows the destination.
    fn by_lines(&mut self, path: Path, component: Component, lines: &[LineId]) {
        let same = |a: LineId, b: LineId| self.network.lines[a].site == self.network.lines[b].site;
        let routes = self.network.routes_to_sites(lines);
        let parts = self.network.choose_line(routes, &path.packets.destinations(), same);
        let mut rest = Some(path);
        for (destinations, choice) in parts {
            let Some(path) = rest.take() else { break };
            let (taken, others) = path.split_destination(&destinations);
            rest = others;
            let Some(mut path) = taken else { continue };
            match choice {
                LineChoice::By(line) => {
                    // What another line announces is not known: it may be a longer prefix.
                    let unsure = lines.iter().copied().find(|other| {
                        let this = &self.network.lines[*other];
                        this.prefixes.is_none() && !this.is_withdrawn() && !same(line, *other)
                    });
                    if let Some(other) = unsure {
                        self.pass(&mut path, Component::Line(other), Action::Unknown(Code::Und002));
                        self.done.push(path);
                        continue;
                    }
                    self.pass(&mut path, component, Action::Allow);
                    self.along(path, line);
                }
                LineChoice::Down(line) => {
                    self.pass(&mut path, component, Action::Allow);
                    self.along(path, line);
                }
                LineChoice::Ambiguous(line) => {
                    self.pass(&mut path, Component::Line(line), Action::Unknown(Code::Rt005));
                    self.done.push(path);
                }
                LineChoice::Unknown(line) => {
                    let at = line.map_or(component, Component::Line);
                    self.pass(&mut path, at, Action::Unknown(Code::Und002));
                    self.done.push(path);
                }
                LineChoice::Own | LineChoice::None => self.no_line(path, component, lines),
            }
        }
    }

    /// No line is known to lead to the destination. Goes on by the one that a fix would make known.
    fn no_line(&mut self, mut path: Path, component: Component, lines: &[LineId]) {
        let unsure = lines.iter().copied().find(|id| {
            let line = &self.network.lines[*id];
            line.prefixes.is_none() && !line.is_withdrawn()
        });
        let more = matches!(component, Component::VpnGateway(id) if self.network.vpn_gateways[id].more_lines.is_some());
        if unsure.is_some() || more {
            let at = unsure.map_or(component, Component::Line);
            self.pass(&mut path, at, Action::Unknown(Code::Und002));
            self.done.push(path);
            return;
        }
        let destinations = path.packets.destinations();
        let towards = lines.iter().copied().find(|id| {
            let site = self.network.lines[*id].site;
            !destinations.is_disjoint(&self.network.sites[site].addresses)
        });
        let at_family = towards.filter(|id| !self.network.lines[*id].carries(path.is_ipv6()));
        match at_family {
            // VG-6: it can't know them.
            Some(_) => {}
            None => self.pass(&mut path, component, Action::Deny(Code::Vgw001)),
        }
        match towards {
            Some(line) => self.along(path, line),
            None => self.done.push(path),
        }
    }

    /// From AWS along a line to its site (VG-6, VG-7).
    pub(super) fn along(&mut self, mut path: Path, id: LineId) {
        self.line_state(&mut path, id);
        self.arrive_at_site(path, self.network.lines[id].site);
    }

    fn line_state(&self, path: &mut Path, id: LineId) {
        let line = &self.network.lines[id];
        let component = Component::Line(id);
        if !line.carries(path.is_ipv6()) {
            self.pass(path, component, Action::Deny(Code::Vpn002));
        }
        let action = match (line.state, line.kind) {
            (LineState::Up, _) => Action::Allow,
            (LineState::Unknown, _) => Action::Unknown(Code::Und002),
            (LineState::Down, LineKind::DirectConnect) => Action::Deny(Code::Dx001),
            (LineState::Down, _) => Action::Deny(Code::Vpn001),
        };
        self.pass(path, component, action);
    }

    fn arrive_at_site(&mut self, mut path: Path, id: SiteId) {
        let site = &self.network.sites[id];
        let component = Component::Site(id);
        if path.leg == LegKind::Reply {
            let action = self.home(&path, path.source == End::Site(id));
            if action != Action::Allow {
                self.pass(&mut path, component, action);
            }
            self.done.push(path);
            return;
        }
        // What a line says may be more than the network has; what is beyond, nobody knows.
        let (own, beyond) = path.split_destination(&site.addresses);
        if let Some(mut path) = beyond {
            self.pass(&mut path, component, Action::Unknown(Code::Und002));
            self.done.push(path);
        }
        let Some(mut path) = own else { return };
        let is_meant = self.probe.meant.is_none() && self.probe.meant_site.is_none_or(|meant| meant == id);
        let action = if is_meant { Action::Allow } else { Action::Deny(Code::Rt004) };
        self.pass(&mut path, component, action);
        path.destination = End::Site(id);
        let Some(mut path) = self.answered(path) else { return };
        path.turn();
        self.todo.push((path, At::Site(id)));
    }

    /// VG-3: out of a site, by the line that it knows to lead to the destination.
    pub(super) fn leave_site(&mut self, path: Path, id: SiteId) {
        let site = &self.network.sites[id];
        let component = Component::Site(id);
        let mut path = path;
        if path.leg == LegKind::Request {
            let (own, beyond) = path.split_source(&site.addresses);
            if let Some(mut path) = beyond {
                self.pass(&mut path, component, Action::Unknown(Code::Und002));
                self.done.push(path);
            }
            let Some(own) = own else { return };
            path = own;
        }
        // DN-3: no router forwards a link-local address, whatever its routes say.
        let (link_local, routed) = path.split_destination(&link_local_addresses());
        if let Some(mut path) = link_local {
            self.pass(&mut path, component, Action::Deny(Code::Dns002));
            self.done.push(path);
        }
        let Some(path) = routed else { return };
        let same = |a: LineId, b: LineId| self.network.junction(a) == self.network.junction(b);
        let routes = self.network.routes_from_site(id);
        let parts = self.network.choose_line(routes, &path.packets.destinations(), same);
        let mut rest = Some(path);
        for (destinations, choice) in parts {
            let Some(path) = rest.take() else { break };
            let (taken, others) = path.split_destination(&destinations);
            rest = others;
            let Some(mut path) = taken else { continue };
            match choice {
                LineChoice::Own => self.stay_in_site(path, id),
                LineChoice::By(line) | LineChoice::Down(line) => {
                    // What another line announces is not known: it may be a longer prefix.
                    let unsure = site.lines.iter().copied().find(|other| {
                        let is_told = self.network.announced(*other).is_some();
                        !is_told && !self.network.lines[*other].is_withdrawn() && !same(line, *other)
                    });
                    if let Some(other) = unsure {
                        self.pass(&mut path, Component::Line(other), Action::Unknown(Code::Und002));
                        self.done.push(path);
                        continue;
                    }
                    self.assume_known(&mut path, id, line);
                    self.pass(&mut path, component, Action::Allow);
                    self.come_from_line(path, line);
                }
                LineChoice::Ambiguous(line) => {
                    self.pass(&mut path, Component::Line(line), Action::Unknown(Code::Rt005));
                    self.done.push(path);
                }
                LineChoice::Unknown(line) => {
                    let at = line.map_or(component, Component::Line);
                    self.pass(&mut path, at, Action::Unknown(Code::Und002));
                    self.done.push(path);
                }
                LineChoice::None => self.no_way_from_site(path, id),
            }
        }
    }

    /// The site has the address itself, so nothing leaves it (VG-8).
    fn stay_in_site(&mut self, mut path: Path, id: SiteId) {
        let component = Component::Site(id);
        match (path.leg, self.probe.destination) {
            // Whoever asked may be here: the request left only because AWS announced a longer prefix.
            (LegKind::Reply, _) => {
                let action = self.home(&path, path.source == End::Site(id));
                self.pass(&mut path, component, action);
            }
            (LegKind::Request, Some(_)) => self.pass(&mut path, component, Action::Deny(Code::Rt004)),
            (LegKind::Request, None) => {
                self.pass(&mut path, component, Action::Allow);
                path.destination = End::Site(id);
                path.no_reply = NoReply::Local;
            }
        }
        self.done.push(path);
    }

    /// Static routing on the far side is taken for done, unless the file says what the network knows (VG-3).
    fn assume_known(&self, path: &mut Path, id: SiteId, line: LineId) {
        let (site, line) = (&self.network.sites[id], &self.network.lines[line]);
        if line.kind == LineKind::StaticVpn && site.routes_back.is_none() {
            path.assumptions.push(format!(
                "{} has static routes to AWS by {}: nobody said which (`routes_back`)",
                site.describe(),
                line.describe()
            ));
        }
    }

    fn no_way_from_site(&mut self, path: Path, id: SiteId) {
        let site = &self.network.sites[id];
        let component = Component::Site(id);
        let unsure = site.lines.iter().copied().find(|line| {
            self.network.announced(*line).is_none() && !self.network.lines[*line].is_withdrawn()
        });
        let inside = self
            .network
            .vpcs
            .iter()
            .fold(AddressSet::empty(), |all, (_, vpc)| all.union(&vpc.addresses))
            .union(
                &self
                    .network
                    .sites
                    .iter()
                    .fold(AddressSet::empty(), |all, (_, site)| all.union(&site.addresses)),
            );
        let abroad = public_addresses().subtract(&inside);
        let (abroad, path) = path.split_destination(&abroad);
        if let Some(mut path) = abroad {
            // By its own way to the internet, of which nothing is known.
            self.pass(&mut path, component, Action::Unknown(Code::Und002));
            self.done.push(path);
        }
        let Some(mut path) = path else { return };
        if let Some(line) = unsure {
            self.pass(&mut path, Component::Line(line), Action::Unknown(Code::Und002));
            self.done.push(path);
            return;
        }
        let unmodelled = super::super::endpoint::private_link(self.network);
        if let (Some(link), true) = (unmodelled, site.lines.is_empty()) {
            self.pass(&mut path, Component::Unmodelled(link), Action::Unknown(Code::Und001));
            self.done.push(path);
            return;
        }
        self.pass(&mut path, component, Action::Deny(Code::Vpn003));
        let destinations = path.packets.destinations();
        let leads = |line: &LineId| {
            let announced = self.network.announced(*line).unwrap_or_default();
            announced.iter().any(|range| !crate::flow::cidr_set(range).is_disjoint(&destinations))
        };
        let towards = site.lines.iter().copied().find(leads).or_else(|| {
            let all = site.lines.iter().copied();
            all.clone().find(|line| self.ends_at_owner(*line, &destinations)).or_else(|| all.clone().next())
        });
        match towards {
            Some(line) => self.come_from_line(path, line),
            None => self.done.push(path),
        }
    }

    fn ends_at_owner(&self, line: LineId, destinations: &AddressSet) -> bool {
        match self.network.lines[line].end {
            LineEnd::VpnGateway(id) => {
                let vpc = &self.network.vpcs[self.network.vpn_gateways[id].vpc];
                !vpc.addresses.is_disjoint(destinations)
            }
            LineEnd::Attachment(_) => true,
        }
    }

    /// Along a line into AWS.
    fn come_from_line(&mut self, mut path: Path, id: LineId) {
        self.line_state(&mut path, id);
        match self.network.lines[id].end {
            LineEnd::VpnGateway(gateway) => self.arrive_at_vpn_gateway(path, gateway, id),
            LineEnd::Attachment(attachment) => {
                self.attachment_state(&mut path, attachment);
                self.todo.push((path, At::TransitGateway(attachment, None)));
            }
        }
    }

    /// VG-5: to the interfaces of the VPC, or to another line.
    fn arrive_at_vpn_gateway(&mut self, mut path: Path, id: VpnGatewayId, by: LineId) {
        let this = &self.network.vpn_gateways[id];
        let component = Component::VpnGateway(id);
        let inside = &self.network.vpcs[this.vpc].addresses;
        let (to_vpc, elsewhere) = path.clone().split_destination(inside);
        if let Some(path) = elsewhere {
            let destinations = path.packets.destinations();
            let others = self.network.hub_lines(by, id);
            let knows = |line: &LineId| {
                let site = self.network.lines[*line].site;
                let known = self.network.lines[*line].learnt().into_iter().flatten();
                let known =
                    known.fold(AddressSet::empty(), |all, one| all.union(&crate::flow::cidr_set(&one)));
                !known.union(&self.network.sites[site].addresses).is_disjoint(&destinations)
            };
            if others.iter().any(knows) {
                self.by_lines(path, component, &others);
            } else {
                let mut path = path;
                self.pass(&mut path, component, Action::Deny(Code::Vgw004));
                self.done.push(path);
            }
        }
        let Some(inner) = to_vpc else { return };
        path = inner;
        if !this.attached {
            self.pass(&mut path, component, Action::Deny(Code::Vgw002));
        }
        if let Some(table) = this.edge_table {
            self.pass(&mut path, Component::Unmodelled(table), Action::Unknown(Code::Und001));
        }
        self.pass(&mut path, component, Action::Allow);
        if path.leg == LegKind::Request {
            path.entered_by = Some(Target::VpnGateway(id));
        }
        self.todo.push((path, At::Vpc(this.vpc, None)));
    }

    /// From a transit gateway to what an attachment leads to by lines: a VPN connection, or a Direct Connect gateway, which
    /// chooses among its virtual interfaces.
    pub(super) fn leave_by_attachment(&mut self, path: Path, attachment: AttachmentId, lines: &[LineId]) {
        match lines {
            [only] if self.network.lines[*only].kind != LineKind::DirectConnect => self.along(path, *only),
            _ => self.by_lines(path, Component::Attachment(attachment), lines),
        }
    }

    /// The gateway of a VPC that leads to the site of a destination: where a fix would send packets.
    pub(super) fn gateway_towards_site(&self, subnet: SubnetId, destinations: &AddressSet) -> Option<Target> {
        let vpc = self.network.subnets[subnet].vpc;
        let has = |id: &LineId| {
            let site = &self.network.sites[self.network.lines[*id].site];
            !site.addresses.is_disjoint(destinations)
        };
        let by_vpn = self
            .network
            .vpn_gateways
            .iter()
            .find(|(_, gateway)| gateway.vpc == vpc && gateway.lines.iter().any(has))
            .map(|(id, _)| Target::VpnGateway(id));
        by_vpn.or_else(|| {
            let attached = self.network.transit_gateways.ids().filter(|id| {
                self.network.attachment_of(*id, vpc).is_some()
                    && self.network.lines.iter().any(|(line, this)| {
                        matches!(this.end, LineEnd::Attachment(at) if self.network.attachments[at].gateway == *id)
                            && has(&line)
                    })
            });
            attached.map(Target::TransitGateway).next()
        })
    }
}

/// What a virtual private gateway or a line did to packets, in words.
pub(super) fn message(
    network: &Network,
    code: Code,
    component: Component,
    packets: &crate::flow::FlowSet,
) -> String {
    let to = describe_addresses(&packets.destinations(), 2);
    let gateway = |id: VpnGatewayId| {
        let this = &network.vpn_gateways[id];
        format!("virtual private gateway {} of VPC {}", this.name, network.vpcs[this.vpc].name)
    };
    match (code, component) {
        (Code::Vgw001, Component::VpnGateway(id)) => {
            format!("{} knows no line to {to}: none announces it or has a static route for it", gateway(id))
        }
        (Code::Vgw001, Component::Attachment(id)) => {
            format!("attachment {} knows no line to {to}", network.attachments[id].name)
        }
        (Code::Vgw002, Component::VpnGateway(id)) => format!("{} is not attached to it", gateway(id)),
        (Code::Vgw003, Component::VpnGateway(id)) => format!(
            "{} takes only what an interface of its VPC sends, and {} is none",
            gateway(id),
            describe_addresses(&packets.sources(), 2)
        ),
        (Code::Vgw004, Component::VpnGateway(id)) => {
            format!("{} delivers only to interfaces of its VPC, and {to} is not in it", gateway(id))
        }
        (Code::Vpn001 | Code::Dx001, Component::Line(id)) => {
            let line = &network.lines[id];
            let why = match line.kind {
                LineKind::DirectConnect => "",
                _ => ": none of its tunnels is up",
            };
            format!("{} is down{why}", line.describe())
        }
        (Code::Vpn002, Component::Line(id)) => {
            let line = &network.lines[id];
            let family = match line.end {
                LineEnd::Attachment(_) if line.ipv6 => "IPv6",
                _ => "IPv4",
            };
            format!("{} carries only {family}", line.describe())
        }
        (Code::Vpn003, Component::Site(id)) => {
            format!("{} knows no way to {to}", network.sites[id].describe())
        }
        (Code::Rt004, Component::Site(id)) => {
            format!(
                "here {to} belongs to {}: it gets what was meant for another host",
                network.sites[id].describe()
            )
        }
        (Code::Rt005, Component::Line(id)) => format!(
            "{} is as good as another line that leads elsewhere: nobody knows which of them is used",
            network.lines[id].describe()
        ),
        (Code::Und002, Component::Line(id)) => unknown_line(network, id),
        (Code::Und002, Component::VpnGateway(id)) => {
            let why = network.vpn_gateways[id].more_lines.as_deref().unwrap_or("what it knows was not said");
            format!("nobody knows everything that leads to {}: {why}", gateway(id))
        }
        (Code::Und002, Component::Site(id)) => {
            let site = &network.sites[id];
            let sources = packets.sources();
            if !sources.is_subset(&site.addresses) && packets.destinations().is_disjoint(&site.addresses) {
                let from = describe_addresses(&sources, 2);
                return format!(
                    "whether {} has {from} is not known, nor what it does with {to}",
                    site.describe()
                );
            }
            format!("what {} does with {to} is not known: it is none of its own addresses", site.describe())
        }
        _ => code.title().to_owned(),
    }
}

fn unknown_line(network: &Network, id: LineId) -> String {
    let line = &network.lines[id];
    if line.state == LineState::Unknown {
        return format!("whether {} is up is not known", line.describe());
    }
    if line.state == LineState::Down {
        return format!(
            "{} is down: whether its static routes give way to a shorter prefix is not documented",
            line.describe()
        );
    }
    if line.prefixes.is_none() {
        return format!("what the far side of {} announces is not known", line.describe());
    }
    format!("what is announced to the far side of {} is not known", line.describe())
}
