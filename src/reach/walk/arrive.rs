//! At the destination, and back at the client.

use crate::flow::single_address;
use crate::network::{Action, Code, Direction, InterfaceId, NatGatewayId, Owner, SubnetId, VpcId};

use crate::topology::CaptureKind;

use super::super::trace::{Component, End, LegKind, NoReply, Step};
use super::path::{Device, Path, echo_requests, icmp};
use super::{At, Sender, Walker};

impl Walker<'_> {
    /// To whoever has the address (RT-19: nothing is looked up on arrival).
    pub(super) fn deliver(&mut self, path: Path, vpc: VpcId, from: Option<SubnetId>) {
        let destinations = path.packets.destinations();
        let mut rest = Some(path);
        for (address, owner) in self.network.owners_within(vpc, &destinations) {
            let Some(path) = rest.take() else { break };
            let (taken, others) = path.split_destination(&single_address(address));
            rest = others;
            let Some(mut path) = taken else { continue };
            match owner {
                Owner::Interface(id) => self.arrive(path, id, from),
                Owner::NatGateway(id) => self.arrive_at_nat_gateway(path, id, from),
                Owner::Unmodelled(id) => {
                    self.pass(&mut path, Component::Unmodelled(id), Action::Unknown(Code::Und001));
                    self.done.push(path);
                }
            }
        }
        let Some(path) = rest else { return };
        let (local, nobody) = path.split_destination(&self.network.host_local_addresses(vpc));
        let unowned = self.network.absence(CaptureKind::NetworkInterfaces, Code::Rt004);
        for (path, action) in [(local, Action::Deny(Code::Dns002)), (nobody, unowned)] {
            if let Some(mut path) = path {
                let destinations = path.packets.destinations();
                let unseen = self.network.unmodelled_within(vpc, &destinations);
                let given = self.network.may_be_given(vpc, &destinations);
                match (unseen, given, action) {
                    (Some(id), _, Action::Deny(Code::Rt004)) => {
                        self.pass(&mut path, Component::Unmodelled(id), Action::Unknown(Code::Und001));
                    }
                    (None, Some(id), Action::Deny(Code::Rt004)) => {
                        self.pass(&mut path, Component::Interface(id), Action::Unknown(Code::Und008));
                    }
                    _ => self.pass(&mut path, Component::Router(vpc), action),
                }
                self.done.push(path);
            }
        }
    }

    pub(super) fn arrive(&mut self, mut path: Path, id: InterfaceId, from: Option<SubnetId>) {
        let this = &self.network.interfaces[id];
        if from != Some(this.subnet) {
            self.network_acl(&mut path, this.subnet, Direction::Inbound);
        }
        if path.leg == LegKind::Reply {
            self.back_at_interface(path, id);
            return;
        }
        self.check_meant(&mut path, id);
        self.security_groups(&mut path, id, Direction::Inbound);
        self.check_service(&mut path, id);
        if !self.runs(id) {
            self.pass(&mut path, Component::Interface(id), Action::Deny(Code::Eni002));
        }
        for mut path in self.enter_service(path, id) {
            let Some(address) = path.packets.destinations().first() else { continue };
            path.destination = End::Interface(id, address);
            let Some(mut path) = self.answered(path) else { continue };
            path.turn();
            self.answer_from(path, id);
        }
    }

    /// The far end is outside: it answers to the address that it saw.
    pub(super) fn at_outside(&mut self, mut path: Path) {
        if path.leg == LegKind::Reply {
            let action = self.home(&path, path.source == End::Outside);
            if action == Action::Allow {
                self.done.push(path);
            } else {
                self.pass(&mut path, Component::Internet, action);
                self.done.push(path);
            }
            return;
        }
        path.destination = End::Outside;
        let Some(mut path) = self.answered(path) else { return };
        path.turn();
        self.todo.push((path, At::Internet));
    }

    /// Finishes the part that nobody answers, and returns the part that somebody does.
    pub(super) fn answered(&mut self, path: Path) -> Option<Path> {
        if path.one_way {
            self.finish_one_way(path);
            return None;
        }
        let (icmp, others) = path.split(&icmp());
        let (echo, silent) = icmp.map_or((None, None), |path| {
            let echo = echo_requests(path.is_ipv6());
            path.split(&echo)
        });
        if let Some(path) = silent {
            self.finish_one_way(path);
        }
        match (others, echo) {
            (Some(others), Some(echo)) => {
                self.answer_echo(echo);
                Some(others)
            }
            (others, echo) => others.or(echo),
        }
    }

    /// Echo requests that came with other protocols turn on a path of their own.
    fn answer_echo(&mut self, mut echo: Path) {
        echo.turn();
        match echo.destination {
            End::Interface(id, _) => self.answer_from(echo, id),
            End::Site(id) => self.todo.push((echo, At::Site(id))),
            End::Outside | End::Nobody => self.todo.push((echo, At::Internet)),
        }
    }

    fn finish_one_way(&mut self, mut path: Path) {
        path.no_reply = NoReply::OneWay;
        self.done.push(path);
    }

    /// SG-17: without policy routing a host answers by its primary interface, whose check drops a foreign source.
    fn answer_from(&mut self, mut path: Path, id: InterfaceId) {
        let this = &self.network.interfaces[id];
        let instance = &self.network.instances[this.instance];
        let near = path.packets.destinations().is_subset(&self.network.subnets[this.subnet].addresses);
        let leaves_by = match instance.interfaces.first() {
            Some(&primary) if !instance.policy_routing && !near => primary,
            _ => id,
        };
        if leaves_by != id && self.network.interfaces[leaves_by].source_dest_check {
            self.pass(&mut path, Component::Interface(leaves_by), Action::Deny(Code::Eni001));
            self.todo.push((path, At::Host(id)));
            return;
        }
        self.todo.push((path, At::Host(leaves_by)));
    }

    /// A NAT gateway's own address: replies are translated back, anything else is dropped (NG-6).
    pub(super) fn arrive_at_nat_gateway(&mut self, mut path: Path, id: NatGatewayId, from: Option<SubnetId>) {
        let nat = &self.network.nat_gateways[id];
        let component = Component::NatGateway(id);
        let subnet = nat.subnet;
        if from != Some(subnet) {
            self.network_acl(&mut path, subnet, Direction::Inbound);
        }
        let code = match path.leg {
            LegKind::Request => Code::Nat003,
            LegKind::Reply => Code::Rt006,
        };
        if path.leg == LegKind::Request || !path.restore(component, Device::NatGateway(id)) {
            self.pass(&mut path, component, Action::Deny(code));
            self.done.push(path);
            return;
        }
        self.todo.push((path, At::Subnet(subnet, Sender::NatGateway(id))));
    }

    /// A reply reached an interface: the client's, or that of an instance that translated the request.
    fn back_at_interface(&mut self, mut path: Path, id: InterfaceId) {
        let is_client =
            matches!(path.source, End::Interface(client, _) if client == id) && path.next_device().is_none();
        if is_client {
            self.security_groups(&mut path, id, Direction::Inbound);
            let action = self.home(&path, true);
            if action != Action::Allow {
                self.pass(&mut path, Component::Interface(id), action);
            }
            self.done.push(path);
            return;
        }
        if path.next_device() == Some(Device::NatInstance(id)) {
            self.security_groups(&mut path, id, Direction::Inbound);
            path.restore(Component::Interface(id), Device::NatInstance(id));
            path.push(Component::SecurityGroups(id), Some(Direction::Outbound), Step::NotConsulted);
            let subnet = self.network.interfaces[id].subnet;
            self.todo.push((path, At::Subnet(subnet, Sender::Interface(id))));
            return;
        }
        // PX-7: somebody else has the client's address on this way.
        self.pass(&mut path, Component::Interface(id), Action::Deny(Code::Rt006));
        self.done.push(path);
    }

    /// AS-1: a reply is one only if it comes from whom the client called, past every device that keeps state.
    pub(super) fn home(&self, path: &Path, at_client: bool) -> Action {
        let asked = &self.probe.packets;
        let called = path.packets.sources().is_subset(&asked.destinations());
        let caller = path.packets.destinations().is_subset(&asked.sources());
        if at_client && called && caller && path.next_device().is_none() {
            Action::Allow
        } else {
            Action::Deny(Code::Rt006)
        }
    }
}
