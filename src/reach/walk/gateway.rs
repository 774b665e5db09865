//! Through gateways: internet, egress-only, NAT, peering (IG-1 to IG-8, NG-1 to NG-9, PX-1 to PX-10).

use std::net::IpAddr;

use crate::flow::{AddressSet, Pattern, ProtocolSet, protocol};
use crate::network::{
    Action, Code, Direction, EgressOnlyInternetGatewayId, Identity, InterfaceId, InternetGatewayId,
    NatGatewayId, Owner, PeeringId, SubnetId, Target, VpcId, public_addresses,
};
use crate::topology::{CaptureKind, GatewayState};

use super::super::trace::{Component, End, LegKind};
use super::guard::Passage;
use super::path::{Device, Path, nat64_prefix};
use super::{At, Sender, Walker};

impl Walker<'_> {
    /// IG-1, IG-3: out of the VPC; a private source becomes its public one.
    pub(super) fn leave_by_internet_gateway(&mut self, path: Path, id: InternetGatewayId, sender: Sender) {
        let component = Component::InternetGateway(id);
        let gateway = &self.network.internet_gateways[id];
        let Some(mut path) = self.only_public(path, component, |path, set| path.split_destination(set))
        else {
            return;
        };
        self.gateway_state(&mut path, id);
        self.block_outward(&mut path, component, gateway.vpc, sender);
        if path.is_ipv6() {
            self.pass(&mut path, component, Action::Allow);
        } else {
            let source = path.packets.sources().first();
            match source.and_then(|source| self.published(gateway.vpc, source)) {
                Some(public) => path.set_source(component, public),
                // The request dialled a private address: that blocker has been said.
                None if path.leg == LegKind::Reply && path.unpublished == source => {}
                None => {
                    let code = match sender {
                        Sender::NatGateway(_) => Code::Nat002,
                        Sender::Interface(_) | Sender::TransitGateway(_) => Code::Igw001,
                    };
                    self.pass(&mut path, component, Action::Deny(code));
                    path.unpublished = source;
                }
            }
        }
        path.identity = Identity::Translated;
        self.todo.push((path, At::Internet));
    }

    /// Splits off and drops what has a private address on the side that faces the internet; returns the rest.
    fn only_public(
        &mut self,
        path: Path,
        component: Component,
        split: impl Fn(Path, &crate::flow::AddressSet) -> (Option<Path>, Option<Path>),
    ) -> Option<Path> {
        let (public, private) = split(path, &public_addresses());
        if let Some(mut path) = private {
            self.pass(&mut path, component, Action::Deny(Code::Igw004));
            self.done.push(path);
        }
        public
    }

    /// The public address of a private one (EN-1).
    fn published(&self, vpc: VpcId, private: IpAddr) -> Option<IpAddr> {
        let public = match self.network.owner(vpc, private)? {
            Owner::Interface(id) => self.network.interfaces[id].public_of(private),
            Owner::NatGateway(id) => self.network.nat_gateways[id].public_ip,
            Owner::Unmodelled(_) => None,
        };
        public.map(IpAddr::V4)
    }

    fn gateway_state(&self, path: &mut Path, id: InternetGatewayId) {
        let gateway = &self.network.internet_gateways[id];
        let component = Component::InternetGateway(id);
        if !gateway.attached {
            self.pass(path, component, Action::Deny(Code::Igw002));
        }
        self.guards(path, gateway.vpc);
    }

    /// What stands between a VPC and the internet but is not modelled.
    fn guards(&self, path: &mut Path, vpc: VpcId) {
        for &guard in &self.network.vpcs[vpc].internet_guards {
            self.pass(path, Component::Unmodelled(guard), Action::Unknown(Code::Und001));
        }
    }

    /// IG-7: outbound only, IPv6 only, no translation.
    pub(super) fn leave_by_egress_only_gateway(
        &mut self,
        path: Path,
        id: EgressOnlyInternetGatewayId,
        subnet: SubnetId,
    ) {
        let component = Component::EgressOnlyInternetGateway(id);
        let Some(mut path) = self.only_public(path, component, |path, set| path.split_destination(set))
        else {
            return;
        };
        let vpc = self.network.egress_only_internet_gateways[id].vpc;
        self.guards(&mut path, vpc);
        self.block_public_access(&mut path, component, vpc, Passage::EgressOnly, [Some(subnet), None]);
        let action = match path.leg {
            LegKind::Request => Action::Allow,
            // It keeps state, and the request came in by another way.
            LegKind::Reply => Action::Deny(Code::Eigw001),
        };
        self.pass(&mut path, component, action);
        if path.leg == LegKind::Request {
            path.remember(Device::EgressOnly(id));
        }
        path.identity = Identity::Translated;
        self.todo.push((path, At::Internet));
    }

    /// NG-3, NG-5: into the gateway's subnet, translated, and out of it again.
    pub(super) fn enter_nat_gateway(&mut self, path: Path, id: NatGatewayId, from: SubnetId) {
        let nat = &self.network.nat_gateways[id];
        let (for_itself, others) = path.split_destination(&AddressSet::single(nat.private_ip.into()));
        if let Some(path) = for_itself {
            self.arrive_at_nat_gateway(path, id, Some(from));
        }
        let Some(mut path) = others else { return };
        let subnet = nat.subnet;
        let component = Component::NatGateway(id);
        if subnet != from {
            self.network_acl(&mut path, subnet, Direction::Inbound);
        }
        if nat.state != GatewayState::Available {
            self.pass(&mut path, component, Action::Deny(Code::Nat006));
        }
        if path.leg == LegKind::Reply {
            // IG-5: a reply that is sent to a NAT gateway meets no flow there.
            self.pass(&mut path, component, Action::Deny(Code::Rt006));
            match path.entered_by {
                Some(Target::InternetGateway(gateway)) => {
                    self.leave_by_internet_gateway(path, gateway, Sender::NatGateway(id))
                }
                _ => self.done.push(path),
            }
            return;
        }
        let numbers = [protocol::TCP, protocol::UDP, protocol::ICMP].map(|number| (number, number));
        let forwarded = Pattern { protocols: Some(ProtocolSet::from_ranges(numbers)), ..Pattern::default() };
        // NG-10: of IPv6, a NAT gateway takes only what NAT64 is for.
        let (nat64, path) = path.split_destination(&nat64_prefix());
        let (forwarded, others) = match path {
            Some(path) if path.is_ipv6() => (None, Some(path)),
            Some(path) => path.split(&forwarded),
            None => (None, None),
        };
        if let Some(mut path) = others {
            self.pass(&mut path, component, Action::Deny(Code::Nat005));
            self.done.push(path);
        }
        for path in nat64.and_then(|path| self.through_nat64(path, component)).into_iter().chain(forwarded) {
            self.translate_by_nat_gateway(path, id);
        }
    }

    /// NG-10: TCP and UDP change their family; what becomes of ICMP is not modelled.
    fn through_nat64(&mut self, path: Path, component: Component) -> Option<Path> {
        let numbers = [protocol::TCP, protocol::UDP].map(|number| (number, number));
        let ports = Pattern { protocols: Some(ProtocolSet::from_ranges(numbers)), ..Pattern::default() };
        let (with_ports, others) = path.split(&ports);
        if let Some(mut path) = others {
            self.pass(&mut path, component, Action::Unknown(Code::Und001));
            self.done.push(path);
        }
        let mut path = with_ports?;
        path.unwrap_nat64(component);
        Some(path)
    }

    /// NG-3: only for sources of its own VPC (NG-7).
    fn translate_by_nat_gateway(&mut self, path: Path, id: NatGatewayId) {
        let nat = &self.network.nat_gateways[id];
        let (vpc, subnet, component) = (nat.vpc, nat.subnet, Component::NatGateway(id));
        let by_transit = matches!(path.entered_by, Some(Target::TransitGateway(_)));
        let (own, foreign) = match by_transit {
            // The shared way out of many VPCs.
            true => (Some(path), None),
            false => path.split_source(&self.network.vpcs[vpc].addresses),
        };
        if let Some(mut path) = foreign {
            self.pass(&mut path, component, Action::Deny(Code::Nat003));
            self.done.push(path);
        }
        let Some(mut path) = own else { return };
        let ports = self.probe.translated_ports.as_ref();
        path.translate(component, Device::NatGateway(id), nat.private_ip.into(), ports);
        path.identity = Identity::Translated;
        self.todo.push((path, At::Subnet(subnet, Sender::NatGateway(id))));
    }

    /// PX-1, PX-3, PX-4: only between the two VPCs, only for their own addresses.
    pub(super) fn cross_peering(&mut self, mut path: Path, id: PeeringId, from: VpcId) {
        let peering = &self.network.peerings[id];
        let component = Component::Peering(id);
        if !peering.is_active() {
            self.pass(&mut path, component, Action::Deny(Code::Pcx001));
        }
        let Some(end) = peering.opposite(from) else {
            self.pass(&mut path, component, Action::Deny(Code::Rt002));
            self.done.push(path);
            return;
        };
        let Some(other) = peering.ends.get(end).copied().flatten() else {
            self.pass(&mut path, component, Action::Unknown(Code::Und002));
            self.done.push(path);
            return;
        };
        let (near, far) = (&self.network.vpcs[from].addresses, &self.network.vpcs[other].addresses);
        let (inside, outside) = path.split_destination(far);
        let (inside, foreign) = match inside {
            Some(path) => path.split_source(near),
            None => (None, None),
        };
        for mut path in outside.into_iter().chain(foreign) {
            self.pass(&mut path, component, Action::Deny(Code::Pcx002));
            self.done.push(path);
        }
        let Some(mut path) = inside else { return };
        self.pass(&mut path, component, Action::Allow);
        if path.leg == LegKind::Request {
            path.entered_by = Some(Target::Peering(id));
        }
        self.todo.push((path, At::Vpc(other, None)));
    }

    /// Outside every VPC: towards whoever has the public address, or to the far end itself.
    pub(super) fn internet(&mut self, path: Path) {
        if path.leg == LegKind::Reply
            && let Some(private) = path.unpublished
            && path.packets.destinations().only() == Some(private)
        {
            self.reply_to_unpublished(path, private);
            return;
        }
        if path.leg == LegKind::Request && path.source == End::Outside && self.probe.destination.is_some() {
            let (public, private) = path.split_destination(&public_addresses());
            if let Some(path) = private {
                self.dial_private(path);
            }
            let Some(path) = public else { return };
            self.public_destinations(path);
        } else {
            self.public_destinations(path);
        }
    }

    fn public_destinations(&mut self, path: Path) {
        let mut rest = Some(path);
        for (address, owner) in self
            .network
            .public_owners_within(&rest.as_ref().map(|path| path.packets.destinations()).unwrap_or_default())
        {
            let Some(path) = rest.take() else { break };
            let (taken, others) = path.split_destination(&crate::flow::single_address(address));
            rest = others;
            let Some(path) = taken else { continue };
            match owner {
                Owner::Interface(id) => self.enter_by_internet(path, id, address),
                Owner::NatGateway(id) => self.return_to_nat_gateway(path, id),
                Owner::Unmodelled(id) => {
                    let mut path = path;
                    self.pass(&mut path, Component::Unmodelled(id), Action::Unknown(Code::Und001));
                    self.done.push(path);
                }
            }
        }
        if let Some(path) = rest {
            self.outside(path);
        }
    }

    /// Packets for addresses that nothing here owns.
    fn outside(&mut self, path: Path) {
        // IPv6 ranges of a VPC are public: an address that nothing has is nobody's. A public IPv4 range that a VPC uses for
        // itself still belongs to somebody else out there.
        let ranges = self.network.vpcs.iter().flat_map(|(_, vpc)| vpc.addresses.intervals());
        let ours = AddressSet::from_ranges(ranges.copied().filter(|(first, _)| first.is_ipv6()));
        let (nobody, others) = path.split_destination(&ours);
        if let Some(mut path) = nobody {
            let action = self.network.absence(CaptureKind::NetworkInterfaces, Code::Rt004);
            self.pass(&mut path, Component::Internet, action);
            self.done.push(path);
        }
        // VG-1: what lines lead to is not on the internet.
        let sites = self.network.sites.iter();
        let sites = sites.fold(AddressSet::empty(), |all, (_, site)| all.union(&site.addresses));
        let (on_premises, others) = match others {
            Some(path) => path.split_destination(&sites),
            None => (None, None),
        };
        if let Some(mut path) = on_premises {
            let code = match path.leg {
                LegKind::Request => Code::Rt004,
                LegKind::Reply => Code::Rt006,
            };
            self.pass(&mut path, Component::Internet, Action::Deny(code));
            self.done.push(path);
        }
        match others {
            // From outside to outside: whoever that address was, it is nothing of this network (EN-4).
            Some(mut path) if path.leg == LegKind::Request && path.source == End::Outside => {
                let action = self.network.absence(CaptureKind::NetworkInterfaces, Code::Rt004);
                self.pass(&mut path, Component::Internet, action);
                self.done.push(path);
            }
            Some(path) => self.at_outside(path),
            None => {}
        }
    }

    /// IG-2, IG-4: into a VPC by its internet gateway. No route is needed for that; the reply needs one.
    fn enter_by_internet(&mut self, mut path: Path, id: InterfaceId, address: IpAddr) {
        let interface = &self.network.interfaces[id];
        let vpc = &self.network.vpcs[interface.vpc];
        if let (LegKind::Reply, Some(gateway)) = (path.leg, vpc.egress_only_internet_gateway)
            && path.recall(Device::EgressOnly(gateway))
        {
            self.pass(&mut path, Component::EgressOnlyInternetGateway(gateway), Action::Allow);
            self.todo.push((path, At::Vpc(interface.vpc, None)));
            return;
        }
        let Some(gateway) = vpc.internet_gateway else {
            let absence = |code| match self.network.may_have_internet_gateway(interface.vpc) {
                true => Action::Unknown(Code::Und002),
                false => self.network.absence(CaptureKind::InternetGateways, code),
            };
            let (component, action) = match vpc.egress_only_internet_gateway {
                Some(gateway) if path.is_ipv6() => {
                    (Component::EgressOnlyInternetGateway(gateway), absence(Code::Eigw001))
                }
                _ => (Component::Router(interface.vpc), absence(Code::Igw002)),
            };
            self.pass(&mut path, component, action);
            self.enter_past_gateway(path, id, address);
            return;
        };
        let component = Component::InternetGateway(gateway);
        let Some(mut path) = self.only_public(path, component, |path, set| path.split_source(set)) else {
            return;
        };
        self.gateway_state(&mut path, gateway);
        let subnets = [Some(interface.subnet), None];
        self.block_public_access(&mut path, component, interface.vpc, Passage::Inward, subnets);
        if let Some(table) = self.network.internet_gateways[gateway].edge_table {
            self.pass(&mut path, Component::Unmodelled(table), Action::Unknown(Code::Und001));
        }
        if path.leg == LegKind::Request {
            path.entered_by = Some(Target::InternetGateway(gateway));
        }
        if interface.deny_all_igw_traffic {
            self.pass(&mut path, Component::Interface(id), Action::Deny(Code::Eni004));
        }
        if path.is_ipv6() {
            self.pass(&mut path, component, Action::Allow);
        }
        self.enter_past_gateway(path, id, address);
    }

    fn enter_past_gateway(&mut self, mut path: Path, id: InterfaceId, address: IpAddr) {
        let interface = &self.network.interfaces[id];
        let private = interface.addresses.iter().find(|own| own.public.map(IpAddr::V4) == Some(address));
        if let Some(private) = private {
            let component = match self.network.vpcs[interface.vpc].internet_gateway {
                Some(gateway) => Component::InternetGateway(gateway),
                None => Component::Router(interface.vpc),
            };
            path.set_destination(component, private.private);
        }
        self.todo.push((path, At::Vpc(interface.vpc, None)));
    }

    /// IG-2: a private address means nothing outside. Goes on as if it had a public one.
    fn dial_private(&mut self, mut path: Path) {
        let Some(target) = self.probe.destination else { return };
        path.unpublished = path.packets.destinations().only();
        let vpc = self.network.interfaces[target].vpc;
        let component = match self.network.vpcs[vpc].internet_gateway {
            Some(gateway) => {
                path.entered_by = Some(Target::InternetGateway(gateway));
                self.gateway_state(&mut path, gateway);
                Component::InternetGateway(gateway)
            }
            None => {
                let action = self.network.absence(CaptureKind::InternetGateways, Code::Igw002);
                self.pass(&mut path, Component::Router(vpc), action);
                Component::Router(vpc)
            }
        };
        self.pass(&mut path, component, Action::Deny(Code::Igw003));
        self.todo.push((path, At::Vpc(vpc, None)));
    }

    /// A reply to a client that has no public address: goes on as if it had one.
    fn reply_to_unpublished(&mut self, path: Path, private: IpAddr) {
        let vpc = match path.source {
            End::Interface(id, _) => self.network.interfaces[id].vpc,
            End::Outside | End::Site(_) | End::Nobody => {
                self.done.push(path);
                return;
            }
        };
        match self.network.owner(vpc, private) {
            Some(Owner::NatGateway(id)) => self.return_to_nat_gateway(path, id),
            _ => self.todo.push((path, At::Vpc(vpc, None))),
        }
    }

    /// NG-6: only replies come back to a NAT gateway.
    fn return_to_nat_gateway(&mut self, mut path: Path, id: NatGatewayId) {
        let nat = &self.network.nat_gateways[id];
        let vpc = &self.network.vpcs[nat.vpc];
        let Some(gateway) = vpc.internet_gateway else {
            let action = self.network.absence(CaptureKind::InternetGateways, Code::Igw002);
            self.pass(&mut path, Component::Router(nat.vpc), action);
            return self.arrive_at_nat_gateway(path, id, None);
        };
        let component = Component::InternetGateway(gateway);
        let Some(mut path) = self.only_public(path, component, |path, set| path.split_source(set)) else {
            return;
        };
        self.gateway_state(&mut path, gateway);
        if path.packets.destinations().only() != Some(nat.private_ip.into()) {
            path.set_destination(component, nat.private_ip.into());
        }
        self.arrive_at_nat_gateway(path, id, None);
    }
}
