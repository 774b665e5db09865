//! Sets of packet headers, as disjoint boxes.

use std::net::IpAddr;

use super::address::AddressSet;
use super::interval::IntervalSet;

/// A set of ports, or of ICMP type-code pairs (see [`icmp_code_point`]).
pub type PortSet = IntervalSet<u16>;

/// A set of IANA protocol numbers.
pub type ProtocolSet = IntervalSet<u8>;

/// IANA protocol numbers that have a meaning here.
pub mod protocol {
    /// ICMP for IPv4.
    pub const ICMP: u8 = 1;
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
    /// ICMP for IPv6.
    pub const ICMPV6: u8 = 58;

    /// Whether packets of it carry ports.
    pub const fn has_ports(number: u8) -> bool {
        matches!(number, TCP | UDP)
    }

    /// Whether packets of it carry an ICMP type and code.
    pub const fn is_icmp(number: u8) -> bool {
        matches!(number, ICMP | ICMPV6)
    }
}

/// An ICMP type and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpType {
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
}

/// Where an ICMP type and code stand on the destination-port axis. ICMP has no ports, so its boxes use that
/// axis for `type × 256 + code`, and zero on the source-port axis; other protocols without ports are zero on both.
pub const fn icmp_code_point(icmp: IcmpType) -> u16 {
    u16::from_be_bytes([icmp.kind, icmp.code])
}

/// One concrete packet header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// Protocol number.
    pub protocol: u8,
    /// Source port; 0 without ports.
    pub source_port: u16,
    /// Destination port, or ICMP type and code.
    pub destination_port: u16,
}

/// What a rule matches: a box whose missing sides are unbounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    /// Source addresses.
    pub source: Option<AddressSet>,
    /// Destination addresses.
    pub destination: Option<AddressSet>,
    /// Protocols.
    pub protocols: Option<ProtocolSet>,
    /// Destination ports, or ICMP types and codes. No AWS rule of this release matches source ports.
    pub destination_ports: Option<PortSet>,
}

/// A product of one set per dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderBox {
    /// Source addresses.
    pub source: AddressSet,
    /// Destination addresses; of the same family.
    pub destination: AddressSet,
    /// Protocols.
    pub protocols: ProtocolSet,
    /// Source ports.
    pub source_ports: PortSet,
    /// Destination ports, or ICMP types and codes.
    pub destination_ports: PortSet,
    /// Ports that a translation took out of the header and will put back, or has chosen and used up:
    /// dimensions of the same packet that no gate looks at now.
    pub stash: Vec<PortSet>,
}

impl HeaderBox {
    fn is_empty(&self) -> bool {
        self.source.is_empty()
            || self.destination.is_empty()
            || self.protocols.is_empty()
            || self.source_ports.is_empty()
            || self.destination_ports.is_empty()
            || self.stash.iter().any(IntervalSet::is_empty)
    }

    fn count(&self) -> f64 {
        self.stash.iter().map(IntervalSet::count).product::<f64>()
            * self.source.count()
            * self.destination.count()
            * self.protocols.count()
            * self.source_ports.count()
            * self.destination_ports.count()
    }

    /// The parts inside and outside a pattern.
    fn split(&self, pattern: &Pattern) -> (Option<Self>, Vec<Self>) {
        if is_apart(&self.source, pattern.source.as_ref())
            || is_apart(&self.destination, pattern.destination.as_ref())
            || is_apart(&self.protocols, pattern.protocols.as_ref())
            || is_apart(&self.destination_ports, pattern.destination_ports.as_ref())
        {
            return (None, vec![self.clone()]);
        }
        let (mut inside, mut outside) = (self.clone(), Vec::new());
        if let Some(wanted) = &pattern.source {
            inside.cut(|header| &mut header.source, wanted, &mut outside);
        }
        if let Some(wanted) = &pattern.destination {
            inside.cut(|header| &mut header.destination, wanted, &mut outside);
        }
        if let Some(wanted) = &pattern.protocols {
            inside.cut(|header| &mut header.protocols, wanted, &mut outside);
        }
        if let Some(wanted) = &pattern.destination_ports {
            inside.cut(|header| &mut header.destination_ports, wanted, &mut outside);
        }
        (Some(inside), outside)
    }

    /// Keeps `wanted` of one side, and puts what is left of it into `outside`.
    fn cut<T: super::Point>(
        &mut self,
        side: impl Fn(&mut Self) -> &mut IntervalSet<T>,
        wanted: &IntervalSet<T>,
        outside: &mut Vec<Self>,
    ) {
        let rest = side(self).subtract(wanted);
        if !rest.is_empty() {
            let mut left = self.clone();
            *side(&mut left) = rest;
            outside.push(left);
            let kept = side(self).intersect(wanted);
            *side(self) = kept;
        }
    }

    fn is_disjoint(&self, other: &Self) -> bool {
        self.source.is_disjoint(&other.source)
            || self.destination.is_disjoint(&other.destination)
            || self.protocols.is_disjoint(&other.protocols)
            || self.source_ports.is_disjoint(&other.source_ports)
            || self.destination_ports.is_disjoint(&other.destination_ports)
            || self.stash.iter().zip(&other.stash).any(|(a, b)| a.is_disjoint(b))
    }

    /// The parts of `self` outside `other`.
    fn subtract(&self, other: &Self, outside: &mut Vec<Self>) {
        if self.is_disjoint(other) {
            outside.push(self.clone());
            return;
        }
        let mut inside = self.clone();
        inside.cut(|header| &mut header.source, &other.source, outside);
        inside.cut(|header| &mut header.destination, &other.destination, outside);
        inside.cut(|header| &mut header.protocols, &other.protocols, outside);
        inside.cut(|header| &mut header.source_ports, &other.source_ports, outside);
        inside.cut(|header| &mut header.destination_ports, &other.destination_ports, outside);
        for (index, wanted) in other.stash.iter().enumerate() {
            let rest = inside.stash.get(index).map(|ports| ports.subtract(wanted)).unwrap_or_default();
            if rest.is_empty() {
                continue;
            }
            let mut left = inside.clone();
            if let (Some(side), Some(kept)) = (left.stash.get_mut(index), inside.stash.get_mut(index)) {
                *side = rest;
                *kept = kept.intersect(wanted);
                outside.push(left);
            }
        }
    }

    fn witness(&self) -> Option<Packet> {
        Some(Packet {
            source: self.source.first()?,
            destination: self.destination.first()?,
            protocol: self.protocols.first()?,
            source_port: self.source_ports.first()?,
            destination_port: self.destination_ports.first()?,
        })
    }
}

fn is_apart<T: super::Point>(side: &IntervalSet<T>, wanted: Option<&IntervalSet<T>>) -> bool {
    wanted.is_some_and(|wanted| side.is_disjoint(wanted))
}

/// A set of packet headers: a union of disjoint boxes.
#[derive(Clone, Debug, Default)]
pub struct FlowSet(Vec<HeaderBox>);

impl FlowSet {
    /// No packet.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// The packets of one box; empty if one of its sides is.
    pub fn from_box(header: HeaderBox) -> Self {
        if header.is_empty() { Self::empty() } else { Self(vec![header]) }
    }

    /// The union of sets that the caller knows to be disjoint.
    pub fn from_disjoint(sets: impl IntoIterator<Item = Self>) -> Self {
        Self(sets.into_iter().flat_map(|set| set.0).collect())
    }

    /// The boxes. They are disjoint; their order and number mean nothing.
    pub fn boxes(&self) -> &[HeaderBox] {
        &self.0
    }

    /// Whether there is no packet in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many packets. Exact below 2^53; used for shares only, never for a verdict.
    pub fn count(&self) -> f64 {
        self.0.iter().map(HeaderBox::count).sum()
    }

    /// A packet of the set, the least of the first box.
    pub fn witness(&self) -> Option<Packet> {
        self.0.first().and_then(HeaderBox::witness)
    }

    /// The parts inside and outside a pattern.
    #[must_use]
    pub fn split(&self, pattern: &Pattern) -> (Self, Self) {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for header in &self.0 {
            let (matched, rest) = header.split(pattern);
            inside.extend(matched);
            outside.extend(rest);
        }
        (Self(inside), Self(outside))
    }

    /// Packets that are not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        let mut rest = self.0.clone();
        for cut in &other.0 {
            let mut next = Vec::with_capacity(rest.len());
            for header in &rest {
                header.subtract(cut, &mut next);
            }
            rest = next;
        }
        Self(rest)
    }

    /// Packets in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        self.subtract(&self.subtract(other))
    }

    /// Packets in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut boxes = self.0.clone();
        boxes.extend(other.subtract(self).0);
        Self(boxes)
    }

    /// Whether no packet is in both.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.0.iter().all(|header| other.0.iter().all(|other| header.is_disjoint(other)))
    }

    /// Whether every packet is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.subtract(other).is_empty()
    }

    /// Changes every box. The caller promises that boxes stay disjoint, or that overlap is harmless because the
    /// change forgets a dimension on purpose.
    #[must_use]
    pub fn map(&self, mut change: impl FnMut(&mut HeaderBox)) -> Self {
        let mut boxes = self.0.clone();
        for header in &mut boxes {
            change(header);
        }
        boxes.retain(|header| !header.is_empty());
        Self(boxes)
    }

    /// The union of one side over all boxes.
    pub fn project<T: super::Point>(&self, side: impl Fn(&HeaderBox) -> &IntervalSet<T>) -> IntervalSet<T> {
        IntervalSet::from_ranges(self.0.iter().flat_map(|header| side(header).intervals().iter().copied()))
    }

    /// All source addresses.
    pub fn sources(&self) -> AddressSet {
        self.project(|header| &header.source)
    }

    /// All destination addresses.
    pub fn destinations(&self) -> AddressSet {
        self.project(|header| &header.destination)
    }

    /// All protocols.
    pub fn protocols(&self) -> ProtocolSet {
        self.project(|header| &header.protocols)
    }

    /// All source ports.
    pub fn source_ports(&self) -> PortSet {
        self.project(|header| &header.source_ports)
    }

    /// All destination ports.
    pub fn destination_ports(&self) -> PortSet {
        self.project(|header| &header.destination_ports)
    }
}

/// A short text for a set of ports: `443`, `1024-65535`, `80, 443`, `any`.
pub fn describe_ports(ports: &PortSet) -> String {
    match ports.intervals() {
        [] => "none".to_owned(),
        [(0, u16::MAX)] => "any".to_owned(),
        intervals => {
            let texts: Vec<String> = intervals
                .iter()
                .map(
                    |(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") },
                )
                .collect();
            texts.join(",")
        }
    }
}
