//! Which interface of a network is which host of the lab.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::lab::Chosen;
use crate::lab::plan::HostName;
use crate::network::{InterfaceId, Network};
use crate::topology::Topology;

/// The full name of each interface.
pub fn hosts(topology: &Topology, network: &Network) -> BTreeMap<InterfaceId, HostName> {
    let mut hosts = BTreeMap::new();
    for (_, instance) in network.instances.iter() {
        let vpc = &network.vpcs[instance.vpc].name;
        let said = topology.vpcs.get(vpc).and_then(|said| said.instances.get(&instance.name));
        for id in &instance.interfaces {
            let name = &network.interfaces[*id].name;
            let is = |interface: &str| {
                name == interface
                    || *name == format!("{}/{interface}", instance.name)
                    || *name == instance.name
            };
            let mut entries = said.into_iter().flat_map(|said| &said.interfaces);
            if let Some(entry) = entries.find(|entry| is(entry.name())) {
                let (instance, interface) = (instance.name.clone(), entry.name().to_owned());
                hosts.insert(*id, HostName { vpc: vpc.clone(), instance, interface });
            }
        }
    }
    hosts
}

/// The addresses that the analyzer chose where nobody said any: the lab takes the same.
pub fn chosen(network: &Network, hosts: &BTreeMap<InterfaceId, HostName>) -> Chosen {
    let mut chosen = Chosen::default();
    for (id, host) in hosts {
        for address in &network.interfaces[*id].addresses {
            if address.assumed {
                chosen.private.entry(host.to_string()).or_default().push(address.private);
            }
            if let (Some(public), true) = (address.public, address.public_assumed) {
                chosen.public.insert(host.to_string(), public);
            }
        }
    }
    for (_, nat) in network.nat_gateways.iter() {
        let key = format!("{}/{}", network.vpcs[nat.vpc].name, nat.name);
        chosen.private.insert(key.clone(), vec![IpAddr::V4(nat.private_ip)]);
        if let (Some(public), true) = (nat.public_ip, nat.public_ip_assumed) {
            chosen.public.insert(key, public);
        }
    }
    chosen
}
