//! The first oracle: a packet simulator that shares nothing with the engine but the topology, the
//! generators that feed it, and the harness that compares the two.
//!
//! An engine joins by implementing [`compare::Engine`] in a file of its own; then
//! `compare::agree(&engine, Amount::from_environment(1000, 100))` holds it against the simulator, and
//! each property in [`metamorphic`] against itself. `VPCREACH_ORACLE_TOPOLOGIES`,
//! `VPCREACH_ORACLE_PACKETS` and `VPCREACH_ORACLE_SEED` change how much is asked. A disagreement is
//! printed as the smallest topology that still shows it, with the packet and its way.

pub mod assumed;
pub mod endpoints;
pub mod filters;
pub mod gateways;
pub mod generate;
pub mod on_premises;
pub mod packet;
pub mod placements;
pub mod resolve;
pub mod routing;
pub mod simulator;
pub mod transit;
pub mod walk;
pub mod world;

pub mod compare;
pub mod engine;
pub mod guard;
pub mod lab;
pub mod metamorphic;
pub mod record;
pub mod yaml;
