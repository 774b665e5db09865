//! The first oracle: a packet simulator that shares nothing with the engine but the topology, the
//! generators that feed it, and the harness that compares the two.

pub mod assumed;
pub mod filters;
pub mod gateways;
pub mod generate;
pub mod packet;
pub mod resolve;
pub mod routing;
pub mod simulator;
pub mod walk;
pub mod world;

pub mod compare;
pub mod engine;
pub mod lab;
pub mod metamorphic;
pub mod yaml;

mod cases;
