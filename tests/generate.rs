//! Made-up topologies: the same bytes for the same seed, valid, and the same network in every format.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{self, Write};

use vpcreach::generate::{Generator, Options, Shape};
use vpcreach::network::Network;
use vpcreach::source::aws;
use vpcreach::topology::{Severity, Topology, yaml};

/// FNV-1a: enough to notice a change, and the same everywhere.
struct Hash {
    value: u64,
    length: u64,
}

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.value = (self.value ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hash(write: impl FnOnce(&mut Hash) -> io::Result<()>) -> (String, u64) {
    let mut hash = Hash { value: 0xcbf2_9ce4_8422_2325, length: 0 };
    write(&mut hash).expect("memory takes everything");
    (format!("{:016x}", hash.value), hash.length)
}

fn generator(enis: u32, shape: Shape, seed: u64) -> Generator {
    Generator::new(Options::new(enis, shape, seed))
}

fn yaml_of(generator: &Generator) -> Vec<u8> {
    let mut bytes = Vec::new();
    generator.write_yaml(&mut bytes).expect("memory takes everything");
    bytes
}

fn compiled(topology: &Topology) -> Network {
    let (network, diagnostics) = Network::compile(topology);
    let errors: Vec<_> =
        diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    network
}

/// A change here means that every number that anybody published about a seed is about another network.
#[test]
fn the_same_seed_gives_the_same_bytes_for_ever() {
    let golden = [
        (Shape::Realistic, 3000, 1, "f80d190cb6fdf4b8", "c47104eaba685043"),
        (Shape::Hostile, 500, 7, "20b4de8f9916f042", "9e2feaa2a9ed7e56"),
    ];
    for (shape, enis, seed, yaml, aws) in golden {
        let this = generator(enis, shape, seed);
        assert_eq!(hash(|out| this.write_yaml(out)).0, yaml, "{shape:?} as YAML");
        assert_eq!(hash(|out| this.write_aws(out)).0, aws, "{shape:?} as AWS");
    }
}

#[test]
fn another_seed_gives_another_network() {
    let bytes = |seed| yaml_of(&generator(200, Shape::Realistic, seed));
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn every_size_is_valid_and_has_so_many_interfaces() {
    for shape in [Shape::Realistic, Shape::Hostile] {
        for enis in [1, 2, 19, 21, 99, 100, 101, 1999, 2000, 2001, 4100] {
            let network = compiled(&generator(enis, shape, 3).topology());
            assert_eq!(network.interfaces.len(), enis as usize, "{shape:?} {enis}");
        }
    }
}

#[test]
fn the_file_says_what_the_topology_says() {
    for shape in [Shape::Realistic, Shape::Hostile] {
        let this = Generator::new(Options { vpc_enis: 60, ..Options::new(600, shape, 5) });
        let (read, diagnostics) = yaml::read("made-up.yaml", &yaml_of(&this));
        assert!(diagnostics.is_empty(), "{diagnostics:#?}");
        let (from_file, at_once) = (compiled(&read), compiled(&this.topology()));
        let shape_of = |network: &Network| {
            let rules = |id| -> usize {
                let group: &vpcreach::network::SecurityGroup = &network.security_groups[id];
                group.inbound.len() + group.outbound.len()
            };
            let addresses = network.interfaces.iter().map(|(_, interface)| interface.addresses.clone());
            (
                network.security_groups.ids().map(rules).collect::<Vec<_>>(),
                addresses.collect::<Vec<_>>(),
                network.route_tables.iter().map(|(_, table)| table.routes().len()).collect::<Vec<_>>(),
                network.peerings.len(),
                network.internet().clone(),
            )
        };
        assert_eq!(shape_of(&from_file), shape_of(&at_once));
    }
}

#[test]
fn a_capture_holds_the_same_network() {
    let this = Generator::new(Options { vpc_enis: 120, ..Options::new(700, Shape::Realistic, 5) });
    let mut bytes = Vec::new();
    this.write_aws(&mut bytes).expect("memory takes everything");
    let capture = aws::read(&[("capture.json".to_owned(), bytes)]);
    let errors: Vec<_> = capture.diagnostics.iter().filter(|one| one.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let (captured, said) = (compiled(&capture.topology), compiled(&this.topology()));
    assert_eq!(captured.interfaces.len(), said.interfaces.len());
    assert_eq!(captured.nat_gateways.len(), said.nat_gateways.len());
    assert_eq!(captured.peerings.len(), said.peerings.len());
    // AWS knows no names for networks: their addresses are just the internet.
    let office = said.networks.iter().next().expect("the office").1.addresses.clone();
    assert_eq!(captured.internet().subtract(&office), *said.internet());
    let members = |network: &Network| -> Vec<usize> {
        let groups = network.security_groups.iter().map(|(_, group)| group.members.len());
        let mut members: Vec<usize> = groups.filter(|count| *count > 0).collect();
        members.sort_unstable();
        members
    };
    assert_eq!(members(&captured), members(&said));
}

/// One VPC is held at a time: the text of a hundred is a hundred times as long, and nothing else grows.
#[test]
fn a_large_network_is_written_as_it_is_made() {
    let (_, length) = hash(|out| generator(20_000, Shape::Realistic, 1).write_yaml(out));
    assert!(length > 2_000_000, "{length}");
}
