//! A plan under construction.

use std::fmt::Write as _;
use std::net::IpAddr;

use ipnet::IpNet;

use super::super::plan::{
    Device, Direction, Gap, Gate, Link, MAIN, Namespace, NamespaceId, Plan, Policy, Port, Route, Way,
};
use super::super::world::World;
use super::missing;

pub(super) struct Draft<'w, 't> {
    pub(super) world: &'w World<'t>,
    pub(super) plan: Plan,
    pub(super) routers: Vec<NamespaceId>,
    /// The router's port to each interface and NAT gateway, and what people call it.
    pub(super) ports: Vec<RouterPort>,
    /// Ports behind which AWS may choose a subnet, and the statement that says so.
    pub(super) choices: Vec<(usize, String, String)>,
    narrate: bool,
}

/// A port of a router.
pub(super) struct RouterPort {
    pub(super) vpc: usize,
    pub(super) device: String,
    /// For people: `web`, `nat/a`, `igw`.
    pub(super) name: String,
    pub(super) to: To,
}

/// What is at the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    Interface(usize),
    Nat(usize),
    InternetGateway,
    EgressOnly,
    Peering(usize),
    /// With the number of the sender's zone.
    TransitGateway(usize, usize),
}

impl<'w, 't> Draft<'w, 't> {
    pub(super) fn new(world: &'w World<'t>, narrate: bool) -> Self {
        Self {
            world,
            plan: Plan::default(),
            routers: Vec::new(),
            ports: Vec::new(),
            choices: Vec::new(),
            narrate,
        }
    }

    pub(super) fn namespace(&mut self, name: String) -> NamespaceId {
        self.plan.namespaces.push(Namespace { name, ..Namespace::default() });
        NamespaceId(self.plan.namespaces.len() - 1)
    }

    pub(super) fn router(&self, vpc: usize) -> NamespaceId {
        self.routers.get(vpc).copied().unwrap_or(missing())
    }

    /// The router's device for what is at the far end.
    pub(super) fn port(&self, vpc: usize, to: To) -> Option<&RouterPort> {
        self.ports.iter().find(|port| port.vpc == vpc && port.to == to)
    }

    pub(super) fn ports_of(&self, vpc: usize) -> impl Iterator<Item = &RouterPort> {
        self.ports.iter().filter(move |port| port.vpc == vpc)
    }

    pub(super) fn link(&mut self, one: (NamespaceId, &str, u32), other: (NamespaceId, &str, u32)) {
        let port = |(namespace, device, group): (NamespaceId, &str, u32)| Port {
            namespace,
            device: device.to_owned(),
            group,
        };
        self.plan.links.push(Link { ends: [port(one), port(other)] });
    }

    fn at(&mut self, namespace: NamespaceId) -> Option<&mut Namespace> {
        self.plan.namespaces.get_mut(namespace.0)
    }

    pub(super) fn address(&mut self, namespace: NamespaceId, device: &str, address: IpAddr) {
        if let Some(namespace) = self.at(namespace) {
            namespace.addresses.push((device.to_owned(), address));
        }
    }

    pub(super) fn route(&mut self, namespace: NamespaceId, table: u32, destination: IpNet, way: Way) {
        self.add_route(namespace, Route { table, destination, way, metric: 0 });
    }

    pub(super) fn add_route(&mut self, namespace: NamespaceId, route: Route) {
        if let Some(namespace) = self.at(namespace) {
            namespace.routes.push(route);
        }
    }

    /// Everything goes out of one device, unless a longer prefix says otherwise.
    pub(super) fn default_routes(&mut self, namespace: NamespaceId, device: &str) {
        for default in defaults() {
            self.route(namespace, MAIN, default, Way::Device(device.to_owned()));
        }
    }

    /// A sink as the last resort of a table.
    pub(super) fn last_resort(&mut self, namespace: NamespaceId, table: u32, device: &str) {
        for destination in defaults() {
            let way = Way::Device(device.to_owned());
            self.add_route(namespace, Route { table, destination, way, metric: 4_000_000 });
        }
    }

    pub(super) fn policy(&mut self, namespace: NamespaceId, policy: Policy) {
        if let Some(namespace) = self.at(namespace) {
            namespace.policies.push(policy);
        }
    }

    pub(super) fn ruleset(&mut self, namespace: NamespaceId, text: String) {
        if let Some(namespace) = self.at(namespace) {
            namespace.ruleset = text;
        }
    }

    /// The statement of a rule that drops and says so.
    pub(super) fn drop(&mut self, device: Device, direction: Option<Direction>, rule: &str) -> String {
        let log = self.log(Gate { device, direction, rule: rule.to_owned(), passes: false });
        format!("{log} drop")
    }

    /// The statement of a rule behind which the lab knows no further.
    pub(super) fn gap(&mut self, what: &str, why: &str) -> String {
        let gap = Gap { what: what.to_owned(), why: why.to_owned() };
        if !self.plan.gaps.contains(&gap) {
            self.plan.gaps.push(gap);
        }
        self.drop(Device::Gap, None, what)
    }

    /// The statement of a rule that lets packets pass: `verdict` is `return`, `accept`, or nothing to go on.
    pub(super) fn pass(
        &mut self,
        device: Device,
        direction: Option<Direction>,
        rule: &str,
        verdict: &str,
    ) -> String {
        let gate = Gate { device, direction, rule: rule.to_owned(), passes: true };
        if self.narrate {
            let log = self.log(gate);
            format!("{log} {verdict}").trim_end().to_owned()
        } else {
            format!("{verdict} comment \"{}\"", printable(&gate.to_string())).trim_start().to_owned()
        }
    }

    /// The statement of a rule that is told of whatever passes, even if others tell of drops only.
    pub(super) fn told(&mut self, device: Device, rule: &str) -> String {
        self.log(Gate { device, direction: None, rule: rule.to_owned(), passes: true })
    }

    /// Whether passing packets are reported.
    pub(super) const fn narrates(&self) -> bool {
        self.narrate
    }

    fn log(&mut self, gate: Gate) -> String {
        let found = self.plan.gates.iter().position(|known| *known == gate);
        let index = found.unwrap_or(self.plan.gates.len());
        let text = printable(&format!("{index} {gate}"));
        if found.is_none() {
            self.plan.gates.push(gate);
        }
        format!("log prefix \"{text}\" group 7")
    }

    pub(super) fn finish(mut self) -> Plan {
        self.plan.gaps.sort();
        self.plan
    }
}

/// `0.0.0.0/0` and `::/0`.
pub(super) fn defaults() -> [IpNet; 2] {
    [IpNet::V4(ipnet::Ipv4Net::default()), IpNet::V6(ipnet::Ipv6Net::default())]
}

/// Text that nft takes between quotes, and the kernel within its limit of 127 bytes for a log prefix.
fn printable(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() && c != '"' && c != '\\' || c == ' ' { c } else { '?' };
    text.chars().map(plain).take(120).collect()
}

/// The lines of a chain.
#[derive(Default)]
pub(super) struct Chain {
    pub(super) lines: String,
}

impl Chain {
    /// Adds a rule; parts that are empty are left out.
    pub(super) fn rule(&mut self, parts: &[&str]) {
        let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
        let _ = writeln!(self.lines, "  {}", parts.join(" "));
    }

    /// The chain as text. A hook makes it a base chain.
    pub(super) fn text(&self, name: &str, hook: Option<&str>) -> String {
        let hook = hook.map_or_else(String::new, |hook| format!("  type {hook};\n"));
        format!(" chain {name} {{\n{hook}{} }}\n", self.lines)
    }
}

/// A table of chains.
pub(super) fn table(chains: &[String]) -> String {
    format!("table inet lab {{\n{}}}\n", chains.concat())
}
