//! Transit gateways, as they were said.

use super::Entries;
use super::place::{Place, Spanned};
use super::route_table::RouteTable;

/// A transit gateway: a router between VPCs, networks and other transit gateways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransitGateway {
    /// Whether it carries security group references at all (SG-10); off unless said otherwise.
    pub security_group_referencing: Spanned<bool>,
    /// What it is attached to.
    pub attachments: Entries<TransitGatewayAttachment>,
    /// Its route tables; none if nothing was said: one table with which every attachment is associated and into which
    /// every attachment propagates.
    pub route_tables: Option<Entries<TransitGatewayRouteTable>>,
    /// Where it was said.
    pub place: Place,
}

/// An attachment of a transit gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitGatewayAttachment {
    /// What is attached.
    pub to: AttachedTo,
    /// Whether it is available; in any other state it forwards nothing.
    pub available: Spanned<bool>,
    /// Whether both directions of a flow use the same zone (TG-9).
    pub appliance_mode: Spanned<bool>,
    /// Whether it carries IPv6 (V6-1).
    pub ipv6: Spanned<bool>,
    /// Whether it carries security group references, if the gateway does (SG-10).
    pub security_group_referencing: Spanned<bool>,
    /// Whether the capture does not say which route table it is associated with, if none lists it.
    pub association_unknown: bool,
    /// Where it was said.
    pub place: Place,
}

/// What an attachment leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttachedTo {
    /// A VPC.
    Vpc {
        /// Its name.
        vpc: Spanned<String>,
        /// The subnets of the attachment, one for each zone (TG-1); none if nobody said which.
        subnets: Option<Vec<Spanned<String>>>,
    },
    /// Another transit gateway, by name (TG-8).
    Peering(Spanned<String>),
    /// Something whose inside is not modelled yet: a VPN connection, a Direct Connect gateway.
    Other {
        /// What it is, in AWS's words.
        kind: String,
        /// Its name.
        name: Spanned<String>,
        /// What it is known to announce; none if that is not known.
        prefixes: Option<Vec<Spanned<ipnet::IpNet>>>,
    },
}

/// A route table of a transit gateway. The targets of its routes are names of attachments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransitGatewayRouteTable {
    /// Attachments whose packets it routes.
    pub associations: Vec<Spanned<String>>,
    /// Attachments whose ranges it learns.
    pub propagations: Vec<Spanned<String>>,
    /// Its static routes, and in a capture also those that it has learnt.
    pub table: RouteTable,
    /// Whether the capture lacks its routes, so that what it holds beside those here is not known.
    pub routes_missing: bool,
    /// Where it was said.
    pub place: Place,
}
