//! The clock, and the one timer for the earliest deadline.

use std::cell::{Cell, OnceCell, RefCell};

use wasm_bindgen::prelude::*;

use super::life;
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

    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn wall_clock() -> f64;

    type MessageChannel;

    #[wasm_bindgen(constructor)]
    fn new() -> MessageChannel;

    #[wasm_bindgen(method, getter)]
    fn port1(this: &MessageChannel) -> Port;

    #[wasm_bindgen(method, getter)]
    fn port2(this: &MessageChannel) -> Port;

    type Port;

    #[wasm_bindgen(method, setter)]
    fn set_onmessage(this: &Port, listener: &JsValue);

    #[wasm_bindgen(method, js_name = postMessage)]
    fn post_message(this: &Port, message: u32);

    #[wasm_bindgen(method)]
    fn close(this: &Port);
}

/// `setTimeout` keeps its delay in a signed 32-bit integer and fires at once above it. We wake early and let the engine ask again.
const LONGEST: Millis = i32::MAX as Millis;

pub(super) fn now() -> Millis {
    performance_now() as Millis
}

/// By how much the wall clock is ahead of ours: more than before once the machine has slept, for ours may have stood still.
pub(super) fn drift() -> f64 {
    wall_clock() - performance_now()
}

/// Calls back no later than it was asked to, and maybe sooner.
///
/// In a page that has been hidden for minutes, Chromium lets a timer that was armed by a timer run once a minute. One that was armed by a
/// message is let run every other second: so there it is armed by a message of ours.
pub(super) struct Timer {
    callback: Closure<dyn FnMut()>,
    arms: Closure<dyn FnMut()>,
    armed: RefCell<Option<JsValue>>,
    /// It is on its way to be armed by a message.
    sent: Cell<bool>,
    at: Cell<Millis>,
    channel: OnceCell<MessageChannel>,
}

impl Timer {
    /// `arms` is called when a message has come, and is to call [`Timer::arm_sent`].
    pub(super) fn new(callback: impl FnMut() + 'static, arms: impl FnMut() + 'static) -> Self {
        Self {
            callback: Closure::new(callback),
            arms: Closure::new(arms),
            armed: RefCell::default(),
            sent: Cell::default(),
            at: Cell::new(0),
            channel: OnceCell::new(),
        }
    }

    /// The next call is due at this instant; `None` when there is nothing to wait for.
    pub(super) fn arm(&self, deadline: Option<Millis>, now: Millis) {
        let is_armed = self.sent.get() || self.armed.borrow().is_some();
        if is_armed && deadline.is_some_and(|deadline| self.at.get() <= deadline + 1) {
            return;
        }
        self.disarm();
        let Some(deadline) = deadline else { return };
        // A millisecond more: the clock is cut to whole ones, and waking just before the deadline is waking twice.
        self.at.set(if deadline > now { deadline + 1 } else { now });
        if life::is_hidden() {
            self.sent.set(true);
            let channel = self.channel.get_or_init(|| {
                let channel = MessageChannel::new();
                channel.port1().set_onmessage(self.arms.as_ref());
                channel
            });
            channel.port2().post_message(0);
        } else {
            self.set(now);
        }
    }

    /// A message has come: the timer is armed, if it still is to be.
    pub(super) fn arm_sent(&self) {
        if self.sent.take() {
            self.set(now());
        }
    }

    fn set(&self, now: Millis) {
        let delay = self.at.get().saturating_sub(now).min(LONGEST);
        *self.armed.borrow_mut() = Some(set_timeout(self.callback.as_ref(), delay as f64));
    }

    /// The timer has fired.
    pub(super) fn fired(&self) {
        self.armed.borrow_mut().take();
    }

    fn disarm(&self) {
        self.sent.set(false);
        if let Some(timer) = self.armed.borrow_mut().take() {
            clear_timeout(&timer);
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.disarm();
        if let Some(channel) = self.channel.get() {
            // It would call what is no longer there.
            channel.port1().close();
        }
    }
}
