//! The engine without a browser: its rules, and its work against a scripted server in simulated time.
#![cfg(not(target_arch = "wasm32"))]

mod bench;
mod node;
mod schema;
mod server;
mod wire;

mod lifecycle;
mod message;
mod negotiation;
mod pace;
mod polling;
mod sse;
mod abandon;
mod invoke;
mod outcome;
mod payload;
