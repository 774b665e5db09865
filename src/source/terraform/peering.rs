//! `aws_vpc_peering_connection` and its accepter.

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Target};
use super::resource::{Resource, Step};
use super::{reference, remarks, wanted};
use crate::topology::{PeeringConnection, PeeringStatus, Place, Spanned};

const KIND: &str = "aws_vpc_peering_connection";
const ACCEPTER: &str = "aws_vpc_peering_connection_accepter";

pub(super) fn build(builder: &mut Builder<'_>) {
    let mut accepted: Vec<usize> = Vec::new();
    for (at, one) in builder.of(&[ACCEPTER]) {
        builder.settle(at, Fate::Read);
        match builder.link(at, "vpc_peering_connection_id", &wanted::PEERING) {
            Link::To(Target::Here(connection)) => {
                if one.flag("auto_accept") == Some(true) {
                    accepted.push(connection.resource);
                }
            }
            // The other side belongs to another configuration: what this one knows is all there is.
            Link::To(Target::Elsewhere(_)) => add(builder, at, one, false),
            Link::None | Link::Open { .. } => {
                let why = builder.why("its peering connection", &[]);
                builder.unresolved(at, &remarks::LINK_OPEN, why);
            }
        }
    }
    for (at, one) in builder.once(&[KIND]) {
        builder.settle(at, Fate::Read);
        add(builder, at, one, accepted.contains(&at));
    }
    for (at, _) in builder.of(&["aws_vpc_peering_connection_options"]) {
        builder.settle(at, Fate::Read);
    }
}

fn add(builder: &mut Builder<'_>, at: usize, one: &Resource, is_accepted: bool) {
    let place = builder.place(at);
    let requester = end(builder, at, "vpc_id", place);
    let accepter = end(builder, at, "peer_vpc_id", place);
    let said = one.text("accept_status").or(one.text("status"));
    // Another account, region or configuration accepts it, or does not: nothing here says which.
    let is_foreign = one.text("peer_owner_id").is_some()
        || one.text("peer_region").is_some()
        || builder.topology.vpcs.0.iter().all(|entry| entry.name.value != accepter.value);
    let accepts = one.flag("auto_accept") == Some(true) || is_accepted;
    let unknown = one.is_unknown(&[Step::Name("auto_accept")])
        && reference::is_configured(builder.world, one, "auto_accept") == Some(true);
    let open = unknown || (said.is_none() && is_foreign && !accepts);
    let status = match said {
        Some("active") => PeeringStatus::Active,
        Some("rejected") => PeeringStatus::Rejected,
        Some("expired") => PeeringStatus::Expired,
        Some("failed") => PeeringStatus::Failed,
        Some("deleting") => PeeringStatus::Deleting,
        Some("deleted") => PeeringStatus::Deleted,
        _ if accepts => PeeringStatus::Active,
        Some("provisioning" | "initiating-request") => PeeringStatus::Provisioning,
        _ => PeeringStatus::PendingAcceptance,
    };
    let connection = PeeringConnection {
        requester,
        accepter: accepter.clone(),
        status: Spanned::new(status, place),
        requester_cidrs: Vec::new(),
        accepter_cidrs: Vec::new(),
        place,
    };
    // The region of a VPC that nothing else tells (SG-9).
    if let Some(region) = one.text("peer_region") {
        let named = builder.topology.vpcs.0.iter_mut().find(|entry| entry.name.value == accepter.value);
        if let Some(entry) = named
            && entry.value.region.is_none()
        {
            entry.value.region = Some(Spanned::new(region.to_owned(), place));
        }
    }
    let name = builder.name(at);
    if open {
        // Whether it will be accepted decides over every path.
        builder.unresolved(
            at,
            &remarks::LINK_OPEN,
            "whether it is accepted is known only after apply".to_owned(),
        );
        builder.add_unmodelled(
            at,
            "peering connection",
            Some("whether it is accepted is known only after apply".to_owned()),
        );
        return;
    }
    builder.topology.peering_connections.push(name, connection);
}

fn end(builder: &mut Builder<'_>, at: usize, attribute: &str, place: Place) -> Spanned<String> {
    match builder.link(at, attribute, &wanted::VPC) {
        Link::To(Target::Here(candidate)) => {
            Spanned::new(builder.address(candidate.resource).to_owned(), place)
        }
        Link::To(Target::Elsewhere(id)) => Spanned::new(id, place),
        Link::None | Link::Open { .. } => {
            let why = builder.why("one of its VPCs", &[]);
            builder.unresolved(at, &remarks::LINK_OPEN, why);
            Spanned::new(format!("{attribute} of {}", builder.address(at)), place)
        }
    }
}

/// The connection that an accepter belongs to, by the name that the topology has for it.
pub(super) fn name_of_accepter(builder: &mut Builder<'_>, at: usize) -> String {
    match builder.link(at, "vpc_peering_connection_id", &wanted::PEERING) {
        Link::To(Target::Here(connection)) => builder.address(connection.resource).to_owned(),
        _ => builder.address(at).to_owned(),
    }
}
