//! What is to be remembered of a task beside its id, for a page that comes later: which of its questions were answered, and, within one
//! session, which are open and where its server would ask the next.

use super::era::Era;
use super::json::{Json, Key};
use super::machine::Engine;
use super::message::RequestId;
use super::time::Millis;
use super::wire::Output;

impl<J: Json> Engine<J> {
    /// What [`Engine::recall`] takes: `{ answered?, asked?, aside? }`.
    pub fn memory(&self, id: &str) -> J {
        let list = |items: Vec<J>| (!items.is_empty()).then(|| J::array(items));
        let task = self.tasks.get(id);
        let answered = task.into_iter().flat_map(|task| task.inputs.answered()).map(J::text).collect();
        let aside = task.and_then(|task| task.aside.request()).map(|request| J::float(f64::from(request)));
        J::object().with_some(Key::Answered, list(answered)).with_some(Key::Asked, list(self.served_to(id))).with_some(Key::Aside, aside)
    }

    /// What another page knew of a task that is followed here; `same_session` when it knew that in the session that we are in.
    pub fn recall(&mut self, id: &str, memory: &J, same_session: bool, now: Millis) {
        match self.era {
            Era::Modern => self.recall_answered(id, memory.get(Key::Answered).as_ref()),
            Era::Legacy if same_session => {
                // Nobody reads there any more, but the server would still ask there.
                if let Some(aside) = memory.get(Key::Aside).and_then(|aside| aside.number()) {
                    self.tell_cancelled(aside as RequestId, now);
                }
                self.recall_asked(id, memory.get(Key::Asked).as_ref(), now);
            }
            // What is bound to another session is not to be had here.
            Era::Legacy => {}
        }
    }

    /// What is to be remembered of a task has changed.
    pub(super) fn note(&mut self, id: &str) {
        if self.config.remembers && self.tasks.get(id).is_some_and(|task| task.followed) {
            self.wire.out.push_back(Output::Remember(id.into()));
        }
    }
}
