//! Inputs that are too large to keep, or that no version control keeps: how to make each.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

/// A name, and what makes a file or a directory of that name.
pub(crate) type Recipe = (&'static str, fn(&Path));

/// All of them.
pub(crate) const RECIPES: &[Recipe] = &[
    ("brackets.yaml", |at| repeat(at, "", "[", 10 << 20, "")),
    ("brackets.json", |at| repeat(at, "", "[", 10 << 20, "")),
    ("braces.yaml", |at| repeat(at, "", "{", 10 << 20, "")),
    ("dashes.yaml", |at| repeat(at, "", "- ", 5 << 20, "x")),
    ("question-marks.yaml", |at| repeat(at, "", "? ", 5 << 20, "x")),
    ("anchors.yaml", |at| repeat(at, "", "&a ", 3 << 20, "x")),
    ("exclamation-marks.yaml", |at| repeat(at, "", "!", 10 << 20, "")),
    ("hashes.yaml", |at| repeat(at, "", "#", 10 << 20, "")),
    ("quotes.yaml", |at| repeat(at, "", "'", (10 << 20) + 1, "")),
    ("newlines.yaml", |at| repeat(at, "", "\n", 10 << 20, "")),
    ("carriage-returns.yaml", |at| repeat(at, "", "\r", 10 << 20, "")),
    ("spaces.yaml", |at| repeat(at, "", " ", 10 << 20, "")),
    ("documents.yaml", |at| repeat(at, "", "---\n", 2 << 20, "")),
    ("deep-json.yaml", |at| repeat(at, "{\"vpcs\": ", "{\"a\":", 1 << 20, "")),
    ("deep.json", |at| repeat(at, "{\"Vpcs\": ", "[", 1 << 20, "")),
    ("deep-but-closed.json", |at| {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        fs::write(at, format!("{{\"Vpcs\": {deep}}}")).unwrap();
    }),
    ("giant-name.yaml", |at| repeat(at, "vpcs:\n  ", "a", 10 << 20, ": {cidr: 10.0.0.0/16}\n")),
    ("giant-value.yaml", |at| repeat(at, "vpcs: {main: {cidr: ", "9", 10 << 20, "}}\n")),
    ("giant-number.json", |at| repeat(at, "{\"Vpcs\": [{\"VpcId\": ", "9", 10 << 20, "}]}")),
    ("giant-string.json", |at| repeat(at, "{\"Vpcs\": [{\"VpcId\": \"", "x", 10 << 20, "\"}]}")),
    ("giant-block-scalar.yaml", |at| repeat(at, "vpcs: |\n", "  a line\n", 1 << 20, "")),
    ("unknown-keys.json", |at| {
        let keys: Vec<String> = (0..200_000).map(|n| format!("\"k{n}\": []")).collect();
        fs::write(at, format!("{{\"Vpcs\": [], {}}}", keys.join(", "))).unwrap();
    }),
    ("elements-that-are-none.json", |at| repeat(at, "{\"Vpcs\": [", "7, ", 1 << 20, "7]}")),
    ("unknown-keys.yaml", |at| {
        let keys: String = (0..100_000).map(|n| format!("    k{n}: 1\n")).collect();
        fs::write(at, format!("vpcs:\n  main:\n    cidr: 10.0.0.0/16\n{keys}")).unwrap();
    }),
    ("rules-that-make-no-sense.json", |at| {
        let rule =
            r#"{"IpProtocol": "tcp", "FromPort": 9, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}"#;
        let rules = vec![rule; 50_000].join(",");
        let group = format!(r#"{{"GroupId": "sg-1", "VpcId": "vpc-1", "IpPermissions": [{rules}]}}"#);
        let vpc = r#"{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}"#;
        fs::write(at, format!(r#"{{"Vpcs": [{vpc}], "SecurityGroups": [{group}]}}"#)).unwrap();
    }),
    ("giant-reference.json", |at| {
        let vpc = r#"{"Vpcs": [{"CidrBlock": "10.0.0.0/16", "VpcId": "vpc-1"}], "Subnets": [{"SubnetId": "s", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"}], "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "SubnetId": "s", "PrivateIpAddress": "10.0.0.9", "Groups": [{"GroupId": ""#;
        repeat(at, vpc, "g", 10 << 20, r#""}]}]}"#);
    }),
    ("giant-tag.json", |at| {
        let vpc =
            r#"{"Vpcs": [{"CidrBlock": "10.0.0.0/16", "VpcId": "vpc-1", "Tags": [{"Key": "Name", "Value": ""#;
        repeat(at, vpc, "\\u001b[2J", 1 << 20, r#""}]}]}"#);
    }),
    ("giant-name.tfstate", |at| {
        let head = r#"{"version": 4, "terraform_version": "1.9.0", "resources": [{"mode": "managed", "type": "aws_vpc", "name": ""#;
        let tail = r#"", "instances": [{"attributes": {"id": "vpc-1", "cidr_block": "10.0.0.0/16"}}]}]}"#;
        repeat(at, head, "n", 10 << 20, tail);
    }),
    ("giant-attribute.tfstate", |at| {
        let head = r#"{"version": 4, "terraform_version": "1.9.0", "resources": [{"mode": "managed", "type": "aws_vpc", "name": "v", "instances": [{"attributes": {"id": "vpc-1", "cidr_block": ""#;
        repeat(at, head, "9", 10 << 20, r#""}}]}]}"#);
    }),
    ("giant-module.json", |at| {
        let head = r#"{"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": {"child_modules": [{"address": ""#;
        repeat(at, head, "module.m.", 1 << 20, r#"m", "resources": []}]}}}"#);
    }),
    ("deep-modules.json", |at| {
        let head = r#"{"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": "#;
        repeat(at, head, r#"{"child_modules": ["#, 1 << 18, "");
    }),
    ("deep-plan.json", |at| {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let head =
            r#"{"format_version": "1.2", "resource_changes": [], "planned_values": {"root_module": {}}"#;
        fs::write(at, format!("{head}, \"checks\": {deep}}}")).unwrap();
    }),
    ("rules-that-make-no-sense.tfstate", |at| {
        let rule = r#"{"protocol": "tcp", "from_port": 9, "to_port": 1, "cidr_blocks": ["10.0.0.0/8"]}"#;
        let rules = vec![rule; 5_000].join(",");
        let group = format!(
            r#"{{"mode": "managed", "type": "aws_security_group", "name": "g", "instances": [{{"attributes": {{"id": "sg-1", "vpc_id": "vpc-1", "ingress": [{rules}]}}}}]}}"#
        );
        let vpc = r#"{"mode": "managed", "type": "aws_vpc", "name": "v", "instances": [{"attributes": {"id": "vpc-1", "cidr_block": "10.0.0.0/16"}}]}"#;
        fs::write(
            at,
            format!(r#"{{"version": 4, "terraform_version": "1.9.0", "resources": [{vpc}, {group}]}}"#),
        )
        .unwrap();
    }),
    ("giant-logical-id.yaml", |at| {
        repeat(
            at,
            "Resources:\n  ? ",
            "n",
            10 << 20,
            "\n  : {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n",
        );
    }),
    ("giant-ref.yaml", |at| {
        repeat(
            at,
            "Resources:\n  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref ",
            "n",
            10 << 20,
            "}}\n",
        );
    }),
    ("giant-tag.yaml", |at| {
        repeat(
            at,
            "Resources:\n  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !",
            "n",
            10 << 20,
            " x}}\n",
        );
    }),
    ("deep-template.yaml", |at| repeat(at, "Resources:\n  Vpc: ", "[", 10 << 20, "")),
    ("deep-template.json", |at| repeat(at, "{\"Resources\": ", "{\"a\":", 1 << 20, "")),
    ("deep-functions.yaml", |at| {
        let deep = "{Fn::Sub: [".repeat(40) + "x" + &", {}]}".repeat(40);
        fs::write(
            at,
            format!("Resources: {{Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: {deep}}}}}}}\n"),
        )
        .unwrap();
    }),
    ("refs-to-nothing.yaml", |at| {
        let line =
            |n: usize| format!("  V{n}: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: !Ref Gone{n}}}}}\n");
        fs::write(at, format!("Resources:\n{}", (0..5_000).map(line).collect::<String>())).unwrap();
    }),
    ("doubling-texts.yaml", |at| {
        let line = |n: usize| {
            format!(
                "  V{n}: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: !Sub \"${{V{m}.CidrBlock}}${{V{m}.CidrBlock}}\"}}}}\n",
                m = n + 1
            )
        };
        let chain: String = (0..60).map(line).collect();
        fs::write(
            at,
            format!(
                "Resources:\n{chain}  V60: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}\n"
            ),
        )
        .unwrap();
    }),
    ("line-of-a-megabyte.yaml", |at| {
        repeat(at, "vpcs: {main: {cidr: 10.0.0.0/16, # ", "x", 1 << 20, "\n}}\n");
    }),
    ("error-in-a-line-of-megabytes.yaml", |at| {
        repeat(at, "vpcs: {main: {cidr: 10.0.0.0/16, subnets: [", "7,", 1 << 20, "]}}\n");
    }),
    ("cr-only-topology.yaml", |at| repeat(at, "vpcs:\r  main:\r    cidr: 10.0.0.0/16\r", "\r", 1, "")),
    ("too-large.yaml", |at| File::create(at).unwrap().set_len(300 << 20).unwrap()),
    ("too-large.json", |at| File::create(at).unwrap().set_len(300 << 20).unwrap()),
    ("zeros.json", |at| File::create(at).unwrap().set_len(200 << 20).unwrap()),
    ("no-such-file.yaml", |_| {}),
    ("no-such-folder/file.yaml", |_| {}),
    ("an-empty-folder", |at| fs::create_dir_all(at).unwrap()),
    ("folders-too-deep", |at| {
        let deep = at.join("a/b/c/d/e/f/g/h/i/j");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("vpcs.json"), "{\"Vpcs\": []}").unwrap();
    }),
    ("a-folder-named.yaml", |at| fs::create_dir_all(at).unwrap()),
    #[cfg(unix)]
    ("links-in-a-circle", |at| {
        fs::create_dir_all(at.join("in")).unwrap();
        std::os::unix::fs::symlink("../in", at.join("in/again")).unwrap();
        std::os::unix::fs::symlink("self.json", at.join("self.json")).unwrap();
    }),
    #[cfg(unix)]
    ("a\u{1b}[2J\n::error::b\u{202e}.yaml", |at| fs::write(at, "vpcs: {main: {cidr: 10.0.0.0}}").unwrap()),
    #[cfg(unix)]
    ("b\u{1b}[2J\n::error::b\u{202e}", |at| {
        fs::create_dir_all(at).unwrap();
        fs::write(at.join("\u{1b}[2J.json"), "{\"Vpcs\": [").unwrap();
        fs::write(at.join("\u{1b}[2J.yaml"), "").unwrap();
    }),
    #[cfg(unix)]
    ("a-pipe.yaml", |at| assert!(Command::new("mkfifo").arg(at).status().unwrap().success())),
    #[cfg(unix)]
    ("a-socket.yaml", |at| drop(std::os::unix::net::UnixListener::bind(at).unwrap())),
    #[cfg(unix)]
    ("link-to-nowhere.yaml", |at| std::os::unix::fs::symlink("nowhere.yaml", at).unwrap()),
    #[cfg(unix)]
    ("link-to-itself.yaml", |at| std::os::unix::fs::symlink("link-to-itself.yaml", at).unwrap()),
    #[cfg(target_os = "linux")]
    ("endless.yaml", |at| std::os::unix::fs::symlink("/dev/zero", at).unwrap()),
];

fn repeat(at: &Path, before: &str, unit: &str, times: usize, after: &str) {
    fs::write(at, before.to_owned() + &unit.repeat(times) + after).unwrap();
}
