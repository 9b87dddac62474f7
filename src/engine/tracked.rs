//! A task that the engine follows: its life, who waits for what, and when to ask next.

use std::rc::Rc;

use super::aside::Aside;
use super::error::{Code, Error};
use super::held::Held;
use super::input::Inputs;
use super::json::{Json, Key};
use super::lifecycle::Lifecycle;
use super::message::RequestId;
use super::modern;
use super::outcome::Reading;
use super::poll::Pace;
use super::question::Answers;
use super::status::{Ending, State, TaskStatus};
use super::time::Millis;
use super::wire::CallId;

/// What a call wants of a task.
#[derive(Clone, Debug)]
pub enum Want<J> {
    /// The status.
    Status,
    /// The status after `tasks/cancel`; where the task still lives, the server's refusal counts.
    Verdict(Option<Error<J>>),
    /// A state; without one, any other than `working`.
    State(Option<State>),
    /// The result.
    Result(Reading),
}

/// A call that waits for something of a task. Only the end of a task is told from memory: anything else must have been heard since,
/// by a push, or by the answer to this request or a later one.
pub struct Waiting<J> {
    pub call: CallId,
    pub want: Want<J>,
    pub from: RequestId,
}

/// What brought the newest status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    None,
    Push,
    Answer(RequestId),
}

/// The end of a call.
pub type Settled<J> = (CallId, Result<J, Error<J>>);

pub struct Tracked<J> {
    pub id: Rc<str>,
    /// The tool's output schema marks its results as wrapped.
    pub wrapped: bool,
    pub life: Lifecycle<J>,
    pub waiting: Vec<Waiting<J>>,
    /// Callbacks and iterators of the face that want every change.
    pub watchers: u32,
    /// The face holds this task, and hears of its changes.
    pub followed: bool,
    /// Since when somebody is interested.
    pub since: Millis,
    /// When the server last told us something about it.
    pub heard: Option<Millis>,
    /// When we last asked in vain.
    pub tried: Millis,
    pub failures: u32,
    /// The last failure was a refusal that no sign-in has helped.
    pub turned_away: bool,
    /// Not asked again before, after a failure; and before that for the server's sake.
    pub rest_until: Millis,
    pub not_before: Millis,
    /// It rests until the caller has signed in, or wants something of it.
    pub unsigned: bool,
    /// The connection of the stream that last brought a status of this task; 0 is none.
    pub streamed_by: u32,
    /// The connection of the stream under which we last asked, and that of the last answer.
    pub asked_under: u32,
    pub answered_under: u32,
    pub poll: Option<RequestId>,
    pub payload: Option<RequestId>,
    /// The server refused the result of a task that has ended, and is being asked for its status; and how often in a row it did.
    pub refused: Option<Error<J>>,
    pub refusals: u32,
    /// The questions of the task that were seen to.
    pub inputs: Inputs<J>,
    /// The server said last that the task waits for input; and since when we hold that back, for want of its question.
    pub asks: bool,
    pub held: Option<Held>,
    /// The stream on which the server may ask.
    pub aside: Aside,
    /// Where in the spread of many tasks its polls are.
    pub phase: Millis,
    /// What may have happened before the stream delivered is asked for then.
    pub look: Option<Millis>,
    /// When to act next, and the earliest alarm that is set for it.
    pub due: Option<Millis>,
    pub alarm: Option<Millis>,
}

impl<J: Json> Tracked<J> {
    pub fn new(id: &str, now: Millis) -> Self {
        Self {
            id: id.into(),
            wrapped: false,
            life: Lifecycle::default(),
            waiting: Vec::new(),
            watchers: 0,
            followed: false,
            since: now,
            heard: None,
            tried: 0,
            failures: 0,
            turned_away: false,
            rest_until: 0,
            not_before: 0,
            unsigned: false,
            streamed_by: 0,
            asked_under: 0,
            answered_under: 0,
            poll: None,
            payload: None,
            refused: None,
            refusals: 0,
            inputs: Inputs::default(),
            asks: false,
            held: None,
            aside: Aside::default(),
            phase: 0,
            look: None,
            due: None,
            alarm: None,
        }
    }

    /// From when on it may be asked about.
    pub fn rested(&self) -> Millis {
        self.rest_until.max(self.not_before)
    }

    pub fn is_watched(&self) -> bool {
        self.watchers > 0 || !self.waiting.is_empty()
    }

    /// Is somebody to be told at once how it stands: who asks, and who waits for what it was when it was last heard of?
    pub fn is_pressed(&self) -> bool {
        let state = self.life.state();
        self.waiting.iter().any(|waiting| match waiting.want {
            Want::Status | Want::Verdict(_) => true,
            Want::State(wanted) => state.is_some_and(|state| wanted.map_or(state != State::Working, |wanted| wanted == state)),
            Want::Result(_) => false,
        })
    }

    /// Does somebody want to hear of its changes, rather than have a look?
    pub fn is_awaited(&self) -> bool {
        let lasts = |waiting: &Waiting<J>| matches!(waiting.want, Want::State(_) | Want::Result(_));
        self.followed || self.watchers > 0 || self.waiting.iter().any(lasts)
    }

    /// Nothing more will be asked about it, and nobody needs it here.
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.payload.is_none() && (self.life.is_over() || !(self.followed || self.watchers > 0))
    }

    pub fn wants_payload(&self) -> bool {
        self.life.is_over() && self.waiting.iter().any(|waiting| matches!(waiting.want, Want::Result(_)))
    }

    pub fn pace(&self, stream: u32, live: usize) -> Pace {
        Pace {
            since: self.since,
            interval: self.life.status().and_then(|status| status.interval),
            not_before: self.rested(),
            streamed: stream != 0 && self.streamed_by == stream,
            live,
        }
    }

    /// May a cached status be told? Only what the live stream brings, and only as old as a poll would be.
    pub fn is_current(&self, stream: u32, now: Millis) -> bool {
        let pace = self.pace(stream, 1);
        pace.streamed && self.heard.is_some_and(|at| now - at <= pace.interval().unwrap_or(0))
    }

    /// Ends the calls that the newest status satisfies.
    pub fn settle(&mut self, news: News, answers: Answers) -> Vec<Settled<J>> {
        let Some(status) = self.life.status().cloned() else { return Vec::new() };
        let over = status.state.is_terminal();
        let stuck = status.state == State::InputRequired && !self.is_attended(&status, answers);
        let mut settled = Vec::new();
        self.waiting.retain(|Waiting { call, want, from }| {
            let answered = over || matches!(news, News::Answer(request) if request >= *from);
            let informed = answered || news == News::Push;
            let there = |wanted: Option<State>| wanted.map_or(status.state != State::Working, |wanted| status.state == wanted);
            let outcome = match want {
                Want::Status if informed => Some(Ok(status.to_json())),
                Want::Verdict(refusal) if answered => Some(refusal.clone().filter(|_| !over).map_or_else(|| Ok(status.to_json()), Err)),
                // At the end every wait is over; whether it was for this end, the face tells.
                Want::State(wanted) if over || informed && there(*wanted) => Some(Ok(status.to_json())),
                Want::Result(_) => match status.state {
                    State::Cancelled => Some(Err(cancelled(&status))),
                    State::InputRequired if informed && stuck => Some(Err(unanswered(&status))),
                    _ => None,
                },
                _ => None,
            };
            match outcome {
                Some(outcome) => settled.push((*call, outcome)),
                None => return true,
            }
            false
        });
        settled
    }

    /// Is there an answer, or will there be, to everything that the task asks?
    fn is_attended(&self, status: &TaskStatus<J>, answers: Answers) -> bool {
        let Some(questions) = &status.questions else { return false };
        questions.members().iter().all(|(key, request)| self.inputs.knows(key) || answers.topic(request).is_some())
    }

    /// Ends the calls that asked for the status.
    pub fn settle_questions(&mut self, error: &Error<J>) -> Vec<Settled<J>> {
        let mut settled = Vec::new();
        self.waiting.retain(|Waiting { call, want, .. }| {
            let asked = matches!(want, Want::Status | Want::Verdict(_));
            if asked {
                settled.push((*call, Err(error.clone())));
            }
            !asked
        });
        settled
    }

    /// Does the face hold it, or somebody wait for it?
    pub fn is_wanted(&self) -> bool {
        self.followed || !self.waiting.is_empty()
    }

    /// Ends the calls that wait for the result.
    pub fn settle_results(&mut self, mut outcome: impl FnMut(Reading) -> Result<J, Error<J>>) -> Vec<Settled<J>> {
        let mut settled = Vec::new();
        self.waiting.retain(|Waiting { call, want, .. }| {
            let Want::Result(reading) = want else { return true };
            settled.push((*call, outcome(*reading)));
            false
        });
        settled
    }

    /// Ends the calls that wait for the result, with how the server says that the task ended.
    pub fn settle_ending(&mut self, ending: &Ending<J>) -> Vec<Settled<J>> {
        let (wrapped, id) = (self.wrapped, self.id.clone());
        match ending {
            Ending::Result(result) => self.settle_results(|reading| {
                let reading = Reading { wrapped: wrapped || reading.wrapped, ..reading };
                let result =
                    modern::checked(result.clone(), false).map_err(|(why, result)| Error::new(Code::Protocol, why).carrying(result));
                result.and_then(|result| reading.read(&result)).map_err(|error| error.about(&id))
            }),
            Ending::Error(error) => {
                let error = self.failed(Some(&Error::rpc(error)));
                self.settle_results(|_| Err(error.clone()))
            }
        }
    }

    /// Ends every call with the same error.
    pub fn fail(&mut self, error: &Error<J>) -> Vec<Settled<J>> {
        self.waiting.drain(..).map(|waiting| (waiting.call, Err(error.clone()))).collect()
    }

    /// What `result()` rejects with when the task failed and the server has no better account of it than this.
    pub fn failed(&self, said: Option<&Error<J>>) -> Error<J> {
        let status = self.life.status();
        let told = status.and_then(|status| status.message.clone());
        let said_so = || said.map(|error| error.message.clone().into_owned());
        let message = told.or_else(said_so).unwrap_or_else(|| "the task failed".into());
        let data = said.and_then(|error| error.data.clone());
        Error::new(Code::TaskFailed, message).about(&self.id).with_data(data)
    }
}

fn cancelled<J: Json>(status: &TaskStatus<J>) -> Error<J> {
    let message = status.message.clone().unwrap_or_else(|| "the task was cancelled".into());
    let data = J::object().with(Key::Status, J::text(status.state.name()));
    Error::new(Code::TaskCancelled, message).about(&status.task_id).carrying(data)
}

fn unanswered<J: Json>(status: &TaskStatus<J>) -> Error<J> {
    let error = Error::new(Code::InputRequired, "the task waits for an answer that this client does not give");
    error.about(&status.task_id).carrying(status.asked())
}
