//! How large a message is that is read whole: bounded before it is parsed.

use super::nesting::Nesting;
use super::sse::LIMIT;

/// Counts one body, whose bytes come in pieces: only counting tells how long it is, for a few bytes that were compressed twice may be gigabytes.
#[derive(Default)]
pub struct Bulk {
    length: usize,
    nesting: Nesting,
}

impl Bulk {
    /// Takes the next bytes; `false` once the body is larger, or nested deeper, than what is read.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        self.length += bytes.len();
        self.length <= LIMIT && self.nesting.feed(bytes)
    }
}
