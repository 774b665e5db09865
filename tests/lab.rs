//! The kernel as an oracle: topologies are built from namespaces, routes and nftables, and real packets are sent.
//!
//! Needs leave to make network namespaces: root, or `unshare -Ur cargo test --test lab`. Without it, or without
//! `nft`, the tests of the kernel print a visible skip.
#![cfg(all(feature = "lab", target_os = "linux"))]
#![allow(unreachable_pub)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

#[path = "lab/mod.rs"]
mod lab;
#[allow(dead_code, reason = "of the simulator, the lab needs the generators only")]
#[path = "oracle/mod.rs"]
mod oracle;
