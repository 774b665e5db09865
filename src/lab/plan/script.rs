//! A plan as a shell script: the commands that a person would type to build the lab by hand.

use std::fmt;

use ipnet::IpNet;

use super::{MAIN, Namespace, NamespaceId, Plan, Policy, Route, Way};

/// Prints a plan as a script for `sh`, run by root.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a>(pub &'a Plan);

/// Every namespace forwards (a host only to report what it refuses), answers nothing but echo requests, and checks no
/// return path: that is for routes and rules to say.
pub(in super::super) const SETTINGS: [(&str, &str); 17] = [
    ("net/ipv4/conf/all/rp_filter", "0"),
    ("net/ipv4/conf/default/rp_filter", "0"),
    ("net/ipv4/conf/all/send_redirects", "0"),
    ("net/ipv4/conf/default/send_redirects", "0"),
    ("net/ipv4/conf/all/accept_redirects", "0"),
    ("net/ipv4/conf/default/accept_redirects", "0"),
    ("net/ipv4/ip_forward", "1"),
    ("net/ipv4/ip_nonlocal_bind", "1"),
    ("net/ipv6/ip_nonlocal_bind", "1"),
    ("net/ipv4/icmp_ratelimit", "0"),
    ("net/ipv6/icmp/ratelimit", "0"),
    ("net/ipv6/conf/all/accept_ra", "0"),
    ("net/ipv6/conf/default/accept_ra", "0"),
    ("net/ipv6/conf/default/accept_dad", "0"),
    ("net/ipv6/conf/default/addr_gen_mode", "1"),
    ("net/ipv6/conf/all/forwarding", "1"),
    ("net/ipv6/conf/default/forwarding", "1"),
];

impl fmt::Display for Script<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(plan) = self;
        writeln!(f, "#!/bin/sh")?;
        writeln!(f, "# Builds the lab by hand, as root, in named namespaces: `ip netns exec NAME ping …`.")?;
        writeln!(
            f,
            "# Undo it with: for n in $(ip netns | cut -d' ' -f1 | grep '^lab-'); do ip netns del $n; done"
        )?;
        for gap in &plan.gaps {
            writeln!(f, "# not in the lab: {} ({})", gap.what, gap.why)?;
        }
        writeln!(f, "set -eu")?;
        writeln!(f, "settings='{}'", SETTINGS.map(|(key, value)| format!("{key}={value}")).join(" "))?;
        writeln!(f, "\n# one namespace per interface, router and gateway")?;
        for namespace in &plan.namespaces {
            let name = name(namespace);
            writeln!(
                f,
                "ip netns add {name}; ip netns exec {name} sysctl -qw $settings; ip -n {name} link set lo up"
            )?;
        }
        writeln!(f, "\n# links: no ARP, so that no gateway needs an address; the group is the subnet")?;
        for (index, link) in plan.links.iter().enumerate() {
            self.link(f, index, link)?;
        }
        for namespace in &plan.namespaces {
            write_namespace(f, namespace)?;
        }
        Ok(())
    }
}

impl Script<'_> {
    fn link(&self, f: &mut fmt::Formatter<'_>, index: usize, link: &super::Link) -> fmt::Result {
        let [one, other] = &link.ends;
        let at = |id: NamespaceId| self.0.namespaces.get(id.0).map(name).unwrap_or_default();
        let [high, low] = u16::try_from(index).unwrap_or(u16::MAX).to_be_bytes();
        let mac = format!("02:00:00:00:{high:02x}:{low:02x}");
        writeln!(
            f,
            "ip -n {} link add {} address {mac} type veth peer name {} address {mac} netns {}",
            at(one.namespace),
            one.device,
            other.device,
            at(other.namespace)
        )?;
        for end in &link.ends {
            let (at, device, group) = (at(end.namespace), &end.device, end.group);
            writeln!(f, "ip -n {at} link set {device} arp off group {group} up")?;
        }
        Ok(())
    }
}

/// The name of a namespace as a word: `lab-host-app-web-eth0`.
fn name(namespace: &Namespace) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    format!("lab-{}", namespace.name.chars().map(plain).collect::<String>())
}

fn write_namespace(f: &mut fmt::Formatter<'_>, namespace: &Namespace) -> fmt::Result {
    let at = name(namespace);
    writeln!(f, "\n# {}", namespace.name)?;
    for (device, address) in &namespace.addresses {
        let nodad = if address.is_ipv6() { " nodad" } else { "" };
        writeln!(f, "ip -n {at} addr add {} dev {device}{nodad}", IpNet::from(*address))?;
    }
    for policy in &namespace.policies {
        write_policy(f, &at, policy)?;
    }
    for route in &namespace.routes {
        write_route(f, &at, route)?;
    }
    if !namespace.ruleset.is_empty() {
        writeln!(f, "ip netns exec {at} nft -f - <<'EOF'\n{}EOF", namespace.ruleset)?;
    }
    Ok(())
}

fn write_policy(f: &mut fmt::Formatter<'_>, at: &str, policy: &Policy) -> fmt::Result {
    let Policy { preference, mark, to, table } = policy;
    let mark = if *mark == 0 { String::new() } else { format!(" fwmark {mark}") };
    let families: &[(&str, bool)] = &[("-4", true), ("-6", false)];
    for (family, v4) in families {
        let to = match to {
            Some(cidr) if cidr.addr().is_ipv4() == *v4 => format!(" to {cidr}"),
            Some(_) => continue,
            None => String::new(),
        };
        writeln!(f, "ip {family} -n {at} rule add{to}{mark} lookup {table} pref {preference}")?;
    }
    Ok(())
}

fn write_route(f: &mut fmt::Formatter<'_>, at: &str, route: &Route) -> fmt::Result {
    let family = if route.destination.addr().is_ipv4() { "-4" } else { "-6" };
    let (kind, device) = match &route.way {
        Way::Device(device) => ("", format!(" dev {device}")),
        Way::Throw => ("throw ", String::new()),
        Way::Local => ("local ", " dev lo".to_owned()),
    };
    let metric = if route.metric == 0 { String::new() } else { format!(" metric {}", route.metric) };
    let table = if route.table == MAIN { String::new() } else { format!(" table {}", route.table) };
    writeln!(f, "ip {family} -n {at} route add {kind}{}{device}{table}{metric}", route.destination)
}
