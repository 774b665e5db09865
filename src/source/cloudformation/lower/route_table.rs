//! `AWS::EC2::RouteTable`, its associations, and what adds routes to it.

use std::rc::Rc;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::super::value::label;
use super::{Lowering, Reference};
use crate::topology::{
    Association, Entry, PrefixList, Route, RouteDestination, RouteOrigin, RouteTable, RouteTarget, Spanned,
};

const KIND: &str = "AWS::EC2::RouteTable";
const ROUTE_KIND: &str = "AWS::EC2::Route";
const ASSOCIATION_KIND: &str = "AWS::EC2::SubnetRouteTableAssociation";
const GATEWAY_ASSOCIATION_KIND: &str = "AWS::EC2::GatewayRouteTableAssociation";
const PROPAGATION_KIND: &str = "AWS::EC2::VPNGatewayRoutePropagation";
const ENDPOINT_KIND: &str = "AWS::EC2::VPCEndpoint";

impl Lowering<'_> {
    pub(super) fn route_tables(&mut self) {
        for (id, doubt) in self.existing(KIND) {
            let vpc = match self.vpc_of(id, "VpcId") {
                Ok(vpc) => vpc,
                Err(why) => {
                    self.unresolved(id, "its VPC", &why, self.place(id));
                    continue;
                }
            };
            if let Some(why) = doubt {
                // An association with it is in doubt too, and says so.
                self.unresolved(id, "whether it exists", &why, self.place(id));
            }
            let entry =
                Entry { name: self.named(id), aliases: self.aliases(id), value: RouteTable::default() };
            if let Some(home) = self.vpc(vpc) {
                home.route_tables.0.push(entry);
                let position = home.route_tables.len().saturating_sub(1);
                self.route_tables.insert(id, (vpc, position));
            }
            self.fate(id, Fate::Read);
        }
        for (id, doubt) in self.existing(ROUTE_KIND) {
            self.add_route(id, doubt);
        }
        for (id, doubt) in self.existing(ASSOCIATION_KIND) {
            self.associate(id, doubt);
        }
        for (id, doubt) in self.existing(GATEWAY_ASSOCIATION_KIND) {
            self.associate_gateway(id, doubt);
        }
        for (id, _) in self.existing(PROPAGATION_KIND) {
            self.propagate(id);
        }
        for (id, doubt) in self.existing(ENDPOINT_KIND) {
            self.gateway_endpoint(id, doubt);
        }
    }

    fn table_of(&mut self, id: ResourceId, property: &str) -> Result<ResourceId, Rc<str>> {
        let reference = self.reference(id, property);
        let table = self.resource_of(&reference, KIND).filter(|table| self.route_tables.contains_key(table));
        table.ok_or_else(|| self.why(&reference))
    }

    fn table_mut(&mut self, id: ResourceId) -> Option<&mut RouteTable> {
        let (vpc, position) = *self.route_tables.get(&id)?;
        self.vpc(vpc)?.route_tables.0.get_mut(position).map(|entry| &mut entry.value)
    }

    fn add_route(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let table = match self.table_of(id, "RouteTableId") {
            Ok(table) => table,
            Err(why) => {
                if self.reference(id, "RouteTableId").is_open() {
                    let (route, _) = self.route(id, doubt);
                    self.doubt_tables(&route, &why);
                }
                return self.unresolved(id, "its route table", &why, self.place(id));
            }
        };
        let (route, why) = self.route(id, doubt);
        if let Some(table) = self.table_mut(table) {
            table.routes.push(route);
        }
        match why {
            Some(why) => self.unresolved(id, "the route", &why, self.place(id)),
            None => self.fate(id, Fate::Read),
        }
    }

    fn associate(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let place = self.place(id);
        let subnet = match self.subnet_of(id, "SubnetId") {
            Ok(subnet) => subnet,
            Err(why) => {
                self.open_table_associations |= self.reference(id, "SubnetId").is_open();
                return self.unresolved(id, "its subnet", &why, place);
            }
        };
        let table = self.table_of(id, "RouteTableId");
        let home = table.as_ref().ok().and_then(|table| self.route_tables.get(table)).map(|(vpc, _)| *vpc);
        let (association, why) = match (doubt, table) {
            (Some(why), _) | (None, Err(why)) => (Association::Unknown, Some(why)),
            (None, Ok(_)) if home != Some(subnet.0) => {
                (Association::Unknown, Some("the table is of another VPC".into()))
            }
            (None, Ok(table)) => (Association::Named(Spanned::new(self.name(table), place)), None),
        };
        if let Some(subnet) = self.subnet_mut(subnet) {
            subnet.route_table = association;
        }
        match why {
            Some(why) => self.unresolved(id, "the association", &why, place),
            None => self.fate(id, Fate::Read),
        }
    }

    /// A table for what enters by a gateway (RT-16).
    fn associate_gateway(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let place = self.place(id);
        let gateway = self.reference(id, "GatewayId");
        let gateway_name = match &gateway {
            Reference::Resource(symbol) => self.name(symbol.resource),
            _ => String::new(),
        };
        let table = match self.table_of(id, "RouteTableId") {
            Ok(table) => table,
            Err(why) => return self.unresolved(id, "its route table", &why, place),
        };
        if let Some(why) = doubt {
            self.unresolved(id, "whether it exists", &why, place);
        }
        let name = Spanned::new(self.name(table), place);
        for entry in &mut self.topology.vpcs.0 {
            let own = entry.value.internet_gateway.as_mut();
            if let Some(own) = own.filter(|own| own.name.value == gateway_name) {
                own.route_table = Some(name.clone());
            }
        }
        self.fate(id, Fate::NotModelled);
    }

    fn propagate(&mut self, id: ResourceId) {
        let place = self.place(id);
        let gateway = match self.reference(id, "VpnGatewayId") {
            Reference::Resource(symbol) => self.name(symbol.resource),
            Reference::Literal(name) => label(&name),
            other => self.why(&other).to_string(),
        };
        let bag = self.bag(id, &["RouteTableIds"]);
        let tables = match bag.items("RouteTableIds") {
            Ok(tables) => tables,
            Err(why) => return self.unresolved(id, "its route tables", &why, place),
        };
        for table in tables {
            let reference = self.refer(&table.value);
            let found =
                self.resource_of(&reference, KIND).filter(|table| self.route_tables.contains_key(table));
            match found {
                Some(table) => {
                    if let Some(table) = self.table_mut(table) {
                        table.propagating.push(Spanned::new(gateway.clone(), place));
                    }
                }
                None => {
                    let why = self.why(&reference);
                    self.unresolved(id, "a route table", &why, place);
                }
            }
        }
        self.fate(id, Fate::NotModelled);
    }

    /// EP-1: a gateway endpoint is a route to its service's prefix list in the tables that it names.
    fn gateway_endpoint(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let bag = self.bag(id, &["VpcEndpointType", "ServiceName", "RouteTableIds"]);
        let kind = bag.text(&self.evaluator, "VpcEndpointType").known();
        let gateway = kind.is_none_or(|kind| kind.value == "Gateway") && bag.has("RouteTableIds");
        if !gateway || doubt.is_some() {
            return;
        }
        let place = self.place(id);
        let service = bag.text(&self.evaluator, "ServiceName").known().map(|service| label(&service.value));
        let list = service.unwrap_or_else(|| format!("of the service of {}", self.name(id)));
        let tables = match bag.items("RouteTableIds") {
            Ok(tables) => tables,
            Err(why) => return self.unresolved(id, "its route tables", &why, place),
        };
        if self.topology.prefix_lists.get(&list).is_none() {
            self.topology.prefix_lists.push(Spanned::implicit(list.clone()), PrefixList::default());
        }
        for table in tables {
            let reference = self.refer(&table.value);
            let found =
                self.resource_of(&reference, KIND).filter(|table| self.route_tables.contains_key(table));
            let Some(table) = found else {
                let why = self.why(&reference);
                self.unresolved(id, "a route table", &why, place);
                continue;
            };
            let target = Spanned::new(RouteTarget::Named(self.name(id)), place);
            let destination = Spanned::new(RouteDestination::PrefixList(list.clone()), place);
            if let Some(table) = self.table_mut(table) {
                table.routes.push(Route {
                    destination,
                    target,
                    state: None,
                    origin: RouteOrigin::Static,
                    place,
                });
            }
        }
    }
}
