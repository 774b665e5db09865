//! Sets of services, each kept once, so that equal sets are equal numbers.

use rustc_hash::FxHashMap;

use crate::flow::{HeaderBox, IcmpType, IntervalSet, Pattern, icmp_code_point, protocol};

use super::recent::Recent;

/// A point is a protocol and a port, or ICMP type and code: `protocol × 65536 + port`.
pub type ServiceSet = IntervalSet<u32>;

/// The number of a set in a [`Pool`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(u32);

impl SetId {
    /// No service.
    pub const NONE: Self = Self(0);

    /// Two of them in one word: long lists of words are compared and hashed at once.
    pub(super) const fn word(a: Self, b: Self) -> u64 {
        (a.0 as u64) << 32 | b.0 as u64
    }

    /// The two of a word.
    pub(super) const fn of_word(word: u64) -> [Self; 2] {
        [Self((word >> 32) as u32), Self(word as u32)]
    }
}

const MEMO: usize = 1 << 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Operation {
    And,
    Or,
}

/// Interned sets, with a memory of what was computed last. Ids are only good for the pool that gave them.
#[derive(Debug)]
pub struct Pool {
    sets: Vec<ServiceSet>,
    index: FxHashMap<ServiceSet, SetId>,
    memo: Recent<(Operation, SetId, SetId), SetId>,
}

impl Default for Pool {
    fn default() -> Self {
        let mut pool = Self { sets: Vec::new(), index: FxHashMap::default(), memo: Recent::new(MEMO) };
        pool.intern(ServiceSet::empty());
        pool
    }
}

impl Pool {
    /// The number of a set.
    pub fn intern(&mut self, set: ServiceSet) -> SetId {
        if let Some(id) = self.index.get(&set) {
            return *id;
        }
        let id = SetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(set.clone());
        self.index.insert(set, id);
        id
    }

    /// The number of the set of all points.
    pub(super) fn everything(&mut self) -> SetId {
        self.intern(ServiceSet::range(0, point(u8::MAX, u16::MAX)))
    }

    /// The set of a number.
    pub fn get(&self, id: SetId) -> &ServiceSet {
        static NONE: ServiceSet = ServiceSet::empty();
        self.sets.get(id.0 as usize).unwrap_or(&NONE)
    }

    /// How many different sets there are.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether there is none but the empty one.
    pub fn is_empty(&self) -> bool {
        self.sets.len() <= 1
    }

    /// What is in both.
    pub fn and(&mut self, a: SetId, b: SetId) -> SetId {
        if a == b {
            return a;
        }
        if a == SetId::NONE || b == SetId::NONE {
            return SetId::NONE;
        }
        self.remembered(Operation::And, a.min(b), a.max(b))
    }

    /// What is in either.
    pub fn or(&mut self, a: SetId, b: SetId) -> SetId {
        if a == b || b == SetId::NONE {
            return a;
        }
        if a == SetId::NONE {
            return b;
        }
        self.remembered(Operation::Or, a.min(b), a.max(b))
    }

    fn remembered(&mut self, operation: Operation, a: SetId, b: SetId) -> SetId {
        let key = (operation, a, b);
        if let Some(result) = self.memo.get(&key) {
            return result;
        }
        let set = match operation {
            Operation::And => self.get(a).intersect(self.get(b)),
            Operation::Or => self.get(a).union(self.get(b)),
        };
        let result = self.intern(set);
        self.memo.put(key, result);
        result
    }
}

/// The point of a protocol and port.
pub(super) const fn point(number: u8, port: u16) -> u32 {
    ((number as u32) << 16) | port as u32
}

/// What requests of a family can carry: ports where a protocol has them, types and codes of the family's own ICMP.
pub(super) fn requests(ipv6: bool) -> ServiceSet {
    every(ipv6, (0, u16::MAX), |_| (0, u16::MAX))
}

/// What replies are aimed at: the client's ports, or an echo reply.
pub(super) fn replies(ipv6: bool) -> ServiceSet {
    every(ipv6, (0, u16::MAX), echo_reply)
}

const fn echo_reply(number: u8) -> (u16, u16) {
    let kind = if number == protocol::ICMP { 0 } else { 129 };
    let code = icmp_code_point(IcmpType { kind, code: 0 });
    (code, code)
}

/// The point at which a reply to ping arrives.
pub(super) const fn echo_reply_point(number: u8) -> u32 {
    point(number, echo_reply(number).0)
}

/// The point of a ping.
pub(super) const fn echo_request_point(number: u8) -> u32 {
    let kind = if number == protocol::ICMP { 8 } else { 128 };
    point(number, icmp_code_point(IcmpType { kind, code: 0 }))
}

fn every(ipv6: bool, ports: (u16, u16), icmp: impl Fn(u8) -> (u16, u16)) -> ServiceSet {
    let own = if ipv6 { protocol::ICMPV6 } else { protocol::ICMP };
    let of = |number: u8| match number {
        number if protocol::has_ports(number) => Some(ports),
        number if protocol::is_icmp(number) => (number == own).then(|| icmp(number)),
        _ => Some((0, 0)),
    };
    let ranges = (0..=u8::MAX).filter_map(|number| of(number).map(|ports| (number, ports)));
    ServiceSet::from_ranges(ranges.map(|(number, (first, last))| (point(number, first), point(number, last))))
}

/// The services of a rule.
pub(super) fn of_pattern(pattern: &Pattern) -> ServiceSet {
    let every = [(0, u8::MAX)];
    let protocols = pattern.protocols.as_ref().map_or(&every[..], |protocols| protocols.intervals());
    let Some(ports) = &pattern.destination_ports else {
        let ranges = protocols.iter().map(|(first, last)| (point(*first, 0), point(*last, u16::MAX)));
        return ServiceSet::from_ranges(ranges);
    };
    let numbers = protocols.iter().flat_map(|&(first, last)| first..=last);
    ServiceSet::from_ranges(numbers.flat_map(|number| {
        ports.intervals().iter().map(move |(first, last)| (point(number, *first), point(number, *last)))
    }))
}

/// The services of a box of packets.
pub(super) fn of_box(header: &HeaderBox) -> ServiceSet {
    of_pattern(&Pattern {
        protocols: Some(header.protocols.clone()),
        destination_ports: Some(header.destination_ports.clone()),
        ..Pattern::default()
    })
}
