//! CIDR blocks as text.

use std::net::IpAddr;

use ipnet::IpNet;

/// The CIDR block that a text names. Numbers with leading zeros name none: `010` is ten to some programs and eight to others.
pub fn parse_cidr(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    address.parse::<IpAddr>().ok()?;
    let plain = length == "0" || length.starts_with(|digit: char| matches!(digit, '1'..='9'));
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::parse_cidr;

    #[test]
    fn leading_zeros_name_nothing() {
        assert!(["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32"].iter().all(|text| parse_cidr(text).is_some()));
        let wrong = ["010.0.0.0/8", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0", "10.0.0.0/33", "/8"];
        assert!(wrong.iter().all(|text| parse_cidr(text).is_none()));
    }
}
