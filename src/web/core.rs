//! What the face calls. Nothing here waits: a call names itself by a number, and the host hears of its end under that number.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::JSON;
use wasm_bindgen::prelude::*;

use super::driver::Driver;
use super::head::{media, retry_after};
use super::host::Host;
use super::value::{Value, parse_text};
use crate::engine::{
    Answers, Config, Crowd, Ending, Engine, Era, Failure, Head, Invocation, Json, Kind, Listing, Millis, PastSession, Round, Sight, State,
    TaskStatus,
};

thread_local! {
    /// Those that have clients, by origin.
    static CROWDS: RefCell<Vec<(String, Weak<Crowd>)>> = const { RefCell::new(Vec::new()) };
}

/// One connection to one server.
#[wasm_bindgen]
#[derive(Clone)]
pub struct Core(Rc<Driver>);

#[wasm_bindgen]
impl Core {
    #[allow(clippy::too_many_arguments, reason = "positional arguments cross the boundary at a fraction of an object's cost")]
    #[wasm_bindgen(constructor)]
    pub fn new(
        host: Host,
        client_info: JsValue,
        notifications: bool,
        timeout_ms: f64,
        id_prefix: String,
        hides_headers: bool,
        debug: bool,
        wanted_era: Option<String>,
        known_era: Option<String>,
        elicitation: bool,
        sampling: bool,
        roots: bool,
        local: bool,
        chance: f64,
        remembers: bool,
        session: JsValue,
        last_request: u32,
        origin: String,
    ) -> Self {
        let config = Config {
            client_info: Value(client_info),
            notifications,
            patience: millis(timeout_ms),
            id_prefix,
            debug,
            hides_headers,
            wanted: wanted_era.as_deref().and_then(Era::named),
            known: known_era.as_deref().and_then(Era::named),
            answers: Answers { elicitation, sampling, roots, local },
            seed: chance.to_bits(),
            crowd: crowd_at(origin),
            remembers,
            session: Value::given(session).map(|negotiated| PastSession { negotiated, last_request }),
        };
        Self(Rc::new(Driver::new(host, config)))
    }

    /// The deadline has come.
    pub fn tick(&self) {
        self.0.input(Engine::tick);
    }

    /// The page is in sight again, the network is back, or the machine has slept.
    pub fn wake(&self) {
        self.0.input(Engine::wake);
    }

    /// There is no network.
    pub fn offline(&self) {
        self.0.input(|engine, _| engine.offline());
    }

    /// The head of a response has come. Says how its body is read: 0 not at all, 1 chunk by chunk, 2 whole.
    pub fn head(
        &self,
        exchange: u32,
        status: u16,
        content_type: &str,
        session_id: Option<String>,
        retry: Option<String>,
        www_authenticate: Option<String>,
    ) -> u8 {
        let retry_after = retry.as_deref().map(retry_after);
        let head = Head { status, media: media(content_type), session_id, retry_after, www_authenticate };
        self.0.input(|engine, now| engine.head(exchange, head, now)) as u8
    }

    /// The next bytes of a body, however it is read.
    pub fn bytes(&self, exchange: u32, chunk: &[u8]) {
        self.0.input(|engine, now| engine.bytes(exchange, chunk, now));
    }

    /// All of a body that is read whole has come: it is this, or `undefined` where it is no JSON.
    pub fn body(&self, exchange: u32, message: JsValue) {
        self.0.input(|engine, now| engine.body(exchange, Value::given(message), now));
    }

    /// All of a body that is read chunk by chunk has come.
    pub fn ended(&self, exchange: u32) {
        self.0.input(|engine, now| engine.ended(exchange, now));
    }

    /// No response came, or it broke off: `"unsendable"`, `"redirected"`, `"sign_in"` or `"network"`.
    pub fn failed(&self, exchange: u32, failure: &str, cause: JsValue) {
        self.0.input(|engine, now| engine.failed(exchange, Failure::named(failure), Value::given(cause), now));
    }

    pub fn connect(&self, call: u32) {
        self.0.input(|engine, now| engine.connect(call, now));
    }

    /// A request without leave was answered: `seen` when the page may read the answer, else `there`. `own` are the names of the
    /// caller's headers, with commas.
    pub fn knocked(&self, call: u32, seen: bool, there: bool, own: &str) {
        let sight = match (seen, there) {
            (true, _) => Sight::Plain,
            (_, true) => Sight::Hidden,
            _ => Sight::Nothing,
        };
        self.0.input(|engine, _| engine.knocked(call, sight, own));
    }

    /// Calls a tool, prompt or resource. `arguments` and `meta` are copied, and must be what JSON can hold.
    #[allow(clippy::too_many_arguments, reason = "as above")]
    pub fn invoke(
        &self,
        call: u32,
        kind: &str,
        name: String,
        arguments: JsValue,
        meta: JsValue,
        as_task: bool,
        ttl_ms: Option<f64>,
        throw: bool,
        progress: bool,
        timeout_ms: Option<f64>,
    ) -> Result<(), JsValue> {
        let invocation = Invocation {
            kind: Kind::named(kind).ok_or(JsValue::UNDEFINED)?,
            name,
            arguments: copy(arguments)?,
            meta: copy(meta)?,
            as_task,
            ttl: ttl_ms,
            throw,
            progress,
            patience: timeout_ms.map(millis),
            round: Round::default(),
        };
        self.0.input(|engine, now| engine.invoke(call, invocation, now));
        Ok(())
    }

    pub fn list(&self, call: u32, listing: &str) {
        if let Some(listing) = Listing::named(listing) {
            self.0.input(|engine, now| engine.list(call, listing, now));
        }
    }

    /// `memory` is what `memory` gave of the task before, in the same session or in another.
    pub fn follow(&self, task_id: &str, memory: JsValue, same_session: bool) {
        self.0.input(|engine, now| {
            engine.follow(task_id, now);
            engine.recall(task_id, &Value(memory), same_session, now);
        });
    }

    /// What is to be remembered of a task: `{ answered?, asked?, aside? }`.
    pub fn memory(&self, task_id: &str) -> JsValue {
        self.0.input(|engine, _| engine.memory(task_id)).0
    }

    pub fn detach(&self, task_id: &str) {
        self.0.input(|engine, now| engine.detach(task_id, now));
    }

    pub fn watch(&self, task_id: &str, watching: bool) {
        self.0.input(|engine, now| engine.watch(task_id, watching, now));
    }

    pub fn status(&self, call: u32, task_id: &str, fresh: bool) {
        self.0.input(|engine, now| match fresh {
            true => engine.fresh_status(call, task_id, now),
            false => engine.status(call, task_id, now),
        });
    }

    pub fn wait(&self, call: u32, task_id: &str, state: Option<String>) {
        let state = state.as_deref().and_then(State::named);
        self.0.input(|engine, now| engine.wait(call, task_id, state, now));
    }

    /// `name` is that of the tool, where it is known. `ended` and `ended_message` are the status in which the face saw the task end, if it
    /// did; `ending` and `error` what it ended with, where the server told that too.
    #[allow(clippy::too_many_arguments, reason = "as above")]
    pub fn result(
        &self,
        call: u32,
        task_id: &str,
        kind: Option<String>,
        name: &str,
        throw: bool,
        ended: Option<String>,
        ended_message: Option<String>,
        ending: JsValue,
        error: JsValue,
    ) {
        let kind = kind.as_deref().and_then(Kind::named);
        let state = ended.as_deref().and_then(State::named);
        let ending = Value::given(ending).map(Ending::Result).or_else(|| Value::given(error).map(Ending::Error));
        let ended = state.map(|state| TaskStatus { message: ended_message, ending, ..TaskStatus::new(task_id, state) });
        self.0.input(|engine, now| engine.result(call, task_id, kind, name, throw, ended, now));
    }

    pub fn cancel(&self, call: u32, task_id: &str) {
        self.0.input(|engine, now| engine.cancel(call, task_id, now));
    }

    /// Answers to a task's questions, by key; copied, and must be what JSON can hold.
    pub fn update(&self, call: u32, task_id: &str, responses: JsValue) -> Result<(), JsValue> {
        let responses = copy(responses)?.ok_or(JsValue::UNDEFINED)?;
        self.0.input(|engine, now| engine.update(call, task_id, responses, now));
        Ok(())
    }

    /// The answer to one of a task's questions; copied, and must be an object that JSON can hold.
    pub fn respond(&self, call: u32, task_id: &str, key: String, response: JsValue) -> Result<(), JsValue> {
        let response = copy(response)?.ok_or(JsValue::UNDEFINED)?;
        self.0.input(|engine, now| engine.respond(call, task_id, key, response, now));
        Ok(())
    }

    /// The answer to a question; copied, and must be an object that JSON can hold.
    pub fn answer(&self, question: u32, answer: JsValue) -> Result<(), JsValue> {
        let answer = copy(answer)?.ok_or(JsValue::UNDEFINED)?;
        self.0.input(|engine, now| engine.answer(question, answer, now));
        Ok(())
    }

    /// There is no answer, because of this.
    pub fn refuse(&self, question: u32, cause: JsValue) {
        self.0.input(|engine, now| engine.refuse(question, Value(cause), now));
    }

    /// The caller's credentials have changed.
    pub fn reauthorized(&self) {
        self.0.input(|engine, _| engine.reauthorized());
    }

    /// The caller signs in.
    #[wasm_bindgen(js_name = signingIn)]
    pub fn signing_in(&self) {
        self.0.input(|engine, now| engine.signing_in(now));
    }

    /// They have, or that did not succeed.
    #[wasm_bindgen(js_name = signedIn)]
    pub fn signed_in(&self, succeeded: bool) {
        self.0.input(|engine, now| engine.signed_in(succeeded, now));
    }

    #[wasm_bindgen(js_name = listTasks)]
    pub fn list_tasks(&self, call: u32, cursor: Option<String>, limit: u32) {
        self.0.input(|engine, now| engine.list_tasks(call, cursor.as_deref(), limit as usize, now));
    }

    pub fn listen(&self, listening: bool) {
        self.0.input(|engine, now| engine.listen(listening, now));
    }

    pub fn abandon(&self, call: u32) {
        self.0.input(|engine, now| engine.abandon(call, now));
    }

    /// `ends_session` is false where the session is to be gone on with later.
    pub fn close(&self, call: u32, ends_session: bool) {
        self.0.input(|engine, now| engine.close(call, ends_session, now));
    }
}

/// What is under way to an origin, for whichever client of the page.
fn crowd_at(origin: String) -> Rc<Crowd> {
    CROWDS.with_borrow_mut(|crowds| {
        crowds.retain(|(_, crowd)| crowd.strong_count() > 0);
        let known = crowds.iter().find(|(each, _)| *each == origin).and_then(|(_, crowd)| crowd.upgrade());
        known.unwrap_or_else(|| {
            let crowd = Rc::new(if origin.starts_with("http:") { Crowd::default() } else { Crowd::wide() });
            crowds.push((origin, Rc::downgrade(&crowd)));
            crowd
        })
    })
}

/// A duration; one without end is a thousand years, so that it can be added to the time.
fn millis(duration: f64) -> Millis {
    (duration as Millis).min(1 << 45)
}

/// A copy of the object that the caller gave, so that it can neither change nor run code later.
fn copy(given: JsValue) -> Result<Option<Value>, JsValue> {
    if given.is_undefined() {
        return Ok(None);
    }
    // A function has no text: then this is `undefined`, whatever its type says, and no JSON.
    let text = JSON::stringify(&given)?;
    let copy = Value(parse_text(&text)?);
    if copy.is_object() { Ok(Some(copy)) } else { Err(JsValue::UNDEFINED) }
}
