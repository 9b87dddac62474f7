//! The questions of a task: each is asked once, each answer is sent until the server has it.

use mcp_tasks::engine::{Answers, Code, Config, Topic};
use serde_json::{Value, json};

use crate::bench::{Bench, modern_config, tool};
use crate::modern_server::{asking, complete, modern_capabilities, modern_told};
use crate::node::Node;
use crate::server::text_result;
use crate::wire::Reply;

pub fn accept(value: Value) -> Value {
    json!({ "action": "accept", "content": { "value": value } })
}

/// A task that asks for these, and whose result somebody waits for.
fn bench(keys: &[&str]) -> (Bench, u32) {
    let mut bench = Bench::modern_polling();
    let id = bench.watched_task();
    asks(&mut bench, keys);
    let result = bench.result(&id);
    bench.pass(1_000);
    (bench, result)
}

/// From now on the task asks for these.
fn asks(bench: &mut Bench, keys: &[&str]) {
    is(bench, asking(keys));
}

fn is(bench: &mut Bench, state: impl Into<Value>) {
    let at = bench.now;
    bench.server.tasks.borrow_mut().set("t1", at, state);
}

/// The answers that were sent, in order.
fn updates(bench: &Bench) -> Vec<Value> {
    bench.all("tasks/update").iter().map(|sent| sent.params()["inputResponses"].clone()).collect()
}

fn respond(bench: &mut Bench, key: &str) -> u32 {
    bench.call(|engine, call, now| engine.respond(call, "t1", key.into(), Node(accept(json!(1))), now))
}

#[test]
fn a_question_finds_its_handler_and_the_answer_its_task() {
    let (mut bench, result) = bench(&["name"]);
    let [ask] = &bench.asked()[..] else { panic!("one question: {:?}", bench.asked()) };
    assert_eq!((ask.topic, &*ask.key, ask.task_id.as_deref()), (Topic::Elicitation, "name", Some("t1")));
    assert_eq!(ask.params.0, crate::modern_server::question("name")["params"]);
    bench.answer(ask.question, accept(json!("Ada")));
    assert_eq!(updates(&bench), [json!({ "name": accept(json!("Ada")) })]);
    is(&mut bench, "completed");
    bench.pass(60_000);
    assert_eq!(bench.value(result), text_result("done"));
    assert_eq!((bench.keys(), bench.count("tasks/update")), (vec!["name".to_string()], 1));
}

#[test]
fn a_question_is_asked_once_however_often_it_is_told() {
    let mut bench = Bench::modern();
    let id = bench.watched_task();
    let now = bench.now;
    bench.server.tasks.borrow_mut().interval = Some(json!(100));
    bench.pass(1_000);
    bench.server.tasks.borrow_mut().set(&id, now, asking(&["name"]));
    let results = [bench.result(&id), bench.result(&id)];
    for _ in 0..20 {
        bench.push(&modern_told(&id, asking(&["name"])));
        bench.pass(6_000);
        bench.call(|engine, call, now| engine.fresh_status(call, "t1", now));
    }
    let late = bench.result(&id);
    bench.pass(1_000);
    assert_eq!(bench.keys(), ["name"], "of whoever waits");
    bench.answer(1, accept(json!("Ada")));
    is(&mut bench, "completed");
    bench.pass(10_000);
    for call in [results[0], results[1], late] {
        assert_eq!(bench.value(call), text_result("done"));
    }
    assert_eq!((bench.keys().len(), bench.count("tasks/update")), (1, 1));
}

#[test]
fn nobody_is_asked_before_somebody_waits_for_the_result() {
    let mut bench = Bench::modern_polling();
    let id = bench.watched_task();
    asks(&mut bench, &["name"]);
    bench.pass(10_000);
    assert_eq!((bench.states(&id), bench.keys()), (vec!["input_required".to_string()], vec![]));
    let status = bench.call(|engine, call, now| engine.status(call, "t1", now));
    assert_eq!(bench.value(status)["inputRequests"], asking(&["name"])["inputRequests"]);
    bench.result(&id);
    bench.pass(0);
    assert_eq!(bench.keys(), ["name"]);
}

#[test]
fn a_call_that_became_a_task_is_asked_as_well() {
    let mut bench = Bench::modern_polling();
    let call = bench.invoke(tool("slow"));
    asks(&mut bench, &["name"]);
    bench.pass(1_000);
    assert_eq!(bench.asked()[0].task_id.as_deref(), Some("t1"));
    bench.answer(1, accept(json!("Ada")));
    is(&mut bench, "completed");
    bench.pass(10_000);
    assert_eq!(bench.value(call), text_result("done"));
}

#[test]
fn an_answer_is_sent_once_while_the_server_takes_its_time() {
    let (mut bench, result) = bench(&["name"]);
    bench.on("tasks/update", |sent| Reply::json(sent.result(complete(json!({})))).after(20_000));
    bench.answer(1, accept(json!("Ada")));
    bench.pass(60_000);
    assert_eq!((bench.keys().len(), bench.count("tasks/update")), (1, 1), "it has the answer, and still shows the question");
    is(&mut bench, "completed");
    bench.pass(60_000);
    assert_eq!(bench.value(result), text_result("done"));
}

#[test]
fn answers_are_sent_as_they_come() {
    let (mut bench, _) = bench(&["a", "b", "c"]);
    let asked = bench.asked();
    assert_eq!(bench.keys(), ["a", "b", "c"]);
    bench.server.latency = 1_000;
    bench.answer(asked[1].question, accept(json!(2)));
    bench.answer(asked[2].question, json!({ "action": "decline" }));
    bench.answer(asked[0].question, accept(json!(1)));
    bench.pass(10_000);
    let rest = json!({ "a": accept(json!(1)), "c": { "action": "decline" } });
    assert_eq!(updates(&bench), [json!({ "b": accept(json!(2)) }), rest], "those that came meanwhile go together");
    assert_eq!(bench.keys().len(), 3);
    assert_eq!(bench.server.tasks.borrow().state("t1", bench.now), Some(json!("working")));
}

#[test]
fn questions_may_come_one_after_the_other() {
    let (mut bench, result) = bench(&["a"]);
    for (question, key) in [(1, "a"), (2, "b"), (3, "c")] {
        asks(&mut bench, &[key]);
        bench.pass(10_000);
        bench.answer(question, accept(json!(key)));
        bench.pass(10_000);
    }
    is(&mut bench, "completed");
    bench.pass(10_000);
    assert_eq!((bench.value(result), bench.keys()), (text_result("done"), vec!["a".into(), "b".into(), "c".into()]));
    assert_eq!(updates(&bench), ["a", "b", "c"].map(|key| json!({ key: accept(json!(key)) })));
}

#[test]
fn a_question_beside_one_that_is_thought_about_is_asked_too() {
    let (mut bench, _) = bench(&["a"]);
    asks(&mut bench, &["a", "b"]);
    bench.pass(10_000);
    assert_eq!((bench.keys(), bench.withdrawn()), (vec!["a".to_string(), "b".to_string()], vec![]));
}

#[test]
fn an_answer_that_did_not_arrive_is_sent_again_and_nobody_asked_again() {
    let troubles = [
        Reply::fail(),
        Reply::status(503),
        Reply::status(429).retry_after(30_000),
        Reply::never(),
        Reply::stream().ends(),
        // A proxy's word, which is none of the server's.
        Reply::status(400),
        Reply::status(404),
    ];
    for trouble in troubles {
        let (mut bench, result) = bench(&["name"]);
        let (mut left, tasks) = (3, bench.server.tasks.clone());
        let shown = trouble.clone();
        bench.on("tasks/update", move |sent| {
            left -= 1;
            if left > 0 {
                return trouble.clone();
            }
            tasks.borrow_mut().set("t1", sent.at, "completed");
            Reply::json(sent.result(complete(json!({}))))
        });
        bench.answer(1, accept(json!("Ada")));
        bench.pass(600_000);
        assert_eq!(bench.value(result), text_result("done"), "{shown:?}");
        assert_eq!(updates(&bench), vec![json!({ "name": accept(json!("Ada")) }); 3], "{shown:?}");
        assert_eq!(bench.keys(), ["name"], "{shown:?}");
    }
}

#[test]
fn an_answer_that_the_server_refuses_is_told_to_who_waits_and_asked_for_anew() {
    let (mut bench, result) = bench(&["name"]);
    bench.refuses("tasks/update", -32602, "too short");
    bench.answer(1, accept(json!("A")));
    let error = bench.error(result);
    assert_eq!((error.code, &*error.message, error.task_id.as_deref()), (Code::Rpc, "too short", Some("t1")));
    bench.pass(60_000);
    assert_eq!(bench.keys(), ["name"], "nobody waits");
    bench.result("t1");
    bench.pass(10_000);
    assert_eq!(bench.keys(), ["name", "name"]);
}

#[test]
fn an_answer_to_a_task_that_is_gone_ends_as_that_task() {
    let (mut bench, result) = bench(&["name"]);
    bench.server.tasks.borrow_mut().forget("t1");
    bench.answer(1, accept(json!("Ada")));
    bench.pass(60_000);
    assert_eq!(bench.error(result).code, Code::TaskNotFound);
    assert_eq!((bench.keys().len(), bench.count("tasks/update")), (1, 1));
}

#[test]
fn an_answer_by_hand_arrives_whoever_waits_for_it() {
    let (mut bench, result) = bench(&["name"]);
    bench.on("tasks/update", |_| Reply::status(503));
    let by_hand = respond(&mut bench, "name");
    bench.abandon(by_hand);
    let tasks = bench.server.tasks.clone();
    bench.on("tasks/update", move |sent| {
        tasks.borrow_mut().set("t1", sent.at, "completed");
        Reply::json(sent.result(complete(json!({}))))
    });
    bench.pass(60_000);
    assert_eq!((bench.value(result), bench.keys().len(), bench.count("tasks/update")), (text_result("done"), 1, 2));
}

#[test]
fn answers_by_hand_that_fail_one_after_the_other_take_no_question_back() {
    let (mut bench, _) = bench(&["name"]);
    bench.hold("tasks/update");
    let [first, second] = [respond(&mut bench, "name"), respond(&mut bench, "name")];
    for sent in bench.all("tasks/update") {
        bench.reply(&sent, Reply::status(409));
        bench.pass(100);
    }
    assert_eq!((bench.error(first).code, bench.error(second).code), (Code::Http, Code::Http));
    assert_eq!(bench.keys().len() - bench.withdrawn().len(), 1, "it is open once");
}

#[test]
fn an_answer_by_hand_that_arrives_after_all_takes_back_the_question_that_was_asked_again() {
    let (mut bench, _) = bench(&["name"]);
    bench.hold("tasks/update");
    let [_, second] = [respond(&mut bench, "name"), respond(&mut bench, "name")];
    let sent = bench.all("tasks/update");
    bench.reply(&sent[0], Reply::status(409));
    bench.pass(100);
    assert_eq!((bench.keys().len(), bench.withdrawn().len()), (2, 1), "nobody has answered");
    bench.reply(&sent[1], Reply::json(sent[1].result(complete(json!({})))));
    bench.pass(100);
    assert_eq!((bench.value(second), bench.withdrawn().len()), (json!(null), 2));
}

#[test]
fn a_question_that_nobody_needs_is_taken_back() {
    type End = fn(&mut Bench, u32);
    let ends: [(&str, End); 6] = [
        ("it goes on", |bench, _| is(bench, "working")),
        ("it asks something else", |bench, _| asks(bench, &["other"])),
        ("it ends", |bench, _| is(bench, "completed")),
        ("it is cancelled", |bench, _| is(bench, "cancelled")),
        ("nobody waits", |bench, result| bench.abandon(result)),
        ("it is let go of", |bench, _| bench.tell(|engine, now| engine.detach("t1", now))),
    ];
    for (why, end) in ends {
        let (mut bench, result) = bench(&["name"]);
        end(&mut bench, result);
        bench.pass(60_000);
        assert_eq!(bench.withdrawn(), [1], "{why}");
        bench.answer(1, accept(json!("Ada")));
        bench.pass(10_000);
        assert_eq!(bench.count("tasks/update"), 0, "{why}: too late");
    }
}

#[test]
fn what_was_taken_back_is_asked_again_of_the_next_who_waits() {
    let (mut bench, result) = bench(&["name"]);
    bench.abandon(result);
    let result = bench.result("t1");
    bench.pass(10_000);
    assert_eq!(bench.keys(), ["name", "name"]);
    bench.answer(2, accept(json!("Ada")));
    is(&mut bench, "completed");
    bench.pass(10_000);
    assert_eq!(bench.value(result), text_result("done"));
}

#[test]
fn the_last_who_waits_keeps_the_question() {
    let (mut bench, first) = bench(&["name"]);
    bench.result("t1");
    bench.abandon(first);
    assert_eq!(bench.withdrawn(), [0; 0]);
}

#[test]
fn a_question_that_nobody_answers_is_told_to_who_waits_for_the_result_alone() {
    let config = Config { answers: Answers { sampling: true, ..Answers::default() }, ..modern_config() };
    let mut bench = Bench::modern_with(config, modern_capabilities());
    let id = bench.watched_task();
    let result = bench.result(&id);
    let end = bench.call(|engine, call, now| engine.wait(call, "t1", Some(mcp_tasks::engine::State::Completed), now));
    asks(&mut bench, &["name"]);
    bench.pass(10_000);
    let error = bench.error(result);
    assert_eq!(
        (error.code, error.data.as_ref().expect("data").0.clone()),
        (Code::InputRequired, json!({ "inputRequests": asking(&["name"])["inputRequests"] }))
    );
    assert_eq!((bench.keys().len(), bench.is_pending(end)), (0, true));
    respond(&mut bench, "name");
    is(&mut bench, "completed");
    bench.pass(10_000);
    assert_eq!(bench.value(end)["status"], "completed");
}

#[test]
fn a_question_without_a_handler_beside_one_with_is_told_at_once() {
    let config = Config { answers: Answers { sampling: true, ..Answers::default() }, ..modern_config() };
    let mut bench = Bench::modern_with(config, modern_capabilities());
    let id = bench.watched_task();
    let mut state = asking(&["name"]);
    state["inputRequests"]["model"] = json!({ "method": "sampling/createMessage", "params": {} });
    is(&mut bench, state);
    let result = bench.result(&id);
    bench.pass(10_000);
    assert_eq!(bench.error(result).code, Code::InputRequired);
    bench.pass(600_000);
    let open = bench.asked().len() - bench.withdrawn().len();
    assert_eq!(open, 0, "a model is not troubled for an answer that helps nobody");
}

#[test]
fn a_handler_that_fails_ends_the_wait_and_the_next_is_asked_again() {
    type Fail = fn(&mut Bench);
    let fails: [(Fail, Code); 2] = [
        (|bench| bench.refuse(1, json!("closed the window")), Code::InputRequired),
        (|bench| bench.answer(1, json!({ "action": "yes" })), Code::InvalidArgument),
    ];
    for (fail, code) in fails {
        let (mut bench, result) = bench(&["name"]);
        let second = bench.result("t1");
        fail(&mut bench);
        for call in [result, second] {
            let error = bench.error(call);
            assert_eq!((error.code, error.task_id.as_deref()), (code, Some("t1")));
            assert_eq!(error.data.as_ref().expect("data").0, json!({ "inputRequests": asking(&["name"])["inputRequests"] }));
        }
        bench.pass(60_000);
        assert_eq!((bench.keys().len(), bench.count("tasks/update")), (1, 0));
        let result = bench.result("t1");
        bench.pass(10_000);
        bench.answer(2, accept(json!("Ada")));
        is(&mut bench, "completed");
        bench.pass(10_000);
        assert_eq!(bench.value(result), text_result("done"));
    }
}

#[test]
fn an_answer_by_hand_takes_the_question_from_the_handler() {
    let (mut bench, result) = bench(&["a", "b"]);
    let responded = respond(&mut bench, "a");
    assert_eq!((bench.value(responded), bench.withdrawn()), (json!(null), vec![1]));
    bench.answer(1, accept(json!("late")));
    bench.answer(2, accept(json!(2)));
    assert_eq!(updates(&bench), [json!({ "a": accept(json!(1)) }), json!({ "b": accept(json!(2)) })]);
    is(&mut bench, "completed");
    bench.pass(10_000);
    assert_eq!((bench.value(result), bench.keys().len()), (text_result("done"), 2));
}

#[test]
fn answers_by_hand_that_fail_leave_the_handlers_answer_alone() {
    let (mut bench, _) = bench(&["name", "age"]);
    bench.on("tasks/update", |sent| Reply::json(sent.error(-32602, "no")).after(100));
    let first = respond(&mut bench, "name");
    bench.pass(50);
    let second = respond(&mut bench, "name");
    bench.pass(51);
    // The first was refused, and the handler is asked anew: what it says waits for its turn when the second is refused too.
    bench.on("tasks/update", |_| Reply::never());
    let asked = |bench: &Bench, key: &str| bench.asked().iter().rev().find(|ask| ask.key == key).map(|ask| ask.question);
    let (age, name) = (asked(&bench, "age").expect("asked"), asked(&bench, "name").expect("asked"));
    bench.answer(age, accept(json!(7)));
    bench.answer(name, accept(json!("Ada")));
    bench.pass(1_000);
    assert!([first, second].map(|call| bench.is_pending(call)) == [false; 2]);
    assert_eq!(bench.keys(), ["age", "name", "name"]);
}

#[test]
fn nobody_is_asked_for_a_task_that_the_server_may_not_know_any_more() {
    let (mut bench, result) = bench(&["name", "age"]);
    bench.server.tasks.borrow_mut().forget("t1");
    bench.on("tasks/update", |sent| Reply::json(sent.error(-32602, "Task not found")));
    bench.server.latency = 50;
    let call = respond(&mut bench, "name");
    bench.pass(10_000);
    assert_eq!([call, result].map(|call| bench.error(call).code), [Code::TaskNotFound; 2]);
    assert_eq!(bench.keys(), ["age", "name"], "each once");
}

#[test]
fn no_status_names_a_question_that_has_its_answer() {
    for pushes in [true, false] {
        let mut bench = if pushes { Bench::modern() } else { Bench::modern_polling() };
        let id = bench.watched_task();
        bench.pass(1_000);
        let status = |bench: &mut Bench| {
            let call = bench.call(|engine, call, now| engine.status(call, "t1", now));
            bench.pass(0);
            bench.value(call)
        };
        asks(&mut bench, &["name", "age"]);
        if pushes {
            bench.push(&modern_told(&id, asking(&["name", "age"])));
        }
        bench.pass(1_000);
        let call = respond(&mut bench, "name");
        bench.value(call);
        let told = status(&mut bench);
        assert_eq!((&told["status"], &told["inputRequests"]), (&json!("input_required"), &asking(&["age"])["inputRequests"]), "{pushes}");
        let call = respond(&mut bench, "age");
        bench.value(call);
        for _ in 0..3 {
            // The server takes its time.
            let told = status(&mut bench);
            assert_eq!((&told["status"], &told["inputRequests"]), (&json!("working"), &Value::Null), "{pushes}");
            bench.pass(6_000);
        }
        assert_eq!(bench.states(&id), ["input_required", "input_required", "working"], "{pushes}");
        asks(&mut bench, &["age", "town"]);
        bench.pass(6_000);
        let told = status(&mut bench);
        assert_eq!((&told["status"], &told["inputRequests"]), (&json!("input_required"), &asking(&["town"])["inputRequests"]), "{pushes}");
    }
}

#[test]
fn an_answer_by_hand_that_is_on_its_way_is_not_asked_for_and_one_that_got_lost_is() {
    let mut bench = Bench::modern_polling();
    let id = bench.watched_task();
    asks(&mut bench, &["name"]);
    bench.pass(1_000);
    bench.on("tasks/update", |_| Reply::fail().after(3_000));
    let call = respond(&mut bench, "name");
    bench.pass(2_900);
    assert_eq!(bench.states(&id).last().map(String::as_str), Some("working"));
    bench.pass(30_000);
    assert_eq!(bench.error(call).code, Code::Network);
    assert_eq!(bench.states(&id), ["input_required", "working", "input_required"]);
}

#[test]
fn an_answer_by_hand_to_what_is_not_asked_is_not_sent() {
    let (mut bench, _) = bench(&["a"]);
    for key in ["b", "", "A"] {
        let responded = respond(&mut bench, key);
        assert_eq!(bench.error(responded).code, Code::InvalidArgument, "{key}");
    }
    is(&mut bench, "working");
    bench.pass(10_000);
    let responded = respond(&mut bench, "a");
    assert_eq!((bench.error(responded).code, bench.count("tasks/update")), (Code::InvalidArgument, 0), "no longer");
}

#[test]
fn an_answer_by_hand_that_fails_is_the_hands() {
    let (mut bench, result) = bench(&["name"]);
    bench.on("tasks/update", |_| Reply::status(503));
    let responded = respond(&mut bench, "name");
    bench.pass(60_000);
    assert_eq!((bench.error(responded).code, bench.count("tasks/update")), (Code::Http, 4));
    assert!(bench.is_pending(result));
    assert_eq!(bench.keys(), ["name", "name"], "and the handler has it back");
}

#[test]
fn answers_by_id_need_no_task_that_is_known_here() {
    let mut bench = Bench::modern();
    bench.server.tasks.borrow_mut().set("elsewhere", 0, asking(&["a", "b"]));
    let answers = json!({ "a": accept(json!(1)), "b": { "action": "cancel" } });
    let update = |bench: &mut Bench, id: &'static str| {
        let answers = Node(answers.clone());
        bench.call(|engine, call, now| engine.update(call, id, answers, now))
    };
    let call = update(&mut bench, "elsewhere");
    assert_eq!((bench.value(call), updates(&bench)), (json!(null), vec![answers.clone()]));
    let call = update(&mut bench, "unknown");
    let error = bench.error(call);
    assert_eq!((error.code, error.task_id.as_deref()), (Code::TaskNotFound, Some("unknown")), "the status tells why it was refused");
    bench.pass(60_000);
    assert_eq!((bench.count("tasks/get"), bench.engine.deadline()), (1, None));
}

#[test]
fn sessions_have_no_answers_by_hand() {
    let mut bench = Bench::polling();
    bench.watched_task();
    let responded = respond(&mut bench, "a");
    assert_eq!(bench.error(responded).code, Code::InvalidArgument);
    let updated = bench.call(|engine, call, now| engine.update(call, "t1", Node(json!({ "a": {} })), now));
    assert_eq!(bench.error(updated).code, Code::Unsupported);
}

#[test]
fn a_pushed_question_needs_no_poll() {
    let mut bench = Bench::modern();
    let id = bench.watched_task();
    let result = bench.result(&id);
    bench.pass(2_000);
    let polls = bench.count("tasks/get");
    asks(&mut bench, &["name"]);
    bench.push(&modern_told(&id, asking(&["name"])));
    assert_eq!((bench.keys(), bench.count("tasks/get")), (vec!["name".to_string()], polls));
    bench.answer(1, accept(json!("Ada")));
    is(&mut bench, "completed");
    bench.push(&modern_told(&id, "completed"));
    assert_eq!(bench.value(result), text_result("done"));
}

#[test]
fn nothing_is_left_when_the_client_closes() {
    let (mut bench, result) = bench(&["name"]);
    bench.close();
    assert_eq!(bench.error(result).code, Code::Closed);
    bench.answer(1, accept(json!("Ada")));
    bench.pass(60_000);
    assert_eq!((bench.count("tasks/update"), bench.engine.deadline()), (0, None));
}
