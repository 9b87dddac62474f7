//! The engine without a browser: its rules, and its work against a scripted server in simulated time.
#![cfg(not(target_arch = "wasm32"))]

mod bench;
mod modern_server;
mod node;
mod schema;
mod server;
mod signature;
mod wire;

mod abandon;
mod by_id;
mod caching;
mod cancel;
mod close;
mod fuzz;
mod header;
mod hostile;
mod input;
mod interleaving;
mod invoke;
mod lifecycle;
mod lists;
mod lost;
mod message;
mod mirror;
mod modern_fuzz;
mod modern_invoke;
mod negotiation;
mod outcome;
mod pace;
mod payload;
mod pinned;
mod polling;
mod probe;
mod resume;
mod round;
mod routed;
mod scenarios;
mod served;
mod sse;
mod stream;
mod subscription;
mod task_list;
mod verdict;
