//! VPC Block Public Access (IG-10), for one packet.

use std::collections::HashMap;

use vpcreach::topology::{BlockMode, Exclusion, Topology};

use super::walk::{Stop, Walk};
use super::world::World;

#[derive(Debug)]
pub struct Guard {
    mode: BlockMode,
    whole: Option<Exclusion>,
    subnets: HashMap<usize, Exclusion>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Itself,
    NatGateway,
    EgressOnly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Yes,
    No,
    Nothing,
}

pub fn resolve(world: &mut World, topology: &Topology) {
    for (vpc, entry) in topology.vpcs.iter().enumerate() {
        let Some(said) = &entry.value.block_public_access else { continue };
        let named = |(name, exclusion): &(_, Exclusion)| {
            let name: &vpcreach::topology::Spanned<String> = name;
            Some((world.subnet_named(vpc, &name.value)?, *exclusion))
        };
        let subnets = said.exclusions.iter().filter_map(named).collect();
        let whole = said.exclusion.map(|exclusion| exclusion.value);
        world.vpcs[vpc].guard = Some(Guard { mode: said.mode.value, whole, subnets });
    }
}

impl Guard {
    fn says(&self, subnet: usize, inward: bool, by: By) -> Says {
        let exclusion = self.subnets.get(&subnet).copied().or(self.whole);
        if self.mode == BlockMode::Off || exclusion == Some(Exclusion::Bidirectional) {
            return Says::Yes;
        }
        if inward {
            return Says::No;
        }
        match (self.mode == BlockMode::Ingress, by) {
            (true, By::NatGateway | By::EgressOnly) => Says::Yes,
            (true, By::Itself) => Says::No,
            (false, _) if exclusion.is_none() => Says::No,
            (false, By::NatGateway | By::EgressOnly) => Says::Yes,
            // READING: nobody says what an exclusion for egress is worth without a NAT gateway.
            (false, By::Itself) => Says::Nothing,
        }
    }
}

impl Walk<'_> {
    /// A new flow from the internet to an interface in that subnet.
    pub(super) fn guard_inward(&mut self, vpc: usize, subnet: usize) -> Result<(), Stop> {
        self.guard(vpc, [Some(subnet), None], true, By::Itself)
    }

    /// A new flow to the internet, last from that subnet.
    pub(super) fn guard_outward(&mut self, vpc: usize, subnet: usize, by: By) -> Result<(), Stop> {
        let client = self.client.map(|client| &self.world.interfaces[client]);
        let client = client.filter(|client| client.vpc == vpc).map(|client| client.subnet);
        self.guard(vpc, [Some(subnet), client], false, by)
    }

    fn guard(&mut self, vpc: usize, subnets: [Option<usize>; 2], inward: bool, by: By) -> Result<(), Stop> {
        let Some(guard) = self.world.vpcs[vpc].guard.as_ref().filter(|_| !self.replying) else {
            return Ok(());
        };
        let said: Vec<Says> =
            subnets.into_iter().flatten().map(|subnet| guard.says(subnet, inward, by)).collect();
        if said.iter().all(|one| *one == Says::Yes) {
            return Ok(());
        }
        if said.iter().all(|one| *one == Says::No) {
            return Err(Stop::dropped("Block Public Access (IG-10)"));
        }
        self.doubt = Some("whether Block Public Access lets it through".into());
        Ok(())
    }
}
