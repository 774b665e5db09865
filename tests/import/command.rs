//! The command itself: where it writes, and what it does not write over.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HELLO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/topologies/hello.yaml");

/// A directory of its own for each test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vpcreach-import-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let program = env!("CARGO_BIN_EXE_vpcreach");
        Command::new(program)
            .current_dir(&self.0)
            .env_remove("VPCREACH_FILE")
            .args(arguments)
            .output()
            .unwrap()
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn without_a_target_it_prints() {
    let here = Directory::new("prints");
    let printed = here.run(&["import", HELLO]);
    assert_eq!(printed.status.code(), Some(0), "{printed:?}");
    assert!(printed.stdout.starts_with(b"vpcs:\n  main:\n    cidr: 10.0.0.0/16\n"), "{printed:?}");
    assert_eq!(here.run(&["import", HELLO, "-o", "-"]).stdout, printed.stdout);
    assert_eq!(here.run(&["import", "-f", HELLO]).stdout, printed.stdout);
    assert!(here.files().is_empty());
}

#[test]
fn a_file_that_is_there_stays() {
    let here = Directory::new("stays");
    let target = here.0.join("topology.yaml");
    let first = here.run(&["import", HELLO, "-o", "topology.yaml"]);
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    assert_eq!(here.files(), ["topology.yaml"]);
    let written = text(&target);
    std::fs::write(&target, "mine").unwrap();
    let refused = here.run(&["import", HELLO, "-o", "topology.yaml"]);
    assert_eq!(refused.status.code(), Some(2));
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains("`topology.yaml` is there already") && message.contains("--force"), "{message}");
    assert_eq!(text(&target), "mine");
    let forced = here.run(&["import", HELLO, "-o", "topology.yaml", "--force"]);
    assert_eq!(forced.status.code(), Some(0), "{forced:?}");
    assert_eq!(text(&target), written);
    assert_eq!(here.files(), ["topology.yaml"]);
    let test = here.run(&["test", "-f", "topology.yaml"]);
    assert_eq!(test.status.code(), Some(0), "{test:?}");
}

#[test]
fn what_can_not_be_read_leaves_nothing_behind() {
    let here = Directory::new("nothing");
    std::fs::write(here.0.join("broken.json"), "{").unwrap();
    let broken = here.run(&["import", "broken.json", "-o", "topology.yaml"]);
    assert_eq!(broken.status.code(), Some(2), "{broken:?}");
    let nowhere = here.run(&["import", HELLO, "-o", "no/such/directory.yaml"]);
    assert_eq!(nowhere.status.code(), Some(2), "{nowhere:?}");
    assert_eq!(here.files(), ["broken.json"]);
}
