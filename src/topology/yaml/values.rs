//! Single values: CIDR blocks, addresses, ports, names. Each from its text, with its own message.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::codes;
use super::problems::{Fault, quote};
use super::words::{self, EPHEMERAL_PORTS};
use crate::flow::parse_cidr;
use crate::topology::{EphemeralPorts, PortRange, PublicIp, RouteDestination, RouteTarget, is_invisible};

/// Names that mean something else wherever a route target is named.
const RESERVED_TARGETS: &[&str] = &["local", "blackhole"];
/// Names that mean something else wherever an endpoint is named.
const RESERVED_ENDPOINTS: &[&str] = &["internet", "anywhere", "self"];
/// Longer names are mistakes.
const MAX_NAME: usize = 255;

/// The link-local ranges that AWS keeps routes away from (RT-12), as address and prefix length.
const ROUTELESS: &[(IpAddr, u8)] = &[
    (IpAddr::V4(Ipv4Addr::new(169, 254, 168, 0)), 22),
    (IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0)), 32),
];

/// A CIDR block of either family. Host bits stay: who uses it masks them (VP-2).
pub(super) fn cidr(text: &str) -> Result<IpNet, Fault> {
    parse_cidr(text).ok_or_else(|| not_a_cidr(text, "10.0.0.0/16"))
}

/// An IPv4 CIDR block.
pub(super) fn cidr4(text: &str) -> Result<Ipv4Net, Fault> {
    match cidr(text) {
        Ok(IpNet::V4(net)) => Ok(net),
        Ok(IpNet::V6(_)) => {
            let message = format!("{} is an IPv6 CIDR block where an IPv4 one is needed", quote(text));
            Err(Fault::error(codes::CIDR, message).help("the key for IPv6 is `ipv6_cidr`"))
        }
        Err(fault) => Err(fault),
    }
}

/// An IPv6 CIDR block.
pub(super) fn cidr6(text: &str) -> Result<Ipv6Net, Fault> {
    match parse_cidr(text) {
        Some(IpNet::V6(net)) => Ok(net),
        Some(IpNet::V4(_)) => {
            let message = format!("{} is an IPv4 CIDR block where an IPv6 one is needed", quote(text));
            Err(Fault::error(codes::CIDR, message).help("the key for IPv4 is `cidr`"))
        }
        None => Err(not_a_cidr(text, "2001:db8:1200::/56")),
    }
}

/// Says which part of the text is wrong.
fn not_a_cidr(text: &str, example: &str) -> Fault {
    let fault = Fault::error(codes::CIDR, format!("{} is not a CIDR block", quote(text)));
    let Some((address, length)) = text.split_once('/') else {
        return match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => {
                fault.label("no prefix length").help(format!("for this one address write `{ip}/32`"))
            }
            Ok(IpAddr::V6(ip)) => {
                fault.label("no prefix length").help(format!("for this one address write `{ip}/128`"))
            }
            Err(_) => fault.help(format!("a CIDR block is an address and a prefix length: `{example}`")),
        };
    };
    match address.parse::<IpAddr>() {
        Err(_) if text.parse::<IpNet>().is_ok() => fault
            .label("a number with a leading zero")
            .help("some programs take it for octal: write it without the zero"),
        Err(_) => fault
            .label("not an IP address before the `/`")
            .help("four numbers from 0 to 255 for IPv4, hexadecimal groups with `:` for IPv6"),
        Ok(ip) => {
            let longest = if ip.is_ipv4() { 32 } else { 128 };
            let label = "not a prefix length behind the `/`";
            fault.label(label).help(format!("{} is not a number from 0 to {longest}", quote(length)))
        }
    }
}

/// A warning if a CIDR block has host bits set (VP-2).
pub(super) fn host_bits(net: IpNet) -> Option<Fault> {
    (net.addr() != net.network()).then(|| {
        let message = format!("`{net}` has host bits set: AWS takes it for `{}`", net.trunc());
        Fault::warning(codes::HOST_BITS, message).help(format!("write `{}`", net.trunc()))
    })
}

/// An IPv4 address.
pub(super) fn ipv4(text: &str) -> Result<Ipv4Addr, Fault> {
    text.parse().map_err(|_| not_an_address(text, "IPv4", "10.0.0.10"))
}

/// An IPv6 address.
pub(super) fn ipv6(text: &str) -> Result<Ipv6Addr, Fault> {
    text.parse().map_err(|_| not_an_address(text, "IPv6", "2001:db8::10"))
}

fn not_an_address(text: &str, family: &str, example: &str) -> Fault {
    let fault = Fault::error(codes::ADDRESS, format!("{} is not an {family} address", quote(text)));
    match text.parse::<IpNet>() {
        Ok(net) => fault.help(format!("without the prefix length: `{}`", net.addr())),
        Err(_) => fault.help(format!("for example `{example}`")),
    }
}

/// `true` or `false`.
pub(super) fn boolean(text: &str) -> Result<bool, Fault> {
    match text {
        "true" | "True" | "TRUE" => Ok(true),
        "false" | "False" | "FALSE" => Ok(false),
        _ => {
            let fault =
                Fault::error(codes::BOOLEAN, format!("{} is neither `true` nor `false`", quote(text)));
            Err(match text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" | "1" => fault.help("write `true`: in YAML 1.2 this is a text"),
                "no" | "off" | "n" | "0" => fault.help("write `false`: in YAML 1.2 this is a text"),
                _ => fault,
            })
        }
    }
}

/// A whole number between two bounds, without leading zeros.
pub(super) fn number(text: &str, first: u32, last: u32) -> Result<u32, Fault> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|number| plain && (first..=last).contains(number)).ok_or_else(|| {
        Fault::error(codes::NUMBER, format!("{} is not a number from {first} to {last}", quote(text)))
    })
}

/// One port.
pub(super) fn port(text: &str) -> Result<u16, Fault> {
    number(text, 0, u32::from(u16::MAX)).ok().and_then(|port| u16::try_from(port).ok()).ok_or_else(|| {
        let fault = Fault::error(codes::PORTS, format!("{} is not a port", quote(text)));
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits {
            fault.help("ports go from 0 to 65535")
        } else if text.contains(',') {
            fault.help("write several ports as a list: `[80, 443]`")
        } else {
            fault.help(
                "a port is `443`, a range `1024-65535`, every port `all`; names of services go to `type:`",
            )
        }
    })
}

/// `443`, `1024-65535`, or `all`.
pub(super) fn ports(text: &str) -> Result<PortRange, Fault> {
    if matches!(text, "all" | "All" | "ALL" | "*") {
        return Ok(PortRange::ALL);
    }
    let bounds = text.split_once('-').filter(|(first, _)| !first.is_empty());
    let Some((first, last)) = bounds else { return port(text).map(PortRange::one) };
    let (first, last) = match (port(first.trim()), port(last.trim())) {
        (Ok(first), Ok(last)) => (first, last),
        (Err(fault), _) | (_, Err(fault)) => return Err(fault),
    };
    if first > last {
        let message = format!("{} runs backwards", quote(text));
        return Err(Fault::error(codes::PORTS, message).help(format!("write `{last}-{first}`")));
    }
    Ok(PortRange { first, last })
}

/// A name from the table, or a range of ports.
pub(super) fn ephemeral_ports(text: &str) -> Result<EphemeralPorts, Fault> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return ports(text).map(EphemeralPorts::Range);
    }
    words::read(EPHEMERAL_PORTS, "client port range", text)
}

/// `true`, `false`, or the address.
pub(super) fn public_ip(text: &str) -> Result<PublicIp, Fault> {
    if text.contains('.') {
        return ipv4(text).map(PublicIp::Address);
    }
    boolean(text).map(|public| if public { PublicIp::Assigned } else { PublicIp::None })
}

/// What stands for something that nobody knows, perhaps with the reason behind it.
pub(super) const UNKNOWN: &str = "?";

/// The reason of a `?`; none if the text is something else.
pub(super) fn unknown(text: &str) -> Option<Result<String, Fault>> {
    let why = text.strip_prefix(UNKNOWN)?.trim();
    Some(if why.is_empty() { Ok("unknown".to_owned()) } else { self::text(why).map(|()| why.to_owned()) })
}

/// What a value is read as, or `?`: nobody knows.
fn or_unknown<T>(text: &str, read: impl Fn(&str) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
    if text == UNKNOWN { Ok(None) } else { read(text).map(Some) }
}

/// An IPv4 CIDR block, or `?`.
pub(super) fn cidr4_or_unknown(text: &str) -> Result<Option<Ipv4Net>, Fault> {
    or_unknown(text, cidr4)
}

/// A name that something else was given, or `?`.
pub(super) fn reference_or_unknown(text: &str) -> Result<Option<String>, Fault> {
    or_unknown(text, |text| reference(text).map(|()| text.to_owned()))
}

/// An address of either family.
pub(super) fn ip(text: &str) -> Result<IpAddr, Fault> {
    text.parse().map_err(|_| not_an_address(text, "IP", "10.0.0.10"))
}

/// The destination of a route.
pub(super) fn destination(text: &str) -> Result<RouteDestination, Fault> {
    if let Some(why) = unknown(text) {
        return why.map(RouteDestination::Unknown);
    }
    if let Some(list) = prefix_list(text) {
        return list.map(RouteDestination::PrefixList);
    }
    let net = cidr(text)?;
    let reserved = ROUTELESS
        .iter()
        .any(|(base, length)| IpNet::new(*base, *length).is_ok_and(|range| range.contains(&net.trunc())));
    if reserved {
        let message = format!("no route can be made for {}", quote(text));
        let help = "packets to these link-local addresses are answered by the host and never routed (RT-12)";
        return Err(Fault::error(codes::RESERVED_DESTINATION, message).help(help));
    }
    Ok(RouteDestination::Cidr(net))
}

/// `pl:NAME`, or the AWS id of a prefix list; `None` if the text is something else.
pub(super) fn prefix_list(text: &str) -> Option<Result<String, Fault>> {
    match text.strip_prefix("pl:") {
        Some(list) => Some(name(list).map(|()| list.to_owned())),
        None => text.starts_with("pl-").then(|| Ok(text.to_owned())),
    }
}

/// The target of a route; any name may be one.
pub(super) fn target(text: &str) -> Result<RouteTarget, Fault> {
    match text {
        "local" => Ok(RouteTarget::Local),
        "blackhole" => Ok(RouteTarget::Blackhole),
        _ => reference(text).map(|()| RouteTarget::Named(text.to_owned())),
    }
}

/// A name that something is given.
pub(super) fn name(text: &str) -> Result<(), Fault> {
    let fault = |message: String| Err(Fault::error(codes::NAME, message));
    if text.is_empty() {
        return fault("a name is empty".into());
    }
    if text.len() > MAX_NAME {
        return fault(format!("{} is longer than {MAX_NAME} bytes", quote(text)));
    }
    match text.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+'))) {
        Some(bad) => fault(format!("the name {} contains {}", quote(text), quote(&bad.to_string())))
            .map_err(|fault| fault.help("names are made of letters, digits, `-`, `_` and `.`")),
        None => Ok(()),
    }
}

/// The name of something that routes can lead to.
pub(super) fn target_name(text: &str) -> Result<(), Fault> {
    not_reserved(text, RESERVED_TARGETS, "a route that names it means something else")
}

/// The name of a route target other than an internet gateway.
pub(super) fn gateway_name(text: &str) -> Result<(), Fault> {
    target_name(text)?;
    not_reserved(text, &["igw"], "in routes `igw` is the internet gateway")
}

/// The name of something that questions can be about; routes may lead to it, too.
pub(super) fn endpoint_name(text: &str) -> Result<(), Fault> {
    gateway_name(text)?;
    not_reserved(text, RESERVED_ENDPOINTS, "a question that names it means something else")
}

fn not_reserved(text: &str, reserved: &[&str], why: &str) -> Result<(), Fault> {
    name(text)?;
    if reserved.contains(&text) {
        let message = format!("{} is a reserved name", quote(text));
        return Err(Fault::error(codes::NAME, message).help(format!("{why}: choose another name")));
    }
    Ok(())
}

/// A name that something else was given: `name`, `vpc/name`, or an AWS id.
pub(super) fn reference(text: &str) -> Result<(), Fault> {
    if text.is_empty() {
        return name(text);
    }
    text.split('/').try_for_each(name)
}

/// Any text that is not blank and hides nothing. It may have several lines.
pub(super) fn text(text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() {
        return Err(Fault::error(codes::NAME, "the text is empty"));
    }
    match text.chars().find(|character| is_invisible(*character) && !matches!(character, '\n' | '\t')) {
        Some(bad) => {
            let message = format!("the text contains {}, which nobody can see", quote(&bad.to_string()));
            Err(Fault::error(codes::NAME, message)
                .help("remove it: it could make the text look like another"))
        }
        None => Ok(()),
    }
}

/// The number of a network ACL rule (NA-2).
pub(super) fn rule_number(text: &str) -> Result<u16, Fault> {
    number(text, 1, 32766).ok().and_then(|number| u16::try_from(number).ok()).ok_or_else(|| {
        let fault = Fault::error(codes::RULE_NUMBER, format!("{} is not a rule number", quote(text)));
        match text {
            "*" | "32767" | "32768" => {
                fault.help("the rule `*` that denies the rest is always there and can't be changed")
            }
            _ => fault.help("rules are keyed by their numbers, 1 to 32766; the lowest that matches decides"),
        }
    })
}
