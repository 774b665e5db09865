//! From what was said to what it means: names become ids, defaults are supplied, rules are compiled.
//!
//! The order follows the references: VPCs, their filters by name, subnets, gateways, interfaces, peerings, and
//! last what points at all of these: routes and rules. Every step reports what it finds wrong and goes on.

mod addresses;
mod checks;
mod gateways;
mod instances;
mod load_balancers;
mod on_premises;
mod routes;
mod rules;
mod scope;
mod transit_gateways;
mod vpc_endpoints;
mod vpcs;

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::flow::{AddressSet, cidr_set};
use crate::topology::{Completeness, Diagnostic, NamedNetwork, Place, PrefixList, Spanned, Topology};

use super::id::VpcId;
use super::{Graph, NamedNetwork as Network_, Network, Owner, Unmodelled, public_addresses};

use scope::Scope;

/// Diagnostics of this stage; `docs/codes` has a line on each.
pub(super) mod code {
    pub(in super::super) const UNKNOWN_NAME: &str = "TOP101";
    pub(in super::super) const CIDR_SIZE: &str = "TOP103";
    pub(in super::super) const CIDR_OUTSIDE: &str = "TOP104";
    pub(in super::super) const CIDR_OVERLAP: &str = "TOP105";
    pub(in super::super) const ADDRESS_OUTSIDE: &str = "TOP106";
    pub(in super::super) const ADDRESS_RESERVED: &str = "TOP107";
    pub(in super::super) const ADDRESS_TAKEN: &str = "TOP108";
    pub(in super::super) const SECONDARY_CIDR: &str = "TOP109";
    pub(in super::super) const ROUTE_TARGET: &str = "TOP110";
    pub(in super::super) const ROUTE_DESTINATION: &str = "TOP111";
    pub(in super::super) const RULE_NUMBER_TAKEN: &str = "TOP112";
    pub(in super::super) const PEERING_OVERLAP: &str = "TOP113";
    pub(in super::super) const PEERING_TWICE: &str = "TOP114";
    pub(in super::super) const NAT_ADDRESS: &str = "TOP115";
    pub(in super::super) const STALE_REFERENCE: &str = "TOP116";
    pub(in super::super) const DANGLING: &str = "TOP117";
    pub(in super::super) const SUBNET_FULL: &str = "TOP118";
    pub(in super::super) const DUPLICATE_ROUTE: &str = "TOP119";
    pub(in super::super) const NO_CIDR: &str = "TOP120";
    pub(in super::super) const ATTACHED_TWICE: &str = "TOP121";
    pub(in super::super) const ATTACHMENT_ZONE: &str = "TOP122";
    pub(in super::super) const NOT_PROPAGATED: &str = "TOP123";
    pub(in super::super) const LINE: &str = "TOP124";
}

/// What may stop packets at an internet gateway, without being a hop of its own.
const INTERNET_GUARDS: [&str; 2] = ["VPC Block Public Access", "internet gateway attachment"];

/// Compiles a topology.
pub(super) fn compile(topology: &Topology) -> (Network, Vec<Diagnostic>) {
    let mut compiler = Compiler::new(topology);
    compiler.named_networks();
    compiler.prefix_lists();
    compiler.vpcs();
    compiler.sites();
    compiler.unmodelled();
    compiler.filters();
    compiler.subnets();
    compiler.unmodelled_subnets();
    compiler.gateways();
    compiler.instances();
    compiler.vpc_endpoints();
    compiler.load_balancers();
    compiler.peerings();
    compiler.vpn_gateways();
    compiler.transit_gateways();
    compiler.check_lines();
    compiler.routes();
    compiler.rules();
    compiler.owners();
    compiler.checks();
    compiler.finish()
}

/// The work in progress.
struct Compiler<'t> {
    topology: &'t Topology,
    network: Network,
    scope: Scope,
    diagnostics: Vec<Diagnostic>,
    /// Captures: how often an id of a kind was named but not found, with the first place.
    dangling: BTreeMap<&'static str, (usize, String, Place)>,
}

impl<'t> Compiler<'t> {
    fn new(topology: &'t Topology) -> Self {
        let network = Network {
            sources: topology.sources.clone(),
            tests: topology.tests.clone(),
            partial: topology.completeness != Completeness::Complete,
            planned: topology.completeness == Completeness::Planned,
            missing: match &topology.completeness {
                Completeness::Complete | Completeness::Planned => Vec::new(),
                Completeness::Partial { missing } => missing.clone(),
            },
            ..Network::default()
        };
        Self {
            topology,
            network,
            scope: Scope::default(),
            diagnostics: Vec::new(),
            dangling: BTreeMap::new(),
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A name that nothing has. In a capture that is a fact about the capture; elsewhere it is a mistake.
    fn unknown_name(&mut self, kind: &'static str, name: &Spanned<String>, known: &[&str]) {
        if self.network.partial {
            let entry = self.dangling.entry(kind).or_insert_with(|| (0, name.value.clone(), name.place));
            entry.0 += 1;
            return;
        }
        let mut diagnostic =
            Diagnostic::error(code::UNKNOWN_NAME, format!("there is no {kind} `{}`", name.value), name.place)
                .label("not defined");
        if let Some(near) = scope::nearest(&name.value, known.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        } else if known.is_empty() {
            diagnostic = diagnostic.help(format!("no {kind} is defined where this one is looked for"));
        } else {
            diagnostic = diagnostic.help(format!("defined are: {}", known.join(", ")));
        }
        self.report(diagnostic);
    }

    fn named_networks(&mut self) {
        for entry in &self.topology.networks {
            let NamedNetwork { cidrs, on_premises, routes_back } = &entry.value;
            let id = self.network.networks.push(Network_ {
                name: entry.name().to_owned(),
                place: entry.place(),
                addresses: union_of(cidrs),
                on_premises: *on_premises || routes_back.is_some(),
            });
            self.scope.networks.insert(entry.name().to_owned(), id);
        }
    }

    fn unmodelled(&mut self) {
        for item in &self.topology.unmodelled {
            let vpc = item.vpc.as_deref().and_then(|name| self.scope.vpc(name));
            let id = self.network.unmodelled.push(Unmodelled {
                kind: item.kind.clone(),
                name: item.name.value.clone(),
                place: item.name.place,
                vpc,
                subnets: Vec::new(),
                security_groups: item.security_groups.clone(),
                why: item.why.clone(),
            });
            self.scope.unmodelled.entry((vpc, item.name.value.clone())).or_insert(id);
            if let Some(vpc) = vpc {
                if INTERNET_GUARDS.contains(&item.kind.as_str()) {
                    self.network.vpcs[vpc].internet_guards.push(id);
                }
                for address in &item.addresses {
                    self.network.owners.entry((vpc, *address)).or_insert(Owner::Unmodelled(id));
                }
            }
        }
    }

    /// The subnets of what is not modelled: known only once the subnets are.
    fn unmodelled_subnets(&mut self) {
        let ids: Vec<_> = self.network.unmodelled.ids().collect();
        for (id, item) in ids.into_iter().zip(&self.topology.unmodelled) {
            let Some(vpc) = self.network.unmodelled[id].vpc else { continue };
            let find = |name: &String| self.scope.subnets.get(&(vpc, name.clone())).copied();
            self.network.unmodelled[id].subnets = item.subnets.iter().filter_map(find).collect();
        }
    }

    /// A named network's addresses; reports the name if there is none.
    fn network_addresses(&mut self, name: &str, place: Place) -> AddressSet {
        if let Some(&id) = self.scope.networks.get(name) {
            return self.network.networks[id].addresses.clone();
        }
        let known: Vec<String> = self.scope.networks.keys().cloned().collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        self.unknown_name("network", &Spanned::new(name.to_owned(), place), &known);
        AddressSet::empty()
    }

    /// A prefix list; reports the name if there is none.
    fn prefix_list(&mut self, name: &str, place: Place) -> Option<&'t PrefixList> {
        let found = self.topology.prefix_lists.get(name);
        if found.is_none() {
            let known: Vec<&str> =
                self.topology.prefix_lists.iter().map(crate::topology::Entry::name).collect();
            self.unknown_name("prefix list", &Spanned::new(name.to_owned(), place), &known);
        }
        found
    }

    /// Who owns which address, and what is left of the internet.
    fn owners(&mut self) {
        let network = &mut self.network;
        for (id, interface) in network.interfaces.iter() {
            for address in &interface.addresses {
                network.owners.insert((interface.vpc, address.private), Owner::Interface(id));
                if let Some(public) = address.public {
                    network.public_owners.insert(public.into(), Owner::Interface(id));
                } else if address.private.is_ipv6() {
                    network.public_owners.insert(address.private, Owner::Interface(id));
                }
            }
        }
        for (id, nat) in network.nat_gateways.iter() {
            network.owners.insert((nat.vpc, nat.private_ip.into()), Owner::NatGateway(id));
            if let Some(public) = nat.public_ip {
                network.public_owners.insert(public.into(), Owner::NatGateway(id));
            }
        }
        let mut taken: Vec<_> = network.public_owners.keys().map(|address| (*address, *address)).collect();
        taken.extend(network.vpcs.iter().flat_map(|(_, vpc)| vpc.addresses.intervals().to_vec()));
        taken.extend(network.networks.iter().flat_map(|(_, named)| named.addresses.intervals().to_vec()));
        let (mut once, mut again) = (AddressSet::empty(), AddressSet::empty());
        for (_, vpc) in network.vpcs.iter() {
            again = again.union(&once.intersect(&vpc.addresses));
            once = once.union(&vpc.addresses);
        }
        network.contested = again;
        network.internet = public_addresses().subtract(&AddressSet::from_ranges(taken));
    }

    fn finish(mut self) -> (Network, Vec<Diagnostic>) {
        for (kind, (count, name, place)) in std::mem::take(&mut self.dangling) {
            let source = if self.network.planned { "Terraform" } else { "the capture" };
            let message = match count {
                1 => format!("{source} names {kind} `{name}` but does not hold it"),
                _ => {
                    format!(
                        "{source} names {count} of kind {kind} that it does not hold, for example `{name}`"
                    )
                }
            };
            self.report(
                Diagnostic::warning(code::DANGLING, message, place)
                    .help("a path that needs it is undetermined"),
            );
        }
        self.network.graph = Graph::new(&self.network);
        self.network.find_unplaced();
        (self.network, self.diagnostics)
    }

    /// Reads a name as `vpc/name`, or as a name in `vpc`.
    fn qualified<'n>(&self, vpc: VpcId, name: &'n str) -> (VpcId, &'n str) {
        name.split_once('/')
            .and_then(|(prefix, rest)| Some((self.scope.vpc(prefix)?, rest)))
            .unwrap_or((vpc, name))
    }
}

fn union_of(cidrs: &[Spanned<IpNet>]) -> AddressSet {
    AddressSet::from_ranges(cidrs.iter().map(|cidr| (cidr.value.network(), cidr.value.broadcast())))
}

fn set_of(cidr: IpNet) -> AddressSet {
    cidr_set(&cidr)
}
