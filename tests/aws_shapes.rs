//! The shapes in which captures lie about, and the wrong files that users name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use vpcreach::source::aws::{self, Capture};
use vpcreach::source::{self, Loaded, Recognised, recognise};
use vpcreach::topology::{Association, CaptureKind, Severity};

const VPC: &str = r#"{"Vpcs": [{"VpcId": "vpc-made", "CidrBlock": "10.0.0.0/16"}]}"#;

fn read(files: &[(&str, &str)]) -> Capture {
    let files: Vec<(String, Vec<u8>)> =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    aws::read(&files)
}

fn has(capture: &Capture, code: &str) -> bool {
    capture.diagnostics.iter().any(|one| one.code == code)
}

#[test]
fn pages_in_several_files_and_in_one() {
    let table = |id: &str, more: &str| {
        format!(
            r#"{{"RouteTables": [{{"RouteTableId": "{id}", "VpcId": "vpc-made",
            "Associations": [{{"Main": {}}}]}}]{more}}}"#,
            id == "rtb-1"
        )
    };
    let first = table("rtb-1", r#", "NextToken": "more""#);
    let whole = read(&[
        ("vpcs.json", VPC),
        ("1.json", &first),
        ("2.json", &format!("{}\n{}", table("rtb-2", ""), table("rtb-3", ""))),
    ]);
    assert_eq!(whole.topology.vpcs.get("vpc-made").unwrap().route_tables.len(), 3);
    assert!(!whole.topology.completeness.is_missing(CaptureKind::RouteTables));
    let cut = read(&[("vpcs.json", VPC), ("1.json", &first)]);
    assert!(cut.topology.completeness.is_missing(CaptureKind::RouteTables));
    assert!(has(&cut, "AWS019"));
}

#[test]
fn accounts_and_regions_come_from_folders_and_are_complete_one_by_one() {
    let vpc = |id: &str| format!(r#"{{"Vpcs": [{{"VpcId": "{id}", "CidrBlock": "10.0.0.0/16"}}]}}"#);
    let subnet = |vpc: &str| {
        format!(
            r#"{{"Subnets": [{{"SubnetId": "subnet-{vpc}", "VpcId": "{vpc}", "CidrBlock": "10.0.1.0/24"}}]}}"#
        )
    };
    let table =
        r#"{"RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": true}]}]}"#;
    let capture = read(&[
        ("c/accounts/111122223333/eu-west-1/Vpcs.json", &vpc("vpc-1")),
        ("c/accounts/111122223333/eu-west-1/Subnets.json", &subnet("vpc-1")),
        ("c/accounts/111122223333/eu-west-1/RouteTables.json", table),
        ("c/accounts/444455556666/us-gov-east-1/Vpcs.json", &vpc("vpc-2")),
        ("c/accounts/444455556666/us-gov-east-1/Subnets.json", &subnet("vpc-2")),
    ]);
    let one = capture.topology.vpcs.get("vpc-1").unwrap();
    let two = capture.topology.vpcs.get("vpc-2").unwrap();
    assert_eq!(one.account.as_ref().unwrap().value, "111122223333");
    assert_eq!(two.region.as_ref().unwrap().value, "us-gov-east-1");
    assert_eq!(one.subnets.get("subnet-vpc-1").unwrap().route_table, Association::Implicit);
    assert_eq!(two.subnets.get("subnet-vpc-2").unwrap().route_table, Association::Unknown);
    assert!(capture.topology.completeness.is_missing(CaptureKind::RouteTables));
}

#[test]
fn the_same_resource_twice_is_one_and_a_contradiction_is_told() {
    let same = read(&[("a.json", VPC), ("b.json", VPC)]);
    assert_eq!((same.topology.vpcs.len(), same.inventory.count("VPC")), (1, 1));
    assert!(!has(&same, "AWS002"));
    let other = VPC.replace("10.0", "10.9");
    let differs = read(&[("a.json", VPC), ("b.json", &other)]);
    assert_eq!(differs.topology.vpcs.len(), 1);
    assert!(has(&differs, "AWS002"));
}

#[test]
fn files_that_are_no_answers_are_told_once_and_not_counted() {
    let capture =
        read(&[("a.json", VPC), ("package.json", r#"{"files": [1, 2]}"#), ("b.json", r#"{"x": 1}"#)]);
    let told: Vec<_> = capture.diagnostics.iter().filter(|one| one.code == "AWS015").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told.first().unwrap().message, "package.json, b.json: no answer of the AWS CLI: left alone");
    assert_eq!(capture.inventory.read(), 1);
}

#[test]
fn dangling_ids_are_told_once() {
    let tables: Vec<String> =
        (0..50).map(|n| format!(r#"{{"RouteTableId": "rtb-{n}", "VpcId": "vpc-elsewhere"}}"#)).collect();
    let capture =
        read(&[("a.json", VPC), ("b.json", &format!(r#"{{"RouteTables": [{}]}}"#, tables.join(",")))]);
    let told: Vec<_> = capture.diagnostics.iter().filter(|one| one.severity == Severity::Warning).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        told.first().unwrap().message,
        "rtb-0, rtb-1, rtb-2, rtb-3, rtb-4 and 45 more: left out, because its VPC was not captured"
    );
    assert_eq!(capture.inventory.kinds.get("route table").unwrap().ignored, 50);
}

#[test]
fn an_odd_element_does_not_cost_the_others_and_leaves_the_call_incomplete() {
    let groups = r#"{"SecurityGroups": [
        {"GroupId": "sg-1", "GroupName": "fine", "VpcId": "vpc-made", "Tags": null},
        {"GroupId": ["sg-2"], "VpcId": "vpc-made"}]}"#;
    let capture = read(&[("a.json", VPC), ("b.json", groups)]);
    assert_eq!(capture.topology.vpcs.get("vpc-made").unwrap().security_groups.len(), 1);
    assert!(has(&capture, "AWS014"));
    assert!(capture.topology.completeness.is_missing(CaptureKind::SecurityGroups));
}

#[test]
fn bare_lists_of_query_are_recognised_by_their_fields() {
    let instances = r#"[[{"InstanceId": "i-1", "State": {"Name": "running"}, "VpcId": "vpc-made", "SubnetId": "subnet-1"}]]"#;
    assert_eq!(recognise("q.json", instances.as_bytes()), Recognised::Aws);
    let capture = read(&[("a.json", VPC), ("b.json", instances)]);
    assert_eq!(capture.topology.vpcs.get("vpc-made").unwrap().instances.len(), 1);
}

#[test]
fn a_syntax_error_points_into_the_text() {
    let capture = read(&[("a.json", VPC), ("b.json", "{\"RouteTables\": [\n  {\"RouteTableId\" 5}]}")]);
    let error = capture.diagnostics.iter().find(|one| one.code == "AWS001").unwrap();
    let place = capture.topology.sources.locate(error.labels.first().unwrap().place).unwrap();
    assert_eq!((place.file, place.line.unwrap().line), ("b.json", 2));
    assert!(capture.topology.completeness.is_missing(CaptureKind::RouteTables));
    assert!(has(&read(&[("a.json", VPC), ("b.json", "")]), "AWS020"));
}

#[test]
fn refused_calls_are_told_and_missing() {
    let capture = read(&[("a.json", VPC), ("ec2.describe-route-tables.error", "AccessDenied")]);
    assert!(has(&capture, "AWS016"));
    assert_eq!(capture.inventory.refused, ["ec2.describe-route-tables.error"]);
}

#[test]
fn text_of_powershell_is_read() {
    let utf16 = |text: &str| -> Vec<u8> {
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    let capture = aws::read(&[("a.json".to_owned(), utf16(VPC))]);
    assert_eq!(capture.topology.vpcs.len(), 1);
    assert_eq!(recognise("a.json", &utf16(VPC)), Recognised::Aws);
    assert_eq!(recognise("a.json", &[&[0xEF, 0xBB, 0xBF], VPC.as_bytes()].concat()), Recognised::Aws);
}

#[test]
fn every_format_is_recognised_by_its_shape() {
    let cases: &[(&str, &str, Recognised)] = &[
        ("t.yaml", "vpcs:\n  a:\n    cidr: 10.0.0.0/16\n", Recognised::Yaml),
        ("t.json", r#"{"vpcs": {"a": {"cidr": "10.0.0.0/16"}}}"#, Recognised::Yaml),
        ("t.yaml", "{vpcs: {a: {cidr: 10.0.0.0/16}}}", Recognised::Yaml),
        ("v.txt", VPC, Recognised::Aws),
        (
            "p.json",
            r#"{"format_version": "1.2", "terraform_version": "1.9", "planned_values": {}}"#,
            Recognised::TerraformPlan,
        ),
        (
            "s.json",
            r#"{"format_version": "1.0", "terraform_version": "1.9", "values": {}}"#,
            Recognised::TerraformState,
        ),
        (
            "terraform.tfstate",
            r#"{"version": 4, "terraform_version": "1.9", "resources": []}"#,
            Recognised::TerraformState,
        ),
        (
            "p.json",
            "{\"@level\": \"info\", \"@message\": \"Terraform\"}\n{\"@level\": \"info\"}",
            Recognised::TerraformLog,
        ),
        ("plan.json", "PK\u{3}\u{4}rest", Recognised::TerraformBinaryPlan),
        ("main.tf", "resource \"aws_vpc\" \"a\" {}", Recognised::TerraformConfiguration),
        ("c.yaml", "AWSTemplateFormatVersion: '2010-09-09'\n", Recognised::CloudFormation),
        ("c.json", r#"{"Resources": {}}"#, Recognised::CloudFormation),
        ("e.json", " \n", Recognised::Empty),
        ("x.json", "\u{0}\u{1}", Recognised::Binary),
        ("x.json", "An error occurred (AccessDenied)", Recognised::BrokenJson),
        ("x.json", r#"{"Vpc"#, Recognised::BrokenJson),
        ("cut.json", r#"{"Vpcs": [{"VpcId": "#, Recognised::Aws),
        ("package.json", r#"{"name": "x"}"#, Recognised::OtherJson),
    ];
    for (name, text, expected) in cases {
        assert_eq!(recognise(name, text.as_bytes()), *expected, "{name}: {text}");
    }
}

/// A directory of its own for one test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn refusal(path: &Path) -> (&'static str, String) {
    let error = source::read(path).expect_err("refused");
    let first = error.diagnostics.first().unwrap();
    assert!(first.is_error());
    (first.code, format!("{} {}", first.message, first.help.clone().unwrap_or_default()))
}

#[test]
fn a_directory_is_walked_into_but_not_around() {
    let folder = Folder::new("walk")
        .file("eu-west-1/Vpcs.json", VPC)
        .file("notes.txt", "hello")
        .file("README.yaml", "a: b")
        .file(".git/Subnets.json", "not JSON");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&folder.0, folder.0.join("loop")).unwrap();
    let Ok(Loaded::Aws(capture)) = source::read(&folder.0) else { panic!("a capture") };
    assert_eq!(capture.inventory.files, 1);
    let vpc = capture.topology.vpcs.get("vpc-made").unwrap();
    assert_eq!(vpc.region.as_ref().unwrap().value, "eu-west-1");
    assert!(has(&capture, "SRC009"));
}

#[test]
fn a_single_file_is_a_topology_or_an_answer() {
    let folder = Folder::new("single").file("Vpcs.json", VPC).file("t.yaml", "vpcs: {}\n");
    assert!(matches!(source::read(&folder.0.join("Vpcs.json")), Ok(Loaded::Aws(_))));
    let Ok(Loaded::Yaml { name, bytes }) = source::read(&folder.0.join("t.yaml")) else { panic!("YAML") };
    assert!(name.ends_with("single/t.yaml"));
    assert_eq!(bytes, b"vpcs: {}\n");
}

#[test]
fn wrong_directories_and_files_say_what_to_do() {
    assert_eq!(refusal(Path::new("no/such/path")).0, "SRC001");
    let empty = Folder::new("empty");
    let (code, text) = refusal(&empty.0);
    assert!(
        code == "SRC003" && text.contains("is empty") && text.contains("aws ec2 describe-vpcs"),
        "{text}"
    );
    let yaml = Folder::new("yaml").file("a.yaml", "vpcs: {}").file("package.json", "{}");
    let (code, text) = refusal(&yaml.0);
    assert!(code == "SRC004" && text.contains("a.yaml"), "{text}");
    let plan = Folder::new("plan").file("p.json", r#"{"format_version": "1.2", "planned_values": {}}"#);
    let (code, text) = refusal(&plan.0);
    assert!(code == "SRC010" && text.contains("name the file itself"), "{text}");
    let log = Folder::new("log").file("p.json", "{\"@level\": \"info\", \"@message\": \"Terraform\"}\n");
    let (code, text) = refusal(&log.0.join("p.json"));
    assert!(code == "SRC013" && text.contains("terraform show -json"), "{text}");
    let template = Folder::new("template").file("c.yaml", "Resources:\n  A: {}\n");
    for path in [template.0.join("c.yaml"), template.0.clone()] {
        assert!(matches!(source::read(&path), Ok(Loaded::CloudFormation { files }) if files.len() == 1));
    }
}
