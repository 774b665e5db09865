//! Namespaces, held by file descriptors only: when the last one is closed, however the process ends, they are gone.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::{Gid, Uid};

use super::super::plan::SETTINGS;
use super::error::LabError;

const HELP: &str =
    "run it as root, or allow user namespaces: `vpcreach lab check` says what stands in the way";

/// Takes the process to where it may make network namespaces: into a user namespace of its own, unless it is root
/// already. Must happen before there is a second thread.
pub(super) fn enter() -> Result<(), LabError> {
    let (user, group) = (Uid::effective(), Gid::effective());
    // Root may lack the right, for example in a container.
    if user.is_root() && apart(|| unshare(CloneFlags::CLONE_NEWNET)).is_ok() {
        return Ok(());
    }
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET).map_err(|error| {
        let why = match error {
            Errno::EINVAL => "the process has threads already",
            Errno::ENOSPC => "the limit of user namespaces is reached",
            _ => "the system forbids it",
        };
        LabError::missing(format!("can't make a user namespace: {error} ({why})"), HELP)
    })?;
    let write = |path: &str, text: &str| fs::write(path, text);
    write("/proc/self/setgroups", "deny")
        .and_then(|()| write("/proc/self/uid_map", &format!("0 {user} 1")))
        .and_then(|()| write("/proc/self/gid_map", &format!("0 {group} 1")))
        .map_err(|error| LabError::missing(format!("can't map users into a namespace: {error}"), HELP))
}

/// Runs something on a thread of its own: namespaces belong to threads, and the caller's must not change.
pub(in super::super) fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Makes a namespace; the thread stays in it.
pub(super) fn create() -> Result<OwnedFd, LabError> {
    unshare(CloneFlags::CLONE_NEWNET).map_err(|error| LabError::call("a network namespace", error))?;
    let here = fs::File::open("/proc/thread-self/ns/net")
        .map_err(|error| LabError::call("the namespace of this thread", error))?;
    settle().map_err(|error| LabError::call("the settings of a namespace", error))?;
    Ok(here.into())
}

/// Before the first link: some settings are copied to links when they are made.
fn settle() -> io::Result<()> {
    for (key, value) in SETTINGS {
        match fs::write(format!("/proc/sys/{key}"), value) {
            // A kernel without IPv6, say: the check tells.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(|error| io::Error::new(error.kind(), format!("{key}: {error}")))?,
        }
    }
    // Who may send echo requests without being root: the group that we are within the namespace.
    fs::write("/proc/sys/net/ipv4/ping_group_range", "0 0")
}

/// Takes the thread into a namespace.
pub(in super::super) fn go(namespace: BorrowedFd<'_>) -> Result<(), LabError> {
    setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET)
        .map_err(|error| LabError::call("entering a namespace", error))
}
