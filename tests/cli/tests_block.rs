//! `vpcreach test`.

use serde_json::Value;

use super::{HELLO, Scratch, vpcreach};

#[test]
fn exit_codes() {
    assert_eq!(vpcreach("test -f three-tier.yaml").run().code, 0);
    assert_eq!(vpcreach("test -f failing.yaml").run().code, 1);
    let scratch = Scratch::new("tests");
    let undetermined = "  - {from: internet, allow: [alb:443]}\n";
    let balancer = "    load_balancers:\n      alb: {type: gateway, subnets: [public], security_groups: [web], listeners: {443: web:443}}\n    instances:";
    let text = HELLO.replace("    instances:", balancer);
    scratch.write("vpcreach.yaml", &format!("{text}{undetermined}"));
    let run = vpcreach("test").within(&scratch.0).run();
    assert_eq!(run.code, 3, "{run:?}");
}

#[test]
fn outcomes_in_json() {
    let run = vpcreach("test -o json -f failing.yaml").run();
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let outcomes: Vec<(&str, &str)> = report["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| (test["name"].as_str().unwrap(), test["outcome"].as_str().unwrap()))
        .collect();
    let wanted = [
        ("the site is public", "passed"),
        ("nobody logs in", "failed"),
        ("db:5432 only from web", "failed"),
        ("internet → web:22", "passed"),
        ("blocked, but for another reason", "failed"),
        ("only a warning", "failed"),
        ("not now", "skipped"),
        ("nobody knows", "undetermined"),
    ];
    assert_eq!(outcomes, wanted);
    let intruders: Vec<&str> = report["tests"][2]["checks"][0]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["message"].as_str().unwrap())
        .collect();
    assert_eq!(intruders, ["batch"]);
}

#[test]
fn a_soft_failure_does_not_fail_the_run() {
    let scratch = Scratch::new("soft");
    scratch.write("vpcreach.yaml", &format!("{HELLO}  - {{from: internet, allow: [web:22], soft: true}}\n"));
    let run = vpcreach("test").within(&scratch.0).run();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("soft"), "{}", run.out);
}

#[test]
fn mistakes_in_tests_are_shown_where_they_are() {
    let cases = [
        ("{from: intrnet, allow: [web:443]}", "`intrnet`"),
        ("{from: internet, allow: [wbe:443]}", "`wbe`"),
        ("{from: internet, allow: [web:https]}", "https"),
        ("{from: internet, to: web:22, expect: blocked, because: [SG999]}", "SG999"),
    ];
    for (case, wanted) in cases {
        let scratch = Scratch::new("mistakes");
        scratch.write("vpcreach.yaml", &format!("{HELLO}  - {case}\n"));
        let run = vpcreach("test").within(&scratch.0).run();
        assert_eq!(run.code, 2, "{case}: {run:?}");
        assert!(run.err.contains(wanted) && run.err.contains("vpcreach.yaml:"), "{case}: {}", run.err);
    }
}
