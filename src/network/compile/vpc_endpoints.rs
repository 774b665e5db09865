//! VPC endpoints, endpoint services and prefix lists.

use crate::topology::{EndpointType, Entry, VpcEndpoint};

use super::super::id::{UnmodelledId, VpcId};
use super::super::{GatewayEndpoint, InterfaceEndpoint, PrefixList, Unmodelled};
use super::{Compiler, union_of};

/// What is offered to other VPCs: its consumers' side is modelled, its own is not.
const SERVICE: &str = "endpoint service";

impl Compiler<'_> {
    pub(super) fn prefix_lists(&mut self) {
        for entry in &self.topology.prefix_lists {
            self.network.prefix_lists.push(PrefixList {
                name: entry.name().to_owned(),
                aliases: entry.aliases.clone(),
                addresses: entry.value.entries.as_deref().map(union_of),
            });
        }
    }

    /// After the instances, which own the interfaces of interface endpoints.
    pub(super) fn vpc_endpoints(&mut self) {
        for entry in &self.topology.endpoint_services {
            let balancer = &entry.value.load_balancer.value;
            let id = self.network.unmodelled.push(Unmodelled {
                kind: SERVICE.to_owned(),
                name: entry.name().to_owned(),
                place: entry.place(),
                vpc: None,
                subnets: Vec::new(),
                security_groups: Vec::new(),
                why: Some(format!(
                    "what its load balancer {balancer} does with connections by PrivateLink is not modelled yet"
                )),
            });
            self.scope.unmodelled.entry((None, entry.name().to_owned())).or_insert(id);
            self.scope.services.insert(entry.name().to_owned(), id);
        }
        for (vpc, entry) in self.said() {
            for endpoint in &entry.value.endpoints {
                match endpoint.value.kind.value {
                    EndpointType::Gateway => self.gateway_endpoint(vpc, endpoint),
                    EndpointType::Interface => self.interface_endpoint(vpc, endpoint),
                }
            }
        }
    }

    fn gateway_endpoint(&mut self, vpc: VpcId, entry: &Entry<VpcEndpoint>) {
        let said = &entry.value;
        let id = self.network.gateway_endpoints.push(GatewayEndpoint {
            name: entry.name().to_owned(),
            aliases: entry.aliases.clone(),
            place: entry.place(),
            vpc,
            service: said.service.value.clone(),
            available: said.available.value,
            available_place: said.available.place,
        });
        self.scope.gateway_endpoints.insert((vpc, entry.name().to_owned()), id);
    }

    fn interface_endpoint(&mut self, vpc: VpcId, entry: &Entry<VpcEndpoint>) {
        let Some(&instance) = self.scope.instances.get(&(vpc, entry.name().to_owned())) else { return };
        let said = &entry.value;
        let provider: Option<UnmodelledId> = self.scope.services.get(&said.service.value).copied();
        let described = self.topology.endpoint_services.get(&said.service.value);
        let zones = described.map(|service| service.zones.iter().map(|zone| zone.value.clone()).collect());
        let endpoint = InterfaceEndpoint {
            name: entry.name().to_owned(),
            service: said.service.value.clone(),
            available: said.available.value,
            available_place: said.available.place,
            private_dns: said.private_dns.is_some_and(|on| on.value),
            zones: zones.unwrap_or_default(),
            provider,
        };
        self.network.interface_endpoints.insert(instance, endpoint);
    }
}
