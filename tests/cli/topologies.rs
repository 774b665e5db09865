//! Where topologies come from, and what is wrong with them.

use super::{HELLO, Scratch, vpcreach};

#[test]
fn found_here_and_above_up_to_the_root_of_the_repository() {
    let scratch = Scratch::new("discovery");
    scratch.write("vpcreach.yaml", HELLO).write("repository/.git/HEAD", "").write("repository/a/b/c.txt", "");
    let ask =
        |directory: &str| vpcreach("internet web:443 -o short").within(&scratch.0.join(directory)).run();
    assert_eq!(ask(".").out, "reachable\n");
    let outside = ask("repository/a/b");
    assert_eq!(outside.code, 2, "the file is beyond the root of the repository");
    assert!(outside.err.contains("`-f FILE`"), "{}", outside.err);
    scratch.write("repository/site.vpc.yaml", HELLO);
    assert_eq!(ask("repository/a/b").out, "reachable\n");
    scratch.write("repository/other.vpc.yaml", HELLO);
    let several = ask("repository");
    assert_eq!(several.code, 2);
    assert!(several.err.contains("other.vpc.yaml, site.vpc.yaml"), "{}", several.err);
    scratch.write("repository/vpcreach.yaml", HELLO);
    assert_eq!(ask("repository/a").out, "reachable\n", "the plain name wins");
}

#[test]
fn named_by_the_environment_or_read_from_standard_input() {
    let run = vpcreach("internet web:443 -o short").with("VPCREACH_FILE", "hello.yaml").run();
    assert_eq!(run.out, "reachable\n");
    let run = vpcreach("internet web:443 -o short -f -").input(HELLO).run();
    assert_eq!(run.out, "reachable\n");
}

#[test]
fn what_is_wrong_goes_to_stderr_and_is_exit_code_2() {
    let scratch = Scratch::new("wrong");
    scratch.write("empty.yaml", "").write("broken.yaml", "vpcs: [").write("yaml/a.yaml", HELLO);
    scratch.write("typo.yaml", &HELLO.replace("security_groups: [web]", "security_groups: [wbe]"));
    let cases = [
        ("empty.yaml", "empty"),
        ("broken.yaml", "broken.yaml:1"),
        ("typo.yaml", "web"),
        ("none.yaml", "none.yaml"),
        ("yaml", "yaml"),
    ];
    for (file, wanted) in cases {
        for command in ["validate", "test", "matrix", "reach internet web:443"] {
            let run = vpcreach(&format!("{command} -f {file}")).within(&scratch.0).run();
            assert_eq!(run.code, 2, "{command} {file}: {run:?}");
            assert!(run.err.contains(wanted), "{command} {file}: {}", run.err);
            assert_eq!(run.out, "", "{command} {file}");
        }
    }
}

#[test]
fn valid_says_what_is_in_it() {
    let run = vpcreach("validate -f three-tier.yaml").run();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.starts_with("three-tier.yaml is valid: 1 VPC, 6 subnets, 4 instances"), "{}", run.out);
}

#[test]
fn warnings_are_shown_by_validate_and_counted_by_others() {
    // A network ACL rule with host bits set is read as AWS reads it, with a warning.
    let scratch = Scratch::new("warnings");
    let text = HELLO.replace("0.0.0.0/0: igw", "0.0.0.0/0: igw, 192.168.7.7/16: blackhole");
    scratch.write("vpcreach.yaml", &text);
    let run = vpcreach("validate").within(&scratch.0).run();
    assert_eq!(run.code, 0, "{run:?}");
    if run.err.contains("warning") {
        assert!(run.out.contains("1 warning"), "{}", run.out);
        let run = vpcreach("validate --strict").within(&scratch.0).run();
        assert_eq!(run.code, 2, "{run:?}");
        let run = vpcreach("internet web:443 -o short").within(&scratch.0).run();
        assert_eq!(run.out, "reachable\n");
        assert!(run.err.starts_with("1 warning about the topology"), "{}", run.err);
        assert_eq!(vpcreach("internet web:443 -q").within(&scratch.0).run().err, "");
    }
}
