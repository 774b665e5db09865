//! `AWS::EC2::Instance`, `AWS::EC2::NetworkInterface`, their attachments, and Elastic IP addresses.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::super::value::Located;
use super::bag::{Bag, Field};
use super::interface::{Built, Failed, PROPERTIES, Seat};
use super::{Lowering, Reference};
use crate::topology::{Entries, Entry, Instance, InstanceKind, PublicIp, Spanned, Unmodelled};

const KIND: &str = "AWS::EC2::Instance";
const INTERFACE_KIND: &str = "AWS::EC2::NetworkInterface";
const ATTACHMENT_KIND: &str = "AWS::EC2::NetworkInterfaceAttachment";
const TEMPLATE_KIND: &str = "AWS::EC2::LaunchTemplate";
const ADDRESS_KIND: &str = "AWS::EC2::EIP";
const ASSOCIATION_KIND: &str = "AWS::EC2::EIPAssociation";

/// Interfaces that instances get by attachments: device index, interface, doubt.
type Attached = BTreeMap<ResourceId, Vec<(i64, ResourceId)>>;

/// An interface of an instance before it has a place: its device index, name, resource, and itself.
struct Piece {
    index: i64,
    name: String,
    resource: Option<ResourceId>,
    built: Built,
}

impl Lowering<'_> {
    pub(super) fn instances(&mut self) {
        let attached = self.attachments();
        let mut used: Vec<ResourceId> = Vec::new();
        for (id, doubt) in self.existing(KIND) {
            let read = match doubt {
                Some(why) => Err(("whether it exists", why)),
                None => self.pieces(id, &attached, &mut used),
            };
            match read {
                Ok(pieces) => self.seat(id, InstanceKind::Ec2, pieces, true),
                Err((what, why)) => self.hide(id, "instance", what, &why),
            }
        }
        for (id, doubt) in self.existing(INTERFACE_KIND) {
            if used.contains(&id) {
                self.fate(id, Fate::Read);
                continue;
            }
            let read = match doubt {
                Some(why) => Err(("whether it exists", why)),
                None => self.interface_resource(id),
            };
            match read {
                Ok(built) => {
                    let name = "eth0".to_owned();
                    let piece = Piece { index: 0, name, resource: Some(id), built };
                    self.seat(id, InstanceKind::Interface, vec![piece], false);
                }
                Err((what, why)) => self.hide(id, "network interface", what, &why),
            }
        }
    }

    fn attachments(&mut self) -> Attached {
        let mut attached = Attached::new();
        for (id, doubt) in self.existing(ATTACHMENT_KIND) {
            let instance = self.reference(id, "InstanceId");
            let interface = self.reference(id, "NetworkInterfaceId");
            let pair = (self.resource_of(&instance, KIND), self.resource_of(&interface, INTERFACE_KIND));
            let index = self.bag(id, &["DeviceIndex"]).number(&self.evaluator, "DeviceIndex").known();
            match (pair, doubt) {
                ((Some(instance), Some(interface)), None) => {
                    let index = index.map_or(1, |index| index.value);
                    attached.entry(instance).or_default().push((index, interface));
                    self.fate(id, Fate::Read);
                }
                (_, Some(why)) => self.unresolved(id, "whether it exists", &why, self.place(id)),
                ((None, _), None) => {
                    let why = self.why(&instance);
                    self.unresolved(id, "its instance", &why, self.place(id));
                }
                (_, None) => {
                    let why = self.why(&interface);
                    self.unresolved(id, "its interface", &why, self.place(id));
                }
            }
        }
        attached
    }

    fn interface_resource(&mut self, id: ResourceId) -> Result<Built, Failed> {
        let bag = self.bag(id, &PROPERTIES);
        self.interface(&bag)
    }

    /// The interfaces of an instance, the primary one first.
    fn pieces(
        &mut self,
        id: ResourceId,
        attached: &Attached,
        used: &mut Vec<ResourceId>,
    ) -> Result<Vec<Piece>, Failed> {
        let mut names = PROPERTIES.to_vec();
        names.extend(["NetworkInterfaces", "LaunchTemplate"]);
        let mut bag = self.bag(id, &names);
        self.add_launch_template(&mut bag)?;
        let listed = bag.items("NetworkInterfaces").map_err(|why| ("its interfaces", why))?;
        let mut pieces: Vec<Piece> = Vec::new();
        for (index, located) in (0..).zip(&listed) {
            pieces.push(self.listed_interface(index, located, &bag, used)?);
        }
        if listed.is_empty() {
            let built = self.interface(&bag)?;
            pieces.push(Piece { index: 0, name: "eth0".to_owned(), resource: None, built });
        }
        for (index, interface) in attached.get(&id).into_iter().flatten() {
            let built = self.interface_resource(*interface)?;
            used.push(*interface);
            pieces.push(Piece {
                index: *index,
                name: self.name(*interface),
                resource: Some(*interface),
                built,
            });
        }
        pieces.sort_by_key(|piece| piece.index);
        Ok(pieces)
    }

    /// An item of `NetworkInterfaces`: an interface of its own, or one that is a resource.
    fn listed_interface(
        &mut self,
        position: i64,
        located: &Located,
        instance: &Bag,
        used: &mut Vec<ResourceId>,
    ) -> Result<Piece, Failed> {
        let mut bag = Bag::of(located).map_err(|why| ("an interface", why))?;
        let index = bag.number(&self.evaluator, "DeviceIndex").known().map_or(position, |index| index.value);
        let reference = self.refer(&bag.value("NetworkInterfaceId"));
        if let Some(interface) = self.resource_of(&reference, INTERFACE_KIND) {
            used.push(interface);
            let built = self.interface_resource(interface)?;
            return Ok(Piece { index, name: self.name(interface), resource: Some(interface), built });
        }
        if !matches!(reference, Reference::Absent) {
            return Err(("its interface", self.why(&reference)));
        }
        // The check can be said for the whole instance.
        if let (false, Some(check)) = (bag.has("SourceDestCheck"), instance.get("SourceDestCheck")) {
            bag.entries.push(("SourceDestCheck".into(), check.clone()));
        }
        if let (false, Some(subnet)) = (bag.has("SubnetId"), instance.get("SubnetId")) {
            bag.entries.push(("SubnetId".into(), subnet.clone()));
        }
        let built = self.interface(&bag)?;
        Ok(Piece { index, name: format!("eth{index}"), resource: None, built })
    }

    /// What an instance does not say itself, its launch template may.
    fn add_launch_template(&mut self, bag: &mut Bag) -> Result<(), Failed> {
        let Some(located) = bag.get("LaunchTemplate") else { return Ok(()) };
        let what = "its launch template";
        let said = Bag::of(located).map_err(|why| (what, why))?;
        let by_id = self.refer(&said.value("LaunchTemplateId"));
        let reference = match by_id {
            Reference::Absent => self.refer(&said.value("LaunchTemplateName")),
            reference => reference,
        };
        let Some(template) = self.resource_of(&reference, TEMPLATE_KIND) else {
            let own = bag.has("NetworkInterfaces") || (bag.has("SubnetId") && bag.has("SecurityGroupIds"));
            return if own { Ok(()) } else { Err((what, self.why(&reference))) };
        };
        let data = self.bag(template, &["LaunchTemplateData"]);
        let Some(data) = data.get("LaunchTemplateData") else { return Ok(()) };
        let data = Bag::of(data).map_err(|why| (what, why))?;
        for (key, value) in data.entries {
            let wanted = matches!(&*key, "NetworkInterfaces" | "SecurityGroupIds" | "SecurityGroups");
            if wanted && !bag.has(&key) {
                bag.entries.push((key, value));
            }
        }
        Ok(())
    }

    /// Gives an instance, or a bare interface, its place in the topology.
    fn seat(&mut self, id: ResourceId, kind: InstanceKind, pieces: Vec<Piece>, attached: bool) {
        let place = self.place(id);
        let owner = self.name(id);
        let Some(vpc) = pieces.first().map(|piece| piece.built.vpc) else { return };
        let mut interfaces = Entries::default();
        for piece in pieces {
            let mut interface = piece.built.interface;
            interface.attached = attached;
            let seat = Seat { vpc, owner: owner.clone(), interface: piece.name.clone() };
            if let Some(resource) = piece.resource {
                self.instances.insert(resource, seat.clone());
            }
            if interfaces.is_empty() {
                self.instances.insert(id, seat);
            }
            interfaces.push(Spanned::new(piece.name, interface.place), interface);
        }
        let instance = Instance { kind: Spanned::implicit(kind), interfaces, place, ..Instance::default() };
        let entry = Entry { name: Spanned::new(owner, place), aliases: self.aliases(id), value: instance };
        if let Some(vpc) = self.vpc(vpc) {
            vpc.instances.0.push(entry);
        }
        self.fate(id, Fate::Read);
    }

    /// An instance of which too little is known keeps its name.
    pub(super) fn hide(&mut self, id: ResourceId, kind: &str, what: &'static str, why: &Rc<str>) {
        self.unresolved(id, what, why, self.place(id));
        let mut item = Unmodelled {
            kind: kind.to_owned(),
            name: self.named(id),
            why: Some(format!("{what} is not known: {why}")),
            ..Unmodelled::default()
        };
        self.place_unmodelled(id, &mut item);
        self.add_unmodelled(item);
    }

    /// Elastic IP addresses, and whom they belong to.
    pub(super) fn addresses(&mut self) {
        for (id, doubt) in self.existing(ADDRESS_KIND) {
            let reference = self.reference(id, "InstanceId");
            match &reference {
                Reference::Absent => self.fate(id, Fate::Read),
                _ => self.publish(id, &reference, doubt),
            }
        }
        for (id, doubt) in self.existing(ASSOCIATION_KIND) {
            let instance = self.reference(id, "InstanceId");
            let reference = match instance {
                Reference::Absent => self.reference(id, "NetworkInterfaceId"),
                instance => instance,
            };
            self.publish(id, &reference, doubt);
        }
    }

    /// Gives an interface a public address, which AWS picks.
    fn publish(&mut self, id: ResourceId, reference: &Reference, doubt: Option<Rc<str>>) {
        let place = self.place(id);
        let owner = match reference {
            Reference::Resource(symbol) if symbol.attribute.is_none() => Some(symbol.resource),
            _ => None,
        };
        let seat = owner.and_then(|owner| self.instances.get(&owner)).cloned();
        let Some(seat) = seat else {
            let why = self.why(reference);
            // An instance that is known by name only has said so itself.
            return self.unresolved(id, "its owner", &why, place);
        };
        let bag = self.bag(id, &["PrivateIpAddress"]);
        let address = bag.text(&self.evaluator, "PrivateIpAddress");
        let address = match address
            .and_then("an IPv4 address", |text| text.trim().parse::<std::net::Ipv4Addr>().ok())
        {
            Field::Known(address) => Some(address),
            _ => None,
        };
        if let Some(why) = doubt {
            self.unresolved(id, "whether it exists", &why, place);
            return self.forget(&seat, &format!("whether it has a public address is not known: {why}"));
        }
        if let Some(interface) = self.interface_mut(&seat) {
            let primary = interface.ips.first().map(|ip| ip.value);
            if address.is_none_or(|address| primary.is_none_or(|primary| primary == address.value)) {
                interface.public_ip = Spanned::new(PublicIp::Assigned, place);
            } else {
                return self.unresolved(id, "its address", "it is for a further private address", place);
            }
        }
        self.fate(id, Fate::Read);
    }

    /// Takes an instance out of the topology again: too little is known of it.
    fn forget(&mut self, seat: &Seat, reason: &str) {
        let vpc_name = self.vpc_name(seat.vpc);
        let Some(vpc) = self.vpc(seat.vpc) else { return };
        let Some(at) = vpc.instances.0.iter().position(|entry| entry.name.value == seat.owner) else {
            return;
        };
        let entry = vpc.instances.0.remove(at);
        let interfaces = || entry.value.interfaces.iter().map(|one| &one.value);
        let item = Unmodelled {
            kind: "instance".to_owned(),
            vpc: Some(vpc_name),
            subnets: interfaces().map(|one| one.subnet.value.clone()).collect(),
            security_groups: interfaces()
                .flat_map(|one| one.security_groups.iter().flatten().map(|group| group.value.clone()))
                .collect(),
            name: entry.name,
            addresses: Vec::new(),
            why: Some(reason.to_owned()),
        };
        self.add_unmodelled(item);
    }
}
