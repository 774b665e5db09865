//! The topology while it grows, and what every noun needs for it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::document::Page;
use super::inventory::Inventory;
use super::remarks::{self, Remark, Remarks};
use super::scope::Scope;
use crate::topology::{CaptureKind, FileId, Place, Spanned, Subnet, Topology, Vpc};

/// A resource and the page that it came from.
pub(super) struct Found<'a, T> {
    pub(super) file: FileId,
    pub(super) scope: &'a Scope,
    pub(super) id: &'a str,
    pub(super) value: &'a T,
}

/// The topology while it grows.
pub(super) struct Builder<'a> {
    pub(super) pages: &'a [Page],
    pub(super) topology: Topology,
    pub(super) inventory: Inventory,
    pub(super) remarks: Remarks,
    vpcs: HashMap<&'a str, usize>,
    subnets: HashMap<&'a str, (usize, usize)>,
    /// The scope of each VPC, by index.
    pub(super) vpc_scopes: Vec<&'a Scope>,
    /// Gateways and the route table for what enters by them (RT-16).
    pub(super) edge_tables: Vec<(String, Spanned<String>)>,
    /// Kind and name of everything in [`Topology::unmodelled`].
    pub(super) unmodelled: HashSet<(&'static str, String)>,
    /// Gateways that routes name, of kinds that are not modelled.
    pub(super) mentioned: BTreeMap<(&'static str, String), Place>,
    /// Per scope: which calls it answers in full.
    calls: BTreeMap<&'a Scope, BTreeSet<CaptureKind>>,
}

/// Ids of AWS have a few dozen characters, names at most 255.
const LONGEST_ID: usize = 512;

impl<'a> Builder<'a> {
    pub(super) fn new(topology: Topology, pages: &'a [Page]) -> Self {
        Self {
            pages,
            topology,
            inventory: Inventory::default(),
            remarks: Remarks::default(),
            vpcs: HashMap::new(),
            subnets: HashMap::new(),
            vpc_scopes: Vec::new(),
            edge_tables: Vec::new(),
            unmodelled: HashSet::new(),
            mentioned: BTreeMap::new(),
            calls: calls(pages),
        }
    }

    /// The resources of a kind, each id once, in the order in which they were read.
    pub(super) fn unique<T: PartialEq + 'a, L: IntoIterator<Item = &'a T>>(
        &mut self,
        kind: &'static str,
        list: impl Fn(&'a Page) -> L,
        id: impl Fn(&'a T) -> &'a str,
    ) -> Vec<Found<'a, T>> {
        let mut known: HashMap<&str, &T> = HashMap::new();
        let mut found = Vec::new();
        for page in self.pages {
            for value in list(page) {
                let id = id(value);
                if !self.has_id(kind, id) {
                    continue;
                }
                if let Some(first) = known.get(id) {
                    if *first != value {
                        self.remarks.add(&remarks::DIFFERENT_COPIES, id, Place::Implicit);
                    }
                } else {
                    known.insert(id, value);
                    found.push(Found { file: FileId(page.file), scope: &page.scope, id, value });
                }
            }
        }
        self.inventory.add_read(kind, found.len());
        found
    }

    /// Whether an id is one; else notes that the resource is left out.
    pub(super) fn has_id(&mut self, kind: &'static str, id: &str) -> bool {
        if id.is_empty() {
            self.remarks.add(&remarks::NO_ID, kind, Place::Implicit);
            self.inventory.add_ignored(kind, 1, "no id");
        } else if id.len() > LONGEST_ID {
            let start: String = id.chars().take(40).collect();
            self.remarks.add(&remarks::LONG_ID, &format!("{start}…"), Place::Implicit);
            self.inventory.add_ignored(kind, 1, "an id that is too long");
        } else {
            return true;
        }
        self.inventory.add_read(kind, 1);
        false
    }

    /// A place named by an AWS id.
    pub(super) fn place(&mut self, file: FileId, id: impl Into<String>) -> Place {
        self.topology.sources.add_resource(file, id)
    }

    /// Notes a flaw.
    pub(super) fn remark(&mut self, remark: &'static Remark, subject: &str, place: Place) {
        self.remarks.add(remark, subject, place);
    }

    /// Remembers the VPC that was pushed last.
    pub(super) fn index_vpc(&mut self, id: &'a str, scope: &'a Scope) {
        self.vpcs.insert(id, self.topology.vpcs.len().saturating_sub(1));
        self.vpc_scopes.push(scope);
    }

    /// Remembers the subnet that was pushed last into that VPC.
    pub(super) fn index_subnet(&mut self, id: &'a str, vpc: &str) {
        if let Some(at) = self.vpcs.get(vpc)
            && let Some(entry) = self.topology.vpcs.0.get(*at)
        {
            self.subnets.insert(id, (*at, entry.value.subnets.len().saturating_sub(1)));
        }
    }

    /// Whether that VPC was captured.
    pub(super) fn has_vpc(&self, id: &str) -> bool {
        self.vpcs.contains_key(id)
    }

    /// The VPC of that id, if it was captured.
    pub(super) fn vpc(&mut self, id: &str) -> Option<&mut Vpc> {
        let at = *self.vpcs.get(id)?;
        self.topology.vpcs.0.get_mut(at).map(|entry| &mut entry.value)
    }

    /// The VPC of that id, or a remark that `subject` is left out for the lack of it.
    pub(super) fn vpc_of(
        &mut self,
        id: &str,
        kind: &'static str,
        subject: &str,
        place: Place,
    ) -> Option<&mut Vpc> {
        if !self.has_vpc(id) {
            self.remark(&remarks::VPC_NOT_CAPTURED, subject, place);
            self.inventory.add_ignored(kind, 1, "the VPC was not captured");
        }
        self.vpc(id)
    }

    /// The subnet of that id and the id of its VPC, if it was captured.
    pub(super) fn subnet(&mut self, id: &str) -> Option<&mut Subnet> {
        let (vpc, subnet) = *self.subnets.get(id)?;
        let entry = self.topology.vpcs.0.get_mut(vpc)?;
        entry.value.subnets.0.get_mut(subnet).map(|entry| &mut entry.value)
    }

    /// The id of the VPC that a subnet is in, if it was captured.
    pub(super) fn vpc_of_subnet(&self, id: &str) -> Option<&str> {
        let (vpc, _) = self.subnets.get(id)?;
        self.topology.vpcs.0.get(*vpc).map(|entry| entry.name())
    }

    /// Whether the capture that holds this VPC (by index) answers that call in full.
    pub(super) fn answers(&self, vpc: usize, call: CaptureKind) -> bool {
        self.vpc_scopes
            .get(vpc)
            .and_then(|scope| self.calls.get(scope))
            .is_some_and(|calls| calls.contains(&call))
    }

    /// Calls that the capture of some VPC lacks.
    pub(super) fn missing(&self) -> BTreeSet<CaptureKind> {
        let answered = |call| self.calls.values().any(|calls| calls.contains(&call));
        let wanted = |call: &CaptureKind| {
            !answered(*call) || (0..self.vpc_scopes.len()).any(|vpc| !self.answers(vpc, *call))
        };
        CALLS.into_iter().filter(wanted).collect()
    }
}

/// The calls that are told by a top-level key. Entries of prefix lists are told by the lists.
const CALLS: [CaptureKind; 9] = [
    CaptureKind::SecurityGroups,
    CaptureKind::NetworkAcls,
    CaptureKind::RouteTables,
    CaptureKind::InternetGateways,
    CaptureKind::EgressOnlyInternetGateways,
    CaptureKind::NatGateways,
    CaptureKind::PeeringConnections,
    CaptureKind::NetworkInterfaces,
    CaptureKind::Instances,
];

fn calls(pages: &[Page]) -> BTreeMap<&Scope, BTreeSet<CaptureKind>> {
    let mut calls: BTreeMap<&Scope, BTreeSet<CaptureKind>> = BTreeMap::new();
    for page in pages {
        let answered = calls.entry(&page.scope).or_default();
        answered.extend(page.calls.iter().copied());
    }
    // A call whose last page is missing, or with an element that could not be read, is not an answer.
    for (scope, call) in unfinished(pages) {
        if let Some(answered) = calls.get_mut(scope) {
            answered.remove(&call);
        }
    }
    calls
}

/// Calls of which a part is missing: every page says that more follow, or some elements are odd.
fn unfinished(pages: &[Page]) -> BTreeSet<(&Scope, CaptureKind)> {
    let mut ended = BTreeSet::new();
    let mut open = BTreeSet::new();
    let mut faulty = BTreeSet::new();
    for page in pages {
        for call in &page.calls {
            let key = (&page.scope, *call);
            if page.next_token {
                open.insert(key)
            } else {
                ended.insert(key)
            };
            if page.faults.count > 0 {
                faulty.insert(key);
            }
        }
    }
    let mut unfinished: BTreeSet<_> = open.difference(&ended).copied().collect();
    unfinished.append(&mut faulty);
    unfinished
}

/// The file of a page that promises another one, of an answer that never ends.
pub(super) fn cut_off(pages: &[Page]) -> Option<u32> {
    let same_answer = |one: &Page, other: &Page| {
        let shared = other.calls.iter().any(|call| one.calls.contains(call));
        let vpcs = !one.vpcs.is_empty() && !other.vpcs.is_empty();
        let subnets = !one.subnets.is_empty() && !other.subnets.is_empty();
        one.scope == other.scope && (shared || vpcs || subnets)
    };
    let open = pages.iter().filter(|page| page.next_token);
    let mut endless =
        open.filter(|page| !pages.iter().any(|other| !other.next_token && same_answer(page, other)));
    endless.next().map(|page| page.file)
}
