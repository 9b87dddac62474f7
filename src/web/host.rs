//! What the TypeScript face does for us. Every call may throw, for it may run a caller's code: that is the face's to report.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

#[wasm_bindgen]
extern "C" {
    /// The `Host` of `js/host.ts`.
    pub type Host;

    /// Sends an HTTP request to the endpoint; `awaited` when a caller waits for it. Resolves with a `Response`, with an `Error` where none
    /// could be made, or with `{ error }` where the sign-in for it failed.
    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn send(
        this: &Host,
        method: &str,
        headers: JsValue,
        body: JsValue,
        signal: &AbortSignal,
        awaited: bool,
    ) -> Result<Promise, JsValue>;

    /// Finds out what can be seen of the server, and gives it to `Core::knocked`.
    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn knock(this: &Host, call: u32) -> Result<(), JsValue>;

    /// Resolves once the page has had its turn.
    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn pause(this: &Host) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn resolve(this: &Host, call: u32, value: JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn reject(
        this: &Host,
        call: u32,
        code: &str,
        message: &str,
        task_id: Option<String>,
        data: JsValue,
        cause: JsValue,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn status(this: &Host, status: JsValue, result: JsValue, error: JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn gone(this: &Host, task_id: &str, code: &str, message: &str, data: JsValue, cause: JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn renewed(this: &Host, negotiated: JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn remember(this: &Host, task_id: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn notification(this: &Host, message: JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn progress(this: &Host, call: u32, params: JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn ask(this: &Host, question: u32, topic: &str, params: JsValue, key: &str, task_id: Option<String>) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn withdraw(this: &Host, question: u32) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = debugRequest)]
    pub(super) fn debug_request(this: &Host, exchange: u32, method: &str, headers: JsValue, message: JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = debugResponse)]
    pub(super) fn debug_response(this: &Host, exchange: u32, status: u16, detail: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = debugMessage)]
    pub(super) fn debug_message(this: &Host, message: JsValue, oddity: Option<&str>) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = debugFailure)]
    pub(super) fn debug_failure(this: &Host, exchange: u32, error: JsValue) -> Result<(), JsValue>;
}
