//! Namespaces to try things in.

use super::super::plan::Plan;
use super::error::LabError;
use super::{build, netns, nft};

/// Leave to make namespaces, for whoever only wants to try something in them.
pub struct Scratch(());

impl Scratch {
    /// Enters a user namespace unless the process is root.
    ///
    /// # Errors
    /// If the system forbids it.
    pub fn new() -> Result<Self, LabError> {
        netns::enter()?;
        netns::apart(netns::create).map(|_| Self(()))
    }

    /// What `nft` says of itself.
    ///
    /// # Errors
    /// If it is not there.
    pub fn nft_version() -> Result<String, LabError> {
        nft::version()
    }

    /// Loads rules into a namespace of their own.
    ///
    /// # Errors
    /// If the kernel or `nft` refuses them.
    pub fn load(&self, rules: &str) -> Result<(), LabError> {
        netns::apart(|| {
            let _namespace = netns::create()?;
            nft::load("scratch", rules)
        })
    }

    /// Builds a plan and takes it down.
    ///
    /// # Errors
    /// If the kernel refuses a part of it.
    pub fn build(&self, plan: &Plan) -> Result<(), LabError> {
        netns::apart(|| build(plan)).map(drop)
    }
}
