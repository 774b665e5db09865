//! Transit gateways as code declares them, with the defaults that AWS puts in.
//!
//! A template or plan has a gateway, its attachments and tables, and resources that join them. What is not known of one
//! of these stays open in every table and attachment that it could change, never more; where even that is not known,
//! the gateway as a whole is known by name only.

use std::collections::{BTreeMap, BTreeSet};

use crate::topology::{
    AttachedTo, Entries, Entry, Place, Route, RouteDestination, RouteOrigin, RouteTarget, Spanned, Topology,
    TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable, Unmodelled,
};

/// A setting that is `enable` or `disable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    On,
    Off,
    Unknown,
}

impl Setting {
    /// Both have to be on.
    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Off, _) | (_, Self::Off) => Self::Off,
            (Self::On, Self::On) => Self::On,
            _ => Self::Unknown,
        }
    }
}

impl From<bool> for Setting {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// A gateway, with what happens to new attachments. `R` is what the reader knows a resource by.
pub(super) struct Gateway<R> {
    pub(super) owner: R,
    pub(super) name: Spanned<String>,
    pub(super) aliases: Vec<String>,
    /// SG-10.
    pub(super) references: bool,
    /// Whether attachments are associated with the default table, and propagate into it (TG-3).
    pub(super) association: Setting,
    pub(super) propagation: Setting,
}

/// An attachment of a gateway.
pub(super) struct Attachment<R> {
    pub(super) owner: R,
    pub(super) gateway: R,
    pub(super) name: Spanned<String>,
    pub(super) aliases: Vec<String>,
    pub(super) to: AttachedTo,
    pub(super) appliance_mode: bool,
    pub(super) ipv6: bool,
    pub(super) references: bool,
    /// Whether it goes by the gateway's defaults.
    pub(super) association: Setting,
    pub(super) propagation: Setting,
    /// Why its VPC may have ranges that are not known.
    pub(super) ranges_open: Option<String>,
}

/// A route table of a gateway.
pub(super) struct Table<R> {
    pub(super) owner: R,
    pub(super) gateway: R,
    pub(super) name: Spanned<String>,
    pub(super) aliases: Vec<String>,
}

/// Which table a part is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableOf<R> {
    Own(R),
    /// The default table of a gateway.
    Default(R),
}

/// Which attachment a part is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AttachmentOf<R> {
    Here(R),
    /// One that the file does not hold.
    Elsewhere(String),
    Unknown,
}

/// What joins a table and an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Joint {
    Association,
    Propagation,
    Route { destination: RouteDestination, blackhole: bool },
}

/// A resource that joins a table and an attachment.
pub(super) struct Part<R> {
    pub(super) owner: R,
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) joint: Joint,
    /// None if nobody can say.
    pub(super) table: Option<TableOf<R>>,
    pub(super) attachment: AttachmentOf<R>,
    /// Why it may not be there, or not be as it seems.
    pub(super) doubt: Option<String>,
}

/// Everything that was declared.
pub(super) struct Declared<R> {
    pub(super) gateways: Vec<Gateway<R>>,
    pub(super) attachments: Vec<Attachment<R>>,
    pub(super) tables: Vec<Table<R>>,
    pub(super) parts: Vec<Part<R>>,
    /// Gateways of which too little is known, and why.
    opaque: BTreeMap<R, String>,
}

/// Whether a part holds for something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Yes,
    Maybe,
    No,
}

impl<R: Copy + Ord> Declared<R> {
    pub(super) const fn new() -> Self {
        Self {
            gateways: Vec::new(),
            attachments: Vec::new(),
            tables: Vec::new(),
            parts: Vec::new(),
            opaque: BTreeMap::new(),
        }
    }

    pub(super) fn has_gateway(&self, owner: R) -> bool {
        self.gateways.iter().any(|one| one.owner == owner)
    }

    /// Gives up on a gateway; on all of them, if nobody can say on which.
    pub(super) fn give_up(&mut self, gateways: &[R], why: &str) {
        let all: Vec<R> = self.gateways.iter().map(|one| one.owner).collect();
        for owner in all.iter().filter(|owner| gateways.is_empty() || gateways.contains(owner)) {
            self.opaque.entry(*owner).or_insert_with(|| why.to_owned());
        }
    }

    /// Whether there is more than anybody has: AWS allows 5,000 attachments and 20 tables.
    fn is_excessive(&self) -> bool {
        const MOST: usize = 50_000_000;
        let each =
            self.attachments.len().saturating_add(1).saturating_mul(self.parts.len().saturating_add(1));
        each.saturating_mul(self.tables.len().saturating_add(2)) > MOST
    }

    /// Puts them into the topology. Tells which resources are known by name only, because their gateway is.
    pub(super) fn finish(mut self, topology: &mut Topology) -> BTreeSet<R> {
        if self.is_excessive() {
            self.give_up(&[], "more attachments, tables and routes than any gateway has");
        }
        self.doubt_lone_routes(topology);
        let mut by_name_only = BTreeSet::new();
        for gateway in &self.gateways {
            if let Some(why) = self.opaque.get(&gateway.owner) {
                by_name_only.extend(self.belongings(gateway.owner));
                topology.unmodelled.push(Unmodelled {
                    kind: "transit gateway".to_owned(),
                    name: gateway.name.clone(),
                    why: Some(why.clone()),
                    ..Unmodelled::default()
                });
                continue;
            }
            let entry = self.gateway(gateway);
            topology.transit_gateways.0.push(entry);
        }
        by_name_only
    }

    /// AWS takes a route to a gateway only from a VPC that is attached: where the file has a route and no attachment,
    /// somebody else attaches the VPC, and it is not known how.
    fn doubt_lone_routes(&mut self, topology: &Topology) {
        let attached: BTreeSet<(R, &str)> = self
            .attachments
            .iter()
            .filter_map(|one| match &one.to {
                AttachedTo::Vpc { vpc, .. } => Some((one.gateway, vpc.value.as_str())),
                _ => None,
            })
            .collect();
        let mut lone = Vec::new();
        for gateway in &self.gateways {
            let leads = |route: &Route| matches!(&route.target.value, RouteTarget::Named(name) if *name == gateway.name.value);
            let vpc = topology.vpcs.iter().find(|vpc| {
                !attached.contains(&(gateway.owner, vpc.name()))
                    && vpc.value.route_tables.iter().flat_map(|table| &table.value.routes).any(leads)
            });
            lone.extend(vpc.map(|vpc| (gateway.owner, vpc.name().to_owned())));
        }
        for (gateway, vpc) in lone {
            self.give_up(&[gateway], &format!("{vpc} has a route to it, and nothing here attaches it"));
        }
    }

    fn belongings(&self, gateway: R) -> Vec<R> {
        let attachments = self.attachments.iter().filter(|one| one.gateway == gateway).map(|one| one.owner);
        let tables: Vec<R> =
            self.tables.iter().filter(|one| one.gateway == gateway).map(|one| one.owner).collect();
        let parts = self.parts.iter().filter(|part| match part.table {
            Some(TableOf::Own(table)) => tables.contains(&table),
            Some(TableOf::Default(of)) => of == gateway,
            None => false,
        });
        let parts: Vec<R> = parts.map(|part| part.owner).collect();
        std::iter::once(gateway).chain(attachments).chain(tables.iter().copied()).chain(parts).collect()
    }

    fn gateway(&self, gateway: &Gateway<R>) -> Entry<TransitGateway> {
        let place = gateway.name.place;
        let own: Vec<&Attachment<R>> =
            self.attachments.iter().filter(|one| one.gateway == gateway.owner).collect();
        let mut tables: Vec<(TableOf<R>, Spanned<String>, Vec<String>)> = self
            .tables
            .iter()
            .filter(|one| one.gateway == gateway.owner)
            .map(|one| (TableOf::Own(one.owner), one.name.clone(), one.aliases.clone()))
            .collect();
        let default = TableOf::Default(gateway.owner);
        if gateway.association != Setting::Off
            || gateway.propagation != Setting::Off
            || self.parts.iter().any(|part| part.table == Some(default))
        {
            let name = Spanned::new(format!("{} default route table", gateway.name.value), place);
            tables.push((default, name, Vec::new()));
        }
        let keys: Vec<TableOf<R>> = tables.iter().map(|(key, ..)| *key).collect();
        let mut entries = Vec::new();
        let mut strangers: BTreeMap<String, Place> = BTreeMap::new();
        for (key, name, aliases) in tables {
            let value = self.table(gateway, key, &name, (&own, &keys), &mut strangers);
            entries.push(Entry { name, aliases, value });
        }
        let mut attachments: Vec<Entry<TransitGatewayAttachment>> =
            own.iter().map(|one| self.attachment(gateway, one, &keys)).collect();
        attachments.extend(strangers.into_iter().map(|(name, place)| stranger(name, place)));
        Entry {
            name: gateway.name.clone(),
            aliases: gateway.aliases.clone(),
            value: TransitGateway {
                security_group_referencing: Spanned::new(gateway.references, place),
                attachments: Entries(attachments),
                route_tables: Some(Entries(entries)),
                place,
            },
        }
    }

    /// Whether a part is about a table of a gateway.
    fn is_in(part: &Part<R>, table: TableOf<R>) -> Holds {
        match part.table {
            Some(said) if said != table => Holds::No,
            Some(_) if part.doubt.is_none() => Holds::Yes,
            _ => Holds::Maybe,
        }
    }

    fn of(&self, joint: &Joint) -> impl Iterator<Item = &Part<R>> {
        let wanted = std::mem::discriminant(joint);
        self.parts.iter().filter(move |part| std::mem::discriminant(&part.joint) == wanted)
    }

    /// TG-3: the table of an attachment. `Err`: nobody can say.
    fn association(
        &self,
        gateway: &Gateway<R>,
        one: &Attachment<R>,
        keys: &[TableOf<R>],
    ) -> Result<Option<TableOf<R>>, ()> {
        let parts = || self.of(&Joint::Association);
        let about = |part: &&Part<R>| part.attachment == AttachmentOf::Here(one.owner);
        let sure = parts().filter(about).find_map(|part| part.table.filter(|_| part.doubt.is_none()));
        if let Some(table) = sure {
            // AWS refuses a table of another gateway: then nobody knows what was meant.
            return if keys.contains(&table) { Ok(Some(table)) } else { Err(()) };
        }
        let may_be = |part: &Part<R>| match part.attachment {
            AttachmentOf::Here(owner) => owner == one.owner,
            AttachmentOf::Elsewhere(_) => false,
            AttachmentOf::Unknown => part.table.is_none_or(|table| keys.contains(&table)),
        };
        if parts().any(may_be) {
            return Err(());
        }
        match gateway.association.and(one.association) {
            Setting::On => Ok(Some(TableOf::Default(gateway.owner))),
            Setting::Off => Ok(None),
            Setting::Unknown => Err(()),
        }
    }

    fn attachment(
        &self,
        gateway: &Gateway<R>,
        one: &Attachment<R>,
        keys: &[TableOf<R>],
    ) -> Entry<TransitGatewayAttachment> {
        let place = one.name.place;
        let value = TransitGatewayAttachment {
            to: one.to.clone(),
            available: Spanned::new(true, place),
            appliance_mode: Spanned::new(one.appliance_mode, place),
            ipv6: Spanned::new(one.ipv6, place),
            security_group_referencing: Spanned::new(one.references, place),
            association_unknown: self.association(gateway, one, keys).is_err(),
            place,
        };
        Entry { name: one.name.clone(), aliases: one.aliases.clone(), value }
    }

    fn table(
        &self,
        gateway: &Gateway<R>,
        key: TableOf<R>,
        name: &Spanned<String>,
        (own, keys): (&[&Attachment<R>], &[TableOf<R>]),
        strangers: &mut BTreeMap<String, Place>,
    ) -> TransitGatewayRouteTable {
        let mut table = TransitGatewayRouteTable { place: name.place, ..TransitGatewayRouteTable::default() };
        for one in own {
            if self.association(gateway, one, keys) == Ok(Some(key)) {
                table.associations.push(one.name.clone());
            }
            self.propagate(gateway, key, one, &mut table);
        }
        for part in self.of(&Joint::Propagation) {
            let holds = Self::is_in(part, key);
            let AttachmentOf::Elsewhere(name) = &part.attachment else { continue };
            if holds != Holds::No {
                // What it announces is not known anyhow.
                strangers.entry(name.clone()).or_insert(part.place);
                table.propagations.push(Spanned::new(name.clone(), part.place));
            }
        }
        for part in &self.parts {
            let Joint::Route { destination, blackhole } = &part.joint else { continue };
            let holds = Self::is_in(part, key);
            if holds == Holds::No {
                continue;
            }
            let target = if *blackhole {
                RouteTarget::Blackhole
            } else {
                RouteTarget::Named(self.target(gateway.owner, part, strangers))
            };
            let destination = match (holds, &part.doubt) {
                (Holds::Yes, _) => destination.clone(),
                (_, Some(why)) => RouteDestination::Unknown(why.clone()),
                (_, None) => RouteDestination::Unknown(format!("whether {} is in this table", part.name)),
            };
            table.table.routes.push(route(destination, target, part.place));
        }
        table
    }

    /// TG-3: what a table learns from an attachment.
    fn propagate(
        &self,
        gateway: &Gateway<R>,
        key: TableOf<R>,
        one: &Attachment<R>,
        table: &mut TransitGatewayRouteTable,
    ) {
        let mut holds = match (key, gateway.propagation.and(one.propagation)) {
            (TableOf::Own(_), _) | (_, Setting::Off) => Holds::No,
            (_, Setting::On) => Holds::Yes,
            (_, Setting::Unknown) => Holds::Maybe,
        };
        for part in self.of(&Joint::Propagation) {
            let found = match (&part.attachment, Self::is_in(part, key)) {
                (AttachmentOf::Here(owner), found) if *owner == one.owner => found,
                (AttachmentOf::Unknown, Holds::Yes | Holds::Maybe) => Holds::Maybe,
                _ => Holds::No,
            };
            if found == Holds::Yes || holds == Holds::No {
                holds = found;
            }
        }
        let open = match holds {
            Holds::No => None,
            Holds::Yes => one.ranges_open.clone(),
            Holds::Maybe => Some(format!("whether {} propagates into it", one.name.value)),
        };
        if holds == Holds::Yes {
            table.propagations.push(one.name.clone());
        }
        if let Some(why) = open {
            let target = RouteTarget::Named(one.name.value.clone());
            table.table.routes.push(route(RouteDestination::Unknown(why), target, one.name.place));
        }
    }

    /// The name of the attachment that a route leads to; a new one, if the file does not hold it.
    fn target(&self, gateway: R, part: &Part<R>, strangers: &mut BTreeMap<String, Place>) -> String {
        let here = match part.attachment {
            AttachmentOf::Here(owner) => {
                self.attachments.iter().find(|one| one.owner == owner && one.gateway == gateway)
            }
            _ => None,
        };
        if let Some(one) = here {
            return one.name.value.clone();
        }
        let name = match &part.attachment {
            AttachmentOf::Elsewhere(id) => id.clone(),
            _ => format!("target of {}", part.name),
        };
        strangers.entry(name.clone()).or_insert(part.place);
        name
    }
}

/// An attachment of which nothing is known but that something names it.
fn stranger(name: String, place: Place) -> Entry<TransitGatewayAttachment> {
    let name = Spanned::new(name, place);
    let value = TransitGatewayAttachment {
        to: AttachedTo::Other {
            kind: "transit gateway attachment".to_owned(),
            name: name.clone(),
            prefixes: None,
        },
        available: Spanned::new(true, place),
        appliance_mode: Spanned::new(false, place),
        ipv6: Spanned::new(true, place),
        security_group_referencing: Spanned::new(false, place),
        association_unknown: true,
        place,
    };
    Entry { name, aliases: Vec::new(), value }
}

const fn route(destination: RouteDestination, target: RouteTarget, place: Place) -> Route {
    Route {
        destination: Spanned::new(destination, place),
        target: Spanned::new(target, place),
        state: None,
        origin: RouteOrigin::Static,
        place,
    }
}
