//! A page that comes back to the session of its last one, and what it remembers of its tasks.

use mcp_tasks::engine::{Code, Config, Engine, Era, Output, PastSession};
use serde_json::{Value, json};

use crate::bench::{Bench, config};
use crate::node::Node;
use crate::served::{accept, answering, is, of, question};
use crate::server::{all_capabilities, text_result, told};
use crate::wire::{Reply, Sent};

/// What was negotiated before, and what the server then was.
fn negotiated(version: &str) -> Value {
    json!({
        "protocolVersion": version, "sessionId": "s-1", "serverCapabilities": all_capabilities(),
        "serverInfo": { "name": "before", "version": "1" }, "instructions": "as before",
    })
}

/// A client that was in a session before.
fn returning(config: Config<Node>) -> Config<Node> {
    returning_with(config, negotiated("2025-11-25"))
}

fn returning_with(config: Config<Node>, negotiated: Value) -> Config<Node> {
    let session = Some(PastSession { negotiated: Node(negotiated), last_request: 7_000 });
    Config { session, remembers: true, ..config }
}

/// Its server, which still has the session, if this says so.
fn meeting(config: Config<Node>, ping: impl Fn(&Sent) -> Reply + 'static) -> (Bench, u32) {
    let mut bench = Bench::new(config, all_capabilities());
    bench.on("GET", |_| Reply::stream());
    bench.on("ping", move |sent| ping(sent));
    let call = bench.call(|engine, call, now| engine.connect(call, now));
    bench.pass(5_000);
    (bench, call)
}

fn alive(sent: &Sent) -> Reply {
    Reply::json(sent.result(json!({})))
}

fn posted(bench: &Bench) -> Vec<&str> {
    bench.sent.iter().map(Sent::method).filter(|method| *method != "GET").collect()
}

#[test]
fn a_session_that_is_still_there_is_gone_on_with() {
    for (why, ping) in [
        ("it answers", alive as fn(&Sent) -> Reply),
        ("it does not know `ping`, and so knows the session", |sent| Reply::json(sent.error(-32601, "Method not found"))),
    ] {
        let (bench, call) = meeting(returning(answering()), ping);
        assert_eq!(bench.value(call), negotiated("2025-11-25"), "{why}");
        assert_eq!(posted(&bench), ["ping"], "{why}");
        let ping = bench.last("ping");
        assert_eq!(ping.header("mcp-session-id"), Some("s-1"), "{why}");
        assert_eq!(ping.header("mcp-protocol-version"), Some("2025-11-25"), "{why}");
        assert_eq!(ping.body["id"], 7_001, "{why}: the numbers before belong to the page before");
        assert_eq!(bench.last("GET").header("mcp-session-id"), Some("s-1"), "{why}");
    }
}

#[test]
fn a_session_that_is_gone_is_followed_by_a_new_one() {
    for (why, ping) in [
        ("as the specification has it", (|_| Reply::status(404)) as fn(&Sent) -> Reply),
        ("in the words of many servers", |sent| Reply::status_with(400, sent.error(-32000, "No valid session ID provided"))),
        ("its headers are refused", |_| Reply::fail()),
    ] {
        let (bench, call) = meeting(returning(config()), ping);
        let value = bench.value(call);
        assert_eq!((&value["serverInfo"]["name"], &value["sessionId"]), (&json!("scripted"), &Value::Null), "{why}");
        assert_eq!(posted(&bench), ["ping", "initialize", "notifications/initialized"], "{why}");
        assert_eq!(bench.last("initialize").header("mcp-session-id"), None, "{why}");
    }
    let unknown = Config { known: None, ..config() };
    let (bench, _) = meeting(returning(unknown), |_| Reply::status(404));
    assert_eq!(posted(&bench)[..2], ["ping", "server/discover"], "it may be another server by now");
}

#[test]
fn a_server_that_says_nothing_of_the_session_is_come_back_to() {
    for (why, ping, code) in
        [("in trouble", (|_| Reply::status(500)) as fn(&Sent) -> Reply, Code::Http), ("a wall", |_| Reply::status(401), Code::Unauthorized)]
    {
        let (bench, call) = meeting(returning(config()), ping);
        assert_eq!((bench.error(call).code, posted(&bench)), (code, vec!["ping"]), "{why}");
    }
    let (mut bench, call) = meeting(returning(config()), |_| Reply::never());
    bench.pass(60_000);
    assert_eq!((bench.error(call).code, posted(&bench)), (Code::Timeout, vec!["ping"]));
}

#[test]
fn what_is_no_session_is_not_gone_on_with() {
    let without = |member: &str| {
        let mut torn = negotiated("2025-11-25");
        torn[member] = Value::Null;
        torn
    };
    for (why, config) in [
        ("no id", returning_with(config(), without("sessionId"))),
        ("no version", returning_with(config(), without("protocolVersion"))),
        ("an id with another header in it", {
            let mut forged = negotiated("2025-11-25");
            forged["sessionId"] = json!("s-1\nauthorization:forged");
            returning_with(config(), forged)
        }),
        ("no version of ours", returning_with(config(), negotiated("1999-01-01"))),
        ("another version than the one that is insisted on", {
            returning_with(Config { wanted: Some(Era::Legacy), ..config() }, negotiated("2025-06-18"))
        }),
    ] {
        let (bench, call) = meeting(config, alive);
        assert_eq!(posted(&bench), ["initialize", "notifications/initialized"], "{why}");
        bench.value(call);
    }
    let (bench, _) = meeting(returning(Config { known: Some(Era::Modern), ..config() }), alive);
    assert_eq!(bench.sent[0].method(), "server/discover", "it has no sessions any more");
}

fn memory(bench: &Bench) -> Value {
    bench.engine.memory("t1").0
}

/// What the face was told to remember.
fn noted(bench: &Bench) -> usize {
    bench.told.iter().filter(|output| matches!(output, (_, Output::Remember(id)) if id == "t1")).count()
}

/// A page whose task asks this, and what it has to remember.
fn before(questions: &[(u32, &str)]) -> (Bench, Value) {
    let (mut bench, _) = meeting(returning(answering()), alive);
    bench.watched_task();
    bench.result("t1");
    is(&mut bench, "t1", "input_required");
    for (id, words) in questions {
        bench.push(&of("t1", question(*id, words)));
    }
    let memory = memory(&bench);
    (bench, memory)
}

/// Another page in the same session, which follows the task.
fn after(memory: Value, same_session: bool) -> Bench {
    let (mut bench, call) = meeting(returning(answering()), alive);
    bench.value(call);
    bench.server.tasks.borrow_mut().set("t1", 0, "input_required");
    bench.tell(|engine: &mut Engine<Node>, now| {
        engine.follow("t1", now);
        engine.recall("t1", &Node(memory), same_session, now);
    });
    bench
}

#[test]
fn open_questions_are_asked_of_the_next_page_and_answered_under_their_own_ids() {
    let (bench, memory) = before(&[(0, "name?"), (7, "age?")]);
    assert!(noted(&bench) >= 2, "every change is told");
    assert_eq!(memory["asked"].as_array().map(Vec::len), Some(2));

    let mut bench = after(memory, true);
    let result = bench.result("t1");
    bench.pass(1_000);
    assert_eq!(bench.keys(), ["0", "7"]);
    bench.answer(1, accept("Ada"));
    bench.answer(2, accept("36"));
    let answers: Vec<_> =
        bench.all("answer").into_iter().map(|sent| (sent.body["id"].clone(), sent.header("mcp-session-id") == Some("s-1"))).collect();
    assert_eq!(answers, [(json!(0), true), (json!(7), true)]);
    assert_eq!(memory_is_empty(&bench), (true, true), "the server has the answers");
    bench.push(&told("t1", "completed"));
    is(&mut bench, "t1", "completed");
    bench.pass(10_000);
    assert_eq!(bench.value(result), text_result("done"));
}

/// Neither a question, nor a stream of one.
fn memory_is_empty(bench: &Bench) -> (bool, bool) {
    let memory = memory(bench);
    (memory.get("asked").is_none(), memory.get("aside").is_none())
}

#[test]
fn an_answer_that_the_server_may_not_have_is_asked_for_again() {
    let (mut bench, _) = before(&[(0, "name?")]);
    bench.on("answer", |_| Reply::never());
    bench.answer(1, accept("Ada"));
    let memory = memory(&bench);
    assert_eq!(memory["asked"].as_array().map(Vec::len), Some(1), "better twice than never");
    let mut bench = after(memory, true);
    bench.result("t1");
    bench.pass(1_000);
    assert_eq!(bench.keys(), ["0"]);
}

#[test]
fn in_another_session_nobody_is_asked_what_nobody_waits_for() {
    let (_, memory) = before(&[(0, "name?")]);
    let mut bench = after(memory, false);
    bench.result("t1");
    bench.pass(1_000);
    assert_eq!((bench.keys(), bench.count("notifications/cancelled")), (vec![], 0));
}

#[test]
fn the_stream_on_which_the_page_before_was_asked_is_given_up() {
    let (mut bench, _) = before(&[]);
    bench.on("tasks/result", |_| Reply::stream());
    bench.pass(5_000);
    let aside = memory(&bench)["aside"].clone();
    assert_eq!(aside, bench.last("tasks/result").body["id"]);
    let bench = after(json!({ "aside": aside }), true);
    assert_eq!(bench.last("notifications/cancelled").params()["requestId"], aside);
}

#[test]
fn what_is_no_memory_harms_nobody() {
    for memory in [
        json!(null),
        json!("asked"),
        json!({ "asked": "all", "answered": 1, "aside": "x" }),
        json!({ "asked": [null, 1, {}, { "key": 1, "id": 2 }, { "key": "k", "id": 1, "request": { "method": "no/such" } }] }),
        json!({ "asked": [{ "key": "k", "id": {}, "request": 1 }], "answered": [null, {}] }),
    ] {
        let mut bench = after(memory.clone(), true);
        let result = bench.result("t1");
        is(&mut bench, "t1", "completed");
        bench.pass(60_000);
        assert_eq!((bench.value(result), bench.keys()), (text_result("done"), vec![]), "{memory}");
    }
}
