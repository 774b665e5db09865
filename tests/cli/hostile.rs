//! Input that nobody meant, or that somebody meant badly: every one is answered, with what is wrong, where, and what to do, in
//! bounded time and memory, and never with a panic.
//!
//! `tests/hostile/FOLDER/` holds inputs, each a file or the folder of a capture, and `tests/hostile/FOLDER.txt` what
//! `vpcreach validate` says about each; what would be large, or no version control keeps, is made by [`RECIPES`] and answered
//! in `made.txt`. `VPCREACH_BLESS=1 cargo test` writes those files anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::limits::{Ended, vpcreach};
use super::recipes::RECIPES;
use super::untrusted::raw;

/// What is read in spite of its flaws. Everything else is refused with exit code 2, whatever a blessing would say.
const VALID: &[&str] = &[
    "aws/address-outside-subnet.json",
    "aws/capture-groups-empty-file",
    "aws/capture-groups-refused",
    "aws/capture-next-token",
    "aws/capture-whole",
    "aws/elements-of-all-types.json",
    "aws/json-lines.json",
    "aws/number-of-a-thousand-digits.json",
    "aws/rule-number-fraction.json",
    "aws/same-id-twice.json",
    "aws/subnet-outside.json",
    "aws/subnets-overlap.json",
    "aws/utf16.json",
    "aws/vpc-without-range.json",
    "made/cr-only-topology.yaml",
    "made/deep-functions.yaml",
    "made/doubling-texts.yaml",
    "made/giant-name.tfstate",
    "made/giant-ref.yaml",
    "made/giant-attribute.tfstate",
    "made/giant-reference.json",
    "made/giant-tag.json",
    "made/giant-tag.yaml",
    "made/refs-to-nothing.yaml",
    "made/rules-that-make-no-sense.tfstate",
    "made/line-of-a-megabyte.yaml",
    "terminal/capture",
    "yaml/anchor-without-value.yaml",
    "yaml/cidr-host-bits.yaml",
    "yaml/goes-round-in-circles.yaml",
];

/// Plans, states and templates with flaws that get a verdict: the flaw has no part in it, or is not one. Every other one that
/// is read at all is undetermined.
const ANSWERED: &[&str] = &[
    "cloudformation/acl-of-nothing.yaml",
    "cloudformation/cidr-is-ipv6.yaml",
    "cloudformation/cycle-of-groups.yaml",
    "cloudformation/depends-on-itself.yaml",
    "cloudformation/for-each-of-buckets.yaml",
    "cloudformation/macro.yaml",
    "cloudformation/nested-elsewhere.yaml",
    "cloudformation/parameter-default-not-allowed.yaml",
    "cloudformation/parameter-without-type.yaml",
    "cloudformation/parameters-is-a-list.yaml",
    "cloudformation/ref-to-a-wrong-kind.yaml",
    "cloudformation/ref-to-nothing.yaml",
    "cloudformation/type-nonsense.yaml",
    "cloudformation/utf16.yaml",
    "cloudformation/whole.yaml",
    "terraform/address-outside.json",
    "terraform/byte-order-mark.json",
    "terraform/index-with-quotes.json",
    "terraform/plan-action-nonsense.json",
    "terraform/plan-configuration-is-null.json",
    "terraform/plan-errored.json",
    "terraform/plan-expressions-is-a-text.json",
    "terraform/port-is-null.json",
    "terraform/route-to-nothing.json",
    "terraform/route-twice.json",
    "terraform/route-without-target.json",
    "terraform/subnet-outside.json",
    "terraform/subnets-overlap.json",
    "terraform/tags-with-escapes.json",
    "terraform/utf16-big-endian.json",
    "terraform/utf16.json",
    "terraform/whole.json",
];

/// What is asked of inputs that are read in spite of their flaws: what can't be known must not be guessed.
const QUESTIONS: &[(&str, &[&str])] = &[
    ("terraform", &["reach", "aws_instance.one", "aws_instance.two:22", "-o", "line"]),
    ("cloudformation", &["reach", "One", "Two:22", "-o", "line"]),
];

/// Lines of a message that are kept.
const MOST_LINES: usize = 24;
/// Characters of a line that are kept.
const MOST_COLUMNS: usize = 300;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile")
}

fn stored(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Asks what an input is, and writes the answer down.
fn ask(directory: &Path, words: &[&str], name: &str, found: &mut String) -> Ended {
    let ended = vpcreach(directory, &[words, &["-f", name]].concat());
    let lines: Vec<&str> = ended.text.lines().collect();
    writeln!(found, "$ vpcreach {} -f {}", words.join(" "), vpcreach::topology::visible(name)).unwrap();
    for line in lines.iter().take(MOST_LINES) {
        match line.char_indices().nth(MOST_COLUMNS) {
            Some((end, _)) => writeln!(found, "{}… ({} bytes)", &line[..end], line.len()).unwrap(),
            None => writeln!(found, "{line}").unwrap(),
        }
    }
    if lines.len() > MOST_LINES {
        writeln!(found, "({} more lines)", lines.len() - MOST_LINES).unwrap();
    }
    writeln!(found, "(exit code {})\n", ended.code).unwrap();
    ended
}

/// What must hold for every input, whatever is said about it.
fn complaint(name: &str, ended: &Ended) -> Option<String> {
    let is_asked = QUESTIONS.iter().any(|(folder, _)| name.starts_with(folder));
    let wanted = if VALID.contains(&name) || (is_asked && ended.code == 0) { 0 } else { 2 };
    if ended.code != wanted {
        return Some(format!("{name}: exit code {}, not {wanted}\n{}", ended.code, ended.text));
    }
    if let Some(letter) = raw(&ended.text) {
        return Some(format!("{name}: {letter:?} reaches the terminal\n{:?}", ended.text));
    }
    let coded = ended.text.starts_with("error[") || ended.text.contains("\nerror[");
    (wanted == 2 && !coded).then(|| format!("{name}: refused without a code\n{}", ended.text))
}

fn compare(file: &str, found: &str) {
    let path = root().join(file);
    if std::env::var_os("VPCREACH_BLESS").is_some() {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differing = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(found == expected, "{file}: VPCREACH_BLESS=1 writes it anew; first difference: {differing:#?}");
}

fn check(folder: &str) {
    let directory = root().join(folder);
    let (mut found, mut wrong) = (String::new(), Vec::new());
    for name in stored(&directory) {
        let ended = ask(&directory, &["validate"], &name, &mut found);
        wrong.extend(complaint(&format!("{folder}/{name}"), &ended));
        if let Some((_, question)) = QUESTIONS.iter().find(|(about, _)| *about == folder && ended.code == 0) {
            let ended = ask(&directory, question, &name, &mut found);
            // 2: what is asked about could not be read; 3: undetermined.
            if ended.code < 2 && !ANSWERED.contains(&format!("{folder}/{name}").as_str()) {
                wrong.push(format!("{folder}/{name}: a verdict in spite of the flaw\n{}", ended.text));
            }
            wrong.extend(raw(&ended.text).map(|letter| format!("{name}: {letter:?} reaches the terminal")));
        }
    }
    compare(&format!("{folder}.txt"), &found);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn topologies() {
    check("yaml");
}

#[test]
fn captures() {
    check("aws");
}

#[test]
fn plans_and_states_of_terraform() {
    check("terraform");
}

#[test]
fn templates_of_cloudformation() {
    check("cloudformation");
}

#[test]
fn files_of_other_kinds() {
    check("wrong-kind");
}

#[test]
fn text_that_moves_the_cursor() {
    check("terminal");
}

#[test]
fn no_folder_is_forgotten() {
    let folders: Vec<String> = stored(&root()).into_iter().filter(|name| !name.ends_with(".txt")).collect();
    assert_eq!(folders, ["aws", "cloudformation", "terminal", "terraform", "wrong-kind", "yaml"]);
}

#[test]
fn what_is_made_when_it_is_needed() {
    let scratch = super::Scratch::new("hostile");
    let (mut found, mut wrong) = (String::new(), Vec::new());
    for (name, make) in RECIPES {
        let place = scratch.0.join("here");
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).unwrap();
        make(&place.join(name));
        wrong.extend(complaint(&format!("made/{name}"), &ask(&place, &["validate"], name, &mut found)));
    }
    // Other systems lack some of the recipes and word their errors otherwise.
    if cfg!(target_os = "linux") {
        compare("made.txt", &found);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As root every file can be read, and there is nothing to see.
#[cfg(unix)]
#[test]
fn what_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = super::Scratch::new("unreadable");
    scratch.write("secret.yaml", "vpcs: {}\n").write("folder/a.json", "{}");
    for (name, whole) in [("secret.yaml", "secret.yaml"), ("folder/a.json", "folder"), ("folder", "folder")] {
        let path = scratch.0.join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        if fs::read(&path).is_ok() || fs::read_dir(&path).is_ok() {
            return;
        }
        let ended = vpcreach(&scratch.0, &["validate", "-f", whole]);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let expected = format!("error[SRC001]: {name} can't be read: permission denied");
        assert!(ended.code == 2 && ended.text.starts_with(&expected), "{}", ended.text);
    }
}

/// What a capture lacks is never "blocked" and never "reachable".
#[test]
fn what_a_capture_lacks_is_undetermined() {
    let directory = root().join("aws");
    let verdict = |name: &str| vpcreach(&directory, &["reach", "eni-1", "eni-2:22", "-f", name]).code;
    assert_eq!(verdict("capture-whole"), 1, "blocked by a group that is there");
    for name in ["capture-next-token", "capture-groups-refused", "capture-groups-empty-file"] {
        assert_eq!(verdict(name), 3, "{name}");
    }
}
