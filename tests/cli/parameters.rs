//! Values for templates: parameters, files of them, exports.

use super::{Scratch, vpcreach};

const IMPORTING: &str = "
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Range: {Type: String}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: !ImportValue range-of-subnet}}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: g
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref Range}]
  A: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref Subnet, PrivateIpAddress: 10.0.1.5}}
  B: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Group]}}
";

#[test]
fn values_come_from_exports_files_and_flags() {
    let here = Scratch::new("parameters");
    here.write("t.yaml", IMPORTING)
        .write("open.json", r#"{"Parameters": {"Range": "10.0.0.0/16"}}"#)
        .write("closed.json", r#"[{"ParameterKey": "Range", "ParameterValue": "192.0.2.0/24"}]"#);
    let ask = |more: &str| {
        let line = format!("reach A B:22 -f t.yaml -o short {more}");
        vpcreach(&line).within(&here.0).run()
    };
    let subnet = "--export range-of-subnet=10.0.1.0/24";
    let word = |more: &str| ask(more).out.lines().next().unwrap_or_default().to_owned();
    assert_eq!(word(&format!("{subnet} --param-file open.json")), "reachable");
    assert_eq!(word(&format!("{subnet} --param-file closed.json")), "blocked");
    assert_eq!(word(subnet), "undetermined");
    // The last file counts, and the flag before every file.
    assert_eq!(word(&format!("{subnet} --param-file open.json --param-file closed.json")), "blocked");
    assert_eq!(word(&format!("{subnet} --param Range=10.0.0.0/16 --param-file closed.json")), "reachable");
    // Without the export the subnet has no range.
    assert_eq!(word("--param-file open.json"), "undetermined");
}

#[test]
fn what_is_wrong_with_them_is_said() {
    let here = Scratch::new("parameters-wrong");
    here.write("t.yaml", IMPORTING).write("broken.json", "{\n  \"Range\": \n}").write("list.json", "[1]");
    for (more, parts) in [
        ("--param-file none.json", ["`none.json`", "can't be read"]),
        ("--param-file broken.json", ["`broken.json`", "line 3"]),
        ("--param-file list.json", ["item 1", "ParameterKey"]),
        ("--export =x", ["an export is NAME=VALUE", "--export"]),
    ] {
        let run = vpcreach(&format!("reach A B:22 -f t.yaml {more}")).within(&here.0).run();
        assert_eq!(run.code, 2, "{run:?}");
        for part in parts {
            assert!(run.err.contains(part), "{more}: {}", run.err);
        }
    }
    // A topology file has neither.
    for (more, part) in
        [("--param-file x.json", "no parameters to take"), ("--export a=b", "nothing imports `a`")]
    {
        let run = vpcreach(&format!("validate -f hello.yaml {more}")).run();
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains(part), "{}", run.err);
    }
}

#[test]
fn a_base_is_a_capture_and_what_lies_over_it_a_plan() {
    let live = "--base terraform/over/live";
    let ask = |more: &str| vpcreach(&format!("reach web db:5432 -o short {more}")).run();
    assert_eq!(ask(&format!("-f terraform/over/change.json {live}")).out, "blocked\n");
    for (more, part) in [
        (format!("-f hello.yaml {live}"), "no plan to lay over"),
        (format!("-f terraform/terraform.tfstate {live}"), "TF007"),
        ("-f terraform/over/change.json --base hello.yaml".to_owned(), "`hello.yaml` is no capture"),
        ("-f terraform/over/change.json --base nowhere".to_owned(), "nowhere"),
        (format!("-f terraform/over/change.json --before {live}"), "cannot be used with"),
    ] {
        let run = ask(&more);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains(part), "{more}: {}", run.err);
    }
}
