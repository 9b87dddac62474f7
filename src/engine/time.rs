//! The engine has no clock of its own: every input says what time it is.

/// Milliseconds of a clock that never goes back, from any beginning.
pub type Millis = u64;
