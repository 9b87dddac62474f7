//! The engine without a browser: its rules, and its work against a scripted server in simulated time.
#![cfg(not(target_arch = "wasm32"))]

mod bench;
mod node;
mod schema;
mod server;
mod wire;

mod message;
mod negotiation;
mod sse;
