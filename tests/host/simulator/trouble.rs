//! What a network does to requests and their answers.

use mcp_tasks::engine::{Failure, Media, Millis};

use super::chance::Chance;
use crate::wire::{Arrival, Reply, Sent};

/// What becomes of one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    Arrives,
    /// It never arrives.
    Lost,
    /// It arrives, and the answer does not.
    AnswerLost,
    /// Somebody on the way answers it, and the server never hears of it.
    Refused(u16, Option<Millis>),
    /// The server does what it is asked, and somebody on the way answers this.
    Masked(u16),
    /// The answer breaks off, or ends early as if it were whole.
    Cut {
        clean: bool,
    },
    /// The answer comes twice, where it can.
    Doubled,
    /// It comes very late.
    Late(Millis),
}

/// Statuses that say to come again.
const PASSING: [u16; 4] = [429, 503, 500, 502];
/// These, and some that do not.
const REFUSALS: [u16; 12] = [408, 425, 429, 429, 503, 503, 500, 502, 400, 401, 404, 409];

impl Fate {
    pub fn of(sent: &Sent, chance: &mut Chance) -> Self {
        let retry_after = chance.percent(40).then(|| chance.below(20_000));
        match chance.below(8) {
            0 => Self::Lost,
            1 => Self::AnswerLost,
            // Whoever refuses the stream, or an answer, for good, is no trouble on the way: no question would ever have its answer.
            2 | 3 if matches!(sent.method(), "GET" | "answer") => Self::Refused(chance.pick(&PASSING), retry_after),
            2 | 3 => Self::Refused(chance.pick(&REFUSALS), retry_after),
            4 => Self::Masked(chance.pick(&[500, 502, 504])),
            5 => Self::Cut { clean: chance.percent(50) },
            6 if sent.method() != "GET" => Self::Doubled,
            _ => Self::Late(chance.around(30_000)),
        }
    }
}

/// No answer: at once, later, or never.
pub fn nothing(chance: &mut Chance) -> Reply {
    match chance.below(3) {
        0 => Reply::never(),
        1 => Reply::fail(),
        _ => Reply::fail().after(chance.below(20_000)),
    }
}

pub fn refusal(status: u16, retry_after: Option<Millis>) -> Reply {
    Reply::status(status).headed(|head| head.retry_after = retry_after)
}

/// Somewhere in the body it is over.
pub fn cut(reply: Reply, clean: bool, chance: &mut Chance) -> Reply {
    let is_stream = matches!(reply.0.first(), Some((_, Arrival::Head(head))) if head.media == Media::EventStream && head.status == 200);
    if !is_stream {
        let head = Reply(reply.0.into_iter().take(1).collect());
        return head.then(if clean { Arrival::Body(None) } else { Arrival::Fail(Failure::Network) });
    }
    let mut left = chance.below(200) as usize;
    let mut kept = Vec::new();
    for (after, arrival) in reply.0 {
        match arrival {
            Arrival::Bytes(bytes) if bytes.len() <= left => {
                left -= bytes.len();
                kept.push((after, Arrival::Bytes(bytes)));
            }
            Arrival::Bytes(bytes) => {
                kept.push((after, Arrival::Bytes(bytes[..left].to_vec())));
                break;
            }
            Arrival::End => break,
            other => kept.push((after, other)),
        }
    }
    Reply(kept).then(if clean { Arrival::End } else { Arrival::Fail(Failure::Network) })
}

/// Every event comes twice.
pub fn doubled(reply: Reply) -> Reply {
    let twice = |(after, arrival): (Millis, Arrival)| match arrival {
        Arrival::Bytes(bytes) => vec![(after, Arrival::Bytes(bytes.clone())), (after, Arrival::Bytes(bytes))],
        other => vec![(after, other)],
    };
    Reply(reply.0.into_iter().flat_map(twice).collect())
}
