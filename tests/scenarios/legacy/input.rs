//! What a task asks while it runs: a request of the server, on whatever stream, which an answer in a POST of its own settles.

use serde_json::{Value, json};

use super::super::check::check;
use super::super::client::{Act, text};
use super::super::life::{TASK, accepted, elicitation, said, with};
use super::super::server::script;
use super::super::wire::{Ending, Reply};
use super::super::{Answer, Check, Client, Scenario, Steps, steps};
use super::creation::{created, paid, told};
use super::scenario;

const REQUIRED: &str = "Tasks, Input Required Status";

/// By then the task is made: the server's own stream was there before, and a busy browser takes its time. In milliseconds.
const LATER: u64 = 1_000;

const fn answering(id: &'static str, server: fn() -> Answer, steps: fn(Client) -> Steps, checks: &'static [Check]) -> Scenario {
    Scenario { answers: true, ..scenario(id, server, steps, checks) }
}

/// The task's question, under an id that is no truth in JavaScript.
fn question() -> Value {
    let mut asks = with(json!({ "jsonrpc": "2.0", "id": 0 }), elicitation("Who?"));
    asks["params"]["_meta"] = json!({ "io.modelcontextprotocol/related-task": { "taskId": TASK } });
    asks
}

pub const AHEAD: Scenario = answering(
    "legacy-input",
    || {
        let (mut answers, mut polls_since) = (0, 0);
        script(move |request, ledger| match request.method() {
            "initialize" => {
                let declared = &request.params()["capabilities"];
                ledger.demand("elicitation-is-declared", declared["elicitation"].is_object(), declared);
                None
            }
            "tools/call" => Some(created(request)),
            "tasks/get" => {
                polls_since += i32::from(answers > 0);
                Some(told(request, ["input_required", "working", "completed"][polls_since.min(2) as usize], json!({})))
            }
            "tasks/result" if polls_since < 2 => {
                ledger.demand("result-is-called-ahead", true, ());
                Some(Reply::events(vec![(50, question())], Ending::StaysOpen))
            }
            "tasks/result" => {
                // One that was never called before came too late to be asked on.
                ledger.demand("result-is-called-ahead", answers > 0, answers);
                Some(paid(request, said("Hello, Ada!")))
            }
            "answer" => {
                answers += 1;
                let is_it = request.body["id"] == 0 && request.body["result"] == accepted("Ada");
                ledger.demand("question-is-answered", is_it, &request.body);
                ledger.demand("answer-is-sent-once", answers == 1, answers);
                None
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("greet").await;
            let result = client.start(Act::Result(id.clone()));
            let asked = client.question("0").await;
            client.demand("result-is-called-ahead", asked.is_some(), asked);
            // The user takes a while, and every poll says that the task waits.
            client.pause(200).await;
            client.answer("0", accepted("Ada")).await;
            let result = client.end(result).await;
            client.demand("answer-lets-it-go-on", text(&result) == "Hello, Ada!", result);
            client.demand("question-is-asked-once", client.questions().len() == 1, client.questions());
        })
    },
    &[
        check("elicitation-is-declared", "what the page answers is declared", "Lifecycle, Capability Negotiation"),
        check("result-is-called-ahead", "tasks/result of a task that waits for input is called before its end", REQUIRED),
        check("question-is-asked-once", "what the server asks there is asked once", REQUIRED),
        check("question-is-answered", "and answered under its id, which may be 0", "Base Protocol, Responses"),
        check("answer-is-sent-once", "once, too", "Base Protocol, Responses"),
        check("answer-lets-it-go-on", "the task is followed on, to its result", REQUIRED),
    ],
);

pub const ANYWHERE: Scenario = answering(
    "legacy-input-anywhere",
    || {
        let mut is_answered = false;
        let mut opened = 0;
        script(move |request, ledger| match request.method() {
            "GET" => {
                opened = request.at;
                Some(Reply::events(vec![(LATER, question())], Ending::StaysOpen))
            }
            "tools/call" => Some(created(request)),
            "tasks/get" if is_answered => Some(told(request, "completed", json!({}))),
            // It does not say that it waits.
            "tasks/get" => Some(told(request, "working", json!({}))),
            "tasks/result" => Some(paid(request, said("Hello, Ada!"))),
            "answer" => {
                is_answered = request.at >= opened + LATER;
                ledger.demand("stream-question-is-answered", request.body["result"] == accepted("Ada"), &request.body);
                None
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("greet").await;
            let result = client.start(Act::Result(id.clone()));
            client.answer("0", accepted("Ada")).await;
            let result = client.end(result).await;
            client.demand("answer-lets-it-go-on", text(&result) == "Hello, Ada!", result);
            let statuses = client.statuses(&id);
            let waits = |status: &Value| status["status"] == "input_required" && status["inputRequests"]["0"].is_object();
            client.demand("stream-question-is-the-tasks", statuses.iter().any(waits), statuses);
        })
    },
    &[
        check("stream-question-is-answered", "a task's question is answered on whatever stream it comes", REQUIRED),
        check("stream-question-is-the-tasks", "it is the related task's: that waits for input", "Tasks, Associating Task-Related Messages"),
        check("answer-lets-it-go-on", "the task is followed on, to its result", REQUIRED),
    ],
);

pub const UNHEALTHY: Scenario = answering(
    "legacy-input-polls-fail",
    || {
        let (mut made, mut fails) = (0, 0);
        script(move |request, ledger| match request.method() {
            "tools/call" => {
                made = request.at;
                Some(created(request))
            }
            // It asks nothing, and after a while answers nothing.
            "tasks/get" if request.at < made + 1_500 => Some(told(request, "input_required", json!({ "pollInterval": 500 }))),
            "tasks/get" if request.at < made + 3_500 => {
                fails += 1;
                ledger.demand("failing-polls-are-rare", fails <= 5, fails);
                Some(Reply::status(503))
            }
            "tasks/get" => Some(told(request, "completed", json!({}))),
            "tasks/result" if request.at < made + 3_500 => Some(Reply::events(Vec::new(), Ending::StaysOpen)),
            "tasks/result" => Some(paid(request, said("without you"))),
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("greet").await;
            // A page that only watches.
            client.until(|| client.states(&id).last().is_some_and(|last| last == "completed")).await;
            let result = client.done(Act::Result(id)).await;
            client.demand("failing-polls-end", text(&result) == "without you", result);
        })
    },
    &[
        check("failing-polls-are-rare", "a server that cannot answer tasks/get is not asked again at once", "Tasks, Getting Tasks"),
        check("failing-polls-end", "and followed on when it can", "Tasks, Getting Tasks"),
    ],
);

pub const SILENT: Scenario = answering(
    "legacy-input-silent",
    || {
        let (mut made, mut polls) = (0, 0);
        script(move |request, ledger| match request.method() {
            "tools/call" => {
                made = request.at;
                Some(created(request))
            }
            "tasks/get" if request.at < made + 3_000 => {
                polls += 1;
                ledger.demand("silent-keeps-its-interval", polls <= 20, polls);
                Some(told(request, "input_required", json!({ "pollInterval": 500 })))
            }
            "tasks/get" => Some(told(request, "completed", json!({}))),
            "tasks/result" if request.at < made + 3_000 => Some(request.error(-32602, "Task is not completed yet")),
            "tasks/result" => Some(paid(request, said("without you"))),
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("greet").await;
            client.until(|| client.states(&id).last().is_some_and(|last| last == "completed")).await;
            let told = client.states(&id);
            client.demand("silent-is-told", told == ["input_required", "completed"], told);
        })
    },
    &[
        check(
            "silent-keeps-its-interval",
            "a task that waits for input and asks nothing is polled at its interval",
            "Tasks, Getting Tasks",
        ),
        check("silent-is-told", "and that it waits is told, though nobody knows what for", REQUIRED),
    ],
);
