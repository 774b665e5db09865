//! From a subnet to the next hop (W-3, NA-5, RT-1 to RT-14).

use crate::flow::AddressSet;
use crate::network::{
    Action, Choice, Code, Direction, Goal, Identity, InterfaceId, Owner, RuleId, SubnetId, Target,
};
use crate::topology::{GatewayState, InstanceState};

use super::super::trace::{Component, LegKind, Step};
use super::path::{Device, Path};
use super::{At, Sender, Walker};

impl Walker<'_> {
    /// Within the subnet packets go straight to their owner; the rest is routed.
    pub(super) fn route(&mut self, path: Path, subnet: SubnetId, sender: Sender) {
        let this = &self.network.subnets[subnet];
        let (inside, outside) = path.split_destination(&this.addresses);
        if let Some(path) = inside {
            self.todo.push((path, At::Vpc(this.vpc, Some(subnet))));
        }
        let Some(path) = outside else { return };
        let Some(table) = this.route_table else {
            self.unknown_table(path, subnet);
            return;
        };
        let table = &self.network.route_tables[table];
        let parts = table.lookup_list(&self.probe.about, &path.packets.destinations());
        let mut rest = Some(path);
        for (destinations, choice) in parts {
            let Some(path) = rest.take() else { break };
            let (taken, others) = path.split_destination(&destinations);
            rest = others;
            if let Some(path) = taken {
                self.follow(path, subnet, sender, choice);
            }
        }
    }

    fn unknown_table(&mut self, mut path: Path, subnet: SubnetId) {
        self.network_acl(&mut path, subnet, Direction::Outbound);
        let component = Component::RouteTable(subnet, None);
        let action = Action::Unknown(Code::Und002);
        self.routed(&mut path, component, None, action);
        // Inside the VPC every table says `local` unless somebody overrode it: go on, in doubt.
        let vpc = self.network.subnets[subnet].vpc;
        let (inside, outside) = path.split_destination(&self.network.vpcs[vpc].addresses);
        if let Some(path) = inside {
            self.todo.push((path, At::Vpc(vpc, Some(subnet))));
        }
        self.done.extend(outside);
    }

    pub(super) fn routed(
        &self,
        path: &mut Path,
        component: Component,
        route: Option<RuleId>,
        action: Action,
    ) {
        let packets = path.packets.clone();
        if let Action::Deny(code) | Action::Unknown(code) = action {
            self.note(path, code, component, None, route, &packets);
        }
        path.push(component, None, Step::Routed { route, action });
        path.apply(&[crate::network::Decided { packets, action, rule: route }]);
    }

    fn follow(&mut self, mut path: Path, subnet: SubnetId, sender: Sender, choice: Choice) {
        let Some(table_id) = self.network.subnets[subnet].route_table else { return };
        let table = &self.network.route_tables[table_id];
        let component = Component::RouteTable(subnet, Some(table_id));
        let (route, target, action) = match choice {
            Choice::None => (None, None, Action::Deny(self.missing_route(&path, subnet, sender))),
            Choice::Listed(index) => {
                let target = table.unlisted.get(index as usize).map(|list| list.target);
                (None, target, Action::Allow)
            }
            Choice::Unlisted => {
                let code = table.unlisted.first().map_or(Code::Und003, |route| route.code);
                (None, None, Action::Unknown(code))
            }
            Choice::Ambiguous(index) => (Some(index), None, Action::Unknown(Code::Rt005)),
            Choice::Route(index) => {
                let Some(found) = table.route(index) else { return };
                let dead = found.target == Target::Blackhole
                    || found.blackhole && !self.says_why_itself(found.target)
                    || self.is_gone(found.target);
                let action = match found.target {
                    Target::Missing if !found.blackhole => Action::Unknown(Code::Und002),
                    Target::NatGateway(nat) if sender == Sender::NatGateway(nat) => {
                        Action::Deny(Code::Nat001)
                    }
                    _ if dead => Action::Deny(Code::Rt002),
                    _ => Action::Allow,
                };
                (Some(index), Some(found.target).filter(|_| action == Action::Allow), action)
            }
        };
        let rule = route.map(|index| RuleId::Route(table_id, index));
        let next = target.or_else(|| match action {
            Action::Deny(Code::Vpe001) => self.endpoint_elsewhere(&path, subnet).map(Target::GatewayEndpoint),
            _ => self.as_if_fixed(&path, subnet, sender),
        });
        let stays = match action {
            // Whichever route it is: the packet surely leaves the subnet if none of them stays in it.
            Action::Unknown(_) => {
                let possible = table.possible_targets(choice, path.packets.destinations().first());
                possible.into_iter().any(|target| self.next_subnet(target) == Some(subnet))
            }
            Action::Allow => next.is_some_and(|next| self.next_subnet(next) == Some(subnet)),
            // What has no way is on none that stays in the subnet: the list comes before the routes (W-1).
            Action::Deny(_) => false,
        };
        if !stays {
            self.network_acl(&mut path, subnet, Direction::Outbound);
        }
        self.routed(&mut path, component, rule, action);
        match (next, action) {
            (Some(next), Action::Allow | Action::Deny(_)) => self.towards(path, subnet, sender, next),
            _ => self.done.push(path),
        }
    }

    /// RT-9; at a NAT gateway's own subnet the fault is the gateway's place (NG-1, NG-2).
    fn missing_route(&self, path: &Path, subnet: SubnetId, sender: Sender) -> Code {
        match (path.leg, sender) {
            (LegKind::Request, Sender::Interface(_)) if self.endpoint_elsewhere(path, subnet).is_some() => {
                Code::Vpe001
            }
            (LegKind::Request, Sender::NatGateway(_)) => Code::Nat001,
            _ => path.no_route(),
        }
    }

    /// Whether the target reports its own bad state with a code of its own.
    fn says_why_itself(&self, target: Target) -> bool {
        match target {
            Target::InternetGateway(id) => !self.network.internet_gateways[id].attached,
            Target::Peering(id) => !self.network.peerings[id].is_active(),
            Target::GatewayEndpoint(id) => !self.network.gateway_endpoints[id].available,
            Target::VpnGateway(id) => !self.network.vpn_gateways[id].attached,
            _ => false,
        }
    }

    /// RT-10: whether a target is gone for good, or forwards nothing, so that its routes are black holes.
    fn is_gone(&self, target: Target) -> bool {
        match target {
            Target::NatGateway(id) => matches!(
                self.network.nat_gateways[id].state,
                GatewayState::Deleted | GatewayState::Deleting | GatewayState::Failed
            ),
            Target::Interface(id) => {
                let interface = &self.network.interfaces[id];
                !interface.attached
                    || self.network.instances[interface.instance].state != InstanceState::Running
            }
            _ => false,
        }
    }

    /// The subnet that the next hop is in, if it is in one: a hop within one subnet meets no network ACL.
    fn next_subnet(&self, target: Target) -> Option<SubnetId> {
        match target {
            Target::NatGateway(id) => Some(self.network.nat_gateways[id].subnet),
            Target::Interface(id) => Some(self.network.interfaces[id].subnet),
            _ => None,
        }
    }

    /// The way that packets would go if the missing route were there: a reply goes back where the request came in, a
    /// request takes the gateway that leads to its destination.
    fn as_if_fixed(&self, path: &Path, subnet: SubnetId, sender: Sender) -> Option<Target> {
        if path.leg == LegKind::Reply {
            return path.entered_by;
        }
        let vpc = self.network.subnets[subnet].vpc;
        if let Some(gateway) = self.gateway_towards_site(subnet, &path.packets.destinations()) {
            return Some(gateway);
        }
        let destination = path.packets.destinations().first()?;
        let other = self
            .network
            .vpcs
            .ids()
            .find(|other| *other != vpc && self.network.vpcs[*other].addresses.contains(destination));
        let goal = other.map_or(Goal::Internet, Goal::Vpc);
        let gateways = self.network.graph.gateways_towards(vpc, goal);
        let published =
            path.packets.sources().first().is_some_and(|source| match self.network.owner(vpc, source) {
                Some(Owner::Interface(id)) => self.network.interfaces[id].public_of(source).is_some(),
                _ => false,
            });
        let fits = |target: &Target| match target {
            Target::InternetGateway(_) => {
                path.is_ipv6() || published || matches!(sender, Sender::NatGateway(_))
            }
            Target::EgressOnlyInternetGateway(_) => path.is_ipv6(),
            Target::NatGateway(_) => !path.is_ipv6() && matches!(sender, Sender::Interface(_)),
            _ => true,
        };
        gateways.into_iter().find(fits)
    }

    fn towards(&mut self, mut path: Path, subnet: SubnetId, sender: Sender, target: Target) {
        let vpc = self.network.subnets[subnet].vpc;
        match target {
            Target::Local => self.todo.push((path, At::Vpc(vpc, Some(subnet)))),
            Target::InternetGateway(id) => self.leave_by_internet_gateway(path, id, sender),
            Target::EgressOnlyInternetGateway(id) => self.leave_by_egress_only_gateway(path, id, subnet),
            Target::NatGateway(id) => self.enter_nat_gateway(path, id, subnet),
            Target::Interface(id) => self.enter_forwarder(path, id, subnet, sender),
            Target::Peering(id) => self.cross_peering(path, id, vpc),
            Target::TransitGateway(id) => self.enter_transit_gateway(path, id, subnet, sender),
            Target::GatewayEndpoint(id) => self.enter_gateway_endpoint(path, id, sender),
            Target::VpnGateway(id) => self.enter_vpn_gateway(path, id),
            Target::Unmodelled(id) => {
                self.pass(&mut path, Component::Unmodelled(id), Action::Unknown(Code::Und001));
                self.done.push(path);
            }
            Target::Blackhole | Target::Missing | Target::Attachment(_) => self.done.push(path),
        }
    }

    /// A route to an interface: an appliance, or a NAT instance (EN-2, NG-11, SG-11).
    fn enter_forwarder(&mut self, path: Path, id: InterfaceId, from: SubnetId, sender: Sender) {
        let this = &self.network.interfaces[id];
        let own = AddressSet::from_ranges(this.private_addresses().map(|address| (address, address)));
        let (for_itself, foreign) = path.split_destination(&own);
        if let Some(path) = for_itself {
            self.arrive(path, id, Some(from));
        }
        let Some(mut path) = foreign else { return };
        if this.subnet != from {
            self.network_acl(&mut path, this.subnet, Direction::Inbound);
        }
        if path.leg == LegKind::Reply && !path.recall(Device::Appliance(id)) {
            // AS-1: it keeps state, and this is not the flow that it saw.
            let code = self.half_open(&path, id, sender);
            self.pass(&mut path, Component::Interface(id), Action::Deny(code));
            self.done.push(path);
            return;
        }
        self.security_groups(&mut path, id, Direction::Inbound);
        if this.source_dest_check {
            self.pass(&mut path, Component::Interface(id), Action::Deny(Code::Nat004));
        }
        if path.leg == LegKind::Request && path.was_forwarded_by(id) {
            self.pass(&mut path, Component::Interface(id), Action::Deny(Code::Rt007));
            self.done.push(path);
            return;
        }
        if self.network.instances[this.instance].interfaces.len() > 1 {
            self.pass(&mut path, Component::Interface(id), Action::Unknown(Code::Und004));
            self.done.push(path);
            return;
        }
        self.forward(path, id);
    }

    /// TG-9: without appliance mode the two directions of a flow may come to appliances of different zones.
    fn half_open(&self, path: &Path, id: InterfaceId, sender: Sender) -> Code {
        let sibling = match path.next_device() {
            Some(Device::Appliance(other)) => {
                self.network.interfaces[other].vpc == self.network.interfaces[id].vpc
            }
            _ => false,
        };
        match sender {
            Sender::TransitGateway(attachment)
                if sibling && !self.network.attachments[attachment].appliance_mode =>
            {
                Code::Tgw005
            }
            _ => Code::Rt006,
        }
    }

    /// What an instance with the check off does with a foreign packet: towards an internet gateway it is taken for a NAT
    /// instance, elsewhere it sends it on as it is.
    fn forward(&mut self, path: Path, id: InterfaceId) {
        let this = &self.network.interfaces[id];
        let subnet = this.subnet;
        let to_internet =
            self.destinations_by(&path, subnet, |target| matches!(target, Target::InternetGateway(_)));
        let (translated, plain) = path.split_destination(&to_internet);
        let primary = this.primary(false).map(|address| address.private);
        for (path, translates) in [(translated, true), (plain, false)] {
            let Some(mut path) = path else { continue };
            path.identity = Identity::Forwarded;
            if let (true, Some(address), LegKind::Request, false) =
                (translates, primary, path.leg, path.is_ipv6())
            {
                path.assumptions.push(format!(
                    "instance {} is a NAT instance: it gives packets for the internet its own address",
                    this.name
                ));
                path.translate(
                    Component::Interface(id),
                    Device::NatInstance(id),
                    address,
                    self.probe.translated_ports.as_ref(),
                );
            } else {
                if path.leg == LegKind::Request {
                    path.remember(Device::Appliance(id));
                }
                path.assumptions
                    .push(format!("instance {} forwards packets unchanged and keeps state", this.name));
                self.pass(&mut path, Component::Interface(id), Action::Allow);
            }
            self.security_groups(&mut path, id, Direction::Outbound);
            self.todo.push((path, At::Subnet(subnet, Sender::Interface(id))));
        }
    }

    /// The destinations that the table of a subnet sends to targets of a kind.
    fn destinations_by(&self, path: &Path, subnet: SubnetId, wanted: impl Fn(Target) -> bool) -> AddressSet {
        let this = &self.network.subnets[subnet];
        let Some(table) = this.route_table else { return AddressSet::empty() };
        let table = &self.network.route_tables[table];
        let destinations = path.packets.destinations().subtract(&this.addresses);
        let parts = table.lookup_list(&self.probe.about, &destinations);
        let parts = parts.into_iter().filter(|(_, choice)| {
            let target = match choice {
                Choice::Route(index) => table.route(*index).map(|route| route.target),
                Choice::Listed(index) => table.unlisted.get(*index as usize).map(|list| list.target),
                Choice::Ambiguous(_) | Choice::Unlisted | Choice::None => None,
            };
            target.is_some_and(&wanted)
        });
        parts.fold(AddressSet::empty(), |all, (part, _)| all.union(&part))
    }
}
