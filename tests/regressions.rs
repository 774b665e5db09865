//! Cases on which the engine and the packet simulator once disagreed, kept for ever. Each says who was right, and why.

#![expect(clippy::expect_used, reason = "a broken fixture should stop the test")]

use vpcreach::network::Network;
use vpcreach::reach::{Answer, Options, Question, Verdict, answer};
use vpcreach::topology::yaml;

fn ask(topology: &str, from: &str, to: &str) -> Answer {
    let (topology, mut problems) = yaml::read("regression.yaml", topology.as_bytes());
    let (network, more) = Network::compile(&topology);
    problems.extend(more);
    let errors: Vec<_> = problems.iter().filter(|problem| problem.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let question = Question::parse(&network, from, to, None, &Options::default()).expect("a question");
    answer(&network, &question)
}

fn codes(answer: &Answer) -> Vec<&'static str> {
    answer.codes().into_iter().map(vpcreach::network::Code::as_str).collect()
}

/// The engine was right: the packet never leaves the host, so no security group sees it.
#[test]
fn a_host_reaches_its_own_addresses_whatever_its_groups_say() {
    let topology = "
vpcs:
  v:
    cidr: 10.0.0.0/16
    subnets: {a: {cidr: 10.0.1.0/24}, b: {cidr: 10.0.2.0/24}}
    security_groups: {closed: {inbound: [], outbound: []}}
    instances:
      host:
        policy_routing: false
        interfaces:
          eth0: {subnet: a, ips: [10.0.1.10], security_groups: [closed]}
          eth1: {subnet: b, ips: [10.0.2.10], security_groups: [closed]}
      other: {subnet: a, security_groups: [closed]}
";
    assert_eq!(ask(topology, "10.0.1.10", "10.0.1.10:443").verdict, Verdict::Reachable);
    assert_eq!(ask(topology, "host", "10.0.2.10:443").verdict, Verdict::Reachable);
    assert_eq!(ask(topology, "host", "other:443").verdict, Verdict::Blocked);
}

const HAIRPIN: &str = "
vpcs:
  v:
    cidr: 10.0.0.0/16
    internet_gateway: true
    subnets: {public: {cidr: 10.0.1.0/24, routes: {0.0.0.0/0: igw}}}
    instances:
      host:
        interfaces:
          eth0:
            subnet: public
            ips: [10.0.1.10, 10.0.1.11]
            public_ips: {10.0.1.10: 198.51.100.10, 10.0.1.11: 198.51.100.11}
";

/// The simulator was right: a packet without ports that comes back from one's own public address looks like the reply to
/// itself (SG-15); through another address of the same interface it does not.
#[test]
fn a_packet_to_ones_own_public_address_is_its_own_reply_only_without_ports() {
    assert_eq!(ask(HAIRPIN, "10.0.1.10", "198.51.100.10:proto-47").verdict, Verdict::Reachable);
    assert_eq!(codes(&ask(HAIRPIN, "10.0.1.10", "198.51.100.10:443")), ["SG003"]);
    assert_eq!(codes(&ask(HAIRPIN, "10.0.1.10", "198.51.100.11:proto-47")), ["SG003"]);
}

/// The simulator was right: nobody here has the address any more (EN-4), and the internet is not part of this network.
#[test]
fn a_public_address_that_nobody_has_is_not_reachable_from_the_internet() {
    assert_eq!(codes(&ask(HAIRPIN, "203.0.113.5", "198.51.100.99:443")), ["RT004"]);
}

/// The simulator was right: an ACL named `default` replaces the default one, also when a program made it.
#[test]
fn a_default_acl_that_somebody_wrote_is_not_the_default_one() {
    let topology = |rules: &str| {
        format!(
            "
vpcs:
  v:
    cidr: 10.0.0.0/16
    subnets: {{a: {{cidr: 10.0.1.0/24}}, b: {{cidr: 10.0.2.0/24}}}}
    {rules}
    instances: {{x: {{subnet: a}}, y: {{subnet: b}}}}
"
        )
    };
    assert_eq!(codes(&ask(&topology("network_acls: {default: {}}"), "x", "y:443")), ["ACL002"]);
    assert_eq!(ask(&topology(""), "x", "y:443").verdict, Verdict::Reachable);
}

const INSPECTED: &str = "
vpcs:
  v:
    cidr: 10.0.0.0/16
    subnets:
      app: {cidr: 10.0.1.0/24, routes: {10.0.9.0/24: firewall}}
      db: {cidr: 10.0.2.0/24, routes: {10.0.1.0/24: firewall}}
      inspection: {cidr: 10.0.9.0/24}
    security_groups: {open: {inbound: [{protocol: all, source: 10.0.0.0/16}]}}
    instances:
      app: {subnet: app, security_groups: [open]}
      db: {subnet: db, security_groups: [open]}
      firewall: {subnet: inspection, security_groups: [open], source_dest_check: false}
";

/// The simulator was right: a route to an appliance delivers what is for the appliance itself.
#[test]
fn a_route_to_an_appliance_delivers_what_is_for_the_appliance() {
    assert_eq!(ask(INSPECTED, "app", "firewall:443").verdict, Verdict::Reachable);
}

/// The simulator was right (AS-1): an appliance that sees only the replies drops them.
#[test]
fn an_appliance_that_sees_only_replies_drops_them() {
    assert_eq!(codes(&ask(INSPECTED, "app", "db:443")), ["RT006"]);
    let both = INSPECTED.replace("routes: {10.0.9.0/24: firewall}", "routes: {10.0.2.0/24: firewall}");
    assert_eq!(ask(&both, "app", "db:443").verdict, Verdict::Reachable);
}

/// The simulator was right: what is sent to a NAT gateway's own address arrives there, also by a route to the gateway itself.
#[test]
fn a_reply_may_reach_a_nat_gateway_by_a_route_to_it() {
    let topology = "
vpcs:
  v:
    cidr: 10.0.0.0/16
    subnets:
      nat: {cidr: 10.0.0.0/24}
      app: {cidr: 10.0.1.0/24, routes: {10.0.2.0/24: nat}}
      db: {cidr: 10.0.2.0/24, routes: {10.0.0.0/24: nat}}
    nat_gateways: {nat: {subnet: nat, connectivity: private}}
    security_groups: {open: {inbound: [{protocol: all, source: 10.0.0.0/16}]}}
    instances:
      app: {subnet: app}
      db: {subnet: db, security_groups: [open]}
";
    assert_eq!(ask(topology, "app", "db:443").verdict, Verdict::Reachable);
}

const EGRESS_ONLY: &str = "
vpcs:
  a:
    cidr: 10.1.0.0/16
    ipv6_cidr: '2001:db8:a::/56'
    egress_only_internet_gateway: true
    subnets: {a: {cidr: 10.1.1.0/24, ipv6_cidr: '2001:db8:a:1::/64', auto_assign_ipv6: true, routes: {'::/0': eigw}}}
    instances: {client: {subnet: a}}
  b:
    cidr: 10.2.0.0/16
    ipv6_cidr: '2001:db8:b::/56'
    internet_gateway: true
    subnets: {b: {cidr: 10.2.1.0/24, ipv6_cidr: '2001:db8:b:1::/64', auto_assign_ipv6: true, routes: {ROUTE}}}
    security_groups: {open: {inbound: [{ports: 443, source: '::/0'}]}}
    instances: {server: {subnet: b, security_groups: [open]}}
peering_connections: {pcx: {requester: a, accepter: b}}
";

/// The simulator was right: the reply comes back through the client's own egress-only gateway, which knows the flow; one that
/// takes the peering passes it by (AS-1).
#[test]
fn an_egress_only_gateway_lets_the_reply_in_and_must_see_it() {
    let by_internet = EGRESS_ONLY.replace("ROUTE", "'::/0': igw");
    let ask_ipv6 = |topology: &str| ask(topology, "client", "[2001:db8:b:1::10]:443");
    assert_eq!(ask_ipv6(&by_internet).verdict, Verdict::Reachable);
    let by_peering = EGRESS_ONLY.replace("ROUTE", "'2001:db8:a::/56': pcx");
    assert_eq!(codes(&ask_ipv6(&by_peering)), ["RT006"]);
}

/// The simulator was right: a public IPv4 range that a VPC uses for itself still belongs to somebody out there.
#[test]
fn a_public_range_inside_a_vpc_is_still_somebody_elses_on_the_internet() {
    let topology = "
vpcs:
  a:
    cidr: 10.1.0.0/16
    internet_gateway: true
    subnets: {public: {cidr: 10.1.1.0/24, routes: {0.0.0.0/0: igw}}}
    instances: {client: {subnet: public, public_ip: true}, private: {subnet: public}}
  b: {cidr: 100.128.0.0/16}
";
    assert_eq!(ask(topology, "client", "100.128.4.2:443").verdict, Verdict::Reachable);
    assert_eq!(codes(&ask(topology, "private", "100.128.4.2:443")), ["IGW001"]);
}
