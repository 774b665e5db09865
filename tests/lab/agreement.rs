//! The kernel gives the verdict that the analyzer gives, by the rule that the analyzer names.

use std::time::{Duration, Instant};

use serde_json::json;
use vpcreach::lab::kernel::Lab;
use vpcreach::network::Network;
use vpcreach::topology::yaml;
use vpcreach::verify::{Ask, Disagreement, Report, Rng, Verifier, random};

use super::{leave, read, shipped, verify};
use crate::oracle::compare::case;
use crate::oracle::engine::header;
use crate::oracle::record::record;
use crate::oracle::yaml::to_yaml;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn the_kernel_agrees_on_every_shipped_topology() {
    let Some(_leave) = leave() else { return };
    let mut compared = 0;
    for path in shipped() {
        let topology = read(&path);
        let report = verify(&topology, &topology, 60, 3);
        assert!(report.disagreements.is_empty(), "{}: {:#?}", path.display(), report.disagreements);
        compared += report.compared;
    }
    assert!(compared > 2000, "{compared} packets compared");
}

/// `VPCREACH_LAB_TOPOLOGIES`, `VPCREACH_LAB_PACKETS` and `VPCREACH_LAB_SEED` for longer runs.
#[test]
fn the_kernel_agrees_on_random_topologies() {
    let Some(_leave) = leave() else { return };
    let (topologies, packets) = (number("VPCREACH_LAB_TOPOLOGIES", 20), number("VPCREACH_LAB_PACKETS", 100));
    let first = number("VPCREACH_LAB_SEED", 1);
    let mut run = Run::default();
    for seed in first..first + topologies {
        run.topology(seed, packets);
    }
    println!("{run}");
    run.record(topologies, packets, first);
    assert!(run.report.disagreements.is_empty() && run.report.lost.is_empty());
    // Neither "always delivered" nor "always dropped" could pass.
    assert!(run.report.over_transit > 0, "no packet crossed a transit gateway");
    assert!(run.report.delivered > 0 && run.report.dropped.iter().all(|count| *count > 0));
}

/// A VPC that uses numbers of the internet (seed 5067): without a route between the VPCs, they mean the internet.
#[test]
fn numbers_of_the_internet_inside_a_vpc() {
    let Some(_leave) = leave() else { return };
    let text = "
vpcs:
  app:
    cidr: 10.0.0.0/16
    internet_gateway: true
    subnets:
      public: {cidr: 10.0.1.0/24, routes: {0.0.0.0/0: igw, 100.136.2.0/24: pcx}}
    instances:
      web: {subnet: public, private_ip: 10.0.1.10, public_ip: 54.1.1.1}
  partner:
    cidr: 100.136.0.0/16
    subnets:
      near: {cidr: 100.136.2.0/24, routes: {10.0.0.0/16: pcx}}
      far: {cidr: 100.136.3.0/24}
    security_groups:
      open: {inbound: [{protocol: all, source: 0.0.0.0/0}]}
    instances:
      joined: {subnet: near, private_ip: 100.136.2.10, security_groups: [open]}
      alone: {subnet: far, private_ip: 100.136.3.10, security_groups: [open]}
peering_connections:
  pcx: {requester: app, accepter: partner}
";
    let (topology, problems) = yaml::read("public.yaml", text.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    let report = verify(&topology, &topology, 300, 1);
    assert!(report.disagreements.is_empty() && report.lost.is_empty(), "{report:#?}");
    assert!(report.delivered > 0 && report.dropped[0] > 0);
}

/// The page about transit gateways, rule by rule: every topology of it, with its tests.
#[test]
fn the_kernel_agrees_on_the_page_about_transit_gateways() {
    let Some(_leave) = leave() else { return };
    let page = include_str!("../../docs/semantics/transit-gateway.md");
    let (mut topologies, mut over_transit) = (0, 0);
    for block in page.split("```yaml topology\n").skip(1) {
        let text = block.split("```").next().expect("a block");
        let (topology, problems) = yaml::read("page.yaml", text.as_bytes());
        assert!(problems.is_empty(), "{problems:?}");
        let report = verify(&topology, &topology, 200, 1);
        assert!(report.disagreements.is_empty() && report.lost.is_empty(), "{text}{report:#?}");
        assert!(report.over_transit > 0, "{text}{report:#?}");
        topologies += 1;
        over_transit += report.over_transit;
    }
    println!("{topologies} topologies, {over_transit} packets in a transit gateway");
    assert!(topologies > 8);
}

/// A black hole in the lab's transit gateway only is noticed.
#[test]
fn a_black_hole_in_a_transit_gateway_is_noticed() {
    let Some(_leave) = leave() else { return };
    let text = |routes: &str| {
        format!(
            "
vpcs:
  a:
    cidr: 10.0.0.0/16
    subnets:
      a: {{cidr: 10.0.1.0/24, routes: {{10.1.0.0/16: hub}}}}
    instances:
      client: {{subnet: a}}
  b:
    cidr: 10.1.0.0/16
    subnets:
      b: {{cidr: 10.1.1.0/24, routes: {{10.0.0.0/16: hub}}}}
    security_groups:
      web: {{inbound: [{{type: HTTPS, source: 10.0.0.0/16}}]}}
    instances:
      web: {{subnet: b, security_groups: [web]}}
transit_gateways:
  hub:
    attachments:
      a: {{vpc: a, subnets: [a]}}
      b: {{vpc: b, subnets: [b]}}
    route_tables:
      main: {{associations: [a, b], propagations: [a, b]{routes}}}
tests:
  - {{from: client, to: web:443, expect: reachable}}
"
        )
    };
    let read = |text: String| yaml::read("hub.yaml", text.as_bytes()).0;
    let right = read(text(""));
    assert!(verify(&right, &right, 50, 1).disagreements.is_empty());
    let broken = read(text(", routes: {10.1.0.0/16: blackhole}"));
    assert!(!verify(&broken, &right, 50, 1).disagreements.is_empty());
}

#[derive(Default)]
struct Run {
    topologies: u64,
    report: Report,
    build: Duration,
    probe: Duration,
}

impl Run {
    fn topology(&mut self, seed: u64, packets: u64) {
        let (topology, drawn) = case(seed, packets);
        let (network, _) = Network::compile(&topology);
        let mut asks: Vec<Ask> = drawn
            .iter()
            .filter_map(|packet| header(&network, packet))
            .map(|(origin, packet)| Ask { origin, packet, identifier: 0 })
            .collect();
        let more = usize::try_from(packets / 2).unwrap();
        asks.extend(random(&topology, &network, more, &mut Rng::new(seed)));
        let verifier = Verifier::new(&topology, &network, false);
        let started = Instant::now();
        let mut lab = Lab::build(&verifier.plan)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", to_yaml(&topology)));
        self.build += started.elapsed();
        let started = Instant::now();
        let report = verifier.verify(&mut lab, &asks);
        let report = report.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", to_yaml(&topology)));
        self.probe += started.elapsed();
        self.topologies += 1;
        if !report.disagreements.is_empty() || !report.lost.is_empty() {
            println!("{}", to_yaml(&topology));
        }
        for one in report.disagreements.iter().chain(&report.lost) {
            println!("seed {seed}: {}", describe(&verifier, one));
        }
        self.add(report);
    }

    fn record(&self, topologies: u64, packets: u64, seed: u64) {
        let [request, reply] = self.report.dropped;
        let command = format!(
            "VPCREACH_LAB_TOPOLOGIES={topologies} VPCREACH_LAB_PACKETS={packets} VPCREACH_LAB_SEED={seed} cargo test --release --test lab random"
        );
        let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).expect("a number");
        let numbers = json!({
            "topologies": self.topologies,
            "packets compared": self.report.compared,
            "through a transit gateway": self.report.over_transit,
            "delivered": self.report.delivered,
            "dropped as requests": request,
            "dropped as replies": reply,
            "not compared": self.report.unasked.values().sum::<usize>(),
            "disagreements": self.report.disagreements.len(),
            "packets lost sight of": self.report.lost.len(),
            "milliseconds to build": milliseconds(self.build),
            "milliseconds to probe": milliseconds(self.probe),
        });
        record("The kernel", &command, &numbers);
    }

    fn add(&mut self, report: Report) {
        let total = &mut self.report;
        total.compared += report.compared;
        total.over_transit += report.over_transit;
        total.delivered += report.delivered;
        for (sum, count) in total.dropped.iter_mut().zip(report.dropped) {
            *sum += count;
        }
        for (why, count) in report.unasked {
            *total.unasked.entry(why).or_default() += count;
        }
        total.disagreements.extend(report.disagreements);
        total.lost.extend(report.lost);
    }
}

fn describe(verifier: &Verifier<'_>, one: &Disagreement) -> String {
    use vpcreach::lab::probe::Outcome;
    let kernel = match &one.observation.outcome {
        Outcome::Dropped { leg, by } => format!("{leg:?} dropped by {}", verifier.plan.gates[*by]),
        other => format!("{other:?}"),
    };
    format!("{:?}\n  kernel: {kernel}\n  analyzer: {:?}", one.ask, one.opinion)
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let report = &self.report;
        let [request, reply] = report.dropped;
        writeln!(
            f,
            "{} topologies, {} packets compared: {} delivered, {request} dropped as requests, {reply} as replies; {} disagreements, {} lost",
            self.topologies,
            report.compared,
            report.delivered,
            report.disagreements.len(),
            report.lost.len()
        )?;
        writeln!(f, "{} of the packets compared were in a transit gateway", report.over_transit)?;
        writeln!(
            f,
            "built in {:.1} s, probed in {:.1} s",
            self.build.as_secs_f64(),
            self.probe.as_secs_f64()
        )?;
        for (why, count) in &report.unasked {
            writeln!(f, "  {count} not compared: {why}")?;
        }
        Ok(())
    }
}
