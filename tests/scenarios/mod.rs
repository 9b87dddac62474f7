//! What a client must send and must accept about tasks, in both eras: scripted servers, the client's steps against each, and the checks
//! that come of both. The conformance suite has such scenarios for servers; these are its checks turned round.
//!
//! Nothing here knows who plays the client: on the host it is the engine with a clock that the test owns, in a browser the real core over
//! real responses. A scenario is declared once, and both play all of them.

mod check;
mod client;
mod legacy;
mod life;
mod manners;
mod modern;
mod server;
mod wire;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

pub use check::{Check, Ledger};
pub use client::{Act, Client, Face, Failure, News, Outcome, Question, Tell};
pub use server::{Answer, Server};
pub use wire::{Body, Ending, Reply, Request};

/// Which generation of the protocol a scenario's server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    Legacy,
    Modern,
}

pub type Steps = Pin<Box<dyn Future<Output = ()>>>;

/// A server, what a client does with it, and what is checked of that.
pub struct Scenario {
    pub id: &'static str,
    pub age: Age,
    /// The page answers what the server asks the user.
    pub answers: bool,
    pub server: fn() -> Answer,
    pub steps: fn(Client) -> Steps,
    pub checks: &'static [Check],
}

impl Scenario {
    /// Every check that the scenario has to make, those that hold for every request of its age among them.
    pub fn all_checks(&self) -> impl Iterator<Item = Check> {
        self.checks.iter().chain(manners::of(self.age)).copied()
    }

    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.all_checks().collect())
    }

    /// Plays the client's part.
    pub async fn play(&self, face: Rc<dyn Face>, ledger: Ledger) {
        let client = Client::new(face, ledger);
        if client.done(Act::Connect).await.is_ok() {
            (self.steps)(client.clone()).await;
        }
        // What should not be sent would be sent about now.
        client.pause(150).await;
        let _ = client.done(Act::Close).await;
    }
}

fn steps(steps: impl Future<Output = ()> + 'static) -> Steps {
    Box::pin(steps)
}

/// All scenarios of both eras.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    modern::ALL.iter().chain(legacy::ALL).copied()
}
