//! Servers that do anything, for callers who do anything: nothing breaks, and once the server is well again nothing hangs.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use mcp_tasks::engine::{Failure, Invocation, Kind, Listing, Media, Millis, State};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::bench::{Bench, config, invocation};
use crate::message::any_json;
use crate::server::all_capabilities;
use crate::wire::{Arrival, Reply, Sent};

/// What an odd server does with a request.
#[derive(Clone, Debug)]
enum Odd {
    /// What it should.
    Right,
    Result(Value),
    Error(i32, Value),
    Message(Value),
    Status(u16, Option<Value>, Option<Millis>),
    /// An event stream that begins with an id or without, and ends or does not.
    Events(Vec<Value>, bool, bool),
    Bytes(Vec<u8>),
    Fail(Failure),
    Never,
}

/// What a caller does.
#[derive(Clone, Debug)]
enum Act {
    Invoke(Kind, &'static str, bool, bool),
    Status(&'static str),
    Wait(&'static str, Option<State>),
    Result(&'static str, Option<Kind>),
    Cancel(&'static str),
    List(Listing),
    ListTasks(Option<String>, usize),
    Abandon(u32),
    Watch(&'static str, bool),
    Follow(&'static str),
    Detach(&'static str),
    Listen(bool),
    Push(Value),
    PushBytes(Vec<u8>),
    Break,
    /// The engine is woken before its deadline.
    Tick,
    /// Or so long after it.
    Lateness(Millis),
    /// Answers take so long.
    Latency(Millis),
}

fn ids() -> impl Strategy<Value = &'static str> {
    select(vec!["t1", "t2", "t3"])
}

fn tasks() -> impl Strategy<Value = Value> {
    let states = select(vec!["working", "input_required", "completed", "failed", "cancelled", "odd"]);
    let interval = prop_oneof![Just(json!(null)), (-10..100_000_i64).prop_map(Value::from), any::<f64>().prop_map(Value::from)];
    (ids(), states, interval).prop_map(|(id, state, interval)| {
        json!({ "taskId": id, "status": state, "ttl": null, "pollInterval": interval, "content": [], "statusMessage": "m" })
    })
}

fn messages() -> impl Strategy<Value = Value> {
    let pushed = |task| json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": task });
    let changed = select(vec!["tools", "prompts", "resources"]);
    prop_oneof![
        2 => any_json(),
        4 => tasks().prop_map(pushed),
        1 => changed.prop_map(|what| json!({ "method": format!("notifications/{what}/list_changed") })),
        1 => any_json().prop_map(|params| json!({ "method": "notifications/progress", "params": params })),
        1 => any_json().prop_map(|id| json!({ "id": id, "method": "ping" })),
        1 => (0..30_u32, any_json()).prop_map(|(id, result)| json!({ "id": id, "result": result })),
        1 => vec(any_json(), 0..3).prop_map(Value::from),
    ]
}

fn results() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => any_json(),
        3 => tasks(),
        3 => tasks().prop_map(|task| json!({ "task": task })),
        1 => tasks().prop_map(|task| json!({ "_meta": { "modelcontextprotocol.io/task": task } })),
        1 => vec(tasks(), 0..3).prop_map(|tasks| json!({ "tasks": tasks, "nextCursor": "more" })),
        1 => any_json().prop_map(|item| json!({ "tools": [item], "prompts": [], "resources": [], "nextCursor": "more" })),
        1 => any_json().prop_map(|any| json!({ "content": [any], "isError": true, "messages": any, "contents": any })),
    ]
}

fn odd() -> impl Strategy<Value = Odd> {
    let statuses = select(vec![200_u16, 202, 204, 301, 400, 401, 403, 404, 405, 406, 408, 409, 429, 500, 502, 503]);
    let codes = select(vec![-32700, -32603, -32602, -32601, -32600, -32001, 0]);
    let failures = select(vec![Failure::Network, Failure::TooLarge, Failure::Redirected, Failure::Unsendable]);
    prop_oneof![
        4 => Just(Odd::Right),
        4 => results().prop_map(Odd::Result),
        2 => (codes, any_json()).prop_map(|(code, data)| Odd::Error(code, data)),
        1 => messages().prop_map(Odd::Message),
        2 => (statuses, prop::option::of(any_json()), prop::option::of(0..1_u64 << 42)).prop_map(|(a, b, c)| Odd::Status(a, b, c)),
        2 => (vec(messages(), 0..4), any::<bool>(), any::<bool>()).prop_map(|(a, b, c)| Odd::Events(a, b, c)),
        1 => vec(any::<u8>(), 0..40).prop_map(Odd::Bytes),
        1 => failures.prop_map(Odd::Fail),
        1 => Just(Odd::Never),
    ]
}

fn acts() -> impl Strategy<Value = Act> {
    let kinds = || select(vec![Kind::Tool, Kind::Prompt, Kind::Resource]);
    let states = select(vec![State::Working, State::InputRequired, State::Completed, State::Failed, State::Cancelled]);
    let names = select(vec!["slow", "must", "plain", "wrapped", "unknown"]);
    prop_oneof![
        6 => (kinds(), names, any::<bool>(), any::<bool>()).prop_map(|(a, b, c, d)| Act::Invoke(a, b, c, d)),
        2 => ids().prop_map(Act::Status),
        2 => (ids(), prop::option::of(states)).prop_map(|(id, state)| Act::Wait(id, state)),
        2 => (ids(), prop::option::of(kinds())).prop_map(|(id, kind)| Act::Result(id, kind)),
        2 => ids().prop_map(Act::Cancel),
        1 => select(Listing::ALL.to_vec()).prop_map(Act::List),
        1 => (prop::option::of("[0-9]{0,2}:?[a-z]{0,3}"), 1..4_usize).prop_map(|(cursor, limit)| Act::ListTasks(cursor, limit)),
        2 => (1..20_u32).prop_map(Act::Abandon),
        2 => (ids(), any::<bool>()).prop_map(|(id, watching)| Act::Watch(id, watching)),
        2 => ids().prop_map(Act::Follow),
        1 => ids().prop_map(Act::Detach),
        1 => any::<bool>().prop_map(Act::Listen),
        4 => messages().prop_map(Act::Push),
        1 => vec(any::<u8>(), 0..20).prop_map(Act::PushBytes),
        1 => Just(Act::Break),
        1 => Just(Act::Tick),
        1 => (0..90_000_u64).prop_map(Act::Lateness),
        1 => (0..90_000_u64).prop_map(Act::Latency),
    ]
}

/// `None` is for the server that does everything right.
fn reply(odd: &Odd, sent: &Sent) -> Option<Reply> {
    let primed = |primed: bool| if primed { Reply::stream().bytes("id: 5\nretry: 50\ndata:\n\n") } else { Reply::stream() };
    Some(match odd {
        Odd::Right => return None,
        Odd::Result(result) => Reply::json(sent.result(result.clone())),
        Odd::Error(code, data) => {
            let mut error = sent.error(*code, "odd");
            error["error"]["data"] = data.clone();
            Reply::json(error)
        }
        Odd::Message(message) => Reply::json(message.clone()),
        Odd::Status(status, body, retry_after) => Reply::status(*status).headed(|head| {
            head.media = if body.is_some() { Media::Json } else { Media::Other };
            head.retry_after = *retry_after;
        }),
        Odd::Events(messages, first, ends) => {
            let stream = messages.iter().fold(primed(*first), Reply::event);
            if *ends { stream.ends() } else { stream }
        }
        Odd::Bytes(bytes) => primed(true).then(Arrival::Bytes(bytes.clone())).ends(),
        Odd::Fail(failure) => Reply(vec![(0, Arrival::Fail(*failure))]),
        Odd::Never => Reply::never(),
    })
}

/// A server that does these things with its next requests, and everything right after them.
fn upset(bench: &mut Bench, odds: Vec<Odd>) -> Rc<RefCell<VecDeque<Odd>>> {
    let odds: Rc<RefCell<VecDeque<_>>> = Rc::new(RefCell::new(odds.into()));
    let left = odds.clone();
    bench.server.upset(move |sent| left.borrow_mut().pop_front().and_then(|odd| reply(&odd, sent)));
    odds
}

/// Does something; gives the call, where it is one that must end.
fn act(bench: &mut Bench, act: Act) -> Option<u32> {
    Some(match act {
        Act::Invoke(kind, name, as_task, progress) => {
            bench.invoke(Invocation { as_task, progress, throw: !progress, ..invocation(kind, name) })
        }
        Act::Status(id) => bench.call(|engine, call, now| engine.status(call, id, now)),
        Act::Wait(id, state) => bench.call(|engine, call, now| engine.wait(call, id, state, now)),
        Act::Result(id, kind) => bench.call(|engine, call, now| engine.result(call, id, kind, "", true, None, now)),
        Act::Cancel(id) => bench.call(|engine, call, now| engine.cancel(call, id, now)),
        Act::List(listing) => bench.call(|engine, call, now| engine.list(call, listing, now)),
        Act::ListTasks(cursor, limit) => bench.call(|engine, call, now| engine.list_tasks(call, cursor.as_deref(), limit, now)),
        other => {
            match other {
                Act::Abandon(call) => bench.abandon(call),
                Act::Watch(id, watching) => bench.tell(|engine, now| engine.watch(id, watching, now)),
                Act::Follow(id) => bench.tell(|engine, now| engine.follow(id, now)),
                Act::Detach(id) => bench.tell(|engine, now| engine.detach(id, now)),
                Act::Listen(listening) => bench.tell(|engine, now| engine.listen(listening, now)),
                Act::Push(message) if bench.stream().is_some() => bench.push(&message),
                Act::PushBytes(bytes) if bench.stream().is_some() => bench.push_bytes(Arrival::Bytes(bytes)),
                Act::Lateness(lateness) => bench.lateness = lateness,
                Act::Latency(latency) => bench.server.latency = latency,
                Act::Break if bench.stream().is_some() => bench.push_bytes(Arrival::End),
                _ => bench.tell(|engine, now| engine.tick(now)),
            }
            return None;
        }
    })
}

proptest! {
    #[test]
    fn whatever_servers_and_callers_do_nothing_hangs(odds in vec(odd(), 0..60), steps in vec((acts(), 0..20_000_u64), 1..40)) {
        let mut bench = Bench::streaming();
        let odds = upset(&mut bench, odds);
        let mut calls = Vec::new();
        let mut abandoned = Vec::new();
        for (step, wait) in steps {
            if let Act::Abandon(call) = step {
                abandoned.push(call);
            }
            calls.extend(act(&mut bench, step));
            bench.pass(wait);
        }
        odds.borrow_mut().clear();
        bench.server.latency = 0;
        bench.server.tasks.borrow_mut().all_done = Some(bench.now + 30_000);
        // Long enough for the cap of intervals, the longest Retry-After and the time-outs of what is in flight.
        bench.pass(3 * 3_600_000);
        calls.retain(|call| bench.is_pending(*call) && !abandoned.contains(call));
        prop_assert_eq!(calls, [0_u32; 0], "these hang");

        let goodbye = bench.close();
        prop_assert!(!bench.is_pending(goodbye));
        let sent = bench.sent.len();
        bench.pass(3_600_000);
        prop_assert_eq!(bench.sent.len(), sent, "the end is the end");
        prop_assert_eq!(bench.engine.deadline(), None);
    }

    #[test]
    fn whatever_answers_connecting_ends(odds in vec(odd(), 1..4)) {
        let mut bench = Bench::new(config(), all_capabilities());
        upset(&mut bench, odds);
        let call = bench.call(|engine, call, now| engine.connect(call, now));
        bench.pass(600_000);
        prop_assert!(!bench.is_pending(call));
    }
}
