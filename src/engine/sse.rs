//! Server-sent events (HTML Living Standard, § 9.2.6), from bytes.
//!
//! On bytes, because a chunk may end inside a character; line by line, because a line that lies whole in one chunk is read in
//! place and never copied twice.

use std::{string::String, vec::Vec};

use super::bytes::first_of;

/// An event of more bytes than this is refused: a server that never sends the blank line must not fill the memory.
pub const LIMIT: usize = 64 << 20;

/// An id of more bytes than this is passed over: it goes back in a header, and servers refuse long ones.
pub const ID_LIMIT: usize = 4 << 10;

/// The stream passed [`LIMIT`].
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

/// Reads one stream. The events come out of [`Decoder::feed`].
#[derive(Default)]
pub struct Decoder {
    /// The line that the last chunk began and did not end.
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The `event:` of the block, where it is another than `message`.
    foreign: bool,
    /// The `id:` of the block being read; it holds once the block ends.
    pending_id: Option<String>,
    last_event_id: Option<String>,
    retry: Option<u64>,
    /// The last chunk ended in a carriage return, whose line feed may begin the next.
    after_return: bool,
    begun: bool,
}

impl Decoder {
    /// The id to resume after, once an event carried one.
    pub fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// The server's wish for the wait before a reconnection, in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Takes the next bytes and hands the bytes of every `message` event that they complete to `on_message`.
    ///
    /// Events of another type, and those without data (servers open a stream with one), are passed over; their ids count.
    pub fn feed(&mut self, mut chunk: &[u8], mut on_message: impl FnMut(&[u8])) -> Result<(), TooLong> {
        while !chunk.is_empty() {
            if self.after_return && chunk[0] == b'\n' {
                chunk = &chunk[1..];
            }
            self.after_return = false;
            let Some(end) = first_of(chunk, b'\n', b'\r') else {
                self.line.extend_from_slice(chunk);
                return self.within_limit();
            };
            if self.line.is_empty() {
                self.take_line(&chunk[..end], &mut on_message);
            } else {
                self.line.extend_from_slice(&chunk[..end]);
                let line = core::mem::take(&mut self.line);
                self.take_line(&line, &mut on_message);
            }
            self.within_limit()?;
            self.after_return = chunk[end] == b'\r';
            chunk = &chunk[end + 1..];
        }
        Ok(())
    }

    fn within_limit(&self) -> Result<(), TooLong> {
        if self.line.len() + self.data.len() > LIMIT { Err(TooLong) } else { Ok(()) }
    }

    fn take_line(&mut self, mut line: &[u8], on_message: &mut impl FnMut(&[u8])) {
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch(on_message);
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let field = &line[..colon];
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => self.foreign = !value.is_empty() && value != b"message",
            b"id" if !value.contains(&0) && value.len() <= ID_LIMIT => self.pending_id = Some(String::from_utf8_lossy(value).into_owned()),
            b"retry" if !value.is_empty() && value.len() < 16 && value.iter().all(u8::is_ascii_digit) => {
                self.retry = Some(value.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')));
            }
            _ => {}
        }
    }

    fn dispatch(&mut self, on_message: &mut impl FnMut(&[u8])) {
        if let Some(id) = self.pending_id.take() {
            // An empty id takes the memory of the last one back.
            self.last_event_id = Some(id).filter(|id| !id.is_empty());
        }
        if !self.foreign && !self.data.is_empty() {
            on_message(&self.data);
        }
        self.data.clear();
        if self.data.capacity() > 64 << 10 {
            self.data = Vec::new();
        }
        self.has_data = false;
        self.foreign = false;
    }
}
