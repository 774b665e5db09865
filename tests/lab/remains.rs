//! Nothing is left of a lab, however its process ends.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::leave;

/// The network namespaces that some process is in or holds open.
fn namespaces() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for process in fs::read_dir("/proc").expect("processes").flatten() {
        let links =
            fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten().map(|fd| fd.path());
        for link in links.chain([process.path().join("ns/net")]) {
            let target = fs::read_link(link).map(|target| target.display().to_string()).unwrap_or_default();
            if target.starts_with("net:[") {
                found.insert(target);
            }
        }
    }
    found
}

/// Command lines of processes that mention a word.
fn processes(word: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").expect("processes").flatten();
    let lines = all.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
    lines.filter(|line| line.contains(word)).collect()
}

/// Waits for something that will be soon.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        sleep(Duration::from_millis(20));
    }
    panic!("{what}");
}

#[test]
fn nothing_is_left_after_a_kill() {
    let Some(_leave) = leave() else { return };
    // A number that nothing else has in its command line.
    let sign = format!("7{}.25", std::process::id());
    let topology = concat!(env!("CARGO_MANIFEST_DIR"), "/topologies/hello.yaml");
    let mut lab = Command::new(env!("CARGO_BIN_EXE_vpcreach"))
        .args(["lab", "shell", "internet", "-f", topology, "--", "sleep", &sign])
        .stdin(Stdio::null())
        .spawn()
        .expect("vpcreach");
    eventually("the command starts in the lab", || processes(&sign).len() > 1);
    let ours = |process: u32| {
        let fds = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
        let targets =
            fds.filter_map(|fd| fs::read_link(fd.path()).ok()).map(|target| target.display().to_string());
        targets.filter(|target| target.starts_with("net:[")).collect::<BTreeSet<_>>()
    };
    let built = ours(lab.id());
    assert!(built.len() >= 4, "{built:?}");
    // SIGKILL: it can't clean up anything.
    lab.kill().expect("a kill");
    lab.wait().expect("its end");
    eventually("every process of the lab ends", || processes(&sign).is_empty());
    eventually("every namespace of the lab is gone", || namespaces().is_disjoint(&built));
}
