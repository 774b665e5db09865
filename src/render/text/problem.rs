//! One blocker, as a compiler would report it: what, where, why, what to do.

use std::collections::BTreeMap;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Snippet, normalize_untrusted_str,
};

use crate::network::{Network, RuleId, RuleText};
use crate::reach::{Blocker, LegKind};
use crate::topology::{FileId, Place, Sources, Span, visible_in_place};

use super::super::look::Look;

/// Lines between an owner's name and its rule that are still shown together.
const NEAR_LINES: usize = 12;

/// A blocker with the source that explains it.
pub(super) fn write(network: &Network, blocker: &Blocker, look: &Look) -> String {
    let level = if blocker.code.is_unknown() {
        Level::WARNING.with_name("undetermined")
    } else if blocker.complete {
        Level::ERROR
    } else {
        Level::WARNING
    };
    let title = level.primary_title(normalize_untrusted_str(&blocker.message)).id(blocker.code.as_str());
    let mut group = Group::with_title(title);
    for element in sources(network, blocker) {
        group = group.element(element);
    }
    for note in notes(network, blocker) {
        group = group.element(Level::NOTE.message(normalize_untrusted_str(&note)));
    }
    if let Some(help) = &blocker.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    let mut text = look.snippets().render(&[group]);
    text.push('\n');
    text
}

/// The labelled places, most telling first.
fn labels(network: &Network, blocker: &Blocker) -> Vec<(Place, String)> {
    let mut labels = Vec::new();
    if let Some(nearest) = &blocker.nearest {
        labels.push((nearest.place, format!("closest rule: {}", nearest.why)));
    }
    let decided = blocker.rule.map(|rule| network.rule(rule));
    if let Some(rule) = decided.filter(|rule| !rule.implicit) {
        labels.push((rule.place, "decided here".to_owned()));
    }
    let seen = labels.iter().any(|(place, _)| overlaps(*place, blocker.place));
    if !seen {
        labels.push((blocker.place, String::new()));
    }
    labels.retain(|(place, _)| *place != Place::Implicit);
    labels
}

fn overlaps(a: Place, b: Place) -> bool {
    match (a, b) {
        (Place::Span(a), Place::Span(b)) => a.file == b.file && a.start < b.end && b.start < a.end,
        _ => a == b,
    }
}

fn sources<'a>(network: &'a Network, blocker: &Blocker) -> Vec<Element<'a>> {
    let sources = &network.sources;
    let mut files: BTreeMap<FileId, Vec<Annotation<'a>>> = BTreeMap::new();
    let mut elements: Vec<Element<'a>> = Vec::new();
    let labels = labels(network, blocker);
    let owner = owner_place(network, blocker);
    let mut first = true;
    for (place, text) in labels {
        match place {
            Place::Implicit => {}
            Place::Resource(_) => {
                if let Some(location) = sources.locate(place) {
                    let text = if text.is_empty() { String::new() } else { format!(": {text}") };
                    elements.push(Origin::path(format!("{location}{text}")).into());
                }
            }
            Place::Span(span) => {
                let Some(range) = usable(sources, span) else { continue };
                let kind = if first { AnnotationKind::Primary } else { AnnotationKind::Context };
                first = false;
                let annotation = match text.as_str() {
                    "" => kind.span(range),
                    text => kind.span(range).label(normalize_untrusted_str(text)),
                };
                let annotations = files.entry(span.file).or_default();
                annotations.push(annotation);
                if let Some(Place::Span(owner)) = owner
                    && let Some(name) = usable(sources, owner)
                    && owner.file == span.file
                    && is_near(sources, owner, span)
                {
                    annotations.push(AnnotationKind::Visible.span(name));
                }
            }
        }
    }
    for (file, annotations) in files {
        let Some(file) = sources.file(file) else { continue };
        let text = visible_in_place(&file.text);
        elements.push(Snippet::source(text).path(file.name.as_str()).annotations(annotations).into());
    }
    elements
}

/// The bytes of a span, if the file has them.
fn usable(sources: &Sources, span: Span) -> Option<std::ops::Range<usize>> {
    let range = span.start as usize..span.end as usize;
    let text = &sources.file(span.file)?.text;
    text.get(range.clone()).map(|_| range)
}

fn is_near(sources: &Sources, owner: Span, rule: Span) -> bool {
    let between = owner.start as usize..rule.start as usize;
    let text = sources.file(owner.file).and_then(|file| file.text.get(between));
    text.is_some_and(|text| text.bytes().filter(|byte| *byte == b'\n').count() <= NEAR_LINES)
}

/// Where the group or ACL that holds the rule is named.
fn owner_place(network: &Network, blocker: &Blocker) -> Option<Place> {
    let rule = blocker.nearest.as_ref().map(|nearest| nearest.rule).or(blocker.rule)?;
    match rule {
        RuleId::SecurityGroup(group, ..) => Some(network.security_groups[group].place),
        RuleId::NetworkAcl(acl, ..) | RuleId::AclDefault(acl, _) => Some(network.network_acls[acl].place),
        RuleId::Route(table, _) => Some(network.route_tables[table].place),
    }
}

fn notes(network: &Network, blocker: &Blocker) -> Vec<String> {
    let mut notes = Vec::new();
    let decided = blocker.rule.map(|rule| network.rule(rule));
    if let Some(RuleText { owner, id, .. }) = decided.filter(|rule| rule.implicit && rule.id == "*") {
        let direction = blocker.direction.map_or("", crate::network::Direction::as_str);
        notes.push(format!("rule {id} of {owner} {direction} decided here (implicit)"));
    }
    if blocker.masked {
        notes.push(
            match blocker.leg {
                LegKind::Request => "would also drop: what gets here is dropped earlier already",
                LegKind::Reply => "would also drop: no reply gets here before the problems above are fixed",
            }
            .to_owned(),
        );
    }
    notes
}
