//! Calling tools, prompts and resources: as a task where the server and the tool allow it, plainly where they do not.

use super::decimal::decimal;
use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::json::{Json, Key};
use super::kind::{Created, Invocation, Kind, Support};
use super::listing::Listing;
use super::machine::{Call, Engine};
use super::message::{METHOD_NOT_FOUND, RequestId};
use super::mirror;
use super::modern;
use super::outcome::{Reading, is_marked, wraps};
use super::purpose::Purpose;
use super::status::{Ending, TaskStatus};
use super::time::Millis;
use super::tracked::{Waiting, Want};
use super::wire::CallId;

impl<J: Json> Engine<J> {
    /// Calls a tool, prompt or resource.
    ///
    /// Wanted as a task, it resolves with `{ taskId, returnedImmediately, status?, result?, error? }`; else with the result,
    /// which a task that the tool requires is driven to unseen.
    pub fn invoke(&mut self, call: CallId, invocation: Invocation<J>, now: Millis) {
        // The caller's own code runs while the arguments are copied, and may have closed us.
        if self.closed {
            return;
        }
        if invocation.as_task
            && let Some(error) = self.too_many_tasks()
        {
            self.calls.insert(call, Call::Session);
            return self.reject(call, error);
        }
        let capabilities = self.session.capabilities.clone();
        let augmentable = capabilities.as_ref().is_some_and(|offer| self.era.augmentable(offer, invocation.kind));
        // In the stateless era a tool says which of its arguments are to go into headers.
        let mirrors = self.era == Era::Modern && capabilities.is_some_and(|offer| offer.get(Key::Tools).is_some());
        match invocation.kind {
            Kind::Tool if mirrors && self.is_unheard_of(&invocation.name) => self.invoke_unlisted(call, Box::new(invocation), now),
            Kind::Tool if augmentable || mirrors => self.invoke_listed(call, Box::new(invocation), now),
            _ => {
                let as_task = augmentable && invocation.as_task;
                self.send_invocation(call, Box::new(invocation), as_task, now);
            }
        }
    }

    /// The list is not there or does not name the tool, none is on its way, and none ever told of headers that it wants.
    fn is_unheard_of(&self, name: &str) -> bool {
        let tools = &self.shelves[Listing::Tools as usize];
        tools.loading.is_none() && !is_listed(tools.items.as_deref(), name) && tools.mirrors.get(name).is_none()
    }

    /// Few tools want arguments in headers, and their servers refuse a call without: it is sent at once, and the list is asked for beside it
    /// ("Custom Headers from Tool Parameters").
    fn invoke_unlisted(&mut self, call: CallId, invocation: Box<Invocation<J>>, now: Millis) {
        self.send_invocation(call, invocation, false, now);
        self.wait_for_list(call, Listing::Tools, now);
    }

    fn invoke_listed(&mut self, call: CallId, invocation: Box<Invocation<J>>, now: Millis) {
        match self.shelf(Listing::Tools).items.clone() {
            items if is_listed(items.as_deref(), &invocation.name) => {
                self.invoke_knowing(call, invocation, &Ok(items.unwrap_or_default()), now)
            }
            _ => {
                self.calls.insert(call, Call::Tools(invocation));
                self.wait_for_list(call, Listing::Tools, now);
            }
        }
    }

    /// The list of tools is there (or cannot be had): what it says decides how the tool is called.
    pub(super) fn invoke_knowing(&mut self, call: CallId, invocation: Box<Invocation<J>>, tools: &Result<Vec<J>, Error<J>>, now: Millis) {
        let support = match tools {
            Ok(tools) => find_tool(tools, &invocation.name).map_or(Support::Forbidden, |tool| self.era.tool_support(&tool)),
            // A server without a list of tools has no tool that says it may be a task.
            Err(error) if error.code == Code::Rpc => Support::Forbidden,
            // Where it only tells of headers, the server refuses whoever should have sent them.
            Err(_) if self.era == Era::Modern && !invocation.round.corrected => Support::Forbidden,
            Err(error) => {
                self.calls.insert(call, Call::Tools(invocation));
                return self.reject(call, error.clone());
            }
        };
        let as_task = match support {
            Support::Required => true,
            Support::Optional => invocation.as_task,
            Support::Forbidden => false,
        };
        self.send_invocation(call, invocation, as_task, now);
    }

    pub(super) fn send_invocation(&mut self, call: CallId, mut invocation: Box<Invocation<J>>, as_task: bool, now: Millis) {
        let mut outgoing = self.era.invoke(&invocation, as_task, invocation.progress.then_some(call));
        if invocation.kind == Kind::Tool && self.era == Era::Modern {
            let tools = &self.shelves[Listing::Tools as usize];
            invocation.round.unlisted = !is_listed(tools.items.as_deref(), &invocation.name);
            let mirrors = tools.mirrors.get(invocation.name.as_str()).map_or(&[][..], Vec::as_slice);
            match mirror::read(mirrors, invocation.arguments.as_ref()) {
                Ok(mirrored) => outgoing.mirrored = mirrored,
                Err(path) => {
                    self.calls.insert(call, Call::Session);
                    let message = ["the tool wants the argument in a header, which cannot hold what was given: ", &path].concat();
                    return self.reject(call, Error::new(Code::InvalidArgument, message));
                }
            }
        }
        outgoing.repeatable = self.is_repeatable(&invocation);
        let purpose = Purpose::Invoke { call, as_task };
        let request = self.wire.request(purpose, outgoing, invocation.patience, now);
        self.creating += usize::from(as_task);
        self.calls.insert(call, Call::Invoke(invocation, request));
        self.tend_stream(now);
    }

    /// A call that was sent before its tool was known, which it is now, or will not be.
    pub(super) fn listed_since(&mut self, call: CallId, called: Call<J>, now: Millis) {
        match called {
            Call::Unread(invocation, outcome) if outcome.is_err() && self.is_repeatable(&invocation) => {
                self.send_invocation(call, invocation, false, now);
            }
            Call::Unread(invocation, outcome) => {
                self.calls.insert(call, Call::Invoke(invocation, 0));
                self.invoked(call, false, *outcome, now);
            }
            Call::Invoke(invocation, request) => {
                let repeatable = self.is_repeatable(&invocation);
                self.wire.requests.get_mut(&request).into_iter().for_each(|request| request.outgoing.repeatable = repeatable);
                self.calls.insert(call, Call::Invoke(invocation, request));
            }
            called => {
                self.calls.insert(call, called);
            }
        }
    }

    /// The list is on its way, and may say what the answer means: how a result is read, or whether what was lost may be sent again.
    fn is_told_by_list(&self, invocation: &Invocation<J>, outcome: &Result<J, Fault<J>>) -> bool {
        let tools = &self.shelves[Listing::Tools as usize];
        let is_coming = invocation.round.unlisted && tools.loading.is_some() && !is_listed(tools.items.as_deref(), &invocation.name);
        is_coming
            && match outcome {
                Ok(result) => match self.era.created(invocation.kind, result) {
                    Created::Task(_) => true,
                    Created::Immediate => result.path(&[Key::StructuredContent, Key::Result]).is_some() && !is_marked(result),
                    Created::Asks(..) | Created::Malformed(_) => false,
                },
                Err(fault) => fault.transient && !matches!(fault.error.code, Code::Timeout | Code::Cors),
            }
    }

    /// May the call be sent a second time, for all that the tool says of itself?
    fn is_repeatable(&self, invocation: &Invocation<J>) -> bool {
        let tools = self.shelves[Listing::Tools as usize].items.as_deref().unwrap_or_default();
        let hints = || find_tool(tools, &invocation.name)?.get(Key::Annotations);
        invocation.kind != Kind::Tool || hints().is_some_and(|hints| hints.is_true(Key::ReadOnlyHint) || hints.is_true(Key::IdempotentHint))
    }

    /// The server has answered.
    pub(super) fn invoked(&mut self, call: CallId, as_task: bool, outcome: Result<J, Fault<J>>, now: Millis) {
        if let Some(Call::Invoke(invocation, request)) = self.calls.remove(&call) {
            match outcome {
                outcome if self.is_told_by_list(&invocation, &outcome) => {
                    self.calls.insert(call, Call::Unread(invocation, Box::new(outcome)));
                    self.wait_for_list(call, Listing::Tools, now);
                }
                Ok(result) => match self.era.created(invocation.kind, &result) {
                    Created::Task(status) => self.follow_new(call, &invocation, status, now),
                    Created::Immediate => self.answered_at_once(call, *invocation, &result),
                    Created::Asks(requests, state) => self.round_asked(call, invocation, requests, state, now),
                    Created::Malformed(why) => {
                        self.calls.insert(call, Call::Invoke(invocation, request));
                        self.reject(call, Error::new(Code::Protocol, why).carrying(result));
                    }
                },
                Err(fault) if self.needs_visit(&fault) => {
                    let mut invocation = invocation;
                    invocation.round.as_task = as_task;
                    self.visit(call, invocation, fault.error, now);
                }
                Err(fault) if self.is_mismatch(&invocation, &fault) => {
                    // The tool wants headers, or others than it did: it was not run, and is called again knowing.
                    let mut invocation = invocation;
                    invocation.round.corrected = true;
                    if !invocation.round.unlisted {
                        self.shelf(Listing::Tools).drop_items();
                    }
                    self.invoke_listed(call, invocation, now);
                }
                Err(fault) if as_task && fault.error.rpc_code() == Some(METHOD_NOT_FOUND) => {
                    // Prompts and resources do not say beforehand whether they may be tasks: this one may not.
                    self.send_invocation(call, invocation, false, now);
                }
                Err(fault) => {
                    if fault.error.code == Code::Timeout && !as_task {
                        self.tell_cancelled(request, now);
                    }
                    let error = self.blame_hidden_session(fault).error;
                    self.calls.insert(call, Call::Invoke(invocation, 0));
                    self.reject(call, error);
                }
            }
        }
        self.created_one(as_task);
    }

    fn is_mismatch(&self, invocation: &Invocation<J>, fault: &Fault<J>) -> bool {
        let is_first = invocation.kind == Kind::Tool && !invocation.round.corrected && self.era == Era::Modern;
        // Before anything was run: that is what the status says.
        is_first && fault.status == 400 && fault.error.rpc_code() == Some(modern::HEADER_MISMATCH)
    }

    fn created_one(&mut self, as_task: bool) {
        self.creating -= usize::from(as_task);
        if self.creating == 0 {
            self.early = Vec::new();
            self.release_served();
        }
    }

    pub(super) fn reading(&mut self, kind: Option<Kind>, name: &str, throw: bool) -> Reading {
        let tools = self.shelf(Listing::Tools).items.as_deref().unwrap_or_default();
        let wrapped = kind == Some(Kind::Tool) && find_tool(tools, name).is_some_and(|tool| wraps(&tool));
        Reading { kind, wrapped, throw }
    }

    /// The server made a task: it is the caller's, or driven to its result unseen.
    fn follow_new(&mut self, call: CallId, invocation: &Invocation<J>, status: TaskStatus<J>, now: Millis) {
        let reading = self.reading(Some(invocation.kind), &invocation.name, invocation.throw);
        let id: std::rc::Rc<str> = status.task_id.as_str().into();
        let told = status.to_json();
        self.session.makes_tasks |= self.era == Era::Modern;
        // A server may answer two calls with one task.
        let task = self.track(&id, now);
        task.wrapped |= reading.wrapped;
        task.followed |= invocation.as_task;
        let from = self.wire.next_request();
        self.calls.insert(call, Call::Task { id: id.clone(), driven: !invocation.as_task });
        if invocation.as_task {
            let ending = status.ending.as_ref().map(Ending::to_json);
            let created = J::object().with(Key::TaskId, J::text(&id)).with(Key::Status, told).with_some(Key::Ending, ending);
            self.resolve(call, created.with(Key::ReturnedImmediately, J::truth(false)));
        } else if let Some(task) = self.tasks.get_mut(&id) {
            task.waiting.push(Waiting { call, want: Want::Result(reading), from });
        }
        self.created_as(status, now);
        let early = std::mem::take(&mut self.early);
        // What came early announces nothing any more: another task may have said since that it will ask.
        let announced = self.announced.clone();
        for pushed in early {
            if *pushed.task_id == *id { self.pushed(pushed, now) } else { self.early.push(pushed) }
        }
        self.announced = announced;
        if self.is_asked_for(&id) {
            self.restate(&id, now);
        }
    }

    fn answered_at_once(&mut self, call: CallId, invocation: Invocation<J>, result: &J) {
        let reading = self.reading(Some(invocation.kind), &invocation.name, invocation.throw);
        let outcome = reading.read(result);
        self.calls.insert(call, Call::Invoke(Box::new(invocation.clone()), 0));
        if !invocation.as_task {
            return self.deliver((call, outcome));
        }
        self.immediates += 1;
        let id = [&self.config.id_prefix, "-", &decimal(self.immediates.into())].concat();
        let immediate = J::object().with(Key::TaskId, J::text(&id)).with(Key::ReturnedImmediately, J::truth(true));
        self.resolve(
            call,
            match outcome {
                Ok(value) => immediate.with(Key::Result, value),
                Err(error) => immediate.with(Key::Error, error.about(&id).to_json()),
            },
        );
    }

    /// The caller has left before the server answered.
    pub(super) fn abandon_invocation(&mut self, id: RequestId, now: Millis) {
        let has_begun = self.wire.has_begun(id);
        let Some(request) = self.wire.requests.get_mut(&id) else { return };
        match request.purpose {
            Purpose::Invoke { as_task: true, .. } if has_begun => request.purpose = Purpose::Orphan,
            Purpose::Invoke { as_task, .. } => {
                self.forget_request(id);
                self.created_one(as_task);
                // Of what was not sent, the server knows nothing.
                if has_begun {
                    self.tell_cancelled(id, now);
                }
            }
            _ => {}
        }
    }

    /// The server may stop working on a plain request.
    pub(super) fn tell_cancelled(&mut self, id: RequestId, now: Millis) {
        if let Some(withdrawn) = self.era.withdrawn(id) {
            self.wire.notice(withdrawn.envelope(None), now);
        }
    }

    /// The server has answered a call whose caller has left.
    pub(super) fn orphaned(&mut self, outcome: Result<J, Fault<J>>, now: Millis) {
        self.cancel_created(outcome, now);
        self.created_one(true);
    }

    /// A task whose caller has left is cancelled: nobody will ever know its id, unless somebody knew it before.
    pub(super) fn cancel_created(&mut self, outcome: Result<J, Fault<J>>, now: Millis) {
        let Ok(result) = outcome else { return };
        let Created::Task(status) = self.era.created(Kind::Tool, &result) else { return };
        self.session.makes_tasks |= self.era == Era::Modern;
        if !self.tasks.get(status.task_id.as_str()).is_some_and(|task| task.is_wanted()) {
            self.cancel_unseen(&status.task_id, now);
            self.drop_served_of(&status.task_id);
        }
    }
}

fn is_listed<J: Json>(tools: Option<&[J]>, name: &str) -> bool {
    tools.is_some_and(|tools| find_tool(tools, name).is_some())
}

fn find_tool<J: Json>(tools: &[J], name: &str) -> Option<J> {
    tools.iter().find(|tool| tool.text_of(Key::Name).as_deref() == Some(name)).cloned()
}
