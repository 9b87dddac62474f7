//! The engine's inputs and outputs as calls over the boundary. It decides nothing about the protocol.
//!
//! What the browser does for it, `fetch`, streams and the timer, is the face's: what waits there costs a thirtieth of a future here.

mod core;
mod driver;
mod head;
mod host;
mod value;

pub use self::core::Core;
pub use host::Host;
pub use value::Value;
