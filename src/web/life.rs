//! The life of the page: whether it is shown, and whether there is a network.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The window or the worker, and the document; none of it need be there.
    #[derive(Clone)]
    type Target;

    #[wasm_bindgen(method, structural, catch, js_name = addEventListener)]
    fn add(this: &Target, event: &str, listener: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = removeEventListener)]
    fn remove(this: &Target, event: &str, listener: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, getter)]
    fn document(this: &Target) -> Option<Target>;

    #[wasm_bindgen(method, structural, getter)]
    fn navigator(this: &Target) -> Option<Navigator>;

    #[wasm_bindgen(method, structural, getter)]
    fn hidden(this: &Target) -> bool;

    type Navigator;

    /// Not everything that has a navigator knows.
    #[wasm_bindgen(method, structural, getter, js_name = onLine)]
    fn on_line(this: &Navigator) -> Option<bool>;
}

/// What changes in the life of a page, and who tells it.
const OF_WINDOW: [&str; 3] = ["offline", "online", "pageshow"];
const OF_DOCUMENT: [&str; 2] = ["visibilitychange", "resume"];

/// Listens as long as it lives.
pub(super) struct Life {
    listener: Closure<dyn FnMut()>,
    window: Target,
    document: Option<Target>,
}

impl Life {
    pub(super) fn new(changed: impl FnMut() + 'static) -> Self {
        let window: Target = js_sys::global().unchecked_into();
        let life = Self { listener: Closure::new(changed), document: window.document(), window };
        // Outside of pages there is nothing to listen to.
        life.each(Target::add);
        life
    }

    fn each(&self, act: fn(&Target, &str, &JsValue) -> Result<(), JsValue>) {
        let listener = self.listener.as_ref();
        for event in OF_WINDOW {
            let _ = act(&self.window, event, listener);
        }
        for event in OF_DOCUMENT {
            let _ = self.document.as_ref().map(|document| act(document, event, listener));
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.each(Target::remove);
    }
}

/// Is the page one that nobody sees? Browsers slow its timers down.
pub(super) fn is_hidden() -> bool {
    let window: Target = js_sys::global().unchecked_into();
    window.document().is_some_and(|document| document.hidden())
}

/// Is it known that there is no network?
pub(super) fn is_offline() -> bool {
    let window: Target = js_sys::global().unchecked_into();
    window.navigator().and_then(|navigator| navigator.on_line()) == Some(false)
}
