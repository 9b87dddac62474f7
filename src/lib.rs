//! `mcp-tasks`: long MCP work for web pages.
//!
//! Three floors, and imports only go down: [`engine`] is the protocol without I/O, `web` is what JavaScript calls in it, and the
//! TypeScript in `js/` does what a browser does for it and gives it the face that apps import.

pub mod engine;

#[cfg(target_arch = "wasm32")]
pub mod web;

/// In a module without threads, which is what browsers are given.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
