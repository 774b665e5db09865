//! Which part of a partial answer works.

use crate::flow::{PortSet, describe_ports};
use crate::network::Network;
use crate::reach::{Answer, LegKind, Trace, Verdict};

use super::super::difference::{Side, describe, sides};
use super::super::look::{Look, Tone};

/// Cells of the bar of client ports.
const BAR: f64 = 40.0;

/// Client port ranges by who the client is (NA-10); for comparison.
const PROFILES: [(&str, u16, u16); 3] = [
    ("linux", 32768, 60999),
    ("windows (49152-65535)", 49152, 65535),
    ("NAT/LB/Lambda (1024-65535)", 1024, 65535),
];

/// `42.0 %`.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// The remark in the first line of a partial answer.
pub(super) fn remark(network: &Network, answer: &Answer) -> String {
    if let [trace] = answer.traces.as_slice() {
        return of_trace(network, trace);
    }
    let working = answer.traces.iter().filter(|trace| trace.verdict == Verdict::Reachable).count();
    let partly = answer.traces.iter().filter(|trace| trace.verdict == Verdict::Partial).count();
    let partly = if partly > 0 { format!(", {partly} in part") } else { String::new() };
    format!("{working} of {} pairs{partly}", answer.traces.len())
}

/// What works of one path.
pub(super) fn of_trace(network: &Network, trace: &Trace) -> String {
    let whole = &trace.packets;
    if trace.works.is_empty() {
        return format!("works for {} of packets", percent(trace.share));
    }
    match sides(whole, &trace.works, LegKind::Request).as_slice() {
        [Side::ClientPorts] => {
            format!(
                "works for {} of source ports: expect intermittent timeouts",
                percent(share_of_ports(trace))
            )
        }
        [] => format!("works for {} of packets", percent(trace.share)),
        _ => {
            let which = describe(network, whole, &trace.works, LegKind::Request);
            format!("works for {} of packets: {which}", percent(trace.share))
        }
    }
}

fn share_of_ports(trace: &Trace) -> f64 {
    trace.works.source_ports().count() / trace.packets.source_ports().count()
}

/// A count with its thousands apart: `28,232`.
fn thousands(count: f64) -> String {
    let digits = format!("{count:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// The bar of client ports, and what other clients would get; none unless client ports are what differs.
/// `for_all` are the ports that work if the client may use any from 1024 to 65535.
pub(super) fn client_ports(trace: &Trace, for_all: Option<&PortSet>, look: &Look) -> Option<String> {
    let differing = sides(&trace.packets, &trace.works, LegKind::Request);
    if differing != [Side::ClientPorts] {
        return None;
    }
    let (asked, works) = (trace.packets.source_ports(), trace.works.source_ports());
    let mut text = format!("   client ports {}\n", bar(&asked, &works, look));
    let exact = format!(
        "works: {} ({} of {} ports) · blocked: {}",
        describe_ports(&works),
        thousands(works.count()),
        thousands(asked.count()),
        describe_ports(&asked.subtract(&works))
    );
    text.push_str(&format!("   {}\n", look.wrap(&exact, 3, 3)));
    if let Some(works) = for_all {
        let shares: Vec<String> = PROFILES
            .iter()
            .map(|&(name, first, last)| {
                let range = PortSet::range(first, last);
                let share = works.intersect(&range).count() / range.count();
                let text = if share >= 1.0 { "100 %".to_owned() } else { percent(share) };
                format!("{name} {text}")
            })
            .collect();
        text.push_str(&format!("   {}\n", look.wrap(&shares.join(" · "), 3, 3)));
    }
    Some(text)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of the bar is a small positive number"
)]
fn bar(asked: &PortSet, works: &PortSet, look: &Look) -> String {
    let mut segments: Vec<(u16, u16, bool)> =
        works.intervals().iter().map(|&(first, last)| (first, last, true)).collect();
    segments.extend(asked.subtract(works).intervals().iter().map(|&(first, last)| (first, last, false)));
    segments.sort_unstable();
    let mut text = segments.first().map_or_else(String::new, |(first, ..)| format!("{first} "));
    for (index, &(first, last, passes)) in segments.iter().enumerate() {
        let share = (f64::from(last - first) + 1.0) / asked.count();
        let cells = (share * BAR).round() as usize;
        let (label, tone) = if passes { (" ✓ ", Tone::Good) } else { (" ✗ blocked ", Tone::Bad) };
        let line = cells.saturating_sub(label.chars().count()).max(2);
        let (left, right) = (line / 2, line - line / 2);
        if index > 0 {
            text.push_str(&first.to_string());
        }
        let middle = format!("{}{label}{}", "─".repeat(left), "─".repeat(right));
        text.push_str(&format!("├{}┤", look.paint(tone, &middle)));
    }
    if let Some((_, last, _)) = segments.last() {
        text.push_str(&format!(" {last}"));
    }
    text
}
