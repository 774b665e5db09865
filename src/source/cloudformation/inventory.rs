//! What became of every resource of the templates.

use std::collections::BTreeMap;

/// What became of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in the topology, with everything that was said about it.
    Read,
    /// It is in the topology by name; what it does is not modelled yet.
    NotModelled,
    /// Its condition does not hold.
    Absent,
    /// A value that it needs is not known: why.
    Unresolved(String),
    /// It has no meaning for the network.
    NotNetwork,
}

/// A resource and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The stack it is in: the name of the file without its ending.
    pub stack: String,
    /// Its logical id.
    pub logical_id: String,
    /// Its type, for example `AWS::EC2::VPC`.
    pub kind: String,
    /// The name by which the topology knows it.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of every resource. Nothing that was read is missing from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Every resource of every stack, in the order of the files.
    pub resources: Vec<Resource>,
    /// Parameters that something needed and that have no value: stack and name.
    pub missing_parameters: Vec<(String, String)>,
}

impl Inventory {
    /// How many resources concern the network and exist.
    pub fn network(&self) -> usize {
        self.count(|fate| !matches!(fate, Fate::NotNetwork | Fate::Absent))
    }

    /// How many of these were understood, modelled or not.
    pub fn read(&self) -> usize {
        self.count(|fate| matches!(fate, Fate::Read | Fate::NotModelled))
    }

    /// What was not understood, and why: names of resources by reason.
    pub fn unresolved(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for resource in &self.resources {
            if let Fate::Unresolved(reason) = &resource.fate {
                reasons.entry(reason).or_default().push(&resource.name);
            }
        }
        reasons
    }

    fn count(&self, wanted: impl Fn(&Fate) -> bool) -> usize {
        self.resources.iter().filter(|resource| wanted(&resource.fate)).count()
    }
}
