//! Keeps the engine's one rule: after every input, drain the outputs, then wait for the deadline or the next input.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use super::clock::{Timer, drift, now};
use super::exchange;
use super::host::Host;
use super::life::{Life, is_hidden, is_offline};
use super::value::Value;
use crate::engine::{Config, Ending, Engine, ExchangeId, Millis, Output, Table};

pub(super) struct Driver {
    engine: RefCell<Engine<Value>>,
    pub(super) host: Host,
    pub(super) debug: bool,
    pub(super) aborts: RefCell<Table<ExchangeId, AbortController>>,
    timer: Timer,
    draining: Cell<bool>,
    life: RefCell<Option<Life>>,
    /// The endpoint is on this machine, which needs no network.
    loopback: bool,
    paused: Cell<bool>,
    drift: Cell<f64>,
}

/// The clocks drift apart by so much when a machine has slept, in milliseconds; and not when one of them is put right.
const SLEPT: f64 = 5_000.0;

impl Driver {
    pub(super) fn new(host: Host, config: Config<Value>, loopback: bool) -> Rc<Self> {
        let driver = Rc::new_cyclic(|weak: &Weak<Self>| {
            let calling = |act: fn(&Rc<Self>)| {
                let weak = weak.clone();
                move || weak.upgrade().iter().for_each(act)
            };
            Self {
                debug: config.debug,
                engine: RefCell::new(Engine::new(config)),
                host,
                aborts: RefCell::default(),
                timer: Timer::new(calling(Self::ring), calling(|driver| driver.timer.arm_sent())),
                draining: Cell::new(false),
                life: RefCell::new(Some(Life::new(calling(Self::live)))),
                loopback,
                paused: Cell::new(false),
                drift: Cell::new(drift()),
            }
        });
        if driver.is_offline() {
            driver.live();
        }
        driver
    }

    /// The timer has fired. No event tells of a machine that has slept with the page in sight, but the clocks do.
    fn ring(self: &Rc<Self>) {
        self.timer.fired();
        let drift = drift();
        let has_slept = drift - self.drift.replace(drift) > SLEPT;
        self.input(if has_slept && !self.is_offline() { Engine::wake } else { Engine::tick });
    }

    /// The page was shown or hidden, or the network came or went.
    fn live(self: &Rc<Self>) {
        let is_offline = self.is_offline();
        let was_offline = self.paused.replace(is_offline);
        if is_offline {
            self.input(|engine, _| engine.offline());
        } else if was_offline || !is_hidden() {
            self.input(Engine::wake);
        }
    }

    fn is_offline(&self) -> bool {
        !self.loopback && is_offline()
    }

    /// The client is closed: nothing of the page's life matters any more.
    pub(super) fn unlisten(&self) {
        self.life.take();
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

    /// Aborts whatever is under way, and is no longer called. The engine is not told.
    pub(super) fn hang_up(&self) {
        if let Ok(aborts) = self.aborts.try_borrow() {
            aborts.iter().for_each(|(_, controller)| controller.abort());
        }
        if let Ok(mut life) = self.life.try_borrow_mut() {
            life.take();
        }
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

pub(super) fn or_undefined(value: Option<Value>) -> JsValue {
    value.map_or(JsValue::UNDEFINED, |value| value.0)
}
