//! Protocols and ports, as rules of both kinds say them.

use std::rc::Rc;

use super::bag::Field;
use crate::topology::{Place, PortRange, Protocol, Traffic};

/// A protocol: `-1`, a name, or a number.
pub(super) fn protocol(text: &str) -> Option<Protocol> {
    Some(match text.trim().to_ascii_lowercase().as_str() {
        "-1" | "all" => Protocol::All,
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "icmp" => Protocol::Icmp,
        "icmpv6" => Protocol::Icmpv6,
        number => Protocol::from_number(number.parse().ok()?),
    })
}

/// A pair of bounds; -1, and what was not said, stands for all.
pub(super) fn bounds(first: Field<i64>, last: Field<i64>) -> Result<(Option<i64>, Option<i64>), Rc<str>> {
    let bound = |field: Field<i64>| match field {
        Field::Absent => Ok(None),
        Field::Known(number) => Ok(Some(number.value).filter(|number| *number != -1)),
        Field::Unknown(why, _) => Err(why),
    };
    Ok((bound(first)?, bound(last)?))
}

/// Protocol, ports and ICMP fields of a rule (SG-5, NA-7).
///
/// # Errors
///
/// With the reason, if the numbers make no sense.
pub(super) fn traffic(
    protocol: Protocol,
    ports: (Option<i64>, Option<i64>),
    icmp: (Option<i64>, Option<i64>),
    place: Place,
) -> Result<Traffic, Rc<str>> {
    let mut traffic = Traffic { protocol, protocol_place: place, ports_place: place, ..Traffic::default() };
    if protocol.has_ports() {
        if let (Some(first), Some(last)) = ports {
            let port = |number: i64| u16::try_from(number).map_err(|_| Rc::from("a port is from 0 to 65535"));
            let range = PortRange { first: port(first)?, last: port(last)? };
            if range.first > range.last {
                return Err("the ports run backwards".into());
            }
            traffic.ports = vec![range];
        }
    } else if matches!(protocol, Protocol::Icmp | Protocol::Icmpv6) {
        let number = |number: Option<i64>| {
            number.map(u8::try_from).transpose().map_err(|_| Rc::from("ICMP numbers are from 0 to 255"))
        };
        traffic.icmp_type = number(icmp.0)?;
        traffic.icmp_code = number(icmp.1)?.filter(|_| traffic.icmp_type.is_some());
    }
    Ok(traffic)
}
