//! Inputs that are too large to keep, or that no version control keeps: how to make each.

use std::fs::{self, File};
use std::path::Path;

/// A name, and what makes a file or a directory of that name.
pub(crate) type Recipe = (&'static str, fn(&Path));

/// All of them.
pub(crate) const RECIPES: &[Recipe] = &[
    ("brackets.yaml", |at| repeat(at, "", "[", 10 << 20, "")),
    ("brackets.json", |at| repeat(at, "", "[", 10 << 20, "")),
    ("braces.yaml", |at| repeat(at, "", "{", 10 << 20, "")),
    ("dashes.yaml", |at| repeat(at, "", "- ", 5 << 20, "x")),
    ("question-marks.yaml", |at| repeat(at, "", "? ", 5 << 20, "x")),
    ("anchors.yaml", |at| repeat(at, "", "&a ", 3 << 20, "x")),
    ("exclamation-marks.yaml", |at| repeat(at, "", "!", 10 << 20, "")),
    ("hashes.yaml", |at| repeat(at, "", "#", 10 << 20, "")),
    ("quotes.yaml", |at| repeat(at, "", "'", (10 << 20) + 1, "")),
    ("newlines.yaml", |at| repeat(at, "", "\n", 10 << 20, "")),
    ("carriage-returns.yaml", |at| repeat(at, "", "\r", 10 << 20, "")),
    ("spaces.yaml", |at| repeat(at, "", " ", 10 << 20, "")),
    ("documents.yaml", |at| repeat(at, "", "---\n", 2 << 20, "")),
    ("deep-json.yaml", |at| repeat(at, "{\"vpcs\": ", "{\"a\":", 1 << 20, "")),
    ("deep.json", |at| repeat(at, "{\"Vpcs\": ", "[", 1 << 20, "")),
    ("deep-but-closed.json", |at| {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        fs::write(at, format!("{{\"Vpcs\": {deep}}}")).unwrap();
    }),
    ("giant-name.yaml", |at| repeat(at, "vpcs:\n  ", "a", 10 << 20, ": {cidr: 10.0.0.0/16}\n")),
    ("giant-value.yaml", |at| repeat(at, "vpcs: {main: {cidr: ", "9", 10 << 20, "}}\n")),
    ("giant-number.json", |at| repeat(at, "{\"Vpcs\": [{\"VpcId\": ", "9", 10 << 20, "}]}")),
    ("giant-string.json", |at| repeat(at, "{\"Vpcs\": [{\"VpcId\": \"", "x", 10 << 20, "\"}]}")),
    ("giant-block-scalar.yaml", |at| repeat(at, "vpcs: |\n", "  a line\n", 1 << 20, "")),
    ("unknown-keys.json", |at| {
        let keys: Vec<String> = (0..200_000).map(|n| format!("\"k{n}\": []")).collect();
        fs::write(at, format!("{{\"Vpcs\": [], {}}}", keys.join(", "))).unwrap();
    }),
    ("elements-that-are-none.json", |at| repeat(at, "{\"Vpcs\": [", "7, ", 1 << 20, "7]}")),
    ("line-of-a-megabyte.yaml", |at| {
        repeat(at, "vpcs: {main: {cidr: 10.0.0.0/16, # ", "x", 1 << 20, "\n}}\n");
    }),
    ("error-in-a-line-of-megabytes.yaml", |at| {
        repeat(at, "vpcs: {main: {cidr: 10.0.0.0/16, subnets: [", "7,", 1 << 20, "]}}\n");
    }),
    ("cr-only-topology.yaml", |at| repeat(at, "vpcs:\r  main:\r    cidr: 10.0.0.0/16\r", "\r", 1, "")),
    ("too-large.yaml", |at| File::create(at).unwrap().set_len(300 << 20).unwrap()),
    ("too-large.json", |at| File::create(at).unwrap().set_len(300 << 20).unwrap()),
    ("zeros.json", |at| File::create(at).unwrap().set_len(200 << 20).unwrap()),
    ("no-such-file.yaml", |_| {}),
    ("no-such-folder/file.yaml", |_| {}),
    ("an-empty-folder", |at| fs::create_dir_all(at).unwrap()),
    ("folders-too-deep", |at| {
        let deep = at.join("a/b/c/d/e/f/g/h/i/j");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("vpcs.json"), "{\"Vpcs\": []}").unwrap();
    }),
    ("a-folder-named.yaml", |at| fs::create_dir_all(at).unwrap()),
    #[cfg(unix)]
    ("links-in-a-circle", |at| {
        fs::create_dir_all(at.join("in")).unwrap();
        std::os::unix::fs::symlink("../in", at.join("in/again")).unwrap();
        std::os::unix::fs::symlink("self.json", at.join("self.json")).unwrap();
    }),
    #[cfg(unix)]
    ("link-to-itself.yaml", |at| std::os::unix::fs::symlink("link-to-itself.yaml", at).unwrap()),
    #[cfg(target_os = "linux")]
    ("endless.yaml", |at| std::os::unix::fs::symlink("/dev/zero", at).unwrap()),
];

fn repeat(at: &Path, before: &str, unit: &str, times: usize, after: &str) {
    fs::write(at, before.to_owned() + &unit.repeat(times) + after).unwrap();
}
