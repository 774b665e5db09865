//! The words that the language has for each enumeration: one table each, for the reader and the schema.

use super::codes;
use super::problems::{Fault, quote};
use crate::topology::{
    AclAction, BlockMode, CaptureKind, Connectivity, Defaults, EphemeralPorts, Exclusion, Expectation,
    FamilyFilter, GatewayState, InstanceKind, InstanceState, LineState, PeeringStatus, RouteState,
    VpnRouting,
};

/// Words and what they mean.
pub(super) type Words<T> = &'static [(&'static str, T)];

pub(super) const DEFAULTS: Words<Defaults> = &[("aws", Defaults::Aws), ("terraform", Defaults::Terraform)];

/// What a description that is a part of a world was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SourceKind {
    /// Saved answers of AWS.
    Capture,
    /// A Terraform plan or state, or CloudFormation templates.
    Plan,
}

pub(super) const SOURCE_KINDS: Words<SourceKind> =
    &[("capture", SourceKind::Capture), ("plan", SourceKind::Plan)];

pub(super) const CAPTURE_KINDS: Words<CaptureKind> = &[
    ("security-groups", CaptureKind::SecurityGroups),
    ("network-acls", CaptureKind::NetworkAcls),
    ("route-tables", CaptureKind::RouteTables),
    ("internet-gateways", CaptureKind::InternetGateways),
    ("egress-only-internet-gateways", CaptureKind::EgressOnlyInternetGateways),
    ("nat-gateways", CaptureKind::NatGateways),
    ("peering-connections", CaptureKind::PeeringConnections),
    ("network-interfaces", CaptureKind::NetworkInterfaces),
    ("instances", CaptureKind::Instances),
    ("prefix-list-entries", CaptureKind::PrefixListEntries),
    ("transit-gateways", CaptureKind::TransitGateways),
    ("transit-gateway-vpc-attachments", CaptureKind::TransitGatewayVpcAttachments),
    ("transit-gateway-route-tables", CaptureKind::TransitGatewayRouteTables),
    ("transit-gateway-routes", CaptureKind::TransitGatewayRoutes),
    ("transit-gateway-associations", CaptureKind::TransitGatewayAssociations),
    ("transit-gateway-propagations", CaptureKind::TransitGatewayPropagations),
    ("vpn-gateways", CaptureKind::VpnGateways),
    ("vpn-connections", CaptureKind::VpnConnections),
];

pub(super) const ROUTE_STATES: Words<RouteState> =
    &[("active", RouteState::Active), ("blackhole", RouteState::Blackhole)];

pub(super) const ACTIONS: Words<AclAction> = &[("allow", AclAction::Allow), ("deny", AclAction::Deny)];

pub(super) const INSTANCE_KINDS: Words<InstanceKind> = &[
    ("ec2", InstanceKind::Ec2),
    ("rds", InstanceKind::Rds),
    ("lambda", InstanceKind::Lambda),
    ("interface", InstanceKind::Interface),
];

/// Owners of service-owned interfaces (EN-6) that behave like a bare interface with security groups,
/// and those that have a kind of their own. Any other owner is kept as it was said.
pub(super) const INTERFACE_OWNERS: Words<InstanceKind> = &[
    ("ec2", InstanceKind::Ec2),
    ("rds", InstanceKind::Rds),
    ("lambda", InstanceKind::Lambda),
    ("interface", InstanceKind::Interface),
    ("dms", InstanceKind::Interface),
    ("ecs", InstanceKind::Interface),
    ("efs", InstanceKind::Interface),
    ("elasticache", InstanceKind::Interface),
    ("fargate", InstanceKind::Interface),
    ("msk", InstanceKind::Interface),
    ("opensearch", InstanceKind::Interface),
    ("redshift", InstanceKind::Interface),
    ("resolver", InstanceKind::Interface),
    ("nat-gateway", InstanceKind::NatGateway),
];

pub(super) const INSTANCE_STATES: Words<InstanceState> = &[
    ("running", InstanceState::Running),
    ("pending", InstanceState::Pending),
    ("stopping", InstanceState::Stopped),
    ("stopped", InstanceState::Stopped),
    ("shutting-down", InstanceState::Terminated),
    ("terminated", InstanceState::Terminated),
];

pub(super) const EPHEMERAL_PORTS: Words<EphemeralPorts> =
    &[("linux", EphemeralPorts::Linux), ("windows", EphemeralPorts::Windows), ("any", EphemeralPorts::Any)];

pub(super) const CONNECTIVITY: Words<Connectivity> =
    &[("public", Connectivity::Public), ("private", Connectivity::Private)];

pub(super) const GATEWAY_STATES: Words<GatewayState> = &[
    ("available", GatewayState::Available),
    ("pending", GatewayState::Pending),
    ("failed", GatewayState::Failed),
    ("deleting", GatewayState::Deleting),
    ("deleted", GatewayState::Deleted),
];

pub(super) const PEERING_STATUSES: Words<PeeringStatus> = &[
    ("active", PeeringStatus::Active),
    ("pending-acceptance", PeeringStatus::PendingAcceptance),
    ("provisioning", PeeringStatus::Provisioning),
    ("rejected", PeeringStatus::Rejected),
    ("expired", PeeringStatus::Expired),
    ("failed", PeeringStatus::Failed),
    ("deleting", PeeringStatus::Deleting),
    ("deleted", PeeringStatus::Deleted),
];

pub(super) const VPN_ROUTINGS: Words<VpnRouting> =
    &[("bgp", VpnRouting::Bgp), ("static", VpnRouting::Static)];

pub(super) const LINE_STATES: Words<LineState> =
    &[("up", LineState::Up), ("down", LineState::Down), ("?", LineState::Unknown)];

/// Whether a VPN connection carries IPv6.
pub(super) const INSIDE: Words<bool> = &[("ipv4", false), ("ipv6", true)];

/// The states of an attachment, and whether it forwards in them.
pub(super) const ATTACHMENT_STATUSES: Words<bool> = &[
    ("available", true),
    ("modifying", true),
    ("pending-acceptance", false),
    ("pending", false),
    ("initiating", false),
    ("rejected", false),
    ("rejecting", false),
    ("deleting", false),
    ("deleted", false),
    ("failed", false),
    ("failing", false),
    ("rolling-back", false),
];

pub(super) const BLOCK_MODES: Words<BlockMode> = &[
    ("off", BlockMode::Off),
    ("block-bidirectional", BlockMode::Bidirectional),
    ("block-ingress", BlockMode::Ingress),
];

pub(super) const EXCLUSIONS: Words<Exclusion> =
    &[("allow-bidirectional", Exclusion::Bidirectional), ("allow-egress", Exclusion::Egress)];

/// The states of a VPC endpoint, and whether it works in them.
pub(super) const ENDPOINT_STATUSES: Words<bool> = &[
    ("available", true),
    ("pending-acceptance", false),
    ("pending", false),
    ("rejected", false),
    ("deleting", false),
    ("deleted", false),
    ("failed", false),
    ("expired", false),
    ("partial", false),
];

pub(super) const EXPECTATIONS: Words<Expectation> = &[
    ("reachable", Expectation::Reachable),
    ("blocked", Expectation::Blocked),
    ("partial", Expectation::Partial),
    ("undetermined", Expectation::Undetermined),
];

pub(super) const FAMILIES: Words<FamilyFilter> =
    &[("ipv4", FamilyFilter::Ipv4), ("ipv6", FamilyFilter::Ipv6)];

/// The meaning of a word, in whatever case it is written.
pub(super) fn read<T: Clone>(words: Words<T>, noun: &str, text: &str) -> Result<T, Fault> {
    lookup(words, text).ok_or_else(|| {
        Fault::error(codes::WORD, format!("unknown {noun} {}", quote(text)))
            .suggest(text, words.iter().map(|(word, _)| *word))
    })
}

/// The word for a meaning: the first one.
pub(super) fn word<T: PartialEq>(words: Words<T>, meaning: &T) -> Option<&'static str> {
    words.iter().find(|(_, known)| known == meaning).map(|(word, _)| *word)
}

/// The meaning of a word, if it has one.
pub(super) fn lookup<T: Clone>(words: Words<T>, text: &str) -> Option<T> {
    words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, meaning)| meaning.clone())
}
