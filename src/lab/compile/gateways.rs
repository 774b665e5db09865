//! What stands between a VPC and the rest: internet gateway, egress-only gateway, NAT gateway, peering.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::super::plan::{Device, MAIN, NamespaceId, Way};
use super::draft::{Chain, Draft, RouterPort, To, table};
use super::{device, group};

/// RFC 1918 and RFC 6598: what an internet gateway forwards neither from nor to (IG-1, IG-2).
pub(super) const PRIVATE_IPV4: &str = "{ 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16 }";
/// Unique local and link-local addresses.
pub(super) const PRIVATE_IPV6: &str = "{ fc00::/7, fe80::/10 }";

/// The ports of gateways in the internet's namespace.
pub(super) fn internet_port(vpc: usize) -> String {
    format!("i{vpc}")
}

pub(super) fn egress_port(vpc: usize) -> String {
    format!("e{vpc}")
}

/// IG-1 to IG-7. Every VPC has the namespace: without a gateway, or with a detached one, it drops.
pub(super) fn internet_gateway(draft: &mut Draft<'_, '_>, vpc: usize, internet: NamespaceId) {
    let world = draft.world;
    let namespace = draft.namespace(format!("igw {}", world.vpc_name(vpc)));
    let router = draft.router(vpc);
    draft.link((router, device::IGW, group::GATEWAY), (namespace, device::ETH0, group::NONE));
    draft.link((internet, &internet_port(vpc), group::NONE), (namespace, device::INTERNET, group::NONE));
    let name = "internet gateway".to_owned();
    let (device, to) = (device::IGW.to_owned(), To::InternetGateway);
    draft.ports.push(RouterPort { vpc, device, name, to });
    // Inwards after the translation: the VPC's own ranges. Everything else is outside.
    for cidr in world.cidrs(vpc) {
        draft.route(namespace, MAIN, cidr, Way::Device(device::ETH0.to_owned()));
    }
    draft.default_routes(namespace, device::INTERNET);
    let pairs = translations(draft, vpc);
    for (_, public) in &pairs {
        draft.route(internet, MAIN, (*public).into(), Way::Device(internet_port(vpc)));
    }
    let said = world.vpc(vpc).map(|vpc| &vpc.value);
    let egress_only =
        said.is_some_and(|vpc| vpc.internet_gateway.is_none() && vpc.egress_only_internet_gateway.is_some());
    let announced = if egress_only { egress_port(vpc) } else { internet_port(vpc) };
    announce(draft, vpc, internet, &announced);
    let text = internet_gateway_rules(draft, vpc, &pairs);
    draft.ruleset(namespace, text);
}

/// IPv6 addresses are public: whoever announces the ranges of a VPC gets what is sent to them.
fn announce(draft: &mut Draft<'_, '_>, vpc: usize, internet: NamespaceId, port: &str) {
    for cidr in draft.world.cidrs(vpc).into_iter().filter(|cidr| cidr.addr().is_ipv6()) {
        draft.route(internet, MAIN, cidr, Way::Device(port.to_owned()));
    }
}

/// EN-1, NG-1: private addresses with their public ones.
fn translations(draft: &Draft<'_, '_>, vpc: usize) -> Vec<(IpAddr, IpAddr)> {
    let world = draft.world;
    let interfaces = world.interfaces.iter().filter(|one| one.vpc == vpc).flat_map(|one| one.public.clone());
    let nats = world
        .nats
        .iter()
        .filter(|nat| nat.vpc == vpc)
        .filter_map(|nat| Some((IpAddr::V4(nat.address), IpAddr::V4(nat.public?))));
    interfaces.chain(nats).collect()
}

fn internet_gateway_rules(draft: &mut Draft<'_, '_>, vpc: usize, pairs: &[(IpAddr, IpAddr)]) -> String {
    let world = draft.world;
    let gateway = || Device::InternetGateway(world.vpc_name(vpc));
    let said = world.vpc(vpc).and_then(|vpc| vpc.value.internet_gateway.as_ref());
    let attached = said.is_some_and(|gateway| gateway.attached.value);
    let mut pre = Chain::default();
    let not_attached = draft.drop(gateway(), None, "not attached");
    if said.is_none() {
        pre.rule(&[&not_attached]);
    }
    // A public address that is not of this VPC never gets here: the internet's routes see to it.
    let private = draft.drop(gateway(), None, "private destination");
    pre.rule(&[&format!("iifname \"{}\" ip daddr {PRIVATE_IPV4}", device::ETH0), &private]);
    pre.rule(&[&format!("iifname \"{}\" ip6 daddr {PRIVATE_IPV6}", device::ETH0), &private]);
    let private = draft.drop(gateway(), None, "private source");
    pre.rule(&[&format!("iifname \"{}\" ip saddr {PRIVATE_IPV4}", device::INTERNET), &private]);
    pre.rule(&[&format!("iifname \"{}\" ip6 saddr {PRIVATE_IPV6}", device::INTERNET), &private]);
    if said.is_some() && !attached {
        pre.rule(&[&not_attached]);
    }
    let no_public = draft.drop(gateway(), None, "no public address");
    let owned: Vec<IpAddr> = pairs.iter().map(|(private, _)| *private).collect();
    pre.rule(&[&format!("iifname \"{}\" {}", device::ETH0, none_of("ip saddr", "ipv4", &owned)), &no_public]);
    let foreign = draft.drop(gateway(), None, "foreign source");
    let owned = ipv6_addresses(draft, vpc);
    pre.rule(&[&format!("iifname \"{}\" {}", device::ETH0, none_of("ip6 saddr", "ipv6", &owned)), &foreign]);
    if !pairs.is_empty() {
        let map = |pairs: Vec<String>| pairs.join(", ");
        let out = map(pairs.iter().map(|(private, public)| format!("{private} : {public}")).collect());
        let back = map(pairs.iter().map(|(private, public)| format!("{public} : {private}")).collect());
        pre.rule(&[&format!("iifname \"{}\" ip saddr set ip saddr map {{ {out} }}", device::ETH0)]);
        pre.rule(&[&format!("iifname \"{}\" ip daddr set ip daddr map {{ {back} }}", device::INTERNET)]);
    }
    let mut forward = Chain::default();
    // EN-5.
    for interface in world.interfaces.iter().filter(|one| one.vpc == vpc && one.deny_all_igw_traffic) {
        for address in &interface.addresses {
            let refused = Device::Interface(interface.host.clone());
            let verdict = draft.drop(refused, None, "denies all internet gateway traffic");
            let to = super::traffic::address("daddr", &(*address).into());
            forward.rule(&[&format!("iifname \"{}\" {to}", device::INTERNET), &verdict]);
        }
    }
    if said.is_some_and(|gateway| gateway.route_table.is_some()) {
        let gap = draft.gap("the route table of an internet gateway", "edge routes are not modelled yet");
        forward.rule(&[&format!("iifname \"{}\"", device::INTERNET), &gap]);
    }
    onward(draft, gateway(), &mut forward);
    table(&[
        pre.text("c_pre", Some("filter hook prerouting priority -300; policy accept")),
        forward.text("c_fwd", Some("filter hook forward priority 0; policy accept")),
    ])
}

/// SG-11: behind a gateway nobody knows whose packet it is: the DSCP field says so to groups.
fn onward(draft: &mut Draft<'_, '_>, gateway: Device, forward: &mut Chain) {
    forward.rule(&["ip dscp set cs1"]);
    forward.rule(&["ip6 dscp set cs1"]);
    let onward = draft.pass(gateway, None, "forwards", "accept");
    forward.rule(&[&onward]);
}

/// The address is none of those.
fn none_of(what: &str, family: &str, addresses: &[IpAddr]) -> String {
    let of_family = addresses.iter().filter(|address| address.is_ipv4() == (family == "ipv4"));
    let list: Vec<String> = of_family.map(ToString::to_string).collect();
    if list.is_empty() {
        format!("meta nfproto {family}")
    } else {
        format!("{what} != {{ {} }}", list.join(", "))
    }
}

fn ipv6_addresses(draft: &Draft<'_, '_>, vpc: usize) -> Vec<IpAddr> {
    let interfaces = draft.world.interfaces.iter().filter(|one| one.vpc == vpc);
    interfaces.flat_map(|one| one.addresses.iter().copied().filter(IpAddr::is_ipv6)).collect()
}

/// IG-7: IPv6 only, and only what begins inside.
pub(super) fn egress_only(draft: &mut Draft<'_, '_>, vpc: usize, internet: NamespaceId) {
    let world = draft.world;
    if world.vpc(vpc).is_none_or(|vpc| vpc.value.egress_only_internet_gateway.is_none()) {
        return;
    }
    let namespace = draft.namespace(format!("eigw {}", world.vpc_name(vpc)));
    let router = draft.router(vpc);
    draft.link((router, device::EIGW, group::GATEWAY), (namespace, device::ETH0, group::NONE));
    draft.link((internet, &egress_port(vpc), group::NONE), (namespace, device::INTERNET, group::NONE));
    let name = "egress-only internet gateway".to_owned();
    let (device, to) = (device::EIGW.to_owned(), To::EgressOnly);
    draft.ports.push(RouterPort { vpc, device, name, to });
    for cidr in world.cidrs(vpc) {
        draft.route(namespace, MAIN, cidr, Way::Device(device::ETH0.to_owned()));
    }
    draft.default_routes(namespace, device::INTERNET);
    let gateway = || Device::EgressOnlyInternetGateway(world.vpc_name(vpc));
    let mut forward = Chain::default();
    let ipv4 = draft.drop(gateway(), None, "IPv4");
    forward.rule(&["meta nfproto ipv4", &ipv4]);
    let private = draft.drop(gateway(), None, "private destination");
    forward.rule(&[&format!("iifname \"{}\" ip6 daddr {PRIVATE_IPV6}", device::ETH0), &private]);
    let foreign = draft.drop(gateway(), None, "foreign source");
    let owned = none_of("ip6 saddr", "ipv6", &ipv6_addresses(draft, vpc));
    forward.rule(&[&format!("iifname \"{}\" {owned}", device::ETH0), &foreign]);
    let stranger = draft.drop(gateway(), None, "no such flow");
    forward.rule(&[&format!("iifname \"{}\" ct state invalid", device::ETH0), &stranger]);
    let refused = draft.drop(gateway(), None, "no new flow inwards");
    let unasked = format!("iifname \"{}\" ct state != {{ established, related }}", device::INTERNET);
    forward.rule(&[&unasked, &refused]);
    onward(draft, gateway(), &mut forward);
    draft.ruleset(
        namespace,
        table(&[forward.text("c_fwd", Some("filter hook forward priority 0; policy accept"))]),
    );
}

/// NG-1 to NG-9: one leg in its subnet, so that each packet crosses the router twice.
pub(super) fn nat_gateway(draft: &mut Draft<'_, '_>, index: usize) {
    let world = draft.world;
    let Some(nat) = world.nats.get(index) else { return };
    let namespace = draft.namespace(format!("nat {}/{}", world.vpc_name(nat.vpc), nat.name));
    let (router, subnet, port) = (draft.router(nat.vpc), group::of_subnet(nat.subnet), format!("n{index}"));
    draft.link((router, &port, subnet), (namespace, device::ETH0, group::NONE));
    draft.address(namespace, device::ETH0, nat.address.into());
    draft.route(router, MAIN, IpAddr::V4(nat.address).into(), Way::Device(port.clone()));
    let (name, to) = (format!("nat/{}", nat.name), To::Nat(index));
    draft.ports.push(RouterPort { vpc: nat.vpc, device: port, name, to });
    draft.default_routes(namespace, device::ETH0);
    let gateway = || Device::NatGateway(world.vpc_name(nat.vpc), nat.name.to_owned());
    let mut forward = Chain::default();
    if !nat.available {
        let verdict = draft.drop(gateway(), None, "not available");
        forward.rule(&[&verdict]);
    }
    // NG-10: the kernel has no NAT64.
    let gap = draft.gap("NAT64", "the kernel does not translate between address families");
    forward.rule(&["ip6 daddr 64:ff9b::/96", &gap]);
    let ipv6 = draft.drop(gateway(), None, "IPv6");
    forward.rule(&["meta nfproto ipv6", &ipv6]);
    let protocol = draft.drop(gateway(), None, "protocol");
    forward.rule(&["meta l4proto != { tcp, udp, icmp }", &protocol]);
    let stranger = draft.drop(gateway(), None, "no such flow");
    forward.rule(&["ct state invalid", &stranger]);
    // The kernel would take it for a forgery, and drop it without a word.
    let around = draft.drop(gateway(), None, "routing loop");
    let mut pre = Chain::default();
    pre.rule(&[&format!("iifname \"{}\" ip saddr {}", device::ETH0, nat.address), &around]);
    let onward = draft.pass(gateway(), None, "forwards", "accept");
    forward.rule(&["ct state established,related ip dscp set cs1", &onward]);
    // NG-7: a transit gateway may bring new flows of others.
    forward.rule(&["ip dscp != { cs0, cs1 } ip dscp set cs1", &onward]);
    forward.rule(&["ip dscp set cs1"]);
    for cidr in world.cidrs(nat.vpc).iter().filter(|cidr| cidr.addr().is_ipv4()) {
        forward.rule(&[&super::traffic::address("saddr", cidr), &onward]);
    }
    let foreign = draft.drop(gateway(), None, "source not in its VPC");
    forward.rule(&[&foreign]);
    let mut input = Chain::default();
    let unsolicited = draft.drop(gateway(), None, "unsolicited");
    input.rule(&["iifname != \"lo\"", &unsolicited]);
    let mut post = Chain::default();
    post.rule(&[&format!(
        "oifname \"{}\" ip saddr != {} snat ip to {}",
        device::ETH0,
        nat.address,
        nat.address
    )]);
    let chains = [
        pre.text("c_pre", Some("filter hook prerouting priority -150; policy accept")),
        forward.text("c_fwd", Some("filter hook forward priority 0; policy accept")),
        input.text("c_in", Some("filter hook input priority 0; policy accept")),
        post.text("c_post", Some("nat hook postrouting priority 100; policy accept")),
    ];
    draft.ruleset(namespace, table(&chains));
}

/// RT-19: a link between two routers. What arrives by it looks at no route table.
pub(super) fn peerings(draft: &mut Draft<'_, '_>) {
    let world = draft.world;
    for (index, entry) in world.topology.peering_connections.iter().enumerate() {
        let ends = [&entry.value.requester, &entry.value.accepter].map(|end| world.vpc_named(&end.value));
        let device = format!("x{index}");
        let namespaces = ends.map(|end| end.map(|vpc| draft.router(vpc)));
        match namespaces {
            [Some(one), Some(other)] if one != other => {
                draft.link((one, &device, group::GATEWAY), (other, &device, group::GATEWAY));
            }
            [Some(only), _] | [None, Some(only)] => {
                // The far end is not described: a place for packets to be dropped at.
                let nowhere = draft.namespace(format!("beyond {}", entry.name()));
                draft.link((only, &device, group::GATEWAY), (nowhere, device::ETH0, group::NONE));
            }
            [None, None] => {}
        }
        for vpc in ends.into_iter().flatten() {
            let (name, to) = (entry.name().to_owned(), To::Peering(index));
            draft.ports.push(RouterPort { vpc, device: device.clone(), name, to });
        }
    }
}

/// Whether an address is not on the internet.
pub(super) fn private(cidr: &IpNet) -> bool {
    match cidr {
        IpNet::V4(cidr) => {
            let shared = Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10);
            cidr.network().is_private() || shared.contains(&cidr.network())
        }
        IpNet::V6(cidr) => {
            let local = Ipv6Net::new_assert("fc00::".parse().unwrap_or(std::net::Ipv6Addr::UNSPECIFIED), 7);
            local.contains(&cidr.network())
        }
    }
}
