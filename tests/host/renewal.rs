//! Sessions that the server forgets while they are in use.

use std::cell::Cell;
use std::rc::Rc;

use mcp_tasks::engine::{Code, Output};
use serde_json::{Value, json};

use crate::bench::{Bench, config, tool, tool_task};
use crate::served::{accept, answering, is, of, question, session_of};
use crate::server::{METHOD_NOT_FOUND, text_result};
use crate::wire::{Reply, Sent};

/// How a server refuses what is sent in a session that it does not have.
type Refusal = fn(&Sent) -> Reply;

const REFUSALS: [(&str, Refusal); 3] = [
    ("as the specification has it", |_| Reply::status(404)),
    ("with an error", |sent| Reply::status_with(404, sent.error(-32001, "Session not found"))),
    ("in the words of many servers", |_| {
        Reply::status_with(
            400,
            json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32000, "message": "No valid session ID provided" } }),
        )
    }),
];

/// A server with sessions, and a way to let it forget the one that it has.
fn forgetful(mut bench: Bench, refusal: Refusal) -> (Bench, Rc<Cell<u32>>) {
    let current = Rc::new(Cell::new(1));
    let of_server = current.clone();
    let capabilities = crate::server::all_capabilities();
    bench.server.gate(move |sent| {
        let id = format!("s-{}", of_server.get());
        if sent.method() == "initialize" {
            let info = json!({ "name": id, "version": "1" });
            let result = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": info });
            return Some(Reply::json(sent.result(result)).in_session(&id));
        }
        if sent.header("mcp-session-id") != Some(&id) {
            return Some(refusal(sent));
        }
        (sent.method() == "ping").then(|| Reply::json(sent.result(json!({}))))
    });
    let call = bench.call(|engine, call, now| engine.connect(call, now));
    bench.pass(2_000);
    bench.value(call);
    bench.sent.retain(|sent| sent.method() == "GET");
    (bench, current)
}

fn fresh() -> Bench {
    Bench::new(config(), crate::server::all_capabilities())
}

fn posted(bench: &Bench) -> Vec<&str> {
    bench.sent.iter().map(Sent::method).filter(|method| *method != "GET").collect()
}

fn renewals(bench: &Bench) -> Vec<Value> {
    let negotiated = |output: &Output<_>| match output {
        Output::Renewed(negotiated) => Some((negotiated as &crate::node::Node).0.clone()),
        _ => None,
    };
    bench.told.iter().filter_map(|(_, output)| negotiated(output)).collect()
}

#[test]
fn one_new_session_is_opened_for_all_and_what_was_refused_is_sent_again() {
    for (why, refusal) in REFUSALS {
        let (mut bench, current) = forgetful(fresh(), refusal);
        bench.server.latency = 10;
        current.set(2);
        let calls: Vec<_> = ["plain", "plain", "never"].map(|name| bench.invoke(tool(name))).into();
        let list = bench.call(|engine, call, now| engine.list(call, mcp_tasks::engine::Listing::Prompts, now));
        bench.on("prompts/list", |sent| Reply::json(sent.result(json!({ "prompts": [] }))));
        bench.pass(5_000);
        for call in calls {
            assert_eq!(bench.value(call), text_result("at once"), "{why}");
        }
        assert_eq!(bench.value(list), json!([]), "{why}");
        assert_eq!((bench.count("ping"), bench.count("initialize")), (1, 1), "{why}: {:?}", posted(&bench));
        let told = renewals(&bench);
        assert_eq!(told.len(), 1, "{why}");
        assert_eq!((&told[0]["sessionId"], &told[0]["serverInfo"]["name"]), (&json!("s-2"), &json!("s-2")), "{why}");
        let last = bench.last("tools/call");
        assert_eq!(last.header("mcp-session-id"), Some("s-2"), "{why}");
    }
}

#[test]
fn a_refusal_that_comes_late_is_of_the_session_before() {
    for wait in [0, 10, 30, 50, 70, 90, 500] {
        let (mut bench, current) = forgetful(fresh(), |_| Reply::status(404));
        bench.call(|engine, call, now| engine.list(call, mcp_tasks::engine::Listing::Tools, now));
        bench.server.latency = 20;
        current.set(2);
        let mut is_first = true;
        bench.server.upset(move |sent| (sent.method() == "tools/call" && std::mem::take(&mut is_first)).then(Reply::never));
        let late = bench.invoke(tool("never"));
        bench.pass(0);
        let call = bench.invoke(tool("never"));
        bench.pass(30 + wait);
        let sent = bench.all("tools/call")[0].clone();
        bench.reply(&sent, Reply::status(404));
        bench.pass(5_000);
        assert_eq!(bench.value(late), text_result("at once"), "{wait}");
        assert_eq!(bench.value(call), text_result("at once"), "{wait}");
        assert_eq!(bench.count("initialize"), 1, "{wait}: {:?}", posted(&bench));
    }
}

#[test]
fn a_status_that_is_asked_for_meanwhile_is_that_of_the_new_session() {
    let (mut bench, current) = forgetful(fresh(), |_| Reply::status(404));
    bench.watched_task();
    for _ in 0..4 {
        current.set(current.get() + 1);
        let status = bench.call(|engine, call, now| engine.fresh_status(call, "t1", now));
        bench.pass(10_000);
        assert_eq!(bench.value(status)["status"], "working");
    }
}

#[test]
fn a_refusal_in_a_session_that_is_there_is_about_the_request() {
    for status in [404, 400] {
        let (mut bench, _) = forgetful(fresh(), |_| Reply::status(404));
        bench.on("prompts/get", move |sent| Reply::status_with(status, sent.error(-32000, "no")));
        let call = bench.invoke(crate::bench::invocation(mcp_tasks::engine::Kind::Prompt, "odd"));
        bench.pass(10_000);
        assert_eq!(bench.error(call).code, Code::Rpc, "{status}");
        assert_eq!((bench.count("ping"), bench.count("initialize"), bench.count("prompts/get")), (1, 0, 2), "{status}");
        assert!(renewals(&bench).is_empty());
    }
    // What is plainly about the request raises no doubt.
    let (mut bench, _) = forgetful(fresh(), |_| Reply::status(404));
    bench.on("prompts/get", |sent| Reply::status_with(400, sent.error(-32602, "no such prompt")));
    let call = bench.invoke(crate::bench::invocation(mcp_tasks::engine::Kind::Prompt, "odd"));
    assert_eq!((bench.error(call).code, bench.count("ping")), (Code::Rpc, 0));
}

#[test]
fn a_session_that_was_found_may_be_lost_before_what_was_refused_is_sent_again() {
    let (mut bench, current) = forgetful(fresh(), REFUSALS[1].1);
    let replies = [Reply::status(404), Reply::status(503).retry_after(20_000)];
    let mut replies = replies.into_iter();
    bench.server.upset(move |sent| (sent.method() == "prompts/get").then(|| replies.next()).flatten());
    bench.on("prompts/get", |sent| Reply::json(sent.result(json!({ "messages": [] }))));
    let call = bench.invoke(crate::bench::invocation(mcp_tasks::engine::Kind::Prompt, "p"));
    bench.pass(5_000);
    assert_eq!((bench.count("ping"), bench.count("prompts/get")), (1, 2), "it was found to be there");
    current.set(2);
    bench.pass(30_000);
    assert_eq!((bench.value(call), bench.count("initialize")), (json!({ "messages": [] }), 1));
}

#[test]
fn live_tasks_are_asked_for_in_the_new_session() {
    for known_there in [true, false] {
        let (mut bench, current) = forgetful(fresh(), |_| Reply::status(404));
        bench.watched_task();
        let result = bench.result("t1");
        bench.pass(1_000);
        current.set(2);
        if known_there {
            bench.server.tasks.borrow_mut().set("t1", bench.now + 3_000, "completed");
        } else {
            bench.server.tasks.borrow_mut().forget("t1");
        }
        bench.pass(20_000);
        match known_there {
            true => assert_eq!(bench.value(result), text_result("done")),
            false => assert_eq!(bench.error(result).code, Code::TaskNotFound),
        }
        assert_eq!(bench.count("initialize"), 1, "{:?}", posted(&bench));
    }
}

#[test]
fn a_call_whose_answer_had_begun_is_not_made_again() {
    let (mut bench, current) = forgetful(fresh(), REFUSALS[1].1);
    bench.on("tools/call", |_| Reply::stream().bytes("id: 7\ndata:\n\n").ends());
    let call = bench.invoke(tool("plain"));
    current.set(2);
    bench.pass(30_000);
    let error = bench.error(call);
    assert_eq!((error.code, bench.count("tools/call")), (Code::Network, 1), "no word of the server's about the call: {error:?}");
    let again = bench.invoke(tool("plain"));
    bench.on("tools/call", |sent| Reply::json(sent.result(text_result("again"))));
    bench.pass(30_000);
    assert!(!bench.is_pending(again));
    assert_eq!(bench.count("initialize"), 1, "{:?}", posted(&bench));
}

#[test]
fn one_that_may_be_made_twice_is_made_again() {
    let (mut bench, current) = forgetful(fresh(), REFUSALS[1].1);
    let mut is_first = true;
    bench.on("prompts/get", move |sent| match std::mem::take(&mut is_first) {
        true => Reply::stream().bytes("id: 7\ndata:\n\n").ends(),
        false => Reply::json(sent.result(json!({ "messages": [] }))),
    });
    let call = bench.invoke(crate::bench::invocation(mcp_tasks::engine::Kind::Prompt, "p"));
    current.set(2);
    bench.pass(30_000);
    assert_eq!((bench.value(call), bench.count("prompts/get")), (json!({ "messages": [] }), 2));
}

#[test]
fn what_was_asked_in_the_session_is_asked_no_more() {
    let mut config = Bench::new(answering(), crate::server::all_capabilities());
    config.on("GET", |_| Reply::stream());
    let (mut bench, current) = forgetful(config, |_| Reply::status(404));
    bench.watched_task();
    let result = bench.result("t1");
    is(&mut bench, "t1", "input_required");
    bench.push(&of("t1", question(0, "name?")));
    assert_eq!(bench.keys(), ["0"]);
    let stream = bench.stream();
    current.set(2);
    is(&mut bench, "t1", "working");
    let other = bench.invoke(tool("plain"));
    bench.pass(3_000);
    bench.value(other);
    assert_eq!(bench.withdrawn(), [1]);
    assert!(stream.is_some_and(|stream| !bench.is_open(stream)) && bench.stream().is_some(), "the stream is another, too");
    is(&mut bench, "t1", "completed");
    bench.pass(20_000);
    assert_eq!((bench.value(result), bench.count("answer")), (text_result("done"), 0));
}

#[test]
fn an_answer_to_a_session_that_is_gone_finds_that_out() {
    let mut asking = Bench::new(answering(), crate::server::all_capabilities());
    asking.on("GET", |_| Reply::stream());
    let (mut bench, current) = forgetful(asking, |_| Reply::status(404));
    bench.watched_task();
    bench.result("t1");
    is(&mut bench, "t1", "input_required");
    bench.push(&of("t1", question(0, "name?")));
    current.set(2);
    bench.answer(1, accept("Ada"));
    bench.pass(500);
    assert_eq!(bench.count("initialize"), 1, "{:?}", posted(&bench));
}

#[test]
fn an_answer_that_waits_while_the_session_is_looked_for_is_not_given_to_the_next_one() {
    let mut asking = Bench::new(answering(), crate::server::all_capabilities());
    asking.on("GET", |_| Reply::stream());
    let (mut bench, current) = forgetful(asking, |_| Reply::status(404).after(1_000));
    bench.watched_task();
    bench.result("t1");
    is(&mut bench, "t1", "input_required");
    bench.push(&of("t1", question(0, "name?")));
    current.set(2);
    while bench.count("ping") == 0 {
        bench.pass(100);
    }
    bench.answer(1, accept("Ada"));
    bench.pass(30_000);
    assert_eq!((bench.count("initialize"), bench.count("answer")), (1, 0), "{:?}", posted(&bench));
}

#[test]
fn where_no_new_session_is_to_be_had_it_is_tried_again_and_then_whoever_waited_is_told() {
    for refusals in [1, 100] {
        let (mut bench, current) = forgetful(fresh(), |_| Reply::status(404));
        current.set(2);
        let mut left = refusals;
        bench.server.upset(move |sent| {
            let is_refused = sent.method() == "initialize" && left > 0;
            is_refused.then(|| {
                left -= 1;
                Reply::status(403)
            })
        });
        let call = bench.invoke(tool("plain"));
        bench.pass(30_000);
        match refusals {
            1 => assert_eq!(bench.value(call), text_result("at once")),
            _ => assert_eq!(bench.error(call).code, Code::Unauthorized, "{:?}", posted(&bench)),
        }
        assert!(bench.count("initialize") <= 4, "{:?}", posted(&bench));
        bench.server.upset(|_| None);
        let call = bench.invoke(tool("plain"));
        bench.pass(10_000);
        assert_eq!(bench.value(call), text_result("at once"), "and the next may try");
    }
}

#[test]
fn where_no_new_session_is_to_be_had_the_reason_for_that_is_told() {
    for (why, reply, code) in [
        ("no network", Reply::fail(), Code::Network),
        ("broken", Reply::status(500), Code::Http),
        ("silent", Reply::never(), Code::Timeout),
    ] {
        for opening in ["initialize", "ping"] {
            let (mut bench, current) = forgetful(fresh(), REFUSALS[2].1);
            current.set(2);
            let refusal = reply.clone();
            bench.server.upset(move |sent| (sent.method() == opening).then(|| refusal.clone()));
            let call = bench.invoke(tool("plain"));
            bench.pass(600_000);
            let error = bench.error(call);
            assert_eq!(error.code, code, "{opening}: {why}: {error:?}");
            assert!(bench.count("tools/call") <= 4, "{:?}", posted(&bench));
        }
    }
}

#[test]
fn a_server_that_forgets_every_session_at_once_is_not_hammered() {
    let (mut bench, current) = forgetful(fresh(), |_| Reply::status(404));
    bench.watched_task();
    let result = bench.result("t1");
    let forgets = current.clone();
    bench.server.upset(move |sent| {
        if sent.method() != "initialize" {
            forgets.set(forgets.get() + 1);
        }
        None
    });
    bench.pass(60_000);
    assert!(bench.is_pending(result), "a poll that fails does not fail the task");
    assert!(bench.count("initialize") <= 14, "{}", bench.count("initialize"));
    assert!(bench.sent.len() < 100, "{}", bench.sent.len());
}

#[test]
fn what_a_server_says_of_lost_sessions_is_not_taken_for_its_answer() {
    let (mut bench, current) = forgetful(fresh(), REFUSALS[1].1);
    let forgets = current.clone();
    bench.server.upset(move |sent| {
        if sent.method() == "tools/list" {
            forgets.set(forgets.get() + 1);
        }
        None
    });
    let call = bench.invoke(tool("must"));
    bench.pass(60_000);
    let error = bench.error(call);
    assert_eq!((error.code, bench.count("tools/call")), (Code::Http, 0), "a list that was not had is no empty one: {error:?}");
    assert_eq!(error.data.as_ref().expect("data").0, json!({ "status": 404 }));
}

#[test]
fn nothing_hangs_when_the_client_is_closed_meanwhile() {
    let (mut bench, current) = forgetful(fresh(), |_| Reply::status(404));
    current.set(2);
    bench.server.upset(|sent| (sent.method() == "ping").then(Reply::never));
    let call = bench.invoke(tool_task("slow"));
    bench.pass(100);
    assert!(bench.is_pending(call));
    let goodbye = bench.close();
    bench.pass(10_000);
    assert_eq!(bench.error(call).code, Code::Closed);
    assert!(!bench.is_pending(goodbye));
    assert_eq!(bench.engine.deadline(), None);
}

#[test]
fn a_server_without_sessions_is_never_asked_for_one() {
    let mut bench = session_of(config());
    bench.on("tools/call", |_| Reply::status(404));
    let call = bench.invoke(tool("plain"));
    bench.pass(10_000);
    assert_eq!((bench.error(call).code, bench.count("ping")), (Code::Http, 0));
    bench.on("tools/call", |sent| Reply::json(sent.error(METHOD_NOT_FOUND, "no")));
}
