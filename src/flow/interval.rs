//! Sets of points on a line, as sorted, disjoint, maximal intervals.

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A point on a finite line. Lines may fall into segments (IPv4 and IPv6 addresses): a point that ends
/// a segment has no next one, and no interval crosses from one segment into another.
pub trait Point: Copy + Ord + Debug {
    /// The next point of the same segment.
    fn next(self) -> Option<Self>;
    /// The previous point of the same segment.
    fn previous(self) -> Option<Self>;
    /// How many points lie from `self` to `last`, both included.
    fn count_to(self, last: Self) -> f64;
}

macro_rules! unsigned_point {
    ($($unsigned:ty),*) => {$(
        impl Point for $unsigned {
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }
            fn count_to(self, last: Self) -> f64 {
                f64::from(last.saturating_sub(self)) + 1.0
            }
        }
    )*};
}
unsigned_point!(u8, u16, u32);

impl Point for IpAddr {
    fn next(self) -> Option<Self> {
        match self {
            Self::V4(address) => {
                address.to_bits().checked_add(1).map(|bits| Self::V4(Ipv4Addr::from_bits(bits)))
            }
            Self::V6(address) => {
                address.to_bits().checked_add(1).map(|bits| Self::V6(Ipv6Addr::from_bits(bits)))
            }
        }
    }

    fn previous(self) -> Option<Self> {
        match self {
            Self::V4(address) => {
                address.to_bits().checked_sub(1).map(|bits| Self::V4(Ipv4Addr::from_bits(bits)))
            }
            Self::V6(address) => {
                address.to_bits().checked_sub(1).map(|bits| Self::V6(Ipv6Addr::from_bits(bits)))
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a share of 2^128 addresses needs no exact count")]
    fn count_to(self, last: Self) -> f64 {
        match (self, last) {
            (Self::V4(first), Self::V4(last)) => {
                f64::from(last.to_bits().saturating_sub(first.to_bits())) + 1.0
            }
            (Self::V6(first), Self::V6(last)) => last.to_bits().saturating_sub(first.to_bits()) as f64 + 1.0,
            _ => 0.0,
        }
    }
}

/// A set of points. Canonical: equal sets have equal representations.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IntervalSet<T>(Vec<(T, T)>);

impl<T> Default for IntervalSet<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Point> IntervalSet<T> {
    /// The empty set.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// All points from `first` to `last`, both included; empty if `last < first`.
    pub fn range(first: T, last: T) -> Self {
        if first <= last { Self(vec![(first, last)]) } else { Self::empty() }
    }

    /// One point.
    pub fn single(point: T) -> Self {
        Self(vec![(point, point)])
    }

    /// The union of ranges in any order.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (T, T)>) -> Self {
        let mut ranges: Vec<_> = ranges.into_iter().filter(|(first, last)| first <= last).collect();
        ranges.sort_unstable();
        let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(top) if first <= top.1 || top.1.next() == Some(first) => top.1 = top.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// The intervals, ascending.
    pub fn intervals(&self) -> &[(T, T)] {
        &self.0
    }

    /// Whether there is no point in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The least point.
    pub fn first(&self) -> Option<T> {
        self.0.first().map(|(first, _)| *first)
    }

    /// The only point, if there is exactly one.
    pub fn only(&self) -> Option<T> {
        match self.0.as_slice() {
            [(first, last)] if first == last => Some(*first),
            _ => None,
        }
    }

    /// How many points. Exact below 2^53.
    pub fn count(&self) -> f64 {
        self.0.iter().map(|(first, last)| first.count_to(*last)).sum()
    }

    /// Whether the point is in it. O(log n).
    pub fn contains(&self, point: T) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= point);
        after.checked_sub(1).and_then(|index| self.0.get(index)).is_some_and(|(_, last)| point <= *last)
    }

    /// Points in either. O(n + m).
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.0.iter().chain(&other.0).copied())
    }

    /// Points in both. O(n + m).
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let mut common = Vec::new();
        self.for_each_overlap(other, |first, last| {
            common.push((first, last));
            true
        });
        Self(common)
    }

    /// Whether no point is in both. O(n + m), without allocating.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        let mut disjoint = true;
        self.for_each_overlap(other, |_, _| {
            disjoint = false;
            false
        });
        disjoint
    }

    /// Whether every point is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|(first, last)| {
            let after = other.0.partition_point(|(start, _)| start <= first);
            after.checked_sub(1).and_then(|index| other.0.get(index)).is_some_and(|(_, end)| last <= end)
        })
    }

    /// Points of `self` that are not in `other`. O(n + m).
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        let mut cuts = other.0.iter().peekable();
        for &(first, last) in &self.0 {
            let mut start = Some(first);
            while let Some(&&(cut_first, cut_last)) = cuts.peek() {
                let Some(from) = start else { break };
                if cut_last < from {
                    cuts.next();
                    continue;
                }
                if cut_first > last {
                    break;
                }
                if cut_first > from
                    && let Some(end) = cut_first.previous()
                {
                    rest.push((from, end));
                }
                start = if cut_last >= last { None } else { cut_last.next() };
                if cut_last <= last {
                    cuts.next();
                }
            }
            if let Some(from) = start
                && from <= last
            {
                rest.push((from, last));
            }
        }
        Self(rest)
    }

    /// Calls `visit` with each maximal common interval until it answers false.
    fn for_each_overlap(&self, other: &Self, mut visit: impl FnMut(T, T) -> bool) {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(&&(a_first, a_last)), Some(&&(b_first, b_last))) = (left.peek(), right.peek()) {
            let (first, last) = (a_first.max(b_first), a_last.min(b_last));
            if first <= last && !visit(first, last) {
                return;
            }
            if a_last < b_last {
                left.next();
            } else {
                right.next();
            }
        }
    }
}
