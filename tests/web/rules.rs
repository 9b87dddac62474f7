//! Rules that hold wherever the engine runs, and whatever its JSON lives in.

use mcp_tasks::engine::{Decoder, Json, Key, Kind, Lifecycle, Message, Pace, Reading, Source, State, TaskStatus, Verdict};
use wasm_bindgen_test::wasm_bindgen_test;

#[cfg(not(target_arch = "wasm32"))]
use crate::node::Node as Value;
#[cfg(target_arch = "wasm32")]
use mcp_tasks::web::Value;

fn parse(text: &str) -> Value {
    Value::parse(text.as_bytes()).expect("JSON")
}

#[wasm_bindgen_test(unsupported = test)]
fn events_come_out_of_torn_bytes() {
    let stream = "\u{FEFF}id: 1\r\ndata: \u{20AC}\r\n\r\n: ping\n\nevent: other\ndata: no\n\ndata: a\ndata: b\n\n".as_bytes();
    for size in 1..=stream.len() {
        let mut decoder = Decoder::default();
        let mut messages = Vec::new();
        for chunk in stream.chunks(size) {
            decoder.feed(chunk, |message| messages.push(String::from_utf8_lossy(message).into_owned())).expect("within the limit");
        }
        assert_eq!(messages, ["\u{20AC}", "a\nb"], "in chunks of {size}");
        assert_eq!(decoder.last_event_id(), Some("1"));
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn the_next_poll_has_its_instant() {
    let calm = Pace { since: 0, interval: None, not_before: 0, streamed: false, live: 1 };
    for (why, pace, age, wait) in [
        ("a quarter of the age", calm, 4_000, 1_000),
        ("the server's interval", Pace { interval: Some(2_000.0), ..calm }, 60_000, 2_000),
        ("no number", Pace { interval: Some(f64::NAN), ..calm }, 4_000, 1_000),
        ("more than any clock", Pace { interval: Some(f64::INFINITY), ..calm }, 1 << 40, 300_000),
        ("after a failure", Pace { not_before: 9_000, ..calm }, 4_000, 5_000),
    ] {
        assert_eq!(pace.next(age) - age, wait, "{why}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn a_message_is_what_its_members_say() {
    for (message, verdict) in [
        (r#"{"id":0,"result":null}"#, "answer 0"),
        (r#"{"id":7,"error":{"code":1,"message":"m"},"_meta":{}}"#, "error to 7"),
        (r#"{"id":null,"error":{"code":1,"message":"m"}}"#, "complaint"),
        (r#"{"id":"server-error","error":{"code":1,"message":"m"}}"#, "complaint"),
        (r#"{"id":0,"method":"ping"}"#, "request ping"),
        (r#"{"method":"m","params":{}}"#, "notification m"),
        (r#"{"id":7}"#, "malformed"),
        (r#"{"id":7.5,"result":{}}"#, "malformed"),
        (r#""text""#, "malformed"),
        ("null", "malformed"),
        ("[]", "malformed"),
    ] {
        let read = match Message::read(&parse(message)) {
            Message::Answer(id, Ok(_)) => format!("answer {id}"),
            Message::Answer(id, Err(_)) => format!("error to {id}"),
            Message::Complaint(_) => "complaint".into(),
            Message::Request { method, .. } => format!("request {method}"),
            Message::Notification { method, .. } => format!("notification {method}"),
            Message::Malformed => "malformed".into(),
        };
        assert_eq!(read, verdict, "{message}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn a_result_is_read_as_what_it_is() {
    let tool = Reading { kind: Some(Kind::Tool), wrapped: true, throw: true };
    for (result, outcome) in [
        (r#"{"content":[],"structuredContent":{"result":null}}"#, Ok("null")),
        (r#"{"content":[],"structuredContent":{"result":7}}"#, Ok("7")),
        (r#"{"content":[],"structuredContent":{"a":7}}"#, Ok("an object")),
        (r#"{"content":[]}"#, Ok("no data")),
        (r#"{"content":[{"text":"no"}],"isError":true}"#, Err("tool_error: no")),
        ("null", Err("protocol: the result is no object")),
    ] {
        let read = tool.read(&parse(result)).map(|value| match value.get(Key::Data) {
            None => "no data".into(),
            Some(data) if data.is_object() => "an object".into(),
            Some(data) => data.number().map_or("null".into(), |number| number.to_string()),
        });
        let read = read.map_err(|error| format!("{}: {}", error.code.name(), error.message));
        assert_eq!(read, outcome.map(String::from).map_err(String::from), "{result}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn a_status_has_the_shape_that_callers_see() {
    let status: TaskStatus<Value> =
        TaskStatus { message: Some("half".into()), interval: Some(500.0), ..TaskStatus::new("t1", State::Working) };
    let record = status.to_json();
    assert_eq!(record.text_of(Key::TaskId).as_deref(), Some("t1"));
    assert_eq!(record.text_of(Key::Status).as_deref(), Some("working"));
    assert_eq!(record.text_of(Key::StatusMessage).as_deref(), Some("half"));
    assert_eq!(record.get(Key::PollIntervalMs).and_then(|interval| interval.number()), Some(500.0));
    let ttl = record.get(Key::TtlMs).expect("null is there");
    assert!(ttl.number().is_none() && !ttl.is_object());
    assert!(record.get(Key::CreatedAt).is_none(), "what is not known is not there");
}

#[wasm_bindgen_test(unsupported = test)]
fn the_end_of_a_task_is_final() {
    let mut life = Lifecycle::<Value>::default();
    let mut observe = |state, source| life.observe(TaskStatus::new("t1", state), source);
    assert_eq!(observe(State::Working, Source::Answer { heard: 0 }), Verdict::Changed);
    assert_eq!(observe(State::Completed, Source::Push), Verdict::Changed);
    assert_eq!(observe(State::Working, Source::Answer { heard: 1 }), Verdict::Stale);
    assert_eq!(observe(State::Failed, Source::Push), Verdict::Stale);
}
