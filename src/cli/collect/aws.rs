//! One run of the AWS CLI.

use std::io::{self, ErrorKind, Read as _};
use std::process::{Command, Stdio};

use crate::source::MAX_FILE_BYTES;

/// What the AWS CLI said.
#[derive(Debug)]
pub(super) enum Outcome {
    /// AWS answered: the bytes are JSON.
    Answer(Vec<u8>),
    /// The caller may not ask this.
    Refused(String),
    /// The region, or this version of the CLI, does not have it.
    Unsupported(String),
    /// The caller is nobody: no credentials, or some that have expired.
    Nobody(String),
    /// Anything else.
    Failed(String),
}

/// Who asks, and where.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    pub(super) profile: Option<String>,
    pub(super) region: Option<String>,
    pub(super) endpoint_url: Option<String>,
}

impl Caller {
    /// Runs one operation. The words are arguments as they are: no shell sees them.
    ///
    /// # Errors
    /// If there is no AWS CLI, or it can't be started.
    pub(super) fn ask(&self, service: &str, operation: &str, options: &[String]) -> io::Result<Outcome> {
        let mut command = Command::new("aws");
        command.args([service, operation, "--output", "json"]);
        let own = [
            ("--profile", &self.profile),
            ("--region", &self.region),
            ("--endpoint-url", &self.endpoint_url),
        ];
        for (option, value) in own {
            if let Some(value) = value {
                command.arg(option).arg(value);
            }
        }
        // Versions 1 and 2 alike: no pager, no questions, no colours.
        command.args(options).env("AWS_PAGER", "").env("AWS_CLI_AUTO_PROMPT", "off");
        for (name, usual) in [("AWS_RETRY_MODE", "standard"), ("AWS_MAX_ATTEMPTS", "8")] {
            if std::env::var_os(name).is_none() {
                command.env(name, usual);
            }
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        // Whatever fills one pipe must not wait for the other.
        let complaints = child.stderr.take().map(|pipe| {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                pipe.take(MOST_SAID).read_to_end(&mut text).map(|_| text)
            })
        });
        let mut answer = Vec::new();
        if let Some(pipe) = child.stdout.take() {
            pipe.take(MAX_FILE_BYTES + 1).read_to_end(&mut answer)?;
        }
        if answer.len() as u64 > MAX_FILE_BYTES {
            let _ = child.kill();
        }
        let status = child.wait()?;
        let said = complaints.and_then(|thread| thread.join().ok()).and_then(Result::ok).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        Ok(match status.success() {
            true if answer.len() as u64 > MAX_FILE_BYTES => {
                Outcome::Failed(format!("the answer is larger than {} MiB", MAX_FILE_BYTES >> 20))
            }
            true => answered(answer),
            false => complaint(said),
        })
    }
}

/// Most bytes of complaints that are kept.
const MOST_SAID: u64 = 1 << 16;

/// An answer with nothing in it is no text at all.
fn answered(bytes: Vec<u8>) -> Outcome {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Outcome::Answer(b"{}\n".to_vec());
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
        Ok(_) => Outcome::Answer(bytes),
        Err(error) => Outcome::Failed(format!("the answer is not JSON: {error}")),
    }
}

/// What a complaint means. Codes of AWS stand in parentheses; what the CLI finds wrong itself is a sentence.
fn complaint(said: String) -> Outcome {
    const NOBODY: [&str; 10] = [
        "Unable to locate credentials",
        "could not be found",
        "Error loading SSO Token",
        "Token has expired",
        "(ExpiredToken",
        "(RequestExpired)",
        "(InvalidClientTokenId)",
        "(UnrecognizedClientException)",
        "(AuthFailure)",
        "Partial credentials found",
    ];
    const REFUSED: [&str; 7] = [
        "(UnauthorizedOperation)",
        "(AccessDenied",
        "(UnauthorizedException)",
        "(Forbidden",
        "(NotAuthorized",
        "(OptInRequired)",
        "(SubscriptionRequiredException)",
    ];
    const UNSUPPORTED: [&str; 7] = [
        "Could not connect to the endpoint URL",
        "Invalid choice",
        "Found invalid choice",
        "invalid choice:",
        "(UnsupportedOperation",
        "(InvalidAction)",
        "not available in this region",
    ];
    let says = |list: &[&str]| list.iter().any(|part| said.contains(part));
    // A profile that does not exist is told like this; so is a resource, with a code.
    if says(&NOBODY) && !(said.contains("could not be found") && said.contains("An error occurred")) {
        Outcome::Nobody(said)
    } else if says(&REFUSED) {
        Outcome::Refused(said)
    } else if says(&UNSUPPORTED) {
        Outcome::Unsupported(said)
    } else {
        Outcome::Failed(said)
    }
}

/// Whether there is an AWS CLI.
pub(super) fn is_missing(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound
}

#[cfg(test)]
mod tests {
    use super::{Outcome, answered, complaint};

    #[test]
    fn complaints_are_told_apart() {
        let word = |text: &str| match complaint(text.to_owned()) {
            Outcome::Answer(_) => "answer",
            Outcome::Refused(_) => "refused",
            Outcome::Unsupported(_) => "unsupported",
            Outcome::Nobody(_) => "nobody",
            Outcome::Failed(_) => "failed",
        };
        for (text, expected) in [
            (
                "An error occurred (UnauthorizedOperation) when calling the DescribeVpcs operation: You are not",
                "refused",
            ),
            (
                "An error occurred (AccessDeniedException) when calling the ListFunctions operation: User",
                "refused",
            ),
            (
                "Unable to locate credentials. You can configure credentials by running \"aws configure\".",
                "nobody",
            ),
            ("The config profile (prod) could not be found", "nobody"),
            (
                "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security",
                "nobody",
            ),
            (
                "Could not connect to the endpoint URL: \"https://network-firewall.x.amazonaws.com/\"",
                "unsupported",
            ),
            ("aws: error: argument operation: Invalid choice, valid choices are:", "unsupported"),
            (
                "An error occurred (Throttling) when calling the DescribeRules operation: Rate exceeded",
                "failed",
            ),
            ("An error occurred (NotFound) when calling the X operation: it could not be found", "failed"),
        ] {
            assert_eq!(word(text), expected, "{text}");
        }
    }

    #[test]
    fn an_answer_is_json() {
        assert!(matches!(answered(b"{\"Vpcs\": []}".to_vec()), Outcome::Answer(_)));
        assert!(matches!(answered(b" \n".to_vec()), Outcome::Answer(bytes) if bytes == b"{}\n"));
        assert!(matches!(answered(b"{\"Vpcs\": [".to_vec()), Outcome::Failed(_)));
    }
}
