//! Can this machine build a lab? Everything is tried for real, in scratch namespaces.

use std::net::IpAddr;

use ipnet::IpNet;

use super::kernel::{LabError, Scratch};
use super::plan::{Link, MAIN, Namespace, NamespaceId, Plan, Policy, Port, Route, Way};

/// One thing that a lab needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub what: String,
    /// Whether it is there.
    pub holds: bool,
    /// What to do if it is not.
    pub help: Option<String>,
}

/// Rules that need a feature of the kernel each.
const FEATURES: [(&str, &str); 6] = [
    ("connection tracking (NFT_CT)", "ct state established accept"),
    ("rules that report (NFT_LOG)", "log prefix \"0 x\" group 7"),
    ("link groups in maps", "meta mark set meta iifgroup map { 10 : 100 }"),
    ("rewriting addresses", "ip daddr set ip daddr map { 192.0.2.1 : 10.0.0.1 }"),
    ("rewriting the DSCP field", "ip dscp set cs1"),
    ("IPv6 rules", "ip6 saddr 2001:db8::/32 drop"),
];

/// Looks at everything that a lab needs. The process enters a user namespace if it is not root.
pub fn check() -> Vec<Finding> {
    let mut findings = Vec::new();
    let scratch = Scratch::new();
    let what = "network namespaces, by root or in a user namespace".to_owned();
    match &scratch {
        Ok(_) => findings.push(Finding { what, holds: true, help: None }),
        Err(error) => {
            let mut reasons = vec![error.to_string()];
            reasons.extend(obstacles());
            findings.push(Finding { what, holds: false, help: Some(reasons.join("\n  ")) });
        }
    }
    match Scratch::nft_version() {
        Ok(version) => findings.push(finding(format!("nft ({version})"), Ok(()))),
        Err(error) => findings.push(finding("nft".to_owned(), Err(error))),
    }
    let Ok(scratch) = scratch else { return findings };
    for (what, rule) in FEATURES {
        let rules = format!(
            "table inet x {{\n chain c {{\n  type filter hook prerouting priority 0;\n  {rule}\n }}\n}}\n"
        );
        findings.push(finding(what.to_owned(), scratch.load(&rules)));
    }
    let nat = "table inet x {\n chain n {\n  type nat hook postrouting priority 100;\n  snat ip to 192.0.2.1\n }\n}\n";
    findings.push(finding("source NAT (NFT_NAT)".to_owned(), scratch.load(nat)));
    findings.push(finding("links, policy routing, IPv6".to_owned(), scratch.build(&smallest())));
    findings
}

fn finding(what: String, tried: Result<(), LabError>) -> Finding {
    let help = tried.as_ref().err().map(|error| match error.help() {
        Some(help) => format!("{error}: {help}"),
        None => error.to_string(),
    });
    Finding { what, holds: tried.is_ok(), help }
}

/// Settings that are known to stand in the way of user namespaces.
fn obstacles() -> Vec<String> {
    let settings = [
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "AppArmor restricts user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or use root",
        ),
        (
            "/proc/sys/kernel/unprivileged_userns_clone",
            "0",
            "user namespaces are off: sysctl kernel.unprivileged_userns_clone=1, or use root",
        ),
        (
            "/proc/sys/user/max_user_namespaces",
            "0",
            "user namespaces are off: sysctl user.max_user_namespaces=10000",
        ),
    ];
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mut found: Vec<String> = settings
        .iter()
        .filter(|(path, value, _)| read(path).trim() == *value)
        .map(|(_, _, help)| (*help).to_owned())
        .collect();
    let seccomp =
        read("/proc/self/status").lines().any(|line| line.starts_with("Seccomp:") && line.ends_with('2'));
    if seccomp {
        let help =
            "a seccomp filter is active, as in a container: run it with --security-opt seccomp=unconfined";
        found.push(help.to_owned());
    }
    found
}

/// A plan with one of everything.
fn smallest() -> Plan {
    let [router, host] = [NamespaceId(0), NamespaceId(1)];
    let port = |namespace, device: &str, group| Port { namespace, device: device.to_owned(), group };
    let addresses: Vec<IpAddr> =
        ["192.0.2.2", "2001:db8::2"].iter().filter_map(|text| text.parse().ok()).collect();
    let mut plan = Plan { internet: router, ..Plan::default() };
    plan.links.push(Link { ends: [port(router, "p0", 10), port(host, "eth0", 0)] });
    let routes = addresses.iter().flat_map(|address| {
        let destination = IpNet::from(*address);
        let route = |table, way, metric| Route { table, destination, way, metric };
        [route(MAIN, Way::Device("p0".to_owned()), 0), route(100, Way::Throw, 0), route(101, Way::Local, 5)]
    });
    plan.namespaces.push(Namespace {
        name: "router".to_owned(),
        routes: routes.collect(),
        policies: vec![Policy { preference: 1000, mark: 10, to: None, table: 100 }],
        ..Namespace::default()
    });
    plan.namespaces.push(Namespace {
        name: "host".to_owned(),
        addresses: addresses.into_iter().map(|address| ("eth0".to_owned(), address)).collect(),
        ..Namespace::default()
    });
    plan
}
