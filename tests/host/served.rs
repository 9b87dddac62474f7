//! What a server with sessions asks of us, on any stream: each question is asked once, and each answer sent until the server has it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use mcp_tasks::engine::{Answers, Code, Config, Millis, QuestionId, Topic};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{Bench, config, tool, tool_task};
use crate::dice::are_backoffs;
use crate::node::Node;
use crate::server::{METHOD_NOT_FOUND, all_capabilities, id_of, text_result, told};
use crate::wire::{Arrival, Reply, Sent};

/// A client that answers every question, of a server with sessions.
pub fn answering() -> Config<Node> {
    Config { answers: Answers { elicitation: true, sampling: true, roots: true, local: false }, ..config() }
}

pub fn session_of(config: Config<Node>) -> Bench {
    let mut bench = Bench::new(config, all_capabilities());
    bench.on("GET", |_| Reply::stream());
    let call = bench.call(|engine, call, now| engine.connect(call, now));
    bench.value(call);
    bench.told.clear();
    bench
}

pub fn accept(value: &str) -> Value {
    json!({ "action": "accept", "content": { "value": value } })
}

/// A request of the server, with these words for the user.
pub fn question(id: impl Into<Value>, words: &str) -> Value {
    let schema = json!({ "type": "object", "properties": { "value": { "type": "string" } } });
    let params = json!({ "message": words, "requestedSchema": schema });
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": "elicitation/create", "params": params })
}

/// The same, about a task.
pub fn of(task: &str, mut request: Value) -> Value {
    request["params"]["_meta"]["io.modelcontextprotocol/related-task"] = json!({ "taskId": task });
    request
}

/// More comes on the open response to a request.
pub fn say(bench: &mut Bench, on: &Sent, message: &Value) {
    bench.reply(on, Reply::never().event(message));
    bench.pass(0);
}

pub fn is(bench: &mut Bench, id: &str, state: &str) {
    let at = bench.now;
    bench.server.tasks.borrow_mut().set(id, at, state);
}

/// The answers that were sent, in order.
fn answers(bench: &Bench) -> Vec<Value> {
    bench.all("answer").into_iter().map(|sent| sent.body).collect()
}

fn answer_to(id: impl Into<Value>, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id.into(), "result": result })
}

fn code_of(answer: &Value) -> Option<i64> {
    answer["error"]["code"].as_i64()
}

/// A task whose result somebody waits for, and which asks this on the stream of the server's own messages.
fn asked(id: impl Into<Value>, words: &str) -> (Bench, u32) {
    let mut bench = session_of(answering());
    bench.watched_task();
    let result = bench.result("t1");
    is(&mut bench, "t1", "input_required");
    bench.push(&of("t1", question(id, words)));
    (bench, result)
}

fn cancelled(id: impl Into<Value>) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id.into() } })
}

fn respond(bench: &mut Bench, key: &str, response: Value) -> u32 {
    bench.call(|engine, call, now| engine.respond(call, "t1", key.into(), Node(response), now))
}

/// How a question of a task reaches us.
#[derive(Clone, Copy, Debug)]
enum Way {
    Push,
    /// FastMCP 3.4: the task says that it will ask, and the question says nothing of the task.
    Announced,
    Aside,
    AsideUnrelated,
    /// On the stream of the call that makes the task, before the task is told of.
    BeforeTheTask,
    /// The same, by the stream of the server's own messages.
    PushBeforeTheTask,
}

/// A task that has asked this, and who waits for its result.
fn asked_by(way: Way, request: &Value) -> (Bench, u32) {
    let mut bench = session_of(answering());
    let about = of("t1", request.clone());
    if let Way::BeforeTheTask | Way::PushBeforeTheTask = way {
        bench.on("tools/call", |_| Reply::stream());
        let call = bench.invoke(tool("must"));
        let sent = bench.last("tools/call");
        match way {
            Way::BeforeTheTask => say(&mut bench, &sent, &about),
            _ => bench.push(&about),
        }
        assert_eq!(bench.keys(), [""; 0], "{way:?}: nobody knows the task yet");
        let id = bench.server.tasks.borrow_mut().make(bench.now);
        is(&mut bench, &id, "input_required");
        let task = bench.server.tasks.borrow().at(&id, bench.now);
        say(&mut bench, &sent, &sent.result(json!({ "task": task })));
        return (bench, call);
    }
    bench.on("tasks/result", |_| Reply::stream());
    bench.watched_task();
    let result = bench.result("t1");
    is(&mut bench, "t1", "input_required");
    match way {
        Way::Push => bench.push(&about),
        Way::Announced => {
            bench.push(&told("t1", "input_required"));
            bench.push(request);
        }
        _ => {
            bench.pass(1_000);
            let aside = bench.last("tasks/result");
            say(&mut bench, &aside, if let Way::Aside = way { &about } else { request });
        }
    }
    (bench, result)
}

#[test]
fn a_question_of_a_task_is_answered_on_whatever_stream_it_comes() {
    let ways = [Way::Push, Way::Announced, Way::Aside, Way::AsideUnrelated, Way::BeforeTheTask, Way::PushBeforeTheTask];
    for way in ways {
        for (id, key) in [(json!(0), "0"), (json!(7), "7"), (json!("q-1"), "q-1"), (json!("0"), "0"), (json!(""), "")] {
            let (mut bench, result) = asked_by(way, &question(id.clone(), "name?"));
            let asked = bench.asked();
            let [ask] = &asked[..] else { panic!("{way:?} {id}: one question, and not {asked:?}") };
            assert_eq!((ask.topic, &*ask.key, ask.task_id.as_deref()), (Topic::Elicitation, key, Some("t1")), "{way:?} {id}");
            assert_eq!(ask.params.0["message"], "name?");
            bench.answer(1, accept("Ada"));
            assert_eq!(answers(&bench), [answer_to(id.clone(), accept("Ada"))], "{way:?} {id}");
            is(&mut bench, "t1", "completed");
            bench.results("tasks/result", text_result("done"));
            bench.pass(60_000);
            assert_eq!(bench.value(result), text_result("done"), "{way:?} {id}");
            assert_eq!((bench.keys().len(), bench.count("answer"), bench.withdrawn().len()), (1, 1, 0), "{way:?} {id}");
        }
    }
}

#[test]
fn sampling_and_roots_are_passed_on_as_they_came() {
    let params = json!({
        "messages": [
            { "role": "user", "content": { "type": "image", "data": "AA==", "mimeType": "image/png" } },
            { "role": "user", "content": [{ "type": "audio", "data": "AA==", "mimeType": "audio/wav" }] },
        ],
        "tools": [{ "name": "t", "inputSchema": { "type": "object" } }], "toolChoice": { "mode": "required" }, "maxTokens": 1,
    });
    let mut bench = session_of(answering());
    bench.push(&json!({ "jsonrpc": "2.0", "id": 0, "method": "sampling/createMessage", "params": params }));
    bench.push(&json!({ "jsonrpc": "2.0", "id": 1, "method": "roots/list" }));
    let asked = bench.asked();
    assert_eq!(asked.iter().map(|ask| ask.topic).collect::<Vec<_>>(), [Topic::Sampling, Topic::Roots]);
    assert_eq!((&asked[0].params.0, &asked[1].params.0), (&params, &json!({})));
    let said = json!({ "role": "assistant", "model": "m", "content": [{ "type": "tool_use", "id": "1", "name": "t", "input": {} }] });
    bench.answer(2, json!({ "roots": [] }));
    bench.answer(1, said.clone());
    assert_eq!(answers(&bench), [answer_to(1, json!({ "roots": [] })), answer_to(0, said)]);
}

#[test]
fn a_plain_call_is_asked_on_its_own_stream_until_it_ends() {
    let asked = || {
        let mut bench = session_of(answering());
        bench.on("tools/call", |_| Reply::stream());
        let call = bench.invoke(tool("plain"));
        let sent = bench.last("tools/call");
        say(&mut bench, &sent, &question(0, "name?"));
        assert_eq!((bench.keys(), bench.asked()[0].task_id.as_deref()), (vec!["0".to_string()], None));
        (bench, call, sent)
    };
    let (mut bench, call, sent) = asked();
    bench.answer(1, accept("Ada"));
    assert_eq!(answers(&bench), [answer_to(0, accept("Ada"))]);
    say(&mut bench, &sent, &sent.result(text_result("hello")));
    assert_eq!((bench.value(call), bench.withdrawn()), (text_result("hello"), vec![]));

    let (mut bench, call, sent) = asked();
    say(&mut bench, &sent, &sent.result(text_result("never mind")));
    assert_eq!((bench.value(call), bench.withdrawn()), (text_result("never mind"), vec![1]));

    let (mut bench, call, _) = asked();
    bench.abandon(call);
    assert_eq!(bench.withdrawn(), [1]);
    bench.answer(1, accept("late"));
    assert_eq!(bench.count("answer"), 0);
}

#[test]
fn each_of_two_tasks_has_its_own_question() {
    let mut bench = session_of(answering());
    bench.on("tasks/result", |_| Reply::stream());
    let ids = [bench.watched_task(), bench.watched_task()];
    let results = ids.each_ref().map(|id| bench.result(id));
    ids.iter().for_each(|id| is(&mut bench, id, "input_required"));
    bench.pass(1_000);
    let streams = bench.all("tasks/result");
    for (stream, id) in streams.iter().zip([1, 0]) {
        say(&mut bench, stream, &question(id, "the same words"));
    }
    let mut asked: Vec<_> = bench.asked().into_iter().map(|ask| (ask.task_id.expect("a task"), ask.key, ask.question)).collect();
    let owners: Vec<_> = streams.iter().map(|stream| id_of(stream).to_owned()).collect();
    assert_eq!(asked.iter().map(|(task, ..)| task.clone()).collect::<Vec<_>>(), owners);
    asked.sort_unstable();
    bench.answer(asked[1].2, accept("second"));
    let (key, id): (&str, u64) = if asked[1].1 == "0" { ("0", 0) } else { ("1", 1) };
    assert_eq!((asked[1].1.as_str(), answers(&bench)), (key, vec![answer_to(id, accept("second"))]));
    is(&mut bench, &ids[1], "completed");
    bench.results("tasks/result", text_result("done"));
    bench.pass(10_000);
    assert_eq!((bench.value(results[1]), bench.is_pending(results[0])), (text_result("done"), true));
    assert_eq!(bench.states(&ids[0]), ["input_required"]);
}

#[test]
fn a_task_that_keeps_saying_working_while_it_asks_waits_for_input() {
    let (mut bench, result) = asked_by(Way::Announced, &question("3", "name?"));
    is(&mut bench, "t1", "working");
    bench.push(&told("t1", "working"));
    bench.pass(30_000);
    assert_eq!(bench.states("t1"), ["input_required"], "while the question is open");
    let status = bench.call(|engine, call, now| engine.fresh_status(call, "t1", now));
    bench.pass(10_000);
    let status = bench.value(status);
    assert_eq!(status["status"], "input_required");
    let asked = question("3", "name?");
    assert_eq!(status["inputRequests"], json!({ "3": { "method": asked["method"], "params": asked["params"] } }));
    bench.answer(1, accept("Ada"));
    assert_eq!(bench.states("t1"), ["input_required", "working"]);
    is(&mut bench, "t1", "completed");
    bench.results("tasks/result", text_result("done"));
    bench.pass(10_000);
    assert_eq!((bench.value(result), bench.keys().len()), (text_result("done"), 1));
}

#[test]
fn a_question_that_comes_on_two_streams_is_asked_once() {
    let (mut bench, _) = asked_by(Way::Aside, &question(0, "name?"));
    bench.push(&of("t1", question(0, "name?")));
    let aside = bench.last("tasks/result");
    say(&mut bench, &aside, &of("t1", question(0, "name?")));
    assert_eq!((bench.keys(), bench.oddities().len()), (vec!["0".to_string()], 2));
    bench.server.latency = 5_000;
    bench.answer(1, accept("Ada"));
    bench.push(&of("t1", question(0, "name?")));
    bench.pass(10_000);
    assert_eq!((bench.keys().len(), bench.count("answer")), (1, 1), "nor is it while the answer is on its way");
}

#[test]
fn an_id_that_comes_again_is_another_question() {
    let (mut bench, result) = asked(0, "name?");
    bench.answer(1, accept("Ada"));
    for (at, words) in ["age?", "age?", "name?"].into_iter().enumerate() {
        bench.push(&of("t1", question(0, words)));
        bench.answer(at as u32 + 2, accept(words));
    }
    let keys: BTreeSet<_> = bench.keys().into_iter().collect();
    assert_eq!((keys.len(), bench.keys().len()), (4, 4), "{:?}", bench.keys());
    assert_eq!(answers(&bench), ["Ada", "age?", "age?", "name?"].map(|value| answer_to(0, accept(value))));
    is(&mut bench, "t1", "completed");
    bench.pass(10_000);
    assert_eq!(bench.value(result), text_result("done"));
}

#[test]
fn a_number_and_its_text_are_two_ids() {
    let (mut bench, _) = asked(0, "name?");
    bench.push(&of("t1", question("0", "name?")));
    assert_eq!(bench.keys().iter().collect::<BTreeSet<_>>().len(), 2, "{:?}", bench.keys());
    bench.push(&cancelled("0"));
    assert_eq!(bench.withdrawn(), [2]);
    bench.answer(1, accept("Ada"));
    assert_eq!(answers(&bench), [answer_to(0, accept("Ada"))]);
}

#[test]
fn a_question_that_the_server_takes_back_disappears() {
    let (mut bench, result) = asked(0, "name?");
    bench.push(&cancelled(1));
    bench.push(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled" }));
    assert_eq!(bench.withdrawn(), [0; 0], "another's, or nobody's");
    is(&mut bench, "t1", "working");
    bench.push(&cancelled(0));
    assert_eq!((bench.withdrawn(), bench.states("t1")), (vec![1], vec!["input_required".to_string(), "working".into()]));
    bench.answer(1, accept("late"));
    bench.pass(10_000);
    assert_eq!((bench.count("answer"), bench.is_pending(result)), (0, true), "no answer to what was taken back");

    let mut bench = session_of(answering());
    bench.push(&question(0, "of no task"));
    bench.push(&cancelled(0));
    assert_eq!(bench.withdrawn(), [1]);
}

#[test]
fn an_answer_on_its_way_to_who_takes_the_question_back_is_not_repeated() {
    let (mut bench, _) = asked(0, "name?");
    bench.on("answer", |_| Reply::fail());
    let by_hand = respond(&mut bench, "0", accept("Ada"));
    is(&mut bench, "t1", "working");
    bench.push(&cancelled(0));
    assert_eq!(bench.error(by_hand).code, Code::InvalidArgument);
    bench.pass(120_000);
    assert_eq!(bench.count("answer"), 1);
}

#[test]
fn an_id_that_came_again_is_taken_back_where_it_is_open() {
    let (mut bench, _) = asked(0, "name?");
    bench.on("answer", |_| Reply::never());
    bench.answer(1, accept("Ada"));
    bench.push(&of("t1", question(0, "age?")));
    bench.push(&cancelled(0));
    assert_eq!(bench.withdrawn(), [2], "the first has its answer");
}

#[test]
fn what_was_not_declared_is_refused_and_a_ping_is_answered() {
    let mut bench = session_of(Config { answers: Answers { roots: true, ..Answers::default() }, ..config() });
    for (id, method) in [(json!(0), "elicitation/create"), (json!("a"), "sampling/createMessage"), (json!(2), "tasks/get"), (json!(3), "")]
    {
        bench.push(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": {} }));
        let answer = bench.last("answer").body;
        assert_eq!((&answer["id"], code_of(&answer)), (&id, Some(METHOD_NOT_FOUND.into())), "{method}");
    }
    for id in [json!(0), json!("ping")] {
        bench.push(&json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }));
        assert_eq!(bench.last("answer").body, answer_to(id, json!({})));
    }
    assert_eq!(bench.keys(), [""; 0]);
}

#[test]
fn whoever_answers_nothing_declares_nothing_and_waits_for_nothing() {
    let mut bench = session_of(config());
    let declared = bench.last("initialize");
    assert_eq!((&declared.params()["capabilities"], bench.count("GET")), (&json!({}), 0));
    bench.watched_task();
    is(&mut bench, "t1", "input_required");
    let result = bench.result("t1");
    bench.push(&of("t1", question(0, "name?")));
    bench.pass(1_000);
    assert_eq!(bench.error(result).code, Code::InputRequired);
    assert_eq!(code_of(&bench.last("answer").body), Some(METHOD_NOT_FOUND.into()));
    bench.pass(60_000);
    assert_eq!((bench.count("tasks/result"), bench.states("t1")), (0, vec!["input_required".to_string()]));
}

#[test]
fn the_handlers_that_are_there_are_declared() {
    let bench = session_of(answering());
    let declared = json!({ "elicitation": { "form": {}, "url": {} }, "sampling": { "tools": {} }, "roots": {} });
    assert_eq!(bench.last("initialize").params()["capabilities"], declared);
    assert_eq!(bench.count("GET"), 1, "and the server may ask from the beginning");
}

#[test]
fn a_flood_of_questions_is_dammed() {
    let mut bench = session_of(answering());
    for id in 0..300 {
        bench.push(&question(id, "and?"));
    }
    assert_eq!((bench.keys().len(), bench.count("answer")), (256, 44));
    assert!(answers(&bench).iter().all(|answer| code_of(answer) == Some(-32603)));
    bench.answer(1, accept("yes"));
    bench.push(&question(300, "and?"));
    assert_eq!(bench.keys().len(), 257, "there is room again");

    let mut bench = session_of(answering());
    bench.on("answer", |_| Reply::never());
    for id in 0..100 {
        bench.push(&json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }));
    }
    assert_eq!((bench.count("answer"), bench.oddities().len()), (32, 68), "a server that does not listen");
}

#[test]
fn an_answer_without_the_protocols_shape_is_no_answer() {
    for (by_handler, cause) in
        [(true, json!({ "action": "yes" })), (true, json!({ "action": "accept", "content": [] })), (false, json!("SECRET"))]
    {
        let (mut bench, result) = asked(0, "name?");
        if by_handler {
            bench.answer(1, cause)
        } else {
            bench.refuse(1, cause)
        }
        let answer = bench.last("answer").body;
        assert_eq!((&answer["id"], code_of(&answer)), (&json!(0), Some(-32603)));
        assert!(!answer.to_string().contains("SECRET"), "what the page threw is not the server's to read");
        is(&mut bench, "t1", "failed");
        bench.pass(10_000);
        assert!(!bench.is_pending(result), "what comes of it is the task's");
        assert_eq!((bench.keys().len(), bench.count("answer")), (1, 1));
    }
}

#[test]
fn an_answer_is_sent_again_until_it_is_acknowledged_and_nobody_asked_again() {
    let troubles = [Reply::fail(), Reply::status(503), Reply::status(429).retry_after(20_000), Reply::never(), Reply::status(408)];
    for trouble in troubles {
        let (mut bench, result) = asked(0, "name?");
        let (mut left, shown, tasks) = (4, format!("{trouble:?}"), bench.server.tasks.clone());
        bench.on("answer", move |sent| {
            left -= 1;
            if left > 0 {
                return trouble.clone();
            }
            tasks.borrow_mut().set("t1", sent.at, "completed");
            Reply::status(202)
        });
        bench.answer(1, accept("Ada"));
        bench.pass(600_000);
        assert_eq!(bench.outcome(result).map(|outcome| outcome.map_err(|error| error.code)), Some(Ok(text_result("done"))), "{shown}");
        assert_eq!(answers(&bench), vec![answer_to(0, accept("Ada")); 4], "{shown}");
        assert_eq!((bench.keys().len(), bench.withdrawn().len()), (1, 0), "{shown}");
    }
}

#[test]
fn the_waits_between_tries_grow_and_there_is_a_last() {
    let (mut bench, result) = asked(0, "name?");
    bench.on("answer", |_| Reply::status(503));
    bench.answer(1, accept("Ada"));
    bench.pass(600_000);
    let sent: Vec<_> = bench.all("answer").iter().map(|sent| sent.at).collect();
    let waits: Vec<_> = sent.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(are_backoffs(&waits) && waits.len() == 8, "{waits:?}");
    assert_eq!(bench.error(result).code, Code::InputRequired, "the task still waits, and there is nobody else to ask");
    bench.pass(600_000);
    assert_eq!(bench.count("answer"), sent.len());
}

#[test]
fn an_answer_that_is_refused_for_good_is_sent_once() {
    for status in [400, 404] {
        let (mut bench, result) = asked(0, "name?");
        bench.on("answer", move |_| Reply::status(status));
        bench.answer(1, accept("Ada"));
        bench.pass(60_000);
        assert_eq!((bench.count("answer"), bench.error(result).code), (1, Code::InputRequired), "{status}");
    }
}

#[test]
fn an_answer_by_hand_takes_the_question_from_the_handler() {
    let (mut bench, result) = asked(0, "name?");
    for wrong in ["1", "", "name?"] {
        let call = respond(&mut bench, wrong, accept("Ada"));
        assert_eq!(bench.error(call).code, Code::InvalidArgument, "{wrong}");
    }
    let call = respond(&mut bench, "0", json!({ "action": "yes" }));
    assert_eq!((bench.error(call).code, bench.count("answer")), (Code::InvalidArgument, 0));
    let call = respond(&mut bench, "0", accept("Ada"));
    assert_eq!((bench.value(call), bench.withdrawn()), (json!(null), vec![1]));
    bench.answer(1, accept("late"));
    let call = respond(&mut bench, "0", accept("twice"));
    assert_eq!((bench.error(call).code, answers(&bench)), (Code::InvalidArgument, vec![answer_to(0, accept("Ada"))]));
    is(&mut bench, "t1", "completed");
    bench.pass(10_000);
    assert_eq!(bench.value(result), text_result("done"));
}

#[test]
fn who_answers_by_hand_hears_that_it_did_not_arrive() {
    let (mut bench, _) = asked(0, "name?");
    bench.on("answer", |_| Reply::status(400));
    let call = respond(&mut bench, "0", accept("Ada"));
    assert_eq!((bench.error(call).code, bench.count("answer")), (Code::Http, 1));

    let (mut bench, _) = asked(0, "name?");
    bench.on("answer", |_| Reply::fail());
    let call = respond(&mut bench, "0", accept("Ada"));
    bench.pass(5_000);
    assert!(bench.is_pending(call) && bench.count("answer") > 1, "it is tried for a while");
    is(&mut bench, "t1", "cancelled");
    bench.pass(10_000);
    assert!(!bench.is_pending(call), "the task no longer waits for it");
}

#[test]
fn an_answer_that_ends_its_task_has_arrived_whichever_is_told_first() {
    let (mut bench, _) = asked(0, "name?");
    bench.on("answer", |_| Reply::never());
    let call = respond(&mut bench, "0", accept("Ada"));
    let sent = bench.last("answer");
    bench.push(&told("t1", "completed"));
    assert!(bench.is_pending(call), "only the answer's own end says what became of it");
    bench.reply(&sent, Reply::status(202));
    bench.pass(0);
    assert!(!bench.is_pending(call));
    bench.value(call);

    let (mut bench, _) = asked(0, "name?");
    bench.on("answer", |_| Reply::never());
    let call = respond(&mut bench, "0", accept("Ada"));
    let sent = bench.last("answer");
    bench.push(&told("t1", "cancelled"));
    bench.reply(&sent, Reply::fail());
    bench.pass(60_000);
    assert_eq!((bench.error(call).code, bench.count("answer")), (Code::Network, 1), "nobody is there to try again for");
}

#[test]
fn nobody_is_asked_before_somebody_waits_for_the_result() {
    let mut bench = session_of(answering());
    bench.watched_task();
    is(&mut bench, "t1", "input_required");
    bench.push(&of("t1", question(0, "name?")));
    bench.pass(10_000);
    assert_eq!((bench.keys(), bench.states("t1")), (vec![], vec!["input_required".to_string()]));
    let results = [bench.result("t1"), bench.result("t1")];
    bench.pass(10_000);
    assert_eq!(bench.keys(), ["0"], "of two who wait, one is asked");
    bench.answer(1, accept("Ada"));
    is(&mut bench, "t1", "completed");
    bench.pass(10_000);
    for result in results {
        assert_eq!(bench.value(result), text_result("done"));
    }
}

#[test]
fn a_question_that_nobody_needs_is_taken_back() {
    type End = fn(&mut Bench, u32);
    let ends: [(&str, End); 6] = [
        ("it ends", |bench, _| is(bench, "t1", "completed")),
        ("it is cancelled", |bench, _| is(bench, "t1", "cancelled")),
        ("its end is pushed", |bench, _| bench.push(&told("t1", "completed"))),
        ("nobody waits", |bench, result| bench.abandon(result)),
        ("it is let go of", |bench, _| bench.tell(|engine, now| engine.detach("t1", now))),
        ("it is gone", |bench, _| bench.server.tasks.borrow_mut().forget("t1")),
    ];
    for (why, end) in ends {
        let (mut bench, result) = asked(0, "name?");
        end(&mut bench, result);
        bench.pass(60_000);
        assert_eq!(bench.withdrawn(), [1], "{why}");
        bench.answer(1, accept("late"));
        bench.pass(10_000);
        assert_eq!(bench.count("answer"), 0, "{why}: too late");
    }
}

#[test]
fn what_was_taken_back_is_asked_again_of_the_next_who_waits() {
    let (mut bench, result) = asked(0, "name?");
    bench.abandon(result);
    let result = bench.result("t1");
    bench.pass(1_000);
    assert_eq!(bench.keys(), ["0", "0"]);
    bench.answer(2, accept("Ada"));
    is(&mut bench, "t1", "completed");
    bench.pass(10_000);
    assert_eq!((bench.value(result), bench.count("answer")), (text_result("done"), 1));
}

#[test]
fn nothing_is_left_when_the_client_closes() {
    let (mut bench, result) = asked(0, "name?");
    bench.push(&question(1, "of no task"));
    bench.on("answer", |_| Reply::status(503));
    bench.answer(2, accept("yes"));
    bench.close();
    assert_eq!(bench.error(result).code, Code::Closed);
    bench.answer(1, accept("Ada"));
    bench.pass(60_000);
    assert_eq!((bench.count("answer"), bench.engine.deadline()), (1, None));
}

#[test]
fn a_task_that_waits_for_input_is_told_of_with_its_question() {
    let mut bench = session_of(answering());
    bench.on("tasks/result", |_| Reply::stream());
    bench.watched_task();
    let result = bench.result("t1");
    is(&mut bench, "t1", "input_required");
    bench.push(&told("t1", "input_required"));
    bench.pass(1_500);
    assert_eq!(bench.states("t1"), [""; 0], "the question is on its way");
    bench.push(&of("t1", question(0, "name?")));
    assert_eq!((bench.states("t1"), bench.keys()), (vec!["input_required".to_string()], vec!["0".to_string()]));
    bench.pass(60_000);
    assert!(bench.is_pending(result) && bench.states("t1").len() == 1);
}

#[test]
fn a_task_whose_question_does_not_come_is_told_of_all_the_same() {
    for blocks in [true, false] {
        let mut bench = session_of(answering());
        if blocks {
            bench.on("tasks/result", |_| Reply::stream());
        }
        bench.server.tasks.borrow_mut().interval = Some(json!(500));
        bench.watched_task();
        bench.pass(5_000);
        let (result, begin, polls) = (bench.result("t1"), bench.now, bench.count("tasks/get"));
        is(&mut bench, "t1", "input_required");
        bench.pass(1_900);
        assert!(bench.is_pending(result));
        bench.pass(3_000);
        assert_eq!((bench.error(result).code, bench.states("t1")), (Code::InputRequired, vec!["input_required".to_string()]));
        bench.pass(begin + 20_000 - bench.now);
        let polls = bench.count("tasks/get") - polls;
        assert!(polls <= 20_000 / 500 + 8, "{polls} polls, {blocks}");
    }
}

#[test]
fn a_question_has_its_time_once_there_is_a_stream_to_ask_it_on() {
    // The stream of the server's own messages is down for a while; the task's own has not begun for as long.
    for own in [false, true] {
        let mut bench = Bench::new(answering(), all_capabilities());
        bench.on("GET", move |_| if own { Reply::stream() } else { Reply::status(503).retry_after(6_000) });
        let call = bench.call(|engine, call, now| engine.connect(call, now));
        bench.pass(2_000);
        bench.value(call);
        if own {
            bench.on("tasks/result", |_| Reply::never());
        }
        bench.watched_task();
        let result = bench.result("t1");
        is(&mut bench, "t1", "input_required");
        bench.on("GET", |_| Reply::stream());
        bench.pass(3_500);
        assert!(bench.is_pending(result), "{own}: {:?}", bench.outcome(result));
        if own {
            let sent = bench.last("tasks/result");
            bench.reply(&sent, Reply::stream());
        }
        bench.pass(1_500);
        bench.push(&of("t1", question(0, "name?")));
        assert_eq!((bench.keys(), bench.is_pending(result)), (vec!["0".to_string()], true), "{own}");
    }
}

#[test]
fn a_question_that_can_never_come_is_not_waited_for_without_end() {
    let mut bench = Bench::new(answering(), all_capabilities());
    bench.on("GET", |_| Reply::status(503));
    bench.on("tasks/result", |_| Reply::never());
    let call = bench.call(|engine, call, now| engine.connect(call, now));
    bench.pass(2_000);
    bench.value(call);
    bench.watched_task();
    let result = bench.result("t1");
    is(&mut bench, "t1", "input_required");
    bench.pass(20_000);
    assert!(bench.is_pending(result));
    bench.pass(20_000);
    assert_eq!(bench.error(result).code, Code::InputRequired);
}

#[test]
fn a_token_that_ran_out_while_the_user_answered_does_not_lose_the_answer() {
    let (mut bench, _) = asked(0, "name?");
    let mut tries = 0;
    bench.on("answer", move |_| {
        tries += 1;
        Reply::status(if tries < 3 { 401 } else { 202 })
    });
    bench.answer(1, accept("Ada"));
    bench.pass(10_000);
    assert_eq!(bench.count("answer"), 3);
    let (mut bench, _) = asked(0, "name?");
    bench.on("answer", |_| Reply::status(401));
    bench.answer(1, accept("Ada"));
    bench.pass(60_000);
    assert_eq!(bench.count("answer"), 3, "and no further, at a door that stays shut");
}

#[test]
fn a_fresh_status_while_the_question_is_on_its_way_is_no_reason_to_hurry() {
    let mut bench = session_of(answering());
    bench.on("tasks/result", |_| Reply::stream());
    bench.watched_task();
    bench.result("t1");
    is(&mut bench, "t1", "input_required");
    bench.push(&told("t1", "input_required"));
    let (polls, status) = (bench.count("tasks/get"), bench.call(|engine, call, now| engine.fresh_status(call, "t1", now)));
    bench.pass(2_100);
    assert_eq!(bench.value(status)["status"], "input_required");
    assert!(bench.count("tasks/get") - polls < 40, "{}", bench.count("tasks/get") - polls);
}

#[test]
fn an_answer_that_has_not_arrived_yet_is_an_answer() {
    let (mut bench, result) = asked(0, "name?");
    bench.on("answer", |_| Reply::fail());
    bench.answer(1, accept("Ada"));
    bench.pass(20_000);
    assert!(bench.is_pending(result), "the task waits for what is being sent: {:?}", bench.outcome(result));
    assert_eq!(bench.states("t1"), ["input_required", "working"]);
    let status = bench.call(|engine, call, now| engine.fresh_status(call, "t1", now));
    bench.pass(1_000);
    assert_eq!(bench.value(status)["status"], "working");
    let tasks = bench.server.tasks.clone();
    bench.on("answer", move |sent| {
        tasks.borrow_mut().set("t1", sent.at, "completed");
        Reply::status(202)
    });
    bench.pass(60_000);
    assert_eq!((bench.value(result), bench.keys().len()), (text_result("done"), 1));
}

#[test]
fn a_server_that_is_slow_to_go_on_is_waited_for() {
    let (mut bench, result) = asked(0, "name?");
    bench.on("tasks/result", |_| Reply::stream());
    bench.answer(1, accept("Ada"));
    bench.pass(20_000);
    assert!(bench.is_pending(result), "it has its answer, and says that it waits for one");
    is(&mut bench, "t1", "working");
    bench.pass(20_000);
    assert_eq!((bench.is_pending(result), bench.states("t1")), (true, vec!["input_required".to_string(), "working".into()]));
}

#[test]
fn a_server_that_never_goes_on_is_not_waited_for_in_silence() {
    let (mut bench, result) = asked(0, "name?");
    bench.on("tasks/result", |_| Reply::stream());
    bench.answer(1, accept("Ada"));
    bench.pass(60_000);
    assert_eq!(bench.error(result).code, Code::InputRequired);
}

#[test]
fn an_answer_opens_no_stream_for_the_next_question() {
    let (mut bench, result) = asked(0, "name?");
    bench.on("tasks/result", |_| Reply::stream());
    let streams = bench.count("tasks/result");
    is(&mut bench, "t1", "working");
    bench.answer(1, accept("Ada"));
    bench.pass(60_000);
    assert_eq!(bench.count("tasks/result"), streams, "the server has not said that there is one");
    assert!(bench.is_pending(result));
}

/// What happens to an answer.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It shows so much later, and is acknowledged so much later still.
    Kept(Millis, Millis),
    /// It is taken in, and the acknowledgement lost.
    Unheard,
    Failed,
    Busy,
    Never,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    task: usize,
    comes: Millis,
    way: Way,
    /// The user thinks so long.
    takes: Millis,
    /// Taken back by the server, so long after it was asked.
    back: Option<Millis>,
    /// Pushed once more.
    repeated: bool,
}

#[derive(Clone, Debug)]
struct Plan {
    asked: Vec<Asked>,
    fates: Vec<Fate>,
    pushes: Vec<(Millis, usize)>,
    breaks: Vec<Millis>,
    interval: Option<u64>,
    callers: usize,
    /// The server says "working" while it asks on its own stream.
    silent: bool,
    text_ids: bool,
}

fn plans() -> impl Strategy<Value = Plan> {
    let fate = prop_oneof![
        4 => (0..2_000_u64, 0..2_000_u64).prop_map(|(shows, ack)| Fate::Kept(shows, ack)),
        1 => Just(Fate::Unheard),
        1 => Just(Fate::Failed),
        1 => Just(Fate::Busy),
        1 => Just(Fate::Never),
    ];
    let way = prop::sample::select(vec![Way::Push, Way::Announced, Way::Aside, Way::AsideUnrelated]);
    let back = prop::option::weighted(0.2, 0..8_000_u64);
    let asked = (0..2_usize, 0..20_000_u64, way, 0..10_000_u64, back, any::<bool>())
        .prop_map(|(task, comes, way, takes, back, repeated)| Asked { task, comes, way, takes, back, repeated });
    (
        vec(asked, 1..6),
        vec(fate, 0..6),
        vec((0..40_000_u64, 0..2_usize), 0..8),
        vec(0..40_000_u64, 0..3),
        prop::option::of(20..4_000_u64),
        1..3_usize,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(asked, fates, pushes, breaks, interval, callers, silent, text_ids)| Plan {
            asked,
            fates,
            pushes,
            breaks,
            interval,
            callers,
            silent,
            text_ids,
        })
}

/// What the server knows of its questions, by their place in the plan.
#[derive(Default)]
struct Script {
    asked: Vec<Asked>,
    begin: Millis,
    silent: bool,
    delivered: BTreeMap<usize, Millis>,
    taken: BTreeMap<usize, Millis>,
    acknowledged: BTreeMap<usize, Millis>,
    back: BTreeSet<usize>,
    sent_again: Vec<usize>,
}

impl Script {
    fn is_settled(&self, index: usize, now: Millis) -> bool {
        self.back.contains(&index) || self.taken.get(&index).is_some_and(|at| *at <= now)
    }

    fn state(&self, id: &str, now: Millis) -> &'static str {
        let of = |index: &usize| format!("t{}", self.asked[*index].task + 1) == id;
        let all = (0..self.asked.len()).filter(of);
        let left: Vec<_> = all.filter(|index| !self.is_settled(*index, now)).collect();
        let speaks = |index: &usize| {
            let each = &self.asked[*index];
            each.comes + self.begin <= now && !(self.silent && matches!(each.way, Way::Push | Way::Announced))
        };
        match left.is_empty() {
            true => "completed",
            false if left.iter().any(speaks) => "input_required",
            false => "working",
        }
    }

    fn take(&mut self, sent: &Sent, fate: Fate) -> Reply {
        let id = &sent.body["id"];
        let index = id.as_u64().or_else(|| id.as_str()?.parse().ok()).expect("an id of ours") as usize;
        if self.acknowledged.get(&index).is_some_and(|at| *at < sent.at) {
            self.sent_again.push(index);
        }
        let (ack, shows) = match fate {
            Fate::Kept(shows, ack) => (Some(shows + ack), Some(shows)),
            Fate::Unheard => (None, Some(0)),
            _ => (None, None),
        };
        if let Some(after) = shows {
            self.taken.entry(index).or_insert(sent.at + after);
        }
        if let Some(after) = ack {
            self.acknowledged.entry(index).or_insert(sent.at + after);
        }
        match fate {
            Fate::Kept(shows, ack) => Reply::status(202).after(shows + ack),
            Fate::Unheard | Fate::Failed => Reply::fail(),
            Fate::Busy => Reply::status(503),
            Fate::Never => Reply::never(),
        }
    }
}

fn scripted(plan: &Plan) -> (Bench, Rc<RefCell<Script>>) {
    let mut bench = session_of(answering());
    bench.server.tasks.borrow_mut().interval = plan.interval.map(Value::from);
    (0..2).for_each(|_| drop(bench.watched_task()));
    let script = Script { asked: plan.asked.clone(), begin: bench.now, silent: plan.silent, ..Script::default() };
    let script = Rc::new(RefCell::new(script));
    let (seen, interval) = (script.clone(), plan.interval.map(Value::from));
    bench.on("tasks/get", move |sent| {
        let state = seen.borrow().state(id_of(sent), sent.at);
        Reply::json(sent.result(crate::server::task(id_of(sent), &state.into(), interval.as_ref())))
    });
    let seen = script.clone();
    bench.on("tasks/result", move |sent| match seen.borrow().state(id_of(sent), sent.at) {
        "completed" => Reply::json(sent.result(text_result("done"))),
        _ => Reply::stream(),
    });
    let (taken, mut fates) = (script.clone(), plan.fates.clone().into_iter());
    bench.on("answer", move |sent| taken.borrow_mut().take(sent, fates.next().unwrap_or(Fate::Kept(0, 0))));
    (bench, script)
}

/// Asks, if the stream for it is there.
fn ask(bench: &mut Bench, plan: &Plan, index: usize) -> bool {
    let asked = plan.asked[index];
    let task = format!("t{}", asked.task + 1);
    let id = if plan.text_ids { json!(index.to_string()) } else { json!(index) };
    let request = question(id, &format!("k{index}"));
    match asked.way {
        Way::Aside | Way::AsideUnrelated => {
            let streams = bench.all("tasks/result");
            let Some(stream) = streams.iter().rfind(|sent| id_of(sent) == task && bench.is_open(sent.exchange)) else { return false };
            say(bench, stream, &if let Way::Aside = asked.way { of(&task, request) } else { request });
        }
        _ if bench.stream().is_none() => return false,
        Way::Announced => {
            bench.push(&told(&task, "input_required"));
            bench.push(&request);
        }
        _ => bench.push(&of(&task, request)),
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn each_question_is_asked_once_and_each_answer_sent_until_it_is_there(plan in plans()) {
        let (mut bench, script) = scripted(&plan);
        let calls: Vec<_> = ["t1", "t2"].into_iter().flat_map(|id| vec![id; plan.callers]).map(|id| bench.result(id)).collect();
        let begin = bench.now;
        let mut thinking: BTreeMap<QuestionId, Millis> = BTreeMap::new();
        while calls.iter().any(|call| bench.is_pending(*call)) {
            prop_assert!(bench.now < begin + 1_800_000, "it hangs");
            bench.pass(250);
            let now = bench.now;
            for (index, each) in plan.asked.iter().enumerate() {
                let delivered = script.borrow().delivered.get(&index).copied();
                let is_settled = script.borrow().is_settled(index, now);
                match delivered {
                    None if begin + each.comes <= now && !is_settled && ask(&mut bench, &plan, index) => {
                        script.borrow_mut().delivered.insert(index, now);
                        if each.repeated {
                            let task = format!("t{}", each.task + 1);
                            let id = if plan.text_ids { json!(index.to_string()) } else { json!(index) };
                            if bench.stream().is_some() {
                                bench.push(&of(&task, question(id, &format!("k{index}"))));
                            }
                        }
                    }
                    Some(at) if !is_settled && each.back.is_some_and(|after| at + after <= now) && bench.stream().is_some() => {
                        script.borrow_mut().back.insert(index);
                        let id = if plan.text_ids { json!(index.to_string()) } else { json!(index) };
                        bench.push(&cancelled(id));
                    }
                    _ => {}
                }
            }
            for ask in bench.asked() {
                let index: usize = ask.params.0["message"].as_str().expect("words")[1..].parse().expect("a number");
                prop_assert_eq!(ask.task_id, Some(format!("t{}", plan.asked[index].task + 1)));
                thinking.entry(ask.question).or_insert(now + plan.asked[index].takes);
            }
            let due: Vec<_> = thinking.iter().filter(|(_, at)| **at <= now).map(|(question, _)| *question).collect();
            for question in due {
                bench.answer(question, accept("yes"));
                thinking.insert(question, Millis::MAX);
            }
            let is_now = |after: Millis| (now - 250..now).contains(&(begin + after));
            for (_, task) in plan.pushes.iter().filter(|(after, _)| is_now(*after)) {
                let id = format!("t{}", task + 1);
                let state = script.borrow().state(&id, now);
                if bench.stream().is_some() {
                    bench.push(&told(&id, state));
                }
            }
            if plan.breaks.iter().any(|after| is_now(*after)) && bench.stream().is_some() {
                bench.push_bytes(Arrival::End);
            }
        }
        for call in calls {
            prop_assert_eq!(bench.outcome(call).map(|outcome| outcome.map_err(|error| error.code)), Some(Ok(text_result("done"))));
        }
        let script = script.borrow();
        let mut asked: Vec<_> = bench.asked().into_iter().map(|ask| ask.params.0["message"].clone()).collect();
        asked.sort_by_key(|words| words.to_string());
        let expected: Vec<_> = script.delivered.keys().map(|index| json!(format!("k{index}"))).collect();
        prop_assert_eq!(asked, expected, "each that was asked, once");
        for index in 0..plan.asked.len() {
            prop_assert!(script.taken.contains_key(&index) || script.back.contains(&index), "the server has the answer to {}", index);
        }
        prop_assert_eq!(&script.sent_again, &[0; 0], "no answer is sent that the server has acknowledged");
        let elapsed = bench.now - begin;
        let polls = bench.count("tasks/get") as u64;
        prop_assert!(polls <= 2 * (elapsed / plan.interval.unwrap_or(100).max(100) + 100), "{} polls in {} ms", polls, elapsed);
        prop_assert!(bench.count("tasks/result") < 60, "{} streams", bench.count("tasks/result"));
    }
}

/// What a server that asks does, and who is asked.
#[derive(Clone, Debug)]
enum Act {
    Asks(bool, Value, Option<&'static str>, &'static str),
    TakesBack(Value),
    Is(&'static str, &'static str, bool),
    Refuses(Reply),
    /// The newest stream of a task's result ends so.
    Ends(bool),
    Break,
    Invoke(bool),
    Result(&'static str),
    Answer(u32, Value),
    Fail(u32),
    Respond(&'static str, &'static str),
    Abandon(u32),
    Detach(&'static str),
    Complete,
}

fn acts() -> impl Strategy<Value = Act> {
    use prop::sample::select;
    let ids = || select(vec![json!(0), json!("0"), json!(1), json!(null), json!(1.5), json!([])]);
    let tasks = || select(vec!["t1", "t2", "t3", "t9"]);
    let methods = select(vec!["elicitation/create", "sampling/createMessage", "roots/list", "ping", "odd"]);
    let states = select(vec!["working", "input_required", "input_required", "completed"]);
    let given = select(vec![accept("x"), json!({ "action": "decline" }), json!({ "roots": [] }), json!(null)]);
    let troubles = select(vec![Reply::fail(), Reply::never(), Reply::status(503), Reply::status(400), Reply::json(json!({}))]);
    prop_oneof![
        8 => (any::<bool>(), ids(), prop::option::of(tasks()), methods).prop_map(|(a, b, c, d)| Act::Asks(a, b, c, d)),
        2 => ids().prop_map(Act::TakesBack),
        6 => (tasks(), states, any::<bool>()).prop_map(|(a, b, c)| Act::Is(a, b, c)),
        3 => troubles.prop_map(Act::Refuses),
        2 => any::<bool>().prop_map(Act::Ends),
        1 => Just(Act::Break),
        4 => any::<bool>().prop_map(Act::Invoke),
        4 => tasks().prop_map(Act::Result),
        6 => (1..12_u32, given).prop_map(|(a, b)| Act::Answer(a, b)),
        2 => (1..12_u32).prop_map(Act::Fail),
        2 => (tasks(), select(vec!["0", "1", "0-2", ""])).prop_map(|(a, b)| Act::Respond(a, b)),
        2 => (1..12_u32).prop_map(Act::Abandon),
        1 => tasks().prop_map(Act::Detach),
        1 => Just(Act::Complete),
    ]
}

/// Gives the call, where it is one that must end.
fn act(bench: &mut Bench, act: Act, troubles: &RefCell<Vec<Reply>>) -> Option<u32> {
    let streams = bench.all("tasks/result");
    let aside = streams.iter().rfind(|sent| bench.is_open(sent.exchange)).cloned();
    match act {
        Act::Asks(on_aside, id, task, method) => {
            let mut request = question(id, "and?");
            request["method"] = json!(method);
            let request = task.map_or(request.clone(), |task| of(task, request));
            match aside {
                Some(aside) if on_aside => say(bench, &aside, &request),
                _ if bench.stream().is_some() => bench.push(&request),
                _ => {}
            }
        }
        Act::TakesBack(id) if bench.stream().is_some() => bench.push(&cancelled(id)),
        Act::Is(id, state, is_pushed) => {
            is(bench, id, state);
            if is_pushed && bench.stream().is_some() {
                bench.push(&told(id, state));
            }
        }
        Act::Refuses(reply) => troubles.borrow_mut().push(reply),
        Act::Ends(well) => {
            if let Some(aside) = aside {
                let answer = if well { aside.result(text_result("done")) } else { aside.error(-32602, "not yet") };
                bench.reply(&aside, Reply::never().event(&answer).ends());
            }
        }
        Act::Break if bench.stream().is_some() => bench.push_bytes(Arrival::End),
        Act::Invoke(as_task) => return Some(bench.invoke(if as_task { tool_task("slow") } else { tool("plain") })),
        Act::Result(id) => return Some(bench.result(id)),
        Act::Answer(question, answer) => bench.answer(question, answer),
        Act::Fail(question) => bench.refuse(question, json!("no")),
        Act::Respond(id, key) => return Some(bench.call(|engine, call, now| engine.respond(call, id, key.into(), Node(accept("x")), now))),
        Act::Abandon(call) => bench.abandon(call),
        Act::Detach(id) => bench.tell(|engine, now| engine.detach(id, now)),
        Act::Complete if bench.stream().is_some() => {
            let params = json!({ "elicitationId": "a" });
            bench.push(&json!({ "jsonrpc": "2.0", "method": "notifications/elicitation/complete", "params": params }));
        }
        _ => {}
    }
    None
}

proptest! {
    #[test]
    fn whatever_is_asked_and_answered_nothing_hangs_and_nothing_is_left(steps in vec((acts(), 0..4_000_u64), 1..60), visits in 0..4_usize) {
        let mut bench = session_of(answering());
        let troubles = Rc::new(RefCell::new(Vec::<Reply>::new()));
        let (left, done) = (troubles.clone(), Rc::new(RefCell::new(false)));
        let (over, mut visits) = (done.clone(), visits);
        bench.server.upset(move |sent| match sent.method() {
            "answer" => left.borrow_mut().pop(),
            "tasks/result" if !*over.borrow() => Some(Reply::stream()),
            "tools/call" if visits > 0 => {
                visits -= 1;
                let mut error = sent.error(-32042, "sign in");
                error["error"]["data"] = json!({ "elicitations": [{ "mode": "url", "elicitationId": "a", "url": "https://a.example" }] });
                Some(Reply::json(error))
            }
            _ => None,
        });
        let (mut calls, mut abandoned) = (Vec::new(), Vec::new());
        for (step, wait) in steps {
            if let Act::Abandon(call) = step {
                abandoned.push(call);
            }
            calls.extend(act(&mut bench, step, &troubles));
            bench.pass(wait);
        }
        *done.borrow_mut() = true;
        troubles.borrow_mut().clear();
        bench.server.tasks.borrow_mut().all_done = Some(bench.now);
        for ask in bench.asked() {
            bench.answer(ask.question, json!({ "action": "cancel" }));
            bench.pass(30_000);
        }
        bench.pass(3_600_000);
        for ask in bench.asked() {
            bench.answer(ask.question, json!({ "action": "cancel" }));
        }
        bench.pass(3_600_000);
        calls.retain(|call| bench.is_pending(*call) && !abandoned.contains(call));
        prop_assert_eq!(calls, [0_u32; 0], "these hang");
        let sent = bench.sent.len();
        prop_assert!(sent < 20_000, "{} requests", sent);
        bench.pass(3_600_000);
        prop_assert_eq!(bench.sent.len(), sent, "nobody wants anything");
        prop_assert_eq!(bench.engine.deadline(), None);
    }
}

#[test]
fn a_task_that_nobody_will_know_asks_nobody() {
    let mut bench = session_of(answering());
    bench.hold("tools/call");
    let call = bench.invoke(tool_task("slow"));
    let sent = bench.last("tools/call");
    bench.abandon(call);
    bench.push(&of("t1", question(0, "name?")));
    bench.reply(&sent, Reply::json(sent.result(json!({ "task": { "taskId": "t1", "status": "working" } }))));
    bench.pass(10_000);
    assert_eq!((bench.count("tasks/cancel"), bench.keys().len()), (1, 0));
}

#[test]
fn a_task_may_be_said_to_work_again_before_its_question_comes() {
    let mut bench = session_of(answering());
    bench.watched_task();
    bench.push(&told("t1", "input_required"));
    bench.push(&told("t1", "working"));
    bench.push(&question(0, "name?"));
    assert_eq!(
        (bench.states("t1"), bench.keys().len()),
        (vec!["input_required".to_string()], 0),
        "it is the task's, and nobody waits for its result"
    );
    bench.push(&told("t1", "input_required"));
    bench.push(&told("t1", "working"));
    bench.pass(3_000);
    bench.push(&question(1, "and yours?"));
    assert_eq!(bench.keys().len(), 1, "long after, it is another's");
}
