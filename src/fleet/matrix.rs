//! Who reaches whom: every endpoint against every endpoint, for a list of services.

use crate::network::{Direction, Network};
use crate::reach::{self, Options as QuestionOptions, Question, QuestionError, Service, Verdict};
use crate::topology::{FamilyFilter, InstanceKind, Protocol, Traffic};

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

/// Asks every endpoint about every endpoint. One question per pair and service: quadratic in endpoints, linear in services.
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
    let columns = endpoints(network);
    let mut rows = vec!["internet".to_owned()];
    rows.extend(network.networks.iter().map(|(_, named)| format!("net:{}", named.name)));
    rows.extend(columns.iter().cloned());
    let question_options = QuestionOptions { family: options.family, ..QuestionOptions::default() };
    let ask = |from: &str, to: &str| -> Result<Cell, QuestionError> {
        if from == to {
            return Ok(Cell::Itself);
        }
        let verdicts = services.iter().map(|service| {
            let question = Question::new(network, from, to, service.clone(), &question_options)?;
            Ok(reach::answer(network, &question).verdict)
        });
        Ok(Cell::Verdicts(verdicts.collect::<Result<_, _>>()?))
    };
    let row = |from: &String| columns.iter().map(|to| ask(from, to)).collect::<Result<Vec<_>, _>>();
    let cells = rows.iter().map(row).collect::<Result<_, _>>()?;
    let services = services.into_iter().map(|service| service.text).collect();
    Ok(Matrix { services, rows, columns, cells })
}

/// What owns interfaces, by a name that is unique, and what is not modelled but can be asked about.
fn endpoints(network: &Network) -> Vec<String> {
    let instances: Vec<_> = network
        .instances
        .iter()
        .map(|(_, instance)| instance)
        .filter(|instance| instance.kind != InstanceKind::NatGateway && !instance.interfaces.is_empty())
        .collect();
    let mut names: Vec<String> = instances
        .iter()
        .map(|instance| {
            let twins = instances.iter().filter(|other| other.name == instance.name).count();
            let vpc = &network.vpcs[instance.vpc].name;
            if twins > 1 { format!("{vpc}/{}", instance.name) } else { instance.name.clone() }
        })
        .collect();
    let balancers = network.unmodelled.iter().filter(|(_, item)| item.kind == "load balancer");
    names.extend(balancers.map(|(_, item)| item.name.clone()));
    names
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
