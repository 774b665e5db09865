//! Listeners and targets of application load balancers.

use std::net::IpAddr;

use crate::topology::{Entry, Listener as SaidListener, Spanned, TargetGroup, Vpc};

use super::super::id::VpcId;
use super::super::{BalancerTarget, Listener, LoadBalancer};
use super::Compiler;

impl Compiler<'_> {
    pub(super) fn load_balancers(&mut self) {
        for (vpc, entry) in self.said() {
            for balancer in &entry.value.load_balancers {
                let Some(&instance) = self.scope.instances.get(&(vpc, balancer.name().to_owned())) else {
                    continue;
                };
                let listeners = balancer
                    .value
                    .listeners
                    .iter()
                    .filter_map(|listener| self.listener(vpc, listener, &entry.value))
                    .collect();
                self.network.load_balancers.insert(instance, LoadBalancer { instance, listeners });
            }
        }
    }

    fn listener(&mut self, vpc: VpcId, said: &SaidListener, said_vpc: &Vpc) -> Option<Listener> {
        let name = &said.target_group;
        let Some(group) = said_vpc.target_groups.iter().find(|group| group.name() == name.value) else {
            let known: Vec<&str> = said_vpc.target_groups.iter().map(Entry::name).collect();
            self.unknown_name("target group", name, &known);
            return None;
        };
        let group: &TargetGroup = &group.value;
        let mut targets = Vec::new();
        // A group of functions or of another load balancer has no addresses here.
        if group.foreign.is_none() {
            for target in &group.targets {
                targets.extend(self.targets(vpc, target, said_vpc));
            }
        }
        let target_port = group.port.as_ref().map_or(said.port, |port| port.value);
        Some(Listener {
            port: said.port,
            target_group: name.value.clone(),
            targets,
            target_port,
            health_check_port: group.health_check_port.as_ref().map_or(target_port, |port| port.value),
            cross_zone: group.cross_zone.as_ref().is_none_or(|on| on.value),
            unknown: group.foreign.as_ref().map(|kind| format!("targets of type {}", kind.value)),
            place: said.place,
            group_place: group.place,
        })
    }

    /// LB-10: an instance, a group of them, or an address.
    fn targets(&mut self, vpc: VpcId, said: &Spanned<String>, said_vpc: &Vpc) -> Vec<BalancerTarget> {
        if let Ok(address) = said.value.parse::<IpAddr>() {
            return vec![BalancerTarget::Address(address)];
        }
        let named: Vec<_> = self
            .network
            .instances
            .iter()
            .filter(|(_, instance)| instance.vpc == vpc)
            .filter(|(_, instance)| {
                instance.name == said.value || instance.group.as_ref() == Some(&said.value)
            })
            .filter_map(|(_, instance)| instance.interfaces.first().copied())
            .collect();
        if named.is_empty() {
            let known: Vec<&str> = said_vpc.instances.iter().map(Entry::name).collect();
            self.unknown_name("target", said, &known);
        }
        named.into_iter().map(BalancerTarget::Interface).collect()
    }
}
