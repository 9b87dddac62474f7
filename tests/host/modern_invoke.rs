//! Calling tools, prompts and resources of a server that decides by itself what becomes a task.

use mcp_tasks::engine::{Code, Config, Invocation, Kind, Output};
use serde_json::{Value, json};

use crate::bench::{Bench, invocation, modern_config, tool, tool_task};
use crate::modern_server::{complete, modern_capabilities};
use crate::node::Node;
use crate::server::{METHOD_NOT_FOUND, text_result};
use crate::wire::{Answer, Reply, Sent};

fn as_task(kind: Kind, name: &str) -> Invocation<Node> {
    Invocation { as_task: true, ..invocation(kind, name) }
}

fn sequence(bench: &Bench) -> Vec<&str> {
    bench.sent.iter().map(Sent::method).collect()
}

/// The task is in this state from so long after now on.
fn becomes(bench: &mut Bench, id: &str, after: u64, state: Value) {
    let at = bench.now + after;
    bench.server.tasks.borrow_mut().set(id, at, state);
}

#[test]
fn a_task_is_what_the_server_makes_one() {
    let mut bench = Bench::modern();
    let made = bench.invoke(tool_task("slow"));
    let at_once = bench.invoke(tool_task("quick"));
    let made = bench.value(made);
    assert_eq!((&made["taskId"], &made["returnedImmediately"]), (&json!("t1"), &json!(false)));
    assert_eq!(
        made["status"],
        json!({
            "taskId": "t1", "status": "working", "ttlMs": 600_000,
            "createdAt": "2026-07-28T10:30:00Z", "lastUpdatedAt": "2026-07-28T10:30:00Z",
        })
    );
    let at_once = bench.value(at_once);
    assert_eq!((&at_once["taskId"], &at_once["returnedImmediately"]), (&json!("here-1"), &json!(true)));
    assert_eq!(at_once["result"], complete(text_result("at once")));
    let called = bench.all("tools/call").into_iter().map(|sent| sent.params().get("task").cloned());
    assert!(called.into_iter().all(|asked| asked.is_none()), "nobody asks for a task here");
}

#[test]
fn what_the_caller_gave_travels_in_the_request_and_cannot_speak_for_the_client() {
    let mut bench = Bench::modern();
    let meta = json!({ "traceparent": "00-1", "baggage": "a=1", "io.modelcontextprotocol/protocolVersion": "1999-01-01" });
    let arguments = json!({ "nested": { "a": [null, 0, false] } });
    let call = bench.invoke(Invocation {
        arguments: Some(Node(arguments.clone())),
        meta: Some(Node(meta)),
        ttl: Some(60_000.0),
        progress: true,
        ..tool_task("slow")
    });
    let params = bench.last("tools/call").body["params"].clone();
    let meta = &params["_meta"];
    assert_eq!((&meta["traceparent"], &meta["baggage"], &meta["progressToken"]), (&json!("00-1"), &json!("a=1"), &json!(call)));
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert_eq!(params["arguments"], arguments);
}

#[test]
fn the_tools_are_read_once_and_only_where_there_are_any() {
    let mut bench = Bench::modern();
    bench.invoke(tool("quick"));
    bench.invoke(tool("quick"));
    assert_eq!(sequence(&bench), ["tools/call", "tools/list", "tools/call"]);

    let mut bench = Bench::modern_with(modern_config(), json!({}));
    let call = bench.invoke(tool("any"));
    bench.value(call);
    assert_eq!(sequence(&bench), ["tools/call"]);

    let mut bench = Bench::modern();
    bench.invoke(as_task(Kind::Prompt, "p"));
    bench.invoke(as_task(Kind::Resource, "r://"));
    assert_eq!(sequence(&bench), ["prompts/get", "resources/read"]);
}

#[test]
fn prompts_and_resources_are_answered_at_once_whatever_was_wanted() {
    for (kind, plain) in [(Kind::Prompt, complete(json!({ "messages": [] }))), (Kind::Resource, json!([]))] {
        let mut bench = Bench::modern();
        let call = bench.invoke(as_task(kind, "p"));
        let made = bench.value(call);
        assert_eq!((&made["returnedImmediately"], &made["result"]), (&json!(true), &plain), "{kind:?}");
    }
}

#[test]
fn the_type_of_a_result_decides_what_it_is() {
    let task =
        |kind: &str| json!({ "resultType": kind, "taskId": "x", "status": "working", "content": [], "messages": [], "contents": [] });
    let every = [(Kind::Tool, "tools/call"), (Kind::Prompt, "prompts/get"), (Kind::Resource, "resources/read")];
    for (kind, method) in every {
        for (why, result, code) in [
            ("none is complete", json!({ "content": [], "messages": [], "contents": [] }), None),
            ("complete", task("complete"), None),
            ("a task, which only tools become", task("task"), (kind != Kind::Tool).then_some(Code::Protocol)),
            ("one that nobody declared", task("odd"), Some(Code::Protocol)),
            ("nothing", task(""), Some(Code::Protocol)),
            ("another case", task("Complete"), Some(Code::Protocol)),
            ("input without a question", task("input_required"), Some(Code::Protocol)),
        ] {
            let mut bench = Bench::modern();
            bench.results(method, result);
            for wanted in [true, false] {
                let call = bench.invoke(Invocation { as_task: wanted, ..invocation(kind, "slow") });
                match code {
                    Some(code) => assert_eq!(bench.error(call).code, code, "{why}: {method}"),
                    None if wanted => assert!(bench.outcome(call).is_some_and(|outcome| outcome.is_ok()), "{why}: {method}"),
                    None => assert!(bench.outcome(call).is_none_or(|outcome| outcome.is_ok()), "{why}: {method}"),
                }
            }
            assert_eq!(bench.count(method), 2, "{why}: it is not repeated");
        }
    }
}

#[test]
fn a_task_that_is_none_breaks_the_protocol() {
    for task in
        [json!({}), json!({ "taskId": "x" }), json!({ "taskId": "x", "status": "odd" }), json!({ "taskId": "", "status": "working" })]
    {
        let mut task = task;
        task["resultType"] = json!("task");
        let mut bench = Bench::modern();
        bench.results("tools/call", task.clone());
        let call = bench.invoke(tool_task("slow"));
        assert_eq!(bench.error(call).code, Code::Protocol, "{task}");
    }
}

#[test]
fn answers_to_other_requests_have_no_other_type() {
    type Ask = fn(&mut Bench) -> u32;
    let asks: [(&str, Ask); 4] = [
        ("tools/list", |bench| bench.call(|engine, call, now| engine.list(call, mcp_tasks::engine::Listing::Tools, now))),
        ("prompts/list", |bench| bench.call(|engine, call, now| engine.list(call, mcp_tasks::engine::Listing::Prompts, now))),
        ("tasks/update", |bench| bench.call(|engine, call, now| engine.update(call, "t1", Node(json!({ "a": {} })), now))),
        ("tasks/cancel", |bench| bench.call(|engine, call, now| engine.cancel(call, "t1", now))),
    ];
    for (method, ask) in asks {
        for kind in ["task", "input_required", "odd"] {
            let mut bench = Bench::modern();
            bench.on(method, move |sent| {
                let questions = json!({ "q": crate::modern_server::question("q") });
                let lists = json!({ "resultType": kind, "tools": [], "prompts": [], "inputRequests": questions, "requestState": "s" });
                Reply::json(sent.result(lists))
            });
            let call = ask(&mut bench);
            bench.pass(10_000);
            assert_eq!(bench.error(call).code, Code::Protocol, "{method}: {kind}");
            assert_eq!((bench.count(method), bench.asked().len()), (1, 0), "{method}: {kind}");
        }
    }
}

#[test]
fn a_plain_call_that_becomes_a_task_has_its_result_and_nobody_hears_of_the_task() {
    for mut bench in [Bench::modern(), Bench::modern_polling()] {
        becomes(&mut bench, "t1", 10_000, json!("completed"));
        let call = bench.invoke(tool("slow"));
        bench.pass(9_000);
        assert!(bench.is_pending(call));
        bench.pass(11_000);
        assert_eq!(bench.value(call), text_result("done"));
        assert_eq!(bench.states("t1"), [""; 0]);
        bench.pass(60_000);
        assert_eq!(bench.engine.deadline(), None);
    }
}

#[test]
fn a_plain_call_that_is_left_ends_its_task() {
    let mut bench = Bench::modern();
    let call = bench.invoke(tool("slow"));
    bench.abandon(call);
    bench.pass(60_000);
    assert_eq!(bench.count("tasks/cancel"), 1);
    assert_eq!(bench.last("tasks/cancel").params()["taskId"], "t1");
    assert_eq!(bench.engine.deadline(), None);
}

#[test]
fn a_plain_call_fails_as_its_task_does() {
    for (state, code) in [
        (json!("failed"), Code::TaskFailed),
        (json!("cancelled"), Code::TaskCancelled),
        (json!({ "status": "completed", "result": { "content": [], "isError": true } }), Code::ToolError),
        (json!({ "status": "completed", "result": { "content": [], "resultType": "odd" } }), Code::Protocol),
    ] {
        let mut bench = Bench::modern_polling();
        becomes(&mut bench, "t1", 1_000, state.clone());
        let call = bench.invoke(tool("slow"));
        bench.pass(60_000);
        let error = bench.error(call);
        assert_eq!((error.code, error.task_id.as_deref()), (code, Some("t1")), "{state}");
    }
}

#[test]
fn a_result_comes_with_the_status() {
    for (why, result) in [
        ("without a type", text_result("done")),
        ("with its type", complete(text_result("done"))),
        ("structured", json!({ "content": [], "structuredContent": { "a": 1 } })),
    ] {
        let mut bench = Bench::modern_polling();
        let id = bench.watched_task();
        becomes(&mut bench, &id, 2_000, json!({ "status": "completed", "result": result }));
        let call = bench.result(&id);
        bench.pass(1_999);
        let polls = bench.count("tasks/get");
        bench.pass(10_000);
        let mut expected = result.clone();
        result.get("structuredContent").into_iter().for_each(|content| expected["data"] = content.clone());
        assert_eq!(bench.value(call), expected, "{why}");
        assert_eq!(bench.count("tasks/get"), polls + 1, "{why}: nothing else is asked for");
    }
}

#[test]
fn a_status_marked_as_a_task_is_a_status() {
    let mut bench = Bench::modern_polling();
    let id = bench.watched_task();
    bench.results("tasks/get", json!({ "resultType": "task", "taskId": id, "status": "completed", "result": text_result("done") }));
    let call = bench.result(&id);
    bench.pass(10_000);
    assert_eq!(bench.value(call), text_result("done"), "as in an example of the specification");
}

#[test]
fn an_error_comes_with_the_status() {
    let mut bench = Bench::modern_polling();
    let id = bench.watched_task();
    let said = json!({ "code": -32050, "message": "out of paper", "data": { "tray": 2 } });
    becomes(&mut bench, &id, 0, json!({ "status": "failed", "error": said }));
    let call = bench.result(&id);
    bench.pass(10_000);
    let error = bench.error(call);
    assert_eq!((error.code, &*error.message), (Code::TaskFailed, "out of paper"));
    assert_eq!((error.data.as_ref().expect("data").0.clone(), error.task_id.clone()), (said, Some(id)));
}

#[test]
fn a_result_of_a_type_that_nobody_declared_is_none() {
    for kind in ["odd", "task", "input_required"] {
        let mut bench = Bench::modern_polling();
        let id = bench.watched_task();
        becomes(&mut bench, &id, 0, json!({ "status": "completed", "result": { "content": [], "resultType": kind } }));
        let call = bench.result(&id);
        bench.pass(60_000);
        assert_eq!(bench.error(call).code, Code::Protocol, "{kind}");
        assert_eq!(bench.states(&id), ["completed"], "of the end it leaves no doubt");
    }
}

#[test]
fn an_end_without_what_it_ended_with_is_asked_about_and_then_told() {
    for (state, code) in [("completed", Code::Protocol), ("failed", Code::TaskFailed)] {
        let mut bench = Bench::modern_polling();
        let id = bench.watched_task();
        bench.results("tasks/get", json!({ "taskId": id, "status": state }));
        let call = bench.result(&id);
        bench.pass(600_000);
        assert_eq!(bench.error(call).code, code, "{state}");
        assert!(bench.count("tasks/get") < 10, "{state}: {}", bench.count("tasks/get"));
        assert_eq!((bench.states(&id), bench.engine.deadline()), (vec![state.to_string()], None));
    }
}

#[test]
fn an_end_may_come_before_its_result() {
    let mut bench = Bench::modern_polling();
    let id = bench.watched_task();
    let mut left = 2;
    bench.on("tasks/get", move |sent| {
        left -= 1;
        let mut task = json!({ "taskId": "t1", "status": "completed" });
        if left < 0 {
            task["result"] = text_result("done");
        }
        Reply::json(sent.result(complete(task)))
    });
    let call = bench.result(&id);
    bench.pass(60_000);
    assert_eq!(bench.value(call), text_result("done"));
}

#[test]
fn a_task_may_have_ended_when_it_is_made() {
    for (wanted, polls) in [(false, 0), (true, 1)] {
        let mut bench = Bench::modern();
        let now = bench.now;
        bench.server.tasks.borrow_mut().set("t1", now, "completed");
        let call = bench.invoke(Invocation { as_task: wanted, ..tool("slow") });
        let call = if wanted {
            assert_eq!(bench.value(call)["status"]["status"], "completed");
            bench.result("t1")
        } else {
            call
        };
        bench.pass(60_000);
        assert_eq!(bench.value(call), text_result("done"), "{wanted}");
        assert!(bench.count("tasks/get") <= polls, "{wanted}");
        assert_eq!((bench.states("t1"), bench.engine.deadline()), (vec![], None), "the end was in the answer");
    }
}

#[test]
fn what_changes_over_a_tasks_life_is_followed() {
    let mut bench = Bench::modern_polling();
    let now = bench.now;
    bench.server.tasks.borrow_mut().set("t1", now, json!({ "status": "working", "ttlMs": 1_000, "pollIntervalMs": 1_000 }));
    let id = bench.watched_task();
    becomes(&mut bench, &id, 10_000, json!({ "status": "working", "ttlMs": null, "pollIntervalMs": 5_000 }));
    bench.pass(10_000);
    let early = bench.count("tasks/get");
    assert!((10..=15).contains(&early), "{early}: the ttl is the server's to enforce");
    bench.pass(20_000);
    let late = bench.count("tasks/get") - early;
    assert!((3..=5).contains(&late), "{late}");
    let status = bench.call(|engine, call, now| engine.status(call, "t1", now));
    let status = bench.value(status);
    assert_eq!((&status["ttlMs"], &status["pollIntervalMs"]), (&json!(null), &json!(5_000)));
}

#[test]
fn ten_thousand_tasks_share_one_timer() {
    const MANY: usize = 10_000;
    let mut bench = Bench::modern_polling();
    bench.server.tasks.borrow_mut().interval = Some(json!(60_000));
    bench.on("subscriptions/listen", |sent| Reply::status_with(404, sent.error(METHOD_NOT_FOUND, "Method not found")));
    for _ in 0..MANY {
        bench.invoke(tool("slow"));
        bench.pass(1);
    }
    let done = bench.now + 30_000;
    bench.server.tasks.borrow_mut().all_done = Some(done);
    bench.pass(120_000);
    assert_eq!(bench.told.iter().filter(|(_, told)| matches!(told, Output::Resolve(..))).count(), MANY);
    assert_eq!(bench.engine.deadline(), None, "and when they are over it is not set");
    assert!(bench.count("tasks/get") <= MANY * 10, "{} polls", bench.count("tasks/get"));
}

#[test]
fn a_cancellation_is_only_a_wish() {
    for (why, later, told, code) in [
        ("it stops at once", json!("cancelled"), "cancelled", Some(Code::TaskCancelled)),
        ("it goes on, and stops later", json!("working"), "working", Some(Code::TaskCancelled)),
        ("it had ended", json!("completed"), "completed", None),
    ] {
        let mut bench = Bench::modern_polling();
        let id = bench.watched_task();
        bench.results("tasks/cancel", complete(json!({})));
        becomes(&mut bench, &id, 0, later);
        if told == "working" {
            becomes(&mut bench, &id, 5_000, json!("cancelled"));
        }
        let result = bench.result(&id);
        let cancel = bench.call(|engine, call, now| engine.cancel(call, &id, now));
        assert_eq!(bench.value(cancel)["status"], told, "{why}: as it is after the wish");
        bench.pass(60_000);
        assert_eq!(bench.outcome(result).and_then(Result::err).map(|error| error.code), code, "{why}");
        assert_eq!(bench.count("tasks/cancel"), 1, "{why}");
    }
}

#[test]
fn a_refused_cancellation_is_told_where_the_task_lives_on() {
    let mut bench = Bench::modern_polling();
    let id = bench.watched_task();
    bench.refuses("tasks/cancel", -32603, "not now");
    let cancel = bench.call(|engine, call, now| engine.cancel(call, &id, now));
    assert_eq!(bench.error(cancel).code, Code::Rpc);
    bench.server.tasks.borrow_mut().forget(&id);
    let cancel = bench.call(|engine, call, now| engine.cancel(call, &id, now));
    assert_eq!(bench.error(cancel).code, Code::TaskNotFound);
}

#[test]
fn the_tasks_known_here_are_listed_one_by_one() {
    let mut bench = Bench::modern_polling();
    let ids: Vec<_> = (0..3).map(|_| bench.watched_task()).collect();
    becomes(&mut bench, &ids[1], 0, json!("completed"));
    bench.pass(10_000);
    bench.server.tasks.borrow_mut().forget(&ids[2]);
    bench.on("tasks/get", {
        let tasks = bench.server.tasks.clone();
        move |sent| match tasks.borrow().state(crate::server::id_of(sent), sent.at) {
            Some(state) => Reply::json(sent.result(crate::modern_server::modern_task(crate::server::id_of(sent), &state, None))),
            None => Reply::json(sent.error(-32602, "Task not found")),
        }
    });
    let call = bench.call(|engine, call, now| engine.list_tasks(call, None, 50, now));
    let mut listed: Vec<_> = bench.value(call)["tasks"].as_array().expect("a list").iter().map(|task| task["taskId"].clone()).collect();
    listed.sort_unstable_by_key(Value::to_string);
    assert_eq!(listed, [json!("t1"), json!("t2")], "those that ended too, and none that is gone");
    assert_eq!(bench.count("tasks/list"), 0);
}

#[test]
fn a_server_without_tasks_is_never_asked_about_them() {
    let mut bench = Bench::modern_with(modern_config(), json!({ "tools": {} }));
    bench.server.upset(|sent| (sent.method() == "tools/call").then(|| Reply::json(sent.result(complete(text_result("at once"))))));
    let call = bench.invoke(tool_task("slow"));
    assert_eq!(bench.value(call)["returnedImmediately"], true);
    let asks = [
        bench.call(|engine, call, now| engine.status(call, "x", now)),
        bench.result("x"),
        bench.call(|engine, call, now| engine.cancel(call, "x", now)),
        bench.call(|engine, call, now| engine.update(call, "x", Node(json!({ "a": {} })), now)),
    ];
    assert!(asks.into_iter().all(|call| bench.error(call).code == Code::Unsupported));
    bench.tell(|engine, now| engine.follow("x", now));
    assert_eq!(bench.gone(), ["x: unsupported"]);
    bench.pass(600_000);
    assert_eq!(sequence(&bench), ["tools/call", "tools/list"]);
}

#[test]
fn a_server_that_makes_tasks_without_saying_so_is_taken_at_its_deed() {
    let mut bench = Bench::modern_with(modern_config(), json!({ "tools": {} }));
    becomes(&mut bench, "t1", 5_000, json!("completed"));
    let call = bench.invoke(tool("slow"));
    bench.pass(60_000);
    assert_eq!(bench.value(call), text_result("done"));
}

#[test]
fn refusals_are_read_before_their_status_is_judged() {
    let refusals: [(&str, Answer, Code); 5] = [
        ("400", |sent| Reply::status_with(400, sent.error(-32602, "bad arguments")), Code::Rpc),
        ("404", |sent| Reply::status_with(404, sent.error(-32601, "no such method")), Code::Rpc),
        ("a capability that is missing", |sent| Reply::status_with(400, sent.error(-32021, "Missing capability")), Code::Rpc),
        ("500", |_| Reply::status(500), Code::Http),
        ("the network", |_| Reply::fail(), Code::Network),
    ];
    for (why, refusal, code) in refusals {
        for call in [tool("slow"), tool_task("slow")] {
            let mut bench = Bench::modern();
            bench.on("tools/call", refusal);
            let call = bench.invoke(call);
            bench.pass(60_000);
            assert_eq!(bench.error(call).code, code, "{why}");
            assert_eq!(bench.count("tools/call"), 1, "{why}: it is not repeated");
        }
    }
}

#[test]
fn an_event_stream_answers_as_json_does() {
    let mut bench = Bench::modern();
    bench.on("tools/call", |sent| {
        let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": 1, "progress": 1 } });
        Reply::stream().bytes(": alive\r\n\r\n").event(&progress).event(&sent.result(complete(text_result("at once")))).ends()
    });
    let call = bench.invoke(Invocation { progress: true, ..tool("quick") });
    assert_eq!(bench.value(call), complete(text_result("at once")));
    assert!(bench.told.iter().any(|(_, told)| matches!(told, Output::Progress(..))));
}

#[test]
fn a_session_id_means_nothing() {
    let mut bench = Bench::modern();
    bench.on("tools/call", |sent| Reply::json(sent.result(complete(text_result("at once")))).in_session("s1"));
    bench.invoke(tool("quick"));
    bench.invoke(tool("quick"));
    let goodbye = bench.close();
    assert_eq!(bench.value(goodbye), json!(null));
    assert_eq!(sequence(&bench), ["tools/call", "tools/list", "tools/call"], "and no farewell is said");
}

#[test]
fn a_question_of_the_server_is_no_answer_and_gets_none() {
    let mut bench = Bench::modern();
    bench.on("tools/call", |sent| {
        let ask = json!({ "jsonrpc": "2.0", "id": 0, "method": "ping" });
        Reply::stream().event(&ask).event(&sent.result(complete(text_result("at once")))).ends()
    });
    let call = bench.invoke(tool("quick"));
    bench.value(call);
    assert_eq!(sequence(&bench), ["tools/call", "tools/list"]);
    assert_eq!(bench.oddities(), ["a request of the server"]);
}

#[test]
fn wrapped_results_are_unwrapped() {
    let mut bench = Bench::modern_with(Config { notifications: false, ..modern_config() }, modern_capabilities());
    becomes(&mut bench, "t1", 1_000, json!({ "status": "completed", "result": { "content": [], "structuredContent": { "result": 7 } } }));
    let call = bench.invoke(tool("wrapped"));
    bench.pass(10_000);
    assert_eq!(bench.value(call)["data"], 7);
}
