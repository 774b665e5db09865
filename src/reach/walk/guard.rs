//! VPC Block Public Access (IG-10). It decides about new flows: the reply to one that passed, passes.

use crate::network::{Action, Code, SubnetId, VpcId};
use crate::topology::{BlockMode, Exclusion};

use super::super::trace::{Component, End, LegKind};
use super::path::Path;
use super::{Sender, Walker};

/// By what a flow passes between a VPC and the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// An address of an interface itself, outward.
    Outward,
    /// The same, inward.
    Inward,
    /// A NAT gateway.
    NatGateway,
    /// An egress-only internet gateway.
    EgressOnly,
}

impl Walker<'_> {
    /// Out by an internet gateway: by the interface, or by a NAT gateway and the client behind it.
    pub(super) fn block_outward(&self, path: &mut Path, component: Component, vpc: VpcId, sender: Sender) {
        let (passage, subnet) = match sender {
            Sender::Interface(id) => (Passage::Outward, Some(self.network.interfaces[id].subnet)),
            Sender::NatGateway(id) => (Passage::NatGateway, Some(self.network.nat_gateways[id].subnet)),
            Sender::TransitGateway(..) => (Passage::Outward, None),
        };
        let client = match path.source {
            End::Interface(id, _) if self.network.interfaces[id].vpc == vpc => {
                Some(self.network.interfaces[id].subnet)
            }
            _ => None,
        };
        self.block_public_access(path, component, vpc, passage, [subnet, client]);
    }

    /// Takes note of what Block Public Access does to a new flow of these subnets.
    pub(super) fn block_public_access(
        &self,
        path: &mut Path,
        component: Component,
        vpc: VpcId,
        passage: Passage,
        subnets: [Option<SubnetId>; 2],
    ) {
        if path.leg == LegKind::Reply {
            return;
        }
        let mut actions = subnets.into_iter().flatten().map(|subnet| self.blocks(vpc, subnet, passage));
        let first = actions.next().unwrap_or(Action::Allow);
        // No document says whose exclusion counts, the client's or that of the NAT gateway.
        let action = if actions.all(|other| other == first) { first } else { Action::Unknown(Code::Und001) };
        if action != Action::Allow {
            self.pass(path, component, action);
        }
    }

    fn blocks(&self, vpc: VpcId, subnet: SubnetId, passage: Passage) -> Action {
        let Some(guard) = &self.network.vpcs[vpc].block_public_access else { return Action::Allow };
        let exclusion = guard.subnets.get(&subnet).copied().or(guard.exclusion);
        match (guard.mode, exclusion, passage) {
            (BlockMode::Off, ..) | (_, Some(Exclusion::Bidirectional), _) => Action::Allow,
            (BlockMode::Ingress, _, Passage::NatGateway | Passage::EgressOnly) => Action::Allow,
            (
                BlockMode::Bidirectional,
                Some(Exclusion::Egress),
                Passage::NatGateway | Passage::EgressOnly,
            ) => Action::Allow,
            // Whether an interface may then send by its own public address is not documented.
            (BlockMode::Bidirectional, Some(Exclusion::Egress), Passage::Outward) => {
                Action::Unknown(Code::Und001)
            }
            _ => Action::Deny(Code::Bpa001),
        }
    }
}
