//! Calls that a server refuses until the user has been to a page: the error -32042 of the era of sessions.

use std::cell::RefCell;
use std::rc::Rc;

use mcp_tasks::engine::{Answers, Code, Config, Invocation, Kind};
use serde_json::{Value, json};

use crate::bench::{Bench, invocation, tool, tool_task};
use crate::served::{answering, session_of};
use crate::server::text_result;
use crate::wire::{Reply, Sent};

fn page(id: &str) -> Value {
    json!({ "mode": "url", "elicitationId": id, "url": format!("https://example.org/{id}"), "message": "please sign in" })
}

fn refusal(sent: &Sent, visits: impl Into<Value>) -> Reply {
    let mut error = sent.error(-32042, "first sign in");
    error["error"]["data"] = json!({ "elicitations": visits.into() });
    Reply::json(error)
}

/// The pages that the server still wants the user to visit; none lets calls through.
type Wanted = Rc<RefCell<Vec<Value>>>;

/// A server that wants these visits.
fn wanting(config: Config<crate::node::Node>, visits: Vec<Value>) -> (Bench, Wanted) {
    let mut bench = session_of(config);
    let wanted = Rc::new(RefCell::new(visits));
    for (method, result) in
        [("tools/call", text_result("done")), ("prompts/get", json!({ "messages": [] })), ("resources/read", json!({ "contents": [] }))]
    {
        let left = wanted.clone();
        bench.on(method, move |sent| match &left.borrow()[..] {
            [] => Reply::json(sent.result(result.clone())),
            visits => refusal(sent, visits.to_vec()),
        });
    }
    (bench, wanted)
}

fn called(visits: &[&str]) -> (Bench, u32, Wanted) {
    let (mut bench, wanted) = wanting(answering(), visits.iter().map(|id| page(id)).collect());
    let call = bench.invoke(tool("plain"));
    (bench, call, wanted)
}

fn agree(bench: &mut Bench, question: u32) {
    bench.answer(question, json!({ "action": "accept" }));
}

fn complete(id: &str) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/elicitation/complete", "params": { "elicitationId": id } })
}

#[test]
fn the_user_is_asked_and_the_call_made_again() {
    for (kind, method) in [(Kind::Tool, "tools/call"), (Kind::Prompt, "prompts/get"), (Kind::Resource, "resources/read")] {
        let (mut bench, wanted) = wanting(answering(), vec![page("a")]);
        let call = bench.invoke(invocation(kind, "plain"));
        let [ask] = &bench.asked()[..] else { panic!("one question: {:?}", bench.asked()) };
        assert_eq!((&*ask.key, &ask.task_id, &ask.params.0), ("a", &None, &page("a")), "{method}");
        bench.pass(600_000);
        assert_eq!(bench.count(method), 1, "{method}: not before the user has agreed");
        wanted.borrow_mut().clear();
        agree(&mut bench, 1);
        assert!(bench.outcome(call).is_some_and(|outcome| outcome.is_ok()), "{method}");
        let [first, again] = &bench.all(method)[..] else { panic!("{method}: two requests") };
        assert_eq!(first.params(), again.params());
        assert_eq!((bench.keys().len(), bench.count("answer")), (1, 0), "it is no request of the server's");
    }
}

#[test]
fn while_the_user_is_there_the_call_is_made_again_less_and_less_often() {
    let (mut bench, call, wanted) = called(&["a"]);
    agree(&mut bench, 1);
    bench.pass(60_000);
    let sent: Vec<_> = bench.all("tools/call").iter().map(|sent| sent.at).collect();
    let waits: Vec<_> = sent.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits, [0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 16_000]);
    wanted.borrow_mut().clear();
    bench.pass(20_000);
    assert_eq!((bench.value(call), bench.keys()), (text_result("done"), vec!["a".to_string()]), "and nobody is asked twice");
}

#[test]
fn a_visit_without_end_ends() {
    let (mut bench, call, _) = called(&["a"]);
    agree(&mut bench, 1);
    bench.pass(24 * 3_600_000);
    let error = bench.error(call);
    assert_eq!((error.code, error.rpc_code(), bench.count("tools/call")), (Code::Rpc, Some(-32042), 65));
    assert_eq!(bench.keys(), ["a"]);
}

#[test]
fn the_servers_word_that_the_visit_is_over_is_heeded_at_once() {
    let (mut bench, call, wanted) = called(&["a"]);
    bench.push(&complete("a"));
    assert_eq!(bench.count("tools/call"), 1, "the user has not agreed yet");
    agree(&mut bench, 1);
    bench.pass(20_000);
    let (calls, at) = (bench.count("tools/call"), bench.now);
    bench.push(&complete("b"));
    bench.push(&json!({ "jsonrpc": "2.0", "method": "notifications/elicitation/complete" }));
    assert_eq!(bench.count("tools/call"), calls, "another's visit, or nobody's");
    wanted.borrow_mut().clear();
    bench.push(&complete("a"));
    assert_eq!((bench.value(call), bench.count("tools/call"), bench.now), (text_result("done"), calls + 1, at));
    bench.push(&complete("a"));
    bench.pass(60_000);
    assert_eq!(bench.count("tools/call"), calls + 1);
}

#[test]
fn who_does_not_go_has_the_servers_error() {
    for action in ["decline", "cancel"] {
        let (mut bench, call, _) = called(&["a", "b"]);
        assert_eq!(bench.keys(), ["a", "b"]);
        bench.answer(2, json!({ "action": action }));
        let error = bench.error(call);
        assert_eq!((error.code, error.rpc_code(), &*error.message), (Code::Rpc, Some(-32042), "first sign in"), "{action}");
        assert_eq!(bench.withdrawn(), [1], "{action}: the other visit helps nobody");
        agree(&mut bench, 1);
        bench.pass(60_000);
        assert_eq!((bench.count("tools/call"), bench.keys().len()), (1, 2), "{action}");
    }
}

#[test]
fn every_visit_is_agreed_to_before_the_call_is_made_again() {
    let (mut bench, call, wanted) = called(&["a", "b", "a"]);
    assert_eq!(bench.keys(), ["a", "b"], "each once");
    agree(&mut bench, 2);
    bench.pass(60_000);
    assert_eq!(bench.count("tools/call"), 1);
    *wanted.borrow_mut() = vec![page("b"), page("c")];
    agree(&mut bench, 1);
    bench.pass(60_000);
    assert_eq!((bench.keys(), bench.count("tools/call")), (["a", "b", "c"].map(String::from).to_vec(), 2), "a new one is asked for");
    wanted.borrow_mut().clear();
    agree(&mut bench, 3);
    assert_eq!(bench.value(call), text_result("done"));
}

#[test]
fn a_handler_that_fails_ends_the_call() {
    let (mut bench, call, _) = called(&["a", "b"]);
    bench.refuse(1, json!("no window"));
    let error = bench.error(call);
    assert_eq!((error.code, error.cause.as_ref().map(|cause| cause.0.clone())), (Code::InputRequired, Some(json!("no window"))));
    assert_eq!(bench.withdrawn(), [2]);

    let (mut bench, call, _) = called(&["a"]);
    bench.answer(1, json!({ "action": "yes" }));
    assert_eq!(bench.error(call).code, Code::InvalidArgument);
    bench.pass(60_000);
    assert_eq!((bench.count("tools/call"), bench.withdrawn().len()), (1, 0));
}

#[test]
fn nobody_is_sent_to_a_page_that_is_not_safe() {
    let with = |url: &str| json!({ "mode": "url", "elicitationId": "a", "url": url, "message": "m" });
    let bare = |url: &str| json!({ "elicitationId": "a", "url": url, "message": "m" });
    let urls = ["http://example.org/", "javascript:alert(1)", "data:text/html,x", "//example.org", " https://example.org", ""];
    for visit in urls.iter().map(|url| with(url)).chain(urls.iter().map(|url| bare(url))).chain([json!({}), json!(null), json!("a")]) {
        let (mut bench, _) = wanting(answering(), vec![page("safe"), visit.clone()]);
        let call = bench.invoke(tool("plain"));
        assert_eq!((bench.error(call).rpc_code(), bench.keys()), (Some(-32042), vec![]), "{visit}");
    }
    let local = Answers { local: true, ..answering().answers };
    let (mut bench, _) = wanting(Config { answers: local, ..answering() }, vec![with("http://localhost:1/")]);
    bench.invoke(tool("plain"));
    assert_eq!(bench.keys(), ["a"], "the page itself is one that is being developed");
}

#[test]
fn a_visit_that_does_not_say_its_mode_is_one() {
    let mut visit = page("a");
    visit.as_object_mut().expect("an object").remove("mode");
    let (mut bench, _) = wanting(answering(), vec![visit]);
    bench.invoke(tool("plain"));
    assert_eq!(bench.asked()[0].params.0, page("a"), "a handler must not take it for a form");
}

#[test]
fn what_is_no_list_of_visits_is_an_error_like_any_other() {
    for data in [json!(null), json!({}), json!({ "elicitations": [] }), json!({ "elicitations": {} }), json!([page("a")])] {
        let mut bench = session_of(answering());
        let said = data.clone();
        bench.on("tools/call", move |sent| {
            let mut error = sent.error(-32042, "first sign in");
            error["error"]["data"] = said.clone();
            Reply::json(error)
        });
        let call = bench.invoke(tool("plain"));
        assert_eq!((bench.error(call).rpc_code(), bench.keys().len()), (Some(-32042), 0), "{data}");
    }
    let (mut bench, _) = wanting(Config { answers: Answers { sampling: true, ..Answers::default() }, ..answering() }, vec![page("a")]);
    let call = bench.invoke(tool("plain"));
    assert_eq!(bench.error(call).rpc_code(), Some(-32042), "nobody here takes the user anywhere");
}

#[test]
fn a_task_is_still_wanted_as_a_task_afterwards() {
    let mut bench = session_of(answering());
    let mut left = 3;
    let tasks = bench.server.tasks.clone();
    bench.on("tools/call", move |sent| {
        left -= 1;
        if left > 0 {
            return refusal(sent, vec![page("a")]);
        }
        let id = tasks.borrow_mut().make(sent.at);
        Reply::json(sent.result(json!({ "task": tasks.borrow().at(&id, sent.at) })))
    });
    let call = bench.invoke(Invocation { ttl: Some(5_000.0), ..tool_task("slow") });
    agree(&mut bench, 1);
    bench.pass(60_000);
    assert_eq!(bench.value(call)["taskId"], "t1");
    let sent = bench.all("tools/call");
    assert_eq!(sent.iter().map(|sent| sent.params()["task"].clone()).collect::<Vec<_>>(), vec![json!({ "ttl": 5_000 }); 3]);
}

#[test]
fn who_leaves_is_asked_nothing_and_nothing_is_called_for_them() {
    let (mut bench, call, _) = called(&["a", "b"]);
    bench.abandon(call);
    assert_eq!(bench.withdrawn(), [1, 2]);
    agree(&mut bench, 1);
    agree(&mut bench, 2);
    bench.pass(60_000);
    assert_eq!(bench.count("tools/call"), 1);

    let (mut bench, call, _) = called(&["a"]);
    agree(&mut bench, 1);
    bench.abandon(call);
    bench.push(&complete("a"));
    bench.pass(60_000);
    assert_eq!((bench.count("tools/call"), bench.engine.deadline()), (2, None));
}

#[test]
fn nothing_is_left_when_the_client_closes() {
    for agreed in [false, true] {
        let (mut bench, call, _) = called(&["a"]);
        if agreed {
            agree(&mut bench, 1);
        }
        bench.close();
        assert_eq!(bench.error(call).code, Code::Closed);
        agree(&mut bench, 1);
        bench.pass(60_000);
        assert_eq!((bench.count("tools/call"), bench.engine.deadline()), (1 + usize::from(agreed), None));
    }
}

#[test]
fn the_stateless_era_has_no_such_error() {
    let mut bench = Bench::modern();
    bench.on("tools/call", |sent| refusal(sent, vec![page("a")]));
    let call = bench.invoke(tool("plain"));
    assert_eq!((bench.error(call).rpc_code(), bench.keys().len(), bench.count("tools/call")), (Some(-32042), 0, 1));
}

#[test]
fn calls_that_the_same_visit_holds_up_share_it() {
    for agreed in [false, true] {
        let (mut bench, first, wanted) = called(&["a"]);
        if agreed {
            agree(&mut bench, 1);
            bench.pass(1_000);
        }
        let second = bench.invoke(tool("plain"));
        bench.pass(1_000);
        assert_eq!(bench.keys(), ["a"], "the user is asked once, whoever waits");
        if !agreed {
            assert_eq!(bench.count("tools/call"), 2);
            agree(&mut bench, 1);
        }
        wanted.borrow_mut().clear();
        bench.pass(10_000);
        assert_eq!((bench.value(first), bench.value(second)), (text_result("done"), text_result("done")));
        assert_eq!((bench.keys().len(), bench.engine.deadline()), (1, None));
        wanted.borrow_mut().push(page("a"));
        bench.invoke(tool("plain"));
        assert_eq!(bench.keys().len(), 2, "and again when it is wanted again");
    }
}

#[test]
fn a_visit_that_one_call_waits_for_no_longer_is_still_the_others() {
    let (mut bench, first, wanted) = called(&["a"]);
    wanted.borrow_mut().push(page("b"));
    let second = bench.invoke(tool("plain"));
    assert_eq!(bench.keys(), ["a", "b"]);
    bench.abandon(first);
    assert!(bench.withdrawn().is_empty());
    agree(&mut bench, 1);
    wanted.borrow_mut().clear();
    agree(&mut bench, 2);
    assert_eq!(bench.value(second), text_result("done"));

    let (mut bench, first, wanted) = called(&["a"]);
    wanted.borrow_mut().push(page("b"));
    let second = bench.invoke(tool("plain"));
    bench.answer(1, json!({ "action": "decline" }));
    assert_eq!([first, second].map(|call| bench.error(call).rpc_code()), [Some(-32042); 2]);
    assert_eq!(bench.withdrawn(), [2], "what only they waited for");
}

#[test]
fn pages_without_an_id_are_told_apart_by_their_url() {
    let mut visits = ["a", "b"].map(page);
    visits.iter_mut().for_each(|visit| drop(visit.as_object_mut().expect("an object").remove("elicitationId")));
    let (mut bench, _) = wanting(answering(), visits.to_vec());
    bench.invoke(tool("plain"));
    assert_eq!(bench.keys(), ["https://example.org/a", "https://example.org/b"]);
}
