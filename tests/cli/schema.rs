//! The JSON that is written fits the schema that is published.

use std::path::Path;

use serde_json::Value;

use super::vpcreach;

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&vpcreach("schema --result").run().out).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn the_published_schema_is_that_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/result.schema.json");
    let schema = vpcreach("schema --result").run().out;
    if std::env::var_os("VPCREACH_BLESS").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == schema, "run the tests with VPCREACH_BLESS=1");
}

#[test]
fn results_fit_the_schema() {
    let validator = validator();
    let questions = [
        ("web-a db:5432", "three-tier.yaml"),
        ("web internet:443", "three-tier.yaml"),
        ("internet alb:443", "three-tier.yaml"),
        ("bastion web:22,80", "three-tier.yaml"),
        ("web-a * -p all", "three-tier.yaml"),
        ("web-a db:icmp", "three-tier.yaml"),
        ("net:office bastion:22 --to-public-ip", "three-tier.yaml"),
        ("web-a bastion:22 -6", "three-tier.yaml"),
        ("web-a 10.0.99.1:80", "three-tier.yaml"),
        ("web-a db:514/udp --one-way", "three-tier.yaml"),
        ("web db:5432", "blocked.yaml"),
        ("app internet:443", "partial.yaml"),
        ("shop-app pay-api:443", "peering.yaml"),
        ("internet web:443", "hello.yaml"),
    ];
    for (question, file) in questions {
        let run = vpcreach(&format!("reach {question} -o json -f {file}")).run();
        let result: Value =
            serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{question}: {error}: {run:?}"));
        let errors: Vec<String> = validator.iter_errors(&result).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{question}: {errors:?}");
        assert_eq!(result["schema"], "vpcreach/result/1");
    }
}

#[test]
fn blockers_name_the_hop_that_the_legs_show() {
    let run = vpcreach("why web db:5432 -o json -f blocked.yaml").run();
    let result: Value = serde_json::from_str(&run.out).unwrap();
    let blockers = result["blockers"].as_array().unwrap();
    let codes: Vec<&str> = blockers.iter().map(|blocker| blocker["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["SG001", "ACL002"]);
    for blocker in blockers {
        let leg = result["legs"].as_array().unwrap().iter().find(|leg| leg["leg"] == blocker["leg"]).unwrap();
        let hop = leg["hops"].as_array().unwrap().iter().find(|hop| hop["n"] == blocker["hop"]).unwrap();
        assert_eq!(hop["code"], blocker["code"]);
    }
    assert_eq!(result["fixes"], serde_json::json!([]));
    assert_eq!(result["symptom"], "timeout");
}
