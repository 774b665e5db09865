//! Can A reach B on port P?
//!
//! A VPC topology is compiled into a network; questions about it are answered exactly, for the request *and*
//! for the reply, with every reason. The way of a question, and the module of each stage:
//!
//! ```text
//! what the user has        what was said      what AWS would do      one flow, both ways
//! YAML · AWS JSON    ──▶   topology     ──▶   network          ──▶   reach            ──▶  render
//!                          names, places      ids, rules, graph      trace, verdict        text, JSON
//!                                                   │                      │
//!                                                   └──▶ fleet (matrix) ◀──┴──▶ expect (tests)
//! ```
//!
//! | stage | its one job |
//! |---|---|
//! | [`flow`] | exact sets of packets; knows nothing of AWS |
//! | [`topology`] | what the user said, each value with its place in the file |
//! | [`generate`] | makes topologies up, of any size |
//! | [`source`] | reads what people already have into the same topology |
//! | [`network`] | names resolved, AWS's defaults applied, rules and routes compiled |
//! | [`reach`] | the walk: request, then reply, never stopping at the first blocker |
//! | [`fleet`] | many questions at once: who reaches whom |
//! | [`expect`] | the `tests:` of a topology, run |
//! | [`import`] | a topology file from whatever was read |
//! | [`render`] | one trace, many faces |
//! | `cli` | words to a question, an answer to an exit code (feature `cli`) |
//!
//! Data flows down this line once and never back up: no module imports from one below it. The engine does no I/O
//! and never panics; a verdict is not an error.

#[cfg(feature = "cli")]
pub mod cli;
pub mod expect;
pub mod fleet;
pub mod flow;
pub mod generate;
pub mod import;
#[cfg(feature = "lab")]
pub mod lab;
pub mod network;
pub mod reach;
pub mod render;
pub mod source;
pub mod topology;
#[cfg(feature = "lab")]
pub mod verify;
