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

/// Asks as a `deny` test does: every interface and address, and datagrams count when they arrive.
fn ask_everything(topology: &str, from: &str, to: &str) -> Answer {
    let (topology, _) = yaml::read("regression.yaml", topology.as_bytes());
    let (network, _) = Network::compile(&topology);
    let options = Options { dial: vpcreach::reach::Dial::Every, ..Options::default() };
    answer(&network, &Question::parse(&network, from, to, None, &options).expect("a question"))
}

/// Found by review: with equal ranges and no link, a host must not be told that it reaches its twin by reaching itself.
#[test]
fn a_twin_in_another_vpc_does_not_answer_for_the_host_that_was_meant() {
    let topology = "
vpcs:
  one: {cidr: 10.0.0.0/16, subnets: {s: {cidr: 10.0.0.0/24}}, instances: {web: {subnet: s}, web2: {subnet: s}}}
  two: {cidr: 10.0.0.0/16, subnets: {s: {cidr: 10.0.0.0/24}}, instances: {db: {subnet: s}, db2: {subnet: s}}}
";
    assert_eq!(codes(&ask(topology, "web", "db:5432")), ["RT004"]);
    assert_eq!(codes(&ask(topology, "web", "db2:5432")), ["RT004"]);
    assert_eq!(ask(topology, "web", "web2:5432").verdict, Verdict::Reachable);
}

/// Found by review: `deny` must see every interface of a host, as source and as destination.
#[test]
fn every_interface_of_a_host_counts_where_nothing_may_be_missed() {
    let topology = "
vpcs:
  v:
    cidr: 10.0.0.0/16
    subnets: {a: {cidr: 10.0.1.0/24}, b: {cidr: 10.0.2.0/24}}
    security_groups:
      shut: {inbound: [], outbound: []}
      open: {inbound: [{protocol: all, source: 10.0.0.0/16}]}
    instances:
      two:
        interfaces:
          eth0: {subnet: a, security_groups: [shut]}
          eth1: {subnet: b, security_groups: [open]}
      other: {subnet: a, security_groups: [open]}
";
    assert_eq!(ask(topology, "other", "two:22").verdict, Verdict::Blocked);
    assert_eq!(ask_everything(topology, "other", "two:22").verdict, Verdict::Partial);
    assert_eq!(ask_everything(topology, "two", "other:22").verdict, Verdict::Partial);
}

/// Found by review: private addresses outside every VPC come by a private link, and that is not modelled yet.
#[test]
fn private_addresses_behind_a_private_link_are_not_on_the_internet() {
    let topology = |link: &str| {
        format!(
            "
vpcs:
  v:
    cidr: 10.0.0.0/16
    internet_gateway: true
    {link}
    subnets: {{s: {{cidr: 10.0.1.0/24, routes: {{0.0.0.0/0: igw}}}}}}
    instances: {{web: {{subnet: s}}}}
"
        )
    };
    // A gateway without a line leads nowhere.
    assert_eq!(ask(&topology("vpn_gateway: true"), "192.168.1.5", "web:22").verdict, Verdict::Blocked);
    assert_eq!(ask(&topology(""), "192.168.1.5", "web:22").verdict, Verdict::Blocked);
}

/// Found by review: a named range inside a VPC stands for the hosts there, not for a place on the internet.
#[test]
fn a_named_network_inside_a_vpc_stands_for_its_hosts() {
    let topology = "
networks: {apps: {cidr: 10.0.2.0/24}}
vpcs:
  v:
    cidr: 10.0.0.0/16
    subnets: {web: {cidr: 10.0.1.0/24}, app: {cidr: 10.0.2.0/24}}
    security_groups: {web: {inbound: [{ports: 22, source: net:apps}]}}
    instances: {web: {subnet: web, security_groups: [web]}, app: {subnet: app}}
";
    assert_eq!(ask(topology, "net:apps", "web:22").verdict, Verdict::Reachable);
    assert_eq!(ask(topology, "net:apps", "web:23").verdict, Verdict::Blocked);
}

/// Found by review: a datagram that arrives is exposure, though no answer comes back.
#[test]
fn a_datagram_that_arrives_gets_through_where_nothing_may_be_missed() {
    let topology = "
vpcs:
  v:
    cidr: 10.0.0.0/16
    subnets: {a: {cidr: 10.0.1.0/24}, b: {cidr: 10.0.2.0/24, network_acl: in-only}}
    network_acls: {in-only: {inbound: {100: {action: allow, protocol: all, source: 0.0.0.0/0}}}}
    security_groups: {open: {inbound: [{protocol: all, source: 0.0.0.0/0}]}}
    instances: {app: {subnet: a}, log: {subnet: b, security_groups: [open]}}
";
    assert_eq!(ask(topology, "app", "log:514/udp").verdict, Verdict::Blocked);
    assert_eq!(ask_everything(topology, "app", "log:514/udp").verdict, Verdict::Reachable);
    assert_eq!(ask_everything(topology, "app", "log:514").verdict, Verdict::Blocked);
}

/// Found by review: three prefix lists with one prefix are ambiguous as soon as one of them disagrees (RT-8).
#[test]
fn the_third_prefix_list_can_disagree_too() {
    let topology = |third: &str| {
        format!(
            "
prefix_lists: {{a: {{entries: [10.9.0.0/16]}}, b: {{entries: [10.9.0.0/16]}}, c: {{entries: [10.9.0.0/16]}}}}
vpcs:
  v:
    cidr: 10.1.0.0/16
    subnets: {{s: {{cidr: 10.1.1.0/24, routes: {{pl:a: pcx, pl:b: pcx, pl:c: {third}}}}}}}
    instances: {{app: {{subnet: s}}}}
  w:
    cidr: 10.9.0.0/16
    subnets: {{s: {{cidr: 10.9.1.0/24, routes: {{10.1.0.0/16: pcx}}}}}}
    security_groups: {{open: {{inbound: [{{protocol: all, source: 0.0.0.0/0}}]}}}}
    instances: {{db: {{subnet: s, security_groups: [open]}}}}
peering_connections: {{pcx: {{requester: v, accepter: w}}}}
"
        )
    };
    assert_eq!(ask(&topology("pcx"), "app", "db:443").verdict, Verdict::Reachable);
    assert_eq!(codes(&ask(&topology("blackhole"), "app", "db:443")), ["RT005"]);
}

/// Found by review: a load balancer has interfaces in its subnets, at addresses that nobody knows.
#[test]
fn what_is_not_modelled_is_not_overlooked_in_its_subnets() {
    let topology = "
vpcs:
  v:
    cidr: 10.0.0.0/16
    internet_gateway: true
    subnets: {pub: {cidr: 10.0.1.0/24, routes: {0.0.0.0/0: igw}}, app: {cidr: 10.0.2.0/24}}
    security_groups: {alb: {inbound: [{ports: 80, source: 0.0.0.0/0}]}}
    load_balancers:
      alb: {type: network, subnets: [pub], security_groups: [alb], public_ip: true, listeners: {80: app:80}}
    instances: {app: {subnet: app, group: app}}
";
    for to in ["subnet:pub:80", "10.0.1.0/24:80", "sg:alb:80", "10.0.1.50:80"] {
        assert_eq!(ask(topology, "app", to).verdict, Verdict::Undetermined, "{to}");
    }
    assert_eq!(ask(topology, "app", "10.0.2.50:80").verdict, Verdict::Blocked);
}

/// The engine was right: what came into a VPC by a transit gateway does not leave it by a peering connection (PX-3, PX-4).
/// The simulator looked at the destination only.
#[test]
fn a_peering_carries_nothing_on_that_came_by_a_transit_gateway() {
    let topology = "
vpcs:
  far:
    cidr: 10.80.0.0/16
    subnets: {a: {cidr: 10.80.3.0/24, routes: {10.32.0.0/16: pcx-far-host}}}
    instances: {client: {subnet: a}}
  host:
    cidr: 10.32.0.0/16
    subnets: {a: {cidr: 10.32.1.0/24, routes: {10.80.0.0/16: hub}}}
    security_groups: {open: {inbound: [{protocol: all, source: 0.0.0.0/0}]}}
    instances: {server: {subnet: a, security_groups: [open]}}
  middle:
    cidr: 10.20.0.0/16
    subnets: {a: {cidr: 10.20.2.0/28, routes: {10.80.0.0/16: pcx-middle-far}}}
peering_connections:
  pcx-far-host: {requester: far, accepter: host}
  pcx-middle-far: {requester: middle, accepter: far}
transit_gateways:
  hub:
    attachments: {middle: {vpc: middle, subnets: [a]}, host: {vpc: host, subnets: [a]}}
    route_tables: {main: {associations: [host], routes: {0.0.0.0/0: middle}}}
";
    let answer = ask(topology, "client", "server:443");
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Blocked, vec!["PCX002"]));
}
