//! Streams, colours, pipes, and the small commands.

use std::io::Read;
use std::process::{Command, Stdio};

use super::{topologies, vpcreach};

#[test]
fn quiet_leaves_only_the_exit_code() {
    let run = vpcreach("reach web db:5432 -q -f blocked.yaml").run();
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (1, "", ""));
}

#[test]
fn colours_only_where_they_are_wanted() {
    let line = "reach web db:5432 -f blocked.yaml";
    let has_colours = |text: &str| text.contains('\u{1b}');
    assert!(!has_colours(&vpcreach(line).run().out), "a pipe is no terminal");
    assert!(has_colours(&vpcreach(&format!("{line} --color always")).run().out));
    assert!(has_colours(&vpcreach(line).with("CLICOLOR_FORCE", "1").run().out));
    assert!(!has_colours(&vpcreach(line).with("CLICOLOR_FORCE", "1").with("NO_COLOR", "1").run().out));
    assert!(!has_colours(&vpcreach(&format!("{line} --color never")).with("CLICOLOR_FORCE", "1").run().out));
    let plain = vpcreach(&format!("{line} --color always --ascii")).run().out;
    assert!(plain.is_ascii(), "{plain}");
}

#[test]
fn ascii_is_ascii() {
    let lines = [
        "reach web-a db:5432 -v -f three-tier.yaml",
        "reach app internet:443 -v -f partial.yaml",
        "why web db:5432 -v -f blocked.yaml",
        "matrix -f three-tier.yaml",
        "test -v -f failing.yaml",
    ];
    for line in lines {
        let run = vpcreach(&format!("{line} --ascii")).run();
        assert!(run.out.is_ascii(), "{line}: {}", run.out);
    }
}

#[test]
fn narrow_output_fits() {
    for line in ["reach web-a db:5432 -f three-tier.yaml", "matrix -f three-tier.yaml"] {
        let run = vpcreach(line).with("COLUMNS", "60").run();
        for text in run.out.lines() {
            assert!(text.chars().count() <= 60, "{line}: {text}");
        }
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vpcreach"))
        .args(["reach", "web-a", "db:5432", "-f", "three-tier.yaml"])
        .current_dir(topologies())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(err, "");
    assert_eq!(child.wait().unwrap().code(), Some(0), "still the verdict");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for line in [
        "reach web-a internet:443 -v -f three-tier.yaml",
        "reach bastion * -p all -o json -f three-tier.yaml",
        "matrix -o json -f three-tier.yaml",
        "test -o json -f failing.yaml",
    ] {
        let first = vpcreach(line).run().out;
        assert!(!first.is_empty(), "{line}");
        assert_eq!(first, vpcreach(line).run().out, "{line}");
    }
}

#[test]
fn explain_knows_every_code() {
    let list = vpcreach("explain").run();
    assert_eq!(list.code, 0);
    for code in vpcreach::network::Code::ALL {
        assert!(list.out.contains(code.as_str()), "{code}");
        let run = vpcreach(&format!("explain {}", code.as_str().to_lowercase())).run();
        assert_eq!(run.code, 0, "{code}");
        assert!(run.out.contains(code.as_str()), "{code}");
    }
}

#[test]
fn small_commands() {
    assert_eq!(vpcreach("version").run().out, vpcreach("--version").run().out);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = vpcreach(&format!("completions {shell}")).run();
        assert_eq!(run.code, 0);
        assert!(run.out.contains("vpcreach"), "{shell}");
    }
    let schema: serde_json::Value = serde_json::from_str(&vpcreach("schema").run().out).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
}

#[test]
fn a_saved_matrix_is_a_test() {
    let folder = std::env::temp_dir().join(format!("vpcreach-matrix-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (saved, topology) = (folder.join("reach.json"), folder.join("opened.yaml"));
    let json = vpcreach("matrix -o json -f three-tier.yaml").run().out;
    std::fs::write(&saved, &json).expect("a file");
    let check = |topology: &str| vpcreach(&format!("matrix --check {} -f {topology}", saved.display())).run();
    let same = check("three-tier.yaml");
    assert_eq!((same.code, same.out.as_str()), (0, "0 added, 0 removed, 0 changed\n"));
    let text = std::fs::read_to_string(topologies().join("three-tier.yaml")).expect("a topology");
    std::fs::write(&topology, text.replace("source: net:office", "source: anywhere-ipv4")).expect("a file");
    let opened = check(&topology.display().to_string());
    assert_eq!(opened.code, 1);
    assert!(opened.out.contains("+ internet → bastion:22/tcp"), "{}", opened.out);
    std::fs::write(&saved, "{}").expect("a file");
    let wrong = check("three-tier.yaml");
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.err.contains("is not a saved matrix") && wrong.err.contains("help: write one with"),
        "{}",
        wrong.err
    );
}
