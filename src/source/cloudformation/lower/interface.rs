//! Network interfaces, wherever they are said: at an instance, in a list of its, or as resources.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use super::super::stack::ResourceId;
use super::super::value::{Located, label};
use super::bag::{Bag, Field, items};
use super::{Lowering, Reference};
use crate::topology::{Interface, PublicIp, Spanned};

/// Where an interface is in the topology: the VPC, its owner, and its own name.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) vpc: usize,
    pub(super) owner: String,
    pub(super) interface: String,
}

/// An interface that was read.
pub(super) struct Built {
    pub(super) vpc: usize,
    pub(super) interface: Interface,
}

/// Why an interface could not be read: what is not known, and why.
pub(super) type Failed = (&'static str, Rc<str>);

/// Names of the property with the security groups, by where the interface is said.
const GROUPS: [&str; 4] = ["GroupSet", "Groups", "SecurityGroupIds", "SecurityGroups"];

/// Properties of an interface in any of its forms.
pub(super) const PROPERTIES: [&str; 12] = [
    "SubnetId",
    "GroupSet",
    "SecurityGroupIds",
    "SecurityGroups",
    "PrivateIpAddress",
    "PrivateIpAddresses",
    "SecondaryPrivateIpAddressCount",
    "SourceDestCheck",
    "AssociatePublicIpAddress",
    "Ipv6AddressCount",
    "Ipv6Addresses",
    "Groups",
];

impl Lowering<'_> {
    /// Reads an interface.
    pub(super) fn interface(&mut self, bag: &Bag) -> Result<Built, Failed> {
        let place = bag.place;
        let reference = self.refer(&bag.value("SubnetId"));
        let found = self.resource_of(&reference, "AWS::EC2::Subnet");
        let position = found.and_then(|subnet| self.subnets.get(&subnet)).copied();
        let (Some(subnet), Some(subnet_id)) = (position, found) else {
            return Err(("its subnet", self.why(&reference)));
        };
        let public_ip = self.public_ip(bag, subnet_id)?;
        let source_dest_check = match bag.flag(&self.evaluator, "SourceDestCheck") {
            Field::Unknown(why, _) => return Err(("its source/destination check", why)),
            check => check.known(),
        };
        let ips = self.private_addresses(bag)?;
        let ipv6 = self.ipv6_addresses(bag, subnet)?;
        let groups = GROUPS.iter().find_map(|name| bag.get(name)).cloned();
        let security_groups = groups.map(|groups| self.groups(subnet.0, &groups));
        let name = self.subnet_entry(subnet).map(|entry| entry.name().to_owned()).unwrap_or_default();
        let interface = Interface {
            subnet: Spanned::new(name, bag.place_of("SubnetId")),
            ips,
            ipv6,
            public_ip,
            public_ips: Vec::new(),
            security_groups: security_groups.filter(|groups| !groups.is_empty()),
            more_security_groups: false,
            source_dest_check,
            attached: true,
            deny_all_igw_traffic: false,
            place,
        };
        Ok(Built { vpc: subnet.0, interface })
    }

    fn public_ip(&self, bag: &Bag, subnet: ResourceId) -> Result<Spanned<PublicIp>, Failed> {
        match bag.flag(&self.evaluator, "AssociatePublicIpAddress") {
            Field::Known(Spanned { value: true, place }) => Ok(Spanned::new(PublicIp::Assigned, place)),
            Field::Known(Spanned { value: false, place }) => Ok(Spanned::new(PublicIp::None, place)),
            Field::Unknown(why, _) => Err(("whether it gets a public address", why)),
            Field::Absent => match self.unknown_public.get(&subnet) {
                Some(why) => Err(("whether it gets a public address", Rc::clone(why))),
                None => Ok(Spanned::implicit(PublicIp::Inherit)),
            },
        }
    }

    fn private_addresses(&self, bag: &Bag) -> Result<Vec<Spanned<Ipv4Addr>>, Failed> {
        let what = "its address";
        let parse = |field: Field<String>| field.and_then("an IPv4 address", |text| text.trim().parse().ok());
        let mut ips: Vec<Spanned<Ipv4Addr>> = Vec::new();
        match parse(bag.text(&self.evaluator, "PrivateIpAddress")) {
            Field::Known(address) => ips.push(address),
            Field::Unknown(why, _) => return Err((what, why)),
            Field::Absent => {}
        }
        for located in bag.items("PrivateIpAddresses").map_err(|why| (what, why))? {
            let one = Bag::of(&located).map_err(|why| (what, why))?;
            let primary = one.flag(&self.evaluator, "Primary").known().is_some_and(|primary| primary.value);
            match parse(one.text(&self.evaluator, "PrivateIpAddress")) {
                Field::Known(address) if ips.iter().all(|known| known.value != address.value) => {
                    if primary {
                        ips.insert(0, address)
                    } else {
                        ips.push(address)
                    }
                }
                Field::Unknown(why, _) => return Err((what, why)),
                _ => {}
            }
        }
        Ok(ips)
    }

    /// Addresses that were said, and stand-ins for those that AWS will pick.
    fn ipv6_addresses(
        &mut self,
        bag: &Bag,
        subnet: (usize, usize),
    ) -> Result<Vec<Spanned<Ipv6Addr>>, Failed> {
        let what = "its IPv6 address";
        let mut addresses = Vec::new();
        for located in bag.items("Ipv6Addresses").map_err(|why| (what, why))? {
            let said = match Bag::of(&located) {
                Ok(one) => one.text(&self.evaluator, "Ipv6Address"),
                Err(_) => super::bag::text(&self.evaluator, &located),
            };
            match said.and_then("an IPv6 address", |text| text.trim().parse().ok()) {
                Field::Known(address) => addresses.push(address),
                Field::Unknown(why, _) => return Err((what, why)),
                Field::Absent => {}
            }
        }
        let count = match bag.number(&self.evaluator, "Ipv6AddressCount") {
            Field::Known(count) => count.value,
            Field::Absent => 0,
            Field::Unknown(why, _) => return Err((what, why)),
        };
        let place = bag.place_of("Ipv6AddressCount");
        let range = self.subnet_entry(subnet).and_then(|entry| entry.value.ipv6_cidr);
        match range {
            Some(range) if count > 0 && addresses.is_empty() => {
                self.stand_ins += 1;
                let base = range.value.network().to_bits();
                let host = 0x1_0000_u128.saturating_add(self.stand_ins);
                addresses.push(Spanned::new(Ipv6Addr::from_bits(base | host), place));
            }
            None if count > 0 => return Err((what, "its subnet has no IPv6 range".into())),
            _ => {}
        }
        Ok(addresses)
    }

    /// The names of security groups in a VPC.
    pub(super) fn groups(&mut self, vpc: usize, said: &Located) -> Vec<Spanned<String>> {
        let list = match items(said) {
            Ok(list) => list,
            Err(why) => {
                let name = self.external_group(vpc, &unknown_group(&why), false, said.place);
                return vec![Spanned::new(name, said.place)];
            }
        };
        let mut names: Vec<Spanned<String>> = Vec::with_capacity(list.len());
        for item in &list {
            let reference = self.refer(&item.value);
            let name = match (self.group_home(&reference), &reference) {
                (_, Reference::Absent) => continue,
                (Some((home, name)), _) if home == vpc => name,
                (Some((_, name)), _) => {
                    let why = format!("`{name}` is a group of another VPC");
                    self.external_group(vpc, &unknown_group(&why), false, item.place)
                }
                (None, Reference::Literal(id)) => self.external_group(vpc, &label(id), true, item.place),
                (None, _) => {
                    let why = self.why(&reference);
                    self.external_group(vpc, &unknown_group(&why), false, item.place)
                }
            };
            if names.iter().all(|known| known.value != name) {
                names.push(Spanned::new(name, item.place));
            }
        }
        names
    }

    /// The interface of a seat.
    pub(super) fn interface_mut(&mut self, seat: &Seat) -> Option<&mut Interface> {
        let vpc = self.vpc(seat.vpc)?;
        let owner = vpc.instances.0.iter_mut().find(|entry| entry.name.value == seat.owner)?;
        let found = owner.value.interfaces.0.iter_mut().find(|entry| entry.name.value == seat.interface);
        found.map(|entry| &mut entry.value)
    }
}

/// The name of a group of which only this is known.
pub(super) fn unknown_group(why: &str) -> String {
    label(&format!("the group of which {why}"))
}
