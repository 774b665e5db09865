//! The words of `vpcreach collect`.

use std::path::PathBuf;

use clap::Args;

pub(in super::super) const COLLECT_EXAMPLES: &str = "\
Examples:
  vpcreach collect capture
  vpcreach collect capture --profile prod --region eu-west-1 --region us-east-1
  vpcreach collect --print-iam-policy > policy.json
  vpcreach reach web-a db:5432 -f capture

Only calls that list and describe are made, through the AWS CLI (version 1 or 2) and with its credentials. A run
that was interrupted goes on where it ended. What AWS refuses is listed at the end, with the action that would
allow it; answers that depend on it are undetermined.";

#[derive(Clone, Debug, Args)]
pub(in super::super) struct Collect {
    /// Directory to save to: new, empty, or one of an earlier run.
    pub(super) outdir: Option<PathBuf>,
    /// Profile of the AWS CLI; several for several accounts.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Vec<String>,
    /// Region; several for several. Without it the one that the AWS CLI is set to.
    #[arg(long, value_name = "REGION")]
    pub(super) region: Vec<String>,
    /// Where AWS is, for emulators and private endpoints.
    #[arg(long, value_name = "URL")]
    pub(super) endpoint_url: Option<String>,
    /// How many calls are made at once.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = jobs)]
    pub(super) jobs: usize,
    /// Ask everything anew, and replace the answers of an earlier run.
    #[arg(long)]
    pub(super) fresh: bool,
    /// Print the least IAM policy that allows every call, and make none.
    #[arg(long)]
    pub(super) print_iam_policy: bool,
}

fn jobs(text: &str) -> Result<usize, String> {
    const MOST: usize = 64;
    let jobs = text.parse().ok().filter(|jobs| (1..=MOST).contains(jobs));
    jobs.ok_or_else(|| format!("a number from 1 to {MOST}"))
}
