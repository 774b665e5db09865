//! `AWS::EC2::VPCEndpoint`. The routes of gateway endpoints are those of `route_table`.

use std::rc::Rc;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::super::value::Located;
use super::Lowering;
use super::bag::{Bag, Field};
use crate::topology::{
    EndpointService, EndpointType, Entries, Entry, Instance, InstanceKind, PublicIp, Spanned, VpcEndpoint,
};

pub(super) const KIND: &str = "AWS::EC2::VPCEndpoint";
const SERVICE: &str = "AWS::EC2::VPCEndpointService";

impl Lowering<'_> {
    /// What is not known of an endpoint leaves it among what is not modelled.
    pub(super) fn endpoints(&mut self) {
        for (id, doubt) in self.existing(KIND) {
            if doubt.is_none() && !self.fates.contains_key(&id) && self.endpoint(id).is_some() {
                self.fate(id, Fate::Read);
            }
        }
    }

    fn endpoint(&mut self, id: ResourceId) -> Option<()> {
        const PROPERTIES: [&str; 5] =
            ["VpcEndpointType", "ServiceName", "SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled"];
        let bag = self.bag(id, &PROPERTIES);
        let place = self.place(id);
        let kind = match bag.text(&self.evaluator, "VpcEndpointType") {
            Field::Absent => EndpointType::Gateway,
            Field::Known(kind) if kind.value == "Gateway" => EndpointType::Gateway,
            Field::Known(kind) if kind.value == "Interface" => EndpointType::Interface,
            _ => return None,
        };
        let vpc = self.vpc_of(id, "VpcId").ok()?;
        if kind == EndpointType::Interface {
            self.endpoint_interfaces(id, vpc, &bag)?;
        }
        let service = self.endpoint_service(id, &bag);
        let private_dns = bag.flag(&self.evaluator, "PrivateDnsEnabled").known();
        let value = VpcEndpoint {
            kind: Spanned::new(kind, place),
            service: Spanned::new(service, place),
            available: Spanned::implicit(true),
            private_dns,
            place,
        };
        let entry = Entry { name: self.named(id), aliases: self.aliases(id), value };
        self.vpc(vpc)?.endpoints.0.push(entry);
        Some(())
    }

    /// EP-3: an interface in each subnet.
    fn endpoint_interfaces(&mut self, id: ResourceId, vpc: usize, bag: &Bag) -> Option<()> {
        let place = self.place(id);
        let mut interfaces = Entries::default();
        for subnet in bag.items("SubnetIds").ok()? {
            let groups = bag.get("SecurityGroupIds").cloned();
            let key = |name: &str| Rc::<str>::from(name);
            let entries: Vec<(Rc<str>, Located)> = std::iter::once((key("SubnetId"), subnet))
                .chain(groups.map(|groups| (key("SecurityGroupIds"), groups)))
                .collect();
            let built = self.interface(&Bag { entries, place }).ok()?;
            if built.vpc != vpc {
                return None;
            }
            let mut interface = built.interface;
            interface.public_ip = Spanned::new(PublicIp::None, place);
            interfaces.push(interface.subnet.clone(), interface);
        }
        if interfaces.is_empty() {
            return None;
        }
        let kind = Spanned::new(InstanceKind::VpcEndpoint, place);
        let value = Instance { kind, one_per_subnet: true, interfaces, place, ..Instance::default() };
        let entry = Entry { name: self.named(id), aliases: self.aliases(id), value };
        self.vpc(vpc)?.instances.0.push(entry);
        Some(())
    }

    /// The name of the service. One that is put together from an endpoint service of the templates is that one, and its own
    /// side is not modelled.
    fn endpoint_service(&mut self, id: ResourceId, bag: &Bag) -> String {
        if let Some(known) = bag.text(&self.evaluator, "ServiceName").known() {
            return known.value;
        }
        let mut found = std::collections::BTreeSet::new();
        super::unmodelled::symbols(&bag.value("ServiceName"), &mut found);
        let own = found.into_iter().find(|resource| self.world.kind(*resource) == SERVICE);
        // A name of which a part is not known may be that of any service of the templates.
        let own = own.or_else(|| self.by_kind.get(SERVICE)?.first().copied());
        let Some(own) = own else { return format!("the service of {}", self.name(id)) };
        let (name, place) = (self.named(own), self.place(own));
        if self.topology.endpoint_services.get(&name.value).is_none() {
            let load_balancer = Spanned::new("of-the-provider".to_owned(), place);
            let service = EndpointService { load_balancer, place, ..EndpointService::default() };
            self.topology.endpoint_services.push(name.clone(), service);
            self.fate(own, Fate::NotModelled);
        }
        name.value
    }
}
