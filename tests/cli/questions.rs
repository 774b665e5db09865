//! Verdicts as exit codes, and questions that can't be asked.

use super::vpcreach;

fn code(line: &str) -> i32 {
    vpcreach(line).run().code
}

#[test]
fn the_verdict_is_the_exit_code() {
    assert_eq!(code("reach web-a db:5432 -f three-tier.yaml"), 0);
    assert_eq!(code("reach web db:5432 -f blocked.yaml"), 1);
    assert_eq!(code("reach app internet:443 -f partial.yaml"), 1);
    assert_eq!(code("reach internet alb:443 -f failing.yaml"), 3);
}

#[test]
fn expect_compares_the_verdict() {
    assert_eq!(code("reach web db:5432 -f blocked.yaml --expect blocked"), 0);
    assert_eq!(code("reach web db:5432 -f blocked.yaml --expect reachable"), 1);
    assert_eq!(code("reach internet alb:443 -f failing.yaml --expect blocked"), 3, "unknown is never safe");
    assert_eq!(code("reach internet alb:443 -f failing.yaml --expect undetermined"), 0);
    assert_eq!(code("reach app internet:443 -f partial.yaml --allow-partial"), 0);
    assert_eq!(code("reach web db:5432 -f blocked.yaml --allow-partial"), 1);
}

#[test]
fn clients_decide_source_ports() {
    let verdict =
        |flags: &str| vpcreach(&format!("reach app internet:443 -f partial.yaml -o short {flags}")).run().out;
    assert_eq!(verdict(""), "partial\n");
    assert_eq!(verdict("--client windows"), "reachable\n");
    assert_eq!(verdict("--client 1024-40000"), "blocked\n");
    assert_eq!(verdict("--from-ports 50000,50002"), "reachable\n");
    assert_eq!(verdict("--one-way"), "reachable\n");
    assert_eq!(verdict("-6"), "blocked\n");
}

#[test]
fn two_words_are_a_question() {
    assert_eq!(vpcreach("web-a db:5432 -f three-tier.yaml -o short").run().out, "reachable\n");
    assert_eq!(vpcreach("-f three-tier.yaml can web-a reach db on 5432 -o short").run().out, "reachable\n");
}

#[test]
fn protocols_and_ports() {
    let verdict = |to: &str| vpcreach(&format!("net:office {to} -f three-tier.yaml -o short")).run().out;
    assert_eq!(verdict("bastion:22"), "reachable\n");
    assert_eq!(verdict("bastion:22,23"), "partial\n");
    assert_eq!(verdict("bastion:20-22"), "partial\n");
    assert_eq!(verdict("bastion:22/udp"), "blocked\n");
    assert_eq!(verdict("bastion:icmp"), "blocked\n");
    assert_eq!(verdict("bastion:icmp/8/0"), "blocked\n");
    assert_eq!(verdict("bastion -p 50"), "blocked\n");
    assert_eq!(verdict("bastion:*"), "partial\n");
}

#[test]
fn typos_get_a_suggestion() {
    let cases = [
        ("reach wbe-a db:5432 -f three-tier.yaml", "did you mean `web-a`?"),
        ("reach web-a net:ofice:22 -f three-tier.yaml", "did you mean `net:office`?"),
        ("reach web-a db -f three-tier.yaml", "for example `db:5432`"),
        ("reach web-a db:70000 -f three-tier.yaml", "is not a service"),
        ("reach web-a db:1 --client mac -f three-tier.yaml", "`linux`, `windows`, `any`"),
        ("reach web-a db:1 --from-ports x -f three-tier.yaml", "is not a list of ports"),
        ("reach web-a db:1 -o jsn -f three-tier.yaml", "json"),
        ("mtrix", "did you mean `vpcreach matrix`?"),
        ("explain ACL02", "vpcreach explain ACL0"),
    ];
    for (line, wanted) in cases {
        let run = vpcreach(line).run();
        assert_eq!(run.code, 2, "{line}: {run:?}");
        assert!(run.err.contains(wanted), "{line}: {}", run.err);
        assert_eq!(run.out, "", "{line}");
    }
}

#[test]
fn commands_of_later_releases_say_so() {
    for command in ["lint", "what-if", "diff", "fix", "learn", "serve", "lsp", "mcp"] {
        let run = vpcreach(&format!("{command} db:5432")).run();
        assert_eq!(run.code, 2);
        assert!(run.err.contains("comes with a later release"), "{}", run.err);
    }
}

#[test]
fn nothing_asked_shows_the_help() {
    let run = vpcreach("").with("VPCREACH_FILE", "three-tier.yaml").run();
    assert_eq!(run.code, 2);
    assert!(run.err.contains("Examples:"), "{}", run.err);
    assert_eq!(run.out, "");
}
