//! What a task asks while it runs: each question reaches the user once, each answer the server.

use serde_json::{Value, json};

use super::super::check::check;
use super::super::client::{Act, text};
use super::super::life::{accepted, complete, created, done, elicitation, told};
use super::super::server::script;
use super::super::wire::Reply;
use super::super::{Scenario, steps};
use super::scenario;

const UPDATE: &str = "Tasks, Task Update Requests";

pub const ANSWERED: Scenario = scenario(
    "modern-input",
    || {
        let (mut updates, mut polls_since) = (0, 0);
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/update" => {
                updates += 1;
                ledger.demand("input-is-answered-once", updates == 1, updates);
                let answers = &request.params()["inputResponses"];
                ledger.demand("input-is-answered-by-key", *answers == json!({ "name": accepted("Ada") }), answers);
                Some(request.result(complete(json!({}))))
            }
            "tasks/get" => {
                polls_since += i32::from(updates > 0);
                Some(match polls_since {
                    // The acknowledgement may come before the status shows it.
                    0..=2 => told(request, "input_required", json!({ "inputRequests": { "name": elicitation("Who?") } })),
                    3 => told(request, "working", json!({})),
                    _ => done(request, "Hello, Ada!"),
                })
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("greet").await;
            let results = [client.start(Act::Result(id.clone())), client.start(Act::Result(id.clone()))];
            let question = client.question("name").await;
            let is_whole = question.is_some_and(|question| question.params["message"] == "Who?" && question.params["mode"] == "form");
            client.demand("input-is-asked-as-it-is", is_whole, client.questions());
            // The user takes a while, and every poll repeats the question.
            client.pause(200).await;
            client.answer("name", accepted("Ada")).await;
            for result in results {
                let result = client.end(result).await;
                client.demand("input-lets-it-go-on", text(&result) == "Hello, Ada!", result);
            }
            client.demand("input-is-asked-once", client.times_asked("name") == 1, client.questions());
        })
    },
    &[
        check("input-is-asked-as-it-is", "a question in a status is asked like one that comes by itself", UPDATE),
        check("input-is-asked-once", "however often polls repeat it, and whoever waits", UPDATE),
        check("input-is-answered-by-key", "the answer goes by tasks/update, under the question's key", UPDATE),
        check("input-is-answered-once", "an answer that was acknowledged is not sent again, even while the status lags", UPDATE),
        check("input-lets-it-go-on", "the task is followed on, to its result", UPDATE),
    ],
);

pub const PARTIAL: Scenario = scenario(
    "modern-input-partial",
    || {
        let mut answers: Vec<(String, Value)> = Vec::new();
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/update" => {
                for (key, answer) in request.params()["inputResponses"].as_object().into_iter().flatten() {
                    ledger.demand("partial-has-no-repeats", answers.iter().all(|(each, _)| each != key), request.params());
                    answers.push((key.clone(), answer.clone()));
                }
                let first = answers.first().is_some_and(|(key, answer)| key == "age" && *answer == accepted("36"));
                ledger.demand(
                    "partial-is-sent",
                    first && (answers.len() == 1 || answers.last().is_some_and(|(key, _)| key == "name")),
                    &answers,
                );
                Some(request.result(complete(json!({}))))
            }
            "tasks/get" if answers.len() == 2 => Some(done(request, "Ada, 36")),
            "tasks/get" => {
                let mut open = json!({ "name": elicitation("Who?"), "age": elicitation("How old?") });
                answers.iter().for_each(|(key, _)| drop(open.as_object_mut().and_then(|open| open.remove(key))));
                Some(told(request, "input_required", json!({ "inputRequests": open })))
            }
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("two").await;
            let result = client.start(Act::Result(id.clone()));
            client.answer("age", accepted("36")).await;
            client.pause(150).await;
            client.answer("name", accepted("Ada")).await;
            let result = client.end(result).await;
            client.demand("partial-becomes-whole", text(&result) == "Ada, 36", result);
            let asked = [client.times_asked("name"), client.times_asked("age")];
            client.demand("partial-asks-once", asked == [1, 1], client.questions());
        })
    },
    &[
        check("partial-is-sent", "an answer goes as soon as it is there, without waiting for the others", UPDATE),
        check("partial-has-no-repeats", "no key is answered twice", UPDATE),
        check("partial-asks-once", "no question is asked again because another was answered", UPDATE),
        check("partial-becomes-whole", "the last answer lets the task go on", UPDATE),
    ],
);

pub const RESENT: Scenario = scenario(
    "modern-input-resent",
    || {
        let mut answers = Vec::new();
        script(move |request, ledger| match request.method() {
            "tools/call" => Some(created(request)),
            "tasks/update" => {
                answers.push(request.params()["inputResponses"].clone());
                let alike = answers.iter().all(|answer| *answer == json!({ "name": accepted("Ada") }));
                ledger.demand("lost-answer-is-sent-again", alike && answers.len() <= 2, &answers);
                Some(if answers.len() == 1 { Reply::status(503) } else { request.result(complete(json!({}))) })
            }
            "tasks/get" if answers.len() == 2 => Some(done(request, "Hello, Ada!")),
            "tasks/get" => Some(told(request, "input_required", json!({ "inputRequests": { "name": elicitation("Who?") } }))),
            _ => None,
        })
    },
    |client| {
        steps(async move {
            let id = client.task("greet").await;
            let result = client.start(Act::Result(id));
            client.answer("name", accepted("Ada")).await;
            let result = client.end(result).await;
            client.demand("lost-answer-arrives", text(&result) == "Hello, Ada!", result);
            client.demand("lost-answer-asks-nobody", client.times_asked("name") == 1, client.questions());
        })
    },
    &[
        check("lost-answer-is-sent-again", "an answer that the server could not take is sent again as it was", UPDATE),
        check("lost-answer-asks-nobody", "and nobody is asked a second time", UPDATE),
        check("lost-answer-arrives", "so that the task goes on", UPDATE),
    ],
);
