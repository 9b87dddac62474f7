//! Servers of the stateless era that do anything, for callers who do anything: nothing breaks, and once the server is well again
//! nothing hangs.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use mcp_tasks::engine::{Failure, Invocation, Kind, Listing, Media, Millis, QuestionId, State, Topic};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::bench::{Bench, invocation, modern_config};
use crate::message::any_json;
use crate::modern_server::{ACKNOWLEDGED, asking, modern_capabilities};
use crate::node::Node;
use crate::server::Server;
use crate::wire::{Arrival, Reply, Sent};

/// What an odd server does with a request.
#[derive(Clone, Debug)]
enum Odd {
    /// What it should.
    Right,
    Result(Value),
    Error(u16, i32, Value),
    Message(Value),
    Status(u16, Option<Value>, Option<Millis>),
    /// An event stream, which begins with an acknowledgement or without, and ends or does not.
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
    Update(&'static str, Value),
    Respond(&'static str, &'static str),
    List(Listing),
    ListTasks(usize),
    /// One of the questions that were asked so far.
    Answer(usize, Option<Value>),
    Refuse(usize),
    Abandon(u32),
    Watch(&'static str, bool),
    Follow(&'static str),
    Detach(&'static str),
    Listen(bool),
    Push(Value),
    PushBytes(Vec<u8>),
    Break,
    Reauthorized,
    /// The task asks, or does not.
    Becomes(&'static str, Value),
    Tick,
    Lateness(Millis),
    Latency(Millis),
}

fn ids() -> impl Strategy<Value = &'static str> {
    select(vec!["t1", "t2", "t3"])
}

fn questions() -> impl Strategy<Value = Value> {
    let methods = select(vec!["elicitation/create", "sampling/createMessage", "roots/list", "odd/odd"]);
    let question = prop_oneof![4 => methods.prop_map(|method| json!({ "method": method, "params": {} })), 1 => any_json()];
    vec((select(vec!["a", "b", "c", ""]), question), 0..3).prop_map(|questions| {
        questions.into_iter().map(|(key, question)| (key.to_string(), question)).collect::<serde_json::Map<_, _>>().into()
    })
}

fn tasks() -> impl Strategy<Value = Value> {
    let states = select(vec!["working", "input_required", "completed", "failed", "cancelled", "odd"]);
    let interval = prop_oneof![Just(json!(null)), (-10..100_000_i64).prop_map(Value::from), any::<f64>().prop_map(Value::from)];
    let member = || prop_oneof![2 => Just(json!({ "content": [] })), 1 => any_json()];
    (ids(), states, interval, questions(), member(), member(), types()).prop_map(|(id, state, interval, asks, result, error, kind)| {
        json!({
            "taskId": id, "status": state, "ttlMs": null, "pollIntervalMs": interval, "statusMessage": "m",
            "inputRequests": asks, "result": result, "error": error, "resultType": kind,
        })
    })
}

fn types() -> impl Strategy<Value = Value> {
    let known = select(vec!["complete", "task", "input_required", "odd", ""]);
    prop_oneof![1 => Just(json!(null)), 5 => known.prop_map(Value::from), 1 => any_json()]
}

fn messages() -> impl Strategy<Value = Value> {
    let notified = |method: &'static str| move |params| json!({ "jsonrpc": "2.0", "method": method, "params": params });
    let changed = select(vec!["tools", "prompts", "resources"]);
    let covered = vec(ids(), 0..3).prop_map(|ids| json!({ "notifications": { "taskIds": ids } }));
    prop_oneof![
        2 => any_json(),
        4 => tasks().prop_map(notified("notifications/tasks")),
        2 => covered.prop_map(notified(ACKNOWLEDGED)),
        1 => changed.prop_map(|what| json!({ "method": format!("notifications/{what}/list_changed") })),
        1 => any_json().prop_map(notified("notifications/progress")),
        1 => any_json().prop_map(|id| json!({ "id": id, "method": "elicitation/create" })),
        1 => (0..30_u32, any_json()).prop_map(|(id, result)| json!({ "id": id, "result": result })),
        1 => vec(any_json(), 0..3).prop_map(Value::from),
    ]
}

fn results() -> impl Strategy<Value = Value> {
    let state = prop_oneof![Just(json!(null)), "[a-z]{0,3}".prop_map(Value::from), any_json()];
    prop_oneof![
        2 => any_json(),
        4 => tasks(),
        4 => (questions(), state, types()).prop_map(|(asks, state, kind)| {
            json!({ "resultType": kind, "inputRequests": asks, "requestState": state, "content": [] })
        }),
        1 => (any_json(), any_json()).prop_map(|(item, ttl)| {
            json!({ "tools": [item], "prompts": [], "resources": [], "nextCursor": "more", "ttlMs": ttl, "cacheScope": "private" })
        }),
        1 => any_json().prop_map(|any| json!({ "content": [any], "isError": true, "messages": any, "contents": any })),
    ]
}

fn odd() -> impl Strategy<Value = Odd> {
    let statuses = || select(vec![200_u16, 202, 204, 301, 400, 401, 403, 404, 405, 406, 408, 409, 429, 500, 502, 503]);
    let codes = select(vec![-32700, -32603, -32602, -32601, -32600, -32020, -32021, -32022, 0]);
    let failures = select(vec![Failure::Network, Failure::TooLarge, Failure::Redirected, Failure::Unsendable]);
    prop_oneof![
        4 => Just(Odd::Right),
        6 => results().prop_map(Odd::Result),
        2 => (statuses(), codes, any_json()).prop_map(|(status, code, data)| Odd::Error(status, code, data)),
        1 => messages().prop_map(Odd::Message),
        2 => (statuses(), prop::option::of(any_json()), prop::option::of(0..1_u64 << 42)).prop_map(|(a, b, c)| Odd::Status(a, b, c)),
        3 => (vec(messages(), 0..4), any::<bool>(), any::<bool>()).prop_map(|(a, b, c)| Odd::Events(a, b, c)),
        1 => vec(any::<u8>(), 0..40).prop_map(Odd::Bytes),
        1 => failures.prop_map(Odd::Fail),
        1 => Just(Odd::Never),
    ]
}

fn acts() -> impl Strategy<Value = Act> {
    let kinds = || select(vec![Kind::Tool, Kind::Prompt, Kind::Resource]);
    let states = select(vec![State::Working, State::InputRequired, State::Completed, State::Failed, State::Cancelled]);
    let names = select(vec!["slow", "must", "quick", "routed", "reads", "unknown"]);
    let keys = select(vec!["a", "b", "c"]);
    let becomes = prop_oneof![Just(json!("working")), vec(keys.clone(), 0..3).prop_map(|keys| asking(&keys))];
    let lives = prop_oneof![
        2 => ids().prop_map(Act::Status),
        2 => (ids(), prop::option::of(states)).prop_map(|(id, state)| Act::Wait(id, state)),
        4 => (ids(), prop::option::of(kinds())).prop_map(|(id, kind)| Act::Result(id, kind)),
        2 => ids().prop_map(Act::Cancel),
        1 => (ids(), questions()).prop_map(|(id, responses)| Act::Update(id, responses)),
        1 => (ids(), keys).prop_map(|(id, key)| Act::Respond(id, key)),
        2 => (ids(), any::<bool>()).prop_map(|(id, watching)| Act::Watch(id, watching)),
        2 => ids().prop_map(Act::Follow),
        1 => ids().prop_map(Act::Detach),
        4 => (ids(), becomes).prop_map(|(id, state)| Act::Becomes(id, state)),
    ];
    prop_oneof![
        6 => (kinds(), names, any::<bool>(), any::<bool>()).prop_map(|(a, b, c, d)| Act::Invoke(a, b, c, d)),
        18 => lives,
        1 => select(Listing::ALL.to_vec()).prop_map(Act::List),
        1 => (1..4_usize).prop_map(Act::ListTasks),
        6 => (any::<usize>(), prop::option::of(any_json())).prop_map(|(index, answer)| Act::Answer(index, answer)),
        1 => any::<usize>().prop_map(Act::Refuse),
        2 => (1..20_u32).prop_map(Act::Abandon),
        1 => any::<bool>().prop_map(Act::Listen),
        4 => messages().prop_map(Act::Push),
        1 => vec(any::<u8>(), 0..20).prop_map(Act::PushBytes),
        1 => Just(Act::Break),
        1 => Just(Act::Reauthorized),
        1 => Just(Act::Tick),
        1 => (0..90_000_u64).prop_map(Act::Lateness),
        1 => (0..90_000_u64).prop_map(Act::Latency),
    ]
}

/// `None` is for the server that does everything right.
fn reply(odd: &Odd, sent: &Sent) -> Option<Reply> {
    Some(match odd {
        Odd::Right => return None,
        Odd::Result(result) => Reply::json(sent.result(result.clone())),
        Odd::Error(status, code, data) => {
            let mut error = sent.error(*code, "odd");
            error["error"]["data"] = data.clone();
            Reply::status_with(*status, error)
        }
        Odd::Message(message) => Reply::json(message.clone()),
        Odd::Status(status, body, retry_after) => Reply::status(*status).headed(|head| {
            head.media = if body.is_some() { Media::Json } else { Media::Other };
            head.retry_after = *retry_after;
        }),
        Odd::Events(messages, acknowledged, ends) => {
            let filter = sent.params()["notifications"].clone();
            let first = json!({ "method": ACKNOWLEDGED, "params": { "notifications": filter } });
            let stream = if *acknowledged { Reply::stream().event(&first) } else { Reply::stream() };
            let stream = messages.iter().fold(stream, Reply::event);
            if *ends { stream.ends() } else { stream }
        }
        Odd::Bytes(bytes) => Reply::stream().then(Arrival::Bytes(bytes.clone())).ends(),
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

fn right(topic: Topic) -> Value {
    match topic {
        Topic::Elicitation => json!({ "action": "decline" }),
        Topic::Sampling => json!({ "role": "assistant", "content": { "type": "text", "text": "hm" }, "model": "m" }),
        Topic::Roots => json!({ "roots": [] }),
    }
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
        Act::Update(id, responses) => bench.call(|engine, call, now| engine.update(call, id, Node(responses), now)),
        Act::Respond(id, key) => bench.call(|engine, call, now| engine.respond(call, id, key.into(), Node(right(Topic::Elicitation)), now)),
        Act::List(listing) => bench.call(|engine, call, now| engine.list(call, listing, now)),
        Act::ListTasks(limit) => bench.call(|engine, call, now| engine.list_tasks(call, None, limit, now)),
        other => {
            let asked = bench.asked();
            match other {
                Act::Answer(index, answer) if !asked.is_empty() => {
                    let ask = &asked[index % asked.len()];
                    bench.answer(ask.question, answer.unwrap_or_else(|| right(ask.topic)));
                }
                Act::Refuse(index) if !asked.is_empty() => bench.refuse(asked[index % asked.len()].question, json!("no")),
                Act::Abandon(call) => bench.abandon(call),
                Act::Watch(id, watching) => bench.tell(|engine, now| engine.watch(id, watching, now)),
                Act::Follow(id) => bench.tell(|engine, now| engine.follow(id, now)),
                Act::Detach(id) => bench.tell(|engine, now| engine.detach(id, now)),
                Act::Listen(listening) => bench.tell(|engine, now| engine.listen(listening, now)),
                Act::Push(message) if bench.stream().is_some() && message.is_object() => bench.push(&message),
                Act::PushBytes(bytes) if bench.stream().is_some() => bench.push_bytes(Arrival::Bytes(bytes)),
                Act::Reauthorized => bench.tell(|engine, _| engine.reauthorized()),
                Act::Becomes(id, state) => {
                    let now = bench.now;
                    bench.server.tasks.borrow_mut().set(id, now, state);
                }
                Act::Lateness(lateness) => bench.lateness = lateness,
                Act::Latency(latency) => bench.server.latency = latency,
                Act::Break if bench.stream().is_some() => bench.push_bytes(Arrival::End),
                _ => bench.tell(|engine, now| engine.tick(now)),
            }
            return None;
        }
    })
}

/// Everything that was asked is answered rightly, as it is asked, for so long.
fn answer_all(bench: &mut Bench, time: Millis) {
    let end = bench.now + time;
    let mut answered: QuestionId = 0;
    while bench.now < end {
        let mut asked = bench.asked();
        asked.retain(|ask| ask.question > answered);
        for ask in asked {
            bench.answer(ask.question, right(ask.topic));
            answered = ask.question;
        }
        bench.pass(60_000);
    }
}

proptest! {
    #[test]
    fn whatever_servers_and_callers_do_nothing_hangs(odds in vec(odd(), 0..60), steps in vec((acts(), 0..20_000_u64), 1..40)) {
        let mut bench = Bench::modern();
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
        answer_all(&mut bench, 3 * 3_600_000);
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
    fn whatever_answers_connecting_ends(odds in vec(odd(), 1..6), hides_headers: bool) {
        let config = mcp_tasks::engine::Config { hides_headers, ..modern_config() };
        let mut bench = Bench::meeting(config, Server::modern(modern_capabilities()));
        upset(&mut bench, odds);
        let call = bench.call(|engine, call, now| engine.connect(call, now));
        bench.pass(600_000);
        prop_assert!(!bench.is_pending(call));
    }
}
