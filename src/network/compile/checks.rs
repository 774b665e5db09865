//! What AWS would refuse: ranges, overlaps, second gateways (VP-1 to VP-8, PX-2, PX-5).
//!
//! A capture is never refused: whatever it says exists.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use crate::topology::{Diagnostic, Entry, Place, Spanned};

use super::super::Index;
use super::super::id::SubnetId;
use super::{Compiler, code};

impl<'t> Compiler<'t> {
    pub(super) fn checks(&mut self) {
        if self.network.partial {
            return;
        }
        for (_, entry) in self.said() {
            self.check_vpc(entry);
            self.check_subnets(entry);
        }
        self.check_twins();
        self.check_peerings();
    }

    fn check_vpc(&mut self, entry: &'t Entry<crate::topology::Vpc>) {
        let vpc = &entry.value;
        if vpc.cidrs.is_empty() {
            self.report(
                Diagnostic::error(
                    code::NO_CIDR,
                    format!("VPC `{}` has no IPv4 range", entry.name()),
                    entry.place(),
                )
                .help("add `cidr: 10.0.0.0/16`"),
            );
        }
        for cidr in &vpc.cidrs {
            self.check_size(cidr, "a VPC");
        }
        for cidr in &vpc.ipv6_cidrs {
            let length = cidr.value.prefix_len();
            if !(44..=60).contains(&length) || length % 4 != 0 {
                let message = format!("/{length} is not a size of an IPv6 range of a VPC");
                self.report(
                    Diagnostic::error(code::CIDR_SIZE, message, cidr.place)
                        .help("use /56, or /44 to /60 in steps of 4 (VP-6)"),
                );
            }
        }
        self.check_overlaps(&as_nets(&vpc.cidrs), "ranges of the VPC");
        let ipv6: Vec<_> =
            vpc.ipv6_cidrs.iter().map(|cidr| (IpNet::V6(cidr.value.trunc()), cidr.place)).collect();
        self.check_overlaps(&ipv6, "ranges of the VPC");
        self.check_secondary(&vpc.cidrs);
    }

    /// VP-1, VP-7: /16 to /28.
    fn check_size(&mut self, cidr: &Spanned<Ipv4Net>, of: &str) {
        let length = cidr.value.prefix_len();
        if !(16..=28).contains(&length) {
            let message = format!("/{length} is not a size of {of}");
            self.report(Diagnostic::error(code::CIDR_SIZE, message, cidr.place).help("AWS takes /16 to /28"));
        }
    }

    /// VP-3, VP-7: none of these ranges may overlap another.
    fn check_overlaps(&mut self, ranges: &[(IpNet, Place)], what: &str) {
        for (index, (range, place)) in ranges.iter().enumerate() {
            let overlaps = |(other, _): &&(IpNet, Place)| other.contains(range) || range.contains(other);
            if let Some((other, first)) = ranges.iter().take(index).find(overlaps) {
                let message =
                    format!("`{}` overlaps `{}`: {what} must not overlap", range.trunc(), other.trunc());
                self.report(
                    Diagnostic::error(code::CIDR_OVERLAP, message, *place).also(*first, "overlaps this one"),
                );
            }
        }
    }

    /// VP-4: which second range goes with which first one.
    fn check_secondary(&mut self, cidrs: &[Spanned<Ipv4Net>]) {
        let Some((primary, rest)) = cidrs.split_first() else { return };
        let Some(home) = private_block(&primary.value) else { return };
        for cidr in rest {
            let reason = match private_block(&cidr.value) {
                Some(block) if block != home => {
                    Some(format!("its primary range is in {home}, and this one is in {block}"))
                }
                _ if overlaps(&cidr.value, [169, 254, 0, 0], 16) => {
                    Some("169.254.0.0/16 is link-local".to_owned())
                }
                _ if overlaps(&cidr.value, [198, 19, 0, 0], 16) => {
                    Some("198.19.0.0/16 is reserved".to_owned())
                }
                _ => None,
            };
            if let Some(reason) = reason {
                let message =
                    format!("`{}` can't be a further range of this VPC: {reason}", cidr.value.trunc());
                self.report(
                    Diagnostic::error(code::SECONDARY_CIDR, message, cidr.place)
                        .also(primary.place, "the primary range")
                        .help("take it from the same private block, from 100.64.0.0/10, or from a public range (VP-4)"),
                );
            }
        }
    }

    fn check_subnets(&mut self, entry: &'t Entry<crate::topology::Vpc>) {
        let vpc = &entry.value;
        let mut ranges = Vec::new();
        for subnet in &vpc.subnets {
            if subnet.value.cidr.is_none() && subnet.value.ipv6_cidr.is_none() {
                let message = format!("subnet `{}` has no range", subnet.name());
                self.report(
                    Diagnostic::error(code::NO_CIDR, message, subnet.place())
                        .help("add `cidr` or `ipv6_cidr`"),
                );
            }
            if let Some(cidr) = &subnet.value.cidr {
                self.check_size(cidr, "a subnet");
                let inside = vpc.cidrs.iter().any(|range| range.value.trunc().contains(&cidr.value.trunc()));
                self.check_inside(subnet, inside, cidr.value.trunc().to_string(), cidr.place, entry);
                ranges.push((IpNet::V4(cidr.value.trunc()), cidr.place));
            }
            if let Some(cidr) = &subnet.value.ipv6_cidr {
                let length = cidr.value.prefix_len();
                if !(44..=64).contains(&length) || length % 4 != 0 {
                    let message = format!("/{length} is not a size of an IPv6 range of a subnet");
                    let help = "use /64, or /44 to /64 in steps of 4 (VP-6)";
                    self.report(Diagnostic::error(code::CIDR_SIZE, message, cidr.place).help(help));
                }
                let inside =
                    vpc.ipv6_cidrs.iter().any(|range| range.value.trunc().contains(&cidr.value.trunc()));
                self.check_inside(subnet, inside, cidr.value.trunc().to_string(), cidr.place, entry);
                ranges.push((IpNet::V6(cidr.value.trunc()), cidr.place));
            }
        }
        self.check_overlaps(&ranges, "subnets");
    }

    fn check_inside(
        &mut self,
        subnet: &Entry<crate::topology::Subnet>,
        inside: bool,
        cidr: String,
        place: Place,
        vpc: &Entry<crate::topology::Vpc>,
    ) {
        if !inside {
            let message =
                format!("subnet `{}` ({cidr}) is outside the ranges of VPC `{}`", subnet.name(), vpc.name());
            let range = vpc.value.cidrs.first().map_or(vpc.place(), |cidr| cidr.place);
            self.report(Diagnostic::error(code::CIDR_OUTSIDE, message, place).also(range, "the VPC's range"));
        }
    }

    /// VP-8: one owner per address of a subnet, and per public address.
    fn check_twins(&mut self) {
        let mut seen: BTreeMap<(Option<SubnetId>, IpAddr), Place> = BTreeMap::new();
        let mut claims: Vec<(Option<SubnetId>, IpAddr, Place)> = Vec::new();
        for (_, interface) in self.network.interfaces.iter() {
            for address in &interface.addresses {
                claims.push((Some(interface.subnet), address.private, interface.place));
                claims.extend(address.public.map(|public| (None, public.into(), interface.place)));
            }
        }
        for (_, nat) in self.network.nat_gateways.iter() {
            claims.push((Some(nat.subnet), nat.private_ip.into(), nat.place));
            claims.extend(nat.public_ip.map(|public| (None, public.into(), nat.place)));
        }
        for (subnet, address, place) in claims {
            if let Some(first) = seen.insert((subnet, address), place) {
                let message = format!("`{address}` has two owners");
                self.report(
                    Diagnostic::error(code::ADDRESS_TAKEN, message, place).also(first, "the other owner"),
                );
            }
        }
    }

    /// PX-2, PX-5.
    fn check_peerings(&mut self) {
        let mut problems = Vec::new();
        for (id, peering) in self.network.peerings.iter() {
            let [Some(a), Some(b)] = peering.ends else { continue };
            if a == b {
                problems.push(Diagnostic::error(
                    code::PEERING_TWICE,
                    "a VPC can't be peered with itself",
                    peering.place,
                ));
                continue;
            }
            let (a_vpc, b_vpc) = (&self.network.vpcs[a], &self.network.vpcs[b]);
            if peering.is_active() && !a_vpc.addresses.is_disjoint(&b_vpc.addresses) {
                let common = crate::flow::describe_addresses(&a_vpc.addresses.intersect(&b_vpc.addresses), 3);
                let message = format!(
                    "VPCs `{}` and `{}` both have {common}: they can't be peered",
                    a_vpc.name, b_vpc.name
                );
                problems.push(
                    Diagnostic::error(code::PEERING_OVERLAP, message, peering.place)
                        .also(a_vpc.place, "one")
                        .also(b_vpc.place, "the other")
                        .help("AWS refuses a peering between overlapping ranges, even if other ranges are meant (PX-2, PCX003)"),
                );
            }
            let twin = self.network.peerings.iter().find(|(other, twin)| {
                other.to_usize() < id.to_usize()
                    && twin.is_active()
                    && peering.is_active()
                    && twin.joins(a, b)
            });
            if let Some((_, twin)) = twin {
                let message = "these two VPCs already have an active peering connection";
                problems.push(
                    Diagnostic::error(code::PEERING_TWICE, message, peering.place)
                        .also(twin.place, "this one"),
                );
            }
        }
        self.diagnostics.extend(problems);
    }
}

fn as_nets(cidrs: &[Spanned<Ipv4Net>]) -> Vec<(IpNet, Place)> {
    cidrs.iter().map(|cidr| (IpNet::V4(cidr.value.trunc()), cidr.place)).collect()
}

/// The RFC 1918 block that a range is in.
fn private_block(cidr: &Ipv4Net) -> Option<Ipv4Net> {
    [([10, 0, 0, 0], 8), ([172, 16, 0, 0], 12), ([192, 168, 0, 0], 16)]
        .into_iter()
        .map(|(octets, length)| Ipv4Net::new_assert(octets.into(), length))
        .find(|block| block.contains(cidr))
}

fn overlaps(cidr: &Ipv4Net, octets: [u8; 4], length: u8) -> bool {
    let block = Ipv4Net::new_assert(octets.into(), length);
    block.contains(cidr) || cidr.contains(&block)
}
