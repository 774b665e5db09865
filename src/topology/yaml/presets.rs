//! Protocols by name, and the console's rule types.

use super::codes;
use super::problems::{Fault, nearest, quote};
use crate::topology::{PortRange, Protocol};

/// What the `type` of a rule stands for.
#[derive(Debug)]
pub(super) struct Preset {
    /// The console's name for it.
    pub(super) name: &'static str,
    /// Its protocol; none if `protocol` says it (`Custom Protocol`).
    pub(super) protocol: Option<Protocol>,
    /// Its port; none if `ports` says which, or if there are none.
    pub(super) port: Option<u16>,
    /// Whether it stands for every port or type, so that nothing more can be said.
    pub(super) complete: bool,
}

const fn service(name: &'static str, protocol: Protocol, port: u16) -> Preset {
    Preset { name, protocol: Some(protocol), port: Some(port), complete: true }
}

const fn all(name: &'static str, protocol: Protocol) -> Preset {
    Preset { name, protocol: Some(protocol), port: None, complete: true }
}

const fn custom(name: &'static str, protocol: Option<Protocol>) -> Preset {
    Preset { name, protocol, port: None, complete: false }
}

/// The types of the console's rule editor.
pub(super) const PRESETS: &[Preset] = &[
    all("All traffic", Protocol::All),
    all("All TCP", Protocol::Tcp),
    all("All UDP", Protocol::Udp),
    all("All ICMP - IPv4", Protocol::Icmp),
    all("All ICMP - IPv6", Protocol::Icmpv6),
    custom("Custom TCP", Some(Protocol::Tcp)),
    custom("Custom UDP", Some(Protocol::Udp)),
    custom("Custom ICMP - IPv4", Some(Protocol::Icmp)),
    custom("Custom ICMP - IPv6", Some(Protocol::Icmpv6)),
    custom("Custom Protocol", None),
    service("SSH", Protocol::Tcp, 22),
    service("SMTP", Protocol::Tcp, 25),
    service("DNS (UDP)", Protocol::Udp, 53),
    service("DNS (TCP)", Protocol::Tcp, 53),
    service("HTTP", Protocol::Tcp, 80),
    service("POP3", Protocol::Tcp, 110),
    service("IMAP", Protocol::Tcp, 143),
    service("LDAP", Protocol::Tcp, 389),
    service("HTTPS", Protocol::Tcp, 443),
    service("SMB", Protocol::Tcp, 445),
    service("SMTPS", Protocol::Tcp, 465),
    service("IMAPS", Protocol::Tcp, 993),
    service("POP3S", Protocol::Tcp, 995),
    service("MSSQL", Protocol::Tcp, 1433),
    service("Oracle-RDS", Protocol::Tcp, 1521),
    service("NFS", Protocol::Tcp, 2049),
    service("MYSQL/Aurora", Protocol::Tcp, 3306),
    service("RDP", Protocol::Tcp, 3389),
    service("Redshift", Protocol::Tcp, 5439),
    service("PostgreSQL", Protocol::Tcp, 5432),
    service("WinRM-HTTP", Protocol::Tcp, 5985),
    service("WinRM-HTTPS", Protocol::Tcp, 5986),
    service("Elastic Graphics", Protocol::Tcp, 2007),
];

/// Protocols by name. Any other one is written as its IANA number.
pub(super) const PROTOCOLS: &[(&str, Protocol)] = &[
    ("all", Protocol::All),
    ("-1", Protocol::All),
    ("tcp", Protocol::Tcp),
    ("udp", Protocol::Udp),
    ("icmp", Protocol::Icmp),
    ("icmpv6", Protocol::Icmpv6),
    ("esp", Protocol::Number(50)),
    ("ah", Protocol::Number(51)),
    ("gre", Protocol::Number(47)),
    ("sctp", Protocol::Number(132)),
];

impl Preset {
    /// The preset of that name, in whatever case it is written.
    pub(super) fn read(text: &str) -> Result<&'static Self, Fault> {
        PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(text)).ok_or_else(|| {
            let fault = Fault::error(codes::PRESET, format!("unknown rule type {}", quote(text)));
            match nearest(text, PRESETS.iter().map(|preset| preset.name)) {
                Some(name) => fault.help(format!("did you mean `{name}`?")),
                None => fault.help("the types of the console are known, for example `HTTPS`; else give `protocol` and `ports`"),
            }
        })
    }

    /// Its ports; empty means every port.
    pub(super) fn ports(&self) -> Vec<PortRange> {
        self.port.map(PortRange::one).into_iter().collect()
    }
}

/// A protocol, and the ICMP type and code of the forms `icmp/8` and `icmp/3/4`.
pub(super) type ProtocolAndIcmp = (Protocol, Option<u8>, Option<u8>);

/// A protocol by name or IANA number.
pub(super) fn protocol(text: &str) -> Result<ProtocolAndIcmp, Fault> {
    let mut parts = text.split('/');
    let name = parts.next().unwrap_or_default().trim();
    let known = PROTOCOLS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, p)| *p);
    let numbered = || name.parse().ok().filter(|_| !name.starts_with('+')).map(Protocol::from_number);
    let protocol = known.or_else(numbered).ok_or_else(|| unknown_protocol(text, name))?;
    let mut icmp = [None, None];
    for slot in &mut icmp {
        *slot = parts.next().map(icmp_number).transpose()?;
    }
    let is_icmp = matches!(protocol, Protocol::Icmp | Protocol::Icmpv6);
    if parts.next().is_some() || (!is_icmp && icmp != [None, None]) {
        let fault = Fault::error(codes::PROTOCOL, format!("{} is not a protocol", quote(text)));
        return Err(
            fault.help("ports go to `ports:`; only ICMP has the form `icmp/TYPE` or `icmp/TYPE/CODE`")
        );
    }
    let [kind, code] = icmp;
    Ok((protocol, kind, code))
}

/// An ICMP type or code.
pub(super) fn icmp_number(text: &str) -> Result<u8, Fault> {
    text.trim().parse().map_err(|_| {
        let message = format!("{} is not an ICMP type or code", quote(text));
        Fault::error(codes::ICMP, message).help("a number from 0 to 255, for example 8 for an echo request")
    })
}

fn unknown_protocol(text: &str, name: &str) -> Fault {
    let fault = Fault::error(codes::PROTOCOL, format!("unknown protocol {}", quote(text)));
    if let Ok(preset) = Preset::read(name) {
        return fault.help(format!("`{}` is a rule type: write `type: {}`", preset.name, preset.name));
    }
    match nearest(name, PROTOCOLS.iter().map(|(known, _)| *known)) {
        Some(known) => fault.help(format!("did you mean `{known}`?")),
        None => fault.help("`tcp`, `udp`, `icmp`, `icmpv6`, `all`, or an IANA number from 0 to 255"),
    }
}
