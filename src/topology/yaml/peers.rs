//! The source or destination of a rule.

use ipnet::IpNet;

use super::codes;
use super::problems::{Fault, quote};
use super::values::{cidr, name, prefix_list, reference, unknown};
use crate::topology::{AclPeer, SecurityGroupPeer};

/// Words for the whole of one address family.
const ANYWHERE: &[(&str, &str)] = &[("anywhere-ipv4", "0.0.0.0/0"), ("anywhere-ipv6", "::/0")];

/// The peer of a security group rule.
pub(super) fn group_peer(text: &str) -> Result<SecurityGroupPeer, Fault> {
    if text == "self" {
        return Ok(SecurityGroupPeer::SelfGroup);
    }
    if let Some(why) = unknown(text) {
        return why.map(SecurityGroupPeer::Unknown);
    }
    if let Some(group) = text.strip_prefix("sg:") {
        return reference(group).map(|()| SecurityGroupPeer::Group(group.to_owned()));
    }
    if text.starts_with("sg-") {
        return Ok(SecurityGroupPeer::Group(text.to_owned()));
    }
    if let Some(list) = prefix_list(text) {
        return list.map(SecurityGroupPeer::PrefixList);
    }
    if let Some(network) = text.strip_prefix("net:") {
        return name(network).map(|()| SecurityGroupPeer::Network(network.to_owned()));
    }
    addresses(text, true).map(SecurityGroupPeer::Cidr)
}

/// The peer of a network ACL rule.
pub(super) fn acl_peer(text: &str) -> Result<AclPeer, Fault> {
    if let Some(network) = text.strip_prefix("net:") {
        return name(network).map(|()| AclPeer::Network(network.to_owned()));
    }
    let what = match text {
        "self" => Some("a security group"),
        _ if text.starts_with("sg:") || text.starts_with("sg-") => Some("a security group"),
        _ if text.starts_with("pl:") || text.starts_with("pl-") => Some("a prefix list"),
        _ => None,
    };
    if let Some(what) = what {
        let message = format!("{} is {what}, and network ACLs know only addresses", quote(text));
        let help = "write the CIDR block of the subnet it is in, or of the service (NA-8)";
        return Err(Fault::error(codes::ACL_PEER, message).help(help));
    }
    addresses(text, false).map(AclPeer::Cidr)
}

fn addresses(text: &str, groups: bool) -> Result<IpNet, Fault> {
    let text = ANYWHERE.iter().find(|(word, _)| *word == text).map_or(text, |(_, net)| net);
    if text == "anywhere" {
        let fault = Fault::error(codes::ONE_PEER, "`anywhere` is two sources, and a rule has one");
        return Err(
            fault.help("write `anywhere-ipv4`, and a second rule with `anywhere-ipv6` if it is meant")
        );
    }
    let looks_like_address = text.starts_with(|c: char| c.is_ascii_digit()) || text.contains([':', '/']);
    if looks_like_address && !text.contains("sg") {
        return cidr(text);
    }
    let fault = Fault::error(codes::PEER, format!("{} is not a source or destination", quote(text)));
    let forms = "a CIDR block, `anywhere-ipv4`, `anywhere-ipv6` or `net:NAME`";
    Err(match reference(text) {
        Ok(()) if groups => fault.help(format!(
            "for the members of a security group write `sg:{text}`; else {forms}, `pl:NAME` or `self`"
        )),
        _ => fault.help(format!("possible here: {forms}")),
    })
}
