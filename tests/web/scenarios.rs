//! The scenarios of either era in the browser: the real core, over real responses and streams, by the browser's clock.

#[path = "../scenarios/mod.rs"]
mod script;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use js_sys::{Array, JSON, Promise};
use mcp_tasks::web::{Core, Host};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use script::{Act, Age, Body, Ending, Face, Failure, News, Outcome, Question, Reply, Request, Scenario, Server, Tell};

#[wasm_bindgen(module = "/tests/web/page/scripted.js")]
extern "C" {
    #[derive(Clone)]
    type Scripted;

    #[wasm_bindgen(constructor)]
    fn new(answer: &JsValue) -> Scripted;

    #[wasm_bindgen(method)]
    fn attach(this: &Scripted, core: Core);

    #[wasm_bindgen(method, js_name = endOf)]
    fn end_of(this: &Scripted, call: u32) -> Option<String>;

    #[wasm_bindgen(method)]
    fn heard(this: &Scripted) -> String;

    fn rest() -> Promise;

    fn now() -> f64;
}

#[wasm_bindgen_test]
async fn the_scenarios_of_the_stateless_era_hold() {
    hold(Age::Modern).await;
}

#[wasm_bindgen_test]
async fn the_scenarios_of_the_era_of_sessions_hold() {
    hold(Age::Legacy).await;
}

/// Plays all scenarios of an age at the same time, each with a core of its own.
async fn hold(age: Age) {
    let broken: Rc<RefCell<Vec<&str>>> = Rc::default();
    let playing: Array =
        script::all().filter(|scenario| scenario.age == age).map(|scenario| future_to_promise(play(scenario, broken.clone()))).collect();
    JsFuture::from(Promise::all(&playing)).await.expect("nobody throws");
    assert!(broken.borrow().is_empty(), "{broken:?}");
}

async fn play(scenario: &'static Scenario, broken: Rc<RefCell<Vec<&str>>>) -> Result<JsValue, JsValue> {
    let ledger = scenario.ledger();
    let face = Rc::new(InPage::new(Server::new(scenario, ledger.clone()), scenario.answers));
    scenario.play(face, ledger.clone()).await;
    console_log!("{}\n{ledger}", scenario.id);
    if !ledger.is_good() {
        broken.borrow_mut().push(scenario.id);
    }
    Ok(JsValue::UNDEFINED)
}

/// The core, with a host whose requests the scripted server answers.
struct InPage {
    core: Core,
    page: Scripted,
    last_call: Cell<u32>,
    _answer: Closure<dyn FnMut(String) -> String>,
}

impl InPage {
    fn new(mut server: Server, elicitation: bool) -> Self {
        let answer = Closure::new(move |request: String| write(server.answer(&read(&request))));
        let page = Scripted::new(answer.as_ref());
        let host: Host = page.clone().unchecked_into();
        let info = into_js(&json!({ "name": "test", "version": "0" }));
        let core = Core::new(
            host,
            info,
            true,
            60_000.0,
            "here".into(),
            false,
            false,
            None,
            None,
            elicitation,
            false,
            false,
            true,
            0.5,
            false,
            JsValue::UNDEFINED,
            0,
            // Those of earlier tests are still there.
            "https://wide.example".into(),
        );
        page.attach(core.clone());
        Self { core, page, last_call: Cell::new(0), _answer: answer }
    }

    fn invoke(&self, call: u32, kind: &str, name: &str, as_task: bool, ttl: Option<f64>) {
        let nothing = JsValue::UNDEFINED;
        self.core.invoke(call, kind, name.into(), nothing.clone(), nothing, as_task, ttl, true, false, None).expect("it has no arguments");
    }
}

fn read(request: &str) -> Request {
    let request: Value = serde_json::from_str(request).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let headers = request["headers"].as_array().expect("an array").iter().map(|pair| (text(&pair[0]), text(&pair[1])));
    let at = request["at"].as_u64().expect("whole milliseconds");
    Request { at, verb: text(&request["verb"]), headers: headers.collect(), body: request["body"].clone() }
}

fn write(Reply { status, session, wait, body }: Reply) -> String {
    let (json, events, closes) = match body {
        Body::Empty => (None, None, true),
        Body::Json(message) => (Some(message), None, true),
        Body::Events(events, ending) => (None, Some(events), ending == Ending::Closes),
    };
    json!({ "status": status, "session": session, "wait": wait, "json": json, "events": events, "closes": closes }).to_string()
}

fn into_js(value: &Value) -> JsValue {
    JSON::parse(&value.to_string()).expect("JSON")
}

impl Face for InPage {
    fn start(&self, act: Act) -> u32 {
        let call = self.last_call.get() + 1;
        self.last_call.set(call);
        let core = &self.core;
        let given = "JSON can hold it";
        match act {
            Act::Connect => core.connect(call),
            Act::Tool(name) => self.invoke(call, "tool", name, false, None),
            Act::ToolTask(name, ttl) => self.invoke(call, "tool", name, true, ttl),
            Act::PromptTask(name) => self.invoke(call, "prompt", name, true, None),
            Act::ResourceTask(uri) => self.invoke(call, "resource", uri, true, None),
            Act::Result(id) => {
                let nothing = JsValue::UNDEFINED;
                core.result(call, &id, Some("tool".into()), "", true, None, None, nothing.clone(), nothing);
            }
            Act::Cancel(id) => core.cancel(call, &id),
            Act::Update(id, answers) => core.update(call, &id, into_js(&answers)).expect(given),
            Act::Respond(id, key, answer) => core.respond(call, &id, key, into_js(&answer)).expect(given),
            Act::Tasks(cursor, limit) => core.list_tasks(call, cursor, limit),
            Act::Close => core.close(call, true),
        }
        call
    }

    fn tell(&self, tell: Tell) {
        match tell {
            Tell::Watch(id) => self.core.watch(&id, true),
            Tell::Answer(question, answer) => self.core.answer(question, into_js(&answer)).expect("JSON can hold it"),
        }
    }

    fn end_of(&self, call: u32) -> Option<Outcome> {
        let end: Value = serde_json::from_str(&self.page.end_of(call)?).expect("JSON");
        Some(match end["code"].as_str() {
            None => Ok(end["value"].clone()),
            Some(code) => Err(Failure { code: code.into(), data: end["data"].clone() }),
        })
    }

    fn heard(&self) -> Vec<News> {
        let heard: Vec<Value> = serde_json::from_str(&self.page.heard()).expect("JSON");
        let news = heard.iter().map(|news| match news[0].as_str() {
            Some("status") => News::Status(news[1].clone()),
            _ => {
                let number = news[1].as_u64().expect("a number") as u32;
                News::Asked(Question { number, key: news[2].as_str().expect("a text").into(), params: news[3].clone() })
            }
        });
        news.collect()
    }

    fn now(&self) -> u64 {
        now() as u64
    }

    fn rest(&self) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async {
            JsFuture::from(rest()).await.expect("never rejected");
        })
    }
}
