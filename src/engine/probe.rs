//! Which era a server speaks, told from its answer to one request of the modern era ("Backward Compatibility").
//!
//! Only what no server of the other era would say counts as modern, and nothing that says nothing about age counts as legacy: a wall
//! that wants a sign-in, a server in trouble, a network that is down.

use super::era::Era;
use super::legacy;
use super::modern;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The server's description of itself, with the versions that it supports.
    Supports(Vec<String>),
    /// An HTTP status; with the code of the JSON-RPC error in the body, where there was one, and the versions that it names.
    Refused { status: u16, code: Option<i32>, supported: Vec<String> },
    /// A response that makes no sense of the request.
    Unreadable,
    /// No response that the page may see: the network is down, or the server's CORS headers refuse the headers of the modern era.
    Opaque,
    /// No answer in time, or an answer that passes every limit.
    Silent,
}

impl Probe {
    /// Does it say which versions the server supports?
    pub fn names_versions(&self) -> bool {
        match self {
            Self::Supports(_) => true,
            Self::Refused { code: Some(modern::UNSUPPORTED_VERSION), supported, .. } => !supported.is_empty(),
            _ => false,
        }
    }
}

/// What follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    Speak(Era),
    /// The server is modern, and the request was not to its liking: it is made again.
    Correct,
    /// The server may be legacy: `initialize`, whose headers every server allows, tells whether anybody is there.
    TryLegacy,
    /// The server supports no version that we speak.
    NoCommonVersion,
    /// It tells nothing about age: the error stands.
    Refuse,
}

/// The rule. `hides` is whether the page is on another origin, so that the browser may hide why there was no response.
pub fn classify(probe: &Probe, hides: bool) -> Finding {
    match probe {
        Probe::Supports(versions) => common(versions).map_or(Finding::NoCommonVersion, Finding::Speak),
        Probe::Refused { status: 300..=399 | 401 | 403 | 408 | 425 | 429 | 500.., .. } => Finding::Refuse,
        Probe::Refused { code: Some(modern::HEADER_MISMATCH | modern::MISSING_CAPABILITY), .. } => Finding::Correct,
        // Without the versions it is not the error that the specification has.
        Probe::Refused { code: Some(modern::UNSUPPORTED_VERSION), supported, .. } if !supported.is_empty() => match common(supported) {
            Some(Era::Modern) => Finding::Correct,
            Some(Era::Legacy) => Finding::Speak(Era::Legacy),
            None => Finding::NoCommonVersion,
        },
        Probe::Refused { .. } | Probe::Unreadable => Finding::Speak(Era::Legacy),
        Probe::Opaque if hides => Finding::TryLegacy,
        Probe::Opaque | Probe::Silent => Finding::Refuse,
    }
}

/// The newest era of which both speak a version.
fn common(versions: &[String]) -> Option<Era> {
    let supports = |version: &str| versions.iter().any(|each| each == version);
    if supports(modern::VERSION) {
        return Some(Era::Modern);
    }
    legacy::VERSIONS.into_iter().any(supports).then_some(Era::Legacy)
}
