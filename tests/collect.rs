//! `vpcreach collect`, with an AWS CLI that the test wrote, and with a real one against an emulator on loopback.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A directory of its own for one test, gone afterwards, with an `aws` in it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str, script: &str) -> Self {
        let place = Self::bare(name);
        let aws = place.0.join("bin/aws");
        fs::write(&aws, format!("#!/bin/sh\nprintf '%s\\n' \"$*\" >> \"$AWS_LOG\"\n{script}\n")).unwrap();
        fs::set_permissions(&aws, fs::Permissions::from_mode(0o755)).unwrap();
        place
    }

    /// Without an `aws`.
    fn bare(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vpcreach-collect-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("bin")).unwrap();
        Self(path)
    }

    fn vpcreach(&self, arguments: &str, path: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_vpcreach"))
            .args(arguments.split_whitespace())
            .current_dir(&self.0)
            .env("PATH", path)
            .env("AWS_LOG", self.0.join("log"))
            .env("AWS_MAX_ATTEMPTS", "1")
            .env_remove("VPCREACH_FILE")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs the program with the test's `aws` alone, and `/bin` for its script.
    fn run(&self, arguments: &str) -> Output {
        self.vpcreach(arguments, &format!("{}:/usr/bin:/bin", self.0.join("bin").display()))
    }

    /// The calls since the last look, sorted.
    fn log(&self) -> Vec<String> {
        let log = self.0.join("log");
        let mut calls: Vec<String> =
            fs::read_to_string(&log).unwrap_or_default().lines().map(str::to_owned).collect();
        let _ = fs::remove_file(log);
        calls.sort();
        calls
    }

    fn files(&self, folder: &str) -> BTreeSet<String> {
        let entries = fs::read_dir(self.0.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// An account with a VPC, a prefix list, a cluster of eleven services, and a permission that is missing.
const ACCOUNT: &str = r#"
case "$1 $2" in
  "sts get-caller-identity") echo '{"Account": "111122223333"}' ;;
  "ec2 describe-vpcs") echo '{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "OwnerId": "111122223333"}]}' ;;
  "ec2 describe-subnets") echo '{"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}]}' ;;
  "ec2 describe-managed-prefix-lists") echo '{"PrefixLists": [{"PrefixListId": "pl-1", "PrefixListName": "office"}]}' ;;
  "ec2 get-managed-prefix-list-entries") echo '{"Entries": [{"Cidr": "198.51.100.0/24"}]}' ;;
  "ecs list-clusters") echo '{"clusterArns": ["arn:aws:ecs:eu-west-1:111122223333:cluster/shop"]}' ;;
  "ecs list-services") echo '{"serviceArns": ["s1","s2","s3","s4","s5","s6","s7","s8","s9","s10","s11"]}' ;;
  "ec2 describe-route-tables")
    echo 'An error occurred (UnauthorizedOperation) when calling the DescribeRouteTables operation: no' >&2; exit 254 ;;
  "ec2 describe-nat-gateways") printf '{"NatGateways": [' ;;
  "eks list-clusters") echo 'Could not connect to the endpoint URL: "https://eks.x/"' >&2; exit 255 ;;
esac
"#;

#[test]
fn everything_is_asked_and_what_is_missing_is_told() {
    let place = Place::new("asked", ACCOUNT);
    let run = place.run("collect capture --region eu-west-1 --profile me --endpoint-url http://127.0.0.1:1");
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let calls = place.log();
    let common = "--output json --profile me --region eu-west-1 --endpoint-url http://127.0.0.1:1";
    for call in [
        format!("ec2 describe-vpcs {common}"),
        format!("ec2 get-managed-prefix-list-entries {common} --prefix-list-id pl-1"),
        format!("ecs list-services {common} --cluster arn:aws:ecs:eu-west-1:111122223333:cluster/shop"),
        format!(
            "ecs describe-services {common} --cluster arn:aws:ecs:eu-west-1:111122223333:cluster/shop --services s11"
        ),
    ] {
        assert!(calls.contains(&call), "{call}\n{calls:#?}");
    }
    let files = place.files("capture");
    for file in [
        "ec2.describe-vpcs.json",
        "ec2.get-managed-prefix-list-entries.pl-1.json",
        "ecs.describe-services.shop.0.json",
        "ecs.describe-services.shop.1.json",
        "ec2.describe-route-tables.error",
        "ec2.describe-nat-gateways.error",
        "eks.list-clusters.error",
    ] {
        assert!(files.contains(file), "{file}\n{files:#?}");
    }
    assert!(!files.contains("ec2.describe-nat-gateways.json"), "half an answer was kept");
    assert!(files.iter().all(|file| !file.ends_with(".part")), "{files:#?}");
    let told = out(&run);
    for part in
        ["1 refused", "1 not there", "1 failed", "ec2:DescribeRouteTables", "undetermined", "is not JSON"]
    {
        assert!(told.contains(part), "{part}\n{told}");
    }
    // What it made can be asked, and says what it lacks.
    let check = place.run("validate -f capture");
    assert_eq!(check.status.code(), Some(0), "{check:?}");
    assert!(err(&check).contains("AWS refused calls"), "{check:?}");
}

#[test]
fn a_second_run_asks_for_what_is_missing() {
    let place = Place::new("resumed", ACCOUNT);
    assert!(place.run("collect capture").status.success());
    let all = place.log().len();
    let again = place.run("collect capture");
    assert!(out(&again).contains("from an earlier run"), "{again:?}");
    let calls = place.log();
    let asked: Vec<&str> = calls.iter().map(|call| call.split(" --").next().unwrap()).collect();
    let missing = [
        "ec2 describe-nat-gateways",
        "ec2 describe-route-tables",
        "eks list-clusters",
        "sts get-caller-identity",
    ];
    assert_eq!(asked, missing);
    assert!(place.run("collect capture --fresh --jobs 1").status.success());
    assert_eq!(place.log().len(), all);
    // An answer that was lost is asked for again; what hangs on it is there.
    fs::remove_file(place.0.join("capture/ec2.describe-managed-prefix-lists.json")).unwrap();
    assert!(place.run("collect capture").status.success());
    let calls = place.log();
    assert!(calls.iter().any(|call| call.starts_with("ec2 describe-managed-prefix-lists")), "{calls:#?}");
    assert!(!calls.iter().any(|call| call.starts_with("ec2 get-managed-prefix-list-entries")), "{calls:#?}");
}

#[test]
fn several_regions_and_profiles_are_kept_apart() {
    let place = Place::new("regions", ACCOUNT);
    let run = place.run("collect capture --region eu-west-1 --region us-east-1 --profile a --profile b");
    assert!(run.status.success(), "{run:?}");
    for region in ["eu-west-1", "us-east-1"] {
        assert!(place.files(&format!("capture/111122223333/{region}")).contains("ec2.describe-vpcs.json"));
    }
}

#[test]
fn nothing_of_somebody_else_is_touched() {
    let place = Place::new("foreign", ACCOUNT);
    fs::create_dir(place.0.join("mine")).unwrap();
    fs::write(place.0.join("mine/notes.txt"), "mine").unwrap();
    let run = place.run("collect mine");
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert!(err(&run).contains("holds something else"), "{run:?}");
    assert!(place.log().is_empty());
    assert_eq!(place.files("mine").len(), 1);
    assert_eq!(place.run("collect mine/notes.txt").status.code(), Some(2));
    assert_eq!(place.run("collect").status.code(), Some(2));
}

#[test]
fn without_a_cli_or_credentials_it_says_so_once() {
    let place = Place::bare("bare");
    let run = place.vpcreach("collect capture", &place.0.join("bin").display().to_string());
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert!(err(&run).contains("no AWS CLI"), "{run:?}");
    let place = Place::new(
        "nobody",
        "echo 'Unable to locate credentials. You can configure credentials by running \"aws login\".' >&2; exit 253",
    );
    let run = place.run("collect capture");
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert!(err(&run).contains("AWS does not know who asks"), "{run:?}");
    assert_eq!(place.log().len(), 1);
    let place = Place::new("down", "echo 'An error occurred (500) when calling it' >&2; exit 255");
    let run = place.run("collect capture");
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert!(err(&run).contains("AWS answered nothing"), "{run:?}");
}

#[test]
fn the_policy_has_every_action_once() {
    let place = Place::bare("policy");
    let run = place.run("collect --print-iam-policy");
    let policy: Value = serde_json::from_slice(&run.stdout).unwrap();
    let statement = policy.pointer("/Statement/0").unwrap();
    let actions: Vec<&str> =
        statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect();
    assert!(actions.len() > 50 && actions.contains(&"ec2:DescribeVpcs"), "{actions:?}");
    assert!(actions.is_sorted(), "{actions:?}");
    assert!(actions.iter().all(|action| {
        let verb = action.split(':').nth(1).unwrap();
        ["Describe", "Get", "List", "Search"].iter().any(|reading| verb.starts_with(reading))
    }));
}

/// An emulator, ended with the test.
struct Emulator {
    server: Child,
    url: String,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Starts the emulator; none where it is not installed.
fn emulator(folder: &Path) -> Option<Emulator> {
    let is_there = |program: &str, ask: &str| {
        Command::new(program).arg(ask).output().is_ok_and(|run| run.status.success())
    };
    if !is_there("moto_server", "--help") || !is_there("aws", "--version") {
        let must = std::env::var_os("VPCREACH_REQUIRE_MOTO").is_some_and(|value| value != "0");
        assert!(!must, "moto_server or aws is not installed");
        println!("SKIPPED: moto_server or aws is not installed");
        return None;
    }
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let log = fs::File::create(folder.join("moto.log")).unwrap();
    let server = Command::new("moto_server")
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut emulator = Emulator { server, url: format!("http://127.0.0.1:{port}") };
    for _ in 0..600 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(emulator);
        }
        assert!(emulator.server.try_wait().unwrap().is_none(), "the emulator ended");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the emulator does not answer");
}

/// Deploys with the AWS CLI, collects, and asks.
#[test]
fn what_was_deployed_is_collected_and_answers() {
    let place = Place::bare("moto");
    let Some(emulator) = emulator(&place.0) else { return };
    let aws = |line: &str| -> String {
        let run = Command::new("aws")
            .args(line.split_whitespace())
            .args(["--endpoint-url", &emulator.url, "--region", "eu-west-1", "--output", "text"])
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_PAGER", "")
            .output()
            .unwrap();
        assert!(run.status.success(), "aws {line}: {}", err(&run));
        out(&run).trim().to_owned()
    };
    let vpc = aws("ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId");
    let subnet = |cidr: &str| {
        aws(&format!("ec2 create-subnet --vpc-id {vpc} --cidr-block {cidr} --query Subnet.SubnetId"))
    };
    let (public, private) = (subnet("10.0.1.0/24"), subnet("10.0.2.0/24"));
    let gateway = aws("ec2 create-internet-gateway --query InternetGateway.InternetGatewayId");
    aws(&format!("ec2 attach-internet-gateway --vpc-id {vpc} --internet-gateway-id {gateway}"));
    let table = aws(&format!("ec2 create-route-table --vpc-id {vpc} --query RouteTable.RouteTableId"));
    aws(&format!(
        "ec2 create-route --route-table-id {table} --destination-cidr-block 0.0.0.0/0 --gateway-id {gateway}"
    ));
    aws(&format!("ec2 associate-route-table --route-table-id {table} --subnet-id {public}"));
    let group = |name: &str| {
        aws(&format!(
            "ec2 create-security-group --group-name {name} --description {name} --vpc-id {vpc} --query GroupId"
        ))
    };
    let (web, db) = (group("web"), group("db"));
    let admit = |group: &str, rest: &str| {
        aws(&format!("ec2 authorize-security-group-ingress --group-id {group} --protocol tcp {rest}"))
    };
    admit(&web, "--port 443 --cidr 0.0.0.0/0");
    admit(&db, &format!("--port 5432 --source-group {web}"));
    let image = aws("ec2 describe-images --query Images[0].ImageId");
    let launch = |subnet: &str, group: &str, more: &str| {
        aws(&format!(
            "ec2 run-instances --image-id {image} --subnet-id {subnet} --security-group-ids {group} --query Instances[0].InstanceId {more}"
        ))
    };
    let server = launch(&public, &web, "--associate-public-ip-address");
    let database = launch(&private, &db, "--no-associate-public-ip-address");

    let path = std::env::var("PATH").unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_vpcreach"))
        .args(["collect", "capture", "--region", "eu-west-1", "--endpoint-url", &emulator.url])
        .current_dir(&place.0)
        .env("PATH", &path)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_MAX_ATTEMPTS", "1")
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    println!("{}", out(&run));
    for (from, to, expected) in [
        ("internet", format!("{server}:443"), 0),
        ("internet", format!("{server}:22"), 1),
        (&*server, format!("{database}:5432"), 0),
        (&*server, format!("{database}:22"), 1),
        (&*database, format!("{server}:443"), 0),
        ("internet", format!("{database}:5432"), 1),
    ] {
        let run = place.vpcreach(&format!("reach {from} {to} -f capture -o short"), &path);
        println!("{from} -> {to}: {}", out(&run).trim());
        assert_eq!(run.status.code(), Some(expected), "{from} {to}: {run:?}");
    }
}
