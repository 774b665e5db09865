//! Names, tags, ids, comments and file names that would take over a terminal, a log or a review, on their way through every
//! face of the program.

use std::path::{Path, PathBuf};

use super::limits::vpcreach;

/// The first character that should not be in any output. Spelled out rather than asked of the program.
pub(crate) fn raw(text: &str) -> Option<char> {
    text.chars().find(|letter| {
        (letter.is_control() && *letter != '\n')
            || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// The text without the colours that the program itself writes; what else starts with an escape stays.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_digit() && letter != ';').unwrap_or(part.len());
        match part[end..].strip_prefix('m') {
            Some(rest) => plain.push_str(rest),
            None => plain.push_str(&format!("\u{1b}[{part}")),
        }
    }
    plain
}

/// Runs a command in colour, where nothing is taken out on the way, and looks at all that it wrote.
#[track_caller]
fn safe(directory: &Path, words: &[&str], code: i32) -> String {
    let ended = vpcreach(directory, &[words, &["--color", "always"]].concat());
    let text = without_colours(&ended.text);
    assert_eq!(ended.code, code, "{words:?}\n{text}");
    assert_eq!(raw(&text), None, "{words:?}\n{text:?}");
    let forged = text.lines().find(|line| line.trim_start().starts_with("::error::b"));
    assert_eq!(forged, None, "{words:?}: a name made a line of its own\n{text}");
    text
}

fn terminal() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/terminal")
}

#[test]
fn a_capture_of_hostile_tags_has_a_harmless_face() {
    let at = terminal();
    let on = ["-f", "capture"];
    let said = [
        safe(&at, &[&["reach", "eni-1", "eni-2:443"][..], &on].concat(), 0),
        safe(&at, &[&["reach", "eni-1", "eni-2:443", "-v", "--show-defaults"][..], &on].concat(), 0),
        safe(&at, &[&["reach", "eni-1", "eni-2:443", "-o", "line"][..], &on].concat(), 0),
        safe(&at, &[&["reach", "eni-1", "eni-2:443", "-o", "json"][..], &on].concat(), 0),
        safe(&at, &[&["why", "eni-1", "eni-2:22"][..], &on].concat(), 1),
        safe(&at, &[&["why", "eni-1", "eni-2:22", "--ascii", "-v"][..], &on].concat(), 1),
        safe(&at, &[&["reach", "eni-1", "internet:443"][..], &on].concat(), 3),
        safe(&at, &[&["matrix"][..], &on].concat(), 0),
        safe(&at, &[&["matrix", "-o", "json"][..], &on].concat(), 0),
        safe(&at, &[&["validate"][..], &on].concat(), 0),
    ];
    for escaped in [r"\u{1b}[2J", r"\u{a}::error::b", r"\u{202e}\u{2066}\u{200f}\u{2028}"] {
        assert!(said.iter().any(|text| text.contains(escaped)), "{escaped} is nowhere:\n{}", said.concat());
    }
}

/// Columns are as wide as what is shown in them.
#[test]
fn hostile_names_do_not_shift_columns() {
    let text = safe(&terminal(), &["matrix", "-f", "capture"], 0);
    let behind = text.lines().skip_while(|line| !line.starts_with("from "));
    let grid: Vec<&str> = behind.take_while(|line| !line.is_empty()).collect();
    let starts = |line: &str| -> Vec<usize> {
        let letters: Vec<char> = line.chars().collect();
        (1..letters.len()).filter(|at| letters[*at] != ' ' && letters[at - 1] == ' ').collect()
    };
    // The corner is three words, of which no column starts at the last two.
    let columns: Vec<usize> = starts(grid[0]).into_iter().skip(2).collect();
    for row in &grid[1..] {
        assert_eq!(starts(row), columns, "{text}");
    }
    assert!(grid.len() > 2 && grid[0].contains(r"eni-2\u{1b}[2J"), "{text}");
}

/// `TURN` and `BACK` stand for characters that turn the direction of writing.
const TESTS: &str = r#"# A comment that turns around: TURNendsBACK
vpcs:
  main:
    cidr: 10.0.0.0/16
    subnets:
      s: {cidr: 10.0.1.0/24}
    security_groups:
      g: {}  # TURN and BACK
    instances:
      a: {subnet: s, ip: 10.0.1.10, security_groups: g}
      b: {subnet: s, ip: 10.0.1.20, security_groups: g}
tests:
  - name: |
      all is well
      ::error::b
    from: a
    allow: b:443
  - name: not now
    from: a
    deny: b:22
    skip: |
      later
      ::error::b
"#;

fn tests() -> String {
    TESTS.replace("TURN", "\u{202e}").replace("BACK", "\u{202c}")
}

#[test]
fn tests_with_names_of_several_lines_have_a_harmless_face() {
    let scratch = super::Scratch::new("untrusted");
    scratch.write("t.yaml", &tests());
    for format in ["text", "json", "junit", "tap", "github"] {
        let text = safe(&scratch.0, &["test", "-f", "t.yaml", "-o", format], 1);
        assert!(text.contains("all is well"), "{format}: {text}");
    }
    safe(&scratch.0, &["why", "a", "b:443", "-f", "t.yaml", "-v"], 1);
}

#[test]
fn problems_show_harmless_lines() {
    for name in ["names.yaml", "terminal-escape.yaml", "right-to-left.yaml", "key-with-escape.json"] {
        safe(&terminal(), &["validate", "-f", name], 2);
    }
}

#[cfg(unix)]
#[test]
fn names_of_files_are_harmless() {
    let scratch = super::Scratch::new("untrusted-files");
    let name = "t\u{1b}[2J\n::error::b\u{202e}.yaml";
    scratch.write(name, &tests());
    safe(&scratch.0, &["validate", "-f", name], 0);
    safe(&scratch.0, &["reach", "a", "b:443", "-f", name], 1);
    for format in ["text", "json", "junit", "tap", "github"] {
        safe(&scratch.0, &["test", "-f", name, "-o", format], 1);
    }
    scratch.write("other.vpc.yaml", "").write("x\u{1b}[2J.vpc.yaml", "");
    safe(&scratch.0, &["validate"], 2);
}

#[test]
fn words_of_the_command_line_are_harmless() {
    let bad = "x\u{1b}[2J\n::error::b\u{202e}";
    let at = super::topologies();
    safe(&at, &["reach", bad, "db:5432", "-f", "three-tier.yaml"], 2);
    safe(&at, &["reach", "web", &format!("db:{bad}"), "-f", "three-tier.yaml"], 2);
    safe(&at, &["matrix", "--ports", bad, "-f", "three-tier.yaml"], 2);
    safe(&at, &["explain", bad], 2);
    safe(&at, &["validate", "-f", bad], 2);
}
