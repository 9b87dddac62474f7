//! What the server of a world answers in the stateless era.

use mcp_tasks::engine::{Kind, Millis};
use serde_json::{Value, json};

use super::chance::Chance;
use super::peer::{Carrier, Peer, token};
use super::plan::Cancelling;
use super::sessions::tools;
use super::truth::{End, broken, question, result, serial};
use crate::modern_server::{acknowledgement, input_required, unsupported};
use crate::server::METHOD_NOT_FOUND;
use crate::signature::{META_CAPABILITIES, TASKS, VERSION, is_signed};
use crate::wire::{Reply, Sent};

impl Peer {
    pub fn serve_stateless(&mut self, sent: &Sent, now: Millis, chance: &mut Chance) -> Reply {
        if !is_signed(sent) {
            return unsupported(sent, &[VERSION]);
        }
        let declared = &sent.params()["_meta"][META_CAPABILITIES];
        self.may_ask = declared["elicitation"].is_object();
        match sent.method() {
            "server/discover" => {
                let mut capabilities = json!({ "tools": {}, "prompts": {}, "resources": {} });
                if self.plan.tasks {
                    capabilities["extensions"] = json!({ TASKS: {} });
                }
                self.plain(sent, json!({ "supportedVersions": [VERSION], "capabilities": capabilities }), chance)
            }
            "tools/list" => {
                let mut list = tools();
                list["ttlMs"] = json!(300_000);
                list["cacheScope"] = json!("public");
                self.plain(sent, list, chance)
            }
            "tools/call" | "prompts/get" | "resources/read" => self.call_stateless(sent, now, chance),
            "tasks/get" | "tasks/update" | "tasks/cancel" if self.plan.tasks => self.of_task_stateless(sent, now, chance),
            "subscriptions/listen" if self.plan.streams => self.subscribe(sent),
            _ => Reply::status_with(404, sent.error(METHOD_NOT_FOUND, "Method not found")),
        }
    }

    fn call_stateless(&mut self, sent: &Sent, now: Millis, chance: &mut Chance) -> Reply {
        let name = sent.params()["name"].as_str().unwrap_or_default();
        let is_long = matches!(name, "slow" | "must") || name == "safe" && chance.percent(50);
        let kind = match sent.method() {
            "prompts/get" => Kind::Prompt,
            "resources/read" => Kind::Resource,
            _ => Kind::Tool,
        };
        if self.asks_first(sent, chance) {
            return self.ask_round(sent, chance);
        }
        self.execute(sent);
        if self.plan.tasks && is_long && sent.method() == "tools/call" {
            let index = self.make(sent, now, chance);
            let mut task = self.tasks[index].to_stateless(self.plan.interval);
            task["resultType"] = json!("task");
            return self.answer(sent, sent.result(task), chance);
        }
        match chance.below(10) {
            0 => {
                let mut error = sent.error(0, "");
                error["error"] = broken(token(sent));
                self.answer(sent, error, chance)
            }
            _ => self.plain(sent, result(kind, token(sent)), chance),
        }
    }

    /// Is it one of the calls that are asked about before they are answered? Then it has a few rounds.
    fn asks_first(&mut self, sent: &Sent, chance: &mut Chance) -> bool {
        let may_ask = self.may_ask && token(sent) % 7 == 3;
        let execution = self.executions.entry(token(sent)).or_default();
        let asks = may_ask && execution.rounds < 2 && chance.percent(80);
        execution.rounds += u32::from(asks);
        asks
    }

    fn ask_round(&mut self, sent: &Sent, chance: &mut Chance) -> Reply {
        let asks = match chance.below(3) {
            // It only wants its own words again.
            0 => input_required(None, Some("state")),
            _ => {
                // The call's own number, and that of the round: no task asks by such a one.
                let serial = 1_000_000 + token(sent) as u32 * 10 + self.executions[&token(sent)].rounds;
                *self.sent_questions.entry(serial).or_default() += 1;
                input_required(Some(json!({ format!("round{serial}"): question(serial) })), None)
            }
        };
        self.answer(sent, sent.result(asks), chance)
    }

    fn of_task_stateless(&mut self, sent: &Sent, now: Millis, chance: &mut Chance) -> Reply {
        let Some(index) = self.find(sent) else { return Reply::status_with(400, Self::unknown(sent)) };
        match sent.method() {
            "tasks/get" => {
                let told = self.tasks[index].to_stateless(self.plan.interval);
                self.plain(sent, told, chance)
            }
            "tasks/update" => {
                let given: Vec<_> = sent.params()["inputResponses"].as_object().into_iter().flatten().collect();
                let serials: Vec<_> = given.into_iter().filter_map(|(key, _)| serial(&json!({ "message": key }))).collect();
                serials.into_iter().for_each(|serial| self.answered(serial, now, chance));
                self.plain(sent, json!({}), chance)
            }
            _ => {
                match self.plan.cancelling {
                    Cancelling::Refuses | Cancelling::Unknown => {
                        return Reply::status_with(404, sent.error(METHOD_NOT_FOUND, "Method not found"));
                    }
                    Cancelling::Obeys if !self.tasks[index].is_over() => self.finish(index, End::Cancelled, now),
                    _ => {}
                }
                self.plain(sent, json!({}), chance)
            }
        }
    }

    fn subscribe(&mut self, sent: &Sent) -> Reply {
        let mut filter = sent.params()["notifications"].clone();
        let wanted = filter["taskIds"].as_array().cloned().unwrap_or_default();
        let known: Vec<usize> = wanted.iter().filter_map(|id| super::truth::Task::index(id.as_str()?)).collect();
        let known: Vec<usize> = known.into_iter().filter(|index| self.tasks.get(*index).is_some_and(|task| !task.is_forgotten)).collect();
        let taken: Vec<Value> =
            if self.plan.pushes { known.iter().map(|index| json!(self.tasks[*index].id)).collect() } else { Vec::new() };
        filter["taskIds"] = json!(taken);
        self.carriers.push((sent.exchange, Carrier::Subscription(sent.body["id"].clone(), known)));
        Reply::stream().event(&acknowledgement(sent, &filter))
    }
}
