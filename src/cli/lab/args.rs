//! `vpcreach lab`, as it is typed.

use clap::{Args, Subcommand, ValueEnum};

use crate::verify::Sabotage;

/// The commands of the lab.
#[derive(Clone, Debug, Args)]
pub(in super::super) struct Lab {
    #[command(subcommand)]
    pub(super) command: LabCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(super) enum LabCommand {
    /// Can this machine build a lab? Says what is missing.
    #[command(after_help = "Exit codes: 0 it can, 4 it can't.")]
    Check,
    /// Print the lab as a shell script: every `ip` command and nftables rule. Works anywhere.
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(Plan),
    /// Send real packets from SRC to DST, and show the way that the kernel took beside the analyzer's.
    #[command(after_help = REACH_EXAMPLES)]
    Reach(Reach),
    /// Ask the kernel everything that the `tests:` ask, and random packets; report the first disagreement.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
    /// Open a shell, or run a command, on a host of the lab: `ping`, `curl` and `nc` work as they would there.
    #[command(after_help = SHELL_EXAMPLES)]
    Shell(Shell),
}

pub(in super::super) const LAB_EXAMPLES: &str = "\
The lab is the topology built from Linux network namespaces, routes and nftables. It needs Linux and nft, but not root
where user namespaces are allowed. It touches nothing outside of itself, and leaves nothing behind.

Examples:
  vpcreach lab check
  vpcreach lab reach web db:5432
  vpcreach lab verify --random 1000
  vpcreach lab shell web -- ping -c 1 10.0.2.10

Exit codes: 0 reachable, or all agree; 1 blocked, or a disagreement; 2 usage, invalid topology, or the lab failed;
3 not to be compared; 4 this machine can't build a lab.";

const PLAN_EXAMPLES: &str = "\
Examples:
  vpcreach lab plan -f app.yaml | less
  vpcreach lab plan -f app.yaml > lab.sh && sudo sh lab.sh     build it by hand, in named namespaces";

const REACH_EXAMPLES: &str = "\
Examples:
  vpcreach lab reach web db:5432
  vpcreach lab reach app internet:443 --client windows

Exit codes: 0 every packet that was sent got there and back, 1 some or all did not, or the analyzer said otherwise,
2 usage, invalid topology, or the lab failed, 3 the lab can't express the question, 4 this machine can't build a lab.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  vpcreach lab verify
  vpcreach lab verify --random 1000 --seed 7
  vpcreach lab verify --sabotage swap-acl-rules     make a mistake in the lab: it must be noticed

Exit codes: 0 the kernel and the analyzer agree, 1 they do not, 2 usage, invalid topology, or the lab failed,
3 nothing could be compared, 4 this machine can't build a lab.";

const SHELL_EXAMPLES: &str = "\
Examples:
  vpcreach lab shell web
  vpcreach lab shell web -- nc -vz -w 2 10.0.2.10 5432
  vpcreach lab shell internet -- ping -c 1 198.51.100.10";

#[derive(Clone, Debug, Args)]
pub(super) struct Plan {
    /// Let rules that pass packets log too, as `lab reach` does.
    #[arg(long)]
    pub(super) narrate: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct Reach {
    /// Where the connection starts.
    #[arg(value_name = "SRC")]
    pub(super) from: String,
    /// Where it goes to, with the port.
    #[arg(value_name = "DST[:PORTS]")]
    pub(super) to: String,
    /// Kind of client, which decides its source ports: linux, windows, any, or a range A-B.
    #[arg(long, value_name = "KIND")]
    pub(super) client: Option<String>,
    /// Dial the public address of the destination.
    #[arg(long)]
    pub(super) to_public_ip: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct Verify {
    /// Ask that many random packets too.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) random: usize,
    /// Where the random numbers start.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub(super) seed: u64,
    /// Make a mistake on purpose, in the lab only.
    #[arg(long, value_name = "MISTAKE")]
    pub(super) sabotage: Option<Mistake>,
    /// Output format.
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: VerifyFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum VerifyFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mistake {
    /// Swap the numbers of two network ACL rules.
    SwapAclRules,
    /// Lose the first inbound rule of each security group.
    DropSgRule,
    /// Lose every route but the local ones.
    RemoveRoutes,
}

impl From<Mistake> for Sabotage {
    fn from(mistake: Mistake) -> Self {
        match mistake {
            Mistake::SwapAclRules => Self::SwapAclRules,
            Mistake::DropSgRule => Self::DropSecurityGroupRule,
            Mistake::RemoveRoutes => Self::RemoveRoutes,
        }
    }
}

#[derive(Clone, Debug, Args)]
pub(super) struct Shell {
    /// The host: an instance, its interface, or `internet`.
    #[arg(value_name = "ENDPOINT")]
    pub(super) endpoint: String,
    /// What to run; `$SHELL` if nothing is said.
    #[arg(value_name = "COMMAND", last = true)]
    pub(super) command: Vec<String>,
}
