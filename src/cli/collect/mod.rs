//! `vpcreach collect`: saves what AWS answers, by way of the user's own AWS CLI.
//!
//! ```text
//! calls   what is asked, as a table
//! aws     one run of the CLI
//! store   the directory of answers
//! ```
//!
//! Calls are made in waves: a listing first, then what is asked for each of its ids.

mod args;
mod aws;
mod calls;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub(super) use self::args::{COLLECT_EXAMPLES, Collect};
use self::aws::{Caller, Outcome};
use self::calls::{CALLS, Call, IDENTITY, Weight};
use self::store::Store;
use super::exit::Exit;
use super::streams::Streams;
use super::{Failure, plural};
use crate::topology::{quote, visible};

/// One run of the CLI that is to be made.
#[derive(Clone, Debug)]
struct Task {
    call: &'static Call,
    /// The ids that it is asked for, with the options that take them.
    options: Vec<String>,
    /// The name of its file, without the ending.
    file: String,
}

/// What became of a task.
enum Done {
    /// The answer was there already.
    Kept(Vec<u8>),
    Asked(Outcome),
}

/// What a whole run came to.
#[derive(Default)]
struct Tally {
    answers: usize,
    kept: usize,
    /// Calls without an answer: why the first one has none, and how many there are.
    refused: BTreeMap<&'static str, (&'static Call, String, usize)>,
    unsupported: BTreeSet<&'static str>,
    failed: BTreeMap<&'static str, (&'static Call, String, usize)>,
}

pub(super) fn run(args: &Collect, streams: &mut Streams) -> Result<Exit, Failure> {
    if args.print_iam_policy {
        streams.document(&calls::policy())?;
        return Ok(Exit::Success);
    }
    let Some(path) = &args.outdir else {
        return Err(Failure::usage("there is no OUTDIR to save to".to_owned(), Some(USAGE.to_owned())));
    };
    let shown = quote(&path.to_string_lossy());
    let unusable = |error: io::Error| Failure::usage(format!("{shown} can't be used: {error}"), None);
    let Some(store) = Store::open(path).map_err(unusable)? else {
        let message = format!("{shown} holds something else than a collection");
        return Err(Failure::usage(message, Some("name a directory that is new or empty".to_owned())));
    };
    let mut tally = Tally::default();
    for (caller, store) in callers(args, &store)? {
        collect(&caller, &store, args, &mut tally)?;
    }
    if tally.answers + tally.kept == 0 {
        streams.diagnostic(&tally.report(path))?;
        return Err(Failure::usage("AWS answered nothing".to_owned(), Some(NO_ANSWER.to_owned())));
    }
    streams.result(&tally.report(path))?;
    Ok(Exit::Success)
}

const USAGE: &str = "for example: vpcreach collect capture --region eu-west-1";
const NO_ANSWER: &str = "`aws ec2 describe-vpcs` shows whether the AWS CLI reaches AWS";

/// Everybody who asks, each with a directory: one for all, or one for each account and region.
fn callers(args: &Collect, store: &Store) -> Result<Vec<(Caller, Store)>, Failure> {
    let each = |values: &[String]| -> Vec<Option<String>> {
        if values.is_empty() { vec![None] } else { values.iter().cloned().map(Some).collect() }
    };
    let is_many = args.profile.len() > 1 || args.region.len() > 1;
    let mut callers = Vec::new();
    for profile in each(&args.profile) {
        let regions = each(&args.region);
        let caller = Caller {
            profile: profile.clone(),
            region: regions.first().cloned().flatten(),
            endpoint_url: args.endpoint_url.clone(),
        };
        let account = identify(&caller)?;
        for region in regions {
            let folder = account.as_deref().or(profile.as_deref()).unwrap_or("default");
            let within = match &region {
                Some(region) if is_many => store.within(&[folder, region])?,
                None if is_many => store.within(&[folder])?,
                _ => store.clone(),
            };
            callers.push((Caller { region, ..caller.clone() }, within));
        }
    }
    Ok(callers)
}

/// The account, if AWS tells. Nobody is told before anything else is asked.
fn identify(caller: &Caller) -> Result<Option<String>, Failure> {
    let (service, operation) = IDENTITY.words();
    match caller.ask(service, operation, &[]) {
        Ok(Outcome::Answer(answer)) => {
            let document: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
            Ok(document.get("Account").and_then(serde_json::Value::as_str).map(str::to_owned))
        }
        Ok(Outcome::Nobody(said)) => Err(nobody(&said)),
        // Everything else is told with the other calls.
        Ok(_) => Ok(None),
        Err(error) if aws::is_missing(&error) => {
            let help = "install it (https://aws.amazon.com/cli/), or save the answers elsewhere: docs/how-to/aws-capture.md";
            Err(Failure::usage("there is no AWS CLI: no `aws` on the PATH".to_owned(), Some(help.to_owned())))
        }
        Err(error) => Err(error.into()),
    }
}

fn nobody(said: &str) -> Failure {
    let help = "name other credentials with `--profile`, or sign in: `aws sso login`, `aws configure`";
    Failure::usage(format!("AWS does not know who asks: {}", reason(said)), Some(help.to_owned()))
}

/// Makes every call of one caller.
fn collect(caller: &Caller, store: &Store, args: &Collect, tally: &mut Tally) -> Result<(), Failure> {
    let bar = progress();
    bar.set_prefix(caller.region.clone().unwrap_or_default());
    let first = CALLS.iter().chain([&IDENTITY]).filter(|call| call.each.is_none());
    let mut wave: Vec<Task> =
        first.map(|call| Task { call, options: Vec::new(), file: call.name.to_owned() }).collect();
    while !wave.is_empty() {
        bar.inc_length(wave.len() as u64);
        let mut next = Vec::new();
        let done = in_parallel(
            &wave,
            args.jobs,
            |task| work(caller, store, task, args.fresh),
            |task, done| {
                bar.inc(1);
                bar.set_message(task.call.name);
                let answer = match done? {
                    Done::Kept(answer) => {
                        tally.kept += 1;
                        answer
                    }
                    Done::Asked(outcome) => match tally.take(task, outcome) {
                        Ok(Some(answer)) => answer,
                        Ok(None) => return Ok(()),
                        Err(said) => return Err(nobody(&said)),
                    },
                };
                next.extend(CALLS.iter().flat_map(|call| follow(call, task, &answer)));
                Ok(())
            },
        );
        if done.is_err() {
            bar.finish_and_clear();
        }
        done?;
        wave = next;
    }
    bar.finish_and_clear();
    Ok(())
}

fn progress() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {msg} ({eta} left)");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Runs tasks on some threads and hands over what becomes of them, in no order, to this one.
fn in_parallel(
    tasks: &[Task],
    jobs: usize,
    work: impl Fn(&Task) -> io::Result<Done> + Sync,
    mut take: impl FnMut(&Task, io::Result<Done>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, tasks.len()) {
            let (send, work, next) = (send.clone(), &work, &next);
            scope.spawn(move || {
                while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if send.send((task, work(task))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let taken = receive.iter().try_for_each(|(task, done)| take(task, done));
        // Nobody listens any more: the others end with the task that they have.
        drop(receive);
        taken
    })
}

/// Asks, unless the answer is there, and keeps what comes.
fn work(caller: &Caller, store: &Store, task: &Task, fresh: bool) -> io::Result<Done> {
    if let Some(answer) = store.answer(&task.file).filter(|_| !fresh) {
        return Ok(Done::Kept(answer));
    }
    let (service, operation) = task.call.words();
    let options: Vec<String> = task
        .options
        .iter()
        .cloned()
        .chain(task.call.options.iter().map(|&option| option.to_owned()))
        .collect();
    let outcome = caller.ask(service, operation, &options)?;
    match &outcome {
        Outcome::Answer(answer) => store.keep(&task.file, answer)?,
        Outcome::Nobody(_) => {}
        Outcome::Refused(said) | Outcome::Unsupported(said) | Outcome::Failed(said) => {
            store.keep_reason(&task.file, said)?;
        }
    }
    Ok(Done::Asked(outcome))
}

/// What a call asks for the ids in an answer.
fn follow(call: &'static Call, listing: &Task, answer: &[u8]) -> Vec<Task> {
    let Some(each) = call.each.filter(|each| each.of == listing.call.name) else { return Vec::new() };
    let ids = store::ids(answer, each.list, each.field);
    let task = |(at, ids): (usize, &[String])| {
        let mut options = if each.inherits { listing.options.clone() } else { Vec::new() };
        options.push(each.option.to_owned());
        options.extend(ids.iter().cloned());
        let own = match (ids, listing.options.last()) {
            ([id], _) if each.at_once == 1 => store::file_name(id),
            (_, Some(of)) => format!("{}.{at}", store::file_name(of)),
            _ => at.to_string(),
        };
        Task { call, options, file: format!("{}.{own}", call.name) }
    };
    ids.chunks(each.at_once.max(1)).enumerate().map(task).collect()
}

impl Tally {
    /// Counts what became of a task, and returns the answer; an error if nobody asked.
    fn take(&mut self, task: &Task, outcome: Outcome) -> Result<Option<Vec<u8>>, String> {
        let name = task.call.name;
        let (list, said) = match outcome {
            Outcome::Answer(answer) => {
                self.answers += 1;
                return Ok(Some(answer));
            }
            Outcome::Nobody(said) => return Err(said),
            Outcome::Unsupported(_) => {
                self.unsupported.insert(name);
                return Ok(None);
            }
            Outcome::Refused(said) => (&mut self.refused, said),
            Outcome::Failed(said) => (&mut self.failed, said),
        };
        list.entry(name).or_insert((task.call, said, 0)).2 += 1;
        Ok(None)
    }

    fn report(&self, path: &std::path::Path) -> String {
        let path = visible(&path.to_string_lossy()).into_owned();
        let mut text = plural(self.answers + self.kept, "answer");
        if self.kept > 0 {
            text.push_str(&format!(" ({} from an earlier run)", self.kept));
        }
        for (count, word) in [
            (self.refused.values().map(|one| one.2).sum::<usize>(), "refused"),
            (self.unsupported.len(), "not there in this region or version"),
            (self.failed.values().map(|one| one.2).sum(), "failed"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {count} {word}"));
            }
        }
        text.push_str(&format!(" in {path}\n"));
        if !self.refused.is_empty() {
            text.push_str("\nrefused, and the action that would allow it:\n");
        }
        for (call, _, _) in self.refused.values() {
            text.push_str(&format!("  {:<44} {}{}\n", call.name, call.action, matters(call)));
        }
        if !self.failed.is_empty() {
            text.push_str("\nfailed; the next run asks again:\n");
        }
        for (call, said, _) in self.failed.values() {
            text.push_str(&format!("  {}: {}{}\n", call.name, reason(said), matters(call)));
        }
        if self.refused.values().any(|(call, ..)| call.weight == Weight::Decides) {
            text.push_str("\n`vpcreach collect --print-iam-policy` prints what would allow everything\n");
        }
        if self.answers + self.kept > 0 {
            text.push_str(&format!("\nask: vpcreach reach SRC DST -f {path}\n"));
        }
        text
    }
}

/// The line of a complaint that says most, as far as it fits.
fn reason(said: &str) -> String {
    const LONGEST: usize = 120;
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let told = lines.clone().find(|line| line.contains("An error occurred"));
    let line = told.or(lines.next_back()).unwrap_or("no reason was given");
    let short: String = line.chars().take(LONGEST).collect();
    let more = if short.len() < line.len() { "…" } else { "" };
    format!("{}{more}", visible(&short))
}

/// What is not known without an answer.
fn matters(call: &Call) -> String {
    match call.weight {
        Weight::Decides => format!(": without {}, answers that depend on them are undetermined", call.about),
        Weight::Names => String::new(),
    }
}
