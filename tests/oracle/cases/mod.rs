//! The rules of the semantics, one small topology at a time, each with its passing and failing twin.

mod addresses;
mod filters;
mod gateways;
mod generated;
mod peering;
mod routes;
