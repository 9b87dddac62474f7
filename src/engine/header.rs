//! What may stand in an HTTP header ("Value Encoding"): a value as it is, or the Base64 of it between two marks.

use std::{borrow::Cow, string::String};

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The value as a header carries it.
///
/// Encoded are all control characters (also the tab), what is not ASCII, spaces at an end, and what reads like an encoded value.
pub fn encode(value: &str) -> Cow<'_, str> {
    let is_printable = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let is_padded = value.starts_with(' ') || value.ends_with(' ');
    // The marks may share their question mark, as in `=?base64?=`: servers look at both ends only.
    let is_marked = value.starts_with(PREFIX) && value.ends_with(SUFFIX);
    if is_printable && !is_padded && !is_marked { Cow::Borrowed(value) } else { Cow::Owned(base64(value.as_bytes())) }
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(PREFIX.len() + bytes.len().div_ceil(3) * 4 + SUFFIX.len());
    text.push_str(PREFIX);
    for group in bytes.chunks(3) {
        let byte = |index| group.get(index).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * place)) as usize & 63];
            // So many bytes make one digit more.
            text.push(if place > group.len() { '=' } else { char::from(digit) });
        }
    }
    text.push_str(SUFFIX);
    text
}
