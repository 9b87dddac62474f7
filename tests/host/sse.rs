//! Server-sent events: the rules of the HTML standard, on bytes.

use mcp_tasks::engine::{Decoder, LIMIT, TooLong};
use proptest::prelude::*;

/// What a stream gives: its messages, the id to resume after, and the wait before a reconnection.
#[derive(Debug, Default, PartialEq)]
struct Read {
    messages: Vec<String>,
    id: Option<String>,
    retry: Option<u64>,
}

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Read {
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    for chunk in chunks {
        decoder.feed(chunk, |message| messages.push(String::from_utf8_lossy(message).into_owned())).expect("within the limit");
    }
    Read { messages, id: decoder.last_event_id().map(Into::into), retry: decoder.retry() }
}

#[test]
fn fields_make_events() {
    let table: &[(&str, &[u8], &[&str])] = &[
        ("one line", b"data: a\n\n", &["a"]),
        ("no space after the colon", b"data:a\n\n", &["a"]),
        ("only the first space goes", b"data:  a\n\n", &[" a"]),
        ("lines are joined by line feeds", b"data: a\ndata: b\n\n", &["a\nb"]),
        ("an empty line of data is a line", b"data: a\ndata\n\n", &["a\n"]),
        ("two empty lines of data are one line feed", b"data\ndata\n\n", &["\n"]),
        ("events end at blank lines", b"data: a\n\ndata: b\n\n", &["a", "b"]),
        ("an event that never ended is none", b"data: a\n\ndata: b\n", &["a"]),
        ("a stream that ends in a line is none", b"data: a", &[]),
        ("empty data is no event", b"data:\n\n", &[]),
        ("no data is no event", b"event: message\n\n", &[]),
        ("blank lines alone are none", b"\n\n\n", &[]),
        ("carriage returns end lines", b"data: a\r\rdata: b\r\r", &["a", "b"]),
        ("both end one line", b"data: a\r\ndata: b\r\n\r\n", &["a\nb"]),
        ("endings are mixed", b"data: a\rdata: b\r\n\ndata: c\n\r", &["a\nb", "c"]),
        ("a byte order mark at the start goes", b"\xEF\xBB\xBFdata: a\n\n", &["a"]),
        ("a second one makes an unknown field", b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\n", &[]),
        ("one later makes an unknown field", b"\n\xEF\xBB\xBFdata: a\n\n", &[]),
        ("one in the data stays", "data: \u{FEFF}a\n\n".as_bytes(), &["\u{FEFF}a"]),
        ("comments are passed over", b": a\ndata: b\n:\n\n", &["b"]),
        ("unknown fields are passed over", b"date: a\ndata: b\nDATA: c\n data: d\n\n", &["b"]),
        ("a field without a colon has an empty value", b"foo\ndata: a\n\n", &["a"]),
        ("a colon in the value is of the value", b"data: a:b\n\n", &["a:b"]),
        ("the type message is the default", b"event: message\ndata: a\n\n", &["a"]),
        ("an empty type is the default", b"event\ndata: a\n\n", &["a"]),
        ("other types are not for us", b"event: ping\ndata: a\n\n", &[]),
        ("the type holds for one event", b"event: ping\ndata: a\n\ndata: b\n\n", &["b"]),
        ("the last type counts", b"event: ping\nevent: message\ndata: a\n\n", &["a"]),
        ("a type without data is forgotten", b"event: ping\n\ndata: a\n\n", &["a"]),
        ("UTF-8", "data: \u{20AC}\u{1F600}\n\n".as_bytes(), &["\u{20AC}\u{1F600}"]),
        ("broken UTF-8 is replaced", b"data: a\xFFb\n\n", &["a\u{FFFD}b"]),
    ];
    for (why, bytes, messages) in table {
        assert_eq!(read([*bytes]).messages, *messages, "{why}");
    }
}

#[test]
fn ids_say_where_to_resume() {
    let table: &[(&str, &[u8], Option<&str>)] = &[
        ("none", b"data: a\n\n", None),
        ("an id", b"id: 7\ndata: a\n\n", Some("7")),
        ("a priming event has no data", b"id: 7\ndata:\n\n", Some("7")),
        ("an id without data", b"id: 7\n\n", Some("7")),
        ("an event of another type", b"event: ping\nid: 7\n\n", Some("7")),
        ("it holds for later events", b"id: 7\ndata: a\n\ndata: b\n\n", Some("7")),
        ("the newest counts", b"id: 7\ndata: a\n\nid: 8\ndata: b\n\n", Some("8")),
        ("the last in an event counts", b"id: 7\nid: 8\n\n", Some("8")),
        ("one of an event that never ended does not", b"id: 7\ndata: a\n\nid: 8\ndata: b\n", Some("7")),
        ("an empty one takes it back", b"id: 7\ndata: a\n\nid\ndata: b\n\n", None),
        ("one with NUL is passed over", b"id: 7\ndata: a\n\nid: 8\0\ndata: b\n\n", Some("7")),
        ("spaces are of the id", b"id:  7 \ndata: a\n\n", Some(" 7 ")),
    ];
    for (why, bytes, id) in table {
        assert_eq!(read([*bytes]).id.as_deref(), *id, "{why}");
    }
}

#[test]
fn retry_is_a_number_of_milliseconds() {
    let table: &[(&str, &[u8], Option<u64>)] = &[
        ("digits", b"retry: 2500\n\n", Some(2_500)),
        ("at once, without a blank line", b"retry: 2500\n", Some(2_500)),
        ("nothing", b"retry:\n\n", None),
        ("a sign", b"retry: -1\n\n", None),
        ("a fraction", b"retry: 1.5\n\n", None),
        ("a second space", b"retry:  1\n\n", None),
        ("more digits than a clock has", b"retry: 99999999999999999999999\n\n", None),
        ("what is no number changes nothing", b"retry: 5\nretry: x\n\n", Some(5)),
    ];
    for (why, bytes, retry) in table {
        assert_eq!(read([*bytes]).retry, *retry, "{why}");
    }
}

#[test]
fn an_event_without_end_is_refused() {
    let half = [b"data: ".as_slice(), &vec![b'a'; LIMIT / 2], b"\n"].concat();
    let mut decoder = Decoder::default();
    let mut events = 0;
    let fed = [half.as_slice(), b"\n", &half, &half[..half.len() - 1]].map(|chunk| decoder.feed(chunk, |_| events += 1));
    assert_eq!(fed, [Ok(()), Ok(()), Ok(()), Err(TooLong)], "the lines that ended count, and the one that has not");
    assert_eq!(events, 1, "the limit is of an event, not of a stream");
}

/// Streams made of what the rules turn on.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(b"\n".to_vec()),
        3 => Just(b"\r".to_vec()),
        3 => Just(b"\r\n".to_vec()),
        4 => Just(b"data".to_vec()),
        4 => Just(b":".to_vec()),
        2 => Just(b" ".to_vec()),
        2 => Just(b"id".to_vec()),
        2 => Just(b"event:message".to_vec()),
        1 => Just(b"event:other".to_vec()),
        1 => Just(b"retry:7".to_vec()),
        1 => Just(b"\0".to_vec()),
        1 => Just(b"\xEF\xBB\xBF".to_vec()),
        2 => Just("\u{20AC}".as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn chunking_never_changes_events(stream in streams(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([stream.len()]);
        let chunks: Vec<_> = ends.scan(0, |from, to| Some(&stream[std::mem::replace(from, to)..to])).collect();
        let whole = read([stream.as_slice()]);
        prop_assert_eq!(&read(chunks), &whole);
        prop_assert_eq!(&read(stream.chunks(1)), &whole, "byte by byte");
    }

    #[test]
    fn a_message_comes_out_as_it_went_in(text in "[^\r\n]{1,60}", ending in prop::sample::select(vec!["\n", "\r", "\r\n"])) {
        let stream = ["data: ", &text, ending, ending].concat();
        prop_assert_eq!(read([stream.as_bytes()]).messages, [text]);
    }
}
