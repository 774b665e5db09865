//! CloudFormation: functions, containers, groups of instances and databases, before anything is deployed (EN-8).

#![allow(clippy::unwrap_used, clippy::panic)]

use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, Verdict, answer};
use vpcreach::source::cloudformation::{self, Fate, Import, Settings};

const FRAME: &str = include_str!("cloudformation/services.yaml");

fn read(resources: &str) -> Import {
    let text = format!("{FRAME}{resources}");
    let import = cloudformation::read(&[("t.yaml".to_owned(), text.into_bytes())], &Settings::default());
    assert!(!import.diagnostics.iter().any(|one| one.is_error()), "{:#?}", import.diagnostics);
    import
}

fn network(resources: &str) -> Network {
    let import = read(resources);
    let (network, problems) = Network::compile(&import.topology);
    assert!(!problems.iter().any(|one| one.is_error()), "{problems:#?}");
    network
}

fn verdict(network: &Network, from: &str, to: &str) -> Verdict {
    answer(network, &Question::parse(network, from, to, None, &Options::default()).unwrap()).verdict
}

fn fate(import: &Import, name: &str) -> Fate {
    import.inventory.resources.iter().find(|one| one.logical_id == name).unwrap().fate.clone()
}

#[test]
fn a_function_is_in_each_of_its_subnets() {
    let network = network(
        "  Fn: {Type: AWS::Lambda::Function, Properties: {VpcConfig: {SubnetIds: [!Ref A, !Ref B], SecurityGroupIds: [!Ref App]}}}
  Astray: {Type: AWS::Lambda::Function, Properties: {VpcConfig: {SubnetIds: [!Ref A, !Ref Isolated], SecurityGroupIds: [!Ref App]}}}
  Lost: {Type: AWS::Lambda::Function, Properties: {VpcConfig: {SubnetIds: [!Ref Public], SecurityGroupIds: [!Ref App]}}}
  Data: {Type: AWS::RDS::DBInstance, Properties: {DBSubnetGroupName: !Ref DbSubnets, VPCSecurityGroups: [!Ref Db], PubliclyAccessible: false}}
  Stranger: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref A, SecurityGroupIds: [!Ref Web]}}
",
    );
    assert_eq!(verdict(&network, "Fn", "internet:443"), Verdict::Reachable);
    assert_eq!(verdict(&network, "Astray", "internet:443"), Verdict::Partial);
    assert_eq!(verdict(&network, "Lost", "internet:443"), Verdict::Blocked);
    assert_eq!(verdict(&network, "Fn", "Data:5432"), Verdict::Reachable);
    assert_eq!(verdict(&network, "Astray", "Data:5432"), Verdict::Reachable);
    assert_eq!(verdict(&network, "Fn", "Data:3306"), Verdict::Blocked);
    assert_eq!(verdict(&network, "Stranger", "Data:5432"), Verdict::Blocked);
}

/// SAM: what `Globals` say of every function is put together with what a function says itself.
#[test]
fn globals_of_sam() {
    let network = network(
        "  Plain: {Type: AWS::Serverless::Function, Properties: {Handler: h}}
  More: {Type: AWS::Serverless::Function, Properties: {VpcConfig: {SubnetIds: [!Ref Isolated]}}}
  Data: {Type: AWS::RDS::DBInstance, Properties: {DBSubnetGroupName: !Ref DbSubnets, VPCSecurityGroups: [!Ref Db], PubliclyAccessible: false}}
",
    );
    assert_eq!(verdict(&network, "Plain", "internet:443"), Verdict::Reachable);
    assert_eq!(verdict(&network, "More", "internet:443"), Verdict::Partial);
    assert_eq!(verdict(&network, "More", "Data:5432"), Verdict::Reachable);
}

#[test]
fn containers_and_whether_they_are_public() {
    let service = |name: &str, subnet: &str, public: &str| {
        format!(
            "  {name}: {{Type: AWS::ECS::Service, Properties: {{NetworkConfiguration: {{AwsvpcConfiguration: {{Subnets: [!Ref {subnet}], SecurityGroups: [!Ref Web]{public}}}}}}}}}\n"
        )
    };
    let network = network(&format!(
        "{}{}{}",
        service("Open", "Public", ", AssignPublicIp: ENABLED"),
        service("Closed", "Public", ""),
        service("Inside", "A", ", AssignPublicIp: ENABLED"),
    ));
    assert_eq!(verdict(&network, "internet", "Open:443"), Verdict::Reachable);
    assert_eq!(verdict(&network, "internet", "Closed:443"), Verdict::Blocked);
    assert_eq!(verdict(&network, "internet", "Inside:443"), Verdict::Blocked);
    assert_eq!(verdict(&network, "Open", "internet:443"), Verdict::Reachable);
    assert_eq!(verdict(&network, "Closed", "internet:443"), Verdict::Blocked);
}

/// Amazon RDS API, `CreateDBInstance`: without `PubliclyAccessible`, what is in a subnet group of a VPC with an internet
/// gateway is public.
#[test]
fn databases_and_clusters() {
    let network = network(
        "  Front: {Type: AWS::RDS::DBSubnetGroup, Properties: {DBSubnetGroupDescription: f, SubnetIds: [!Ref Public]}}
  Silent: {Type: AWS::RDS::DBInstance, Properties: {DBSubnetGroupName: !Ref Front, VPCSecurityGroups: [!Ref Web]}}
  Private: {Type: AWS::RDS::DBInstance, Properties: {DBSubnetGroupName: !Ref Front, VPCSecurityGroups: [!Ref Web], PubliclyAccessible: false}}
  Cluster: {Type: AWS::RDS::DBCluster, Properties: {DBSubnetGroupName: !Ref DbSubnets, VpcSecurityGroupIds: [!Ref Db]}}
  Member: {Type: AWS::RDS::DBInstance, Properties: {DBClusterIdentifier: !Ref Cluster, PubliclyAccessible: false}}
  Fn: {Type: AWS::Serverless::Function, Properties: {Handler: h}}
",
    );
    assert_eq!(verdict(&network, "internet", "Silent:443"), Verdict::Reachable);
    assert_eq!(verdict(&network, "internet", "Private:443"), Verdict::Blocked);
    for name in ["Cluster", "Member"] {
        assert_eq!(verdict(&network, "Fn", &format!("{name}:5432")), Verdict::Reachable);
        assert_eq!(verdict(&network, "Fn", &format!("{name}:443")), Verdict::Blocked);
    }
}

#[test]
fn groups_of_instances() {
    let network = network(
        "  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {SecurityGroupIds: [!Ref Web]}}}
  Explicit: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {NetworkInterfaces: [{DeviceIndex: 0, AssociatePublicIpAddress: false, Groups: [!Ref Web]}]}}}
  Old: {Type: AWS::AutoScaling::LaunchConfiguration, Properties: {SecurityGroups: [!Ref Web], AssociatePublicIpAddress: true}}
  Front: {Type: AWS::AutoScaling::AutoScalingGroup, Properties: {VPCZoneIdentifier: [!Ref Public], LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}}}
  Back: {Type: AWS::AutoScaling::AutoScalingGroup, Properties: {VPCZoneIdentifier: [!Ref Public], LaunchTemplate: {LaunchTemplateId: !Ref Explicit, Version: '1'}}}
  Aged: {Type: AWS::AutoScaling::AutoScalingGroup, Properties: {VPCZoneIdentifier: [!Ref Public, !Ref A], LaunchConfigurationName: !Ref Old}}
",
    );
    assert_eq!(verdict(&network, "internet", "Front:443"), Verdict::Reachable);
    assert_eq!(verdict(&network, "internet", "Front:80"), Verdict::Blocked);
    assert_eq!(verdict(&network, "internet", "Back:443"), Verdict::Blocked);
    assert_eq!(verdict(&network, "internet", "Aged:443"), Verdict::Partial);
}

/// What depends on a parameter without a value is undetermined, and says so.
#[test]
fn what_is_not_known() {
    let resources = "  Away: {Type: AWS::Lambda::Function, Properties: {VpcConfig: {SubnetIds: [!Ref Elsewhere], SecurityGroupIds: [!Ref App]}}}
  Maybe: {Type: AWS::Lambda::Function, Condition: IsOpen, Properties: {VpcConfig: {SubnetIds: [!Ref A], SecurityGroupIds: [!Ref App]}}}
  Served: {Type: AWS::ECS::Service, Properties: {NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref Public], SecurityGroups: [!Ref Web], AssignPublicIp: !Ref Open}}}}
  Warehouse: {Type: AWS::Redshift::Cluster, Properties: {ClusterSubnetGroupName: !Ref Racks, VpcSecurityGroupIds: [!Ref Db]}}
  Racks: {Type: AWS::Redshift::ClusterSubnetGroup, Properties: {Description: r, SubnetIds: [!Ref A]}}
  Free: {Type: AWS::Lambda::Function, Properties: {Handler: h}}
  Client: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref A, SecurityGroupIds: [!Ref App]}}
";
    let import = read(resources);
    for (name, why) in [
        ("Away", "its subnets: parameter `Elsewhere`"),
        ("Maybe", "whether it exists"),
        ("Served", "whether it has a public address"),
        ("Warehouse", "`PubliclyAccessible` is not said"),
    ] {
        match fate(&import, name) {
            Fate::Unresolved(reason) => assert!(reason.contains(why), "{reason}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    // A function without subnets runs outside every VPC.
    assert!(matches!(fate(&import, "Free"), Fate::NotNetwork), "{:?}", fate(&import, "Free"));
    let network = network(resources);
    for name in ["Away", "Maybe", "Served", "Warehouse"] {
        assert_eq!(verdict(&network, "Client", &format!("{name}:443")), Verdict::Undetermined, "{name}");
    }
}
