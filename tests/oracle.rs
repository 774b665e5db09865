//! The packet simulator, its own tests, and its comparison with an engine.
#![allow(unreachable_pub)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

#[path = "oracle/cases/mod.rs"]
mod cases;
#[path = "oracle/mod.rs"]
mod oracle;

use oracle::compare::{Amount, Engine, EngineVerdict, agree, case, compare, expected};
use oracle::engine::Real;
use oracle::generate::features::{Topologies, features, without};
use oracle::metamorphic;
use oracle::packet::{Outcome, Packet};
use oracle::placements;
use oracle::record::record;
use oracle::simulator::Simulator;
use oracle::yaml::to_yaml;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use vpcreach::topology::{AclAction, Topology, yaml};

/// The simulator as an engine: the harness and the properties must hold for it.
struct Itself;

impl Engine for Itself {
    type Compiled = Simulator;

    fn compile(&self, topology: &Topology) -> Simulator {
        Simulator::new(topology)
    }

    fn ask(&self, compiled: &Simulator, packet: &Packet) -> EngineVerdict {
        expected(&compiled.connect(packet))
    }
}

/// An engine that believes network ACLs to deny nothing by rule.
struct BlindToDenials;

impl Engine for BlindToDenials {
    type Compiled = Simulator;

    fn compile(&self, topology: &Topology) -> Simulator {
        let mut topology = topology.clone();
        for vpc in &mut topology.vpcs.0 {
            for acl in &mut vpc.value.network_acls.0 {
                acl.value.inbound.retain(|rule| rule.action == AclAction::Allow);
                acl.value.outbound.retain(|rule| rule.action == AclAction::Allow);
            }
        }
        Simulator::new(&topology)
    }

    fn ask(&self, compiled: &Simulator, packet: &Packet) -> EngineVerdict {
        expected(&compiled.connect(packet))
    }
}

/// The real engine, asked about the file that the topology is written to.
struct Written;

impl Engine for Written {
    type Compiled = vpcreach::network::Network;

    fn compile(&self, topology: &Topology) -> Self::Compiled {
        let text = yaml::write(topology, yaml::WriteOptions::default()).unwrap();
        let again = yaml::read("written.yaml", text.as_bytes()).0;
        assert_eq!(yaml::write(&again, yaml::WriteOptions::default()).unwrap(), text);
        Real.compile(&again)
    }

    fn ask(&self, compiled: &Self::Compiled, packet: &Packet) -> EngineVerdict {
        Real.ask(compiled, packet)
    }
}

/// What is written and read again gives the answers of the simulator, which saw neither.
#[test]
fn written_topologies_mean_the_same() {
    println!("{}", agree(&Written, Amount { topologies: 400, packets: 60, seed: 77 }));
}

#[test]
fn packets_are_well_mixed() {
    let histogram = agree(&Itself, Amount { topologies: 600, packets: 100, seed: 1 });
    assert!(histogram.share("delivered") >= 25.0, "{histogram}");
    assert!(histogram.share("dropped") >= 30.0, "{histogram}");
    assert!(histogram.share("dropped reply") >= 5.0, "{histogram}");
    assert!(histogram.share("unknown") <= 5.0, "{histogram}");
    assert!(histogram.reasons() >= 25, "{histogram}");
}

/// The place to look at the mix, and to try other amounts.
#[test]
fn the_simulator_agrees_with_itself() {
    println!("{}", agree(&Itself, Amount::from_environment(200, 100)));
}

#[test]
fn what_is_printed_is_yaml() {
    for seed in 0..300 {
        let yaml = to_yaml(&case(seed, 0).0);
        let parsed: Result<serde_yaml::Value, _> = serde_yaml::from_str(&yaml);
        assert!(parsed.is_ok(), "{parsed:?}\n{yaml}");
    }
}

/// What is wrong with a generated transit gateway is what people get wrong, not what AWS refuses.
#[test]
fn generated_transit_gateways_are_accepted() {
    for seed in 0..400 {
        let yaml = to_yaml(&case(seed, 0).0);
        let (topology, mut problems) = vpcreach::topology::yaml::read("generated.yaml", yaml.as_bytes());
        problems.extend(vpcreach::network::Network::compile(&topology).1);
        // A prefix list with IPv6 entries may lead to a NAT gateway: that is refused, and is not what this is about.
        problems.retain(|problem| problem.is_error() && !problem.message.contains("NAT gateway"));
        let errors: Vec<_> = problems.iter().collect();
        assert!(errors.is_empty(), "seed {seed}: {errors:#?}\n{yaml}");
    }
}

#[test]
fn the_same_seed_gives_the_same_case() {
    for seed in 0..50 {
        let (first, second) = (case(seed, 20), case(seed, 20));
        assert_eq!(to_yaml(&first.0), to_yaml(&second.0));
        assert_eq!(first.1, second.1);
    }
}

#[test]
fn a_wrong_engine_is_found_out_in_a_few_lines() {
    let (_, found) = compare(&BlindToDenials, Amount { topologies: 2000, packets: 50, seed: 7 }, 1);
    let case = found.first().expect("a disagreement");
    let yaml = to_yaml(&case.topology);
    println!("{case}");
    assert!(matches!(&case.outcome, Outcome::Dropped { by, .. } if by.starts_with("network ACL")), "{yaml}");
    assert_eq!(yaml.matches("action: deny").count(), 1, "{yaml}");
    assert!(yaml.lines().count() < 50, "{yaml}");
}

#[test]
fn without_nothing_is_everything() {
    for seed in 0..300 {
        let (topology, _) = case(seed, 0);
        assert_eq!(to_yaml(&without(&topology, &[])), to_yaml(&topology), "seed {seed}");
    }
}

/// What proptest does with a failing topology, by hand.
#[test]
fn a_topology_shrinks_to_what_matters() {
    let mut runner = TestRunner::deterministic();
    let fails = |topology: &Topology| topology.vpcs.iter().any(|vpc| !vpc.value.instances.is_empty());
    let mut tree = Topologies.new_tree(&mut runner).expect("a topology");
    while tree.simplify() {
        if !fails(&tree.current()) {
            assert!(tree.complicate());
        }
    }
    let rest = tree.current();
    assert!(fails(&rest));
    assert_eq!(rest.vpcs.len(), 1);
    let vpc = &rest.vpcs.0[0].value;
    assert_eq!((vpc.instances.len(), vpc.subnets.len()), (1, 1));
    assert!(vpc.security_groups.is_empty() && vpc.network_acls.is_empty() && vpc.route_tables.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_part_may_be_left_out(topology in Topologies, pick in any::<prop::sample::Index>()) {
        let features = features(&topology);
        let left_out = [features[pick.index(features.len())]];
        let smaller = without(&topology, &left_out);
        prop_assert!(to_yaml(&smaller).len() <= to_yaml(&topology).len());
        Simulator::new(&smaller);
    }
}

#[test]
fn another_rule_never_removes_reachability() {
    metamorphic::another_rule_never_removes_reachability(&Itself, 0..300);
}

#[test]
fn another_group_never_removes_reachability() {
    metamorphic::another_group_never_removes_reachability(&Itself, 0..300);
}

#[test]
fn the_order_of_group_rules_is_irrelevant() {
    metamorphic::the_order_of_group_rules_is_irrelevant(&Itself, 0..300);
}

#[test]
fn halves_are_as_good_as_the_whole() {
    metamorphic::halves_are_as_good_as_the_whole(&Itself, 0..300);
}

#[test]
fn ipv4_never_moves_ipv6() {
    metamorphic::ipv4_never_moves_ipv6(&Itself, 0..300);
}

#[test]
fn the_engine_agrees_with_the_simulator() {
    let amount = Amount::from_environment(1500, 60);
    let histogram = agree(&Real, amount);
    println!("{histogram}");
    let Amount { topologies, packets, seed } = amount;
    let command = format!(
        "VPCREACH_ORACLE_TOPOLOGIES={topologies} VPCREACH_ORACLE_PACKETS={packets} VPCREACH_ORACLE_SEED={seed} cargo test --release --test oracle the_engine_agrees_with_the_simulator"
    );
    record("The simulator", &command, &histogram.numbers(topologies));
}

#[test]
fn the_engine_keeps_what_must_be_kept() {
    metamorphic::another_rule_never_removes_reachability(&Real, 0..200);
    metamorphic::another_group_never_removes_reachability(&Real, 0..200);
    metamorphic::the_order_of_group_rules_is_irrelevant(&Real, 0..200);
    metamorphic::halves_are_as_good_as_the_whole(&Real, 0..200);
    metamorphic::ipv4_never_moves_ipv6(&Real, 0..200);
}

/// EN-7: where an address is not said, the answer holds wherever AWS puts it, or says that it depends on that.
#[test]
fn the_engine_agrees_with_every_placement() {
    let amount = Amount::from_environment(400, 80);
    let mut counts = placements::Counts::default();
    for seed in amount.seed..amount.seed + amount.topologies {
        placements::agree(&Real, case(seed, amount.packets), seed, &mut counts);
    }
    println!("{counts:?}");
    assert!(counts.differing * 100 > counts.packets, "too few packets for which it matters: {counts:?}");
}
