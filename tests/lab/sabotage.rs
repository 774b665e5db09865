//! A mistake in the lab, and in the lab only, is a disagreement: agreement means something.

use vpcreach::verify::Sabotage;

use super::{leave, read, shipped, verify};

#[test]
fn every_mistake_is_noticed() {
    let Some(_leave) = leave() else { return };
    let topologies: Vec<_> = shipped().iter().map(|path| read(path)).collect();
    for mistake in Sabotage::ALL {
        let noticed = topologies.iter().any(|topology| {
            let (broken, touched) = mistake.apply(topology);
            touched > 0 && !verify(&broken, topology, 100, 5).disagreements.is_empty()
        });
        assert!(noticed, "nobody noticed {}", mistake.as_str());
    }
}
