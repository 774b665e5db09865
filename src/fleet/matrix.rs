//! Who reaches whom: every endpoint against every endpoint, for a list of services.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::network::{Direction, Network};
use crate::reach::{self, Endpoint, Options as QuestionOptions, Question, QuestionError, Service, Verdict};
use crate::topology::{FamilyFilter, Protocol, Traffic};

use super::alike::{Kind, kinds};

/// What is asked about where no rule names a port.
const EVERYTHING: &str = "all";

/// What a matrix asks.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The services; those that rules name if empty.
    pub services: Vec<Service>,
    /// Only that address family.
    pub family: Option<FamilyFilter>,
}

/// Verdicts for every source, destination and service.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The services that were asked about, as people write them.
    pub services: Vec<String>,
    /// Sources: the internet, named networks, and endpoints in file order.
    pub rows: Vec<String>,
    /// Destinations: endpoints in file order.
    pub columns: Vec<String>,
    /// Row by row.
    pub cells: Vec<Vec<Cell>>,
}

/// What a source can do to a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Source and destination are the same.
    Itself,
    /// A verdict per service.
    Verdicts(Vec<Verdict>),
}

/// What a matrix said at another time: verdicts by source, destination and service.
pub type Snapshot = BTreeMap<(String, String, String), Verdict>;

/// A verdict that is not what it was; none where there was, or is, no such endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Source, destination and service.
    pub what: (String, String, String),
    /// What it was.
    pub before: Option<Verdict>,
    /// What it is.
    pub now: Option<Verdict>,
}

impl Matrix {
    /// Every verdict by its source, destination and service.
    pub fn snapshot(&self) -> Snapshot {
        let mut all = Snapshot::new();
        for (from, row) in self.rows.iter().zip(&self.cells) {
            for (to, cell) in self.columns.iter().zip(row) {
                let Cell::Verdicts(verdicts) = cell else { continue };
                for (service, verdict) in self.services.iter().zip(verdicts) {
                    all.insert((from.clone(), to.clone(), service.clone()), *verdict);
                }
            }
        }
        all
    }

    /// What is not as it was, in the order of names.
    pub fn changes_since(&self, before: &Snapshot) -> Vec<Change> {
        let now = self.snapshot();
        let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
        let change = |what: &(String, String, String)| {
            let (before, now) = (before.get(what).copied(), now.get(what).copied());
            (before != now).then(|| Change { what: what.clone(), before, now })
        };
        keys.into_iter().filter_map(change).collect()
    }
}

/// Asks every endpoint about every endpoint: a question per service for every pair of kinds of endpoints, not for every pair.
///
/// # Errors
/// If an endpoint can't be asked about, which would be a fault of ours.
pub fn matrix(network: &Network, options: &Options) -> Result<Matrix, QuestionError> {
    let mut services = options.services.clone();
    if services.is_empty() {
        services = services_named_by_rules(network);
    }
    if services.is_empty() {
        services.push(Service::parse(Some(EVERYTHING), None)?);
    }
    let (mut rows, columns) = (Endpoint::outside(network), Endpoint::inside(network));
    rows.extend(columns.iter().cloned());
    let (row_kinds, column_kinds) = (kinds(network, &rows), kinds(network, &columns));
    let question_options = QuestionOptions { family: options.family, ..QuestionOptions::default() };
    let ask = |from: &Endpoint, to: &Endpoint| -> Result<Cell, QuestionError> {
        let verdicts = services.iter().map(|service| {
            let question = Question::among(network, from, to, service.clone(), &question_options)?;
            Ok(reach::answer(network, &question).verdict)
        });
        Ok(Cell::Verdicts(verdicts.collect::<Result<_, _>>()?))
    };
    let mut known: HashMap<(Kind, Kind), Cell> = HashMap::new();
    let mut cells = Vec::with_capacity(rows.len());
    for (from, from_kind) in rows.iter().zip(row_kinds) {
        let mut row = Vec::with_capacity(columns.len());
        for (to, to_kind) in columns.iter().zip(&column_kinds) {
            row.push(if from.name() == to.name() {
                Cell::Itself
            } else if let Some(cell) = known.get(&(from_kind, *to_kind)) {
                cell.clone()
            } else {
                let cell = ask(from, to)?;
                known.insert((from_kind, *to_kind), cell.clone());
                cell
            });
        }
        cells.push(row);
    }
    let names = |ends: &[Endpoint]| ends.iter().map(|end| end.name().to_owned()).collect();
    let services = services.into_iter().map(|service| service.text).collect();
    Ok(Matrix { services, rows: names(&rows), columns: names(&columns), cells })
}

/// The services that rules name, each once, tcp first, then by port.
///
/// A network ACL's range is about replies more often than about a service, so only its single ports count.
pub fn services_named_by_rules(network: &Network) -> Vec<Service> {
    let mut found: Vec<(Protocol, u16, u16)> = Vec::new();
    for direction in [Direction::Inbound, Direction::Outbound] {
        for (_, group) in network.security_groups.iter() {
            found.extend(group.rules(direction).iter().flat_map(|rule| named(&rule.traffic)));
        }
        for (_, acl) in network.network_acls.iter() {
            let ports = acl.rules(direction).iter().flat_map(|rule| named(&rule.traffic));
            found.extend(ports.filter(|(_, first, last)| first == last));
        }
    }
    found.sort_unstable();
    found.dedup();
    let text = |(protocol, first, last): &(Protocol, u16, u16)| match protocol {
        Protocol::Icmp | Protocol::Icmpv6 => protocol.to_string(),
        _ if first == last => format!("{first}/{protocol}"),
        _ => format!("{first}-{last}/{protocol}"),
    };
    found.iter().filter_map(|service| Service::parse(Some(&text(service)), None).ok()).collect()
}

fn named(traffic: &Traffic) -> Vec<(Protocol, u16, u16)> {
    match traffic.protocol {
        Protocol::Tcp | Protocol::Udp => {
            traffic.ports.iter().map(|range| (traffic.protocol, range.first, range.last)).collect()
        }
        Protocol::Icmp | Protocol::Icmpv6 => vec![(traffic.protocol, 0, 0)],
        Protocol::All | Protocol::Number(_) => Vec::new(),
    }
}
