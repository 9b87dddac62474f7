//! Requests that fail: which are sent again, in either era, how often, and which are not.

use mcp_tasks::engine::{Code, Invocation, Kind, Listing};
use serde_json::json;

use crate::bench::{Bench, invocation, tool, tool_task};
use crate::dice::are_backoffs;
use crate::server::all_capabilities;
use crate::wire::{Answer, Reply};

type Ask = fn(&mut Bench) -> u32;

/// What a caller waits for and may be asked twice, with the method that it is told by.
fn safe() -> [(&'static str, Ask); 7] {
    [
        ("tools/list", |bench| {
            // What is known of them is over by then.
            bench.pass(300_000);
            bench.call(|engine, call, now| engine.list(call, Listing::Tools, now))
        }),
        ("prompts/list", |bench| bench.call(|engine, call, now| engine.list(call, Listing::Prompts, now))),
        ("resources/list", |bench| bench.call(|engine, call, now| engine.list(call, Listing::Resources, now))),
        ("prompts/get", |bench| bench.invoke(invocation(Kind::Prompt, "p"))),
        ("resources/read", |bench| bench.invoke(invocation(Kind::Resource, "r://"))),
        ("tasks/cancel", |bench| bench.call(|engine, call, now| engine.cancel(call, "t1", now))),
        ("tools/call", |bench| bench.invoke(tool("reads"))),
    ]
}

const TROUBLES: [(&str, Answer); 9] = [
    ("no response", |_| Reply::fail()),
    ("an answer that breaks off", |_| Reply::stream().ends()),
    ("408", |_| Reply::status(408)),
    ("425", |_| Reply::status(425)),
    ("429", |_| Reply::status(429)),
    ("500", |_| Reply::status(500)),
    ("502", |_| Reply::status(502)),
    ("503", |_| Reply::status(503)),
    ("503 with an error", |sent| Reply::status_with(503, sent.error(-32603, "down"))),
];

/// Both eras; the task `t1` is known, and the tool `reads` says that it only reads.
fn benches() -> [Bench; 2] {
    let mut legacy = Bench::new(crate::bench::config(), all_capabilities());
    let reads = json!({ "name": "reads", "inputSchema": {}, "annotations": { "readOnlyHint": true } });
    legacy.server.tools.borrow_mut().as_array_mut().expect("tools").push(reads);
    legacy.results("prompts/list", json!({ "prompts": [] }));
    legacy.results("resources/list", json!({ "resources": [] }));
    let call = legacy.call(|engine, call, now| engine.connect(call, now));
    legacy.value(call);
    let mut modern = Bench::modern_polling();
    modern.know_tools();
    let benches = [legacy, modern];
    benches.iter().for_each(|bench| bench.server.tasks.borrow_mut().set("t1", 0, "working"));
    benches
}

#[test]
fn what_is_safe_is_sent_again_in_a_while_and_so_often() {
    for (method, ask) in safe() {
        for (why, trouble) in TROUBLES {
            for mut bench in benches() {
                let mut left = 3;
                bench.server.upset(move |sent| {
                    let fails = sent.method() == method && left > 0;
                    left -= i32::from(fails);
                    fails.then(|| trouble(sent))
                });
                let call = ask(&mut bench);
                bench.pass(10_000);
                bench.value(call);
                let sent = bench.all(method);
                let waits: Vec<_> = sent.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
                assert!(waits.len() == 3 && are_backoffs(&waits), "{method}, {why}: {waits:?}");

                bench.on(method, trouble);
                let before = bench.count(method);
                let call = ask(&mut bench);
                bench.pass(10_000);
                assert!(!bench.is_pending(call), "{method}, {why}");
                // Lists are kept, and are not asked for at all.
                let tries = bench.count(method) - before;
                assert!(tries == 4 || tries == 0, "{method}, {why}: {tries}");
            }
        }
    }
}

#[test]
fn what_is_not_a_matter_of_time_is_not() {
    let refusals: [(&str, Answer); 6] = [
        ("an error", |sent| Reply::json(sent.error(-32603, "no"))),
        ("400", |_| Reply::status(400)),
        ("401", |_| Reply::status(401)),
        ("404", |_| Reply::status(404)),
        ("no JSON", |_| Reply::status(200)),
        ("silence", |_| Reply::never()),
    ];
    for (method, ask) in safe() {
        for (why, refusal) in refusals {
            for mut bench in benches() {
                bench.on(method, refusal);
                ask(&mut bench);
                bench.pass(60_000);
                assert_eq!(bench.count(method), 1, "{method}, {why}");
            }
        }
    }
}

#[test]
fn the_server_says_when_and_not_after_the_callers_own_time_out() {
    for mut bench in benches() {
        bench.on("prompts/get", |_| Reply::status(503).retry_after(7_000));
        let patient = bench.invoke(invocation(Kind::Prompt, "p"));
        bench.pass(21_000);
        assert_eq!((bench.error(patient).code, bench.count("prompts/get")), (Code::Http, 4));
        let asked = bench.now;
        let quick = bench.invoke(Invocation { patience: Some(7_000), ..invocation(Kind::Prompt, "p") });
        assert_eq!((bench.error(quick).code, bench.now), (Code::Http, asked), "it would be too late: nobody waits for that");
    }
}

#[test]
fn a_call_that_may_have_been_executed_is_not_sent_again() {
    for (why, trouble) in TROUBLES.into_iter().filter(|(why, _)| !["425", "429"].contains(why)) {
        for call in [tool("quick"), tool_task("slow"), tool("unknown")] {
            for mut bench in benches() {
                bench.on("tools/call", trouble);
                let call = bench.invoke(call.clone());
                bench.pass(60_000);
                assert!(bench.outcome(call).is_some_and(|outcome| outcome.is_err()), "{why}");
                assert_eq!(bench.count("tools/call"), 1, "{why}");
            }
        }
    }
}

#[test]
fn one_that_was_turned_away_is() {
    let doors: [(&str, Answer); 3] = [
        ("too early", |_| Reply::status(425)),
        ("too many", |_| Reply::status(429)),
        ("unavailable for a while", |_| Reply::status(503).retry_after(2_000)),
    ];
    for (why, door) in doors {
        for wanted in [tool("quick"), tool_task("slow")] {
            for mut bench in benches() {
                let mut left = 2;
                bench.server.upset(move |sent| {
                    let turns = sent.method() == "tools/call" && left > 0;
                    left -= i32::from(turns);
                    turns.then(|| door(sent))
                });
                let call = bench.invoke(wanted.clone());
                bench.pass(10_000);
                bench.value(call);
                assert_eq!(bench.count("tools/call"), 3, "{why}");
            }
        }
    }
}

#[test]
fn who_leaves_between_the_tries_leaves_nothing() {
    for (method, ask) in safe() {
        for mut bench in benches() {
            bench.on(method, |_| Reply::status(503));
            let call = ask(&mut bench);
            assert!(bench.is_pending(call), "{method}");
            bench.abandon(call);
            bench.pass(60_000);
            assert_eq!((bench.count(method), bench.engine.deadline()), (1, None), "{method}");
            assert_eq!(bench.count("notifications/cancelled"), 0, "{method}: the server knows nothing of it");
        }
    }
}

#[test]
fn and_closing_too() {
    for mut bench in benches() {
        bench.on("prompts/get", |_| Reply::status(503));
        let call = bench.invoke(invocation(Kind::Prompt, "p"));
        let close = bench.close();
        bench.value(close);
        bench.pass(60_000);
        assert_eq!((bench.error(call).code, bench.count("prompts/get"), bench.engine.deadline()), (Code::Closed, 1, None));
    }
}

#[test]
fn what_the_browser_may_refuse_to_send_is_not_sent_again() {
    let config = mcp_tasks::engine::Config { hides_headers: true, ..crate::bench::modern_config() };
    let mut bench = Bench::modern_with(config, crate::modern_server::modern_capabilities());
    bench.on("prompts/get", |_| Reply::fail());
    let call = bench.invoke(invocation(Kind::Prompt, "p"));
    bench.pass(10_000);
    assert_eq!((bench.error(call).code, bench.count("prompts/get")), (Code::Cors, 1));
}

#[test]
fn a_session_whose_beginning_was_lost_is_not_the_next_ones() {
    let mut bench = Bench::new(crate::bench::config(), all_capabilities());
    bench.on("initialize", |_| Reply::stream().ends().in_session("lost"));
    bench.call(|engine, call, now| engine.connect(call, now));
    bench.pass(60_000);
    let sent = bench.all("initialize");
    assert!(sent.len() > 1, "it is sent again");
    assert!(sent.iter().all(|sent| sent.header("mcp-session-id").is_none()));
}

#[test]
fn one_whose_answer_had_begun_is_not_though_the_rest_of_it_is_refused() {
    let mut bench = Bench::streaming();
    bench.on("tools/call", |_| Reply::stream().bytes("id: 1-0\ndata:\n\n").ends());
    bench.on("GET", |_| Reply::status(503).retry_after(2_000));
    let call = bench.invoke(tool("plain"));
    bench.pass(60_000);
    assert_eq!((bench.error(call).code, bench.count("tools/call")), (Code::Http, 1));
}
