//! Transit gateways in templates: what is said decides, what is not known leaves the answer open.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, answer};
use vpcreach::source::cloudformation::{self, Import, Settings};

const OPEN: &str = "undetermined";

/// Three VPCs with a host each, all of them with a route to the gateway; `a` and `b` are attached.
fn template(gateway: &str, more: &str) -> String {
    let mut text = format!(
        "Parameters: {{Given: {{Type: String}}, Wanted: {{Type: String}}}}\n\
         Conditions: {{Perhaps: !Equals [!Ref Given, x]}}\n\
         Resources:\n  Hub: {{Type: AWS::EC2::TransitGateway, Properties: {{{gateway}}}}}\n"
    );
    for (name, net) in [("A", "10.0"), ("B", "10.1"), ("C", "10.2")] {
        text.push_str(&format!(
            "  Vpc{name}: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: {net}.0.0/16}}}}
  Subnet{name}: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc{name}, CidrBlock: {net}.1.0/24, AvailabilityZone: a}}}}
  Group{name}: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: g, VpcId: !Ref Vpc{name}, SecurityGroupIngress: [{{IpProtocol: '-1', CidrIp: 10.0.0.0/8}}]}}}}
  {name}: {{Type: AWS::EC2::Instance, Properties: {{SubnetId: !Ref Subnet{name}, SecurityGroupIds: [!Ref Group{name}]}}}}
  Table{name}: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref Vpc{name}}}}}
  Uses{name}: {{Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {{SubnetId: !Ref Subnet{name}, RouteTableId: !Ref Table{name}}}}}
  Route{name}: {{Type: AWS::EC2::Route, Properties: {{RouteTableId: !Ref Table{name}, DestinationCidrBlock: 10.0.0.0/8, TransitGatewayId: !Ref Hub}}}}
"
        ));
    }
    // C is no part of it.
    let route_of_c = text.lines().find(|line| line.starts_with("  RouteC:")).unwrap().to_owned();
    text = text.replace(&format!("{route_of_c}\n"), "");
    text + more
}

fn attached(name: &str, more: &str) -> String {
    format!(
        "  Attach{name}: {{Type: AWS::EC2::TransitGatewayAttachment, Properties: {{TransitGatewayId: !Ref Hub, VpcId: !Ref Vpc{name}, SubnetIds: [!Ref Subnet{name}]{more}}}}}\n"
    )
}

fn both() -> String {
    attached("A", "") + &attached("B", "")
}

/// A part of a table, of an attachment.
fn part(kind: &str, name: &str, table: &str, attachment: &str, more: &str) -> String {
    let attachment = match attachment {
        "" => String::new(),
        some => format!(", TransitGatewayAttachmentId: !Ref {some}"),
    };
    format!(
        "  {name}: {{Type: AWS::EC2::TransitGateway{kind}, Properties: {{TransitGatewayRouteTableId: !Ref {table}{attachment}{more}}}}}\n"
    )
}

fn read(text: &str) -> Import {
    cloudformation::read(&[("t.yaml".to_owned(), text.as_bytes().to_vec())], &Settings::default())
}

fn verdict(text: &str, from: &str, to: &str) -> String {
    let import = read(text);
    let (network, problems) = Network::compile(&import.topology);
    let errors: Vec<_> = import.diagnostics.iter().chain(&problems).filter(|one| one.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let question = Question::parse(&network, from, to, None, &Options::default()).unwrap();
    answer(&network, &question).verdict.as_str().to_owned()
}

#[test]
fn the_defaults_join_what_is_attached() {
    let text = template("", &both());
    assert_eq!(verdict(&text, "A", "B:22"), "reachable");
    assert_eq!(verdict(&text, "B", "A:22"), "reachable");
    assert_eq!(verdict(&text, "A", "C:22"), "blocked", "C is not attached");
    // AWS takes such a route only if somebody attached C.
    let lone = "  L: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref TableC, DestinationCidrBlock: 10.0.0.0/8, TransitGatewayId: !Ref Hub}}\n";
    assert_eq!(verdict(&template("", &(both() + lone)), "A", "C:22"), OPEN);
    let import = read(&text);
    assert!(import.topology.unmodelled.is_empty(), "{:?}", import.topology.unmodelled);
    assert_eq!(import.inventory.network(), import.inventory.read());
    for off in ["DefaultRouteTableAssociation: disable", "DefaultRouteTablePropagation: disable"] {
        assert_eq!(verdict(&template(off, &both()), "A", "B:22"), "blocked", "{off}");
    }
    for open in ["DefaultRouteTableAssociation: !Ref Given", "DefaultRouteTablePropagation: !Ref Given"] {
        assert_eq!(verdict(&template(open, &both()), "A", "B:22"), OPEN, "{open}");
    }
}

const OFF: &str = "DefaultRouteTableAssociation: disable, DefaultRouteTablePropagation: disable";

/// A table of its own for both attachments, which knows the way back.
fn isolated() -> String {
    let table =
        "  Own: {Type: AWS::EC2::TransitGatewayRouteTable, Properties: {TransitGatewayId: !Ref Hub}}\n";
    both()
        + table
        + &part("RouteTableAssociation", "OfA", "Own", "AttachA", "")
        + &part("RouteTableAssociation", "OfB", "Own", "AttachB", "")
        + &part("RouteTablePropagation", "FromA", "Own", "AttachA", "")
}

#[test]
fn tables_know_what_propagates_and_what_is_written() {
    let ask = |more: &str| verdict(&template(OFF, &(isolated() + more)), "A", "B:22");
    assert_eq!(ask(""), "blocked");
    let learnt = part("RouteTablePropagation", "FromB", "Own", "AttachB", "");
    assert_eq!(ask(&learnt), "reachable");
    let written = part("Route", "ToB", "Own", "AttachB", ", DestinationCidrBlock: 10.1.0.0/16");
    assert_eq!(ask(&written), "reachable");
    let hole = part("Route", "Hole", "Own", "", ", DestinationCidrBlock: 10.1.1.0/24, Blackhole: 'true'");
    assert_eq!(ask(&(learnt.clone() + &hole)), "blocked");
    // To something that no template has: it is there, and nobody knows what it does.
    let foreign = "  X: {Type: AWS::EC2::TransitGatewayRoute, Properties: {TransitGatewayRouteTableId: !Ref Own, \
         TransitGatewayAttachmentId: tgw-attach-0123, DestinationCidrBlock: 10.1.1.0/24}}\n";
    assert_eq!(ask(foreign), OPEN);
}

#[test]
fn parts_of_nobody_knows_what_leave_it_open() {
    let ask = |more: &str| verdict(&template(OFF, &(isolated() + more)), "A", "B:22");
    let to = ", DestinationCidrBlock: 10.1.0.0/16";
    for more in [
        part("RouteTablePropagation", "X", "Own", "Given", ""),
        part("RouteTablePropagation", "X", "Given", "AttachB", ""),
        part("Route", "X", "Own", "Given", to),
        part("Route", "X", "Given", "AttachB", to),
        part("Route", "X", "Own", "AttachB", ", DestinationCidrBlock: !Ref Given"),
        part("Route", "X", "Own", "AttachB", to).replace("{Type:", "{Condition: Perhaps, Type:"),
        part("RouteTablePropagation", "X", "Own", "AttachB", "")
            .replace("{Type:", "{Condition: Perhaps, Type:"),
    ] {
        assert_eq!(ask(&more), OPEN, "{more}");
    }
    let without = isolated().replace(&part("RouteTableAssociation", "OfA", "Own", "AttachA", ""), "");
    let learnt = part("RouteTablePropagation", "FromB", "Own", "AttachB", "");
    let open = part("RouteTableAssociation", "OfA", "Given", "AttachA", "");
    assert_eq!(verdict(&template(OFF, &(without.clone() + &learnt)), "A", "B:22"), "blocked");
    assert_eq!(verdict(&template(OFF, &(without + &learnt + &open)), "A", "B:22"), OPEN);
}

#[test]
fn an_attachment_of_nobody_knows_what_opens_the_gateway() {
    let good = attached("B", "");
    for bad in [
        good.replace("!Ref VpcB", "!Ref Given"),
        good.replace("[!Ref SubnetB]", "!Ref Given"),
        good.replace("[!Ref SubnetB]", "[!Ref SubnetC]"),
        good.replace("!Ref Hub", "!Ref Given"),
        good.replace("{Type:", "{Condition: Perhaps, Type:"),
        attached("B", ", Options: {ApplianceModeSupport: !Ref Given}"),
    ] {
        assert_eq!(verdict(&template("", &(attached("A", "") + &bad)), "A", "B:22"), OPEN, "{bad}");
    }
    let on = attached("B", ", Options: {ApplianceModeSupport: enable}");
    assert_eq!(verdict(&template("", &(attached("A", "") + &on)), "A", "B:22"), "reachable");
}

#[test]
fn a_gateway_of_others_is_known_by_name() {
    let text = template("", &both()).replace("!Ref Hub", "tgw-0123456789abcdef0");
    assert_eq!(verdict(&text, "A", "B:22"), OPEN);
}

#[test]
fn the_newer_type_and_a_peering() {
    let newer = both().replace("TransitGatewayAttachment,", "TransitGatewayVpcAttachment,");
    let text = template("", &newer).replace("TransitGatewayId: !Ref Hub", "TransitGatewayId: !GetAtt Hub.Id");
    assert_eq!(verdict(&text, "A", "B:22"), "reachable");
    // Nobody accepts a peering in a template.
    let far = "  Far: {Type: AWS::EC2::TransitGateway}
  P: {Type: AWS::EC2::TransitGatewayPeeringAttachment, Properties: {TransitGatewayId: !Ref Hub, PeerTransitGatewayId: !Ref Far, PeerAccountId: '1', PeerRegion: r}}
  Own: {Type: AWS::EC2::TransitGatewayRouteTable, Properties: {TransitGatewayId: !Ref Hub}}
"
    .to_owned()
        + &part("RouteTableAssociation", "OfA", "Own", "AttachA", "");
    let there = part("Route", "There", "Own", "P", ", DestinationCidrBlock: 10.1.0.0/16")
        .replace("!Ref P,", "!GetAtt P.TransitGatewayAttachmentId,");
    let ask = |more: &str| {
        verdict(
            &template("", &(attached("A", "") + more))
                .replace("TransitGatewayId: !Ref Hub}}\n  VpcC", "TransitGatewayId: !Ref Far}}\n  VpcC"),
            "A",
            "B:22",
        )
    };
    assert_eq!(ask(&far), "blocked");
    assert_eq!(ask(&(far.clone() + &there)), OPEN);
}
