//! A core with a host that a test scripts: what is sent is answered with real responses, what is told is written down.

use std::cell::Cell;

use js_sys::{Function, JSON, Promise, Reflect};
use mcp_tasks::web::{Core, Host};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/tests/web/page/peer.js")]
extern "C" {
    #[derive(Clone)]
    pub type Peer;

    #[wasm_bindgen(constructor)]
    fn new() -> Peer;

    #[wasm_bindgen(method)]
    fn serve(this: &Peer, core: Core, debug: bool);

    #[wasm_bindgen(method)]
    fn ended(this: &Peer, call: u32) -> Promise;

    /// From now on this method is answered in this way, one of those in `page/peer.js`.
    #[wasm_bindgen(method)]
    pub fn answer(this: &Peer, method: &str, way: &str);

    /// From now on this method has this result.
    #[wasm_bindgen(method)]
    pub fn have(this: &Peer, method: &str, result: &str);

    /// Everything of one kind that was told, as JSON.
    #[wasm_bindgen(method)]
    pub fn told(this: &Peer, name: &str) -> String;

    #[wasm_bindgen(method)]
    fn last(this: &Peer, method: &str) -> JsValue;

    #[wasm_bindgen(method)]
    pub fn count(this: &Peer, method: &str) -> u32;

    #[wasm_bindgen(method)]
    pub fn push(this: &Peer, message: &str);

    /// What the page does when it is told something of this kind.
    #[wasm_bindgen(method)]
    pub fn react(this: &Peer, name: &str, reaction: &Function);

    #[wasm_bindgen(method, getter)]
    pub fn cancelled(this: &Peer) -> u32;

    #[wasm_bindgen(method, setter, js_name = retryAfter)]
    pub fn set_retry_after(this: &Peer, value: &str);

    #[wasm_bindgen(js_name = pause)]
    fn pause_for(wait: f64) -> Promise;

    pub type Timers;

    #[wasm_bindgen(constructor)]
    pub fn new() -> Timers;

    #[wasm_bindgen(method)]
    pub fn delays(this: &Timers) -> Vec<f64>;

    #[wasm_bindgen(method, getter)]
    pub fn most(this: &Timers) -> u32;

    #[wasm_bindgen(method)]
    pub fn remove(this: &Timers);
}

/// How a call was rejected.
#[derive(Debug)]
pub struct Rejection {
    pub code: String,
    pub data: JsValue,
    pub cause: JsValue,
}

pub struct Page {
    pub peer: Peer,
    pub core: Core,
    last_call: Cell<u32>,
}

impl Page {
    pub fn new(debug: bool) -> Self {
        Self::waiting(60_000.0, debug)
    }

    /// One that waits so long for an exchange.
    pub fn waiting(timeout_ms: f64, debug: bool) -> Self {
        let peer = Peer::new();
        let host: Host = peer.clone().unchecked_into();
        let known = Some("legacy".into());
        let info = js_sys::Object::new().into();
        let core = Core::new(
            host,
            info,
            true,
            timeout_ms,
            "here".into(),
            false,
            debug,
            None,
            known,
            false,
            false,
            false,
            false,
            0.5,
            false,
            JsValue::UNDEFINED,
            0,
            "https://wide.example".into(),
        );
        peer.serve(core.clone(), debug);
        Self { peer, core, last_call: Cell::new(0) }
    }

    pub async fn connected() -> Self {
        let page = Self::new(false);
        page.end_of(page.call(Core::connect)).await.expect("a session");
        page
    }

    pub fn call(&self, start: impl FnOnce(&Core, u32)) -> u32 {
        let call = self.last_call.get() + 1;
        self.last_call.set(call);
        start(&self.core, call);
        call
    }

    /// Calls a tool that takes nothing.
    pub fn invoke(&self, name: &str, as_task: bool) -> u32 {
        let nothing = JsValue::UNDEFINED;
        self.call(|core, call| {
            let given = core.invoke(call, "tool", name.into(), nothing.clone(), nothing, as_task, None, true, true, None);
            given.expect("nothing that JSON cannot hold");
        })
    }

    /// A task that the page holds and watches.
    pub async fn watched_task(&self) {
        self.peer.have("tools/call", r#"{"task":{"taskId":"t1","status":"working","ttl":null}}"#);
        self.end_of(self.invoke("slow", true)).await.expect("a task");
        self.core.watch("t1", true);
    }

    pub async fn end_of(&self, call: u32) -> Result<JsValue, Rejection> {
        let ended = JsFuture::from(self.peer.ended(call)).await.expect("never rejected");
        let part = |name: &str| Reflect::get(&ended, &name.into()).expect("an object");
        match part("code").as_string() {
            None => Ok(part("value")),
            Some(code) => Err(Rejection { code, data: part("data"), cause: part("cause") }),
        }
    }

    /// What a call resolves with, as JSON.
    pub async fn value_of(&self, call: u32) -> String {
        text(&self.end_of(call).await.expect("a value"))
    }

    /// A part of the last request of a method.
    pub fn last(&self, method: &str, path: &[&str]) -> JsValue {
        let get = |value: JsValue, name: &&str| Reflect::get(&value, &(*name).into()).expect("an object");
        path.iter().fold(self.peer.last(method), get)
    }
}

pub fn text(value: &JsValue) -> String {
    let written = JSON::stringify(value).ok().and_then(|text| text.as_string());
    written.unwrap_or_else(|| "undefined".into())
}

/// Lets so much time pass, and all promises that are due.
pub async fn pause(wait: f64) {
    JsFuture::from(pause_for(wait)).await.expect("never rejected");
}
