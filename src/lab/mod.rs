//! The kernel as an oracle: a topology built from Linux network namespaces, routes and nftables, and real packets
//! sent through it.
//!
//! ```text
//! Topology ──▶ world ──▶ plan ──────────▶ kernel ──▶ probe
//!              tables    namespaces,      built      real packets, and what the
//!                        routes, nft      for real   kernel reported of each
//! ```
//!
//! The lab is the second of the three oracles: it shares [`topology`](crate::topology) with the engine and nothing
//! else (a test reads the imports). What the kernel decides by itself: longest-prefix match, rule order within a
//! chain, connection tracking, NAT and its reverse, matching of CIDRs and ports, the way back. What the
//! [`mod@plan`] asserts: that network ACL rules are sorted by number, who is a member of a group, which address a
//! gateway maps to which, and which device a route leads to. It confirms mechanics, not AWS.
//!
//! Every drop is a positive event: a rule that drops also logs, with its own number, and a packet without a route
//! is routed to a sink that logs. So no verdict comes from waiting; a probe of which nothing is heard is an error
//! of the lab, never "blocked".

#[cfg(target_os = "linux")]
pub mod check;
mod compile;
#[cfg(target_os = "linux")]
pub mod kernel;
pub mod plan;
#[cfg(target_os = "linux")]
pub mod probe;
mod world;

pub use compile::{Options, plan};
pub use plan::Plan;
pub use world::Chosen;
