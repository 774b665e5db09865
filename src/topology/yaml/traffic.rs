//! Protocol and ports of a rule: presets, both styles of ports, ICMP.

use super::codes;
use super::fields::Fields;
use super::node::Node;
use super::presets::{self, Preset};
use super::problems::{Fault, Problems, listed, quote};
use super::values;
use crate::topology::{Place, PortRange, Protocol, Spanned, Traffic};

/// What a rule matches besides addresses; none if that can't be said.
pub(super) fn traffic(rule: Fields<'_, '_>, problems: &mut Problems) -> Option<Traffic> {
    let preset = match rule.get("type") {
        Some(node) => Some((Preset::read(node.text()?).ok()?, node.place())),
        None => None,
    };
    let said = match rule.get("protocol") {
        Some(node) => Some(Spanned::new(presets::protocol(node.text()?).ok()?, node.place())),
        None => None,
    };
    let ports = Ports::read(rule)?;
    let mut traffic = Traffic::default();
    protocol(&mut traffic, preset, said, ports.is_said(), problems);
    icmp(&mut traffic, rule, said, problems);
    match preset {
        Some((preset, _)) if preset.complete => check_preset(preset, &ports, &mut traffic, rule, problems),
        _ => ports.apply(&mut traffic, rule, problems),
    }
    Some(traffic)
}

/// The protocol: the preset's, or the one that was said, or tcp if only ports were.
fn protocol(
    traffic: &mut Traffic,
    preset: Option<(&'static Preset, Place)>,
    said: Option<Spanned<presets::ProtocolAndIcmp>>,
    ports: bool,
    problems: &mut Problems,
) {
    let by_number = said.map(|said| Spanned::new(said.value.0, said.place));
    let by_preset = preset.and_then(|(preset, place)| Some((preset, Spanned::new(preset.protocol?, place))));
    if let Some((preset, _)) = preset {
        traffic.preset = Some(preset.name.to_owned());
    }
    if let (Some((preset, wanted)), Some(said)) = (by_preset, by_number)
        && wanted.value != said.value
    {
        let message = format!("`{}` is {}, but the protocol says {}", preset.name, wanted.value, said.value);
        let fault = Fault::error(codes::PRESET, message).help("remove `protocol`, or `type`");
        problems.push(fault.at(said.place).also(wanted.place, "the type of the rule"));
    }
    if let (Some((preset, place)), None, None) = (preset, by_preset, by_number) {
        let fault = Fault::error(codes::MISSING_KEY, format!("`{}` needs `protocol` beside it", preset.name));
        problems.push(fault.help("a protocol by name or IANA number").at(place));
    }
    let fallback = if ports { Protocol::Tcp } else { Protocol::All };
    let chosen = by_preset.map(|(_, protocol)| protocol).or(by_number).unwrap_or(Spanned::implicit(fallback));
    traffic.protocol = chosen.value;
    traffic.protocol_place = chosen.place;
}

/// ICMP type and code: `icmp/3/4`, or `icmp_type` and `icmp_code`.
fn icmp(
    traffic: &mut Traffic,
    rule: Fields<'_, '_>,
    said: Option<Spanned<presets::ProtocolAndIcmp>>,
    problems: &mut Problems,
) {
    let kind = rule.read("icmp_type", presets::icmp_number);
    let code = rule.read("icmp_code", presets::icmp_number);
    if let Some(said) = said {
        (traffic.icmp_type, traffic.icmp_code) = (said.value.1, said.value.2);
    }
    let Some(place) = kind.or(code).map(|number| number.place) else { return };
    if !is_icmp(traffic.protocol) {
        let message =
            format!("an ICMP type needs an ICMP protocol, but this rule is for `{}`", traffic.protocol);
        let fault = Fault::error(codes::ICMP, message).help("add `protocol: icmp`, or `protocol: icmpv6`");
        problems.push(fault.at(place));
        return;
    }
    if traffic.icmp_type.is_some() {
        let fault = Fault::error(codes::ICMP, "the protocol has an ICMP type already").help("say it once");
        problems.push(fault.at(place));
    }
    if let (None, Some(code)) = (kind, code) {
        let fault = Fault::error(codes::ICMP, "an ICMP code without a type matches nothing in AWS")
            .help("add `icmp_type`, or remove `icmp_code` (SG-5)");
        problems.push(fault.at(code.place));
    }
    traffic.icmp_type = kind.map(|number| number.value).or(traffic.icmp_type);
    traffic.icmp_code = code.map(|number| number.value).or(traffic.icmp_code);
}

const fn is_icmp(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Icmp | Protocol::Icmpv6)
}

/// The ports of a rule, in either style.
enum Ports {
    /// Nothing was said.
    Unsaid,
    /// `ports`.
    Ranges(Vec<PortRange>, Place),
    /// `from_port` and `to_port`; none is -1.
    Api(Option<u16>, Option<u16>, Place),
}

impl Ports {
    /// None if what was said can't be read.
    fn read(rule: Fields<'_, '_>) -> Option<Self> {
        if let Some(node) = rule.get("ports") {
            let ranges: Option<Vec<PortRange>> =
                node.items().iter().map(|item| values::ports(item.text()?).ok()).collect();
            return Some(Self::Ranges(ranges?, node.place()));
        }
        let (from, to) = (rule.get("from_port"), rule.get("to_port"));
        let Some(place) = from.or(to).map(Node::place) else { return Some(Self::Unsaid) };
        let bound = |node: Option<&Node<'_>>| match node.map(Node::text) {
            None => Some(None),
            Some(Some("-1")) => Some(None),
            Some(text) => values::port(text?).ok().map(Some),
        };
        let (first, last) = (bound(from)?, bound(to)?);
        // One bound alone is one port, as in a console field without a dash.
        let last = if to.is_none() { first } else { last };
        let first = if from.is_none() { last } else { first };
        Some(Self::Api(first, last, place))
    }

    const fn is_said(&self) -> bool {
        !matches!(self, Self::Unsaid)
    }

    const fn place(&self) -> Place {
        match self {
            Self::Unsaid => Place::Implicit,
            Self::Ranges(_, place) | Self::Api(_, _, place) => *place,
        }
    }

    /// As ranges; empty means every port.
    fn ranges(&self, problems: &mut Problems) -> Vec<PortRange> {
        match self {
            Self::Unsaid | Self::Api(None, _, _) | Self::Api(_, None, _) => Vec::new(),
            Self::Ranges(ranges, _) => ranges.clone(),
            Self::Api(Some(first), Some(last), place) => {
                if first > last {
                    let message = format!("the ports run backwards: {first} to {last}");
                    let fault =
                        Fault::error(codes::PORTS, message).help(format!("write `ports: {last}-{first}`"));
                    problems.push(fault.at(*place));
                    return Vec::new();
                }
                vec![PortRange { first: *first, last: *last }]
            }
        }
    }

    /// Whether they are what Terraform writes when it means every protocol: 0 to 0, or -1.
    const fn is_terraform_all(&self) -> bool {
        matches!(self, Self::Api(Some(0), Some(0), _) | Self::Api(None, _, _) | Self::Api(_, None, _))
    }

    fn is_everything(&self) -> bool {
        match self {
            Self::Ranges(ranges, _) => ranges.contains(&PortRange::ALL),
            Self::Api(Some(0), Some(u16::MAX), _) => true,
            _ => self.is_terraform_all(),
        }
    }

    /// Puts them where the protocol has a place for them.
    fn apply(&self, traffic: &mut Traffic, rule: Fields<'_, '_>, problems: &mut Problems) {
        if traffic.protocol.has_ports() {
            traffic.ports_place = self.place();
            if let Self::Ranges(ranges, place) = self
                && ranges.is_empty()
            {
                let fault = Fault::error(codes::PORTS, "a rule for no port matches nothing");
                problems.push(fault.help("write `ports: all`, or remove the rule").at(*place));
            }
            traffic.ports = self.ranges(problems);
            return;
        }
        match self {
            Self::Unsaid => {}
            Self::Api(kind, code, place) if is_icmp(traffic.protocol) => {
                api_icmp(traffic, *kind, *code, *place, rule, problems);
            }
            Self::Ranges(_, place) if is_icmp(traffic.protocol) => {
                let fault = Fault::error(codes::ICMP, format!("{} has no ports", traffic.protocol));
                problems.push(fault.help("for one kind of message write `icmp_type`").at(*place));
            }
            _ if self.is_everything() => {}
            _ => self.ignored(traffic, problems),
        }
    }

    /// S12: AWS ignores the ports of a rule whose protocol has none, so the rule opens everything.
    fn ignored(&self, traffic: &Traffic, problems: &mut Problems) {
        let message = match traffic.protocol {
            Protocol::All => {
                "the ports are ignored: the rule is for all protocols, and every port of them".to_owned()
            }
            other => format!("the ports are ignored: {other} has none, and the rule matches all of it"),
        };
        let fault = Fault::warning(codes::PORTS_IGNORED, message)
            .label("AWS ignores this")
            .help("write `protocol: tcp` if these ports are meant, else remove them (SG-5, NA-7)");
        let diagnostic = fault.at(self.place());
        let diagnostic = match traffic.protocol_place {
            Place::Implicit => diagnostic,
            place => diagnostic.also(place, "because of this"),
        };
        problems.push(diagnostic);
    }
}

/// `from_port` is the ICMP type and `to_port` the code (SG-5).
fn api_icmp(
    traffic: &mut Traffic,
    kind: Option<u16>,
    code: Option<u16>,
    place: Place,
    rule: Fields<'_, '_>,
    problems: &mut Problems,
) {
    let code = if rule.get("to_port").is_some() { code } else { None };
    let narrow = |number: Option<u16>| number.map(u8::try_from).transpose();
    let (Ok(kind), Ok(code)) = (narrow(kind), narrow(code)) else {
        let fault = Fault::error(codes::ICMP, "for ICMP the ports are type and code, from 0 to 255");
        problems.push(fault.help("write `icmp_type` and `icmp_code`").at(place));
        return;
    };
    traffic.icmp_type = kind;
    traffic.icmp_code = code.filter(|_| kind.is_some());
}

/// A preset says it all: whatever else was said may only repeat it.
fn check_preset(
    preset: &Preset,
    ports: &Ports,
    traffic: &mut Traffic,
    rule: Fields<'_, '_>,
    problems: &mut Problems,
) {
    traffic.ports = preset.ports();
    traffic.ports_place = traffic.protocol_place;
    let said = ports.ranges(problems);
    let repeats = said == traffic.ports || (traffic.ports.is_empty() && ports.is_everything());
    if ports.is_said() && !repeats {
        let meant = match preset.port {
            Some(port) => format!("port {port}"),
            None => "every port".to_owned(),
        };
        let shown: Vec<String> = said.iter().map(ToString::to_string).collect();
        let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
        let message = format!("`{}` is {meant}, but the ports say {}", preset.name, listed(&shown));
        let help = format!(
            "remove `ports`, or write `protocol: {}` instead of {}",
            traffic.protocol,
            quote(preset.name)
        );
        let fault = Fault::error(codes::PRESET, message).help(help);
        problems.push(fault.at(ports.place()).also(traffic.protocol_place, "the type of the rule"));
    }
    if rule.get("icmp_type").is_some() && is_icmp(traffic.protocol) {
        let fault = Fault::error(codes::PRESET, format!("`{}` is every ICMP type", preset.name));
        let place = rule.get("icmp_type").map_or(Place::Implicit, Node::place);
        problems.push(fault.help("write `protocol: icmp` instead of `type`").at(place));
    }
}
