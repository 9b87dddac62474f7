//! The browser around the engine: `fetch`, one timer, and values in and out. It decides nothing about the protocol.

mod clock;
mod core;
mod driver;
mod exchange;
mod host;
mod life;
mod value;

pub use self::core::Core;
pub use host::Host;
pub use value::Value;
