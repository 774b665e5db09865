//! `describe-internet-gateways` and `describe-egress-only-internet-gateways`.

use serde::Deserialize;

use super::builder::Builder;
use super::remarks;
use super::unmodelled;
use crate::topology::{self, CaptureKind, Place, RouteState, RouteTarget, Spanned};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct InternetGateway {
    internet_gateway_id: String,
    attachments: Vec<Attachment>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EgressOnlyInternetGateway {
    egress_only_internet_gateway_id: String,
    attachments: Vec<Attachment>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Attachment {
    vpc_id: String,
    state: Option<String>,
}

impl Attachment {
    /// AWS says `available`, its documentation and emulators `attached`.
    fn holds(&self) -> bool {
        matches!(self.state.as_deref(), None | Some("available" | "attached"))
    }
}

const KIND: &str = "internet gateway";
const EGRESS_ONLY_KIND: &str = "egress-only internet gateway";
const DETACHED: &str = "not attached to a VPC";

pub(super) fn build(builder: &mut Builder<'_>) {
    for found in builder.unique(KIND, |page| &page.internet_gateways, |gateway| &gateway.internet_gateway_id)
    {
        let place = builder.place(found.file, found.id);
        let Some(attachment) = found.value.attachments.first() else {
            builder.inventory.add_ignored(KIND, 1, DETACHED);
            continue;
        };
        let attached = attachment.holds();
        let Some(vpc) = builder.vpc_of(&attachment.vpc_id, KIND, found.id, place) else { continue };
        // One per VPC (VP-15); one that is going must not hide one that works.
        if vpc.internet_gateway.as_ref().is_none_or(|other| attached && !other.attached.value) {
            vpc.internet_gateway = Some(topology::InternetGateway {
                name: Spanned::new(found.id.to_owned(), place),
                attached: Spanned::new(attached, place),
                route_table: None,
            });
        } else {
            second(builder, KIND, found.id, place);
        }
    }
    build_egress_only(builder);
    infer_from_routes(builder);
    edge_tables(builder);
}

/// Where the gateways were not captured, an active route to one proves that it is attached: AWS turns the route
/// into a black hole otherwise (RT-10).
fn infer_from_routes(builder: &mut Builder<'_>) {
    for index in 0..builder.topology.vpcs.len() {
        let infer = !builder.answers(index, CaptureKind::InternetGateways);
        let infer_egress_only = !builder.answers(index, CaptureKind::EgressOnlyInternetGateways);
        let Some(entry) = builder.topology.vpcs.0.get_mut(index) else { continue };
        let vpc = &mut entry.value;
        let (gateway, egress_only) = (active_target(vpc, "igw-"), active_target(vpc, "eigw-"));
        if let Some(name) = gateway.filter(|_| infer && vpc.internet_gateway.is_none()) {
            let attached = Spanned::new(true, name.place);
            vpc.internet_gateway = Some(topology::InternetGateway { name, attached, route_table: None });
        }
        if let Some(name) =
            egress_only.filter(|_| infer_egress_only && vpc.egress_only_internet_gateway.is_none())
        {
            vpc.egress_only_internet_gateway = Some(topology::EgressOnlyInternetGateway { name });
        }
    }
}

/// The first target of an active route whose id starts like that.
fn active_target(vpc: &topology::Vpc, prefix: &str) -> Option<Spanned<String>> {
    let routes = vpc.route_tables.iter().flat_map(|table| &table.value.routes);
    let mut active = routes.filter(|route| route.state == Some(RouteState::Active));
    active.find_map(|route| match &route.target.value {
        RouteTarget::Named(name) if name.starts_with(prefix) => {
            Some(Spanned::new(name.clone(), route.target.place))
        }
        _ => None,
    })
}

fn build_egress_only(builder: &mut Builder<'_>) {
    let all = builder.unique(
        EGRESS_ONLY_KIND,
        |page| &page.egress_only,
        |gateway| &gateway.egress_only_internet_gateway_id,
    );
    for found in all {
        let place = builder.place(found.file, found.id);
        let Some(attachment) = found.value.attachments.iter().find(|attachment| attachment.holds()) else {
            builder.inventory.add_ignored(EGRESS_ONLY_KIND, 1, DETACHED);
            continue;
        };
        let Some(vpc) = builder.vpc_of(&attachment.vpc_id, EGRESS_ONLY_KIND, found.id, place) else {
            continue;
        };
        if vpc.egress_only_internet_gateway.is_none() {
            let name = Spanned::new(found.id.to_owned(), place);
            vpc.egress_only_internet_gateway = Some(topology::EgressOnlyInternetGateway { name });
        } else {
            second(builder, EGRESS_ONLY_KIND, found.id, place);
        }
    }
}

fn second(builder: &mut Builder<'_>, kind: &'static str, id: &str, place: Place) {
    builder.remark(&remarks::SECOND_GATEWAY, id, place);
    builder.inventory.add_ignored(kind, 1, "its VPC has another one");
}

/// Route tables for what enters by a gateway (RT-16).
fn edge_tables(builder: &mut Builder<'_>) {
    for (gateway, table) in std::mem::take(&mut builder.edge_tables) {
        let mut private = None;
        for entry in &mut builder.topology.vpcs.0 {
            private = private.or(entry.value.vpn_gateway.as_mut().filter(|own| own.name.value == gateway));
        }
        if let Some(private) = private {
            private.route_table = Some(table);
            continue;
        }
        let mut own = None;
        for entry in &mut builder.topology.vpcs.0 {
            let internet_gateway = entry.value.internet_gateway.as_mut();
            own = own.or(internet_gateway.filter(|own| own.name.value == gateway));
        }
        match own {
            Some(own) => own.route_table = Some(table),
            None => unmodelled::mention(builder, &gateway, table.place),
        }
    }
}
