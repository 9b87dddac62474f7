//! What a server can make us do is bounded, and the README says by what.

use mcp_tasks::engine::limits::*;
use mcp_tasks::engine::{Code, Kind, Listing, Nesting, Output};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{Bench, invocation, tool, tool_task};
use crate::message::any_json;
use crate::modern_server::asking;
use crate::server::{text_result, told};
use crate::wire::{Arrival, Reply};

const README: &str = include_str!("../../README.md");

/// A number as people write it.
fn written(number: u64) -> String {
    let digits = number.to_string();
    let places = digits.len();
    let with_commas = digits.chars().enumerate().map(|(place, digit)| {
        let comma = if place > 0 && (places - place).is_multiple_of(3) { "," } else { "" };
        format!("{comma}{digit}")
    });
    with_commas.collect()
}

#[test]
fn the_readme_tells_every_limit() {
    let section = README.split("\n## Limits\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section on limits");
    let seconds = |millis: u64| format!("{} s", written(millis / 1_000));
    for (what, limit) in [
        ("one response, one message, one event of a stream", format!("{} MB", LIMIT >> 20)),
        ("levels of one message", written(DEEPEST.into())),
        ("live tasks of a client", written(MOST_TASKS as u64)),
        ("calls in flight", written(MOST_CALLS as u64)),
        ("polls in flight", written(MOST_BACKGROUND as u64)),
        ("open streams", format!("1, and {} for the results of tasks", MOST_RESULT_STREAMS)),
        ("open streams of all clients of a page to an `http:` origin", written(MOST_STREAMS as u64)),
        ("pages of a list, and its items", format!("{} and {}", written(MOST_PAGES.into()), written(MOST_ITEMS as u64))),
        ("rounds of questions before an answer", written(MOST_ROUNDS.into())),
        ("questions that are open in a session", written(MOST_OPEN_QUESTIONS as u64)),
        ("questions of a task or a call at once", written(MOST_QUESTIONS as u64)),
        ("answers to other requests of the server under way", written(MOST_NOTICES as u64)),
        ("repetitions of a request that failed and is safe", written(MOST_REPETITIONS.into())),
        ("repetitions of an answer that did not get through", written(MOST_TRIES.into())),
        ("statuses kept of tasks that are not known yet", written(HELD as u64)),
        ("the wait between two polls", format!("{FLOOR} ms to {}", seconds(CAP))),
        ("the wait that `Retry-After` asks for", seconds(RETRY_AFTER_CAP)),
    ] {
        assert!(section.contains(&format!("\n| {what} | {limit} |")), "the README does not say: {what}: {limit}");
    }
    assert_eq!(section.matches("\n| ").count(), 17 + 1, "the README tells of a limit that nobody checks");
}

#[test]
fn a_message_is_so_deep_and_no_deeper() {
    let deepest = DEEPEST as usize;
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for (why, text, fits) in [
        ("flat", "7".into(), true),
        ("the deepest", nested(deepest), true),
        ("one too deep", nested(deepest + 1), false),
        ("objects count as well", format!("{}1", "{\"a\":[".repeat(deepest / 2 + 1)), false),
        ("side by side is not deep", format!("[{}]", "[],".repeat(deepest * 2)), true),
        ("what stands in a text is none", format!("\"{}\"", "[".repeat(deepest * 2)), true),
        ("nor after a quote in it", format!("\"\\\"{}\"", "[".repeat(deepest * 2)), true),
        ("nor after a backslash", format!("\"\\\\\"{}", nested(deepest + 1)), false),
        ("more ends than beginnings", format!("{}{}", "]".repeat(deepest), nested(deepest + 1)), false),
    ] {
        assert_eq!(Nesting::default().feed(text.as_bytes()), fits, "{why}");
        let mut nesting = Nesting::default();
        assert_eq!(text.as_bytes().chunks(1).all(|byte| nesting.feed(byte)), fits, "{why}, byte by byte");
    }
}

/// How many levels a value has.
fn levels(value: &Value) -> u32 {
    match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

proptest! {
    #[test]
    fn levels_are_counted_as_a_parser_does(value in any_json(), before in DEEPEST - 8..DEEPEST) {
        let text = format!("{}{value}", "[".repeat(before as usize));
        prop_assert_eq!(Nesting::default().feed(text.as_bytes()), before + levels(&value) <= DEEPEST);
    }
}

#[test]
fn an_event_that_is_too_deep_ends_its_call_and_no_stream() {
    let deep = format!("data: {}\n\n", "[".repeat(DEEPEST as usize + 1));
    let mut bench = Bench::streaming();
    let answer = deep.clone();
    bench.on("tools/call", move |_| Reply::stream().bytes(&answer));
    let call = bench.invoke(tool("plain"));
    assert_eq!(bench.error(call).code, Code::Protocol);
    bench.on("tools/call", |sent| Reply::json(sent.result(json!({ "task": { "taskId": "t1", "status": "working" } }))));
    let id = bench.watched_task();
    bench.push_bytes(Arrival::Bytes(deep.into_bytes()));
    bench.push(&told(&id, "cancelled"));
    assert_eq!(bench.states(&id), ["cancelled"]);
}

#[test]
fn a_body_that_is_too_large_or_too_deep_is_read_no_further() {
    let most = vec![b' '; LIMIT];
    for (why, chunks, fits) in [
        ("as large as may be", vec![most.clone()], true),
        ("too large, in pieces that are not", vec![most, b" ".to_vec()], false),
        ("too deep, in pieces that are not", vec![vec![b'['; DEEPEST as usize]; 2], false),
    ] {
        let mut bench = Bench::polling();
        bench.on("tools/call", move |sent| {
            let head = Reply(Reply::json(json!(0)).0[..1].to_vec());
            let read = chunks.iter().fold(head, |reply, chunk| reply.then(Arrival::Bytes(chunk.clone())));
            read.then(Arrival::Body(Some(sent.result(text_result("done")))))
        });
        let call = bench.invoke(tool("plain"));
        if fits {
            bench.value(call);
        } else {
            assert_eq!(bench.error(call).code, Code::Protocol, "{why}");
            assert_eq!(bench.aborted.len(), 1, "{why}: nothing more of it is read");
        }
    }
}

#[test]
fn so_many_tasks_are_followed_and_no_more_until_one_ends() {
    for mut bench in [Bench::polling(), Bench::modern_polling()] {
        (0..MOST_TASKS).for_each(|number| bench.engine.follow(&format!("task {number}"), 1_000_000));
        let call = bench.invoke(tool_task("slow"));
        assert_eq!(bench.error(call).code, Code::InvalidArgument);
        assert_eq!(bench.count("tools/call"), 0, "the server does not hear of it");
        let gone = |bench: &Bench, task: &str| bench.told.iter().any(|(_, told)| matches!(told, Output::Gone(id, _) if id == task));
        bench.tell(|engine, now| engine.follow("one more", now));
        bench.tell(|engine, now| engine.follow("task 7", now));
        assert!(gone(&bench, "one more") && !gone(&bench, "task 7"), "those that are followed are still");
        bench.tell(|engine, now| engine.detach("task 7", now));
        let call = bench.invoke(tool_task("slow"));
        bench.value(call);
    }
}

#[test]
fn what_asks_too_much_at_once_asks_nothing() {
    let keys: Vec<String> = (0..=MOST_QUESTIONS).map(|number| format!("q{number}")).collect();
    let asking = |count: usize| asking(&keys[..count].iter().map(String::as_str).collect::<Vec<_>>());
    for (count, asked) in [(MOST_QUESTIONS, MOST_QUESTIONS), (MOST_QUESTIONS + 1, 0)] {
        let mut bench = Bench::modern_polling();
        let id = bench.watched_task();
        bench.server.tasks.borrow_mut().set(&id, bench.now, asking(count));
        let result = bench.result(&id);
        bench.pass(10_000);
        assert_eq!(bench.asked().len(), asked);
        assert_eq!(bench.is_pending(result), asked > 0);
    }
    let mut bench = Bench::modern_polling();
    bench.results("tools/call", json!({ "resultType": "input_required", "inputRequests": asking(MOST_QUESTIONS + 1)["inputRequests"] }));
    let call = bench.invoke(tool("quick"));
    assert_eq!(bench.error(call).code, Code::Protocol);
}

#[test]
fn a_thousand_statuses_of_a_task_that_is_being_made_are_kept() {
    let mut bench = Bench::streaming();
    bench.tell(|engine, now| engine.listen(true, now));
    bench.hold("tools/call");
    let call = bench.invoke(tool_task("slow"));
    (0..HELD).for_each(|number| bench.push(&told(&format!("other {number}"), "working")));
    bench.push(&told("t9", "completed"));
    let sent = bench.last("tools/call");
    bench.reply(&sent, Reply::json(sent.result(json!({ "task": { "taskId": "t9", "status": "working" } }))));
    bench.pass(0);
    bench.value(call);
    assert_eq!(bench.states("t9"), [""; 0], "what came after so many is found out by asking");
    bench.server.tasks.borrow_mut().set("t9", bench.now, "completed");
    let call = bench.result("t9");
    bench.pass(60_000);
    assert_eq!(bench.value(call), text_result("done"));
}

/// Results that are none, of every request whose result means something.
#[test]
fn a_result_of_no_sense_is_told_as_a_breach_of_the_protocol() {
    for odd in [json!("done"), json!(7), json!(null), json!([]), json!(true)] {
        for modern in [false, true] {
            let bench = || if modern { Bench::modern_polling() } else { Bench::polling() };
            for (method, kind) in [("tools/call", Kind::Tool), ("prompts/get", Kind::Prompt), ("resources/read", Kind::Resource)] {
                let mut bench = bench();
                bench.results(method, odd.clone());
                let call = bench.invoke(invocation(kind, "plain"));
                assert_eq!(bench.error(call).code, Code::Protocol, "{method}: {odd}");
            }
            let mut bench = bench();
            bench.results("resources/list", odd.clone());
            let call = bench.call(|engine, call, now| engine.list(call, Listing::Resources, now));
            assert_eq!(bench.error(call).code, Code::Protocol, "resources/list: {odd}");
            let id = bench.watched_task();
            bench.results("tasks/get", odd.clone());
            let call = bench.result(&id);
            bench.pass(120_000);
            assert_eq!(bench.error(call).code, Code::Protocol, "tasks/get: {odd}");
        }
    }
}

#[test]
fn a_task_of_any_name_is_a_task() {
    for name in ["a\nb", "\u{0}", "日本", "a\r\nX-Other: 1", " ", "__proto__", "../../etc", &"x".repeat(10_000)] {
        for (mut bench, modern) in [(Bench::polling(), false), (Bench::modern_polling(), true)] {
            let given =
                json!({ "taskId": name, "status": "working", "ttlMs": null, "createdAt": "", "lastUpdatedAt": "", "resultType": "task" });
            let made = if modern { given } else { json!({ "task": given }) };
            bench.results("tools/call", made);
            bench.server.tasks.borrow_mut().set(name, bench.now, "completed");
            let call = bench.invoke(tool_task("slow"));
            assert_eq!(bench.value(call)["taskId"], name);
            let call = bench.result(name);
            bench.pass(60_000);
            assert_eq!(bench.value(call)["content"], text_result("done")["content"], "{name:?}");
        }
    }
}
