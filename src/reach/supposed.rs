//! Addresses that AWS picks, where it matters which (EN-7).
//!
//! A question is asked again for every kind of address that its hosts may get. If the verdict is the same wherever AWS puts
//! them, it is the answer. If not, nobody can say: the answer is undetermined, and shows both sides.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::flow::{AddressSet, FlowSet, HeaderBox};
use crate::network::{Code, Holder, Network, RuleId, Supposed, Unplaced};

use super::answer::at_once;
use super::endpoint::interface_name;
use super::question::{Origin, Probe, Question};
use super::trace::{Blocker, Certain, Component, LegKind, Trace, Verdict};
use super::{Answer, answer};

/// More ways to place the hosts of a question than this are not tried: the answer is undetermined.
const MOST_PLACEMENTS: usize = 512;
/// Addresses of a kind that are looked through for one that nobody has.
const MOST_CANDIDATES: usize = 512;

/// Between the name of a host and the addresses that are supposed for it.
const AT: &str = " at ";

/// A kind of address for each host of a question, by its position among the kinds.
type Placement = Vec<usize>;

/// What tells answers apart, but for addresses.
type Said = (Verdict, BTreeSet<(Code, LegKind, Option<RuleId>, String)>);

/// One outcome, and the placements that lead to it.
struct Side {
    said: Said,
    answer: Answer,
    placements: Vec<Placement>,
}

/// Asks for every kind of address that a host on the way may get, where that is not known.
pub(super) fn settle(network: &Network, question: &Question, first: Answer) -> Answer {
    if network.unplaced().is_empty() || question.probes.iter().any(|probe| !probe.supposed.is_empty()) {
        return first;
    }
    let mut hosts: Vec<&Unplaced> = Vec::new();
    meet(network, &first, &mut hosts);
    if hosts.is_empty() {
        return first;
    }
    let mut sides = Vec::new();
    let is_complete = loop {
        let known = hosts.len();
        sides.clear();
        let is_complete = try_all(network, question, &mut hosts, &mut sides);
        // Elsewhere the packets may meet further hosts of that kind.
        if hosts.len() == known {
            break is_complete;
        }
    };
    join(network, first, &hosts, sides, is_complete)
}

/// Every placement of the hosts that are known so far; stops where another host comes into play. Whether all were tried.
fn try_all<'n>(
    network: &'n Network,
    question: &Question,
    hosts: &mut Vec<&'n Unplaced>,
    sides: &mut Vec<Side>,
) -> bool {
    let known = hosts.len();
    let named = named(question, hosts);
    for (tried, placement) in placements(hosts).enumerate() {
        if tried >= MOST_PLACEMENTS {
            return false;
        }
        let Some(supposed) = supposed(network, hosts, &placement, &named) else { continue };
        let answer = at_once(network, &moved(question, &supposed));
        meet(network, &answer, hosts);
        if hosts.len() > known {
            return false;
        }
        let said = said(network, &answer);
        match sides.iter_mut().find(|side| side.said == said) {
            Some(side) => side.placements.push(placement),
            None => sides.push(Side { said, answer, placements: vec![placement] }),
        }
    }
    true
}

/// The hosts without a known address that an answer has to do with.
fn meet<'n>(network: &'n Network, answer: &Answer, hosts: &mut Vec<&'n Unplaced>) {
    let mut met: BTreeSet<Holder> = BTreeSet::new();
    for probe in &answer.question.probes {
        if let Origin::Interface(id) = probe.source {
            met.insert(Holder::Interface(id));
        }
        met.extend([probe.destination, probe.meant].into_iter().flatten().map(Holder::Interface));
    }
    for trace in &answer.traces {
        let reply = trace.reply.iter().flat_map(|leg| &leg.hops);
        met.extend(trace.request.hops.iter().chain(reply).filter_map(|hop| match hop.component {
            Component::Interface(id) | Component::SecurityGroups(id) => Some(Holder::Interface(id)),
            Component::NatGateway(id) => Some(Holder::NatGateway(id)),
            _ => None,
        }));
    }
    for one in network.unplaced() {
        if met.contains(&one.holder) && !hosts.contains(&one) {
            hosts.push(one);
        }
    }
}

/// Every choice of a kind for each host, the first host's kinds fastest.
fn placements(hosts: &[&Unplaced]) -> impl Iterator<Item = Placement> + use<> {
    let sizes: Vec<usize> = hosts.iter().map(|host| host.kinds.len()).collect();
    let mut next = Some(vec![0; sizes.len()]);
    std::iter::from_fn(move || {
        let this = next.take()?;
        let mut following = this.clone();
        let carried = following.iter_mut().zip(&sizes).all(|(digit, size)| {
            *digit += 1;
            let is_full = *digit >= *size;
            if is_full {
                *digit = 0;
            }
            is_full
        });
        next = (!carried).then_some(following);
        Some(this)
    })
}

/// Addresses that the question calls by number: whoever has them, it is none of those that have no address yet (EN-7).
fn named(question: &Question, hosts: &[&Unplaced]) -> BTreeSet<IpAddr> {
    let ends =
        question.probes.iter().flat_map(|probe| [probe.packets.sources(), probe.packets.destinations()]);
    let single = ends.filter_map(|set| set.only());
    single.filter(|address| !hosts.iter().any(|host| host.stand_in == *address)).collect()
}

/// The addresses of a placement, one of the kind for each host; none if a kind has too few for all that would need one.
fn supposed(
    network: &Network,
    hosts: &[&Unplaced],
    placement: &[usize],
    named: &BTreeSet<IpAddr>,
) -> Option<Vec<Supposed>> {
    let mut taken: BTreeSet<(crate::network::SubnetId, IpAddr)> = BTreeSet::new();
    let kinds =
        || hosts.iter().zip(placement).filter_map(|(host, kind)| Some((*host, host.kinds.get(*kind)?)));
    // Whose stand-in is of the kind keeps it.
    for (host, kind) in kinds() {
        if kind.contains(host.stand_in) {
            taken.insert((host.subnet, host.stand_in));
        }
    }
    let mut supposed = Vec::new();
    for (host, kind) in kinds() {
        let address = if kind.contains(host.stand_in) {
            host.stand_in
        } else {
            let vpc = network.subnets[host.subnet].vpc;
            let is_left =
                |address: &IpAddr| !taken.contains(&(host.subnet, *address)) && !named.contains(address);
            let candidates: Vec<IpAddr> = addresses(kind).take(MOST_CANDIDATES).filter(is_left).collect();
            let nobodys = candidates.iter().find(|address| network.owner(vpc, **address).is_none());
            *nobodys.or_else(|| candidates.first())?
        };
        taken.insert((host.subnet, address));
        supposed.push(Supposed { holder: host.holder, stand_in: host.stand_in, address });
    }
    Some(supposed)
}

fn addresses(set: &AddressSet) -> impl Iterator<Item = IpAddr> {
    set.intervals().iter().flat_map(|&(first, last)| {
        std::iter::successors(Some(first), move |address| {
            let next = match *address {
                IpAddr::V4(address) => IpAddr::V4(address.to_bits().checked_add(1)?.into()),
                IpAddr::V6(address) => IpAddr::V6(address.to_bits().checked_add(1)?.into()),
            };
            (next <= last).then_some(next)
        })
    })
}

/// The question of a network in which AWS picked these addresses.
fn moved(question: &Question, supposed: &[Supposed]) -> Question {
    let mut question = question.clone();
    for probe in &mut question.probes {
        probe.supposed = supposed.to_vec();
        let of = |id| supposed.iter().filter(move |one| one.holder == Holder::Interface(id));
        let sources: Vec<&Supposed> = match probe.source {
            Origin::Interface(id) => of(id).collect(),
            Origin::Internet | Origin::Site(_) | Origin::Unmodelled(_) => Vec::new(),
        };
        let destinations: Vec<&Supposed> = probe.destination.map(|id| of(id).collect()).unwrap_or_default();
        probe.packets = probe.packets.map(|header: &mut HeaderBox| {
            substitute(&mut header.source, &sources);
            substitute(&mut header.destination, &destinations);
        });
    }
    question
}

fn substitute(set: &mut AddressSet, supposed: &[&Supposed]) {
    let gone = supposed.iter().filter(|one| set.contains(one.stand_in));
    let (old, new): (Vec<_>, Vec<_>) =
        gone.map(|one| ((one.stand_in, one.stand_in), (one.address, one.address))).unzip();
    if !old.is_empty() {
        *set = set.subtract(&AddressSet::from_ranges(old)).union(&AddressSet::from_ranges(new));
    }
}

fn said(network: &Network, answer: &Answer) -> Said {
    let key =
        |blocker: &&Blocker| (blocker.code, blocker.leg, blocker.rule, blocker.component.name(network).short);
    (answer.verdict, answer.blockers().iter().map(key).collect())
}

/// One answer of all sides.
fn join(
    network: &Network,
    first: Answer,
    hosts: &[&Unplaced],
    sides: Vec<Side>,
    is_complete: bool,
) -> Answer {
    let is_same = sides.iter().all(|side| side.said.0 == first.verdict);
    if sides.len() < 2 && is_same && is_complete {
        return first;
    }
    let mut joined = first;
    let differing = differing(hosts, &sides);
    let share = sides.iter().map(|side| side.answer.share).fold(joined.share, f64::min);
    let (mut probes, mut traces) = (Vec::new(), Vec::new());
    for side in sides {
        let names = names(network, hosts, &differing, &side.placements);
        let before = probes.len();
        let mut own = side.answer.question.probes;
        own.iter_mut().for_each(|probe| rename(probe, &names));
        probes.extend(own);
        traces.extend(
            side.answer.traces.into_iter().map(|trace| Trace { probe: before + trace.probe, ..trace }),
        );
        joined.assumptions.extend(side.answer.assumptions);
    }
    joined.question.probes = probes;
    joined.traces = traces;
    joined
        .assumptions
        .retain(|one| !hosts.iter().any(|host| one.ends_with(&format!(" assumed {}", host.stand_in))));
    joined.assumptions.sort();
    joined.assumptions.dedup();
    if !(is_same && is_complete) {
        joined.verdict = Verdict::Undetermined;
        joined.share = share;
        if !is_complete {
            joined.traces.iter_mut().for_each(forget);
        }
        let is_own = |trace: &Trace| {
            let probe = joined.question.probes.get(trace.probe);
            probe.is_some_and(|probe| {
                [&probe.source_name, &probe.destination_name].iter().any(|name| name.contains(AT))
            })
        };
        let fails = |trace: &&Trace| trace.verdict != Verdict::Reachable;
        let own = joined.traces.iter().position(|trace| fails(&trace) && is_own(trace));
        let failing = own.or_else(|| joined.traces.iter().position(|trace| fails(&trace))).unwrap_or(0);
        if let Some(trace) = joined.traces.get_mut(failing) {
            doubt(network, trace, hosts, &differing, is_complete);
        }
    }
    answer::conclude(network, &mut joined);
    joined
}

/// The hosts whose address makes the difference: the others' kinds are the same on every side.
fn differing(hosts: &[&Unplaced], sides: &[Side]) -> Vec<usize> {
    let kinds = |side: &Side, host: usize| -> BTreeSet<usize> {
        side.placements.iter().filter_map(|placement| placement.get(host).copied()).collect()
    };
    let differs = |host: &usize| {
        let mut all = sides.iter().map(|side| kinds(side, *host));
        let first = all.next();
        all.any(|other| Some(&other) != first.as_ref())
    };
    let found: Vec<usize> = (0..hosts.len()).filter(differs).collect();
    if found.is_empty() { (0..hosts.len()).collect() } else { found }
}

/// What to call the hosts on one side: `fn at 10.0.1.4-10.0.1.127`.
fn names(
    network: &Network,
    hosts: &[&Unplaced],
    differing: &[usize],
    placements: &[Placement],
) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for index in differing {
        let Some(host) = hosts.get(*index) else { continue };
        // With several hosts, only one combination is sure to lead here.
        let of = if differing.len() == 1 { placements.len() } else { 1 };
        let kinds =
            placements.iter().take(of).filter_map(|placement| host.kinds.get(*placement.get(*index)?));
        let addresses = kinds.fold(AddressSet::empty(), |all, kind| all.union(kind));
        let name = holder_name(network, host.holder);
        let at = describe(&addresses, host);
        names.insert(name.clone(), format!("{name}{AT}{at}"));
    }
    names
}

/// `10.0.1.4 to 10.0.1.127`: stretches, as if the addresses that are taken were of the kind of their neighbours.
fn describe(addresses: &AddressSet, host: &Unplaced) -> String {
    const MOST_STRETCHES: usize = 2;
    let all = host.kinds.iter().fold(AddressSet::empty(), |all, kind| all.union(kind));
    let others = all.subtract(addresses);
    let mut stretches: Vec<(IpAddr, IpAddr)> = Vec::new();
    for &(first, last) in addresses.intervals() {
        match stretches.last_mut() {
            Some((_, end)) if others.is_disjoint(&AddressSet::range(*end, first)) => *end = last,
            _ => stretches.push((first, last)),
        }
    }
    let text = |(first, last): &(IpAddr, IpAddr)| match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    };
    let shown: Vec<String> = stretches.iter().take(MOST_STRETCHES).map(text).collect();
    match stretches.len().saturating_sub(MOST_STRETCHES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn rename(probe: &mut Probe, names: &BTreeMap<String, String>) {
    for name in [&mut probe.source_name, &mut probe.destination_name] {
        if let Some(new) = names.get(name) {
            name.clone_from(new);
        }
    }
}

fn holder_name(network: &Network, holder: Holder) -> String {
    match holder {
        Holder::Interface(id) => interface_name(network, id),
        Holder::NatGateway(id) => network.nat_gateways[id].name.clone(),
    }
}

/// What one placement says of a path says nothing where not all were tried.
fn forget(trace: &mut Trace) {
    trace.works = FlowSet::empty();
    trace.certain = Certain { passes: false, drops: false, unknown: true };
    trace.verdict = Verdict::Undetermined;
    trace.share = 0.0;
}

/// Says so at a path that fails on one of the sides.
fn doubt(network: &Network, trace: &mut Trace, hosts: &[&Unplaced], differing: &[usize], is_complete: bool) {
    let Some(host) = differing.first().and_then(|index| hosts.get(*index)) else { return };
    let (component, place) = match host.holder {
        Holder::Interface(id) => (Component::Interface(id), network.interfaces[id].place),
        Holder::NatGateway(id) => (Component::NatGateway(id), network.nat_gateways[id].place),
    };
    let of = differing.iter().filter_map(|index| hosts.get(*index));
    let mut named: Vec<String> = of.map(|host| holder_name(network, host.holder)).collect();
    named.dedup();
    let subnet = &network.subnets[host.subnet].name;
    let message = if is_complete {
        format!("it depends on which address AWS gives {} in subnet {subnet}", named.join(" and "))
    } else {
        format!(
            "it may depend on which address AWS gives {}: there are too many cases to try",
            named.join(" and ")
        )
    };
    let blocker = Blocker {
        code: Code::Und008,
        aws_code: None,
        leg: LegKind::Request,
        hop: 0,
        component,
        direction: None,
        rule: None,
        packets: trace.packets.clone(),
        complete: true,
        masked: false,
        message,
        place,
        nearest: None,
        help: Some("say the address, or let the rules and routes treat the whole subnet alike".to_owned()),
    };
    trace.blockers.insert(0, blocker);
}
