//! Who can be asked about, each resolved once: a name is looked for in the whole network, an [`Endpoint`] is not.

use crate::network::{InstanceId, InterfaceId, Network};
use crate::topology::InstanceKind;

use super::endpoint::{self, Member};
use super::question::{Dial, QuestionError};

/// Someone that questions can be about.
#[derive(Clone, Debug)]
pub struct Endpoint {
    name: String,
    pub(super) members: Vec<Member>,
}

impl Endpoint {
    /// Looks a name up: an instance, a group, `vpc/name`, `subnet:x`, `sg:x`, `net:x`, an address, a CIDR, `internet`, `*`.
    ///
    /// # Errors
    /// If the name is unknown or ambiguous.
    pub fn resolve(network: &Network, name: &str, dial: Dial) -> Result<Self, QuestionError> {
        let members = endpoint::resolve(network, name, dial == Dial::Every)?;
        Ok(Self { name: name.to_owned(), members })
    }

    /// What owns interfaces, by a name that is unique, in the order of the file; then what is not modelled but can be
    /// asked about. An instance stands for its primary interface.
    pub fn inside(network: &Network) -> Vec<Self> {
        let owns = |id: &InstanceId| network.instances[*id].kind != InstanceKind::NatGateway;
        let instances = network.instances.ids().filter(owns).filter_map(|id| {
            let members = endpoint::standing_for(&network.instances[id], false);
            let name = endpoint::instance_name(network, id);
            (!members.is_empty()).then_some(Self { name, members })
        });
        let balancers = network.unmodelled.iter().filter(|(_, item)| item.kind == "load balancer");
        let balancers = balancers
            .map(|(id, item)| Self { name: item.name.clone(), members: vec![Member::Unmodelled(id)] });
        instances.chain(balancers).collect()
    }

    /// The internet and the named networks.
    pub fn outside(network: &Network) -> Vec<Self> {
        let internet = Self { name: "internet".to_owned(), members: vec![endpoint::internet(network)] };
        let networks = network.networks.ids().map(|id| {
            let name = format!("net:{}", network.networks[id].name);
            Self { members: endpoint::of_network(network, id, &name), name }
        });
        std::iter::once(internet).chain(networks).collect()
    }

    /// The name to show, and to ask about.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The interface that it stands for, if it is one and none of its addresses was singled out.
    pub fn interface(&self) -> Option<InterfaceId> {
        match self.members.as_slice() {
            [Member::Interface(id, None)] => Some(*id),
            _ => None,
        }
    }

    /// Whether it has only addresses outside every VPC.
    pub fn is_outside(&self) -> bool {
        self.members
            .iter()
            .all(|member| matches!(member, Member::Outside(..) | Member::List(..) | Member::Site(..)))
    }

    /// Whether both are nothing but the same host.
    pub fn is_same_host(&self, other: &Self, network: &Network) -> bool {
        let [one] = self.members.as_slice() else { return false };
        other.members.iter().all(|member| one.is_same_host(member, network))
    }
}
