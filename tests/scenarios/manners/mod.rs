//! What holds for every request of an age, whatever the scenario is about.

mod legacy;
mod modern;

use std::collections::BTreeSet;

use serde_json::Value;

use super::Age;
use super::check::{Check, Ledger};
use super::wire::{Reply, Request};

pub fn of(age: Age) -> &'static [Check] {
    match age {
        Age::Legacy => legacy::CHECKS,
        Age::Modern => modern::CHECKS,
    }
}

/// What the server remembers of a client.
pub struct Manners {
    age: Age,
    ids: BTreeSet<String>,
    /// The tasks that the server has named.
    tasks: BTreeSet<String>,
    /// The questions that it has asked: task and key.
    keys: BTreeSet<(String, String)>,
    /// The methods so far, in order.
    methods: Vec<String>,
}

impl Manners {
    pub fn new(age: Age) -> Self {
        Self { age, ids: BTreeSet::new(), tasks: BTreeSet::new(), keys: BTreeSet::new(), methods: Vec::new() }
    }

    pub fn check(&mut self, request: &Request, ledger: &Ledger) {
        match self.age {
            Age::Legacy => self.check_legacy(request, ledger),
            Age::Modern => self.check_modern(request, ledger),
        }
        self.methods.push(request.method().into());
    }

    /// The server has answered so.
    pub fn learn(&mut self, request: &Request, reply: &Reply) {
        for message in reply.messages() {
            for part in [&message["result"], &message["params"]] {
                self.learn_task(part, request.task_id());
                self.learn_task(&part["task"], "");
                part["tasks"].as_array().into_iter().flatten().for_each(|task| self.learn_task(task, ""));
            }
        }
    }

    fn learn_task(&mut self, task: &Value, asked: &str) {
        let id = task["taskId"].as_str().unwrap_or(asked);
        if task["taskId"].is_string() {
            self.tasks.insert(id.into());
        }
        for key in task["inputRequests"].as_object().into_iter().flatten().map(|(key, _)| key) {
            self.keys.insert((id.into(), key.clone()));
        }
    }

    /// Is the id a new one?
    fn is_fresh(&mut self, request: &Request) -> bool {
        let asks = request.verb == "POST" && request.body["method"].is_string();
        !asks || request.body["id"].is_null() || self.ids.insert(request.body["id"].to_string())
    }

    /// Is the task that it names, where it names one, a task that the server has named?
    fn names_own_task(&self, request: &Request) -> bool {
        !request.method().starts_with("tasks/") || request.method() == "tasks/list" || self.tasks.contains(request.task_id())
    }
}

/// A request that a client may send: the members that its parameters must have, and those that they may.
pub struct Form {
    pub method: &'static str,
    required: &'static [&'static str],
    allowed: &'static [&'static str],
}

pub const fn form(method: &'static str, required: &'static [&'static str], allowed: &'static [&'static str]) -> Form {
    Form { method, required, allowed }
}

impl Form {
    /// Are these the members that it must have, and none beside those that it may?
    pub fn fits(&self, request: &Request) -> bool {
        let none = serde_json::Map::new();
        let params = request.params().as_object().unwrap_or(&none);
        let envelope = request.body.as_object().unwrap_or(&none);
        let known = |name: &str| name == "_meta" || self.required.contains(&name) || self.allowed.contains(&name);
        self.required.iter().all(|name| params.contains_key(*name))
            && params.keys().all(|name| known(name))
            && envelope.keys().all(|name| ["jsonrpc", "id", "method", "params"].contains(&name.as_str()))
            && request.body["jsonrpc"] == "2.0"
    }
}
