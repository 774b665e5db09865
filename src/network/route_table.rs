//! Route tables: longest-prefix match, ties, black holes (RT-1 to RT-14).

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;
use prefix_trie::PrefixMap;

use crate::flow::{AddressSet, cidr_set};
use crate::topology::Place;

use super::code::Code;
use super::id::{
    AttachmentId, EgressOnlyInternetGatewayId, GatewayEndpointId, InterfaceId, InternetGatewayId,
    NatGatewayId, PeeringId, TransitGatewayId, UnmodelledId, VpcId, VpnGatewayId,
};

/// A route table.
#[derive(Clone, Debug)]
pub struct RouteTable {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was named.
    pub place: Place,
    /// The VPC it belongs to; none if it is a transit gateway's.
    pub vpc: Option<VpcId>,
    /// Its routes, most preferred first.
    routes: Vec<Route>,
    /// Routes by prefix lists whose entries are not known: they may apply to any address outside the VPC.
    pub unlisted: Vec<Unlisted>,
    /// Positions in `routes` by prefix: the longest-prefix-match tables.
    ipv4: PrefixMap<ipnet::Ipv4Net, u32>,
    ipv6: PrefixMap<ipnet::Ipv6Net, u32>,
}

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Where packets must want to go.
    pub prefix: IpNet,
    /// Where they are sent.
    pub target: Target,
    /// The target as it was named.
    pub target_name: String,
    /// Its kind, which settles ties.
    pub kind: RouteKind,
    /// The prefix list it comes from, if it comes from one.
    pub prefix_list: Option<String>,
    /// Whether the source says that it is a black hole.
    pub blackhole: bool,
    /// Where it was said; implicit for `local`.
    pub place: Place,
}

/// A route whose destinations are not known: by a prefix list without entries, or learnt from a gateway that is not modelled.
#[derive(Clone, Debug)]
pub struct Unlisted {
    /// The prefix list, or the gateway.
    pub name: String,
    /// What is not known about it.
    pub code: Code,
    /// Where its packets are sent.
    pub target: Target,
    /// Whether it can only be about public addresses: the lists of AWS's own services.
    pub public_only: bool,
    /// Addresses that it surely is not about.
    pub except: AddressSet,
    /// Where the route was said.
    pub place: Place,
}

/// Kinds of route, most preferred first at equal prefixes (RT-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteKind {
    /// The VPC's own ranges.
    Local,
    /// Written, with a CIDR.
    Static,
    /// Written, with a prefix list.
    PrefixList,
    /// Learnt.
    Propagated(Learnt),
}

/// From what a route was learnt, most preferred first at equal prefixes (RT-2, TG-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Learnt {
    /// From a VPC that a transit gateway is attached to.
    Vpc,
    /// By Direct Connect.
    DirectConnect,
    /// From a Connect attachment of a transit gateway.
    Connect,
    /// From the static routes of a VPN connection.
    StaticVpn,
    /// By BGP over a VPN connection.
    BgpVpn,
    /// The source says that it was learnt, and not from what.
    Unsaid,
}

impl RouteKind {
    /// Whether it was learnt.
    pub const fn is_propagated(self) -> bool {
        matches!(self, Self::Propagated(_))
    }
}

/// What a route leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The VPC.
    Local,
    /// Nothing any more.
    Blackhole,
    /// An internet gateway.
    InternetGateway(InternetGatewayId),
    /// An egress-only internet gateway.
    EgressOnlyInternetGateway(EgressOnlyInternetGatewayId),
    /// A NAT gateway.
    NatGateway(NatGatewayId),
    /// An interface that forwards: an appliance, a NAT instance.
    Interface(InterfaceId),
    /// A peering connection.
    Peering(PeeringId),
    /// A transit gateway.
    TransitGateway(TransitGatewayId),
    /// A gateway endpoint.
    GatewayEndpoint(GatewayEndpointId),
    /// A virtual private gateway.
    VpnGateway(VpnGatewayId),
    /// An attachment, in a route table of a transit gateway.
    Attachment(AttachmentId),
    /// Something that is not modelled yet.
    Unmodelled(UnmodelledId),
    /// Something that the capture names but does not hold.
    Missing,
}

/// The outcome of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// That route.
    Route(u32),
    /// Two routes that are equally good have different targets: AWS picks one, nobody knows which (RT-8).
    Ambiguous(u32),
    /// The entries of a prefix list that has a route here are not known, and might hold the destination.
    Unlisted,
    /// The route by a prefix list whose entries are not known, for a destination that is in the list: its position in
    /// [`RouteTable::unlisted`].
    Listed(u32),
    /// No route applies (RT-9).
    None,
}

impl RouteTable {
    /// A table of these routes, in any order. `local` routes must be among them.
    pub fn new(
        name: String,
        aliases: Vec<String>,
        place: Place,
        vpc: Option<VpcId>,
        mut routes: Vec<Route>,
    ) -> Self {
        let local = AddressSet::from_ranges(
            routes
                .iter()
                .filter(|route| route.kind == RouteKind::Local)
                .flat_map(|route| ranges(&route.prefix)),
        );
        // RT-4: a propagated route inside the VPC's range never beats `local`.
        routes.retain(|route| !route.kind.is_propagated() || !cidr_set(&route.prefix).is_subset(&local));
        routes.sort_by_key(|route| (Reverse(route.prefix.prefix_len()), route.prefix, route.kind));
        let (mut ipv4, mut ipv6) = (PrefixMap::new(), PrefixMap::new());
        for (index, route) in (0..).zip(&routes) {
            match route.prefix {
                IpNet::V4(prefix) => *ipv4.entry(prefix).or_insert(index),
                IpNet::V6(prefix) => *ipv6.entry(prefix).or_insert(index),
            };
        }
        Self { name, aliases, place, vpc, routes, unlisted: Vec::new(), ipv4, ipv6 }
    }

    /// The routes, most preferred first.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The route at that position.
    pub fn route(&self, index: u32) -> Option<&Route> {
        self.routes.get(index as usize)
    }

    /// Which route each part of a set of destinations takes. The parts cover the set and are disjoint.
    ///
    /// One address is one trie lookup; a set costs one pass over the table.
    pub fn lookup(&self, destinations: &AddressSet) -> Vec<(AddressSet, Choice)> {
        if let Some(address) = destinations.only() {
            return self.with_unlisted(destinations.clone(), self.lookup_one(address));
        }
        let mut rest = destinations.clone();
        let mut parts: Vec<(AddressSet, Choice)> = Vec::new();
        for (index, route) in (0..).zip(&self.routes) {
            let prefix = cidr_set(&route.prefix);
            let part = rest.intersect(&prefix);
            if !part.is_empty() {
                rest = rest.subtract(&prefix);
                parts.extend(self.with_unlisted(part, self.settle(index)));
            }
        }
        if !rest.is_empty() {
            parts.extend(self.with_unlisted(rest, Choice::None));
        }
        parts
    }

    /// Which route each part of a set of destinations takes, if all of them are in the prefix list of a service of these
    /// names, whose entries nobody knows. They are longer than a default route; a longer route than that may be longer than
    /// they are. Without names, any destinations.
    pub fn lookup_list(&self, names: &[String], destinations: &AddressSet) -> Vec<(AddressSet, Choice)> {
        if names.is_empty() {
            return self.lookup(destinations);
        }
        let is_endpoint = |route: &Unlisted| matches!(route.target, Target::GatewayEndpoint(_));
        let is_own = |route: &Unlisted| names.contains(&route.name) && route.code == Code::Und003;
        let own: Vec<(u32, &Unlisted)> =
            (0..).zip(&self.unlisted).filter(|(_, route)| is_own(route)).collect();
        let rivals = own.windows(2).any(|pair| {
            pair.iter().any(|(_, one)| Some(one.target) != own.first().map(|(_, one)| one.target))
        });
        // An address of one service is not one of another.
        let others: Vec<Unlisted> =
            self.unlisted.iter().filter(|route| !is_own(route) && !is_endpoint(route)).cloned().collect();
        let known = Self { unlisted: others, ..self.clone() };
        let settled = |choice: Choice| {
            let longer = match choice {
                Choice::Route(index) | Choice::Ambiguous(index) => {
                    self.route(index).is_some_and(|route| route.prefix.prefix_len() > 0)
                }
                Choice::Unlisted => true,
                Choice::Listed(_) | Choice::None => false,
            };
            match own.first() {
                None => choice,
                Some(_) if self.is_local(choice) => choice,
                Some(_) if rivals || longer => Choice::Unlisted,
                Some((index, _)) => Choice::Listed(*index),
            }
        };
        known.lookup(destinations).into_iter().map(|(part, choice)| (part, settled(choice))).collect()
    }

    /// Which route an address takes, where nothing unknown might take it instead.
    pub fn certain(&self, address: IpAddr) -> Option<Choice> {
        let choice = self.lookup_one(address);
        (self.unlisted.is_empty() || self.is_local(choice)).then_some(choice)
    }

    fn lookup_one(&self, address: IpAddr) -> Choice {
        let found = match address {
            IpAddr::V4(address) => self.ipv4.get_lpm(&address.into()).map(|(_, index)| *index),
            IpAddr::V6(address) => self.ipv6.get_lpm(&address.into()).map(|(_, index)| *index),
        };
        found.map_or(Choice::None, |index| self.settle(index))
    }

    /// RT-8: the best route of its prefix, unless another one that is as good disagrees: of another prefix list, or learnt in
    /// the same way.
    fn settle(&self, index: u32) -> Choice {
        let Some(best) = self.route(index) else { return Choice::None };
        let rivals = self.as_good_as(index, best).any(|other| other.target != best.target);
        if rivals { Choice::Ambiguous(index) } else { Choice::Route(index) }
    }

    /// The routes with the prefix and of the kind of one, among which nothing decides.
    fn as_good_as(&self, index: u32, best: &Route) -> impl Iterator<Item = &Route> {
        let (prefix, kind) = (best.prefix, best.kind);
        self.routes
            .iter()
            .skip(index as usize)
            .take_while(move |other| other.prefix == prefix && other.kind == kind)
            .filter(|other| other.kind == RouteKind::PrefixList || other.kind.is_propagated())
    }

    /// Where a packet may go of which a choice does not say it: by one of the routes that are equally good, or by any
    /// route to its destination and any whose destinations are not known.
    pub fn possible_targets(&self, choice: Choice, destination: Option<IpAddr>) -> Vec<Target> {
        if let Choice::Ambiguous(index) = choice
            && let Some(best) = self.route(index)
        {
            return self.as_good_as(index, best).map(|route| route.target).collect();
        }
        let leads = |route: &&Route| destination.is_some_and(|address| route.prefix.contains(&address));
        let listed = self.routes.iter().filter(leads).map(|route| route.target);
        listed.chain(self.unlisted.iter().map(|route| route.target)).collect()
    }

    /// Splits off what a route with unknown destinations might take: anything that is not `local`.
    fn with_unlisted(&self, part: AddressSet, choice: Choice) -> Vec<(AddressSet, Choice)> {
        if self.is_local(choice) || self.unlisted.is_empty() {
            return vec![(part, choice)];
        }
        let unsure = self.unlisted.iter().fold(AddressSet::empty(), |all, route| {
            let part = part.subtract(&route.except);
            all.union(&if route.public_only { part.intersect(&super::public_addresses()) } else { part })
        });
        let sure = part.subtract(&unsure);
        [(unsure, Choice::Unlisted), (sure, choice)]
            .into_iter()
            .filter(|(part, _)| !part.is_empty())
            .collect()
    }

    fn is_local(&self, choice: Choice) -> bool {
        match choice {
            Choice::Route(index) => self.route(index).is_some_and(|route| route.kind == RouteKind::Local),
            _ => false,
        }
    }

    /// Whether two tables route every packet alike.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let known = self.unlisted.is_empty() && other.unlisted.is_empty();
        let same = |(a, b): (&Route, &Route)| {
            (a.prefix, a.target, a.kind, a.blackhole) == (b.prefix, b.target, b.kind, b.blackhole)
        };
        known && self.routes.len() == other.routes.len() && self.routes.iter().zip(&other.routes).all(same)
    }

    /// Less specific routes that also contain an address, longest first: what would apply without the chosen one.
    pub fn also_matching(&self, address: IpAddr, chosen: u32) -> impl Iterator<Item = &Route> {
        (0..)
            .zip(&self.routes)
            .filter(move |(index, route)| *index != chosen && route.prefix.contains(&address))
            .map(|(_, route)| route)
    }
}

fn ranges(prefix: &IpNet) -> Vec<(IpAddr, IpAddr)> {
    vec![(prefix.network(), prefix.broadcast())]
}
