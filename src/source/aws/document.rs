//! From bytes to the lists that AWS answered with.
//!
//! The usual case is one pass, typed, without an intermediate tree. A document in which something
//! has another type than AWS documents is read again element by element, so that one odd
//! resource does not cost the others.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::scope::Scope;
use super::{
    block_public_access, instance, interface, internet_gateway, load_balancer, nat_gateway, network_acl,
    peering, prefix_list, route_table, security_group, subnet, transit_gateway, unmodelled, vpc,
};
use crate::source::syntax::Malformed;
use crate::source::twins::{self, twice};
use crate::topology::{CaptureKind, FileId};

/// One JSON document: an answer, or a page of one.
#[derive(Default)]
pub(super) struct Page {
    /// Index of the file, as in [`FileId`].
    pub(super) file: u32,
    /// Its name: some answers do not say what they are about.
    pub(super) name: String,
    pub(super) scope: Scope,
    /// Whether AWS said that more pages follow.
    pub(super) next_token: bool,
    /// Calls that the document answers.
    pub(super) calls: Vec<CaptureKind>,
    pub(super) vpcs: Vec<vpc::Vpc>,
    pub(super) subnets: Vec<subnet::Subnet>,
    pub(super) route_tables: Vec<route_table::RouteTable>,
    pub(super) network_acls: Vec<network_acl::NetworkAcl>,
    pub(super) security_groups: Vec<security_group::SecurityGroup>,
    pub(super) security_group_rules: Vec<security_group::RuleRecord>,
    pub(super) interfaces: Vec<interface::NetworkInterface>,
    pub(super) reservations: Vec<instance::Reservation>,
    pub(super) addresses: Vec<interface::Address>,
    pub(super) internet_gateways: Vec<internet_gateway::InternetGateway>,
    pub(super) egress_only: Vec<internet_gateway::EgressOnlyInternetGateway>,
    pub(super) nat_gateways: Vec<nat_gateway::NatGateway>,
    pub(super) peerings: Vec<peering::VpcPeeringConnection>,
    pub(super) transit_gateways: Vec<transit_gateway::TransitGateway>,
    pub(super) transit_vpc_attachments: Vec<transit_gateway::VpcAttachment>,
    pub(super) transit_attachments: Vec<transit_gateway::AnyAttachment>,
    pub(super) transit_peerings: Vec<transit_gateway::PeeringAttachment>,
    pub(super) transit_tables: Vec<transit_gateway::RouteTable>,
    pub(super) transit_routes: Option<Vec<transit_gateway::Route>>,
    pub(super) more_transit_routes: bool,
    pub(super) transit_wrapped_routes: Vec<transit_gateway::WrappedRoutes>,
    pub(super) transit_associations: Option<Vec<transit_gateway::Link>>,
    pub(super) transit_propagations: Option<Vec<transit_gateway::Link>>,
    pub(super) transit_wrapped_propagations: Vec<transit_gateway::WrappedPropagations>,
    pub(super) balancing: load_balancer::Answers,
    pub(super) prefix_lists: Vec<prefix_list::PrefixList>,
    pub(super) prefix_list_entries: Option<Vec<prefix_list::PrefixListEntry>>,
    pub(super) wrapped_entries: Vec<prefix_list::WrappedEntries>,
    /// An id at the top of the answer itself.
    pub(super) prefix_list_id: Option<String>,
    pub(super) vpc_id: Option<String>,
    pub(super) dns_support: Option<vpc::AttributeValue>,
    pub(super) block_public_access: Option<block_public_access::Setting>,
    pub(super) block_exclusions: Option<Vec<block_public_access::Excluded>>,
    /// Lists of resources without a type of their own here, by top-level key.
    pub(super) others: Vec<(&'static unmodelled::Answer, Vec<Value>)>,
    /// Lists that have no meaning for the network, and how long they are.
    pub(super) ignored: Vec<(&'static unmodelled::Answer, usize)>,
    /// Whether any top-level key is one of an AWS answer.
    pub(super) known: bool,
    /// Top-level keys of lists that nobody knows.
    pub(super) unknown: Vec<(String, usize)>,
    /// Elements that could not be read, with the reason.
    pub(super) faults: Faults,
}

/// The first of some faults, and how many there are: a list of a million numbers needs no million messages.
#[derive(Default)]
pub(super) struct Faults {
    pub(super) first: Option<String>,
    pub(super) count: usize,
}

impl Faults {
    fn push(&mut self, message: impl FnOnce() -> String) {
        self.first.get_or_insert_with(message);
        self.count += 1;
    }
}

/// Reads the documents of one file; there may be several, one after the other.
pub(super) fn pages(file: FileId, scope: &Scope, text: &[u8]) -> (Vec<Page>, Option<Malformed>) {
    let blank = || Page { file: file.0, scope: scope.clone(), ..Page::default() };
    let mut pages = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    loop {
        if deserializer.end().is_ok() {
            return (pages, None);
        }
        let mut page = blank();
        match DocumentSeed(&mut page).deserialize(&mut deserializer) {
            Ok(()) => pages.push(page),
            Err(error) if error.is_data() => return lenient_pages(text, blank),
            Err(error) => return (pages, Some(Malformed::new(&error))),
        }
    }
}

fn lenient_pages(text: &[u8], blank: impl Fn() -> Page) -> (Vec<Page>, Option<Malformed>) {
    // In a tree the last of two equal keys would win, and nobody would know.
    for document in serde_json::Deserializer::from_slice(text).into_iter::<twins::NoTwins>() {
        match document {
            Err(error) if error.is_data() => return (Vec::new(), Some(Malformed::new(&error))),
            // The pass below says more.
            Err(_) => break,
            Ok(_) => {}
        }
    }
    let mut pages = Vec::new();
    for value in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
        let value = match value {
            Ok(value) => without_nulls(value),
            Err(error) => return (pages, Some(Malformed::new(&error))),
        };
        let mut page = blank();
        lenient(&mut page, value);
        pages.push(page);
    }
    (pages, None)
}

/// `null` and absent mean the same to AWS.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Array(list) => {
            Value::Array(list.into_iter().filter(|one| !one.is_null()).map(without_nulls).collect())
        }
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(_, one)| !one.is_null())
                .map(|(key, one)| (key, without_nulls(one)))
                .collect(),
        ),
        other => other,
    }
}

fn lenient(page: &mut Page, value: Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let mut faults = std::mem::take(&mut page.faults);
                let source = Lenient { key: &key, value, faults: &mut faults };
                // A lenient source keeps its faults to itself.
                let _ = fill(page, &key, source);
                page.faults = faults;
            }
        }
        // `--query` leaves a bare list, or a list of lists.
        Value::Array(list) => {
            for value in list {
                match unmodelled::key_of(&value) {
                    Some(key) => {
                        let mut map = serde_json::Map::new();
                        map.insert(key.to_owned(), Value::Array(vec![value]));
                        lenient(page, Value::Object(map));
                    }
                    None if value.is_array() => lenient(page, value),
                    None => page.unknown.push(("(an unnamed list)".to_owned(), 1)),
                }
            }
        }
        _ => page.unknown.push(("(a bare value)".to_owned(), 1)),
    }
}

struct DocumentSeed<'a>(&'a mut Page);

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of the AWS CLI")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut known = HashSet::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if !known.insert(key.clone()) {
                return Err(twice(&key));
            }
            fill(self.0, &key, Strict(&mut map, PhantomData))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("a bare list"))
    }
}

/// What stands behind a top-level key.
trait Source {
    type Error;
    fn list<T: DeserializeOwned>(self) -> Result<Vec<T>, Self::Error>;
    fn one<T: DeserializeOwned>(self) -> Result<Option<T>, Self::Error>;
    /// The length of a list that is not wanted.
    fn skip(self) -> Result<usize, Self::Error>;
}

struct Strict<'a, 'de, A>(&'a mut A, PhantomData<&'de ()>);

impl<'de, A: MapAccess<'de>> Source for Strict<'_, 'de, A> {
    type Error = A::Error;

    fn list<T: DeserializeOwned>(self) -> Result<Vec<T>, A::Error> {
        Ok(self.0.next_value::<Option<Vec<T>>>()?.unwrap_or_default())
    }

    fn one<T: DeserializeOwned>(self) -> Result<Option<T>, A::Error> {
        self.0.next_value()
    }

    fn skip(self) -> Result<usize, A::Error> {
        self.0.next_value::<Length>().map(|length| length.0)
    }
}

struct Lenient<'a> {
    key: &'a str,
    value: Value,
    faults: &'a mut Faults,
}

impl Source for Lenient<'_> {
    type Error = std::convert::Infallible;

    fn list<T: DeserializeOwned>(self) -> Result<Vec<T>, Self::Error> {
        let Value::Array(list) = self.value else {
            self.faults.push(|| format!("{} is not a list", self.key));
            return Ok(Vec::new());
        };
        let mut read = Vec::with_capacity(list.len());
        for (index, element) in list.into_iter().enumerate() {
            match serde_json::from_value(element) {
                Ok(element) => read.push(element),
                Err(error) => self.faults.push(|| format!("{}[{index}]: {error}", self.key)),
            }
        }
        Ok(read)
    }

    fn one<T: DeserializeOwned>(self) -> Result<Option<T>, Self::Error> {
        Ok(serde_json::from_value(self.value).ok())
    }

    fn skip(self) -> Result<usize, Self::Error> {
        Ok(self.value.as_array().map_or(0, Vec::len))
    }
}

/// The length of a list; 0 for anything else.
struct Length(usize);

impl<'de> serde::Deserialize<'de> for Length {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LengthVisitor).map(Self)
    }
}

struct LengthVisitor;

impl<'de> Visitor<'de> for LengthVisitor {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
        let mut length = 0;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(length)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(0)
    }

    fn visit_str<E>(self, _: &str) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_bool<E>(self, _: bool) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_i64<E>(self, _: i64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_u64<E>(self, _: u64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_f64<E>(self, _: f64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_unit<E>(self) -> Result<usize, E> {
        Ok(0)
    }
}

/// Reads what stands behind one top-level key.
fn fill<S: Source>(page: &mut Page, key: &str, source: S) -> Result<(), S::Error> {
    let call = match key {
        "SecurityGroups" => Some(CaptureKind::SecurityGroups),
        "NetworkAcls" => Some(CaptureKind::NetworkAcls),
        "RouteTables" => Some(CaptureKind::RouteTables),
        "InternetGateways" => Some(CaptureKind::InternetGateways),
        "EgressOnlyInternetGateways" => Some(CaptureKind::EgressOnlyInternetGateways),
        "NatGateways" => Some(CaptureKind::NatGateways),
        "VpcPeeringConnections" => Some(CaptureKind::PeeringConnections),
        "NetworkInterfaces" => Some(CaptureKind::NetworkInterfaces),
        "Reservations" | "Instances" => Some(CaptureKind::Instances),
        "TransitGateways" => Some(CaptureKind::TransitGateways),
        "TransitGatewayVpcAttachments" => Some(CaptureKind::TransitGatewayVpcAttachments),
        "TransitGatewayRouteTables" => Some(CaptureKind::TransitGatewayRouteTables),
        _ => None,
    };
    page.calls.extend(call);
    page.known |= unmodelled::is_answer(key)
        || unmodelled::answer(key).is_some()
        || matches!(key, "Account" | "Routes" | "Associations" | "Rules" | "Attributes");
    match key {
        "Vpcs" => page.vpcs.extend(source.list()?),
        "Subnets" => page.subnets.extend(source.list()?),
        "RouteTables" => page.route_tables.extend(source.list()?),
        "NetworkAcls" => page.network_acls.extend(source.list()?),
        "SecurityGroups" => page.security_groups.extend(source.list()?),
        "SecurityGroupRules" => page.security_group_rules.extend(source.list()?),
        "NetworkInterfaces" => page.interfaces.extend(source.list()?),
        "Reservations" => page.reservations.extend(source.list()?),
        // `--query Reservations[].Instances[]` leaves the instances alone.
        "Instances" => page.reservations.push(instance::Reservation { instances: source.list()? }),
        "Addresses" => page.addresses.extend(source.list()?),
        "InternetGateways" => page.internet_gateways.extend(source.list()?),
        "EgressOnlyInternetGateways" => page.egress_only.extend(source.list()?),
        "NatGateways" => page.nat_gateways.extend(source.list()?),
        "VpcPeeringConnections" => page.peerings.extend(source.list()?),
        "PrefixLists" => page.prefix_lists.extend(source.list()?),
        "Entries" => page.prefix_list_entries.get_or_insert_default().extend(source.list()?),
        "PrefixListEntries" | "ManagedPrefixListEntries" => page.wrapped_entries.extend(source.list()?),
        "PrefixListId" => page.prefix_list_id = source.one()?,
        "Account" => page.scope.account = source.one()?.or(page.scope.account.take()),
        "VpcId" => page.vpc_id = source.one()?,
        "EnableDnsSupport" => page.dns_support = source.one()?,
        "VpcBlockPublicAccessOptions" => page.block_public_access = source.one()?,
        "VpcBlockPublicAccessExclusions" => page.block_exclusions = Some(source.list()?),
        "NextToken" | "NextMarker" => {
            page.next_token = source.one::<String>()?.is_some_and(|token| !token.is_empty())
        }
        other => return fill_transit(page, other, source),
    }
    Ok(())
}

fn fill_transit<S: Source>(page: &mut Page, key: &str, source: S) -> Result<(), S::Error> {
    match key {
        "TransitGateways" => page.transit_gateways.extend(source.list()?),
        "TransitGatewayVpcAttachments" => page.transit_vpc_attachments.extend(source.list()?),
        "TransitGatewayAttachments" => page.transit_attachments.extend(source.list()?),
        "TransitGatewayPeeringAttachments" => page.transit_peerings.extend(source.list()?),
        "TransitGatewayRouteTables" => page.transit_tables.extend(source.list()?),
        "Routes" => page.transit_routes.get_or_insert_default().extend(source.list()?),
        "AdditionalRoutesAvailable" => page.more_transit_routes = source.one()?.unwrap_or_default(),
        "TransitGatewayStaticRoutes" => page.transit_wrapped_routes.extend(source.list()?),
        "Associations" => page.transit_associations.get_or_insert_default().extend(source.list()?),
        "TransitGatewayRouteTablePropagations" => {
            page.transit_propagations.get_or_insert_default().extend(source.list()?);
        }
        "TransitGatewayPropagations" => page.transit_wrapped_propagations.extend(source.list()?),
        other => return fill_balancing(page, other, source),
    }
    Ok(())
}

fn fill_balancing<S: Source>(page: &mut Page, key: &str, source: S) -> Result<(), S::Error> {
    let own = &mut page.balancing;
    match key {
        "LoadBalancers" => {
            own.is_listed = true;
            own.load_balancers.extend(source.list()?);
        }
        "LoadBalancerDescriptions" => {
            own.is_listed = true;
            own.classic.extend(source.list()?);
        }
        "TargetGroups" => own.target_groups.extend(source.list()?),
        "Listeners" => {
            own.has_listeners = true;
            own.listeners.extend(source.list()?);
        }
        "LoadBalancerListeners" => own.wrapped_listeners.extend(source.list()?),
        "Rules" => own.rules.extend(source.list()?),
        "TargetHealthDescriptions" => own.health.get_or_insert_default().extend(source.list()?),
        "LoadBalancerTargetHealth" => own.wrapped_health.extend(source.list()?),
        "Attributes" => own.attributes.get_or_insert_default().extend(source.list()?),
        "LoadBalancerAttributes" => own.add_attributes(source.one()?),
        other => return fill_other(page, other, source),
    }
    Ok(())
}

fn fill_other<S: Source>(page: &mut Page, key: &str, source: S) -> Result<(), S::Error> {
    match unmodelled::answer(key) {
        Some(answer) if answer.is_wanted() => page.others.push((answer, source.list()?)),
        Some(answer) => page.ignored.push((answer, source.skip()?)),
        None => page.unknown.push((key.to_owned(), source.skip()?)),
    }
    Ok(())
}
