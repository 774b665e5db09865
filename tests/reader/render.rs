//! Diagnostics as people see them.

use vpcreach::render::diagnostic::render;
use vpcreach::topology::{Diagnostic, Place, Sources};

use super::support::{in_vpc, read};

fn shown(text: &str) -> String {
    let (topology, diagnostics) = read(text);
    render(&diagnostics, &topology.sources, false)
}

#[test]
fn an_error_shows_its_line_and_a_caret() {
    let expected = "\
error[TOP004]: unknown key `cird` in a subnet
 --> t.yaml:5:27
  |
5 |       s: {az: a, cidr: x, cird: 10.0.0.0/24}
  |                           ^^^^
  |
  = help: did you mean `cidr`?
";
    let text = shown(&in_vpc("subnets:\n  s: {az: a, cidr: x, cird: 10.0.0.0/24}"));
    assert!(text.contains(expected), "{text}");
}

#[test]
fn two_places_are_shown_together() {
    let expected = "\
error[TOP005]: `a` is there twice
 --> t.yaml:6:7
  |
5 |       a: {cidr: 10.0.0.0/24}
  |       - first here
6 |       a: {cidr: 10.0.1.0/24}
  |       ^ again here
  |
  = help: one of them would be lost: rename or remove it

";
    assert_eq!(shown(&in_vpc("subnets:\n  a: {cidr: 10.0.0.0/24}\n  a: {cidr: 10.0.1.0/24}")), expected);
}

#[test]
fn resources_and_defaults_have_no_snippet() {
    let mut sources = Sources::default();
    let file = sources.add_file("capture/", "");
    let place = sources.add_resource(file, "sg-0123");
    let diagnostic = Diagnostic::error("NET001", "the group is gone", place).label("referred to here");
    assert_eq!(
        render(&[diagnostic], &sources, false),
        "error[NET001]: the group is gone\n |\n = note: sg-0123 (capture/): referred to here\n\n"
    );
    let diagnostic = Diagnostic::warning("NET002", "nobody said it", Place::Implicit);
    assert_eq!(render(&[diagnostic], &sources, false), "warning[NET002]: nobody said it\n\n");
}

#[test]
fn a_file_without_text_is_named() {
    let (topology, found) = vpcreach::topology::yaml::read("empty.yaml", b"");
    let text = render(&found, &topology.sources, false);
    assert!(text.starts_with("error[TOP010]: the file says nothing\n--> empty.yaml:1:1\n"), "{text}");
}

#[test]
fn windows_line_ends_leave_no_trace() {
    let text = shown("vpcs:\r\n  m:\r\n    cidr: 10.0.0.0\r\n");
    assert!(!text.contains('\r'), "{text:?}");
    assert!(text.contains("3 |     cidr: 10.0.0.0") && !text.contains('␍'), "{text}");
}

#[test]
fn colours_are_there_when_they_are_wanted() {
    let (topology, found) = read("vpcs: {}\nx: 1\n");
    assert!(render(&found, &topology.sources, true).contains("\u{1b}["));
    assert!(!render(&found, &topology.sources, false).contains('\u{1b}'));
}

#[test]
fn a_megabyte_in_one_line_is_not_printed() {
    let text = format!(
        "x-long: {}\nvpcs: {{m: {{cidr: 10.0.0.0/16, {}: 1}}}}\n",
        "a".repeat(10),
        "y".repeat(1 << 20)
    );
    let shown = shown(&text);
    assert!(shown.len() < 1 << 22, "{}", shown.len());
}
