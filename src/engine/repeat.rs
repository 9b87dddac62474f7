//! Sending a request once more: what may be, when, and how often.

use super::error::Code;
use super::fault::Fault;
use super::follow::RETRY_AFTER_CAP;
use super::json::Json;
use super::machine::{Call, Engine};
use super::message::RequestId;
use super::purpose::Purpose;
use super::request::Request;
use super::time::Millis;

/// A request is sent again so often at most, and never after its own time-out.
pub const MOST_REPETITIONS: u32 = 3;

impl<J: Json> Engine<J> {
    /// Sends a request again that failed, in a while and under another id, where it may be; else gives it back.
    pub(super) fn repeat(&mut self, id: RequestId, failed: Box<Request<J>>, fault: &Fault<J>, now: Millis) -> Option<Box<Request<J>>> {
        if failed.repetitions == MOST_REPETITIONS || !may_be_repeated(&failed, fault) {
            return Some(failed);
        }
        let rest = self.dice.backoff(failed.repetitions + 1).max(fault.retry_after.unwrap_or(0).min(RETRY_AFTER_CAP));
        self.send_again(id, failed, rest, now).err()
    }

    /// Sends a request again, so much later; gives it back where it would come too late.
    pub(super) fn send_again(&mut self, id: RequestId, failed: Box<Request<J>>, rest: Millis, now: Millis) -> Result<(), Box<Request<J>>> {
        let purpose = failed.purpose.clone();
        let repeated = self.wire.repeat(failed, now + rest, now)?;
        // Whoever waits for the answer waits for the other one.
        match purpose {
            Purpose::Page(listing) => {
                if let Some(load) = &mut self.shelf(listing).loading {
                    load.request = repeated;
                }
            }
            Purpose::Invoke { call, .. }
            | Purpose::Cancel { call: Some(call), .. }
            | Purpose::Update { call: Some(call), .. }
            | Purpose::TaskPage { call, .. } => {
                if let Some(Call::Invoke(_, request) | Call::Request(request)) = self.calls.get_mut(&call) {
                    *request = repeated;
                }
            }
            // The session that it began, if it began one, is nobody's.
            Purpose::Initialize(_) => self.wire.session.session_id = None,
            Purpose::Poll { task_id, .. } => self.tasks.get_mut(task_id.as_str()).into_iter().for_each(|task| task.poll = Some(repeated)),
            Purpose::Payload(task_id) => self.tasks.get_mut(task_id.as_str()).into_iter().for_each(|task| task.payload = Some(repeated)),
            Purpose::Aside(task_id) => {
                self.tasks.get_mut(task_id.as_str()).into_iter().for_each(|task| task.aside.goes_on_as(repeated));
            }
            _ => {}
        }
        self.drop_asked_by(id);
        Ok(())
    }
}

fn may_be_repeated<J: Json>(request: &Request<J>, fault: &Fault<J>) -> bool {
    match request.purpose {
        // What else comes of it tells what the server is, or that there is none.
        Purpose::Discover(_) | Purpose::Initialize(_) | Purpose::Reunion(_) => {
            fault.is_lost() || matches!(fault.status, 408 | 425 | 429 | 502..=504)
        }
        // Whoever follows the task asks again.
        Purpose::Poll { .. } | Purpose::Payload(_) | Purpose::Aside(_) | Purpose::Update { call: None, .. } => false,
        // The next one is another, of the tasks that there are then.
        Purpose::Listen => false,
        // Nobody waits for the task any more.
        Purpose::Orphan => false,
        // A browser that refuses to send it will refuse again.
        _ if request.outgoing.repeatable => fault.transient && fault.error.code != Code::Cors,
        // Where the answer had begun, only those who take it up again are turned away.
        _ => request.last_event_id.is_none() && was_turned_away(fault),
    }
}

/// Does the response say that the request was not executed?
///
/// That is what "too early" (RFC 8470) and "too many requests" (RFC 6585) mean, and a server that is "unable to handle the request" (RFC
/// 9110) and says when to send it instead. A 503 that does not say when comes from gateways too, of servers that broke off at the work; so
/// does a 408.
fn was_turned_away<J>(fault: &Fault<J>) -> bool {
    matches!((fault.status, fault.retry_after), (425 | 429, _) | (503, Some(_)))
}
