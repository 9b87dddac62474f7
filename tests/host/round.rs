//! Requests that the server answers with questions, and that are made again with the answers.

use mcp_tasks::engine::{Answers, CallId, Code, Config, Invocation, Kind, Topic};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{Bench, invocation, modern_config, tool, tool_task};
use crate::message::any_json;
use crate::modern_server::{complete, input_required, modern_capabilities, question};
use crate::node::Node;
use crate::server::text_result;
use crate::wire::{Reply, Sent};

fn accept(value: Value) -> Value {
    json!({ "action": "accept", "content": { "value": value } })
}

fn questions(keys: &[&str]) -> Value {
    Value::Object(keys.iter().map(|key| ((*key).into(), question(key))).collect())
}

/// A server that asks in each round for these, with this state, and then answers.
fn asking(rounds: Vec<(Option<Value>, Option<&'static str>)>) -> impl FnMut(&Sent) -> Reply {
    let mut rounds = rounds.into_iter();
    move |sent| {
        Reply::json(sent.result(match rounds.next() {
            Some((requests, state)) => input_required(requests, state),
            None => complete(json!({ "content": [], "messages": [], "contents": [] })),
        }))
    }
}

/// A bench whose `tools/call` asks so.
fn bench(rounds: Vec<(Option<Value>, Option<&'static str>)>) -> Bench {
    let mut bench = Bench::modern();
    bench.on("tools/call", asking(rounds));
    bench
}

fn is_right(bench: &Bench, call: CallId) -> bool {
    bench.outcome(call).is_some_and(|outcome| outcome.is_ok())
}

#[test]
fn each_of_the_three_requests_is_made_again_with_the_answers() {
    for (kind, method) in [(Kind::Tool, "tools/call"), (Kind::Prompt, "prompts/get"), (Kind::Resource, "resources/read")] {
        for as_task in [true, false] {
            let mut bench = Bench::modern();
            bench.on(method, asking(vec![(Some(questions(&["name"])), Some("s"))]));
            let arguments = Some(Node(json!({ "a": 1 }))).filter(|_| kind != Kind::Resource);
            let call = bench.invoke(Invocation { as_task, arguments, ..invocation(kind, "it") });
            let [ask] = &bench.asked()[..] else { panic!("one question: {:?}", bench.asked()) };
            assert_eq!(
                (ask.topic, &*ask.key, &ask.task_id, &ask.params.0),
                (Topic::Elicitation, "name", &None, &question("name")["params"])
            );
            bench.answer(ask.question, accept(json!("Ada")));
            assert!(is_right(&bench, call), "{method}");

            let [first, again] = &bench.all(method)[..] else { panic!("two requests") };
            assert_ne!(first.body["id"], again.body["id"], "{method}");
            let mut expected = first.params().clone();
            expected["inputResponses"] = json!({ "name": accept(json!("Ada")) });
            expected["requestState"] = json!("s");
            assert_eq!((again.params(), &again.headers), (&expected, &first.headers), "{method}");
            assert!(first.params().get("inputResponses").is_none() && first.params().get("requestState").is_none(), "{method}");
        }
    }
}

#[test]
fn the_servers_words_are_given_back_as_they_came_and_none_where_it_had_none() {
    let states =
        [None, Some(""), Some("null"), Some("{\"a\": 1,\t\"b\":\"\\u00e9\"}"), Some("\u{0}\u{7f}é 世界 \u{1F600}\r\n "), Some("s")];
    for state in states {
        let mut bench = bench(vec![(Some(questions(&["name"])), state), (Some(questions(&["name"])), None)]);
        bench.invoke(tool("quick"));
        bench.answer(1, accept(json!("Ada")));
        assert_eq!(bench.last("tools/call").params().get("requestState"), state.map(Value::from).as_ref(), "{state:?}");
        bench.answer(2, accept(json!("Ada")));
        let last = bench.last("tools/call");
        assert_eq!(last.params().get("requestState"), None, "not that of the round before");
    }
}

#[test]
fn a_server_that_asks_nothing_has_its_words_back_at_once() {
    let mut bench = bench(vec![(None, Some("later")), (Some(json!({})), Some("much later"))]);
    let call = bench.invoke(tool("quick"));
    assert!(is_right(&bench, call));
    let asked = bench.all("tools/call");
    let again: Vec<_> = asked.iter().map(|sent| (sent.params().get("requestState"), sent.params().get("inputResponses"))).collect();
    assert_eq!(again, [(None, None), (Some(&json!("later")), None), (Some(&json!("much later")), None)]);
}

#[test]
fn a_server_that_never_answers_is_not_asked_for_ever() {
    let endless = |state: &'static str| move |sent: &Sent| Reply::json(sent.result(input_required(None, Some(state))));
    let mut bench = Bench::modern();
    bench.on("tools/call", endless("again"));
    let call = bench.invoke(tool("quick"));
    bench.pass(600_000);
    assert_eq!(bench.error(call).code, Code::Protocol);
    assert!(bench.count("tools/call") <= 33, "{}", bench.count("tools/call"));

    let mut bench = Bench::modern();
    bench.on("tools/call", |sent| Reply::json(sent.result(input_required(Some(questions(&["name"])), None))));
    let call = bench.invoke(tool("quick"));
    while bench.is_pending(call) {
        let ask = bench.asked().pop().expect("a question");
        bench.answer(ask.question, accept(json!("Ada")));
    }
    assert_eq!(bench.error(call).code, Code::Protocol);
    assert!(bench.count("tools/call") <= 33, "{}", bench.count("tools/call"));
}

#[test]
fn all_questions_of_a_round_are_asked_and_answered_together() {
    let mut requests = questions(&["b", "a"]);
    requests["model"] = json!({ "method": "sampling/createMessage", "params": { "messages": [], "maxTokens": 10 } });
    requests["roots"] = json!({ "method": "roots/list" });
    let mut bench = bench(vec![(Some(requests), None)]);
    let call = bench.invoke(tool("quick"));
    let mut asked = bench.asked();
    assert_eq!(asked.len(), 4);
    assert_eq!(asked.iter().find(|ask| ask.key == "roots").map(|ask| ask.params.0.clone()), Some(json!({})));
    asked.reverse();
    for ask in &asked {
        assert_eq!(bench.count("tools/call"), 1, "not before all are answered");
        bench.answer(
            ask.question,
            match ask.topic {
                Topic::Elicitation => json!({ "action": "decline" }),
                Topic::Sampling => json!({ "role": "assistant", "content": { "type": "text", "text": "hm" }, "model": "m" }),
                Topic::Roots => json!({ "roots": [] }),
            },
        );
    }
    assert!(is_right(&bench, call));
    let responses = bench.last("tools/call").params()["inputResponses"].clone();
    let mut keys: Vec<_> = responses.as_object().expect("answers").keys().collect();
    keys.sort_unstable();
    assert_eq!(keys, ["a", "b", "model", "roots"]);
    assert_eq!(responses["roots"], json!({ "roots": [] }));
}

#[test]
fn a_question_that_nobody_answers_is_the_callers() {
    let nobody = Config { answers: Answers::default(), ..modern_config() };
    let some = Config { answers: Answers { sampling: true, ..Answers::default() }, ..modern_config() };
    let mut mixed = questions(&["name"]);
    mixed["model"] = json!({ "method": "sampling/createMessage", "params": {} });
    for (why, config, requests) in [
        ("no handler", nobody, questions(&["name"])),
        ("a handler for one of two", some, mixed),
        ("a question that the protocol does not have", modern_config(), json!({ "odd": { "method": "odd/odd" } })),
        ("no question", modern_config(), json!({ "odd": 7 })),
    ] {
        for call in [tool("quick"), tool_task("quick")] {
            let mut bench = Bench::modern_with(config_like(&config), modern_capabilities());
            bench.on("tools/call", asking(vec![(Some(requests.clone()), Some("s"))]));
            let call = bench.invoke(call);
            let error = bench.error(call);
            assert_eq!(
                (error.code, error.data.as_ref().expect("data").0.clone()),
                (Code::InputRequired, json!({ "inputRequests": requests })),
                "{why}"
            );
            assert_eq!((bench.asked().len(), bench.count("tools/call")), (0, 1), "{why}: nobody is troubled for nothing");
        }
    }
}

fn config_like(config: &Config<Node>) -> Config<Node> {
    Config { answers: config.answers, ..modern_config() }
}

#[test]
fn a_handler_that_fails_ends_the_call_and_the_other_questions() {
    let mut bench = bench(vec![(Some(questions(&["a", "b", "c"])), None)]);
    let call = bench.invoke(tool("quick"));
    let asked = bench.asked();
    bench.answer(asked[0].question, accept(json!(1)));
    bench.refuse(asked[1].question, json!("closed the window"));
    let error = bench.error(call);
    assert_eq!((error.code, error.cause.as_ref().expect("a cause").0.clone()), (Code::InputRequired, json!("closed the window")));
    assert_eq!(error.data.as_ref().expect("data").0, json!({ "inputRequests": questions(&["a", "b", "c"]) }));
    assert_eq!(bench.withdrawn(), [asked[2].question]);
    bench.answer(asked[2].question, accept(json!(3)));
    bench.pass(60_000);
    assert_eq!(bench.count("tools/call"), 1, "an answer that comes too late changes nothing");
}

#[test]
fn an_answer_of_a_shape_that_the_protocol_does_not_have_is_not_sent() {
    let elicited = [json!({}), json!(null), json!("accept"), json!({ "action": "yes" }), json!({ "action": "accept", "content": "Ada" })];
    let sampled =
        [json!({}), json!({ "role": "assistant", "content": {} }), json!({ "role": "assistant", "model": "m", "content": "text" })];
    let rooted = [json!([]), json!({ "roots": {} })];
    let all = [("elicitation/create", &elicited[..]), ("sampling/createMessage", &sampled), ("roots/list", &rooted)];
    for (method, answer) in all.into_iter().flat_map(|(method, answers)| answers.iter().map(move |answer| (method, answer))) {
        let mut bench = bench(vec![(Some(json!({ "q": { "method": method, "params": {} } })), None)]);
        let call = bench.invoke(tool("quick"));
        bench.answer(1, answer.clone());
        let error = bench.error(call);
        assert_eq!(error.code, Code::InvalidArgument, "{method}: {answer}");
        assert_eq!(bench.count("tools/call"), 1);
    }
}

#[test]
fn a_call_that_is_left_takes_its_questions_back() {
    let mut bench = bench(vec![(Some(questions(&["a", "b"])), None)]);
    let call = bench.invoke(tool("quick"));
    let asked = bench.asked();
    bench.answer(asked[0].question, accept(json!(1)));
    bench.abandon(call);
    assert_eq!(bench.withdrawn(), [asked[1].question]);
    bench.answer(asked[1].question, accept(json!(2)));
    bench.pass(600_000);
    assert_eq!((bench.count("tools/call"), bench.engine.deadline()), (1, None));
    assert!(bench.is_pending(call));
}

#[test]
fn a_person_may_take_their_time() {
    let mut bench = bench(vec![(Some(questions(&["name"])), None)]);
    let call = bench.invoke(tool("quick"));
    assert_eq!(bench.engine.deadline(), None, "nothing is timed while somebody thinks");
    bench.pass(7 * 86_400_000);
    bench.answer(1, accept(json!("Ada")));
    assert!(is_right(&bench, call));
}

#[test]
fn calls_in_rounds_do_not_mix() {
    let mut bench = Bench::modern();
    bench.on("tools/call", |sent| {
        let who = sent.params()["arguments"]["who"].as_str().expect("who").to_owned();
        let (responses, state) = (sent.params().get("inputResponses"), sent.params().get("requestState"));
        Reply::json(sent.result(match (responses, state) {
            (None, None) => input_required(Some(questions(&["name"])), Some(&who)),
            (Some(responses), Some(state)) => {
                assert_eq!(*state, json!(who));
                complete(json!({ "content": [], "structuredContent": { "said": responses["name"]["content"]["value"], "to": who } }))
            }
            mixed => panic!("answers and state belong together: {mixed:?}"),
        }))
    });
    let call = |bench: &mut Bench, who: &str| bench.invoke(Invocation { arguments: Some(Node(json!({ "who": who }))), ..tool("quick") });
    let first = call(&mut bench, "first");
    let second = call(&mut bench, "second");
    let third = call(&mut bench, "third");
    let asked: Vec<_> = bench.asked().iter().map(|ask| ask.question).collect();
    bench.answer(asked[1], accept(json!(2)));
    // Another request while two are thought about.
    bench.invoke(invocation(Kind::Prompt, "p"));
    assert!(bench.last("prompts/get").params().get("requestState").is_none());
    bench.answer(asked[0], accept(json!(1)));
    bench.answer(asked[2], accept(json!(3)));
    for (call, said, to) in [(first, 1, "first"), (second, 2, "second"), (third, 3, "third")] {
        assert_eq!(bench.value(call)["data"], json!({ "said": said, "to": to }));
    }
}

#[test]
fn a_round_may_end_in_a_task_whose_requests_know_nothing_of_it() {
    let mut bench = Bench::modern_polling();
    let tasks = bench.server.tasks.clone();
    bench.on("tools/call", move |sent| {
        let made = json!({ "resultType": "task", "taskId": "t9", "status": "working" });
        tasks.borrow_mut().set("t9", sent.at, "working");
        tasks.borrow_mut().set("t9", sent.at + 2_000, "completed");
        Reply::json(sent.result(if sent.params().get("inputResponses").is_none() {
            input_required(Some(questions(&["name"])), Some("s"))
        } else {
            made
        }))
    });
    let call = bench.invoke(tool_task("slow"));
    bench.answer(1, accept(json!("Ada")));
    assert_eq!(bench.value(call)["taskId"], "t9");
    let result = bench.result("t9");
    bench.pass(60_000);
    assert_eq!(bench.value(result), text_result("done"));
    let carries = |sent: &Sent| sent.params().get("requestState").is_some() || sent.params().get("inputResponses").is_some();
    assert_eq!(bench.sent.iter().filter(|sent| carries(sent)).count(), 1);
}

#[test]
fn an_error_in_a_later_round_is_the_calls() {
    let mut bench = Bench::modern();
    bench.on("tools/call", |sent| match sent.params().get("inputResponses") {
        None => Reply::json(sent.result(input_required(Some(questions(&["name"])), Some("s")))),
        Some(_) => Reply::status_with(400, sent.error(-32602, "state has expired")),
    });
    let call = bench.invoke(tool("quick"));
    bench.answer(1, accept(json!("Ada")));
    assert_eq!((bench.error(call).code, bench.count("tools/call")), (Code::Rpc, 2));
}

proptest! {
    #[test]
    fn whatever_state_a_server_gives_it_has_back(state in any_json(), asks: bool) {
        let mut bench = Bench::modern();
        let given = state.clone();
        bench.on("tools/call", move |sent| {
            let mut result = input_required(asks.then(|| questions(&["name"])), None);
            result["requestState"] = given.clone();
            let is_first = sent.params().get("requestState").is_none() && sent.params().get("inputResponses").is_none();
            Reply::json(sent.result(if is_first { result } else { complete(json!({})) }))
        });
        let call = bench.invoke(tool("quick"));
        if asks {
            bench.answer(1, accept(json!("Ada")));
        }
        // The schema knows text alone: another state is none, as is `null`.
        let expected = Some(&state).filter(|state| state.is_string());
        if asks || state.is_string() {
            prop_assert!(is_right(&bench, call));
            let last = bench.last("tools/call");
            prop_assert_eq!(last.params().get("requestState"), expected);
        } else {
            prop_assert_eq!(bench.error(call).code, Code::Protocol);
        }
    }
}
