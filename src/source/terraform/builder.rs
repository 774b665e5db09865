//! The topology while it grows, and what every noun needs for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::inventory::{Fate, Inventory};
use super::link::{Link, Linker, Links, Target};
use super::reference::{Candidate, Wanted};
use super::resource::{Path, Resource, Step};
use super::wanted;
use super::world::World;
use crate::source::aws::remarks::{Remark, Remarks};
use crate::topology::{FileId, Place, Spanned, Subnet, Topology, Unmodelled, Vpc};

/// What is to be known of a VPC besides what the topology says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct VpcFacts {
    /// Made by Terraform, so that AWS's defaults hold for what is not said.
    pub(super) is_owned: bool,
    /// Whether all of its ranges are known.
    pub(super) has_ranges: bool,
    /// Whether it may have another main route table than is said.
    pub(super) main_table_open: bool,
    /// Whether its default network ACL may have other rules than is said.
    pub(super) default_acl_open: bool,
}

/// The topology while it grows.
pub(super) struct Builder<'w> {
    pub(super) world: &'w World,
    pub(super) linker: Linker,
    pub(super) topology: Topology,
    pub(super) remarks: Remarks,
    pub(super) file: FileId,
    pub(super) facts: Vec<VpcFacts>,
    /// Subnets of which the range is known only after apply.
    pub(super) subnets_open: BTreeSet<usize>,
    /// Default security groups that the file manages, by VPC.
    pub(super) default_groups: HashMap<usize, String>,
    /// Gateways and the route table for what enters by them (RT-16).
    pub(super) edge_tables: Vec<(String, Spanned<String>)>,
    /// Gateways that routes name and the file does not hold, of kinds that are not modelled.
    pub(super) mentioned: BTreeMap<(&'static str, String), Place>,
    places: HashMap<usize, Place>,
    vpcs: HashMap<usize, usize>,
    vpcs_elsewhere: BTreeMap<String, usize>,
    subnets: HashMap<usize, (usize, usize)>,
    fates: HashMap<usize, Fate>,
}

impl<'w> Builder<'w> {
    pub(super) fn new(world: &'w World, topology: Topology, file: FileId) -> Self {
        Self {
            world,
            linker: Linker::new(world),
            topology,
            remarks: Remarks::default(),
            file,
            facts: Vec::new(),
            subnets_open: BTreeSet::new(),
            default_groups: HashMap::new(),
            edge_tables: Vec::new(),
            mentioned: BTreeMap::new(),
            places: HashMap::new(),
            vpcs: HashMap::new(),
            vpcs_elsewhere: BTreeMap::new(),
            subnets: HashMap::new(),
            fates: HashMap::new(),
        }
    }

    /// The resources of these kinds, in the order in which they were read.
    pub(super) fn of(&self, kinds: &[&str]) -> Vec<(usize, &'w Resource)> {
        let world = self.world;
        let all = world.resources.iter().enumerate();
        all.filter(|(_, one)| kinds.contains(&one.kind.as_str())).collect()
    }

    /// The same without data sources that read what the file manages anyhow.
    pub(super) fn once(&self, kinds: &[&str]) -> Vec<(usize, &'w Resource)> {
        let mut all = self.of(kinds);
        all.sort_by_key(|(_, one)| !one.is_managed);
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        all.retain(|(_, one)| one.id().is_none_or(|id| ids.insert(id) || one.is_managed));
        all
    }

    pub(super) fn resource(&self, at: usize) -> Option<&'w Resource> {
        self.world.resources.get(at)
    }

    pub(super) fn address(&self, at: usize) -> &'w str {
        self.resource(at).map_or("", |one| one.address.as_str())
    }

    /// The place that names a resource.
    pub(super) fn place(&mut self, at: usize) -> Place {
        if let Some(place) = self.places.get(&at) {
            return *place;
        }
        let place = self.topology.sources.add_resource(self.file, self.address(at));
        self.places.insert(at, place);
        place
    }

    /// The place that names a part of a resource: `aws_security_group.web ingress[0]`.
    pub(super) fn part(&mut self, at: usize, part: &str) -> Place {
        let text = format!("{} {part}", self.address(at));
        self.topology.sources.add_resource(self.file, text)
    }

    /// The name of a resource: its address.
    pub(super) fn name(&mut self, at: usize) -> Spanned<String> {
        Spanned::new(self.address(at).to_owned(), self.place(at))
    }

    pub(super) fn remark(&mut self, remark: &'static Remark, at: usize) {
        let place = self.place(at);
        self.remarks.add(remark, self.address(at), place);
    }

    /// Notes what became of a resource; the worst counts.
    pub(super) fn settle(&mut self, at: usize, fate: Fate) {
        let entry = self.fates.entry(at).or_insert(Fate::Read);
        if fate > *entry {
            *entry = fate;
        }
    }

    /// Whether something became of a resource.
    pub(super) fn is_settled(&self, at: usize) -> bool {
        self.fates.contains_key(&at)
    }

    /// Whether a resource came without values.
    pub(super) fn is_without_values(&self, at: usize) -> bool {
        self.world.without_values.contains(self.address(at))
    }

    /// The link at an attribute.
    pub(super) fn link(&mut self, at: usize, name: &str, wanted: &Wanted) -> Link {
        self.link_at(at, &[Step::Name(name)], wanted)
    }

    pub(super) fn link_at(&mut self, at: usize, path: Path<'_>, wanted: &Wanted) -> Link {
        self.linker.one(self.world, at, path, wanted)
    }

    pub(super) fn links(&mut self, at: usize, name: &str, wanted: &Wanted) -> Links {
        self.links_at(at, &[Step::Name(name)], wanted)
    }

    pub(super) fn links_at(&mut self, at: usize, path: Path<'_>, wanted: &Wanted) -> Links {
        self.linker.many(self.world, at, path, wanted)
    }

    /// Why something is not known, for a reader.
    pub(super) fn why(&self, what: &str, among: &[Candidate]) -> String {
        const NAMED: usize = 4;
        let when = if self.world.is_plan { "known only after apply" } else { "not said" };
        let names: Vec<&str> = among.iter().take(NAMED).map(|one| self.address(one.resource)).collect();
        let more = if among.len() > NAMED { ", …" } else { "" };
        match names.as_slice() {
            [] => format!("{what} is {when}"),
            [one] => format!("{what} is {when}; perhaps {one}"),
            _ => format!("{what} is {when}; perhaps one of {}{more}", names.join(", ")),
        }
    }

    /// Notes that something is not settled, in the inventory and in a remark.
    pub(super) fn unresolved(&mut self, at: usize, remark: &'static Remark, why: String) {
        self.remark(remark, at);
        self.settle(at, Fate::Unresolved(why));
    }

    pub(super) fn add_vpc(&mut self, at: usize, vpc: Vpc, facts: VpcFacts) {
        let name = self.name(at);
        self.vpcs.insert(at, self.topology.vpcs.len());
        self.topology.vpcs.push(name, vpc);
        self.facts.push(facts);
    }

    pub(super) fn vpc_index(&self, at: usize) -> Option<usize> {
        self.vpcs.get(&at).copied()
    }

    pub(super) fn vpc(&mut self, index: usize) -> Option<&mut Vpc> {
        self.topology.vpcs.0.get_mut(index).map(|entry| &mut entry.value)
    }

    pub(super) fn vpc_name(&self, index: usize) -> Option<String> {
        self.topology.vpcs.0.get(index).map(|entry| entry.name.value.clone())
    }

    pub(super) fn facts(&self, index: usize) -> VpcFacts {
        self.facts.get(index).copied().unwrap_or_default()
    }

    /// The VPC that `vpc_id` leads to; none, if that is known only after apply. Nothing said is the default VPC.
    pub(super) fn vpc_of(&mut self, at: usize) -> Option<usize> {
        match self.link(at, "vpc_id", &wanted::VPC) {
            Link::Open { .. } => None,
            Link::To(target) => self.vpc_by(at, target),
            // Only some may leave it out; elsewhere it was cut out.
            Link::None if !self.may_omit_vpc(at) => None,
            Link::None => {
                let default = self.of(&["aws_default_vpc"]).first().map(|(default, _)| *default);
                match default.and_then(|default| self.vpc_index(default)) {
                    Some(index) => Some(index),
                    None => Some(self.vpc_elsewhere("default VPC", at)),
                }
            }
        }
    }

    fn may_omit_vpc(&self, at: usize) -> bool {
        const KINDS: &[&str] = &[
            "aws_security_group",
            "aws_default_security_group",
            "aws_default_subnet",
            "aws_default_network_acl",
        ];
        self.world.is_plan && self.resource(at).is_some_and(|one| KINDS.contains(&one.kind.as_str()))
    }

    /// The VPC that a link leads to.
    pub(super) fn vpc_by(&mut self, at: usize, target: Target) -> Option<usize> {
        match target {
            Target::Here(candidate) => self.vpc_index(candidate.resource),
            Target::Elsewhere(id) => Some(self.vpc_elsewhere(&id, at)),
        }
    }

    /// A VPC that the file does not hold: nothing is known of it but what the file puts into it.
    fn vpc_elsewhere(&mut self, id: &str, at: usize) -> usize {
        if let Some(index) = self.vpcs_elsewhere.get(id) {
            return *index;
        }
        let index = self.topology.vpcs.len();
        let name = Spanned::new(id.to_owned(), self.place(at));
        self.topology.vpcs.push(name, Vpc::default());
        self.facts.push(VpcFacts::default());
        self.vpcs_elsewhere.insert(id.to_owned(), index);
        index
    }

    /// A VPC that the file does not hold, if the file puts anything into it.
    pub(super) fn known_elsewhere(&self, id: &str) -> Option<usize> {
        self.vpcs_elsewhere.get(id).copied()
    }

    pub(super) fn add_subnet(&mut self, at: usize, vpc: usize, subnet: Subnet) {
        let name = self.name(at);
        if let Some(into) = self.vpc(vpc) {
            let index = into.subnets.len();
            into.subnets.push(name, subnet);
            self.subnets.insert(at, (vpc, index));
        }
    }

    /// The VPC of a subnet, by index.
    pub(super) fn vpc_of_subnet(&self, at: usize) -> Option<usize> {
        self.subnets.get(&at).map(|(vpc, _)| *vpc)
    }

    pub(super) fn subnet(&mut self, at: usize) -> Option<&mut Subnet> {
        let (vpc, subnet) = *self.subnets.get(&at)?;
        self.vpc(vpc)?.subnets.0.get_mut(subnet).map(|entry| &mut entry.value)
    }

    /// Subnets that an open list may name.
    pub(super) fn subnets_among(&self, among: &[Candidate]) -> Vec<usize> {
        let mut all: Vec<usize> = match among {
            [] => self.subnets.keys().copied().collect(),
            some => some.iter().map(|one| one.resource).collect(),
        };
        all.sort_unstable();
        all
    }

    /// Adds something that is not modelled, or of which too little is known.
    pub(super) fn add_unmodelled(&mut self, at: usize, kind: &str, why: Option<String>) -> &mut Unmodelled {
        let name = self.name(at);
        self.topology.unmodelled.push(Unmodelled {
            kind: kind.to_owned(),
            name,
            why,
            ..Unmodelled::default()
        });
        let last = self.topology.unmodelled.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "the one that was pushed last")]
        &mut self.topology.unmodelled[last]
    }

    /// What became of every resource.
    pub(super) fn inventory(&mut self) -> Inventory {
        let fates = std::mem::take(&mut self.fates);
        let fate = |at: usize| fates.get(&at).cloned();
        Inventory::new(self.world, fate)
    }
}
