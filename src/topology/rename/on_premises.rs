//! Names of what leads to networks of one's own.

use super::{Directory, VPN_GATEWAY, refer, rename_entries};
use crate::topology::{Spanned, Topology};

impl Directory {
    /// Every VPC calls its gateway `vgw`, so a line names the VPC too.
    pub(super) fn name_vpn_gateways(&mut self, topology: &Topology) {
        for entry in &topology.vpcs {
            let Some(gateway) = &entry.value.vpn_gateway else { continue };
            let vpc = self.vpcs.get(entry.name()).map_or(entry.name(), String::as_str);
            let name = format!("{vpc}/{VPN_GATEWAY}");
            self.vpn_gateways.insert(format!("{}/{}", entry.name(), gateway.name.value), name.clone());
            self.vpn_gateways.entry(gateway.name.value.clone()).or_insert(name);
        }
    }

    /// The name of what an attachment of a transit gateway leads to.
    pub(super) fn line(&self, name: &str) -> Option<&String> {
        self.vpn_connections
            .get(name)
            .or_else(|| self.direct_connect_gateways.get(name))
            .or_else(|| self.unmodelled.get(name))
    }

    fn gateway(&self, name: &mut Spanned<String>) {
        let known = self
            .vpn_gateways
            .get(&name.value)
            .or_else(|| self.direct_connect_gateways.get(&name.value))
            .or_else(|| self.links.get(&name.value));
        match known {
            Some(known) => name.value.clone_from(known),
            None => name.value = super::candidate::reference(&name.value),
        }
    }

    pub(super) fn on_premises(&self, topology: &mut Topology) {
        for entry in &mut topology.vpn_connections.0 {
            let said = &mut entry.value;
            said.gateway.iter_mut().for_each(|name| self.gateway(name));
            said.network.iter_mut().for_each(|name| refer(&self.networks, &mut name.value));
            said.customer_gateway.iter_mut().for_each(|name| refer(&self.customer_gateways, &mut name.value));
        }
        for entry in &mut topology.direct_connect_gateways.0 {
            let said = &mut entry.value;
            said.gateways.iter_mut().for_each(|name| self.gateway(name));
            said.network.iter_mut().for_each(|name| refer(&self.networks, &mut name.value));
        }
        for entry in &mut topology.virtual_interfaces.0 {
            self.gateway(&mut entry.value.gateway);
            let network = entry.value.network.iter_mut();
            network.for_each(|name| refer(&self.networks, &mut name.value));
        }
        rename_entries(&mut topology.customer_gateways, &self.customer_gateways);
        rename_entries(&mut topology.vpn_connections, &self.vpn_connections);
        rename_entries(&mut topology.direct_connect_gateways, &self.direct_connect_gateways);
        rename_entries(&mut topology.virtual_interfaces, &self.virtual_interfaces);
    }
}
