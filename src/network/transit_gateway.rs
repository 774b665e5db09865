//! Transit gateways: attachments, their zones, and which table routes their packets (TG-1 to TG-9).

use crate::topology::Place;

use super::Network;
use super::id::{AttachmentId, LineId, RouteTableId, SubnetId, TransitGatewayId, UnmodelledId, VpcId};

/// A transit gateway.
#[derive(Clone, Debug)]
pub struct TransitGateway {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was said.
    pub place: Place,
    /// Whether it carries security group references (SG-10).
    pub security_group_referencing: bool,
    /// Its attachments.
    pub attachments: Vec<AttachmentId>,
}

/// An attachment of a transit gateway.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was said.
    pub place: Place,
    /// The gateway.
    pub gateway: TransitGatewayId,
    /// What it leads to.
    pub to: Attached,
    /// Whether it is available.
    pub available: bool,
    /// Where its state was said.
    pub available_place: Place,
    /// TG-9: whether both directions of a flow use the same zone.
    pub appliance_mode: bool,
    /// Whether it carries IPv6 (V6-1).
    pub ipv6: bool,
    /// Whether it carries security group references, if the gateway does (SG-10).
    pub security_group_referencing: bool,
    /// The table that routes what comes from it.
    pub association: TableAssociation,
}

/// What an attachment leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attached {
    /// A VPC.
    Vpc {
        /// The VPC.
        vpc: VpcId,
        /// Its subnets, one for each zone (TG-1).
        subnets: Vec<SubnetId>,
        /// Whether these are the ones. If not, they are all that there are: nobody said which of them it is.
        said: bool,
    },
    /// The other end of a peering with another transit gateway (TG-8).
    Peer(AttachmentId),
    /// A VPN connection, or the lines of a Direct Connect gateway.
    Lines(Vec<LineId>),
    /// Something that is not modelled yet.
    Unmodelled(UnmodelledId),
    /// Something that the capture names but does not hold.
    Missing,
}

/// The route table that an attachment is associated with (TG-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableAssociation {
    /// That one.
    Table(RouteTableId),
    /// None: what comes from the attachment is dropped.
    None,
    /// The capture does not say.
    Unknown,
}

/// The subnets of an attachment by which packets may pass it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doors {
    /// The subnets. With more than one, nobody can say which.
    pub subnets: Vec<SubnetId>,
    /// Whether they are in the wanted zone, as far as zones were said at all.
    pub in_zone: bool,
    /// Whether the zones decided. They can't if they were not said.
    pub zones_said: bool,
}

impl Attachment {
    /// The VPC, if it is one.
    pub const fn vpc(&self) -> Option<VpcId> {
        match self.to {
            Attached::Vpc { vpc, .. } => Some(vpc),
            _ => None,
        }
    }
}

impl Network {
    /// The attachment by which a transit gateway is joined with a VPC; there is one at most (TG-12).
    pub fn attachment_of(&self, gateway: TransitGatewayId, vpc: VpcId) -> Option<AttachmentId> {
        let mut attachments = self.transit_gateways[gateway].attachments.iter().copied();
        attachments.find(|id| self.attachments[*id].vpc() == Some(vpc))
    }

    /// TG-1, TG-2: the subnets of an attachment that serve a zone; if none does, all of them.
    ///
    /// Zones that nobody said are one unnamed zone; between it and a named one there is nothing to compare.
    pub fn doors(&self, attachment: AttachmentId, zone: Option<&str>) -> Doors {
        let Attached::Vpc { subnets, .. } = &self.attachments[attachment].to else { return Doors::default() };
        let zone_of = |id: &SubnetId| self.subnets[*id].az.as_deref();
        let same: Vec<SubnetId> = subnets.iter().copied().filter(|id| zone_of(id) == zone).collect();
        if !same.is_empty() {
            return Doors { subnets: same, in_zone: true, zones_said: zone.is_some() };
        }
        let unnamed: Vec<SubnetId> = subnets.iter().copied().filter(|id| zone_of(id).is_none()).collect();
        match zone {
            Some(_) if unnamed.is_empty() => {
                Doors { subnets: subnets.clone(), in_zone: false, zones_said: true }
            }
            Some(_) => Doors { subnets: unnamed, in_zone: true, zones_said: false },
            None => Doors { subnets: subnets.clone(), in_zone: true, zones_said: false },
        }
    }

    /// SG-10: whether security group references survive the way from one attachment to another.
    pub fn carries_references(&self, from: AttachmentId, to: AttachmentId) -> bool {
        let (from, to) = (&self.attachments[from], &self.attachments[to]);
        from.gateway == to.gateway
            && self.transit_gateways[from.gateway].security_group_referencing
            && from.security_group_referencing
            && to.security_group_referencing
    }
}
