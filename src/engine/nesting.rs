//! How deep a message is nested: looked at before it is parsed.
//!
//! A parser keeps something for every level, and what goes through the levels afterwards goes round by round or runs out of stack:
//! megabytes of brackets would be gigabytes of memory, and minutes.

use super::json::Json;

/// A message of more levels than this is not read.
pub const DEEPEST: u32 = 1_000;

/// Counts the levels of one JSON text, whose bytes come in pieces. What is no JSON is the parser's to find out.
#[derive(Default)]
pub struct Nesting {
    level: u32,
    in_text: bool,
    escaped: bool,
}

impl Nesting {
    /// Takes the next bytes; `false` once the text is too deep.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            if self.in_text {
                self.in_text = self.escaped || *byte != b'"';
                self.escaped = !self.escaped && *byte == b'\\';
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'[' | b'{' if self.level == DEEPEST => return false,
                b'[' | b'{' => self.level += 1,
                b']' | b'}' => self.level = self.level.saturating_sub(1),
                _ => {}
            }
        }
        true
    }
}

/// Reads JSON text; `None` when it is malformed, or too deep.
pub fn parse<J: Json>(text: &str) -> Option<J> {
    if Nesting::default().feed(text.as_bytes()) { J::parse(text) } else { None }
}
