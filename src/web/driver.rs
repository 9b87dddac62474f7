//! Keeps the engine's one rule: after every input, drain the outputs, then wait for the deadline or the next input.

use std::cell::{Cell, RefCell};

use wasm_bindgen::prelude::*;

use super::host::Host;
use super::value::Value;
use crate::engine::{Config, Ending, Engine, Fetch, Millis, Output};

#[wasm_bindgen]
extern "C" {
    /// Never goes back, whatever happens to the wall clock.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

pub(super) struct Driver {
    engine: RefCell<Engine<Value>>,
    host: Host,
    debug: bool,
    draining: Cell<bool>,
}

impl Driver {
    pub(super) fn new(host: Host, config: Config<Value>) -> Self {
        let debug = config.debug;
        Self { engine: RefCell::new(Engine::new(config)), host, debug, draining: Cell::new(false) }
    }

    /// Gives the engine an input, and does what follows from it.
    pub(super) fn input<T>(&self, input: impl FnOnce(&mut Engine<Value>, Millis) -> T) -> T {
        let given = input(&mut self.engine.borrow_mut(), now());
        self.drain();
        given
    }

    /// Callbacks of the face may call in again: their outputs come in turn, in the drain that is under way.
    fn drain(&self) {
        if self.draining.replace(true) {
            return;
        }
        loop {
            let output = self.engine.borrow_mut().poll_output(now);
            let Some(output) = output else { break };
            self.perform(output);
        }
        self.draining.set(false);
        let deadline = self.engine.borrow().deadline();
        self.host.arm(deadline.map_or(f64::INFINITY, |deadline| deadline as f64));
    }

    fn perform(&self, output: Output<Value>) {
        // What a callback throws, the face has reported: nothing follows from it here.
        let _ = match output {
            Output::Fetch(Fetch { exchange, verb, headers, body, awaited }) => {
                // One text crosses over in a fraction of the time that many do. No header has a line break in it.
                let mut lines = String::new();
                for text in headers.iter().flat_map(|(name, value)| [name, ":", value, "\n"]) {
                    lines.push_str(text);
                }
                self.host.fetch(exchange, verb.name(), &lines, or_undefined(body), awaited)
            }
            Output::Abort(exchange) => self.host.abort(exchange),
            Output::Resolve(call, value) => self.host.resolve(call, value.0),
            Output::Reject(call, error) => {
                let error = error.into_account();
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
                let error = error.into_account();
                let (data, cause) = (or_undefined(error.data), or_undefined(error.cause));
                self.host.gone(&id, error.code.name(), &error.message, data, cause)
            }
            Output::Renewed(negotiated) => self.host.renewed(negotiated.0),
            Output::Remember(id) => self.host.remember(&id),
            Output::Notification(message) => self.host.notification(message.0),
            Output::Progress(call, params) => self.host.progress(call, params.0),
            Output::Heard(message) => self.host.debug_message(message.0, None),
            Output::Oddity(what, message) if self.debug => self.host.debug_message(message.0, Some(what)),
            Output::Oddity(..) => Ok(()),
        };
    }
}

fn now() -> Millis {
    performance_now() as Millis
}

fn or_undefined(value: Option<Value>) -> JsValue {
    value.map_or(JsValue::UNDEFINED, |value| value.0)
}
