//! Endpoints that no question about primary addresses tells apart.

use crate::network::Network;
use crate::reach::Endpoint;
use crate::topology::EphemeralPorts;

use super::class::Classes;

/// What questions see of an endpoint: those of one kind get the same answers, but for names and addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The classes of the primary addresses, by family, and the range of client ports.
    Class(Option<u32>, Option<u32>, (u16, u16)),
    /// Like no other: its position among the endpoints.
    Only(usize),
}

/// The kinds of a list of endpoints, in its order.
pub(super) fn kinds(network: &Network, endpoints: &[Endpoint]) -> Vec<Kind> {
    let (ipv4, ipv6) = (Classes::new(network, false), Classes::new(network, true));
    let kind = |(position, endpoint): (usize, &Endpoint)| match endpoint.interface() {
        None => Kind::Only(position),
        Some(interface) => {
            let instance = &network.instances[network.interfaces[interface].instance];
            let client = EphemeralPorts::range(instance.ephemeral_ports);
            Kind::Class(
                ipv4.of.get(&interface).copied(),
                ipv6.of.get(&interface).copied(),
                (client.first, client.last),
            )
        }
    };
    endpoints.iter().enumerate().map(kind).collect()
}
