//! Messages from the server: answers find their requests, notifications their readers, and the server's own requests an answer.

use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::json::{Json, Key};
use super::machine::Engine;
use super::message::{Message, RequestId};
use super::modern;
use super::purpose::Purpose;
use super::request::Request;
use super::time::Millis;
use super::wire::{CallId, Channel, Exchange, Output};

/// A response may go on for so long after the answer, in milliseconds.
const LINGER: Millis = 2_000;
/// The same, while others wait for its place.
const LINGER_CROWDED: Millis = 250;

impl<J: Json> Engine<J> {
    /// Takes in a message, on whatever stream it came; before 2025-06-18 it may be a batch of them.
    pub(super) fn receive(&mut self, message: J, channel: Channel, now: Millis) {
        if message.is_array() {
            let batch: Vec<_> = message.items().filter(|each| !each.is_array()).collect();
            return batch.into_iter().for_each(|each| self.receive(each, channel, now));
        }
        if self.config.debug {
            self.wire.out.push_back(Output::Heard(message.clone()));
        }
        match Message::read(&message) {
            Message::Answer(id, outcome) if self.wire.requests.get(&id).is_some() => {
                self.answered(id, outcome.map_err(|error| Fault::lasting(Error::rpc(&error))), now);
            }
            // It names no request: then it is about the one whose stream it came on.
            Message::Complaint(error) => match channel {
                Channel::Request(id) | Channel::Resumption(id) if self.is_open(channel) => {
                    self.answered(id, Err(Fault::lasting(Error::rpc(&error))), now);
                }
                _ => self.odd("an error that belongs to no request", message),
            },
            // The stateless era knows none, and allows no answer.
            Message::Request { .. } if self.era == Era::Modern => self.odd("a request of the server", message),
            Message::Request { id, method } => {
                self.serve(id, &method, &message, channel, now);
                if let Channel::Request(by) | Channel::Resumption(by) = channel {
                    self.aside_asked(by, now);
                }
            }
            Message::Notification { method, params } => self.notified(&method, params, message, channel, now),
            Message::Answer(..) => self.odd("an answer to no open request", message),
            Message::Malformed => self.odd("not a JSON-RPC message", message),
        }
    }

    pub(super) fn odd(&mut self, what: &'static str, message: J) {
        self.wire.out.push_back(Output::Oddity(what, message));
    }

    fn notified(&mut self, method: &str, params: Option<J>, message: J, channel: Channel, now: Millis) {
        match method {
            modern::ACKNOWLEDGED => self.subscribed(channel, params.as_ref(), now),
            "notifications/elicitation/complete" => self.visit_completed(params.as_ref(), now),
            "notifications/cancelled" => self.unasked(params.as_ref(), now),
            _ => {}
        }
        if let Some(status) = self.era.pushed(method, params.as_ref()) {
            if self.tasks.get(status.task_id.as_str()).is_some() {
                self.subscription.delivered(channel);
            }
            self.pushed(status, now);
        }
        self.unshelve(method);
        if let (true, Some(params)) = (method == "notifications/progress", &params)
            && let Some(token) = params.get(Key::ProgressToken).and_then(|token| token.number())
        {
            self.wire.out.push_back(Output::Progress(token as CallId, params.clone()));
        }
        self.wire.out.push_back(Output::Notification(message));
    }

    /// A request has its answer, or will have none.
    pub(super) fn answered(&mut self, id: RequestId, outcome: Result<J, Fault<J>>, now: Millis) {
        let Some(request) = self.wire.take_request(id) else { return };
        match self.wire.exchanges.get_mut(&request.exchange) {
            // A GET stream need not end by itself.
            Some(Exchange { channel: Channel::Resumption(_), .. }) => self.wire.abort(request.exchange),
            // The response to a POST does, and its connection then serves again; unless the server forgets to end it.
            Some(exchange) => {
                let linger = if self.wire.flow.is_crowded(exchange.lane) { LINGER_CROWDED } else { LINGER };
                exchange.deadline = exchange.deadline.min(Some(now + linger));
            }
            // It waits to be sent, in vain.
            None => self.wire.abort(request.exchange),
        }
        let mut outcome = self.judged(&request, outcome);
        let request = match &mut outcome {
            Err(fault) => self.doubt(id, request, fault, now).and_then(|request| self.repeat(id, request, fault, now)),
            Ok(_) => {
                self.session_proved(&request.purpose);
                Some(request)
            }
        };
        let Some(request) = request else { return };
        match request.purpose {
            Purpose::Discover(call) => self.discovered(call, outcome, now),
            Purpose::Initialize(call) => self.initialized(call, outcome, now),
            Purpose::Reunion(call) => self.reunited(call, outcome, now),
            Purpose::Invoke { call, as_task } => self.invoked(call, as_task, outcome, now),
            Purpose::Orphan => self.orphaned(outcome, now),
            Purpose::Page(listing) => self.page(listing, outcome, now),
            Purpose::Poll { task_id, heard } => self.polled(&task_id, id, heard, outcome, now),
            Purpose::Aside(task_id) => self.aside_ended(&task_id, id, outcome, now),
            Purpose::Payload(task_id) => self.paid(&task_id, outcome, now),
            Purpose::Cancel { task_id, call } => self.cancelled(&task_id, call, outcome, now),
            Purpose::Update { task_id, keys, call } => self.updated(&task_id, &keys, call, outcome, now),
            Purpose::Listen => self.unsubscribed(id, outcome, now),
            Purpose::TaskPage { call, cursor, skip, limit } => self.task_page(call, &cursor, skip, limit, outcome, now),
        }
        self.drop_asked_by(id);
        self.tend_stream(now);
    }

    /// The outcome in the light of what the era allows, and of what the browser may have refused to send.
    fn judged(&self, request: &Request<J>, outcome: Result<J, Fault<J>>) -> Result<J, Fault<J>> {
        match outcome {
            Ok(result) if self.era == Era::Modern && !matches!(request.purpose, Purpose::Invoke { .. }) => {
                let is_task = matches!(request.purpose, Purpose::Poll { .. } | Purpose::Payload(_));
                modern::checked(result, is_task).map_err(|(why, result)| Fault::lasting(Error::new(Code::Protocol, why).carrying(result)))
            }
            Err(fault) if fault.error.code == Code::Network && !fault.is_lost() && self.config.hides_headers => {
                Err(self.wire.blame_new_headers(request, fault))
            }
            outcome => outcome,
        }
    }

    /// The answer to a request is no longer wanted.
    pub(super) fn forget_request(&mut self, id: RequestId) {
        if let Some(request) = self.wire.take_request(id) {
            self.wire.abort(request.exchange);
            self.drop_asked_by(id);
        }
    }
}
