//! `describe-managed-prefix-lists`, `describe-prefix-lists` and `get-managed-prefix-list-entries`.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::builder::Builder;
use super::common::{self, Tag};
use super::remarks;
use crate::topology::{
    self, Entry, FileId, Place, RouteDestination, SecurityGroupPeer, SecurityGroupRule, Spanned,
};

/// A list in either of the two calls; they share the top-level key, and often the lists.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PrefixList {
    prefix_list_id: String,
    prefix_list_name: String,
    max_entries: Option<u32>,
    cidrs: Vec<String>,
    tags: Vec<Tag>,
}

/// The two calls say different things of the same list; that is no contradiction.
impl PartialEq for PrefixList {
    fn eq(&self, other: &Self) -> bool {
        self.prefix_list_name == other.prefix_list_name
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PrefixListEntry {
    cidr: String,
}

/// The answer of `get-managed-prefix-list-entries`, wrapped with the id that it lacks.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct WrappedEntries {
    prefix_list_id: String,
    entries: Vec<PrefixListEntry>,
}

const KIND: &str = "prefix list";

/// Entries by list, with the file that they came from.
type Contents<'a> = BTreeMap<String, (FileId, Vec<&'a str>)>;

pub(super) fn build(builder: &mut Builder<'_>) {
    let contents = contents(builder);
    let mut known = HashSet::new();
    for found in builder.unique(KIND, |page| &page.prefix_lists, |list| &list.prefix_list_id) {
        let place = builder.place(found.file, found.id);
        known.insert(found.id.to_owned());
        let copies = builder.pages.iter().flat_map(|page| &page.prefix_lists);
        let max_entries =
            copies.filter(|copy| copy.prefix_list_id == found.id).find_map(|copy| copy.max_entries);
        let list = topology::PrefixList {
            entries: entries(builder, &contents, found.id, place),
            max_entries: max_entries.map(|max| Spanned::new(max, place)),
        };
        builder.topology.prefix_lists.0.push(Entry {
            name: Spanned::new(found.id.to_owned(), place),
            aliases: common::aliases(found.id, &found.value.tags, &[&found.value.prefix_list_name]),
            value: list,
        });
    }
    for id in contents.keys().filter(|id| !known.contains(*id)) {
        add_unlisted(builder, &contents, id);
    }
}

/// A list whose entries were captured, but which no list of lists names.
fn add_unlisted(builder: &mut Builder<'_>, contents: &Contents<'_>, id: &str) {
    let Some((file, _)) = contents.get(id) else { return };
    let place = builder.place(*file, id);
    let list = topology::PrefixList { entries: entries(builder, contents, id, place), max_entries: None };
    builder.topology.prefix_lists.push(Spanned::new(id.to_owned(), place), list);
    builder.inventory.add_read(KIND, 1);
}

/// Whose entries are known: by `get-managed-prefix-list-entries`, else as far as `describe-prefix-lists` says them.
fn contents<'a>(builder: &Builder<'a>) -> Contents<'a> {
    let mut contents = Contents::new();
    let mut add = |id: &str, file: u32, cidrs: Vec<&'a str>| {
        let (_, all) = contents.entry(id.to_owned()).or_insert_with(|| (FileId(file), Vec::new()));
        all.extend(cidrs);
    };
    for page in builder.pages {
        for wrapped in &page.wrapped_entries {
            add(
                &wrapped.prefix_list_id,
                page.file,
                wrapped.entries.iter().map(|one| one.cidr.as_str()).collect(),
            );
        }
        if let Some(entries) = &page.prefix_list_entries {
            let file = builder.topology.sources.file(FileId(page.file)).map(|file| file.name.as_str());
            let id = page.prefix_list_id.as_deref().or_else(|| id_in_name(file?));
            if let Some(id) = id {
                add(id, page.file, entries.iter().map(|entry| entry.cidr.as_str()).collect());
            }
        }
    }
    for page in builder.pages {
        for list in page.prefix_lists.iter().filter(|list| !list.cidrs.is_empty()) {
            contents
                .entry(list.prefix_list_id.clone())
                .or_insert_with(|| (FileId(page.file), list.cidrs.iter().map(String::as_str).collect()));
        }
    }
    contents
}

/// The answer itself has no id. Here alone the name of the file counts.
pub(super) fn id_in_name(name: &str) -> Option<&str> {
    let name = name.rsplit(['/', '\\']).next()?;
    let from = name.get(name.rfind("pl-")?..)?;
    let length = from.bytes().skip(3).take_while(u8::is_ascii_alphanumeric).count();
    if length == 0 { None } else { from.get(..3 + length) }
}

fn entries(
    builder: &mut Builder<'_>,
    contents: &Contents<'_>,
    id: &str,
    place: Place,
) -> Option<Vec<Spanned<ipnet::IpNet>>> {
    let (file, cidrs) = contents.get(id)?;
    let mut entries: Vec<Spanned<ipnet::IpNet>> = Vec::with_capacity(cidrs.len());
    for text in cidrs {
        let Some(cidr) = common::cidr(text) else {
            builder.remark(&remarks::BAD_CIDR, id, place);
            continue;
        };
        // Pages of the same answer, twice in one directory, are no contradiction.
        if entries.iter().all(|known| known.value != cidr) {
            let place = builder.place(*file, format!("{id} {text}"));
            entries.push(Spanned::new(cidr, place));
        }
    }
    Some(entries)
}

/// Whether a list that some route or rule refers to, or that was captured, has unknown entries.
pub(super) fn any_unknown(builder: &Builder<'_>) -> bool {
    let lists = &builder.topology.prefix_lists;
    if lists.iter().any(|list| list.value.entries.is_none()) {
        return true;
    }
    let known: HashSet<&str> = lists.iter().map(topology::Entry::name).collect();
    let vpcs = || builder.topology.vpcs.iter().map(|entry| &entry.value);
    let in_routes = vpcs()
        .flat_map(|vpc| vpc.route_tables.iter().flat_map(|table| &table.value.routes))
        .any(|route| matches!(&route.destination.value, RouteDestination::PrefixList(id) if !known.contains(id.as_str())));
    let refers = |rule: &SecurityGroupRule| matches!(&rule.peer.value, SecurityGroupPeer::PrefixList(id) if !known.contains(id.as_str()));
    let in_groups = vpcs().flat_map(|vpc| &vpc.security_groups).any(|group| {
        let rules = [&group.value.inbound, &group.value.outbound];
        rules.into_iter().flatten().flatten().any(refers)
    });
    in_routes || in_groups
}
