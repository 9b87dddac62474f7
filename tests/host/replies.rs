//! Our answers to what a server with sessions asks: each is sent until the server has it, and nobody is asked again.

use mcp_tasks::engine::Code;
use serde_json::json;

use crate::dice::are_backoffs;
use crate::served::{accept, answer_to, answers, asked, code_of, is, respond};
use crate::server::{text_result, told};
use crate::wire::Reply;

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
fn an_answer_that_is_to_be_sent_again_is_whatever_becomes_of_who_follows_the_task() {
    for detaches in [false, true] {
        let (mut bench, result) = asked(0, "name?");
        let (mut is_busy, tasks) = (true, bench.server.tasks.clone());
        bench.on("answer", move |sent| {
            if std::mem::take(&mut is_busy) {
                return Reply::status(503).retry_after(30_000);
            }
            tasks.borrow_mut().set("t1", sent.at, "completed");
            Reply::status(202)
        });
        bench.answer(1, accept("Ada"));
        if detaches {
            bench.tell(|engine, now| engine.detach("t1", now));
        } else {
            bench.on("tasks/get", |_| Reply::status(401));
            bench.pass(20_000);
        }
        assert_eq!(bench.error(result).code, if detaches { Code::Closed } else { Code::Unauthorized });
        let tasks = bench.server.tasks.clone();
        bench.on("tasks/get", move |sent| Reply::json(sent.result(tasks.borrow().at("t1", sent.at).expect("a task"))));
        bench.tell(|engine, now| engine.follow("t1", now));
        let result = bench.result("t1");
        bench.pass(60_000);
        assert_eq!(bench.value(result), text_result("done"));
        assert_eq!((answers(&bench), bench.keys().len()), (vec![answer_to(0, accept("Ada")); 2], 1));
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
