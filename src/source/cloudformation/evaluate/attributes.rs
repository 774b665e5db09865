//! `Fn::GetAtt`: what a resource will say about itself.

use std::net::Ipv6Addr;
use std::rc::Rc;

use super::super::document::{Kind, Node};
use super::super::stack::{NESTED_STACK, ResourceId, StackId};
use super::super::value::Value;
use super::Evaluator;
use super::conditions::Truth;
use crate::topology::{Diagnostic, Place, quote};

/// Attributes that are what `Ref` gives, for every type of `AWS::EC2`.
const IDS: [&str; 16] = [
    "CarrierGatewayId",
    "EgressOnlyInternetGatewayId",
    "GroupId",
    "Id",
    "InstanceId",
    "InternetGatewayId",
    "LaunchTemplateId",
    "NatGatewayId",
    "NetworkAclId",
    "NetworkInterfaceId",
    "PrefixListId",
    "RouteTableId",
    "SubnetId",
    "TransitGatewayId",
    "VPCId",
    "VpcId",
];

impl Evaluator<'_> {
    pub(super) fn get_att(&mut self, stack: StackId, argument: &Node, place: Place) -> Value {
        match &argument.kind {
            Kind::Text(text) => match text.split_once('.') {
                Some((resource, attribute)) => self.attribute(stack, resource, attribute, place),
                None => Value::unknown("`Fn::GetAtt` takes a resource and an attribute"),
            },
            Kind::List(items) => match items.as_slice() {
                [resource, attribute] => {
                    let (resource, attribute) = match (resource.text(), self.known(stack, attribute)) {
                        (Some(resource), Ok(attribute)) => (resource.to_owned(), attribute),
                        (_, Err(unknown)) => return unknown,
                        (None, _) => return Value::unknown("`Fn::GetAtt` takes the name of a resource"),
                    };
                    self.attribute(stack, &resource, &attribute, place)
                }
                // `[Nested, Outputs, Name]`
                [resource, rest @ ..] => {
                    let rest: Option<Vec<&str>> = rest.iter().map(Node::text).collect();
                    match (resource.text(), rest) {
                        (Some(resource), Some(rest)) => {
                            self.attribute(stack, resource, &rest.join("."), place)
                        }
                        _ => Value::unknown("`Fn::GetAtt` takes texts"),
                    }
                }
                [] => Value::unknown("`Fn::GetAtt` takes a resource and an attribute"),
            },
            _ => Value::unknown("`Fn::GetAtt` takes a resource and an attribute"),
        }
    }

    /// `RESOURCE.ATTRIBUTE`
    pub(super) fn attribute(&mut self, stack: StackId, name: &str, attribute: &str, place: Place) -> Value {
        let world = self.world;
        let found = world.stack(stack).and_then(|stack| stack.resources.get(name));
        let Some(&id) = found else {
            let message = format!("there is no resource {}", quote(name));
            self.report(Diagnostic::warning("CFN005", message, place));
            return Value::unknown(format!("nothing is called {}", quote(name)));
        };
        if self.exists(id) == Truth::False {
            return Value::unknown(format!("`{name}` does not exist under the conditions that hold"));
        }
        let kind = world.kind(id);
        match (kind, attribute) {
            (NESTED_STACK, _) => self.nested_output(id, attribute),
            ("AWS::EC2::VPC", "CidrBlock") | ("AWS::EC2::Subnet", "CidrBlock" | "AvailabilityZone") => {
                self.said(id, attribute)
            }
            ("AWS::EC2::Subnet" | "AWS::EC2::SecurityGroup", "VpcId") => self.said(id, "VpcId"),
            ("AWS::EC2::VPC", "Ipv6CidrBlocks") => self.ipv6_ranges(id),
            ("AWS::EC2::Subnet", "Ipv6CidrBlocks") => match self.said(id, "Ipv6CidrBlock") {
                Value::Text(text) => Value::List(vec![Value::Text(text).at(place)]),
                other => other,
            },
            ("AWS::EC2::Instance", "PrivateIp")
            | ("AWS::EC2::NetworkInterface", "PrimaryPrivateIpAddress") => {
                match self.property(id, "PrivateIpAddress") {
                    Value::Nothing => Value::symbol(id, Some(attribute)),
                    said => said,
                }
            }
            ("AWS::RDS::DBInstance" | "AWS::RDS::DBCluster", "Endpoint.Port") => self.database_port(id),
            _ if kind.starts_with("AWS::EC2::") && IDS.contains(&attribute) => Value::symbol(id, None),
            _ => Value::symbol(id, Some(attribute)),
        }
    }

    /// The port of a database: as it was said, or the default of its engine.
    fn database_port(&mut self, id: ResourceId) -> Value {
        let said = self.property(id, "Port");
        if !matches!(said, Value::Nothing) {
            return said;
        }
        if !matches!(self.property(id, "DBClusterIdentifier"), Value::Nothing) {
            // The cluster says it.
            return Value::symbol(id, Some("Endpoint.Port"));
        }
        let engine = match self.property(id, "Engine") {
            Value::Text(text) => text.as_known().unwrap_or_default(),
            _ => String::new(),
        };
        let port = match engine.as_str() {
            "mysql" | "mariadb" | "aurora" | "aurora-mysql" => "3306",
            "postgres" | "aurora-postgresql" => "5432",
            _ if engine.starts_with("oracle-") => "1521",
            _ if engine.starts_with("sqlserver-") => "1433",
            _ => return Value::symbol(id, Some("Endpoint.Port")),
        };
        Value::text(port)
    }

    /// What `Ref` gives of a resource.
    pub(super) fn whole_resource(&mut self, id: ResourceId) -> Value {
        match self.exists(id) {
            Truth::False => {
                let name = self.world.resource(id).map_or("?", |resource| &resource.logical_id);
                Value::unknown(format!("`{name}` does not exist under the conditions that hold"))
            }
            _ => Value::symbol(id, None),
        }
    }

    /// A property that AWS takes over as it is.
    fn said(&mut self, id: ResourceId, property: &str) -> Value {
        match self.property(id, property) {
            Value::Nothing => Value::symbol(id, Some(property)),
            said => said,
        }
    }

    fn nested_output(&mut self, id: ResourceId, attribute: &str) -> Value {
        let world = self.world;
        let name = world.resource(id).map_or("?", |resource| &resource.logical_id);
        match (attribute.strip_prefix("Outputs."), world.nested.get(&id)) {
            (Some(output), Some(stack)) => self.output(*stack, &Rc::from(output)),
            (Some(_), None) => Value::unknown(format!("the template of nested stack `{name}` was not read")),
            (None, _) => Value::symbol(id, Some(attribute)),
        }
    }

    /// The IPv6 ranges of a VPC. What Amazon will give is stood for by a range of the documentation prefix (RFC 3849), one
    /// for each VPC: which range it is does not matter as long as it is everywhere the same.
    pub(in super::super) fn ipv6_ranges(&mut self, vpc: ResourceId) -> Value {
        let world = self.world;
        let mut ranges = Vec::new();
        for id in world.resource_ids().filter(|id| world.kind(*id) == "AWS::EC2::VPCCidrBlock") {
            let of = match self.property(id, "VpcId") {
                Value::Text(text) => text.as_symbol().cloned(),
                _ => None,
            };
            if of.is_none_or(|symbol| symbol.resource != vpc || symbol.attribute.is_some()) {
                continue;
            }
            let place = world.resource(id).map_or(Place::Implicit, |resource| resource.place);
            match (self.exists(id), self.property(id, "Ipv6CidrBlock"), self.ipv6_is_given(id)) {
                (Truth::False, ..) | (_, Value::Nothing, Ok(false)) => {}
                (Truth::Unknown(why), ..) | (_, Value::Nothing, Err(why)) => return Value::Unknown(why),
                (_, Value::Nothing, Ok(true)) => {
                    ranges.push(Value::text(stand_in(ranges.len(), vpc, world)).at(place));
                }
                (_, said, _) => ranges.push(said.at(place)),
            }
        }
        match ranges.is_empty() {
            true => Value::unknown("the VPC has no IPv6 range in this template"),
            false => Value::List(ranges),
        }
    }

    /// Whether an association asks for a range of Amazon's, or from a pool.
    fn ipv6_is_given(&mut self, id: ResourceId) -> Result<bool, Rc<str>> {
        match self.property(id, "AmazonProvidedIpv6CidrBlock") {
            Value::Text(text) => Ok(text.as_known().as_deref() == Some("true")),
            Value::Unknown(why) => Err(why),
            _ => match self.property(id, "Ipv6Pool") {
                Value::Nothing => match self.property(id, "Ipv6IpamPoolId") {
                    Value::Nothing => Ok(false),
                    _ => Ok(true),
                },
                _ => Ok(true),
            },
        }
    }
}

/// A /56 of 2001:db8::/32 that no other VPC has.
fn stand_in(index: usize, vpc: ResourceId, world: &super::super::stack::World) -> String {
    let vpcs = world.resource_ids().filter(|id| world.kind(*id) == "AWS::EC2::VPC");
    let number = vpcs.take_while(|id| *id != vpc).count() * 8 + index + 1;
    let base = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0).to_bits();
    let number = u128::try_from(number).unwrap_or(0) & 0xff_ffff;
    format!("{}/56", Ipv6Addr::from_bits(base | number << 72))
}
