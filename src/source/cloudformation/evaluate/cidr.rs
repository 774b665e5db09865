//! `Fn::Cidr`: exact arithmetic for both families.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::flow::parse_cidr;
use crate::topology::quote;

/// CloudFormation's limit.
const MAX_COUNT: u32 = 256;

/// The first `count` ranges of `bits` host bits in a block.
///
/// # Errors
///
/// With the reason, if CloudFormation would refuse it.
pub(super) fn split(block: &str, count: u32, bits: u8) -> Result<Vec<String>, String> {
    let net = parse_cidr(block.trim()).ok_or_else(|| format!("{} is not a CIDR", quote(block)))?;
    if !(1..=MAX_COUNT).contains(&count) {
        return Err(format!("`Fn::Cidr` makes 1 to {MAX_COUNT} ranges, not {count}"));
    }
    let length = net.max_prefix_len().checked_sub(bits);
    let length = length.filter(|length| *length >= net.prefix_len() && bits > 0);
    let Some(length) = length else {
        return Err(format!("ranges of {bits} bits do not fit into {net}"));
    };
    let room = u32::from(length - net.prefix_len());
    if room < 32 && u64::from(count) > 1_u64 << room {
        return Err(format!("{count} ranges of {bits} bits do not fit into {net}"));
    }
    let ranges = (0..count).map(|index| match net.trunc() {
        IpNet::V4(net) => {
            let address = u64::from(net.network().to_bits()) + (u64::from(index) << bits);
            let address = Ipv4Addr::from_bits(u32::try_from(address).unwrap_or(u32::MAX));
            Ipv4Net::new(address, length).map(IpNet::V4)
        }
        IpNet::V6(net) => {
            let address = net.network().to_bits().saturating_add(u128::from(index) << bits.min(127));
            Ipv6Net::new(Ipv6Addr::from_bits(address), length).map(IpNet::V6)
        }
    });
    ranges.map(|net| net.map(|net| net.to_string()).map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn ipv4() {
        assert_eq!(split("10.0.0.0/16", 3, 8).unwrap(), ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]);
        assert_eq!(split("10.0.0.0/22", 4, 8).unwrap().last().unwrap(), "10.0.3.0/24");
        assert_eq!(split("10.0.5.0/24", 2, 4).unwrap(), ["10.0.5.0/28", "10.0.5.16/28"]);
        assert_eq!(split("255.255.255.0/24", 1, 8).unwrap(), ["255.255.255.0/24"]);
        // Host bits of the block do not count.
        assert_eq!(split("10.0.5.77/24", 1, 4).unwrap(), ["10.0.5.0/28"]);
    }

    #[test]
    fn ipv6() {
        let ranges = split("2001:db8:1200::/56", 256, 64).unwrap();
        assert_eq!(ranges.len(), 256);
        assert_eq!(ranges.first().unwrap(), "2001:db8:1200::/64");
        assert_eq!(ranges.last().unwrap(), "2001:db8:1200:ff::/64");
        assert_eq!(split("::/0", 2, 64).unwrap(), ["::/64", "0:0:0:1::/64"]);
    }

    #[test]
    fn what_cloudformation_refuses() {
        assert!(split("10.0.0.0/24", 2, 8).is_err());
        assert!(split("10.0.0.0/16", 257, 4).is_err());
        assert!(split("10.0.0.0/16", 0, 8).is_err());
        assert!(split("10.0.0.0/16", 4_000_000_000, 0).is_err());
        assert!(split("10.0.0.0/16", 1, 33).is_err());
        assert!(split("10.0.0.0/16", 1, 17).is_err());
        assert!(split("here", 1, 8).is_err());
    }
}
