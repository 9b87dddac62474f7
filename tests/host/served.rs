//! What a server with sessions asks of us, on any stream: each question is asked once, and each answer sent until the server has it.

use std::collections::BTreeSet;

use mcp_tasks::engine::{Answers, Code, Config, Topic};
use serde_json::{Value, json};

use crate::bench::{Bench, config, tool, tool_task};
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
pub fn answers(bench: &Bench) -> Vec<Value> {
    bench.all("answer").into_iter().map(|sent| sent.body).collect()
}

pub fn answer_to(id: impl Into<Value>, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id.into(), "result": result })
}

pub fn code_of(answer: &Value) -> Option<i64> {
    answer["error"]["code"].as_i64()
}

/// A task whose result somebody waits for, and which asks this on the stream of the server's own messages.
pub fn asked(id: impl Into<Value>, words: &str) -> (Bench, u32) {
    let mut bench = session_of(answering());
    bench.watched_task();
    let result = bench.result("t1");
    is(&mut bench, "t1", "input_required");
    bench.push(&of("t1", question(id, words)));
    (bench, result)
}

pub fn cancelled(id: impl Into<Value>) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id.into() } })
}

pub fn respond(bench: &mut Bench, key: &str, response: Value) -> u32 {
    bench.call(|engine, call, now| engine.respond(call, "t1", key.into(), Node(response), now))
}

/// How a question of a task reaches us.
#[derive(Clone, Copy, Debug)]
pub enum Way {
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
fn who_begins_to_wait_late_waits_for_the_question() {
    let mut bench = session_of(answering());
    bench.on("tasks/result", |_| Reply::stream());
    let call = bench.invoke(tool_task("slow"));
    assert_eq!(bench.value(call)["taskId"], "t1");
    is(&mut bench, "t1", "input_required");
    bench.push(&told("t1", "input_required"));
    bench.pass(10_000);
    assert_eq!(bench.count("tasks/result"), 0, "nobody waits");

    let result = bench.result("t1");
    let aside = bench.last("tasks/result");
    bench.pass(500);
    assert!(bench.is_pending(result), "the question is on its way");
    say(&mut bench, &aside, &of("t1", question(0, "name?")));
    assert_eq!(bench.keys(), ["0"]);
}

#[test]
fn a_question_belongs_to_the_task_that_was_told_of_before_it_on_a_resumed_stream_too() {
    let mut bench = session_of(answering());
    bench.on("GET", |_| Reply::stream().bytes("id: 1\ndata:\n\n"));
    bench.invoke(tool_task("slow"));
    bench.invoke(tool_task("slow"));
    bench.push_bytes(Arrival::End);
    bench.pass(2_000);
    bench.push_bytes(Arrival::End);
    bench.pass(5_000);
    assert!(bench.last("GET").header("last-event-id").is_some(), "it is resumed");
    is(&mut bench, "t2", "input_required");
    bench.push(&told("t2", "input_required"));
    bench.push(&question(0, "name?"));
    assert_eq!(bench.keys(), [""; 0], "nobody waits for the task");
    bench.result("t2");
    bench.pass(1_000);
    let asked: Vec<_> = bench.asked().into_iter().map(|ask| ask.task_id).collect();
    assert_eq!(asked, [Some("t2".to_string())]);
}

#[test]
fn who_no_longer_waits_for_an_answer_by_hand_to_arrive_disturbs_nothing() {
    let (mut bench, result) = asked(0, "name?");
    bench.hold("answer");
    let by_hand = respond(&mut bench, "0", accept("Ada"));
    bench.abandon(by_hand);
    let answer = bench.last("answer");
    assert!(bench.is_open(answer.exchange), "it arrives all the same");
    bench.reply(&answer, Reply::status(202));
    is(&mut bench, "t1", "completed");
    bench.pass(60_000);
    assert_eq!((bench.value(result), bench.count("answer")), (text_result("done"), 1));
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
fn what_a_task_asked_that_was_lost_for_a_while_is_asked_again_where_the_server_does_not() {
    for detaches in [false, true] {
        let (mut bench, result) = asked(0, "name?");
        // The server hides that it waits.
        is(&mut bench, "t1", "working");
        if detaches {
            bench.tell(|engine, now| engine.detach("t1", now));
        } else {
            bench.on("tasks/get", |_| Reply::status(401));
            bench.pass(60_000);
        }
        assert_eq!(bench.error(result).code, if detaches { Code::Closed } else { Code::Unauthorized });
        assert_eq!((bench.keys().len(), bench.withdrawn()), (1, vec![1]));
        // Another task is made meanwhile, whose question it is not.
        bench.invoke(tool_task("slow"));
        bench.pass(1_000);
        assert_eq!(bench.keys().len(), 1);

        let tasks = bench.server.tasks.clone();
        bench.on("tasks/get", move |sent| Reply::json(sent.result(tasks.borrow().at(id_of(sent), sent.at).expect("a task"))));
        // Somebody has a look at it, and that is all.
        let status = bench.call(|engine, call, now| engine.status(call, "t1", now));
        bench.pass(1_000);
        bench.value(status);
        bench.tell(|engine, now| engine.follow("t1", now));
        let result = bench.result("t1");
        bench.pass(5_000);
        let asked: Vec<_> = bench.asked().into_iter().map(|ask| ask.task_id).collect();
        assert_eq!(asked, [Some("t1".to_string()), Some("t1".to_string())]);
        bench.answer(2, accept("Ada"));
        assert_eq!(answers(&bench), [answer_to(0, accept("Ada"))]);
        is(&mut bench, "t1", "completed");
        bench.pass(60_000);
        assert_eq!(bench.value(result), text_result("done"));
    }
}

#[test]
fn what_a_task_asked_that_is_gone_is_forgotten() {
    let (mut bench, result) = asked(0, "name?");
    bench.server.tasks.borrow_mut().forget("t1");
    bench.pass(60_000);
    assert_eq!(bench.error(result).code, Code::TaskNotFound);
    bench.tell(|engine, now| engine.follow("t1", now));
    bench.pass(60_000);
    assert_eq!(bench.keys().len(), 1);
}

#[test]
fn a_question_of_a_task_that_nobody_knows_is_asked_once_however_often_it_comes() {
    let mut bench = session_of(answering());
    for _ in 0..3 {
        // Something is being made, and it may be the task that asks.
        bench.hold("tools/call");
        let call = bench.invoke(tool_task("slow"));
        bench.push(&told("t9", "input_required"));
        bench.push(&question(1, "name?"));
        let sent = bench.last("tools/call");
        bench.reply(&sent, Reply::json(sent.error(-32000, "no")));
        bench.pass(100);
        assert_eq!((bench.error(call).code, bench.keys().len()), (Code::Rpc, 1));
        bench.push_bytes(Arrival::End);
        bench.pass(5_000);
    }
    bench.answer(1, accept("Ada"));
    assert_eq!(answers(&bench), [answer_to(1, accept("Ada"))]);
}

#[test]
fn a_question_is_that_of_the_task_which_said_last_that_it_will_ask_whenever_the_others_are_told_of() {
    let mut bench = session_of(answering());
    bench.hold("tools/call");
    let first = bench.invoke(tool_task("slow"));
    let made = bench.last("tools/call");
    bench.invoke(tool_task("slow"));
    bench.push(&told("t1", "input_required"));
    bench.push(&question(1, "name?"));
    bench.push(&told("t2", "input_required"));
    // The answer that tells of the first comes in between.
    bench.server.tasks.borrow_mut().set("t1", 0, "input_required");
    bench.reply(&made, Reply::json(made.result(json!({ "task": crate::server::task("t1", &json!("working"), None) }))));
    bench.pass(0);
    assert_eq!(bench.value(first)["taskId"], "t1");
    bench.push(&question(2, "age?"));
    bench.result("t1");
    bench.pass(1_000);
    assert_eq!(bench.keys(), ["1"], "the other question is another task's");
}
