//! The command line, as it is typed.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::reach::Verdict;

const ABOUT: &str =
    "Can A reach B on port P? An exact, offline answer for AWS VPC topologies, with every reason.";

const EXAMPLES: &str = "\
Examples:
  vpcreach web db:5432                       can web open a connection to db on tcp 5432?
  vpcreach why internet alb:443 -f app.yaml  the same, for another file
  vpcreach who-can-reach db:5432             every source that gets through
  vpcreach pivot internet db:5432            the hosts that an intruder would have to take
  vpcreach matrix --ports 22,443             who reaches whom
  vpcreach import aws/ -o app.yaml           a topology file from saved AWS answers
  vpcreach test                              run the tests of the topology
  vpcreach explain ACL002                    what a code means, and what to do

Exit codes: 0 reachable or passed, 1 blocked, partial or failed, 2 usage or invalid topology, 3 undetermined.";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "vpcreach", version, about = ABOUT, after_help = EXAMPLES, disable_help_subcommand = true,
          max_term_width = 100)]
pub(super) struct CommandLine {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, Args)]
pub(super) struct Global {
    /// Topology: a YAML file, AWS answers, a Terraform plan or state, CloudFormation templates, or `-` for standard input.
    ///
    /// AWS answers and templates may be a file or a directory of them.
    ///
    /// Without it `vpcreach.yaml`, then `*.vpc.yaml` is looked for, here and upwards to the root of the git repository.
    #[arg(
        short = 'f',
        long,
        value_name = "FILE",
        global = true,
        env = "VPCREACH_FILE",
        hide_env_values = true,
        help_heading = "Global"
    )]
    pub(super) file: Option<PathBuf>,
    /// Of a Terraform plan, take the world before it instead of the one after it.
    #[arg(long, global = true, help_heading = "Global")]
    pub(super) before: bool,
    /// Lay what a Terraform plan changes over a capture of AWS answers: a file or a directory of them.
    #[arg(long, value_name = "CAPTURE", global = true, conflicts_with = "before", help_heading = "Global")]
    pub(super) base: Option<PathBuf>,
    /// Value of a parameter of a CloudFormation template; `STACK/NAME=VALUE` for one of several templates.
    #[arg(
        long = "param",
        value_name = "NAME=VALUE",
        global = true,
        value_parser = parameter,
        action = ArgAction::Append,
        help_heading = "Global"
    )]
    pub(super) params: Vec<(String, String)>,
    /// Values of parameters from a JSON file, as `aws cloudformation` takes it; `--param` comes before it.
    #[arg(
        long = "param-file",
        value_name = "FILE",
        global = true,
        action = ArgAction::Append,
        help_heading = "Global"
    )]
    pub(super) param_files: Vec<PathBuf>,
    /// Value of an export of a CloudFormation stack that is not read.
    #[arg(
        long = "export",
        value_name = "NAME=VALUE",
        global = true,
        value_parser = export,
        action = ArgAction::Append,
        help_heading = "Global"
    )]
    pub(super) exports: Vec<(String, String)>,
    /// Whether to use colours; `auto` honours NO_COLOR and CLICOLOR_FORCE.
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", help_heading = "Global")]
    pub(super) color: When,
    /// Write plain ASCII instead of ✓ ✗ ◐ and arrows.
    #[arg(long, global = true, help_heading = "Global")]
    pub(super) ascii: bool,
    /// Say nothing on success or failure: only the exit code. Errors are still reported.
    #[arg(short, long, global = true, help_heading = "Global")]
    pub(super) quiet: bool,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    pair(text).ok_or_else(|| "a parameter is NAME=VALUE".to_owned())
}

fn export(text: &str) -> Result<(String, String), String> {
    pair(text).ok_or_else(|| "an export is NAME=VALUE".to_owned())
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
}

/// When to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Can SRC open a connection to DST? Follows the request and its reply.
    #[command(visible_aliases = ["can", "why", "trace"], after_help = REACH_EXAMPLES)]
    Reach(Reach),
    /// Every source that gets through to DST, and the rules that let it.
    #[command(after_help = super::survey::WHO_EXAMPLES)]
    WhoCanReach(super::survey::WhoCanReach),
    /// Every destination that SRC gets through to, and what is open there.
    #[command(after_help = super::survey::FROM_EXAMPLES)]
    ReachableFrom(super::survey::ReachableFrom),
    /// What anybody on the internet can open: `reachable-from internet`.
    #[command(after_help = super::survey::EXPOSURE_EXAMPLES)]
    Exposure(super::survey::Exposure),
    /// The hosts that an intruder would have to take, one after the other, to get from SRC to DST.
    #[command(after_help = super::survey::PIVOT_EXAMPLES)]
    Pivot(super::survey::Pivot),
    /// Grid of endpoints and services: who reaches whom.
    #[command(after_help = MATRIX_EXAMPLES)]
    Matrix(Matrix),
    /// Run the `tests:` of the topology.
    #[command(after_help = TEST_EXAMPLES)]
    Test(Test),
    /// Check the topology: syntax, names, addresses, overlaps.
    #[command(visible_alias = "check", after_help = VALIDATE_EXAMPLES)]
    Validate(Validate),
    /// Ask the Linux kernel: the topology from network namespaces and nftables, and real packets.
    #[cfg(feature = "lab")]
    #[command(after_help = super::lab::LAB_EXAMPLES)]
    Lab(super::lab::Lab),
    /// Explain a code (ACL002) or a term (ephemeral, stateful); without an argument, list them.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Write a topology file that gives the same answers, from AWS answers, Terraform or CloudFormation.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(Import),
    /// Save what AWS answers about an account, through your AWS CLI: a capture to ask.
    #[command(after_help = super::collect::COLLECT_EXAMPLES)]
    Collect(super::collect::Collect),
    /// Make up a topology of any size, realistic or hostile; the same for the same seed.
    #[command(after_help = GENERATE_EXAMPLES)]
    Generate(Generate),
    /// Print the JSON Schema of topology files, for editors.
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema(Schema),
    /// Print a completion script for a shell.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(Completions),
    /// Print the version.
    #[command(after_help = "Example:\n  vpcreach version")]
    Version,
}

const REACH_EXAMPLES: &str = "\
Endpoints: an instance, a group, vpc/name, subnet:NAME, sg:NAME, net:NAME, an address, a CIDR, internet, '*'.
A unique beginning of an instance's name is enough.
Ports: db:5432  web:22,443  web:8000-8100  'web:*'  dns:53/udp  host:icmp  host:icmp/8/0  '[2001:db8::1]:443'

Examples:
  vpcreach reach web db:5432
  vpcreach why app internet:443 --client windows
  vpcreach reach web collector:514/udp --one-way
  vpcreach reach web db -p icmp -v
  vpcreach reach web db:5432 -o json | jq .blockers
  vpcreach reach internet db:5432 --expect blocked && deploy

Exit codes: 0 reachable, 1 blocked or partial, 2 usage or invalid topology, 3 undetermined.
With --expect: 0 if the verdict is that one, 3 if it is undetermined, else 1.";

#[derive(Clone, Debug, Args)]
pub(super) struct Reach {
    /// Where the connection starts.
    #[arg(value_name = "SRC")]
    pub(super) from: String,
    /// Where it goes to, with the port.
    #[arg(value_name = "DST[:PORTS]")]
    pub(super) to: String,
    /// Protocol: tcp, udp, icmp, all, or a number; tcp if only ports are given.
    #[arg(short, long, value_name = "PROTO")]
    pub(super) protocol: Option<String>,
    /// Source ports of the client, exactly.
    #[arg(long, value_name = "PORTS", conflicts_with = "client")]
    pub(super) from_ports: Option<String>,
    /// Kind of client, which decides its source ports: linux, windows, any, or a range A-B.
    #[arg(long, value_name = "KIND")]
    pub(super) client: Option<String>,
    /// Follow the request only: for protocols without replies, such as syslog over udp.
    #[arg(long)]
    pub(super) one_way: bool,
    /// Dial the public address of the destination.
    #[arg(long)]
    pub(super) to_public_ip: bool,
    /// Show every path in full, not only the first that fails.
    #[arg(long)]
    pub(super) all_paths: bool,
    /// Show which defaults of AWS applied.
    #[arg(long)]
    pub(super) show_defaults: bool,
    /// Show every hop, and every rule that was considered.
    #[arg(short, long)]
    pub(super) verbose: bool,
    #[command(flatten)]
    pub(super) family: Family,
    /// Output format.
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: ReachFormat,
    /// Succeed only if the verdict is this one.
    #[arg(long, value_name = "VERDICT", conflicts_with = "allow_partial")]
    pub(super) expect: Option<ExpectedVerdict>,
    /// Take a partial answer for success.
    #[arg(long)]
    pub(super) allow_partial: bool,
}

/// A restriction to one address family.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Family {
    /// Only IPv4.
    #[arg(short = '4', long = "ipv4", conflicts_with = "ipv6", action = ArgAction::SetTrue)]
    pub(super) ipv4: bool,
    /// Only IPv6.
    #[arg(short = '6', long = "ipv6", action = ArgAction::SetTrue)]
    pub(super) ipv6: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReachFormat {
    /// The answer with its proof.
    Text,
    /// Only the verdict.
    Short,
    /// One line per path, for grep.
    Line,
    /// One JSON document; its schema is `vpcreach schema --result`.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExpectedVerdict {
    Reachable,
    Blocked,
    Partial,
    Undetermined,
}

impl From<ExpectedVerdict> for Verdict {
    fn from(expected: ExpectedVerdict) -> Self {
        match expected {
            ExpectedVerdict::Reachable => Self::Reachable,
            ExpectedVerdict::Blocked => Self::Blocked,
            ExpectedVerdict::Partial => Self::Partial,
            ExpectedVerdict::Undetermined => Self::Undetermined,
        }
    }
}

const MATRIX_EXAMPLES: &str = "\
Examples:
  vpcreach matrix                       the ports that any rule names
  vpcreach matrix --ports 22,443,53/udp
  vpcreach matrix -o markdown           for a pull request
  vpcreach matrix -o json > reach.json  to keep
  vpcreach matrix --check reach.json    what is not as it was

Exit codes: 0; with --check 1 if something is not as it was.";

#[derive(Clone, Debug, Args)]
pub(super) struct Matrix {
    /// Ports to ask about, for example 22,443,53/udp,icmp; those that rules name if not given.
    #[arg(long, value_name = "PORTS")]
    pub(super) ports: Option<String>,
    /// Compare with a matrix that `-o json` wrote, for the services of that one.
    #[arg(long, value_name = "FILE", conflicts_with = "ports")]
    pub(super) check: Option<PathBuf>,
    #[command(flatten)]
    pub(super) family: Family,
    /// Output format.
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", conflicts_with = "check")]
    pub(super) format: MatrixFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum MatrixFormat {
    /// A grid.
    Text,
    /// One document, which `--check` reads.
    Json,
    /// A line for every source, destination and service.
    Csv,
    /// A table.
    Markdown,
    /// A page.
    Html,
}

const TEST_EXAMPLES: &str = "\
Examples:
  vpcreach test
  vpcreach test -f infra/app.vpc.yaml -o junit > report.xml
  vpcreach test -o github                as annotations of a pull request

Exit codes: 0 all passed, 1 one failed, 2 usage or invalid topology or test, 3 one is undetermined and none failed.";

#[derive(Clone, Debug, Args)]
pub(super) struct Test {
    /// Show every flow, also of tests that pass.
    #[arg(short, long)]
    pub(super) verbose: bool,
    /// Output format.
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: TestFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TestFormat {
    Text,
    Json,
    Junit,
    Tap,
    Github,
}

const VALIDATE_EXAMPLES: &str = "\
Examples:
  vpcreach validate
  vpcreach validate -f infra/app.vpc.yaml

Exit codes: 0 valid (warnings do not count), 2 invalid.";

#[derive(Clone, Debug, Args)]
pub(super) struct Validate {
    /// Take warnings for errors.
    #[arg(long)]
    pub(super) strict: bool,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  vpcreach explain               every code, with one line on it
  vpcreach explain ACL002
  vpcreach explain ephemeral";

#[derive(Clone, Debug, Args)]
pub(super) struct Explain {
    /// A code or a term.
    #[arg(value_name = "CODE|TERM")]
    pub(super) topic: Option<String>,
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  vpcreach import aws/ -o topology.yaml         saved answers of `aws ec2 describe-…`
  vpcreach import plan.json -o topology.yaml    terraform show -json plan
  vpcreach import template.yaml --param Env=prod > topology.yaml
  vpcreach import topology.yaml                 a topology in its usual form, without comments

Names come from Name tags, Terraform addresses and logical ids. What the source does not say is written as unknown:
what was undetermined stays so.";

#[derive(Clone, Debug, Args)]
pub(super) struct Import {
    /// What to read: whatever `-f` takes; `-` for standard input.
    #[arg(value_name = "SRC", conflicts_with = "file")]
    pub(super) source: Option<PathBuf>,
    /// Where to write; `-` or nothing for standard output.
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long)]
    pub(super) force: bool,
    /// Say in comments what things are called in the source.
    #[arg(long)]
    pub(super) ids: bool,
}

const GENERATE_EXAMPLES: &str = "\
Examples:
  vpcreach generate --enis 1000 > big.yaml
  vpcreach generate --enis 10000 --shape hostile --seed 7 > hostile.yaml
  vpcreach generate --enis 100000 -o aws > capture.json

VPCs have three tiers in three zones, gateways and peerings; a realistic one a group per 20 interfaces and a few
mistakes, a hostile one a set of groups of its own for every interface.";

#[derive(Clone, Debug, Args)]
pub(super) struct Generate {
    /// How many network interfaces.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(super) enis: u32,
    /// What the rules are like.
    #[arg(long, value_name = "SHAPE", default_value = "realistic")]
    pub(super) shape: GenerateShape,
    /// Different seeds, different networks.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Interfaces per VPC, at most 2000.
    #[arg(long, value_name = "N", default_value_t = crate::generate::VPC_ENIS)]
    pub(super) vpc_enis: u32,
    /// Output format.
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "yaml")]
    pub(super) format: GenerateFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GenerateShape {
    Realistic,
    Hostile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GenerateFormat {
    /// A topology file.
    Yaml,
    /// One document with the answers of `aws ec2 describe-…`.
    Aws,
}

const SCHEMA_EXAMPLES: &str = "\
Examples:
  vpcreach schema > vpcreach.schema.json     for `# yaml-language-server: $schema=vpcreach.schema.json`
  vpcreach schema --result                   what `vpcreach reach -o json` writes";

#[derive(Clone, Debug, Args)]
pub(super) struct Schema {
    /// The schema of results instead.
    #[arg(long)]
    pub(super) result: bool,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  vpcreach completions bash > ~/.local/share/bash-completion/completions/vpcreach
  vpcreach completions zsh > \"${fpath[1]}/_vpcreach\"
  vpcreach completions fish > ~/.config/fish/completions/vpcreach.fish";

#[derive(Clone, Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(super) shell: Shell,
}
