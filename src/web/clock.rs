//! The clock, and the one timer for the earliest deadline.

use std::cell::{Cell, RefCell};

use wasm_bindgen::prelude::*;

use crate::engine::Millis;

#[wasm_bindgen]
extern "C" {
    /// Never goes back, whatever happens to the wall clock.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, delay: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// `setTimeout` keeps its delay in a signed 32-bit integer and fires at once above it. We wake early and let the engine ask again.
const LONGEST: Millis = i32::MAX as Millis;

pub(super) fn now() -> Millis {
    performance_now() as Millis
}

/// Calls back no later than it was asked to, and maybe sooner.
pub(super) struct Timer {
    callback: Closure<dyn FnMut()>,
    armed: RefCell<Option<JsValue>>,
    at: Cell<Millis>,
}

impl Timer {
    pub(super) fn new(callback: impl FnMut() + 'static) -> Self {
        Self { callback: Closure::new(callback), armed: RefCell::default(), at: Cell::new(0) }
    }

    /// The next call is due at this instant; `None` when there is nothing to wait for.
    pub(super) fn arm(&self, deadline: Option<Millis>, now: Millis) {
        let mut armed = self.armed.borrow_mut();
        let soon_enough = |deadline: Millis| self.at.get() <= deadline;
        if armed.is_some() && deadline.is_some_and(soon_enough) {
            return;
        }
        if let Some(timer) = armed.take() {
            clear_timeout(&timer);
        }
        if let Some(deadline) = deadline {
            // A millisecond more: the clock is cut to whole ones, and waking just before the deadline is waking twice.
            let delay = if deadline > now { (deadline - now + 1).min(LONGEST) } else { 0 };
            self.at.set(now + delay);
            *armed = Some(set_timeout(self.callback.as_ref(), delay as f64));
        }
    }

    /// The timer has fired.
    pub(super) fn fired(&self) {
        self.armed.borrow_mut().take();
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(timer) = self.armed.get_mut().take() {
            clear_timeout(&timer);
        }
    }
}
