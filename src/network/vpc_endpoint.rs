//! VPC endpoints and prefix lists (EP-1 to EP-7, RT-8).

use crate::flow::AddressSet;
use crate::topology::Place;

use super::Network;
use super::id::{InterfaceId, UnmodelledId, VpcId};

/// A gateway endpoint: a route target that leads to a service of AWS (EP-1).
#[derive(Clone, Debug)]
pub struct GatewayEndpoint {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was named.
    pub place: Place,
    /// The only VPC that can use it.
    pub vpc: VpcId,
    /// The service, as it was said.
    pub service: String,
    /// Whether its state is `available`.
    pub available: bool,
    /// Where the state was said.
    pub available_place: Place,
}

/// What is behind the interfaces of an interface endpoint (EP-3, EP-6).
#[derive(Clone, Debug)]
pub struct InterfaceEndpoint {
    /// Its name.
    pub name: String,
    /// The service, as it was said.
    pub service: String,
    /// Whether its state is `available`.
    pub available: bool,
    /// Where the state was said.
    pub available_place: Place,
    /// Whether the service's own name leads to it inside the VPC (EP-4).
    pub private_dns: bool,
    /// The zones of an endpoint service that is described; none if it is in every zone, or not described.
    pub zones: Vec<String>,
    /// The provider's side, where it is described: it is not modelled.
    pub provider: Option<UnmodelledId>,
}

/// A named list of ranges.
#[derive(Clone, Debug)]
pub struct PrefixList {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Its addresses; none if they are not known.
    pub addresses: Option<AddressSet>,
}

impl PrefixList {
    /// Whether somebody calls it so: `s3`, `pl-6da54004`, `com.amazonaws.eu-west-1.s3`.
    pub fn is_called(&self, name: &str) -> bool {
        let short = |own: &str| crate::topology::short_service(own) == name;
        self.name == name
            || short(&self.name)
            || self.aliases.iter().any(|alias| alias == name || short(alias))
    }

    /// The full name of the service that it is of, if one of its names says so.
    pub fn service(&self) -> Option<&str> {
        let names = std::iter::once(&self.name).chain(&self.aliases);
        names.map(String::as_str).find(|name| name.starts_with("com.amazonaws."))
    }

    /// Whether it is one of AWS's lists for a service behind gateway endpoints: public IPv4 addresses.
    pub fn is_of_service(&self) -> bool {
        const SERVICES: [&str; 3] = ["s3", "dynamodb", "s3express"];
        SERVICES.iter().any(|service| self.is_called(service))
    }
}

impl Network {
    /// The endpoint that an interface belongs to.
    pub fn endpoint_of(&self, interface: InterfaceId) -> Option<&InterfaceEndpoint> {
        self.interface_endpoints.get(&self.interfaces[interface].instance)
    }

    /// The prefix lists of that name or alias. Sources may say the list of one service several times.
    pub fn prefix_lists_called(&self, name: &str) -> Vec<&PrefixList> {
        let lists = || self.prefix_lists.iter();
        match lists().find(|list| list.name == name) {
            Some(exact) => lists()
                .filter(|list| {
                    list.name == name || exact.service().is_some() && list.service() == exact.service()
                })
                .collect(),
            None => lists().filter(|list| list.is_called(name)).collect(),
        }
    }
}
