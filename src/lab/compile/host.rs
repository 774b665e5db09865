//! An interface: its namespace, its link to the router, its security groups, its source/destination check.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::super::plan::{Device, Direction, Host, MAIN, NamespaceId, Policy, Way};
use super::super::world::Interface;
use super::draft::{Chain, Draft, RouterPort, To, defaults, table};
use super::routes::{self, Leads};
use super::transit::LOST_IN_TRANSIT;
use super::{device, group, security_group};

/// The table of a forwarding instance for packets to its own subnet.
const OWN_SUBNET: u32 = 200;

pub(super) fn build(draft: &mut Draft<'_, '_>, index: usize) {
    let world = draft.world;
    let Some(interface) = world.interfaces.get(index) else { return };
    let namespace = draft.namespace(format!("host {}", interface.host));
    let (router, subnet) = (draft.router(interface.vpc), group::of_subnet(interface.subnet));
    let port = format!("p{index}");
    draft.link((router, &port, subnet), (namespace, device::ETH0, group::NONE));
    for address in &interface.addresses {
        draft.address(namespace, device::ETH0, *address);
        draft.route(router, MAIN, (*address).into(), Way::Device(port.clone()));
    }
    let name = format!("{}/{}", interface.host.instance, interface.host.interface);
    let to = To::Interface(index);
    draft.ports.push(RouterPort { vpc: interface.vpc, device: port, name, to });
    let translated = translates(interface).then(|| {
        draft.link((router, &format!("t{index}"), subnet), (namespace, device::TRANSLATED, group::NONE));
        routes_of_a_nat_instance(draft, namespace, interface)
    });
    if translated.is_none() {
        draft.default_routes(namespace, device::ETH0);
    }
    let text = ruleset(draft, index, interface);
    draft.ruleset(namespace, text);
    draft.plan.hosts.push(Host {
        name: interface.host.clone(),
        namespace,
        addresses: interface.addresses.clone(),
        public: interface.public.clone(),
    });
}

/// NG-11: a forwarding instance gives its own IPv4 address to what goes on to an internet gateway.
fn translates(interface: &Interface<'_>) -> bool {
    interface.forwards && interface.siblings == 1 && own_ipv4(interface).is_some()
}

fn own_ipv4(interface: &Interface<'_>) -> Option<IpAddr> {
    interface.addresses.iter().copied().find(IpAddr::is_ipv4)
}

/// The routes of its subnet once more, so that the kernel says which packets go to an internet gateway: those leave
/// by the second link.
fn routes_of_a_nat_instance(draft: &mut Draft<'_, '_>, namespace: NamespaceId, interface: &Interface<'_>) {
    let world = draft.world;
    let Some(subnet) = world.subnets.get(interface.subnet) else { return };
    draft.last_resort(namespace, MAIN, device::ETH0);
    for route in routes::of_subnet(draft, interface.subnet) {
        let out = if route.leads == Leads::InternetGateway && route.destination.addr().is_ipv4() {
            device::TRANSLATED
        } else {
            device::ETH0
        };
        draft.route(namespace, MAIN, route.destination, Way::Device(out.to_owned()));
    }
    // W-3: no route is looked up for its own subnet.
    for default in defaults() {
        draft.route(namespace, OWN_SUBNET, default, Way::Device(device::ETH0.to_owned()));
    }
    for cidr in &subnet.cidrs {
        let policy = Policy { preference: 100, mark: 0, to: Some(*cidr), table: OWN_SUBNET };
        draft.policy(namespace, policy);
    }
}

fn ruleset(draft: &mut Draft<'_, '_>, index: usize, interface: &Interface<'_>) -> String {
    let own = || Device::Interface(interface.host.clone());
    let mut inward = security_group::chain(draft, index, Direction::Inbound);
    let mut outward = security_group::chain(draft, index, Direction::Outbound);
    let (mut input, mut output, mut forward) = (Chain::default(), Chain::default(), Chain::default());
    input.rule(&["iifname \"lo\" accept"]);
    let not_live = (!interface.live).then(|| draft.drop(own(), None, "not live"));
    if let Some(not_live) = &not_live {
        output.rule(&[not_live]);
    }
    output.rule(&["oifname \"lo\" accept"]);
    unknown_departures(draft, interface, &mut output);
    // Whose packet it is, is known from here on until something forwards it (SG-11).
    output.rule(&["ip dscp set cs0"]);
    output.rule(&["ip6 dscp set cs0"]);
    input.rule(&["jump sg_in"]);
    output.rule(&["jump sg_out"]);
    if let Some(not_live) = &not_live {
        input.rule(&[not_live]);
        forward.rule(&["jump sg_in"]);
        forward.rule(&[not_live]);
    }
    if let Some(kind) = interface.foreign {
        let gap = draft.gap(&format!("a {kind}"), "what it does is not modelled");
        input.rule(&[&gap]);
        output.rule(&[&gap]);
    }
    // PX-7: a reply that belongs to somebody else's request.
    let stray = draft.drop(own(), None, "stray reply");
    input.rule(&["tcp flags & (syn | ack) == syn | ack ct state invalid", &stray]);
    forwarding(draft, interface, &mut forward);
    let mut pre = Chain::default();
    for address in &interface.addresses {
        // Its own packet, come back to it: the kernel would drop it without a word.
        let around = draft.drop(own(), None, "routing loop");
        let from = super::traffic::address("saddr", &(*address).into());
        pre.rule(&["iifname != \"lo\"", &from, &around]);
    }
    let mut chains = vec![
        pre.text("c_pre", Some("filter hook prerouting priority -150; policy accept")),
        std::mem::take(&mut inward).text("sg_in", None),
        std::mem::take(&mut outward).text("sg_out", None),
        input.text("c_in", Some("filter hook input priority 0; policy accept")),
        output.text("c_out", Some("filter hook output priority 0; policy accept")),
        forward.text("c_fwd", Some("filter hook forward priority 0; policy accept")),
    ];
    if let (true, Some(primary)) = (translates(interface), own_ipv4(interface)) {
        let mut post = Chain::default();
        let ipv4 = interface.addresses.iter().filter(|address| address.is_ipv4());
        let own: Vec<String> = ipv4.map(ToString::to_string).collect();
        let foreign = format!("oifname \"{}\" ip saddr != {{ {} }}", device::TRANSLATED, own.join(", "));
        post.rule(&[&foreign, &format!("snat ip to {primary} comment \"NG-11: a NAT instance\"")]);
        chains.push(post.text("c_post", Some("nat hook postrouting priority 100; policy accept")));
    }
    table(&chains)
}

/// What is sent where the lab has nothing: services on the host itself (DN-1, DN-3), its own other interfaces, replies
/// by another interface (SG-17).
fn unknown_departures(draft: &mut Draft<'_, '_>, interface: &Interface<'_>, output: &mut Chain) {
    let world = draft.world;
    let service = draft.gap("services on the host itself", "the resolver, metadata and time need no network");
    for local in ["ip daddr 169.254.168.0/22", "ip6 daddr fd00:ec2::/32"] {
        output.rule(&[local, &service]);
    }
    if let Some(resolver) = resolver(&world.cidrs(interface.vpc)) {
        output.rule(&[&format!("ip daddr {resolver}"), &service]);
    }
    let of_the_same = |other: &&Interface<'_>| {
        other.vpc == interface.vpc
            && other.host.instance == interface.host.instance
            && other.host.interface != interface.host.interface
    };
    let siblings: Vec<IpAddr> =
        world.interfaces.iter().filter(of_the_same).flat_map(|other| other.addresses.clone()).collect();
    for address in siblings {
        let gap = draft.gap("a host's own other interface", "each interface is a host of its own in the lab");
        output.rule(&[&format!("{} daddr {address}", if address.is_ipv4() { "ip" } else { "ip6" }), &gap]);
    }
    if !interface.policy_routing {
        let gap =
            draft.gap("replies by another interface", "`policy_routing: false` needs two ports on one host");
        let near = world.subnets.get(interface.subnet).map_or(&[][..], |subnet| &subnet.cidrs);
        for cidr in near {
            let far = format!("ct direction reply {}", super::traffic::address("daddr !=", cidr));
            output.rule(&[&far, &gap]);
        }
    }
}

/// VP-9: the base of the primary range plus two.
fn resolver(cidrs: &[IpNet]) -> Option<Ipv4Addr> {
    cidrs.iter().find_map(|cidr| match cidr {
        IpNet::V4(cidr) => Some(Ipv4Addr::from_bits(cidr.network().to_bits().saturating_add(2))),
        IpNet::V6(_) => None,
    })
}

/// EN-2, RT-20, NG-11: what arrives and is for somebody else.
fn forwarding(draft: &mut Draft<'_, '_>, interface: &Interface<'_>, forward: &mut Chain) {
    let own = || Device::Interface(interface.host.clone());
    forward.rule(&["jump sg_in"]);
    if interface.foreign.is_some() || interface.forwards && interface.siblings > 1 {
        let why = "which interface it goes on by is the instance's business";
        let gap = draft.gap("forwarding between interfaces of an instance", why);
        forward.rule(&[&gap]);
    } else if interface.forwards {
        // AS-1: it keeps state, and half a connection is none of its flows.
        let stranger = draft.drop(own(), None, "no such flow");
        forward.rule(&["ct state invalid", &stranger]);
        // SG-11. That it came by a transit gateway stays known (NG-7).
        for family in ["ip", "ip6"] {
            let transit = format!("{family} dscp != {{ cs0, cs1 }} {family} dscp set {LOST_IN_TRANSIT}");
            forward.rule(&[&transit]);
            forward.rule(&[&format!("{family} dscp cs0 {family} dscp set cs1")]);
        }
        forward.rule(&["jump sg_out"]);
        let onward = draft.pass(own(), None, "forwards", "accept");
        forward.rule(&[&onward]);
    } else {
        let check = draft.drop(own(), None, "source/destination check");
        forward.rule(&[&check]);
    }
}
