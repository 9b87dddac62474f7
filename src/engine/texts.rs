//! Messages that come together, as JSON texts.
//!
//! To call a parser costs as much as what it reads in a small event, so small texts are read together, as the items of one array.

use std::vec::Vec;

use super::json::Json;
use super::nesting::Nesting;

/// A text of more bytes than this is not worth a copy.
const SMALL: usize = 4 << 10;

/// Reads JSON texts, in the order in which they come.
pub struct Texts<J> {
    read: Vec<Option<J>>,
    /// The small texts that are not read yet: a bracket, and then each with a comma behind it.
    joined: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// None of them can be taken for more or less than one item, nor reach into another.
    apart: bool,
}

impl<J> Default for Texts<J> {
    fn default() -> Self {
        Self { read: Vec::new(), joined: Vec::new(), ends: Vec::new(), apart: true }
    }
}

impl<J: Json> Texts<J> {
    pub fn push(&mut self, text: &[u8]) {
        if text.len() > SMALL {
            self.read_small();
            return self.read.push(alone(text));
        }
        if self.joined.is_empty() {
            self.joined.push(b'[');
        }
        let mut nesting = Nesting::default();
        self.apart &= nesting.feed(text) && nesting.is_one_value();
        self.joined.extend_from_slice(text);
        self.ends.push(self.joined.len());
        self.joined.push(b',');
    }

    /// What was read; `None` where a text was malformed, or too deep.
    pub fn messages(mut self) -> Vec<Option<J>> {
        self.read_small();
        self.read
    }

    fn read_small(&mut self) {
        let Self { mut joined, ends, apart, read } = core::mem::take(self);
        self.read = read;
        if let (true, Some(last @ 1..)) = (apart, ends.len().checked_sub(1)) {
            joined[ends[last]] = b']';
            if let Some(array) = J::parse(&joined) {
                return self.read.extend(array.items().map(Some));
            }
        }
        let mut begin = 1;
        for end in ends {
            self.read.push(alone(&joined[begin..end]));
            begin = end + 1;
        }
    }
}

fn alone<J: Json>(text: &[u8]) -> Option<J> {
    if Nesting::default().feed(text) { J::parse(text) } else { None }
}
