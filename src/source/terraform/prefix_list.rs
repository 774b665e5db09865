//! `aws_ec2_managed_prefix_list`, its entries, and the data sources.

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Target};
use super::resource::{self, Resource, Step};
use super::{reference, remarks, wanted};
use crate::source::aws::common;
use crate::topology::{Place, PrefixList, Spanned};

const KINDS: &[&str] = &["aws_ec2_managed_prefix_list", "aws_prefix_list"];

pub(super) fn build(builder: &mut Builder<'_>) {
    for (at, one) in builder.once(KINDS) {
        builder.settle(at, Fate::Read);
        let name = builder.name(at);
        let list = list(builder, at, one, name.place);
        builder.topology.prefix_lists.push(name, list);
    }
    for (at, one) in builder.of(&["aws_ec2_managed_prefix_list_entry"]) {
        builder.settle(at, Fate::Read);
        add_entry(builder, at, one);
    }
}

fn list(builder: &mut Builder<'_>, at: usize, one: &Resource, place: Place) -> PrefixList {
    let blocks = if one.is_managed { "entry" } else { "entries" };
    let mut texts: Vec<String> = one
        .blocks(blocks)
        .iter()
        .filter_map(|block| block.get("cidr").and_then(resource::text))
        .map(str::to_owned)
        .collect();
    let cidrs = one.at(&[Step::Name("cidr_blocks")]).cloned().unwrap_or_default();
    texts.extend(reference::texts(&cidrs).into_iter().map(str::to_owned));
    let open = one.is_unknown(&[Step::Name(blocks)])
        && reference::is_configured(builder.world, one, blocks) != Some(false);
    let entries: Vec<_> =
        texts.iter().filter_map(|text| common::cidr(text)).map(|cidr| Spanned::new(cidr, place)).collect();
    // A list that AWS manages, or that is only looked up, says its entries or nothing at all.
    let known = !open && entries.len() == texts.len() && (one.is_managed || !entries.is_empty());
    if !known && one.is_managed {
        let why = builder.why("its entries", &[]);
        builder.unresolved(at, &remarks::RULE_OPEN, why);
    }
    let most = one.at(&[Step::Name("max_entries")]).and_then(resource::number);
    PrefixList {
        entries: known.then_some(entries),
        max_entries: most.and_then(|most| u32::try_from(most).ok()).map(|most| Spanned::new(most, place)),
    }
}

fn add_entry(builder: &mut Builder<'_>, at: usize, one: &Resource) {
    let place = builder.place(at);
    let cidr = one.text("cidr").and_then(common::cidr);
    let link = builder.link(at, "prefix_list_id", &wanted::PREFIX_LIST);
    let among: Vec<String> = match &link {
        Link::To(Target::Here(candidate)) => vec![builder.address(candidate.resource).to_owned()],
        Link::Open { among } => among.iter().map(|one| builder.address(one.resource).to_owned()).collect(),
        Link::To(Target::Elsewhere(_)) | Link::None => Vec::new(),
    };
    let is_sure = matches!(link, Link::To(Target::Here(_)));
    let any = among.is_empty() && matches!(link, Link::Open { .. });
    for entry in &mut builder.topology.prefix_lists.0 {
        if !any && !among.contains(&entry.name.value) {
            continue;
        }
        match (cidr.filter(|_| is_sure), &mut entry.value.entries) {
            (Some(cidr), Some(entries)) => {
                if entries.iter().all(|known| known.value != cidr) {
                    entries.push(Spanned::new(cidr, place));
                }
            }
            _ => entry.value.entries = None,
        }
    }
    if !is_sure || cidr.is_none() {
        let why = builder.why("an entry of a prefix list", &[]);
        builder.unresolved(at, &remarks::RULE_OPEN, why);
    }
}

/// The prefix list of a gateway endpoint's service: one that AWS manages, of which a state knows the entries.
pub(super) fn of_endpoint(builder: &mut Builder<'_>, at: usize, place: Place) -> String {
    let name = format!("prefix list of {}", builder.address(at));
    if builder.topology.prefix_lists.get(&name).is_none() {
        let cidrs = builder.resource(at).map(|one| one.list("cidr_blocks")).unwrap_or_default();
        let entries: Vec<_> = cidrs
            .iter()
            .filter_map(|cidr| common::cidr(resource::text(cidr)?))
            .map(|cidr| Spanned::new(cidr, place))
            .collect();
        let known = !entries.is_empty() && entries.len() == cidrs.len();
        let list = PrefixList { entries: known.then_some(entries), ..PrefixList::default() };
        builder.topology.prefix_lists.push(Spanned::new(name.clone(), place), list);
    }
    name
}

/// The name of a prefix list in the topology; one that the file does not hold has unknown entries.
pub(super) fn name(builder: &mut Builder<'_>, target: Target, place: Place) -> String {
    let name = match target {
        // The list of a gateway endpoint is one that AWS manages.
        Target::Here(candidate) if candidate.attribute.is_some() => {
            return of_endpoint(builder, candidate.resource, place);
        }
        Target::Here(candidate) => builder.address(candidate.resource).to_owned(),
        Target::Elsewhere(id) => id,
    };
    if builder.topology.prefix_lists.get(&name).is_none() {
        builder.topology.prefix_lists.push(Spanned::new(name.clone(), place), PrefixList::default());
    }
    name
}
