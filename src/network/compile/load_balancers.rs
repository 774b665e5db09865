//! Listeners and targets of load balancers.

use std::net::IpAddr;

use crate::topology::{
    BalancerKind, Entry, Listener as SaidListener, LoadBalancer as SaidBalancer, Spanned, Target,
    TargetGroup as SaidGroup, TargetKind, Transport, Vpc,
};

use super::super::id::{InstanceId, InterfaceId, VpcId};
use super::super::{BalancerTarget, Listener, LoadBalancer, TargetAddress, TargetGroup};
use super::Compiler;

impl Compiler<'_> {
    pub(super) fn load_balancers(&mut self) {
        for (vpc, entry) in self.said() {
            for balancer in &entry.value.load_balancers {
                let Some(&instance) = self.scope.instances.get(&(vpc, balancer.name().to_owned())) else {
                    continue;
                };
                let said = &balancer.value;
                let listeners =
                    said.listeners.iter().map(|one| self.listener(vpc, one, said, &entry.value)).collect();
                let compiled =
                    LoadBalancer { instance, kind: said.kind, listeners, unknown: said.unknown.clone() };
                self.network.load_balancers.insert(instance, compiled);
            }
        }
    }

    fn listener(
        &mut self,
        vpc: VpcId,
        said: &SaidListener,
        balancer: &SaidBalancer,
        said_vpc: &Vpc,
    ) -> Listener {
        let mut unknown = said.unknown.clone();
        let mut groups = Vec::new();
        for name in &said.target_groups {
            let found = said_vpc.target_groups.iter().find(|group| group.name() == name.value);
            if let Some(group) = found {
                groups.push(self.target_group(vpc, group, (balancer, said), said_vpc));
                continue;
            }
            let known: Vec<&str> = said_vpc.target_groups.iter().map(Entry::name).collect();
            self.unknown_name("target group", name, &known);
            unknown.get_or_insert_with(|| format!("target group {}, which is not described", name.value));
        }
        Listener {
            port: said.port,
            transport: said.transport,
            groups,
            answers: said.answers,
            unknown,
            place: said.place,
        }
    }

    fn target_group(
        &mut self,
        vpc: VpcId,
        entry: &Entry<SaidGroup>,
        (balancer, listener): (&SaidBalancer, &SaidListener),
        said_vpc: &Vpc,
    ) -> TargetGroup {
        let said = &entry.value;
        let port = said.port.as_ref().map_or(listener.port, |port| port.value);
        let mut unknown = said.unknown.clone();
        let mut targets = Vec::new();
        for target in &said.targets {
            let Some(found) = self.balancer_target(vpc, target, said, said_vpc) else {
                let name = &target.name.value;
                unknown.get_or_insert_with(|| format!("target {name}, which is not described"));
                continue;
            };
            let port = target.port.unwrap_or(port);
            targets.extend(found.into_iter().map(|at| BalancerTarget { at, port, one_of: self.one_of(at) }));
        }
        TargetGroup {
            name: entry.name().to_owned(),
            targets,
            health_check_port: said.health_check_port.as_ref().map(|port| port.value),
            cross_zone: cross_zone(balancer, said),
            preserves_client: preserves_client(balancer.kind, listener, said),
            is_function: said.kind.value == TargetKind::Lambda,
            unknown,
            place: said.place,
        }
    }

    /// LB-10: an instance, a group of them, an address, or the nodes of another load balancer. None if it is not described.
    fn balancer_target(
        &mut self,
        vpc: VpcId,
        said: &Target,
        group: &SaidGroup,
        said_vpc: &Vpc,
    ) -> Option<Vec<TargetAddress>> {
        if group.kind.value == TargetKind::Lambda {
            return Some(Vec::new());
        }
        if let Ok(address) = said.name.value.parse::<IpAddr>() {
            return Some(vec![TargetAddress::Address(address)]);
        }
        let named = self.named(vpc, &said.name);
        if named.is_empty() {
            let known: Vec<&str> = said_vpc.instances.iter().map(Entry::name).collect();
            self.unknown_name("target", &said.name, &known);
            return None;
        }
        Some(named.into_iter().map(TargetAddress::Interface).collect())
    }

    /// The owner of a target that may be in any of several subnets.
    fn one_of(&self, target: TargetAddress) -> Option<InstanceId> {
        let TargetAddress::Interface(id) = target else { return None };
        let owner = self.network.interfaces[id].instance;
        let instance = &self.network.instances[owner];
        (instance.one_per_subnet && instance.interfaces.len() > 1).then_some(owner)
    }

    /// The primary interface of an instance; every node of a load balancer, every host that a name stands for (EN-8).
    fn named(&self, vpc: VpcId, name: &Spanned<String>) -> Vec<InterfaceId> {
        let owners = self.network.instances.iter().filter(|(_, one)| one.vpc == vpc);
        let owners = owners
            .filter(|(_, one)| one.name == name.value || one.group.as_ref() == Some(&name.value))
            .map(|(_, one)| one);
        owners
            .flat_map(|one| {
                let many = one.one_per_subnet || one.kind == crate::topology::InstanceKind::LoadBalancer;
                one.interfaces.iter().take(if many { usize::MAX } else { 1 }).copied()
            })
            .collect()
    }
}

/// LB-11: on for an application load balancer, off for the others, unless somebody said otherwise.
fn cross_zone(balancer: &SaidBalancer, group: &SaidGroup) -> Result<bool, String> {
    if let Some(said) = &group.cross_zone {
        return Ok(said.value);
    }
    if let Some(why) = &group.attributes_unknown {
        return Err(why.clone());
    }
    if balancer.kind == BalancerKind::Application {
        return Ok(true);
    }
    match (&balancer.cross_zone, &balancer.attributes_unknown) {
        (Some(said), _) => Ok(said.value),
        (None, Some(why)) => Err(why.clone()),
        (None, None) => Ok(false),
    }
}

/// LB-8: on for instances, and for addresses that are sent UDP; off for other addresses. LB-14: on for load balancers.
fn preserves_client(kind: BalancerKind, listener: &SaidListener, group: &SaidGroup) -> Result<bool, String> {
    if kind != BalancerKind::Network {
        return Ok(false);
    }
    let transport = group.transport.as_ref().map_or(listener.transport, |one| one.value);
    // It can't be turned off where anything but TCP is passed on.
    if transport != Transport::Tcp || group.kind.value == TargetKind::Balancer {
        return Ok(true);
    }
    if let Some(said) = &group.preserve_client_ip {
        return Ok(said.value);
    }
    if let Some(why) = &group.attributes_unknown {
        return Err(why.clone());
    }
    let by_address = group.kind.value == TargetKind::Ip
        || !group.targets.is_empty()
            && group.targets.iter().all(|target| target.name.value.parse::<IpAddr>().is_ok());
    Ok(!by_address)
}
