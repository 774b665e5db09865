mod agreement;
mod independence;
mod remains;
mod sabotage;

use std::path::{Path, PathBuf};

use vpcreach::lab::check;
use vpcreach::network::Network;
use vpcreach::topology::{Topology, yaml};
use vpcreach::verify::{self, Report, Rng, Verifier};

/// Whether this machine can build a lab; says so if it can't.
pub fn can() -> bool {
    // Without root the check would move this process, which has threads, into a user namespace: it fails, and that is the answer.
    let missing: Vec<String> =
        check::check().into_iter().filter(|finding| !finding.holds).map(|finding| finding.what).collect();
    if !missing.is_empty() {
        println!("SKIPPED: this machine can't build a lab here: {}", missing.join(", "));
    }
    missing.is_empty()
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
