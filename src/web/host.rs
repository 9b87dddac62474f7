//! What the TypeScript face does for us. Every call may throw, for it may run a caller's code: that is the face's to report.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The `Host` of `js/host.ts`.
    pub type Host;

    /// Sends an HTTP request to the endpoint; `awaited` when a caller waits for it. Its `headers` are lines, `name:value`. What comes of it
    /// goes into `Core::head`, `bytes`, `body`, `ended` and `failed`, under the number of the exchange.
    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn fetch(this: &Host, exchange: u32, method: &str, headers: &str, message: JsValue, awaited: bool) -> Result<(), JsValue>;

    /// Ends an exchange: nothing more is to be told of it.
    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn abort(this: &Host, exchange: u32) -> Result<(), JsValue>;

    /// `Core::tick` is to be called no later than at this instant of `performance.now`; that before this one counts no more.
    #[wasm_bindgen(method, structural)]
    pub(super) fn arm(this: &Host, deadline: f64);

    /// Finds out what can be seen of the server, and gives it to `Core::knocked`.
    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn knock(this: &Host, call: u32) -> Result<(), JsValue>;

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

    #[wasm_bindgen(method, structural, catch, js_name = debugMessage)]
    pub(super) fn debug_message(this: &Host, message: JsValue, oddity: Option<&str>) -> Result<(), JsValue>;
}
