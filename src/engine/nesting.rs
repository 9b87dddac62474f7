//! How deep a message is nested: looked at before it is parsed.
//!
//! A parser keeps something for every level, and what goes through the levels afterwards goes round by round or runs out of stack:
//! megabytes of brackets would be gigabytes of memory, and minutes.

use super::bytes::first_of;

/// A message of more levels than this is not read.
pub const DEEPEST: u32 = 1_000;

/// Counts the levels of one JSON text, whose bytes come in pieces. What is no JSON is the parser's to find out.
#[derive(Default)]
pub struct Nesting {
    level: u32,
    in_text: bool,
    escaped: bool,
    /// Outside of every level there was what ends a value: a comma, or an end without a beginning.
    parted: bool,
}

impl Nesting {
    /// Takes the next bytes; `false` once the text is too deep.
    pub fn feed(&mut self, mut bytes: &[u8]) -> bool {
        while let Some((byte, rest)) = bytes.split_first() {
            bytes = rest;
            if self.escaped {
                self.escaped = false;
            } else if self.in_text {
                match byte {
                    b'"' => self.in_text = false,
                    b'\\' => self.escaped = true,
                    _ => bytes = &rest[first_of(rest, b'"', b'\\').unwrap_or(rest.len())..],
                }
            } else {
                match byte {
                    b'"' => self.in_text = true,
                    b'[' | b'{' if self.level == DEEPEST => return false,
                    b'[' | b'{' => self.level += 1,
                    b']' | b'}' | b',' if self.level == 0 => self.parted = true,
                    b']' | b'}' => self.level -= 1,
                    _ => {}
                }
            }
        }
        true
    }

    /// Is this, if it is JSON at all, one value, whatever stands around it?
    pub fn is_one_value(&self) -> bool {
        self.level == 0 && !self.in_text && !self.parted
    }
}
