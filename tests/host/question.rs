//! What a server asks, and what counts as an answer: shapes, defaults, and pages that a user may be sent to.

use mcp_tasks::engine::{Answers, Code, Topic};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{Bench, tool};
use crate::message::any_json;
use crate::modern_server::{complete, input_required};
use crate::node::Node;
use crate::served::{answering, of, session_of};
use crate::server::text_result;
use crate::wire::Reply;

const EVERYTHING: Answers = Answers { elicitation: true, sampling: true, roots: true, local: false };

/// A form with a field of every primitive type, and one of each without a default.
fn form() -> Value {
    let properties = json!({
        "name": { "type": "string", "default": "Ada" }, "bare": { "type": "string" },
        "empty": { "type": "string", "default": "" },
        "age": { "type": "integer", "default": 36, "minimum": 0 }, "none": { "type": "integer", "default": 0 },
        "size": { "type": "number", "default": 1.5 },
        "yes": { "type": "boolean", "default": true }, "no": { "type": "boolean", "default": false },
        "plain": { "type": "string", "enum": ["a", "b"], "default": "b" },
        "named": { "type": "string", "enum": ["a", "b"], "enumNames": ["A", "B"], "default": "a" },
        "titled": { "type": "string", "oneOf": [{ "const": "a", "title": "A" }], "default": "a" },
        "several": { "type": "array", "items": { "type": "string", "enum": ["a", "b"] }, "default": ["a", "b"] },
        "many": { "type": "array", "items": { "anyOf": [{ "const": "a", "title": "A" }] }, "default": [] },
    });
    let schema = json!({ "type": "object", "properties": properties, "required": ["bare"] });
    json!({ "method": "elicitation/create", "params": { "mode": "form", "message": "who?", "requestedSchema": schema } })
}

fn defaults() -> Value {
    json!({
        "name": "Ada", "empty": "", "age": 36, "none": 0, "size": 1.5, "yes": true, "no": false, "plain": "b", "named": "a", "titled": "a",
        "several": ["a", "b"], "many": [],
    })
}

fn completed(request: &Value, answer: &Value) -> Value {
    Topic::Elicitation.completed(&Node(request.clone()), Node(answer.clone())).0
}

/// The default of every field but those that are given here.
fn filled(given: &Value) -> Value {
    let mut content = defaults();
    for (name, value) in given.as_object().expect("an object") {
        content[name] = value.clone();
    }
    json!({ "action": "accept", "content": content })
}

#[test]
fn what_a_form_left_open_has_its_default() {
    for given in [
        json!({}),
        json!({ "bare": "x" }),
        json!({ "name": "", "age": 0, "yes": false, "no": true, "several": [], "size": 0 }),
        json!({ "extra": { "deep": [1] }, "many": ["a"] }),
        json!({ "name": null }),
    ] {
        assert_eq!(completed(&form(), &json!({ "action": "accept", "content": given })), filled(&given), "{given}");
    }
    assert_eq!(completed(&form(), &json!({ "action": "accept" })), filled(&json!({})), "nothing was filled in at all");
}

#[test]
fn other_answers_stay_as_they_are() {
    for answer in
        [json!({ "action": "decline" }), json!({ "action": "cancel" }), json!({ "action": "decline", "content": { "name": "x" } })]
    {
        assert_eq!(completed(&form(), &answer), answer);
    }
    let accepted = json!({ "action": "accept" });
    let visit = json!({ "method": "elicitation/create", "params": { "mode": "url", "url": "https://example.org", "elicitationId": "a" } });
    let odd = json!({ "method": "elicitation/create", "params": { "requestedSchema": { "properties": { "a": 1, "b": null, "c": {} } } } });
    for request in [visit, odd, json!({ "method": "elicitation/create" }), json!({})] {
        assert_eq!(completed(&request, &accepted), accepted, "{request}");
    }
    let sampled = json!({ "role": "assistant", "model": "m", "content": {}, "action": "accept" });
    assert_eq!(Topic::Sampling.completed(&Node(form()), Node(sampled.clone())).0, sampled);
}

#[test]
fn defaults_go_out_in_both_eras_by_handler_and_by_hand() {
    let given = json!({ "action": "accept", "content": { "bare": "x" } });
    let expected = filled(&json!({ "bare": "x" }));
    for by_hand in [false, true] {
        let mut bench = session_of(answering());
        bench.watched_task();
        bench.result("t1");
        let mut request = of("t1", form());
        request["jsonrpc"] = json!("2.0");
        request["id"] = json!(0);
        bench.push(&request);
        give(&mut bench, by_hand, "0", &given);
        assert_eq!(bench.last("answer").body["result"], expected, "a session, {by_hand}");

        let mut bench = Bench::modern_polling();
        let id = bench.watched_task();
        let at = bench.now;
        bench.server.tasks.borrow_mut().set(&id, at, json!({ "status": "input_required", "inputRequests": { "k": form() } }));
        bench.result(&id);
        bench.pass(1_000);
        give(&mut bench, by_hand, "k", &given);
        assert_eq!(bench.last("tasks/update").params()["inputResponses"]["k"], expected, "no session, {by_hand}");
    }
    let mut bench = Bench::modern();
    let mut rounds = 0;
    bench.on("tools/call", move |sent| {
        rounds += 1;
        Reply::json(sent.result(match rounds {
            1 => input_required(Some(json!({ "k": form() })), Some("s")),
            _ => complete(text_result("done")),
        }))
    });
    bench.invoke(tool("plain"));
    bench.answer(1, given);
    assert_eq!(bench.last("tools/call").params()["inputResponses"]["k"], expected, "a call in rounds");
}

fn give(bench: &mut Bench, by_hand: bool, key: &str, answer: &Value) {
    if by_hand {
        let call = bench.call(|engine, call, now| engine.respond(call, "t1", key.into(), Node(answer.clone()), now));
        assert_eq!(bench.value(call), json!(null));
    } else {
        bench.answer(1, answer.clone());
    }
}

#[test]
fn an_answer_has_the_shape_that_the_protocol_has_for_it() {
    let good = [
        (Topic::Elicitation, json!({ "action": "accept", "content": {} })),
        (Topic::Elicitation, json!({ "action": "accept" })),
        (Topic::Elicitation, json!({ "action": "decline", "more": 1 })),
        (Topic::Elicitation, json!({ "action": "cancel", "_meta": {} })),
        (Topic::Sampling, json!({ "role": "assistant", "model": "m", "content": { "type": "text", "text": "" } })),
        (Topic::Sampling, json!({ "role": "assistant", "model": "", "content": [], "stopReason": "endTurn" })),
        (Topic::Roots, json!({ "roots": [] })),
        (Topic::Roots, json!({ "roots": [{ "uri": "file:///a" }] })),
    ];
    for (topic, answer) in good {
        assert!(topic.is_answered_by(&Node(answer.clone())), "{topic:?} {answer}");
    }
    let bad = [
        (Topic::Elicitation, json!({})),
        (Topic::Elicitation, json!({ "action": "ACCEPT" })),
        (Topic::Elicitation, json!({ "action": true })),
        (Topic::Elicitation, json!({ "action": "accept", "content": "x" })),
        (Topic::Elicitation, json!({ "action": "accept", "content": [] })),
        (Topic::Elicitation, json!("accept")),
        (Topic::Elicitation, json!(null)),
        (Topic::Sampling, json!({ "role": "assistant", "content": {} })),
        (Topic::Sampling, json!({ "role": "assistant", "model": "m", "content": "text" })),
        (Topic::Sampling, json!({ "role": "assistant", "model": "m" })),
        (Topic::Sampling, json!({ "model": "m", "content": {} })),
        (Topic::Roots, json!({ "roots": {} })),
        (Topic::Roots, json!([])),
    ];
    for (topic, answer) in bad {
        assert!(!topic.is_answered_by(&Node(answer.clone())), "{topic:?} {answer}");
    }
}

fn visit(url: &str) -> Value {
    json!({ "method": "elicitation/create", "params": { "mode": "url", "elicitationId": "a", "url": url, "message": "go" } })
}

const UNSAFE: [&str; 9] = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://example.org",
    "blob:https://example.org",
    "//example.org",
    "\thttps://example.org",
    "",
];

#[test]
fn a_page_to_visit_is_one_that_nobody_on_the_way_reads() {
    let local = Answers { local: true, ..EVERYTHING };
    for url in ["https://example.org", "HTTPS://EXAMPLE.ORG/a?b#c"] {
        assert_eq!(EVERYTHING.topic(&Node(visit(url))), Some(Topic::Elicitation), "{url}");
    }
    for url in ["http://example.org", "http://localhost:3000", "HTTP://127.0.0.1"] {
        assert_eq!((EVERYTHING.topic(&Node(visit(url))), local.topic(&Node(visit(url)))), (None, Some(Topic::Elicitation)), "{url}");
    }
    for url in UNSAFE {
        assert_eq!((EVERYTHING.topic(&Node(visit(url))), local.topic(&Node(visit(url)))), (None, None), "{url}");
    }
    for url in [json!(null), json!(5), json!(["https://example.org"])] {
        let mut request = visit("");
        request["params"]["url"] = url;
        assert_eq!(local.topic(&Node(request.clone())), None, "{request}");
    }
}

#[test]
fn nobody_is_asked_to_visit_another_in_either_era() {
    for url in UNSAFE.into_iter().chain(["http://example.org"]) {
        let mut bench = session_of(answering());
        let mut request = visit(url);
        request["jsonrpc"] = json!("2.0");
        request["id"] = json!(0);
        bench.push(&request);
        assert_eq!((&bench.last("answer").body["error"]["code"], bench.keys().len()), (&json!(-32602), 0), "{url}");

        let mut bench = Bench::modern_polling();
        let id = bench.watched_task();
        let at = bench.now;
        bench.server.tasks.borrow_mut().set(&id, at, json!({ "status": "input_required", "inputRequests": { "k": visit(url) } }));
        let result = bench.result(&id);
        bench.pass(5_000);
        assert_eq!((bench.error(result).code, bench.keys().len()), (Code::InputRequired, 0), "{url}");

        let mut bench = Bench::modern();
        let asked = json!({ "k": visit(url) });
        bench.on("tools/call", move |sent| Reply::json(sent.result(input_required(Some(asked.clone()), None))));
        let call = bench.invoke(tool("plain"));
        assert_eq!((bench.error(call).code, bench.keys().len()), (Code::InputRequired, 0), "{url}");
    }
}

#[test]
fn a_page_on_this_machine_may_be_visited_from_one() {
    let local = Answers { local: true, ..EVERYTHING };
    let mut bench = session_of(mcp_tasks::engine::Config { answers: local, ..answering() });
    let mut request = visit("http://localhost:3000/sign-in");
    request["jsonrpc"] = json!("2.0");
    request["id"] = json!(0);
    bench.push(&request);
    assert_eq!(bench.asked()[0].params.0, request["params"]);
    bench.answer(1, json!({ "action": "accept" }));
    assert_eq!(bench.last("answer").body["result"], json!({ "action": "accept" }));
}

proptest! {
    /// Whatever the schema and the answer are: what was given is not touched, and once is enough.
    #[test]
    fn defaults_add_and_change_nothing(fields in any_json(), content in any_json(), action in prop::sample::select(vec!["accept", "decline", "x"])) {
        let request = json!({ "method": "elicitation/create", "params": { "requestedSchema": { "properties": fields } } });
        let answer = json!({ "action": action, "content": content });
        let once = completed(&request, &answer);
        prop_assert_eq!(&completed(&request, &once), &once);
        prop_assert_eq!(&once["action"], &answer["action"]);
        for (name, value) in content.as_object().into_iter().flatten() {
            prop_assert_eq!(&once["content"][name], value);
        }
        if action != "accept" {
            prop_assert_eq!(once, answer);
        }
    }
}
