//! CloudFormation templates of our own, with exact expectations.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};

use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, Verdict, answer};
use vpcreach::source::cloudformation::{self, Fate, Import, Settings};
use vpcreach::source::{self, Loaded};

const FRAME: &str = include_str!("cloudformation/frame.yaml");

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloudformation")
}

fn settings(parameters: &[(&str, &str)]) -> Settings {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings { parameters: parameters.collect(), ..Settings::default() }
}

fn read_text(text: &str, parameters: &[(&str, &str)]) -> Import {
    cloudformation::read(&[("t.yaml".to_owned(), text.as_bytes().to_vec())], &settings(parameters))
}

fn read_path(path: &Path, parameters: &[(&str, &str)]) -> Import {
    match source::read(path).unwrap() {
        Loaded::CloudFormation { files } => cloudformation::read(&files, &settings(parameters)),
        other => panic!("{other:?}"),
    }
}

/// The network of templates that have no error.
fn network(import: &Import) -> Network {
    let (network, problems) = Network::compile(&import.topology);
    let errors: Vec<_> = import.diagnostics.iter().chain(&problems).filter(|one| one.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    network
}

fn verdict(network: &Network, from: &str, to: &str) -> Verdict {
    answer(network, &Question::parse(network, from, to, None, &Options::default()).unwrap()).verdict
}

/// The reasons of an undetermined answer.
fn reasons(network: &Network, from: &str, to: &str) -> String {
    let answer = answer(network, &Question::parse(network, from, to, None, &Options::default()).unwrap());
    assert_eq!(answer.verdict, Verdict::Undetermined);
    let blockers = answer.traces.iter().flat_map(|trace| &trace.blockers);
    blockers.map(|blocker| blocker.message.clone()).collect::<Vec<_>>().join("; ")
}

/// The frame with more resources, and from where to where.
fn framed(resources: &str) -> Network {
    network(&read_text(&format!("{FRAME}{resources}"), &[]))
}

fn server_group(rules: &str) -> String {
    format!(
        "  ServerGroup: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: s, VpcId: !Ref Vpc, {rules}}}}}\n"
    )
}

#[test]
fn the_shop_in_both_syntaxes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/cloudformation/shop.template");
    for path in [root, samples().join("long-forms.json")] {
        let import = read_path(&path, &[("AdminRange", "198.51.100.0/24")]);
        assert!(import.diagnostics.is_empty(), "{:#?}", import.diagnostics);
        assert_eq!(import.inventory.network(), import.inventory.read());
        let network = network(&import);
        assert_eq!(verdict(&network, "internet", "Web:443"), Verdict::Reachable);
        assert_eq!(verdict(&network, "198.51.100.9", "Web:22"), Verdict::Reachable);
        assert_eq!(verdict(&network, "internet", "Web:22"), Verdict::Partial);
        assert_eq!(verdict(&network, "203.0.113.9", "Web:22"), Verdict::Blocked);
        assert_eq!(verdict(&network, "Web", "Database:5432"), Verdict::Reachable);
        assert_eq!(verdict(&network, "Web", "Database:5433"), Verdict::Blocked);
        assert_eq!(verdict(&network, "internet", "Database:5432"), Verdict::Blocked);
        assert_eq!(verdict(&network, "Database", "internet:443"), Verdict::Reachable);
        // Without a NAT gateway, and without a value for a parameter.
        let import = read_path(&path, &[("WithNat", "no")]);
        assert_eq!(import.inventory.missing_parameters.len(), 1);
        let network = self::network(&import);
        assert_eq!(verdict(&network, "Database", "internet:443"), Verdict::Blocked);
        assert_eq!(verdict(&network, "internet", "Web:443"), Verdict::Reachable);
        let why = reasons(&network, "198.51.100.9", "Web:22");
        assert!(why.contains("parameter `AdminRange` has no value"), "{why}");
        assert_eq!(verdict(&network, "198.51.100.9", "Web:23"), Verdict::Blocked);
    }
}

#[test]
fn every_function_has_its_value() {
    let import = read_path(&samples().join("functions.yaml"), &[]);
    assert!(import.diagnostics.is_empty(), "{:#?}", import.diagnostics);
    let vpc = &import.topology.vpcs.0[0].value;
    assert_eq!(vpc.cidrs[0].value.to_string(), "10.1.0.0/16");
    let range =
        |name: &str| vpc.subnets.get(name).and_then(|subnet| subnet.cidr).map(|cidr| cidr.value.to_string());
    for (name, expected) in [
        ("SubPlain", "10.1.16.0/28"),
        ("SubList", "10.1.35.0/24"),
        ("SelectOfParameter", "10.1.17.0/24"),
        ("Map", "10.1.32.0/24"),
        ("MapList", "10.1.33.0/24"),
        ("IfInIf", "10.1.40.0/24"),
        ("CidrOfSubnet", "10.1.41.48/28"),
        ("NoValue", "10.1.42.0/24"),
        ("OfAttribute", "10.1.0.0/28"),
    ] {
        assert_eq!(range(name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(range("Absent"), None);
    let no_value = vpc.subnets.get("NoValue").unwrap();
    assert_eq!(no_value.ipv6_cidr, None);
    assert_eq!(no_value.auto_assign_public_ip.map(|on| on.value), Some(true));
    let absent = import.inventory.resources.iter().find(|one| one.logical_id == "Absent").unwrap();
    assert_eq!(absent.fate, Fate::Absent);
}

#[test]
fn a_range_of_amazon_is_the_same_everywhere() {
    let network = network(&read_path(&samples().join("dual-stack.yaml"), &[]));
    let ask = |from: &str, to: &str| {
        let options = Options { family: Some(vpcreach::topology::FamilyFilter::Ipv6), ..Options::default() };
        answer(&network, &Question::parse(&network, from, to, None, &options).unwrap()).verdict
    };
    assert_eq!(ask("InA", "InB:80"), Verdict::Reachable);
    assert_eq!(ask("InB", "InA:80"), Verdict::Blocked);
    assert_eq!(ask("InA", "internet:443"), Verdict::Reachable);
    assert_eq!(ask("internet", "InA:80"), Verdict::Blocked);
    assert_eq!(ask("InB", "internet:443"), Verdict::Blocked);
}

#[test]
fn templates_that_are_read_together() {
    let both = read_path(&samples().join("cross"), &[]);
    let network = network(&both);
    assert_eq!(verdict(&network, "One", "Two:9999"), Verdict::Reachable);
    assert_eq!(both.inventory.network(), both.inventory.read());
    // The names of stacks can be given.
    let named =
        read_path(&samples().join("cross"), &[("Network", "prod"), ("network/AWS::StackName", "prod")]);
    assert_eq!(verdict(&self::network(&named), "One", "Two:9999"), Verdict::Reachable);
    // Alone, the shop hangs in the air: nothing is guessed.
    let alone = read_path(&samples().join("cross/shop.yaml"), &[]);
    let network = self::network(&alone);
    assert_eq!(verdict(&network, "One", "Two:9999"), Verdict::Undetermined);
    assert!(
        alone.inventory.unresolved().keys().all(|why| why.contains("exports") || why.contains("because of"))
    );
}

#[test]
fn nested_stacks_beside_their_parent() {
    for path in [samples().join("nested/root.yaml"), samples().join("nested")] {
        let import = read_path(&path, &[]);
        assert!(import.diagnostics.is_empty(), "{:#?}", import.diagnostics);
        let network = network(&import);
        assert_eq!(verdict(&network, "One", "Two:22"), Verdict::Reachable);
        assert_eq!(verdict(&network, "One", "Two:23"), Verdict::Blocked);
    }
}

#[test]
fn what_a_template_leaves_open_is_undetermined_there_and_nowhere_else() {
    let rule =
        |peer: &str| format!("SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: 80, ToPort: 80, {peer}}}]");
    // A group that no template holds: the client is known not to carry it.
    let network = framed(&server_group(&rule("SourceSecurityGroupId: sg-0123")));
    assert_eq!(verdict(&network, "Client", "Server:80"), Verdict::Blocked);
    // A list that AWS fills.
    let network = framed(&server_group(&rule("SourcePrefixListId: pl-0123")));
    assert_eq!(verdict(&network, "Client", "Server:80"), Verdict::Undetermined);
    assert_eq!(verdict(&network, "Client", "Server:81"), Verdict::Blocked);
    // An address that exists only after deployment.
    let network = framed(&format!(
        "{}  Address: {{Type: AWS::EC2::EIP}}\n",
        server_group(&rule("CidrIp: !Sub \"${Address}/32\""))
    ));
    let why = reasons(&network, "Client", "Server:80");
    assert!(why.contains("the id of `Address` exists only after deployment"), "{why}");
    // A rule whose port is not known may be for any.
    let network = framed(&server_group(
        "SecurityGroupIngress: [{IpProtocol: tcp, FromPort: !GetAtt X.Port, ToPort: 80, CidrIp: 0.0.0.0/0}]",
    ));
    assert_eq!(verdict(&network, "Client", "Server:80"), Verdict::Undetermined);
}

#[test]
fn what_may_be_one_of_several_puts_all_of_them_in_doubt() {
    let open = server_group("SecurityGroupIngress: [{IpProtocol: \"-1\", CidrIp: 0.0.0.0/0}]");
    let either = |id: &str| {
        format!(
            "Parameters: {{P: {{Type: String}}}}\nConditions: {{C: !Equals [!Ref P, x]}}\n{FRAME}{open}  Acl: {{Type: \
             AWS::EC2::NetworkAcl, Properties: {{VpcId: !Ref Vpc}}}}\n  Of: {{Type: \
             AWS::EC2::SubnetNetworkAclAssociation, Properties: {{SubnetId: {id}, NetworkAclId: !Ref Acl}}}}\n"
        )
    };
    let read = |id: &str| network(&read_text(&either(id), &[]));
    assert_eq!(verdict(&read("!Ref SubnetB"), "Client", "Server:80"), Verdict::Blocked);
    assert_eq!(
        verdict(&read("!If [C, !Ref SubnetA, !Ref SubnetB]"), "Client", "Server:80"),
        Verdict::Undetermined
    );
    // A subnet of somebody else is none of these.
    assert_eq!(verdict(&read("subnet-0123"), "Client", "Server:80"), Verdict::Reachable);
}

#[test]
fn rules_of_their_own_take_the_default_rule_away() {
    let group = server_group("SecurityGroupIngress: [{IpProtocol: \"-1\", CidrIp: 0.0.0.0/0}]");
    assert_eq!(verdict(&framed(&group), "Client", "Server:80"), Verdict::Reachable);
    let egress = "  Out: {Type: AWS::EC2::SecurityGroupEgress, Properties: {GroupId: !Ref ClientGroup, IpProtocol: tcp, \
                  FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}}\n";
    let network = framed(&format!("{group}{egress}"));
    assert_eq!(verdict(&network, "Client", "Server:80"), Verdict::Blocked);
    assert_eq!(verdict(&network, "Client", "Server:443"), Verdict::Reachable);
    // Beside an inline rule for everything, which may go with the default one, depending on the order.
    let open = group.replace(
        "SecurityGroupIngress",
        "SecurityGroupEgress: [{IpProtocol: \"-1\", CidrIp: 0.0.0.0/0}], SecurityGroupIngress",
    );
    let all = "  In: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !Ref ClientGroup, IpProtocol: \"-1\", \
               CidrIp: 0.0.0.0/0}}\n";
    let network = framed(&format!("{open}{all}"));
    assert_eq!(verdict(&network, "Server", "Client:9"), Verdict::Reachable);
    let network = framed(&format!("{open}{all}{}", egress.replace("ClientGroup", "ServerGroup")));
    assert_eq!(verdict(&network, "Server", "Client:9"), Verdict::Undetermined);
    assert_eq!(verdict(&network, "Server", "Client:443"), Verdict::Reachable);
}

#[test]
fn network_acls_deny_by_default_and_doubt_spreads() {
    let group = server_group("SecurityGroupIngress: [{IpProtocol: \"-1\", CidrIp: 0.0.0.0/0}]");
    let acl = "  Acl: {Type: AWS::EC2::NetworkAcl, Properties: {VpcId: !Ref Vpc}}\n  \
               AclOfB: {Type: AWS::EC2::SubnetNetworkAclAssociation, Properties: {SubnetId: !Ref SubnetB, NetworkAclId: !Ref Acl}}\n";
    let entry = |name: &str, egress: bool, ports: &str, number: &str| {
        format!(
            "  {name}: {{Type: AWS::EC2::NetworkAclEntry, Properties: {{NetworkAclId: !Ref Acl, RuleNumber: {number}, \
             Protocol: 6, RuleAction: allow, Egress: {egress}, CidrBlock: 10.0.0.0/16, PortRange: {{{ports}}}}}}}\n"
        )
    };
    let entries = format!(
        "{}{}",
        entry("In", false, "From: 80, To: 80", "100"),
        entry("Out", true, "From: 1024, To: 65535", "100")
    );
    assert_eq!(verdict(&framed(&format!("{group}{acl}")), "Client", "Server:80"), Verdict::Blocked);
    let network = framed(&format!("{group}{acl}{entries}"));
    assert_eq!(verdict(&network, "Client", "Server:80"), Verdict::Reachable);
    assert_eq!(verdict(&network, "Client", "Server:81"), Verdict::Blocked);
    let doubtful = entry("In", false, "From: 80, To: 80", "!GetAtt Vpc.Number");
    let network = framed(&format!("{group}{acl}{doubtful}"));
    assert_eq!(verdict(&network, "Client", "Server:80"), Verdict::Undetermined);
    // The same entry in the default ACL comes after the rule that allows everything.
    let default = entries
        .replace("!Ref Acl", "!GetAtt Vpc.DefaultNetworkAcl")
        .replace("RuleNumber: 100", "RuleNumber: 200");
    let network = framed(&format!("{group}{default}"));
    assert_eq!(verdict(&network, "Client", "Server:81"), Verdict::Reachable);
}

#[test]
fn places_are_lines_of_the_template() {
    let network = framed(&server_group(
        "SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.9.0.0/16}]",
    ));
    let answer = answer(
        &network,
        &Question::parse(&network, "Client", "Server:80", None, &Options::default()).unwrap(),
    );
    let blocker = answer.traces.iter().flat_map(|trace| &trace.blockers).next().unwrap();
    let place = blocker.nearest.as_ref().map_or(blocker.place, |_| blocker.place);
    let location = network.sources().locate(place).unwrap();
    assert_eq!(location.file, "t.yaml");
    assert!(location.line.is_some());
}

#[test]
fn wrong_parameters_are_refused() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/cloudformation/shop.template");
    let first = |parameters: &[(&str, &str)]| {
        let import = read_path(&shop, parameters);
        let error = import.diagnostics.iter().find(|one| one.is_error()).unwrap();
        (error.message.clone(), error.help.clone().unwrap())
    };
    let (message, help) = first(&[("WithNat", "maybe")]);
    assert_eq!(message, "`maybe` is not an allowed value of parameter `WithNat`");
    assert_eq!(help, "allowed are: yes, no");
    let (message, help) = first(&[("AdmimRange", "10.0.0.0/8")]);
    assert_eq!(message, "no template has a parameter `AdmimRange`");
    assert_eq!(help, "did you mean `AdminRange`?");
}

#[test]
fn hostile_templates_end_quickly_and_say_why() {
    for entry in std::fs::read_dir(samples().join("hostile")).unwrap() {
        let path = entry.unwrap().path();
        let import = read_path(&path, &[]);
        Network::compile(&import.topology);
        assert!(!import.diagnostics.is_empty(), "{}", path.display());
    }
    let deep = format!("Resources:\n  Vpc: {}x{}\n", "[".repeat(5000), "]".repeat(5000));
    assert!(read_text(&deep, &[]).diagnostics.iter().any(|one| one.code == "CFN002"));
    let calls = format!(
        "Resources: {{V: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: {}x{}}}}}}}",
        "{Fn::Sub: [".repeat(40),
        ", {}]}".repeat(40)
    );
    assert!(!read_text(&calls, &[]).diagnostics.is_empty());
    let doubling: String = (0..60)
        .map(|n| format!("  V{n}: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: !Sub \"${{V{m}.CidrBlock}}${{V{m}.CidrBlock}}\"}}}}\n", m = n + 1))
        .collect();
    let import = read_text(
        &format!(
            "Resources:\n{doubling}  V60: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}\n"
        ),
        &[],
    );
    assert_eq!(import.topology.vpcs.len(), 1);
    for text in [
        "",
        "Resources:",
        "{\"Resources\": 1",
        "\u{0}Resources:",
        "Resources: &a [*a]",
        "Resources: {a: 1, a: 2}",
    ] {
        assert!(!read_text(text, &[]).diagnostics.is_empty() || text.is_empty(), "{text}");
    }
}

/// Templates with a piece cut out, or two lines exchanged: whatever they are, they are read or refused.
#[test]
fn damaged_templates_are_no_danger() {
    let mut sources = vec![include_str!("../topologies/cloudformation/shop.template").to_owned()];
    for name in [
        "functions.yaml",
        "dual-stack.yaml",
        "long-forms.json",
        "nested/root.yaml",
        "hostile/wrong-shapes.yaml",
    ] {
        sources.push(std::fs::read_to_string(samples().join(name)).unwrap());
    }
    for source in sources {
        let lines: Vec<&str> = source.lines().collect();
        for cut in 0..lines.len() {
            let without: Vec<&str> =
                lines.iter().enumerate().filter(|(at, _)| *at != cut).map(|(_, line)| *line).collect();
            let mut swapped = lines.clone();
            swapped.swap(cut, (cut * 7 + 3) % lines.len());
            let ended = lines[..cut].join("\n");
            for text in [without.join("\n"), swapped.join("\n"), ended] {
                let import = read_text(&text, &[("WithNat", "yes")]);
                Network::compile(&import.topology);
            }
        }
    }
}
