//! `AWS::EC2::Subnet` and `AWS::EC2::SubnetCidrBlock`.

use std::rc::Rc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::Lowering;
use super::bag::{Bag, Field};
use crate::topology::{Entry, Spanned, Subnet, Unmodelled};

const KIND: &str = "AWS::EC2::Subnet";
const RANGE_KIND: &str = "AWS::EC2::SubnetCidrBlock";
const PROPERTIES: [&str; 7] = [
    "CidrBlock",
    "Ipv6CidrBlock",
    "AvailabilityZone",
    "MapPublicIpOnLaunch",
    "AssignIpv6AddressOnCreation",
    "Ipv4IpamPoolId",
    "Ipv6IpamPoolId",
];

impl Lowering<'_> {
    pub(super) fn subnets(&mut self) {
        for (id, doubt) in self.existing(KIND) {
            if let Err((what, why)) = self.add_subnet(id, doubt) {
                let place = self.evaluator.property_place(id, "CidrBlock");
                self.unresolved(id, what, &why, place);
                self.add_unknown_subnet(id, format!("{what} is not known: {why}"));
            }
        }
        for (id, doubt) in self.existing(RANGE_KIND) {
            self.add_ipv6_range(id, doubt);
        }
    }

    fn add_subnet(&mut self, id: ResourceId, doubt: Option<Rc<str>>) -> Result<(), (&'static str, Rc<str>)> {
        let vpc = self.vpc_of(id, "VpcId").map_err(|why| ("its VPC", why))?;
        if let Some(why) = doubt {
            return Err(("whether it exists", why));
        }
        let bag = self.bag(id, &PROPERTIES);
        let cidr = self.ipv4_range(&bag)?;
        let ipv6_cidr = ipv6(self, &bag).map_err(|why| ("its IPv6 range", why))?;
        if cidr.is_none() && ipv6_cidr.is_none() {
            return Err(("its range", "it is not said".into()));
        }
        let flag = |name: &str| bag.flag(&self.evaluator, name);
        let (public, assign) = (flag("MapPublicIpOnLaunch"), flag("AssignIpv6AddressOnCreation"));
        if let Field::Unknown(why, _) = assign {
            return Err(("whether its instances get IPv6 addresses", why));
        }
        let public = match public {
            Field::Unknown(why, place) => {
                self.unresolved(id, "whether its instances get public addresses", &why, place);
                self.unknown_public.insert(id, why);
                None
            }
            public => public.known(),
        };
        let subnet = Subnet {
            cidr,
            ipv6_cidr,
            az: bag.text(&self.evaluator, "AvailabilityZone").known(),
            auto_assign_public_ip: public,
            auto_assign_ipv6: assign.known(),
            ..Subnet::default()
        };
        let aliases = self.aliases(id);
        let name = self.named(id);
        if let Some(home) = self.vpc(vpc) {
            home.subnets.0.push(Entry { name, aliases, value: subnet });
            let position = home.subnets.len().saturating_sub(1);
            self.subnets.insert(id, (vpc, position));
        }
        self.fate(id, Fate::Read);
        Ok(())
    }

    fn ipv4_range(&self, bag: &Bag) -> Result<Option<Spanned<Ipv4Net>>, (&'static str, Rc<str>)> {
        match bag.cidr(&self.evaluator, "CidrBlock") {
            Field::Known(Spanned { value: IpNet::V4(net), place }) => Ok(Some(Spanned::new(net, place))),
            Field::Known(_) => Err(("its range", "it is no IPv4 CIDR".into())),
            Field::Unknown(why, _) => Err(("its range", why)),
            Field::Absent if bag.has("Ipv4IpamPoolId") => {
                Err(("its range", "AWS takes it from a pool".into()))
            }
            Field::Absent => Ok(None),
        }
    }

    /// A subnet of which only the name is known.
    fn add_unknown_subnet(&mut self, id: ResourceId, reason: String) {
        let vpc = self.vpc_of(id, "VpcId").ok().map(|vpc| self.vpc_name(vpc));
        self.add_unmodelled(Unmodelled {
            kind: "subnet".to_owned(),
            vpc,
            name: self.named(id),
            why: Some(reason),
            ..Unmodelled::default()
        });
    }

    fn add_ipv6_range(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let reference = self.reference(id, "SubnetId");
        let subnet = self.resource_of(&reference, KIND).and_then(|subnet| self.subnets.get(&subnet)).copied();
        let Some((vpc, position)) = subnet else {
            let why = self.why(&reference);
            return self.unresolved(id, "its subnet", &why, self.place(id));
        };
        let bag = self.bag(id, &["Ipv6CidrBlock", "Ipv6IpamPoolId"]);
        let range = match doubt {
            Some(why) => Err(why),
            None => ipv6(self, &bag),
        };
        match range {
            Ok(Some(range)) => {
                if let Some(entry) = self.vpc(vpc).and_then(|vpc| vpc.subnets.0.get_mut(position)) {
                    entry.value.ipv6_cidr = Some(range);
                }
                self.fate(id, Fate::Read);
            }
            Ok(None) => self.fate(id, Fate::Read),
            Err(why) => self.unresolved(id, "an IPv6 range", &why, bag.place_of("Ipv6CidrBlock")),
        }
    }

    /// The names of a VPC and a subnet that a property names, if both were read.
    pub(super) fn subnet_of(&mut self, id: ResourceId, property: &str) -> Result<(usize, usize), Rc<str>> {
        let reference = self.reference(id, property);
        let found = self.resource_of(&reference, KIND).and_then(|subnet| self.subnets.get(&subnet));
        found.copied().ok_or_else(|| self.why(&reference))
    }

    pub(super) fn subnet_entry(&self, (vpc, position): (usize, usize)) -> Option<&Entry<Subnet>> {
        self.topology.vpcs.0.get(vpc)?.value.subnets.0.get(position)
    }

    pub(super) fn subnet_mut(&mut self, (vpc, position): (usize, usize)) -> Option<&mut Subnet> {
        self.vpc(vpc)?.subnets.0.get_mut(position).map(|entry| &mut entry.value)
    }
}

fn ipv6(lowering: &Lowering<'_>, bag: &Bag) -> Result<Option<Spanned<Ipv6Net>>, Rc<str>> {
    match bag.cidr(&lowering.evaluator, "Ipv6CidrBlock") {
        Field::Known(Spanned { value: IpNet::V6(net), place }) => Ok(Some(Spanned::new(net, place))),
        Field::Known(_) => Err("it is no IPv6 CIDR".into()),
        Field::Unknown(why, _) => Err(why),
        Field::Absent if bag.has("Ipv6IpamPoolId") => Err("AWS takes it from a pool".into()),
        Field::Absent => Ok(None),
    }
}
