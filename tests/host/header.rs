//! What a header carries for a value.

use mcp_tasks::engine::header::encode;
use proptest::prelude::*;

/// Reads a header as a server does; `None` when it is marked and not canonical.
pub fn decode(header: &str) -> Option<String> {
    let is_marked = header.starts_with("=?base64?") && header.ends_with("?=");
    if !is_marked {
        return Some(header.into());
    }
    let digits = header.get(9..header.len() - 2)?;
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for digit in digits.trim_end_matches('=').bytes() {
        let six = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        (bits, count) = (bits << 6 | u32::from(six), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    let is_canonical = digits.len() == bytes.len().div_ceil(3) * 4 && bits == 0;
    String::from_utf8(bytes).ok().filter(|_| is_canonical)
}

#[test]
fn a_value_stands_in_a_header_as_it_is_or_marked() {
    for (why, value, header) in [
        ("plain", "us-west1", "us-west1"),
        ("nothing", "", ""),
        ("spaces within", "us west  1", "us west  1"),
        ("the first and the last that are printable", "!~", "!~"),
        ("all that ends a header elsewhere", "a,b;c:\"d\"\\", "a,b;c:\"d\"\\"),
        ("not ASCII", "Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
        ("Latin-1 is not ASCII", "\u{e9}", "=?base64?w6k=?="),
        ("beyond the first plane", "\u{1F600}", "=?base64?8J+YgA==?="),
        ("spaces around", " padded ", "=?base64?IHBhZGRlZCA=?="),
        ("a space before", " us-west1", "=?base64?IHVzLXdlc3Qx?="),
        ("a space after", "us-west1 ", "=?base64?dXMtd2VzdDEg?="),
        ("only a space", " ", "=?base64?IA==?="),
        ("a line feed", "line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
        ("a line break", "line1\r\nline2", "=?base64?bGluZTENCmxpbmUy?="),
        ("a tab before", "\tindented", "=?base64?CWluZGVudGVk?="),
        ("a tab within", "a\tb", "=?base64?YQli?="),
        ("a null", "\0", "=?base64?AA==?="),
        ("a delete", "\u{7f}", "=?base64?fw==?="),
        ("the digit before the last", "\n\n>", "=?base64?Cgo+?="),
        ("the last digit", "\n\n?", "=?base64?Cgo/?="),
        ("a marked value", "=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ("the marks alone", "=?base64??=", "=?base64?PT9iYXNlNjQ/Pz0=?="),
        ("the marks, overlapping", "=?base64?=", "=?base64?PT9iYXNlNjQ/PQ==?="),
        ("the first mark alone", "=?base64?", "=?base64?"),
        ("the last mark alone", "?=", "?="),
        ("marks in capitals are none", "=?BASE64?YQ==?=", "=?BASE64?YQ==?="),
        ("another encoding", "=?utf-8?B?YQ==?=", "=?utf-8?B?YQ==?="),
    ] {
        assert_eq!(encode(value), header, "{why}");
        assert_eq!(decode(header).as_deref(), Some(value), "{why}");
    }
}

#[test]
fn every_length_is_padded() {
    // The series of RFC 4648, § 10, after a line feed, without which none of them would be encoded.
    for (value, digits) in [
        ("\n", "Cg=="),
        ("\nf", "CmY="),
        ("\nfo", "CmZv"),
        ("\nfoo", "CmZvbw=="),
        ("\nfoob", "CmZvb2I="),
        ("\nfooba", "CmZvb2Jh"),
        ("\nfoobar", "CmZvb2Jhcg=="),
    ] {
        assert_eq!(encode(value), ["=?base64?", digits, "?="].concat(), "{value:?}");
    }
}

/// Texts made of what the rules turn on.
fn values() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("=?base64?".to_owned()),
        Just("?=".to_owned()),
        Just("=".to_owned()),
        Just(" ".to_owned()),
        "[ -~]{0,6}",
        any::<char>().prop_map(String::from),
        (0_u8..0x80).prop_map(|byte| char::from(byte).to_string()),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_encoded_is_read_again(value in values()) {
        prop_assert_eq!(decode(&encode(&value)), Some(value));
    }

    #[test]
    fn what_comes_out_is_always_a_field_value(value in values()) {
        let header = encode(&value);
        prop_assert!(header.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{header:?}");
        prop_assert_eq!(header.trim(), &*header, "nothing that the network cuts off");
    }

    #[test]
    fn a_plain_value_is_left_alone(value in "[!-~]([ -~]{0,20}[!-~])?") {
        prop_assume!(!value.starts_with("=?base64?"));
        prop_assert_eq!(encode(&value), value.as_str());
    }
}
