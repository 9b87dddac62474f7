//! The `tasks/result` stream beside the polls of a task that waits for input: where servers with sessions ask.

use mcp_tasks::engine::{Code, Failure, Millis};
use serde_json::{Value, json};

use crate::bench::{Bench, tool_task};
use crate::dice::are_backoffs;
use crate::served::{accept, answering, is, of, question, say, session_of};
use crate::server::{INVALID_PARAMS, id_of, text_result, told};
use crate::wire::{Arrival, Reply, Sent};

/// So many tasks that wait for input, each with somebody who waits for its result, on a server whose `tasks/result` does this.
fn asking(count: usize, payload: impl FnMut(&Sent) -> Reply + 'static) -> (Bench, Vec<u32>) {
    let mut bench = session_of(answering());
    bench.on("tasks/result", payload);
    let ids: Vec<_> = (0..count).map(|_| bench.watched_task()).collect();
    let results = ids.iter().map(|id| bench.result(id)).collect();
    for id in &ids {
        is(&mut bench, id, "input_required");
        bench.push(&told(id, "input_required"));
    }
    (bench, results)
}

fn blocking(count: usize) -> (Bench, Vec<u32>) {
    asking(count, |_| Reply::stream())
}

/// The streams that are open, by their task.
fn open(bench: &Bench) -> Vec<Sent> {
    bench.all("tasks/result").into_iter().filter(|sent| bench.is_open(sent.exchange)).collect()
}

fn waits(bench: &Bench, method: &str) -> Vec<Millis> {
    bench.all(method).windows(2).map(|pair| pair[1].at - pair[0].at).collect()
}

#[test]
fn it_is_there_as_soon_as_a_task_waits_for_input_and_until_it_ends() {
    let mut bench = session_of(answering());
    bench.on("tasks/result", |_| Reply::stream());
    bench.watched_task();
    bench.result("t1");
    bench.pass(10_000);
    assert_eq!(bench.count("tasks/result"), 0, "a task that works asks nothing");
    is(&mut bench, "t1", "input_required");
    bench.push(&told("t1", "input_required"));
    assert_eq!(open(&bench).len(), 1);
    bench.push(&told("t1", "input_required"));
    bench.pass(500);
    is(&mut bench, "t1", "working");
    bench.push(&told("t1", "working"));
    assert_eq!((open(&bench).len(), bench.count("tasks/result")), (1, 1), "the next question may come on it");
    bench.push(&told("t1", "input_required"));
    bench.pass(1_000);
    assert_eq!((open(&bench).len(), bench.count("tasks/result")), (1, 1), "one for all of them");
    is(&mut bench, "t1", "cancelled");
    bench.push(&told("t1", "cancelled"));
    assert_eq!(open(&bench).len(), 0);
}

#[test]
fn a_server_that_waits_there_is_told_that_nobody_listens_any_more() {
    let mut bench = session_of(answering());
    bench.on("tasks/result", |_| Reply::stream());
    bench.watched_task();
    is(&mut bench, "t1", "input_required");
    bench.push(&told("t1", "input_required"));
    let stream = bench.last("tasks/result");
    bench.tell(|engine, now| engine.watch("t1", false, now));
    bench.pass(4_000);
    assert_eq!(open(&bench).len(), 1, "who has heard of a question will soon wait for what follows");
    bench.pass(2_000);
    assert_eq!((open(&bench).len(), bench.last("notifications/cancelled").params()["requestId"].clone()), (0, stream.body["id"].clone()));
}

#[test]
fn a_question_that_came_elsewhere_needs_none() {
    let mut bench = session_of(answering());
    bench.on("tasks/result", |_| Reply::stream());
    bench.watched_task();
    bench.result("t1");
    bench.push(&of("t1", question(0, "name?")));
    is(&mut bench, "t1", "input_required");
    bench.pass(60_000);
    assert_eq!((bench.count("tasks/result"), bench.keys().len()), (0, 1));
}

#[test]
fn it_does_not_stop_the_polls_and_its_wait_has_no_end() {
    let (mut bench, results) = blocking(1);
    bench.pass(500);
    let aside = bench.last("tasks/result");
    say(&mut bench, &aside, &question(0, "name?"));
    let polls = bench.count("tasks/get");
    bench.pass(24 * 3_600_000);
    assert!(bench.count("tasks/get") > polls + 1_000, "{}", bench.count("tasks/get") - polls);
    assert!(bench.is_open(aside.exchange) && bench.is_pending(results[0]), "the user may take a day");
    assert_eq!((bench.count("tasks/result"), bench.keys().len()), (1, 1));
    bench.answer(1, accept("Ada"));
    is(&mut bench, "t1", "completed");
    bench.results("tasks/result", text_result("done"));
    bench.pass(10_000);
    assert_eq!((bench.value(results[0]), open(&bench).len()), (text_result("done"), 0), "the end that a poll told ends it");
}

#[test]
fn what_it_brings_at_the_end_is_not_lost() {
    let (mut bench, results) = blocking(1);
    bench.pass(500);
    let aside = bench.last("tasks/result");
    say(&mut bench, &aside, &question(0, "name?"));
    bench.answer(1, accept("Ada"));
    is(&mut bench, "t1", "completed");
    bench.results("tasks/result", text_result("done"));
    let at = bench.now;
    say(&mut bench, &aside, &aside.result(text_result("done")));
    assert_eq!(bench.value(results[0]), text_result("done"));
    assert_eq!(bench.now, at, "nobody waits for the next poll");
}

#[test]
fn a_server_that_does_not_let_us_wait_is_asked_less_and_less_often() {
    let (mut bench, _) = asking(1, |sent| Reply::json(sent.error(INVALID_PARAMS, "Task is not completed yet")));
    bench.pass(120_000);
    let waits = waits(&bench, "tasks/result");
    // The first of these failures counts as the second.
    assert!(are_backoffs(&[&[500], &waits[..]].concat()) && waits.len() < 20, "{waits:?}");
    assert!(bench.count("tasks/get") > 20, "and the polls go on");
    assert_eq!(bench.states("t1"), ["input_required"]);
}

#[test]
fn a_server_that_answers_before_the_end_is_not_asked_as_fast_as_it_answers() {
    for latency in [0, 50] {
        let (mut bench, _) = asking(1, |sent| Reply::json(sent.result(json!({}))));
        bench.server.latency = latency;
        bench.pass(120_000);
        assert!(bench.count("tasks/result") < 20, "{} requests", bench.count("tasks/result"));
        assert!(bench.count("tasks/get") < 120, "{} polls", bench.count("tasks/get"));
    }
}

#[test]
fn a_busy_server_is_left_alone_as_long_as_it_wants() {
    let (mut bench, _) = asking(1, |_| Reply::status(503).retry_after(20_000));
    bench.pass(50_000);
    assert_eq!(waits(&bench, "tasks/result"), [20_000, 20_000]);
}

#[test]
fn one_that_breaks_is_opened_again_and_the_task_does_not_fail() {
    let (mut bench, results) = blocking(1);
    for _ in 0..3 {
        let aside = bench.last("tasks/result");
        bench.reply(&aside, Reply(vec![(0, Arrival::Fail(Failure::Network))]));
        bench.pass(10_000);
    }
    assert_eq!((bench.count("tasks/result"), open(&bench).len()), (4, 1));
    assert_eq!(bench.error(results[0]).code, Code::InputRequired, "there was no question, and never is it the stream's trouble");
    let (aside, result) = (bench.last("tasks/result"), bench.result("t1"));
    say(&mut bench, &aside, &question(0, "name?"));
    assert_eq!((bench.keys(), bench.is_pending(result)), (vec!["0".to_string()], true));
}

#[test]
fn one_that_is_silent_while_its_task_asks_is_taken_for_dead_after_a_minute() {
    let (mut bench, _) = blocking(1);
    bench.pass(59_000);
    assert_eq!(bench.count("tasks/result"), 1);
    bench.pass(66_000);
    let opened = bench.all("tasks/result");
    let [first, second, ..] = &opened[..] else { panic!("opened {} times", opened.len()) };
    assert!(!bench.is_open(first.exchange) && bench.is_open(second.exchange));
    bench.result("t1");
    say(&mut bench, second, &of("t1", question(0, "name?")));
    bench.pass(600_000);
    assert_eq!((bench.keys(), bench.count("tasks/result")), (vec!["0".to_string()], 2), "then the user may take as long as it takes");
}

#[test]
fn one_that_can_be_taken_up_again_is() {
    let (mut bench, results) = blocking(1);
    let aside = bench.last("tasks/result");
    bench.reply(&aside, Reply::never().bytes("id: 5\nretry: 250\ndata:\n\n").ends());
    bench.pass(500);
    let resumed = bench.all("GET").into_iter().find(|sent| sent.header("last-event-id") == Some("5")).expect("a resumption");
    bench.reply(&resumed, Reply::never().event(&question(0, "name?")));
    bench.pass(0);
    assert_eq!((bench.keys(), bench.asked()[0].task_id.as_deref()), (vec!["0".to_string()], Some("t1")));
    bench.answer(1, accept("Ada"));
    is(&mut bench, "t1", "completed");
    bench.results("tasks/result", text_result("done"));
    bench.pass(10_000);
    assert_eq!(bench.value(results[0]), text_result("done"));
}

#[test]
fn three_are_open_at_a_time_and_every_task_has_its_turn() {
    let (mut bench, results) = blocking(8);
    let mut asked: Vec<String> = Vec::new();
    let mut most = 0;
    for _ in 0..120 {
        let streams = open(&bench);
        most = most.max(streams.len());
        for stream in streams {
            let id = id_of(&stream).to_owned();
            if !asked.contains(&id) {
                say(&mut bench, &stream, &question(asked.len(), "name?"));
                asked.push(id);
            }
        }
        bench.pass(100);
    }
    assert_eq!((most, asked.len(), bench.keys().len()), (3, 8, 8));
    assert!(results.iter().all(|call| bench.is_pending(*call) || bench.error(*call).code == Code::InputRequired));
}

#[test]
fn tasks_that_nobody_waits_for_hold_no_stream() {
    let mut bench = session_of(answering());
    bench.on("tasks/result", |_| Reply::stream());
    for id in ["t1", "t2", "t3"] {
        bench.invoke(tool_task("slow"));
        let result = bench.result(id);
        is(&mut bench, id, "input_required");
        bench.push(&told(id, "input_required"));
        assert!(bench.is_pending(result));
    }
    bench.pass(10_000);
    assert_eq!(open(&bench).len(), 0, "they never asked, and whoever waited was told so");
    bench.invoke(tool_task("slow"));
    bench.result("t4");
    is(&mut bench, "t4", "input_required");
    bench.push(&told("t4", "input_required"));
    bench.pass(1_000);
    assert_eq!(open(&bench).iter().map(|sent| id_of(sent).to_owned()).collect::<Vec<_>>(), ["t4"]);
}

#[test]
fn tasks_that_are_silent_there_do_not_keep_others_from_asking() {
    let (mut bench, _) = blocking(4);
    bench.pass(30_000);
    let streamed = bench.all("tasks/result").iter().any(|sent| id_of(sent) == "t4");
    assert!(streamed, "the fourth has its turn");
    assert!(open(&bench).len() <= 3);
    assert!(bench.count("tasks/result") <= 40, "and there is no hurry: {}", bench.count("tasks/result"));
}

#[test]
fn it_ends_with_who_waits_with_the_task_and_with_the_client() {
    type End = fn(&mut Bench, u32);
    let ends: [(&str, End); 4] = [
        ("nobody waits", |bench, result| bench.abandon(result)),
        ("it is let go of", |bench, _| bench.tell(|engine, now| engine.detach("t1", now))),
        ("it is cancelled", |bench, _| {
            bench.call(|engine, call, now| engine.cancel(call, "t1", now));
        }),
        ("the client closes", |bench, _| {
            bench.close();
        }),
    ];
    for (why, end) in ends {
        let mut bench = session_of(answering());
        bench.on("tasks/result", |_| Reply::stream());
        bench.invoke(tool_task("slow"));
        let result = bench.result("t1");
        is(&mut bench, "t1", "input_required");
        bench.push(&told("t1", "input_required"));
        assert_eq!(open(&bench).len(), 1, "{why}");
        end(&mut bench, result);
        bench.pass(5_000);
        assert_eq!(open(&bench).len(), 0, "{why}");
    }
}

#[test]
fn the_answer_to_a_question_that_came_there_leaves_it_open_for_the_next() {
    let (mut bench, results) = blocking(1);
    let aside = bench.last("tasks/result");
    for (index, words) in ["a?", "b?", "c?"].into_iter().enumerate() {
        say(&mut bench, &aside, &question(index, words));
        bench.answer(index as u32 + 1, accept(words));
        bench.pass(500);
    }
    assert_eq!((bench.count("tasks/result"), bench.count("answer"), open(&bench).len()), (1, 3, 1));
    is(&mut bench, "t1", "completed");
    bench.results("tasks/result", text_result("done"));
    bench.pass(10_000);
    assert_eq!(bench.value(results[0]), text_result("done"));
}

#[test]
fn other_requests_of_the_server_are_served_there_too() {
    let (mut bench, _) = blocking(1);
    let aside = bench.last("tasks/result");
    say(&mut bench, &aside, &json!({ "jsonrpc": "2.0", "id": 9, "method": "ping" }));
    assert_eq!(bench.last("answer").body, json!({ "jsonrpc": "2.0", "id": 9, "result": {} }));
    let unknown: Value = json!({ "jsonrpc": "2.0", "id": 10, "method": "unknown" });
    say(&mut bench, &aside, &unknown);
    assert_eq!(bench.last("answer").body["error"]["code"], -32601);
}
