//! The user signs in because a server wants it: nothing is sent meanwhile, no time runs out, and no task is lost for it.

use std::cell::Cell;
use std::rc::Rc;

use mcp_tasks::engine::{Code, Config, Listing, Verb};
use serde_json::{Value, json};

use crate::bench::{Bench, config, modern_config, tool};
use crate::server::text_result;
use crate::wire::{Reply, Sent};

/// How a sign-in fails that the user ended.
fn closed() -> Value {
    json!({
        "code": "unauthorized", "message": "the window was closed", "data": { "status": 401, "reason": "popup_closed" }, "cause": "why",
    })
}

const HOUR: u64 = 3_600_000;
const PATIENCE: u64 = 60_000;

/// Whatever comes by this method has no answer but that, until the user has signed in.
fn refuse(bench: &mut Bench, method: &'static str) -> Rc<Cell<bool>> {
    let is_signed_in = Rc::new(Cell::new(false));
    let of_server = is_signed_in.clone();
    bench.server.upset(move |sent| (sent.method() == method && !of_server.get()).then(|| Reply::unsigned(closed())));
    is_signed_in
}

#[test]
fn while_somebody_signs_in_nothing_is_sent_and_no_time_runs_out() {
    let mut bench = Bench::polling();
    bench.life("t1", &[(HOUR, "completed")]);
    let id = bench.watched_task();
    bench.hold("tools/call");
    let call = bench.invoke(tool("plain"));
    let refused = bench.last("tools/call");
    bench.pass(PATIENCE / 2);
    let polls = bench.count("tasks/get");
    bench.tell(|engine, now| engine.signing_in(now));
    let held = bench.invoke(tool("plain"));
    let list = bench.call(|engine, call, now| engine.list(call, Listing::Prompts, now));
    let sent = bench.sent.len();
    bench.pass(10 * PATIENCE);
    // The page may have been hidden behind the window, and come back.
    bench.tell(|engine, now| engine.wake(now));
    bench.pass(10 * PATIENCE);
    assert_eq!(bench.sent.len(), sent, "{:?}", bench.sent.last());
    assert!(bench.aborted.is_empty());
    assert!([call, held, list].iter().all(|call| bench.is_pending(*call)));
    bench.results("prompts/list", json!({ "prompts": [] }));
    bench.tell(|engine, now| engine.signed_in(true, now));
    assert_eq!(bench.value(list), json!([]));
    bench.pass(1_000);
    assert!(bench.count("tasks/get") > polls, "{id} is asked about again");
    // It has the rest of its time, and no more.
    bench.pass(PATIENCE / 2 - 2_000);
    assert!(bench.is_pending(call));
    bench.pass(2_000);
    assert_eq!(bench.error(call).code, Code::Timeout);
    let held_one = bench.last("tools/call");
    bench.reply(&held_one, Reply::json(held_one.result(text_result("at once"))));
    bench.pass(0);
    assert_eq!(bench.value(held), text_result("at once"));
    assert_ne!(refused.exchange, held_one.exchange);
}

#[test]
fn who_waits_for_a_task_is_told_why_it_cannot_be_asked_about_and_the_task_goes_on_after_the_next_sign_in() {
    for era in [Bench::polling, Bench::modern_polling] {
        let mut bench = era();
        bench.life("t1", &[(3 * HOUR, "completed")]);
        let id = bench.watched_task();
        let result = bench.result(&id);
        let is_signed_in = refuse(&mut bench, "tasks/get");
        bench.pass(30_000);
        let error = bench.error(result);
        assert_eq!((error.code, &*error.message, error.task_id.as_deref()), (Code::Unauthorized, "the window was closed", Some("t1")));
        assert_eq!(error.data.as_ref().map(|data| data.0["reason"].clone()), Some(json!("popup_closed")));
        assert_eq!(error.cause.as_ref().map(|cause| cause.0.clone()), Some(json!("why")));
        let asked = bench.count("tasks/get");
        bench.pass(HOUR);
        assert_eq!((bench.count("tasks/get"), bench.gone()), (asked, Vec::new()), "nobody is asked again for what only the clock wants");
        is_signed_in.set(true);
        bench.tell(|engine, now| engine.signing_in(now));
        bench.pass(5_000);
        bench.tell(|engine, now| engine.signed_in(true, now));
        bench.pass(1_000);
        assert!(bench.count("tasks/get") > asked);
        bench.pass(3 * HOUR);
        assert_eq!(bench.states(&id), ["completed"]);
    }
}

#[test]
fn a_task_that_is_refused_whoever_signs_in_is_given_up_for_all_that_others_are_told() {
    for era in [Bench::polling, Bench::modern_polling] {
        let mut bench = era();
        let ids = ["t1", "t2"].map(|id| {
            bench.life(id, &[(HOUR, "completed")]);
            bench.watched_task()
        });
        let result = bench.result(&ids[0]);
        let refusals = Rc::new(Cell::new(0));
        let of_server = refusals.clone();
        bench.server.upset(move |sent| {
            let is_refused = sent.method() == "tasks/get" && sent.params()["taskId"] == "t1";
            is_refused.then(|| {
                of_server.set(of_server.get() + 1);
                Reply::status(401)
            })
        });
        // Each time there is a sign-in, which the server takes for a success.
        for _ in 0..10_000 {
            let before = refusals.get();
            bench.pass(10);
            if refusals.get() > before {
                bench.tell(|engine, now| engine.signing_in(now));
                bench.tell(|engine, now| engine.signed_in(true, now));
            }
        }
        assert_eq!((refusals.get(), bench.error(result).code), (2, Code::Unauthorized));
        bench.pass(2 * HOUR);
        assert_eq!(bench.states(&ids[1]), ["completed"]);
    }
}

#[test]
fn a_task_that_was_forbidden_before_somebody_had_to_sign_in_goes_on_after_it_like_any_other() {
    for era in [Bench::polling, Bench::modern_polling] {
        let mut bench = era();
        bench.life("t1", &[(HOUR, "completed")]);
        let id = bench.watched_task();
        let (is_signed_in, mut is_first) = (Rc::new(Cell::new(false)), true);
        let of_server = is_signed_in.clone();
        bench.server.upset(move |sent| {
            let is_refused = sent.method() == "tasks/get" && !of_server.get();
            is_refused.then(|| if std::mem::take(&mut is_first) { Reply::status(403) } else { Reply::unsigned(closed()) })
        });
        bench.pass(30_000);
        is_signed_in.set(true);
        bench.tell(|engine, now| engine.signing_in(now));
        bench.tell(|engine, now| engine.signed_in(true, now));
        bench.pass(2 * HOUR);
        assert_eq!(bench.states(&id), ["completed"]);
    }
}

#[test]
fn whoever_wants_something_of_such_a_task_may_sign_in_for_it() {
    let mut bench = Bench::polling();
    bench.life("t1", &[(HOUR, "completed")]);
    let id = bench.watched_task();
    let is_signed_in = refuse(&mut bench, "tasks/get");
    bench.pass(30_000);
    assert!(!bench.last("tasks/get").awaited);
    let again = bench.result(&id);
    assert!(bench.last("tasks/get").awaited);
    assert_eq!(bench.error(again).code, Code::Unauthorized);
    is_signed_in.set(true);
    let result = bench.result(&id);
    bench.pass(2 * HOUR);
    bench.value(result);
}

#[test]
fn a_result_that_is_refused_so_may_be_asked_for_again() {
    let mut bench = Bench::polling();
    bench.life("t1", &[(1_000, "completed")]);
    let id = bench.watched_task();
    let is_signed_in = refuse(&mut bench, "tasks/result");
    let result = bench.result(&id);
    bench.pass(10_000);
    assert_eq!(bench.error(result).code, Code::Unauthorized);
    assert_eq!(bench.count("tasks/result"), 1);
    is_signed_in.set(true);
    let result = bench.result(&id);
    bench.pass(10_000);
    bench.value(result);
}

#[test]
fn where_only_the_network_failed_the_sign_in_it_is_tried_again() {
    let mut bench = Bench::polling();
    bench.life("t1", &[(60_000, "completed")]);
    let id = bench.watched_task();
    let result = bench.result(&id);
    let mut left = 4;
    bench.server.upset(move |sent| {
        left -= i32::from(sent.method() == "tasks/get");
        (sent.method() == "tasks/get" && left >= 0)
            .then(|| Reply::unsigned(json!({ "code": "network", "message": "no authorization server" })))
    });
    bench.pass(300_000);
    bench.value(result);
    assert!(bench.gone().is_empty());
}

#[test]
fn a_connection_that_nobody_signs_in_for_ends_with_the_reason_and_tells_nothing_of_the_server() {
    for (why, hides_headers, error, code) in [
        ("the user said no", true, closed(), Code::Unauthorized),
        ("the user said no, on the server's own page", false, closed(), Code::Unauthorized),
        ("there is no authorization server", true, json!({ "code": "network", "message": "no authorization server" }), Code::Network),
    ] {
        let mut bench = Bench::new(Config { hides_headers, ..modern_config() }, crate::server::all_capabilities());
        let said = error["message"].clone();
        bench.server.upset(move |_| Some(Reply::unsigned(error.clone())));
        let call = bench.call(|engine, call, now| engine.connect(call, now));
        bench.pass(1_000);
        let error = bench.error(call);
        assert_eq!((error.code, json!(error.message)), (code, said), "{why}");
        assert_eq!(bench.sent.iter().map(Sent::method).collect::<Vec<_>>(), ["server/discover"], "{why}: it is not taken for an old one");
    }
}

#[test]
fn what_a_caller_waits_for_is_told_apart_from_what_only_the_clock_wants() {
    let mut bench = Bench::new(config(), crate::server::all_capabilities());
    bench.on("GET", |_| Reply::stream());
    let call = bench.call(|engine, call, now| engine.connect(call, now));
    bench.value(call);
    bench.life("t1", &[(HOUR, "completed")]);
    let id = bench.watched_task();
    bench.pass(60_000);
    bench.call(|engine, call, now| engine.fresh_status(call, &id, now));
    let awaited = |method: &str| bench.all(method).iter().map(|sent| sent.awaited).collect::<Vec<_>>();
    assert_eq!(awaited("initialize"), [true]);
    assert_eq!(awaited("tools/call"), [true]);
    let streams: Vec<_> = bench.sent.iter().filter(|sent| sent.verb == Verb::Get).map(|sent| sent.awaited).collect();
    assert_eq!(streams, [false]);
    let polls = awaited("tasks/get");
    assert_eq!((polls.first(), polls.last()), (Some(&false), Some(&true)), "{polls:?}");
}

#[test]
fn a_client_that_is_closed_while_somebody_signs_in_says_goodbye_all_the_same() {
    let mut bench = Bench::new(config(), crate::server::all_capabilities());
    bench.on("initialize", |sent| {
        let info = json!({ "name": "peer", "version": "1" });
        let result = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": info });
        Reply::json(sent.result(result)).in_session("s-1")
    });
    let call = bench.call(|engine, call, now| engine.connect(call, now));
    bench.value(call);
    bench.tell(|engine, now| engine.signing_in(now));
    let held = bench.invoke(tool("plain"));
    let farewell = bench.close();
    assert_eq!(bench.error(held).code, Code::Closed);
    assert_eq!(bench.count("DELETE"), 1);
    bench.pass(10_000);
    bench.value(farewell);
    bench.tell(|engine, now| engine.signed_in(false, now));
}
