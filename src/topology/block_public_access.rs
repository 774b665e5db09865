//! VPC Block Public Access (IG-10).

use super::place::{Place, Spanned};

/// What Block Public Access means for a VPC. AWS sets the mode for all VPCs of an account in a region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockPublicAccess {
    /// What is blocked.
    pub mode: Spanned<BlockMode>,
    /// An exclusion of the whole VPC.
    pub exclusion: Option<Spanned<Exclusion>>,
    /// Exclusions of subnets, by name.
    pub exclusions: Vec<(Spanned<String>, Exclusion)>,
    /// Where it was said.
    pub place: Place,
}

/// What is blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockMode {
    /// Nothing.
    #[default]
    Off,
    /// All traffic of internet gateways and egress-only internet gateways.
    Bidirectional,
    /// What is not by a NAT gateway or an egress-only internet gateway.
    Ingress,
}

/// What an exclusion lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// Everything.
    Bidirectional,
    /// What begins inside; only where both directions are blocked.
    Egress,
}
