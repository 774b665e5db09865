mod agreement;
mod independence;
mod remains;
mod sabotage;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vpcreach::lab::check;
use vpcreach::network::Network;
use vpcreach::topology::{Topology, yaml};
use vpcreach::verify::{self, Report, Rng, Verifier};

/// Leave to build labs, one test at a time: a program that one test starts would hold the sockets of another for a
/// moment. `None` on a machine that can't; it says so.
pub fn leave() -> Option<MutexGuard<'static, ()>> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // Without root the check would move this process, which has threads, into a user namespace: it fails, and that is
    // the answer.
    let missing: Vec<String> =
        check::check().into_iter().filter(|finding| !finding.holds).map(|finding| finding.what).collect();
    if missing.is_empty() {
        return Some(guard);
    }
    println!("SKIPPED: this machine can't build a lab here: {}", missing.join(", "));
    None
}

/// Every topology that the project ships.
pub fn shipped() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let mut files: Vec<PathBuf> = [root.clone(), root.join("scenarios")]
        .iter()
        .flat_map(|directory| std::fs::read_dir(directory).expect("a directory"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files
}

pub fn read(path: &Path) -> Topology {
    let (topology, _) = yaml::read(&path.display().to_string(), &std::fs::read(path).expect("a file"));
    topology
}

/// Asks the lab of one topology, and the analyzer of another (or the same).
pub fn verify(lab: &Topology, analyzed: &Topology, random: usize, seed: u64) -> Report {
    let (network, _) = Network::compile(analyzed);
    let mut asks = verify::tested(&network);
    asks.extend(verify::random(analyzed, &network, random, &mut Rng::new(seed)));
    let verifier = Verifier::new(lab, &network, false);
    let mut kernel = vpcreach::lab::kernel::Lab::build(&verifier.plan).expect("a lab");
    verifier.verify(&mut kernel, &asks).expect("observations")
}
