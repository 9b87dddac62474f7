//! What must be true in every world, whatever happens in it.

use mcp_tasks::engine::{Ask, CallId, Code, Era, Error, Kind, Millis, Output, State, TaskStatus};
use serde_json::Value;

use super::caller::{Aim, Outcome, Pending};
use super::truth::{End, Task, serial, words};
use super::world::World;
use crate::node::Node;

/// Errors that a network makes, and those that speak for it.
const OF_THE_WAY: [Code; 6] = [Code::Network, Code::Timeout, Code::Http, Code::Unauthorized, Code::Protocol, Code::Cors];

/// A stream may be dead for so long before that is noticed.
const UNNOTICED: Millis = 120_000;

impl World {
    pub fn heard(&mut self, output: Output<Node>) {
        match output {
            Output::Resolve(call, value) => self.settled(call, Ok(value.0)),
            Output::Reject(call, error) => self.settled(call, Err(error)),
            Output::Status(status) => self.told(status),
            Output::Gone(id, error) => self.gone(&id, &error),
            Output::Ask(ask) => self.asked(&ask),
            Output::Withdraw(question) => {
                let Some((number, _)) = self.caller.asked.remove(&question) else { return self.broken("what is withdrawn was asked") };
                *self.unanswered.entry(number).or_default() += 1;
            }
            _ => {}
        }
    }

    /// Each change is told once, in order, as it was, and none after the end.
    fn told(&mut self, status: TaskStatus<Node>) {
        let index = self.caller.by_id.get(&status.task_id).copied();
        let Some(index) = index.filter(|index| self.caller.handles[*index].active) else {
            return self.broken(&format!("nobody holds the task that is told of: {status:?}"));
        };
        let keys = |status: &TaskStatus<Node>| status.keys().collect::<Vec<_>>();
        let handle = &mut self.caller.handles[index];
        // The first may be that which it came with.
        let is_same = handle.is_told
            && handle
                .latest
                .as_ref()
                .is_some_and(|latest| latest.state == status.state && latest.message == status.message && keys(latest) == keys(&status));
        handle.active = !status.state.is_terminal();
        handle.latest = Some(status.clone());
        handle.is_told = true;
        self.demand(!is_same, "no status is told twice in a row");
        let Some(task) = self.truth(&status.task_id) else { return self.broken("a task that never was") };
        let was = task.past.iter().any(|(state, _)| *state == status.state);
        let said = status.message.is_none() || task.past.iter().any(|(_, message)| *message == status.message);
        let ends = !status.state.is_terminal() || task.state == status.state;
        self.demand(was && said && ends, "what is told was true");
    }

    fn gone(&mut self, id: &str, error: &Error<Node>) {
        let Some(index) = self.caller.by_id.get(id).copied() else { return self.broken("nobody held what is gone") };
        let handle = &mut self.caller.handles[index];
        let since = handle.since;
        handle.active = false;
        if error.code == Code::TaskNotFound {
            handle.outcome.get_or_insert(Outcome::Error(Code::TaskNotFound));
            let is_forgotten = self.truth(id).is_some_and(|task| task.is_forgotten);
            return self.demand(is_forgotten, "a task that is not found is gone");
        }
        self.demand(self.excuses(error.code, since), &format!("a task is lost for a reason: {error:?}"));
    }

    /// Each question is asked once, and once more only where the server repeated it, or nobody answered.
    fn asked(&mut self, ask: &Ask<Node>) {
        let Some(number) = serial(&ask.params.0) else { return self.broken("nobody asked this") };
        // Where the server does not say whose it is, it may be another's the second time.
        let is_open = self.caller.asked.values().any(|(each, task)| *each == number && *task == ask.task_id);
        self.demand(!is_open, "a question that is open is not asked again");
        self.caller.asked.insert(ask.question, (number, ask.task_id.clone()));
        let times = self.asked_times.entry(number).or_default();
        *times += 1;
        let times = *times;
        let repeated = self.peer.sent_questions.get(&number).map_or(1, |sent| sent + self.doubled);
        let may = repeated + self.unanswered.get(&number).copied().unwrap_or_default();
        self.demand(times <= may, &format!("question {number} is asked once, and not {times} times"));
        self.expect_answer(ask.question);
    }

    fn settled(&mut self, call: CallId, outcome: Result<Value, Error<Node>>) {
        let Some(pending) = self.caller.pending.remove(&call) else {
            return self.broken(&format!("call {call} was abandoned, and ends: {outcome:?}"));
        };
        match pending.aim {
            Aim::Make { token, kind, name } => self.made(&pending, token, kind, name, outcome),
            Aim::Plain { token, kind, name } => {
                let task = self.peer.executions.get(&token).and_then(|each| each.task);
                self.judge_call(&pending, token, kind, name, task, outcome);
            }
            Aim::Result(index) => self.judge_result(&pending, index, outcome),
            Aim::Status(index) | Aim::Wait(index) | Aim::Cancel(index) => self.judge_status(&pending, index, outcome),
            Aim::Connect => {
                self.connected = outcome.is_ok();
                if let Err(error) = outcome {
                    // A refusal on the way is taken for that of a server of the other era.
                    let may = error.code == Code::Unsupported && self.troubled_at.is_some() || self.excuses(error.code, pending.since);
                    self.demand(may, &format!("connecting fails for a reason: {error:?}"));
                }
            }
            Aim::List | Aim::ListTasks => {
                if let Err(error) = outcome {
                    let may = self.excuses(error.code, pending.since) || error.code == Code::Unsupported && !self.peer.plan.tasks;
                    self.demand(may, &format!("a list fails for a reason: {error:?}"));
                }
            }
            Aim::Close => self.demand(outcome.is_ok(), "the farewell succeeds"),
            Aim::Respond(number) => {
                if let (Some(number), Err(_)) = (number, outcome) {
                    *self.unanswered.entry(number).or_default() += 1;
                }
            }
        }
    }

    fn made(&mut self, pending: &Pending, token: u64, kind: Kind, name: &'static str, outcome: Result<Value, Error<Node>>) {
        let made = match outcome {
            Ok(made) => made,
            Err(error) => return self.judge_call(pending, token, kind, name, None, Err(error)),
        };
        if made["returnedImmediately"] == true {
            let answered = made["result"].to_string().contains(&words(token)) || made["error"].to_string().contains(&words(token));
            return self.demand(answered, "the answer is that of the call");
        }
        let id = made["taskId"].as_str().unwrap_or_default().to_owned();
        let is_ours = self.truth(&id).is_some_and(|task| task.token == token);
        self.demand(is_ours, "the task is that of the call");
        let state = made["status"]["status"].as_str().and_then(State::named);
        let status = state
            .map(|state| TaskStatus { message: made["status"]["statusMessage"].as_str().map(Into::into), ..TaskStatus::new(&id, state) });
        let now = self.bench.now;
        self.caller.hold(&id, kind, name, status, now);
    }

    /// A call without a task of the page's: it may have had one of the server's.
    fn judge_call(
        &mut self,
        pending: &Pending,
        token: u64,
        kind: Kind,
        name: &str,
        task: Option<usize>,
        outcome: Result<Value, Error<Node>>,
    ) {
        let task = task.map(|index| &self.peer.tasks[index]);
        let fits = match &outcome {
            // What is made twice may have been a task the first time.
            Ok(value) => {
                value.to_string().contains(&words(token)) && (name == "safe" || task.is_none_or(|task| task.end == Some(End::Done)))
            }
            Err(error) => {
                let own = error.code == Code::Rpc && (error.message.contains(&words(token)) || name == "must" && !self.peer.plan.tasks);
                let input = error.code == Code::InputRequired && self.may_lack_input(pending.since);
                let late = error.code == Code::Timeout && pending.is_hasty;
                // One that may be made twice may have made two.
                let mut made = self.peer.tasks.iter().filter(|task| task.token == token);
                own || input || late || made.any(|task| agrees(task, kind, error)) || self.excuses(error.code, pending.since)
            }
        };
        self.demand(
            fits,
            &format!("call {token} of {name:?} ends as it did: {outcome:?}, {task_state:?}", task_state = self.state_of(token)),
        );
    }

    fn judge_result(&mut self, pending: &Pending, index: usize, outcome: Result<Value, Error<Node>>) {
        let (id, kind, detached) = {
            let handle = &self.caller.handles[index];
            (handle.id.clone(), handle.kind, handle.detached)
        };
        let Some(task) = self.truth(&id) else { return self.broken("a result of no task") };
        let (known, is_final) = match &outcome {
            Ok(value) => (task.end == Some(End::Done) && value.to_string().contains(&words(task.token)), true),
            Err(error) if agrees(task, kind, error) => (true, true),
            Err(error) if error.code == Code::Closed => (detached, false),
            Err(error) if error.code == Code::InputRequired => (self.may_lack_input(pending.since), false),
            Err(error) => (self.excuses(error.code, pending.since), false),
        };
        let shown = format!("{id} ends as it did: {outcome:?}, but {:?}, {:?}", task.end, task.state);
        self.demand(known, &shown);
        if !is_final {
            return;
        }
        let ended = outcome.map_or_else(|error| Outcome::Error(error.code), |_| Outcome::Value);
        let before = self.caller.handles[index].outcome.replace(ended.clone());
        let not_found = Outcome::Error(Code::TaskNotFound);
        let is_one = before.as_ref().is_none_or(|before| *before == ended || ended == not_found);
        self.demand(is_one, &format!("a task has one outcome: {before:?}, then {ended:?}"));
    }

    fn judge_status(&mut self, pending: &Pending, index: usize, outcome: Result<Value, Error<Node>>) {
        let (id, detached) = (self.caller.handles[index].id.clone(), self.caller.handles[index].detached);
        let Some(task) = self.truth(&id) else { return self.broken("a status of no task") };
        let fits = match &outcome {
            Ok(status) => task.past.iter().any(|(state, _)| status["status"] == state.name()),
            Err(error) => match error.code {
                Code::TaskNotFound => task.is_forgotten,
                Code::Closed => detached,
                Code::Unsupported | Code::Rpc if matches!(pending.aim, Aim::Cancel(_)) => true,
                code => self.excuses(code, pending.since),
            },
        };
        self.demand(fits, &format!("{:?} of {id} is true: {outcome:?}", pending.aim));
    }

    /// May such an error come of what has gone wrong since?
    fn excuses(&self, code: Code, since: Millis) -> bool {
        OF_THE_WAY.contains(&code) && self.troubled_at.is_some_and(|at| at >= since)
    }

    /// May nobody have answered? In the era of sessions a question may be late, or on a stream that nobody knows yet to be dead.
    fn may_lack_input(&self, since: Millis) -> bool {
        let plan = &self.peer.plan;
        let (is_legacy, since) = (plan.era == Era::Legacy, since.saturating_sub(if plan.era == Era::Legacy { UNNOTICED } else { 0 }));
        !plan.answers || is_legacy && plan.latency > 100 || self.caller.refused || self.troubled_at.is_some_and(|at| at >= since)
    }

    fn state_of(&self, token: u64) -> Option<(State, Option<End>)> {
        let index = self.peer.executions.get(&token)?.task?;
        Some((self.peer.tasks[index].state, self.peer.tasks[index].end))
    }

    fn truth(&self, id: &str) -> Option<&Task> {
        self.peer.tasks.get(Task::index(id)?)
    }

    /// `tools/call` is executed once, unless it says that it may be more often.
    pub fn check_executions(&self) {
        for (token, execution) in &self.peer.executions {
            let may = execution.times <= 1 || execution.is_safe;
            self.demand(may, &format!("call {token} was executed {} times", execution.times));
        }
    }

    pub fn demand(&self, holds: bool, what: &str) {
        if !holds {
            self.broken(what);
        }
    }

    pub fn broken(&self, what: &str) {
        panic!("seed {}, at {}: {what}", self.seed, self.bench.now);
    }
}

/// Does the error say how the task ended?
fn agrees(task: &Task, kind: Kind, error: &Error<Node>) -> bool {
    match (error.code, task.end) {
        (Code::ToolError, Some(End::ToolError)) => kind == Kind::Tool && error.message.contains(&words(task.token)),
        // That it failed is what is known of it, where the server no longer says with what.
        (Code::TaskFailed, Some(End::Broken | End::ToolError)) => true,
        (Code::TaskCancelled, Some(End::Cancelled)) => true,
        (Code::TaskNotFound, _) => task.is_forgotten,
        _ => false,
    }
}
