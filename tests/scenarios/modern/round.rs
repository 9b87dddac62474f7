//! Questions before there is a task: the request is made again with the answers.

use serde_json::{Value, json};

use super::super::check::check;
use super::super::client::{Act, text};
use super::super::life::{accepted, complete, created, done, elicitation, said};
use super::super::server::script;
use super::super::{Scenario, steps};
use super::scenario;

const ROUNDS: &str = "Multi Round-Trip Requests, Client Requirements";
/// Opaque: a client that reads or rewrites it gives another back.
const STATE: &str = " {\"b\" : 1,\"a\":\"\\u00e9 é\"}\t";

/// The server asks before it answers, with its own words where it has any.
fn asks(request: &super::super::Request, key: &str, state: Option<&str>) -> super::super::Reply {
    let mut result = json!({ "resultType": "input_required", "inputRequests": { key: elicitation("Who?") } });
    if let Some(state) = state {
        result["requestState"] = state.into();
    }
    request.result(result)
}

pub const THEN_TASK: Scenario = scenario(
    "modern-round-then-task",
    || {
        let mut first: Option<Value> = None;
        script(move |request, ledger| {
            let params = request.params();
            if request.method() != "tools/call" {
                let carries = params.get("requestState").is_some() || params.get("inputResponses").is_some();
                ledger.demand("round-is-the-calls-alone", !carries, params);
                return (request.method() == "tasks/get").then(|| done(request, "Hello, Alice!"));
            }
            let Some(before) = &first else {
                first = Some(request.body.clone());
                let carries = params.get("requestState").is_some() || params.get("inputResponses").is_some();
                ledger.demand("round-begins-bare", !carries, params);
                return Some(asks(request, "user_name", Some(STATE)));
            };
            ledger.demand("round-has-a-new-id", before["id"] != request.body["id"], &request.body["id"]);
            let same = before["params"]["name"] == params["name"] && before["params"].get("arguments") == params.get("arguments");
            ledger.demand("round-repeats-the-call", same, params);
            ledger.demand("round-echoes-the-state", params["requestState"] == STATE, params);
            ledger.demand("round-brings-the-answers", params["inputResponses"] == json!({ "user_name": accepted("Alice") }), params);
            Some(created(request))
        })
    },
    |client| {
        steps(async move {
            let call = client.start(Act::ToolTask("test_tool_with_task", None));
            client.answer("user_name", accepted("Alice")).await;
            let made = client.end(call).await;
            let id = made.clone().unwrap_or_default()["taskId"].as_str().unwrap_or_default().to_owned();
            let result = client.done(Act::Result(id)).await;
            client.demand("round-ends-in-a-task", text(&result) == "Hello, Alice!", (made, result));
        })
    },
    &[
        check("round-begins-bare", "the first request has neither answers nor state", ROUNDS),
        check("round-has-a-new-id", "the request that is made again has another id", ROUNDS),
        check("round-repeats-the-call", "and the same name and arguments", ROUNDS),
        check("round-echoes-the-state", "requestState goes back byte for byte", ROUNDS),
        check("round-brings-the-answers", "with the answers under their keys", ROUNDS),
        check("round-is-the-calls-alone", "neither goes into any other request: the task's requests carry none", ROUNDS),
        check("round-ends-in-a-task", "the call that was made again may become a task", "Tasks, Task Creation"),
    ],
);

pub const WITHOUT_STATE: Scenario = scenario(
    "modern-round-without-state",
    || {
        script(|request, ledger| {
            let params = request.params();
            if request.method() != "tools/call" {
                return None;
            }
            let is_other = params["name"] == "unrelated";
            let has_answers = params.get("inputResponses").is_some();
            let check = if is_other { "unrelated-carries-nothing" } else { "absent-state-stays-absent" };
            ledger.demand(check, params.get("requestState").is_none() && !(is_other && has_answers), params);
            Some(if is_other || has_answers { request.result(complete(said("done"))) } else { asks(request, "name", None) })
        })
    },
    |client| {
        steps(async move {
            let call = client.start(Act::Tool("asking"));
            let _ = client.question("name").await;
            let unrelated = client.done(Act::Tool("unrelated")).await;
            client.demand("unrelated-is-answered", text(&unrelated) == "done", unrelated);
            client.answer("name", accepted("Ada")).await;
            let result = client.end(call).await;
            client.demand("round-ends-in-a-result", text(&result) == "done", result);
        })
    },
    &[
        check("absent-state-stays-absent", "no state is given back where none came", ROUNDS),
        check("unrelated-carries-nothing", "a request between the rounds has nothing of them", ROUNDS),
        check("unrelated-is-answered", "and does not wait for them", ROUNDS),
        check("round-ends-in-a-result", "the call that was made again may be answered at once", ROUNDS),
    ],
);
