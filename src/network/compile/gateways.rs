//! Gateways and peering connections.

use std::collections::BTreeMap;

use crate::flow::AddressSet;
use crate::topology::{Connectivity, Entry, Spanned};

use super::super::id::VpcId;
use super::super::{EgressOnlyInternetGateway, Guard, InternetGateway, NatGateway, Peering, Unmodelled};
use super::addresses::Reserved;
use super::{Compiler, code};

impl Compiler<'_> {
    pub(super) fn gateways(&mut self) {
        for (vpc, entry) in self.said() {
            self.block_public_access(vpc, &entry.value);
            if let Some(said) = &entry.value.internet_gateway {
                let edge_table = said.route_table.as_ref().map(|table| {
                    self.network.unmodelled.push(Unmodelled {
                        kind: "gateway route table".to_owned(),
                        name: table.value.clone(),
                        place: table.place,
                        vpc: Some(vpc),
                        subnets: Vec::new(),
                        security_groups: Vec::new(),
                        why: None,
                    })
                });
                let id = self.network.internet_gateways.push(InternetGateway {
                    name: said.name.value.clone(),
                    place: said.name.place,
                    vpc,
                    attached: said.attached.value,
                    attached_place: said.attached.place,
                    edge_table,
                });
                self.network.vpcs[vpc].internet_gateway = Some(id);
            }
            if let Some(said) = &entry.value.egress_only_internet_gateway {
                let id = self.network.egress_only_internet_gateways.push(EgressOnlyInternetGateway {
                    name: said.name.value.clone(),
                    place: said.name.place,
                    vpc,
                });
                self.network.vpcs[vpc].egress_only_internet_gateway = Some(id);
            }
        }
    }

    fn block_public_access(&mut self, vpc: VpcId, said: &crate::topology::Vpc) {
        let Some(guard) = &said.block_public_access else { return };
        let mut subnets = BTreeMap::new();
        for (name, exclusion) in &guard.exclusions {
            match self.scope.subnets.get(&(vpc, name.value.clone())) {
                Some(subnet) => {
                    subnets.insert(*subnet, *exclusion);
                }
                None => {
                    let known: Vec<&str> = said.subnets.iter().map(Entry::name).collect();
                    self.unknown_name("subnet", name, &known);
                }
            }
        }
        self.network.vpcs[vpc].block_public_access = Some(Guard {
            mode: guard.mode.value,
            exclusion: guard.exclusion.map(|exclusion| exclusion.value),
            subnets,
            place: guard.mode.place.or(guard.place),
        });
    }

    /// NAT gateways come after the instances, since what they assume must not take an instance's address.
    pub(super) fn nat_gateways(&mut self, reserved: &mut Reserved) {
        for (vpc, entry) in self.said() {
            for nat in &entry.value.nat_gateways {
                let known: Vec<&str> = entry.value.subnets.iter().map(Entry::name).collect();
                self.nat_gateway(vpc, nat, &known, reserved);
            }
        }
    }

    fn nat_gateway(
        &mut self,
        vpc: VpcId,
        entry: &Entry<crate::topology::NatGateway>,
        subnets: &[&str],
        reserved: &mut Reserved,
    ) {
        let said = &entry.value;
        let Some(&subnet) = self.scope.subnets.get(&(vpc, said.subnet.value.clone())) else {
            self.unknown_name("subnet", &said.subnet, subnets);
            return;
        };
        let private_ip = match said.private_ip {
            Some(address) => {
                self.check_address(subnet, address.value.into(), address.place);
                Some(address.value)
            }
            None => reserved.assume_ipv4(&self.network.subnets[subnet], subnet),
        };
        let Some(private_ip) = private_ip else {
            self.subnet_full(subnet, entry.place());
            return;
        };
        if said.connectivity.value == Connectivity::Private
            && let Some(public) = &said.public_ip
        {
            self.report(
                crate::topology::Diagnostic::error(
                    code::NAT_ADDRESS,
                    "a private NAT gateway has no Elastic IP",
                    public.place,
                )
                .help("leave it out, or make the gateway public"),
            );
        }
        let public_ip = match (said.connectivity.value, &said.public_ip) {
            (Connectivity::Private, _) => None,
            (Connectivity::Public, Some(address)) => Some(address.value),
            (Connectivity::Public, None) => reserved.assume_public(),
        };
        let id = self.network.nat_gateways.push(NatGateway {
            name: entry.name().to_owned(),
            aliases: entry.aliases.clone(),
            place: entry.place(),
            vpc,
            subnet,
            subnet_place: said.subnet.place,
            connectivity: said.connectivity.value,
            state: said.state.value,
            private_ip,
            private_ip_assumed: said.private_ip.is_none(),
            public_ip,
            public_ip_assumed: said.public_ip.is_none(),
        });
        self.scope.nat_gateways.insert((vpc, entry.name().to_owned()), id);
    }

    pub(super) fn peerings(&mut self) {
        for entry in &self.topology.peering_connections {
            let said = &entry.value;
            let ends = [&said.requester, &said.accepter].map(|name| self.peering_end(name));
            let addresses = |cidrs: &[ipnet::IpNet]| {
                AddressSet::from_ranges(cidrs.iter().map(|cidr| (cidr.network(), cidr.broadcast())))
            };
            let id = self.network.peerings.push(Peering {
                name: entry.name().to_owned(),
                aliases: entry.aliases.clone(),
                place: said.place,
                ends,
                end_names: [said.requester.value.clone(), said.accepter.value.clone()],
                end_addresses: [addresses(&said.requester_cidrs), addresses(&said.accepter_cidrs)],
                status: said.status.value,
                status_place: said.status.place,
            });
            self.scope.peerings.insert(entry.name().to_owned(), id);
        }
    }

    fn peering_end(&mut self, name: &Spanned<String>) -> Option<VpcId> {
        let found = self.scope.vpc(&name.value);
        if found.is_none() {
            let known: Vec<String> = self.scope.vpcs.keys().cloned().collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            self.unknown_name("VPC", name, &known);
        }
        found
    }
}
