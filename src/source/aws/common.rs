//! What the answers of AWS share: tags, states, protocols, CIDRs.

use ipnet::IpNet;
use serde::Deserialize;

use crate::flow::parse_cidr;
use crate::topology::{Place, PortRange, Protocol, Traffic};

/// `{"Key": "Name", "Value": "web"}`
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::source) struct Tag {
    key: String,
    value: String,
}

/// Most bytes of a name that a resource is known by: 256 characters of up to four bytes.
const MAX_ALIAS: usize = 1024;

/// The aliases of a resource: its `Name` tag and further names, each once, without its own id.
pub(in crate::source) fn aliases(id: &str, tags: &[Tag], further: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let tagged = tags.iter().filter(|tag| tag.key == "Name").map(|tag| tag.value.as_str());
    for name in tagged.chain(further.iter().copied()) {
        // A tag has at most 256 characters: nobody asks by a longer name, and every list of names would be as wide.
        if !name.is_empty()
            && name.len() <= MAX_ALIAS
            && name != id
            && names.iter().all(|known| known != name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// `{"State": "associated"}`; some emulators write the same as a text.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub(in crate::source) enum AssociationState {
    Object {
        #[serde(rename = "State", default)]
        state: String,
    },
    Text(String),
}

impl AssociationState {
    /// Whether the association is in force. No state at all counts as yes.
    pub(in crate::source) fn holds(state: Option<&Self>) -> bool {
        let text = match state {
            None => return true,
            Some(Self::Object { state } | Self::Text(state)) => state,
        };
        match text.as_str() {
            "" | "associated" | "associating" => true,
            other => other.starts_with('{') && other.contains("'associated'"),
        }
    }
}

/// A protocol as AWS writes it: `-1`, a name, or a number.
pub(in crate::source) fn protocol(text: &str) -> Option<Protocol> {
    Some(match text {
        "-1" | "all" => Protocol::All,
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "icmp" => Protocol::Icmp,
        "icmpv6" => Protocol::Icmpv6,
        number => Protocol::from_number(number.parse().ok()?),
    })
}

/// Protocol, ports and ICMP fields of a rule. -1 stands for all (SG-5); protocols without ports
/// ignore what is said about them (SG-5, NA-7). `None` if the numbers make no sense.
pub(in crate::source) fn traffic(
    protocol: Protocol,
    ports: (Option<i64>, Option<i64>),
    icmp: (Option<i64>, Option<i64>),
    place: Place,
) -> Option<Traffic> {
    let mut traffic = Traffic { protocol, protocol_place: place, ports_place: place, ..Traffic::default() };
    if protocol.has_ports() {
        if let (Some(first), Some(last)) = (said(ports.0), said(ports.1)) {
            let range = PortRange { first: first.try_into().ok()?, last: last.try_into().ok()? };
            if range.first > range.last {
                return None;
            }
            traffic.ports = vec![range];
        }
    } else if matches!(protocol, Protocol::Icmp | Protocol::Icmpv6) {
        traffic.icmp_type = said(icmp.0).map(u8::try_from).transpose().ok()?;
        traffic.icmp_code = said(icmp.1).map(u8::try_from).transpose().ok()?;
    }
    Some(traffic)
}

/// A number that is not -1.
pub(in crate::source) fn said(number: Option<i64>) -> Option<i64> {
    number.filter(|number| *number != -1)
}

/// A CIDR, or a bare address.
pub(in crate::source) fn cidr(text: &str) -> Option<IpNet> {
    parse_cidr(text).or_else(|| text.parse().ok().map(|address: std::net::IpAddr| address.into()))
}

/// The region in a name that starts with one: `us-gov-west-1a`, `us-west-2-lax-1a`.
pub(in crate::source) fn region(text: &str) -> Option<&str> {
    let mut end = 0;
    for (index, part) in text.split('-').enumerate() {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let letters = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        match index {
            0 if letters && part.len() == 2 => end = 2,
            1.. if letters => end += 1 + part.len(),
            2.. if digits > 0 => return text.get(..end + 1 + digits),
            _ => return None,
        }
    }
    None
}
