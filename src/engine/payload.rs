//! The result of a task that has ended: asked for by a request of its own, or with the status.

use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::follow::RETRY_AFTER_CAP;
use super::json::{Json, Key};
use super::machine::Engine;
use super::modern;
use super::outcome::Reading;
use super::status::{Ending, State};
use super::time::Millis;
use super::tracked::News;

impl<J: Json> Engine<J> {
    /// `tasks/result` was answered: with the result, or the account of a failure.
    pub(super) fn paid(&mut self, id: &str, outcome: Result<J, Fault<J>>, now: Millis) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.payload = None;
        let (wrapped, failed) = (task.wrapped, task.life.state() == Some(State::Failed));
        let outcome = match self.era {
            Era::Legacy => outcome,
            Era::Modern => outcome.and_then(|task| ending_of(&task)),
        };
        let settled = match outcome {
            // No error in it, and yet it failed: the status is the better account.
            Ok(result) if failed && !result.is_true(Key::IsError) => {
                let error = task.failed(None).carrying(result.clone());
                task.settle_results(|reading| if reading.kind.is_some() { Err(error.clone()) } else { Ok(result.clone()) })
            }
            Ok(result) => task.settle_results(|reading| {
                let reading = Reading { wrapped: wrapped || reading.wrapped, ..reading };
                reading.read(&result).map_err(|error| error.about(id))
            }),
            Err(fault) if fault.is_unsigned() => {
                let error = fault.error.about(id);
                task.settle_results(|_| Err(error.clone()))
            }
            Err(fault) if fault.transient => {
                task.failures += 1;
                task.rest_until = now + self.dice.backoff(task.failures);
                task.not_before = now + fault.retry_after.unwrap_or(0).min(RETRY_AFTER_CAP);
                Vec::new()
            }
            Err(fault) if failed => {
                let error = task.failed(Some(&fault.error));
                task.settle_results(|_| Err(error.clone()))
            }
            // The end may have been pushed before the result was there, or the task has expired: the status tells.
            Err(fault) => {
                task.refused = Some(fault.error.about(id));
                task.refusals += 1;
                self.ask_status(id, now);
                return;
            }
        };
        self.deliver_all(settled);
        self.advance(id, News::None, now);
    }
}

/// What the plain request would have given, out of a task that has ended.
fn ending_of<J: Json>(task: &J) -> Result<J, Fault<J>> {
    match modern::read_status(task).and_then(|status| status.ending) {
        Some(Ending::Result(result)) => Ok(result),
        Some(Ending::Error(error)) => Err(Fault::lasting(Error::rpc(&error))),
        None => Err(Fault::lasting(
            Error::new(Code::Protocol, "the task has ended, and the server does not say with what").carrying(task.clone()),
        )),
    }
}
