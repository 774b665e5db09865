//! Instances and their interfaces.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::topology::{
    Diagnostic, Entry, InstanceKind, Interface as SaidInterface, Place, PublicIp, Spanned,
};

use super::super::id::{InstanceId, InterfaceId, SecurityGroupId, SubnetId, VpcId};
use super::super::{Instance, Interface, InterfaceAddress, default_ephemeral_ports, public_addresses};
use super::addresses::Reserved;
use super::{Compiler, code};

impl<'t> Compiler<'t> {
    pub(super) fn instances(&mut self) {
        let mut reserved = Reserved::new(self.topology);
        self.reserve_said(&mut reserved);
        for (vpc, entry) in self.said() {
            for instance in &entry.value.instances {
                self.instance(vpc, instance, &entry.value, &mut reserved);
            }
        }
        self.nat_gateways(&mut reserved);
        self.note_shared_names();
    }

    fn note_shared_names(&mut self) {
        let mut named: BTreeMap<&str, Vec<InstanceId>> = BTreeMap::new();
        for (id, instance) in self.network.instances.iter() {
            named.entry(&instance.name).or_default().push(id);
        }
        let shared: Vec<InstanceId> = named.into_values().filter(|ids| ids.len() > 1).flatten().collect();
        for id in shared {
            self.network.instances[id].name_is_shared = true;
        }
    }

    /// What somebody said is taken before anything is assumed.
    fn reserve_said(&self, reserved: &mut Reserved) {
        for (vpc, entry) in self.said() {
            let subnet = |name: &Spanned<String>| self.scope.subnets.get(&(vpc, name.value.clone())).copied();
            for interface in entry.value.instances.iter().flat_map(|instance| &instance.value.interfaces) {
                let said = &interface.value;
                if let Some(subnet) = subnet(&said.subnet) {
                    said.ips.iter().for_each(|ip| reserved.take(subnet, ip.value.into()));
                    said.ipv6.iter().for_each(|ip| reserved.take(subnet, ip.value.into()));
                }
                said.public_ips.iter().for_each(|pair| reserved.take_public(pair.public.value));
                if let PublicIp::Address(address) = said.public_ip.value {
                    reserved.take_public(address);
                }
            }
            for nat in &entry.value.nat_gateways {
                if let (Some(subnet), Some(ip)) = (subnet(&nat.value.subnet), &nat.value.private_ip) {
                    reserved.take(subnet, ip.value.into());
                }
                if let Some(ip) = &nat.value.public_ip {
                    reserved.take_public(ip.value);
                }
            }
        }
    }

    fn instance(
        &mut self,
        vpc: VpcId,
        entry: &'t Entry<crate::topology::Instance>,
        said_vpc: &'t crate::topology::Vpc,
        reserved: &mut Reserved,
    ) {
        let said = &entry.value;
        // A NAT gateway's own interface is the gateway (captures list both).
        if said.kind.value == InstanceKind::NatGateway {
            return;
        }
        let ephemeral = said.ephemeral_ports.as_ref().map(|ports| ports.value);
        let id = self.network.instances.push(Instance {
            name: entry.name().to_owned(),
            name_is_shared: false,
            aliases: entry.aliases.clone(),
            place: entry.place(),
            vpc,
            kind: said.kind.value.clone(),
            state: said.state.value,
            state_place: said.state.place,
            group: said.group.as_ref().map(|group| group.value.clone()),
            ephemeral_ports: ephemeral.unwrap_or_else(|| default_ephemeral_ports(&said.kind.value)),
            ephemeral_ports_assumed: ephemeral.is_none(),
            policy_routing: said.policy_routing.as_ref().is_none_or(|on| on.value),
            one_per_subnet: said.one_per_subnet,
            interfaces: Vec::new(),
        });
        self.scope.instances.insert((vpc, entry.name().to_owned()), id);
        for interface in &said.interfaces {
            let name = match said.interfaces.len() {
                // AWS answers give interfaces ids, which are names of their own.
                _ if self.network.is_capture() && interface.name().starts_with("eni-") => {
                    interface.name().to_owned()
                }
                1 => entry.name().to_owned(),
                _ => format!("{}/{}", entry.name(), interface.name()),
            };
            if let Some(interface_id) = self.interface(vpc, id, name, &interface.value, said_vpc, reserved) {
                self.network.instances[id].interfaces.push(interface_id);
                let qualified = format!("{}/{}", entry.name(), interface.name());
                self.scope.interfaces.insert((vpc, qualified), interface_id);
                self.scope.interfaces.entry((vpc, interface.name().to_owned())).or_insert(interface_id);
            }
        }
    }

    fn interface(
        &mut self,
        vpc: VpcId,
        instance: InstanceId,
        name: String,
        said: &SaidInterface,
        said_vpc: &crate::topology::Vpc,
        reserved: &mut Reserved,
    ) -> Option<InterfaceId> {
        let Some(&subnet) = self.scope.subnets.get(&(vpc, said.subnet.value.clone())) else {
            let known: Vec<&str> = said_vpc.subnets.iter().map(Entry::name).collect();
            self.unknown_name("subnet", &said.subnet, &known);
            return None;
        };
        let groups = self.groups(vpc, said.security_groups.as_deref(), said_vpc);
        let named = said.security_groups.as_ref().map_or(0, Vec::len);
        let groups_unknown = said.more_security_groups
            || self.network.partial
                && (groups.len() < named
                    || self.topology.completeness.is_missing(crate::topology::CaptureKind::SecurityGroups));
        let addresses = self.addresses(instance, subnet, said, said_vpc, reserved);
        let id = self.network.interfaces.push(Interface {
            name,
            instance,
            vpc,
            subnet,
            addresses,
            groups: groups.clone(),
            groups_unknown,
            groups_open: said.more_security_groups,
            unfiltered: self.network.instances[instance].kind == InstanceKind::LoadBalancer
                && said.security_groups.as_ref().is_some_and(Vec::is_empty)
                && !said.more_security_groups,
            source_dest_check: said.source_dest_check.as_ref().is_none_or(|on| on.value),
            check_place: said.source_dest_check.as_ref().map_or(said.place, |on| on.place),
            attached: said.attached,
            deny_all_igw_traffic: said.deny_all_igw_traffic,
            place: said.place,
        });
        for group in groups {
            self.network.security_groups[group].members.push(id);
        }
        Some(id)
    }

    fn groups(
        &mut self,
        vpc: VpcId,
        said: Option<&[Spanned<String>]>,
        said_vpc: &crate::topology::Vpc,
    ) -> Vec<SecurityGroupId> {
        let Some(names) = said else { return vec![self.network.vpcs[vpc].default_security_group] };
        let mut groups = Vec::with_capacity(names.len());
        for name in names {
            // `vpc/name`: an imported group of the VPC whose subnets are shared.
            let (home, bare) = match self.network.partial {
                true => self.qualified(vpc, &name.value),
                false => (vpc, name.value.as_str()),
            };
            let found = self.scope.security_groups.get(&(home, bare.to_owned()));
            let shared = || {
                self.network.partial.then(|| self.scope.security_groups_anywhere.get(&name.value)).flatten()
            };
            match found.or_else(shared) {
                Some(group) if !groups.contains(group) => groups.push(*group),
                Some(_) => {}
                None => {
                    let known: Vec<&str> = said_vpc.security_groups.iter().map(Entry::name).collect();
                    self.unknown_name("security group", name, &known);
                }
            }
        }
        groups
    }

    fn addresses(
        &mut self,
        instance: InstanceId,
        subnet: SubnetId,
        said: &SaidInterface,
        said_vpc: &crate::topology::Vpc,
        reserved: &mut Reserved,
    ) -> Vec<InterfaceAddress> {
        let mut addresses: Vec<InterfaceAddress> = Vec::new();
        let plain = |private: IpAddr, assumed| InterfaceAddress {
            private,
            assumed,
            public: None,
            public_assumed: false,
        };
        // A capture says every address but those that are not given out yet.
        let owner = &self.network.instances[instance];
        let assumes =
            !self.network.is_capture() || owner.one_per_subnet || owner.kind == InstanceKind::LoadBalancer;
        if said.ips.is_empty() && self.network.subnets[subnet].cidr.is_some() && assumes {
            match reserved.assume_ipv4(&self.network.subnets[subnet], subnet) {
                Some(free) => addresses.push(plain(free.into(), true)),
                None => self.subnet_full(subnet, said.place),
            }
        }
        addresses.extend(said.ips.iter().map(|ip| plain(ip.value.into(), false)));
        for ip in &said.ips {
            self.check_address(subnet, ip.value.into(), ip.place);
        }
        let said_subnet = said_vpc.subnets.get(&self.network.subnets[subnet].name);
        // Only EC2 takes the subnet's setting; services have one of their own, and a function never gets one (EN-6).
        let inherits = self.network.instances[instance].kind == InstanceKind::Ec2
            && said_subnet
                .and_then(|subnet| subnet.auto_assign_public_ip.as_ref())
                .is_some_and(|on| on.value);
        self.publish(&mut addresses, said, inherits, reserved);
        addresses.extend(said.ipv6.iter().map(|ip| plain(ip.value.into(), false)));
        for ip in &said.ipv6 {
            self.check_address(subnet, ip.value.into(), ip.place);
        }
        let only_ipv6 = self.network.subnets[subnet].cidr.is_none();
        // EP-3: an endpoint has IPv4 addresses, unless somebody said others.
        let is_endpoint = self.network.instances[instance].kind == InstanceKind::VpcEndpoint;
        let assign = !is_endpoint
            && said_subnet.and_then(|subnet| subnet.auto_assign_ipv6.as_ref()).is_some_and(|on| on.value);
        if said.ipv6.is_empty() && (assign || only_ipv6) && assumes {
            let free = reserved.assume_ipv6(&self.network.subnets[subnet], subnet);
            addresses.extend(free.map(|free| plain(free.into(), true)));
        }
        addresses
    }

    /// Gives private addresses their public ones (EN-1).
    fn publish(
        &mut self,
        addresses: &mut [InterfaceAddress],
        said: &SaidInterface,
        inherits: bool,
        reserved: &mut Reserved,
    ) {
        if let PublicIp::Address(address) = said.public_ip.value
            && !public_addresses().contains(address.into())
            && !self.network.partial
        {
            let message = format!("`{address}` is not a public address");
            self.report(
                Diagnostic::error(code::ADDRESS_OUTSIDE, message, said.public_ip.place)
                    .help("the internet does not route it; write `true` to let AWS pick one"),
            );
        }
        let assigned = match said.public_ip.value {
            PublicIp::Address(address) => Some((address, false)),
            PublicIp::Assigned => reserved.assume_public().map(|address| (address, true)),
            PublicIp::Inherit if inherits && said.public_ips.is_empty() => {
                reserved.assume_public().map(|address| (address, true))
            }
            PublicIp::Inherit | PublicIp::None => None,
        };
        if let (Some((public, assumed)), Some(primary)) = (assigned, addresses.first_mut()) {
            primary.public = Some(public);
            primary.public_assumed = assumed;
        }
        for pair in &said.public_ips {
            let private = IpAddr::V4(pair.private.value);
            match addresses.iter_mut().find(|address| address.private == private) {
                Some(address) => address.public = Some(pair.public.value),
                None => self.report(
                    Diagnostic::error(
                        code::ADDRESS_OUTSIDE,
                        format!("`{private}` has a public address but is not an address of the interface"),
                        pair.private.place,
                    )
                    .help("list it under `ips` too"),
                ),
            }
        }
    }

    /// VP-8: an address must lie in its subnet and not be reserved.
    pub(super) fn check_address(&mut self, subnet: SubnetId, address: IpAddr, place: Place) {
        let subnet = &self.network.subnets[subnet];
        let range = || {
            let ranges =
                [subnet.cidr.map(|cidr| cidr.to_string()), subnet.ipv6_cidr.map(|cidr| cidr.to_string())];
            ranges.into_iter().flatten().collect::<Vec<_>>().join(", ")
        };
        let problem = if !subnet.contains(address) {
            let message = format!("`{address}` is not in subnet `{}` ({})", subnet.name, range());
            Some(Diagnostic::error(code::ADDRESS_OUTSIDE, message, place).also(subnet.place, "the subnet"))
        } else if subnet.is_reserved(address) {
            let message = format!("`{address}` is reserved by AWS in subnet `{}` ({})", subnet.name, range());
            Some(
                Diagnostic::error(code::ADDRESS_RESERVED, message, place)
                    .help("the first four addresses and the last one of a subnet can't be used (VP-8)"),
            )
        } else {
            None
        };
        if let Some(problem) = problem
            && !self.network.partial
        {
            self.report(problem);
        }
    }
}
