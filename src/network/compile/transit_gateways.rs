//! Transit gateways: attachments, associations, and what each table knows (TG-1 to TG-8).

use ipnet::IpNet;

use crate::topology::{
    AttachedTo, Diagnostic, Entry, LineState, Place, RouteDestination, RouteOrigin, RouteState, RouteTarget,
    Spanned, TransitGatewayAttachment, TransitGatewayRouteTable,
};

use super::super::id::{AttachmentId, RouteTableId, SubnetId, TransitGatewayId, VpcId};
use super::super::{
    Attached, Attachment, Code, Learnt, LineId, LineKind, Route, RouteKind, RouteTable, TableAssociation,
    Target, TransitGateway, Unlisted, Unmodelled,
};
use super::{Compiler, code};

/// The name of the table that AWS makes if nobody says otherwise.
const DEFAULT_TABLE: &str = "default";

impl<'t> Compiler<'t> {
    pub(super) fn transit_gateways(&mut self) {
        for entry in &self.topology.transit_gateways {
            let id = self.network.transit_gateways.push(TransitGateway {
                name: entry.name().to_owned(),
                aliases: entry.aliases.clone(),
                place: entry.value.place,
                security_group_referencing: entry.value.security_group_referencing.value,
                attachments: Vec::new(),
            });
            self.scope.transit_gateways.insert(entry.name().to_owned(), id);
            for attachment in &entry.value.attachments {
                self.attachment(id, attachment);
            }
        }
        self.join_transit_gateways();
        let gateways: Vec<_> =
            self.network.transit_gateways.ids().zip(&self.topology.transit_gateways).collect();
        for (id, entry) in gateways {
            match &entry.value.route_tables {
                Some(tables) => {
                    for table in tables {
                        self.transit_table(id, table);
                    }
                }
                None => self.default_transit_table(id, entry.value.place),
            }
        }
        self.check_propagation();
    }

    fn attachment(&mut self, gateway: TransitGatewayId, entry: &'t Entry<TransitGatewayAttachment>) {
        let said = &entry.value;
        let to = match &said.to {
            AttachedTo::Vpc { vpc, subnets } => {
                self.attached_vpc(gateway, vpc, subnets.as_deref(), said.place)
            }
            // Joined with its other end once every gateway is known.
            AttachedTo::Peering(_) => Attached::Missing,
            // Known once the attachment is.
            AttachedTo::Other { .. } => Attached::Missing,
        };
        let id = self.network.attachments.push(Attachment {
            name: entry.name().to_owned(),
            aliases: entry.aliases.clone(),
            place: said.place,
            gateway,
            to,
            available: said.available.value,
            available_place: said.available.place,
            appliance_mode: said.appliance_mode.value,
            ipv6: said.ipv6.value,
            security_group_referencing: said.security_group_referencing.value,
            association: if said.association_unknown {
                TableAssociation::Unknown
            } else {
                TableAssociation::None
            },
        });
        if let AttachedTo::Other { kind, name, .. } = &said.to {
            let lines = self.attached_lines(id, kind, &name.value).map(Attached::Lines);
            self.network.attachments[id].to = lines.unwrap_or_else(|| {
                let known = self.scope.unmodelled.get(&(None, name.value.clone())).copied();
                Attached::Unmodelled(known.unwrap_or_else(|| self.opaque(kind, name)))
            });
        }
        self.network.transit_gateways[gateway].attachments.push(id);
        self.scope.attachments.insert((gateway, entry.name().to_owned()), id);
    }

    fn opaque(&mut self, kind: &str, name: &Spanned<String>) -> super::super::UnmodelledId {
        self.network.unmodelled.push(Unmodelled {
            kind: kind.to_owned(),
            name: name.value.clone(),
            place: name.place,
            vpc: None,
            subnets: Vec::new(),
            security_groups: Vec::new(),
            why: None,
        })
    }

    fn attached_vpc(
        &mut self,
        gateway: TransitGatewayId,
        name: &Spanned<String>,
        subnets: Option<&[Spanned<String>]>,
        place: Place,
    ) -> Attached {
        let Some(vpc) = self.scope.vpc(&name.value) else {
            let known: Vec<String> = self.scope.vpcs.keys().cloned().collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            self.unknown_name("VPC", name, &known);
            return Attached::Missing;
        };
        if let Some(first) = self.network.attachment_of(gateway, vpc) {
            let message = format!("VPC `{}` has two attachments to this transit gateway", name.value);
            let first = self.network.attachments[first].place;
            self.report(
                Diagnostic::error(code::ATTACHED_TWICE, message, place)
                    .also(first, "the first one")
                    .help("a VPC has one attachment to a transit gateway; one attachment has a subnet in each zone (TG-12)"),
            );
        }
        let all = |network: &super::super::Network| -> Vec<SubnetId> {
            let here =
                network.subnets.iter().filter(|(_, subnet)| subnet.vpc == vpc && subnet.cidr.is_some());
            here.map(|(id, _)| id).collect()
        };
        let Some(names) = subnets else {
            // A capture that does not say the subnets lacks the call that would.
            if self.network.partial {
                return Attached::Missing;
            }
            return Attached::Vpc { vpc, subnets: all(&self.network), said: false };
        };
        let found = self.attachment_subnets(vpc, names);
        // Subnets that a capture lacks may be in any zone.
        let said = found.len() == names.len() || !self.network.partial;
        Attached::Vpc { vpc, subnets: found, said }
    }

    /// TG-1, TG-11: one subnet for each zone, none of them without IPv4.
    fn attachment_subnets(&mut self, vpc: VpcId, names: &[Spanned<String>]) -> Vec<SubnetId> {
        let known: Vec<String> = self
            .network
            .subnets
            .iter()
            .filter(|(_, subnet)| subnet.vpc == vpc)
            .map(|(_, subnet)| subnet.name.clone())
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let mut found: Vec<(SubnetId, Place)> = Vec::new();
        for name in names {
            let Some(&id) = self.scope.subnets.get(&(vpc, name.value.clone())) else {
                self.unknown_name("subnet", name, &known);
                continue;
            };
            let this = &self.network.subnets[id];
            let twin = found.iter().find(|(other, _)| {
                *other == id || (this.az.is_some() && self.network.subnets[*other].az == this.az)
            });
            let problem = match twin {
                Some((other, place)) => {
                    let zone = this.az.clone().unwrap_or_default();
                    let message = format!(
                        "subnets `{}` and `{}` of the attachment are both in zone `{zone}`",
                        self.network.subnets[*other].name, this.name
                    );
                    Some(
                        Diagnostic::error(code::ATTACHMENT_ZONE, message, name.place)
                            .also(*place, "the first one")
                            .help("an attachment has one subnet in each zone; every subnet of the zone may use it (TG-1)"),
                    )
                }
                None if this.cidr.is_none() => {
                    let message = format!("subnet `{}` has no IPv4 range", this.name);
                    let help = "an attachment needs subnets with IPv4 (TG-11)";
                    Some(Diagnostic::error(code::ATTACHMENT_ZONE, message, name.place).help(help))
                }
                None => None,
            };
            if let (Some(problem), false) = (problem, self.network.partial) {
                self.report(problem);
            }
            found.push((id, name.place));
        }
        found.into_iter().map(|(id, _)| id).collect()
    }

    /// TG-8: the n-th peering of A with B is the n-th peering of B with A.
    fn join_transit_gateways(&mut self) {
        let gateways: Vec<_> =
            self.network.transit_gateways.ids().zip(&self.topology.transit_gateways).collect();
        for (gateway, entry) in gateways {
            for attachment in &entry.value.attachments {
                let AttachedTo::Peering(peer) = &attachment.value.to else { continue };
                let Some(&id) = self.scope.attachments.get(&(gateway, attachment.name().to_owned())) else {
                    continue;
                };
                self.network.attachments[id].to =
                    self.other_end(entry.name(), gateway, attachment.name(), peer);
            }
        }
    }

    fn other_end(
        &mut self,
        name: &str,
        gateway: TransitGatewayId,
        attachment: &str,
        peer: &Spanned<String>,
    ) -> Attached {
        let Some(&other) = self.scope.transit_gateways.get(&peer.value) else {
            let known = self.scope.unmodelled.get(&(None, peer.value.clone())).copied();
            let id = known.unwrap_or_else(|| {
                let id = self.opaque("transit gateway", peer);
                self.scope.unmodelled.insert((None, peer.value.clone()), id);
                id
            });
            if !self.network.partial {
                let message = format!("transit gateway `{}` is not described here", peer.value);
                self.report(
                    Diagnostic::warning(code::DANGLING, message, peer.place)
                        .help("what is behind it is undetermined"),
                );
            }
            return Attached::Unmodelled(id);
        };
        let ends = |of: TransitGatewayId, with: &str| -> Vec<String> {
            let said = self.topology.transit_gateways.0.get(super::super::Index::to_usize(of));
            let attachments = said.map(|said| said.value.attachments.0.as_slice()).unwrap_or_default();
            let with = attachments
                .iter()
                .filter(|entry| matches!(&entry.value.to, AttachedTo::Peering(peer) if peer.value == with));
            with.map(|entry| entry.name().to_owned()).collect()
        };
        let position = ends(gateway, &peer.value).iter().position(|own| own == attachment);
        let far = position.and_then(|position| ends(other, name).get(position).cloned());
        let far = far.and_then(|far| self.scope.attachments.get(&(other, far)).copied());
        match far {
            Some(far) => Attached::Peer(far),
            None => {
                let message = format!(
                    "transit gateway `{}` has no attachment that is peered with `{name}`",
                    peer.value
                );
                if !self.network.partial {
                    self.report(
                        Diagnostic::error(code::UNKNOWN_NAME, message, peer.place)
                            .help(format!("add one there: `{{peering: {name}}}` (TG-8)")),
                    );
                }
                Attached::Missing
            }
        }
    }

    fn declare_transit_table(&mut self, name: &str, aliases: &[String], place: Place) -> RouteTableId {
        let table = RouteTable::new(name.to_owned(), aliases.to_vec(), place, None, Vec::new());
        self.network.route_tables.push(table)
    }

    /// AWS's default: one table, with every attachment associated and propagating.
    fn default_transit_table(&mut self, gateway: TransitGatewayId, place: Place) {
        let table = self.declare_transit_table(DEFAULT_TABLE, &[], Place::Implicit);
        let attachments = self.network.transit_gateways[gateway].attachments.clone();
        let mut contents = Contents::default();
        for id in attachments {
            self.network.attachments[id].association = TableAssociation::Table(table);
            self.propagate(id, place, &mut contents);
        }
        self.fill_transit_table(table, contents);
    }

    fn transit_table(&mut self, gateway: TransitGatewayId, entry: &'t Entry<TransitGatewayRouteTable>) {
        let said = &entry.value;
        let table = self.declare_transit_table(entry.name(), &entry.aliases, said.place);
        let mut contents = Contents::default();
        for name in &said.associations {
            if let Some(id) = self.attachment_named(gateway, name) {
                self.network.attachments[id].association = TableAssociation::Table(table);
            }
        }
        for route in &said.table.routes {
            self.transit_route(gateway, route, &mut contents);
        }
        for name in &said.propagations {
            if let Some(id) = self.attachment_named(gateway, name) {
                self.propagate(id, name.place, &mut contents);
            }
        }
        if said.routes_missing {
            contents.unlisted.push(Unlisted {
                name: entry.name().to_owned(),
                code: Code::Und002,
                target: Target::Missing,
                public_only: false,
                except: crate::flow::AddressSet::empty(),
                place: said.place,
            });
        }
        self.check_duplicates(&said.table.routes);
        self.fill_transit_table(table, contents);
    }

    fn fill_transit_table(&mut self, id: RouteTableId, contents: Contents) {
        let old = &self.network.route_tables[id];
        let mut filled =
            RouteTable::new(old.name.clone(), old.aliases.clone(), old.place, None, contents.routes);
        filled.unlisted = contents.unlisted;
        self.network.route_tables[id] = filled;
    }

    fn attachment_named(
        &mut self,
        gateway: TransitGatewayId,
        name: &Spanned<String>,
    ) -> Option<AttachmentId> {
        let found = self.scope.attachments.get(&(gateway, name.value.clone())).copied();
        if found.is_none() {
            let attachments = &self.network.transit_gateways[gateway].attachments;
            let known: Vec<String> =
                attachments.iter().map(|id| self.network.attachments[*id].name.clone()).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            self.unknown_name("attachment", name, &known);
        }
        found
    }

    fn transit_route(
        &mut self,
        gateway: TransitGatewayId,
        said: &'t crate::topology::Route,
        contents: &mut Contents,
    ) {
        let (target, target_name) = match &said.target.value {
            RouteTarget::Named(name) => {
                let spanned = Spanned::new(name.clone(), said.target.place);
                let found = self.attachment_named(gateway, &spanned);
                let lost = if self.network.partial { Target::Missing } else { Target::Blackhole };
                (found.map_or(lost, Target::Attachment), name.clone())
            }
            RouteTarget::Local | RouteTarget::Blackhole => (Target::Blackhole, "blackhole".to_owned()),
        };
        let (prefixes, prefix_list) = match &said.destination.value {
            RouteDestination::Cidr(cidr) => (vec![cidr.trunc()], None),
            RouteDestination::Unknown(_) => (Vec::new(), None),
            RouteDestination::PrefixList(name) => {
                let list = self.prefix_list(name, said.destination.place);
                let entries = list.and_then(|list| list.entries.as_ref());
                (entries.into_iter().flatten().map(|cidr| cidr.value.trunc()).collect(), Some(name.clone()))
            }
        };
        contents.unlisted.extend(self.unlisted(said, target));
        let kind = match (said.origin, &prefix_list) {
            (RouteOrigin::Propagated, _) => RouteKind::Propagated(Learnt::Unsaid),
            (RouteOrigin::Static, Some(_)) => RouteKind::PrefixList,
            (RouteOrigin::Static, None) => RouteKind::Static,
        };
        contents.routes.extend(prefixes.into_iter().map(|prefix| Route {
            prefix,
            target,
            target_name: target_name.clone(),
            kind,
            prefix_list: prefix_list.clone(),
            blackhole: said.state == Some(RouteState::Blackhole),
            place: said.place,
        }));
    }

    /// TG-3: the ranges of an attachment, as a table learns them.
    fn propagate(&self, id: AttachmentId, place: Place, contents: &mut Contents) {
        let this = &self.network.attachments[id];
        let mut learn = |prefix: IpNet, from: Learnt| {
            let kind = RouteKind::Propagated(from);
            // What the capture lists as learnt need not be derived; two lines to one network are as good as one.
            let listed = contents.routes.iter().any(|route| {
                route.prefix == prefix
                    && (route.kind == RouteKind::Propagated(Learnt::Unsaid)
                        || route.kind == kind && self.lead_alike(route.target, id))
            });
            if !listed {
                contents.routes.push(Route {
                    prefix,
                    target: Target::Attachment(id),
                    target_name: this.name.clone(),
                    kind,
                    prefix_list: None,
                    blackhole: false,
                    place,
                });
            }
        };
        match this.to {
            Attached::Vpc { vpc, .. } if self.overlaps_earlier(id).is_none() => {
                let vpc = &self.network.vpcs[vpc];
                let ipv4 = vpc.cidrs.iter().copied().map(IpNet::V4);
                let ipv6 = vpc.ipv6_cidrs.iter().copied().map(IpNet::V6).filter(|_| this.ipv6);
                ipv4.chain(ipv6).for_each(|prefix| learn(prefix, Learnt::Vpc));
            }
            Attached::Lines(ref lines) => {
                let said = match self.announced(id) {
                    Announced::Prefixes(prefixes) => Some(prefixes),
                    Announced::Nothing | Announced::Unknown => None,
                };
                for &line in lines {
                    self.learn_by_line(line, said.as_ref(), &mut learn);
                }
                if said.is_none() && lines.iter().any(|line| self.is_unsure(*line)) {
                    contents.unlisted.push(Unlisted {
                        name: this.name.clone(),
                        code: Code::Und002,
                        target: Target::Attachment(id),
                        public_only: false,
                        except: self.attached_ranges(this.gateway),
                        place,
                    });
                }
            }
            Attached::Unmodelled(unmodelled) => match self.announced(id) {
                Announced::Nothing => {}
                Announced::Prefixes(prefixes) => {
                    let from = learnt_from(&self.network.unmodelled[unmodelled].kind);
                    prefixes.into_iter().for_each(|prefix| learn(prefix, from));
                }
                Announced::Unknown => contents.unlisted.push(Unlisted {
                    name: self.network.unmodelled[unmodelled].name.clone(),
                    code: Code::Und001,
                    target: Target::Unmodelled(unmodelled),
                    public_only: false,
                    except: self.attached_ranges(this.gateway),
                    place,
                }),
            },
            Attached::Missing if self.network.partial => contents.unlisted.push(Unlisted {
                name: this.name.clone(),
                code: Code::Und002,
                target: Target::Missing,
                public_only: false,
                except: self.attached_ranges(this.gateway),
                place,
            }),
            Attached::Vpc { .. } | Attached::Peer(_) | Attached::Missing => {}
        }
    }

    /// What a transit gateway learns by a line: of static routing, nothing; its routes are written in its tables.
    fn learn_by_line(&self, id: LineId, said: Option<&Vec<IpNet>>, learn: &mut impl FnMut(IpNet, Learnt)) {
        let line = &self.network.lines[id];
        if line.is_withdrawn() {
            return;
        }
        match said {
            Some(prefixes) => prefixes.iter().for_each(|prefix| learn(*prefix, line.kind.into())),
            None if line.kind == LineKind::StaticVpn || self.is_unsure(id) => {}
            None => line.learnt().into_iter().flatten().for_each(|prefix| learn(prefix, line.kind.into())),
        }
    }

    /// Whether nobody knows what a transit gateway learns by a line.
    fn is_unsure(&self, id: LineId) -> bool {
        let line = &self.network.lines[id];
        let unknown = line.prefixes.is_none() || line.state == LineState::Unknown;
        unknown && !line.is_withdrawn() && line.kind != LineKind::StaticVpn
    }

    /// Whether a route leads by a line to a network that this attachment leads to as well.
    fn lead_alike(&self, target: Target, id: AttachmentId) -> bool {
        let sites = |id: AttachmentId| match &self.network.attachments[id].to {
            Attached::Lines(lines) => lines.iter().map(|line| self.network.lines[*line].site).collect(),
            _ => Vec::new(),
        };
        let Target::Attachment(other) = target else { return false };
        let (own, others) = (sites(id), sites(other));
        other == id || !own.is_empty() && own == others
    }

    /// What something that is not modelled announces to a transit gateway.
    fn announced(&self, id: AttachmentId) -> Announced {
        let this = &self.network.attachments[id];
        let gateway = self.topology.transit_gateways.0.get(super::super::Index::to_usize(this.gateway));
        match gateway.and_then(|gateway| gateway.value.attachments.get(&this.name)).map(|said| &said.to) {
            Some(AttachedTo::Other { prefixes: Some(prefixes), .. }) => {
                Announced::Prefixes(prefixes.iter().map(|prefix| prefix.value.trunc()).collect())
            }
            Some(AttachedTo::Other { prefixes: None, .. }) => Announced::Unknown,
            // TG-8: a peering propagates nothing.
            _ => Announced::Nothing,
        }
    }

    /// The ranges of the VPCs of a gateway: a line that announces these would announce other people's addresses.
    fn attached_ranges(&self, gateway: TransitGatewayId) -> crate::flow::AddressSet {
        let attachments = self.network.transit_gateways[gateway].attachments.iter();
        let vpcs = attachments.filter_map(|id| self.network.attachments[*id].vpc());
        vpcs.fold(crate::flow::AddressSet::empty(), |all, vpc| all.union(&self.network.vpcs[vpc].addresses))
    }

    /// TG-5: the VPC that was attached before this one and has some of its addresses.
    fn overlaps_earlier(&self, id: AttachmentId) -> Option<VpcId> {
        let this = &self.network.attachments[id];
        let own = this.vpc()?;
        let earlier =
            self.network.transit_gateways[this.gateway].attachments.iter().take_while(|other| **other != id);
        let mut vpcs = earlier.filter_map(|other| self.network.attachments[*other].vpc());
        let addresses = &self.network.vpcs[own].addresses;
        vpcs.find(|vpc| *vpc != own && !self.network.vpcs[*vpc].addresses.is_disjoint(addresses))
    }

    fn check_propagation(&mut self) {
        if self.network.partial {
            return;
        }
        for id in self.network.attachments.ids() {
            let (Some(first), this) = (self.overlaps_earlier(id), &self.network.attachments[id]) else {
                continue;
            };
            let Some(own) = this.vpc() else { continue };
            let (own, first) = (&self.network.vpcs[own], &self.network.vpcs[first]);
            let common = crate::flow::describe_addresses(&own.addresses.intersect(&first.addresses), 3);
            let message = format!(
                "VPCs `{}` and `{}` both have {common}: the routes of `{}` are not propagated",
                first.name, own.name, own.name
            );
            let diagnostic = Diagnostic::warning(code::NOT_PROPAGATED, message, this.place)
                .also(first.place, "attached before")
                .also(own.place, "attached later")
                .help("only a static route can lead to the VPC that was attached later (TG-5)");
            self.report(diagnostic);
        }
    }
}

/// What a kind of attachment that is not modelled counts as (TG-4).
fn learnt_from(kind: &str) -> Learnt {
    if kind.contains("Direct Connect") {
        Learnt::DirectConnect
    } else if kind.contains("VPN") {
        Learnt::BgpVpn
    } else {
        Learnt::Connect
    }
}

/// What goes into a table.
#[derive(Default)]
struct Contents {
    routes: Vec<Route>,
    unlisted: Vec<Unlisted>,
}

enum Announced {
    Nothing,
    Prefixes(Vec<IpNet>),
    Unknown,
}
