//! `AWS::EC2::VPC` and `AWS::EC2::VPCCidrBlock`.

use std::rc::Rc;

use ipnet::IpNet;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::super::value::Value;
use super::Lowering;
use super::bag::{Field, cidr};
use crate::topology::{Entry, Spanned, Unmodelled, Vpc};

const KIND: &str = "AWS::EC2::VPC";
const RANGE_KIND: &str = "AWS::EC2::VPCCidrBlock";

impl Lowering<'_> {
    pub(super) fn vpcs(&mut self) {
        for (id, doubt) in self.existing(KIND) {
            self.add_vpc(id, doubt);
        }
        for (id, doubt) in self.existing(RANGE_KIND) {
            self.add_range(id, doubt);
        }
        let ids: Vec<(ResourceId, usize)> = self.vpcs.iter().map(|(id, index)| (*id, *index)).collect();
        for (id, index) in ids {
            self.add_ipv6_ranges(id, index);
        }
        self.name_defaults();
    }

    fn add_vpc(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let bag = self.bag(id, &["CidrBlock", "EnableDnsSupport"]);
        let range = bag.cidr(&self.evaluator, "CidrBlock").and_then("an IPv4 CIDR", |net| match net {
            IpNet::V4(net) => Some(*net),
            IpNet::V6(_) => None,
        });
        let range = match (doubt, range) {
            (Some(why), _) => Err(("whether it exists", why)),
            (None, Field::Known(range)) => Ok(range),
            (None, Field::Unknown(why, _)) => Err(("its range", why)),
            // From a pool of IPAM.
            (None, Field::Absent) => Err(("its range", "AWS takes it from a pool".into())),
        };
        let range = match range {
            Ok(range) => range,
            Err((what, why)) => {
                self.unresolved(id, what, &why, bag.place_of("CidrBlock"));
                let reason = Some(format!("{what} is not known: {why}"));
                self.add_unmodelled(Unmodelled {
                    kind: "VPC".to_owned(),
                    name: self.named(id),
                    why: reason,
                    ..Unmodelled::default()
                });
                return;
            }
        };
        let dns_support = bag.flag(&self.evaluator, "EnableDnsSupport").known();
        let mut vpc = Vpc { cidrs: vec![range], dns_support, ..Vpc::default() };
        vpc.region = self.pseudo(id, "AWS::Region");
        vpc.account = self.pseudo(id, "AWS::AccountId");
        let aliases = self.aliases(id);
        self.vpcs.insert(id, self.topology.vpcs.len());
        self.topology.vpcs.0.push(Entry { name: self.named(id), aliases, value: vpc });
        self.fate(id, Fate::Read);
    }

    fn pseudo(&mut self, id: ResourceId, name: &str) -> Option<Spanned<String>> {
        let stack = self.world.resource(id)?.stack;
        match self.evaluator.pseudo_parameter(stack, name) {
            Value::Text(text) => text.as_known().map(Spanned::implicit),
            _ => None,
        }
    }

    /// A further IPv4 range. IPv6 ranges are read from the VPC's side.
    fn add_range(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let vpc = match self.vpc_of(id, "VpcId") {
            Ok(vpc) => vpc,
            Err(why) => return self.unresolved(id, "its VPC", &why, self.place(id)),
        };
        let bag = self.bag(id, &["CidrBlock", "Ipv4IpamPoolId"]);
        let place = bag.place_of("CidrBlock");
        let why: Rc<str> = match (doubt, bag.cidr(&self.evaluator, "CidrBlock")) {
            (Some(why), _) => why,
            (None, Field::Known(Spanned { value: IpNet::V4(net), place })) => {
                if let Some(vpc) = self.vpc(vpc) {
                    vpc.cidrs.push(Spanned::new(net, place));
                }
                return self.fate(id, Fate::Read);
            }
            (None, Field::Absent) if !bag.has("Ipv4IpamPoolId") => return self.fate(id, Fate::Read),
            (None, Field::Absent) => "AWS takes it from a pool".into(),
            (None, Field::Known(_)) => "it is no IPv4 CIDR".into(),
            (None, Field::Unknown(why, _)) => why,
        };
        self.unknown_ranges.push((vpc, Rc::clone(&why)));
        self.unresolved(id, "a range of the VPC", &why, place);
    }

    fn add_ipv6_ranges(&mut self, id: ResourceId, index: usize) {
        let place = self.place(id);
        let ranges = match self.evaluator.ipv6_ranges(id) {
            Value::List(ranges) => ranges,
            _ => return,
        };
        for range in ranges {
            let net = match &range.value {
                Value::Text(text) => text.as_known().and_then(|text| cidr(&text)),
                _ => None,
            };
            match net {
                Some(IpNet::V6(net)) => {
                    if let Some(vpc) = self.vpc(index) {
                        vpc.ipv6_cidrs.push(Spanned::new(net, range.place));
                    }
                }
                _ => {
                    let why: Rc<str> = "it is not said".into();
                    self.unknown_ranges.push((index, Rc::clone(&why)));
                    self.unresolved(id, "an IPv6 range of the VPC", &why, place);
                }
            }
        }
    }

    /// What AWS makes with every VPC has no logical id, and must not get that of something else.
    fn name_defaults(&mut self) {
        let taken = |name: &str| self.world.resources.iter().any(|resource| &*resource.logical_id == name);
        let (main, default) = (taken("main"), taken("default"));
        for entry in &mut self.topology.vpcs.0 {
            if main {
                entry.value.main_route_table = Some(Spanned::implicit("main (of AWS)".to_owned()));
            }
            if default {
                let name = Spanned::implicit("default (of AWS)".to_owned());
                entry.value.default_network_acl = Some(name.clone());
                entry.value.default_security_group = Some(name);
            }
        }
    }
}
