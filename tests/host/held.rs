//! A status that is held back for its question.

use mcp_tasks::engine::Code;
use serde_json::json;

use crate::bench::Bench;
use crate::served::{accept, answering, asked, is, of, question, session_of};
use crate::server::{all_capabilities, text_result, told};
use crate::wire::Reply;

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
