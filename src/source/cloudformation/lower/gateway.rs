//! Internet gateways and their attachments, egress-only internet gateways, and NAT gateways.

use std::rc::Rc;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::super::value::label;
use super::bag::Field;
use super::{Lowering, Reference};
use crate::topology::{
    Connectivity, EgressOnlyInternetGateway, Entry, GatewayState, InternetGateway, NatGateway, Spanned,
    Unmodelled,
};

const ATTACHMENT: &str = "AWS::EC2::VPCGatewayAttachment";
const INTERNET: &str = "AWS::EC2::InternetGateway";
const EGRESS_ONLY: &str = "AWS::EC2::EgressOnlyInternetGateway";
const NAT: &str = "AWS::EC2::NatGateway";

impl Lowering<'_> {
    pub(super) fn gateways(&mut self) {
        for (id, _) in self.existing(INTERNET) {
            // By itself it does nothing: what counts is the attachment.
            self.fate(id, Fate::Read);
        }
        for (id, doubt) in self.existing(ATTACHMENT) {
            self.attach(id, doubt);
        }
        for (id, doubt) in self.existing(EGRESS_ONLY) {
            self.egress_only(id, doubt);
        }
        for (id, doubt) in self.existing(NAT) {
            if let Err((what, why)) = self.nat_gateway(id, doubt) {
                self.unresolved(id, what, &why, self.place(id));
                let vpc = self.subnet_of(id, "SubnetId").ok().map(|(vpc, _)| self.vpc_name(vpc));
                self.add_unmodelled(Unmodelled {
                    kind: "NAT gateway".to_owned(),
                    vpc,
                    name: self.named(id),
                    why: Some(format!("{what} is not known: {why}")),
                    ..Unmodelled::default()
                });
            }
        }
    }

    fn attach(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let place = self.place(id);
        let vpc = match self.vpc_of(id, "VpcId") {
            Ok(vpc) => vpc,
            Err(why) => return self.unresolved(id, "its VPC", &why, place),
        };
        let reference = self.reference(id, "InternetGatewayId");
        if matches!(reference, Reference::Absent) {
            // A virtual private gateway: `others` reads it.
            return self.fate(id, Fate::NotModelled);
        }
        let gateway = self.resource_of(&reference, INTERNET);
        let doubt = doubt.or_else(|| gateway.is_none().then(|| self.why(&reference)));
        let name = match (gateway, &reference) {
            (Some(gateway), _) => self.named(gateway),
            (None, Reference::Literal(name)) => Spanned::new(label(name), place),
            (None, _) => self.named(id),
        };
        let vpc_name = self.vpc_name(vpc);
        match self.vpc(vpc) {
            Some(home) if home.internet_gateway.is_none() => {
                let attached = Spanned::new(true, place);
                home.internet_gateway = Some(InternetGateway { name, attached, route_table: None });
            }
            _ => return self.unresolved(id, "the attachment", "its VPC has another one (VP-15)", place),
        }
        match doubt {
            None => self.fate(id, Fate::Read),
            Some(why) => {
                self.unresolved(id, "whether the internet gateway is attached", &why, place);
                self.add_unmodelled(Unmodelled {
                    kind: "internet gateway attachment".to_owned(),
                    vpc: Some(vpc_name),
                    name: self.named(id),
                    why: Some(format!("whether it is attached is not known: {why}")),
                    ..Unmodelled::default()
                });
            }
        }
    }

    fn egress_only(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let place = self.place(id);
        let vpc = match self.vpc_of(id, "VpcId") {
            Ok(vpc) => vpc,
            Err(why) => return self.unresolved(id, "its VPC", &why, place),
        };
        let name = self.named(id);
        if let Some(why) = doubt {
            self.unresolved(id, "whether it exists", &why, place);
            let vpc = Some(self.vpc_name(vpc));
            self.add_unmodelled(Unmodelled {
                kind: "egress-only internet gateway".to_owned(),
                vpc,
                name,
                why: Some(format!("whether it exists is not known: {why}")),
                ..Unmodelled::default()
            });
            return;
        }
        if let Some(vpc) = self.vpc(vpc) {
            vpc.egress_only_internet_gateway = Some(EgressOnlyInternetGateway { name });
        }
        self.fate(id, Fate::Read);
    }

    fn nat_gateway(&mut self, id: ResourceId, doubt: Option<Rc<str>>) -> Result<(), (&'static str, Rc<str>)> {
        if let Some(why) = doubt {
            return Err(("whether it exists", why));
        }
        let bag = self.bag(id, &["ConnectivityType", "PrivateIpAddress"]);
        let connectivity = bag.text(&self.evaluator, "ConnectivityType");
        let connectivity = connectivity.and_then("public or private", |text| match text.as_str() {
            "public" => Some(Connectivity::Public),
            "private" => Some(Connectivity::Private),
            _ => None,
        });
        let place = self.place(id);
        let connectivity = match connectivity {
            Field::Absent => Spanned::implicit(Connectivity::Public),
            Field::Known(connectivity) => connectivity,
            Field::Unknown(why, _) => return Err(("its type", why)),
        };
        let (vpc, position) = self.subnet_of(id, "SubnetId").map_err(|why| ("its subnet", why))?;
        let subnet = self.subnet_entry((vpc, position)).map(|entry| entry.name().to_owned());
        let address = bag.text(&self.evaluator, "PrivateIpAddress");
        let address = address.and_then("an IPv4 address", |text| text.parse().ok());
        let gateway = NatGateway {
            subnet: Spanned::new(subnet.unwrap_or_default(), self.evaluator.property_place(id, "SubnetId")),
            connectivity,
            state: Spanned::implicit(GatewayState::Available),
            private_ip: address.known(),
            public_ip: None,
            place,
        };
        let entry = Entry { name: self.named(id), aliases: self.aliases(id), value: gateway };
        if let Some(vpc) = self.vpc(vpc) {
            vpc.nat_gateways.0.push(entry);
        }
        self.fate(id, Fate::Read);
        Ok(())
    }
}
