//! Keeps the engine's one rule: after every input, drain the outputs, then wait for the deadline or the next input.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use super::clock::{Timer, now};
use super::exchange;
use super::host::Host;
use super::value::Value;
use crate::engine::{Config, Ending, Engine, ExchangeId, Millis, Output, Table};

pub(super) struct Driver {
    engine: RefCell<Engine<Value>>,
    pub(super) host: Host,
    pub(super) debug: bool,
    pub(super) aborts: RefCell<Table<ExchangeId, AbortController>>,
    timer: Timer,
    draining: Cell<bool>,
}

impl Driver {
    pub(super) fn new(host: Host, config: Config<Value>) -> Rc<Self> {
        Rc::new_cyclic(|weak: &Weak<Self>| {
            let weak = weak.clone();
            Self {
                debug: config.debug,
                engine: RefCell::new(Engine::new(config)),
                host,
                aborts: RefCell::default(),
                timer: Timer::new(move || {
                    if let Some(driver) = weak.upgrade() {
                        driver.timer.fired();
                        driver.input(Engine::tick);
                    }
                }),
                draining: Cell::new(false),
            }
        })
    }

    /// Gives the engine an input, and does what follows from it.
    pub(super) fn input<T>(self: &Rc<Self>, input: impl FnOnce(&mut Engine<Value>, Millis) -> T) -> T {
        let given = input(&mut self.engine.borrow_mut(), now());
        self.drain();
        given
    }

    /// Callbacks of the face may call in again: their outputs come in turn, in the drain that is under way.
    fn drain(self: &Rc<Self>) {
        if self.draining.replace(true) {
            return;
        }
        loop {
            let output = self.engine.borrow_mut().poll_output(now());
            let Some(output) = output else { break };
            self.perform(output);
        }
        self.draining.set(false);
        let deadline = self.engine.borrow().deadline();
        self.timer.arm(deadline, now());
    }

    fn perform(self: &Rc<Self>, output: Output<Value>) {
        // What a callback throws, the face has reported: nothing follows from it here.
        let _ = match output {
            Output::Fetch(fetch) => {
                exchange::start(self.clone(), fetch);
                Ok(())
            }
            Output::Abort(exchange) => {
                let controller = self.aborts.borrow_mut().remove(&exchange);
                if let Some(controller) = controller {
                    controller.abort();
                }
                Ok(())
            }
            Output::Resolve(call, value) => self.host.resolve(call, value.0),
            Output::Reject(call, error) => {
                let (data, cause) = (or_undefined(error.data), or_undefined(error.cause));
                self.host.reject(call, error.code.name(), &error.message, error.task_id, data, cause)
            }
            Output::Status(status) => {
                let told = status.to_json().0;
                let (result, error) = status.ending.as_ref().map_or((None, None), Ending::parts);
                self.host.status(told, or_undefined(result), or_undefined(error))
            }
            Output::Ask(ask) => self.host.ask(ask.question, ask.topic.name(), ask.params.0, &ask.key, ask.task_id),
            Output::Withdraw(question) => self.host.withdraw(question),
            Output::Knock(call) => self.host.knock(call),
            Output::Gone(id, error) => {
                let (data, cause) = (or_undefined(error.data), or_undefined(error.cause));
                self.host.gone(&id, error.code.name(), &error.message, data, cause)
            }
            Output::Renewed(negotiated) => self.host.renewed(negotiated.0),
            Output::Remember(id) => self.host.remember(&id),
            Output::Notification(method, params) => self.host.notification(&method, or_undefined(params)),
            Output::Progress(call, params) => self.host.progress(call, params.0),
            Output::Heard(message) => self.host.debug_message(message.0, None),
            Output::Oddity(what, message) if self.debug => self.host.debug_message(message.0, Some(what)),
            Output::Oddity(..) => Ok(()),
        };
    }
}

pub(super) fn or_undefined(value: Option<Value>) -> JsValue {
    value.map_or(JsValue::UNDEFINED, |value| value.0)
}
