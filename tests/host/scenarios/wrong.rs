//! Clients that do one thing wrong: they falsify what the engine sends, or what it tells the page.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::script::{Act, Failure, News, Outcome, Request};

type Words = dyn Fn(&Act, Outcome) -> Outcome;

#[derive(Clone)]
pub enum Wrong {
    Nothing,
    /// Sends these in the place of a message.
    Sends(Rc<dyn Fn(Request) -> Vec<Request>>),
    /// Ends a call otherwise.
    Tells(Rc<Words>),
    /// Tells the page something else without being asked.
    Hears(Rc<dyn Fn(Vec<News>) -> Vec<News>>),
}

impl Wrong {
    pub fn sent(&self, request: Request) -> Vec<Request> {
        if let Self::Sends(sends) = self { sends(request) } else { vec![request] }
    }

    pub fn told(&self, act: &Act, outcome: Outcome) -> Outcome {
        if let Self::Tells(tells) = self { tells(act, outcome) } else { outcome }
    }

    pub fn heard(&self, news: Vec<News>) -> Vec<News> {
        if let Self::Hears(hears) = self { hears(news) } else { news }
    }
}

/// Sends every message of a method otherwise.
pub fn changed(method: &'static str, change: impl Fn(&mut Request) + 'static) -> Wrong {
    Wrong::Sends(Rc::new(move |mut request| {
        if request.method() == method {
            change(&mut request);
        }
        vec![request]
    }))
}

/// Sends every message otherwise.
pub fn all_changed(change: impl Fn(&mut Request) + 'static) -> Wrong {
    Wrong::Sends(Rc::new(move |mut request| {
        change(&mut request);
        vec![request]
    }))
}

/// After a message of a method sends this, too.
pub fn followed_by(method: &'static str, more: impl Fn(&Request) -> Request + 'static) -> Wrong {
    Wrong::Sends(Rc::new(move |request| if request.method() == method { vec![request.clone(), more(&request)] } else { vec![request] }))
}

/// Before a message of a method sends this so often.
pub fn preceded_by(method: &'static str, times: usize, more: impl Fn(&Request) -> Request + 'static) -> Wrong {
    Wrong::Sends(Rc::new(move |request| {
        let before = if request.method() == method { times } else { 0 };
        std::iter::repeat_with(|| more(&request)).take(before).chain([request.clone()]).collect()
    }))
}

/// Sends every message of a method so often, each time under another id.
pub fn repeated(method: &'static str, times: u64) -> Wrong {
    Wrong::Sends(Rc::new(move |request| {
        if request.method() != method {
            return vec![request];
        }
        let again = |time| with_id(&request, 1_000 + 100 * time + request.body["id"].as_u64().unwrap_or_default());
        std::iter::once(request.clone()).chain((1..times).map(again)).collect()
    }))
}

/// Sends no message of a method after the first so many.
pub fn only(method: &'static str, first: u32) -> Wrong {
    let count = Cell::new(0);
    Wrong::Sends(Rc::new(move |request| {
        count.set(count.get() + u32::from(request.method() == method));
        if request.method() == method && count.get() > first { Vec::new() } else { vec![request] }
    }))
}

/// Says something else of every request's instant than the clock does.
pub fn hastened(by: u64) -> Wrong {
    all_changed(move |request| request.at /= by)
}

/// Ends every call but those that make tasks with this.
pub fn ended(outcome: impl Fn() -> Outcome + 'static) -> Wrong {
    Wrong::Tells(Rc::new(move |act, told| match act {
        Act::Connect | Act::ToolTask(..) => told,
        _ => outcome(),
    }))
}

/// Says that every call succeeded, and with nothing.
pub fn pleased() -> Wrong {
    ended(|| Ok(Value::Null))
}

/// Says that every call failed.
pub fn sorry() -> Wrong {
    ended(|| Err(Failure { code: "rpc".into(), data: Value::Null }))
}

/// Says nothing of what a call that makes a task was answered.
pub fn blind() -> Wrong {
    Wrong::Tells(Rc::new(|act, told| if matches!(act, Act::Connect) { told } else { Ok(json!({})) }))
}

/// Tells the page nothing.
pub fn mute() -> Wrong {
    Wrong::Hears(Rc::new(|_| Vec::new()))
}

/// Tells the page everything twice.
pub fn stuttering() -> Wrong {
    Wrong::Hears(Rc::new(|news| news.into_iter().flat_map(|each| [each.clone(), each]).collect()))
}

/// Tells the page of this status, too, after all others.
pub fn inventive(status: Value) -> Wrong {
    Wrong::Hears(Rc::new(move |news| news.into_iter().chain([News::Status(status.clone())]).collect()))
}

/// Shows the page every status otherwise.
pub fn misread(change: impl Fn(&mut Value) + 'static) -> Wrong {
    Wrong::Hears(Rc::new(move |mut news| {
        for each in &mut news {
            match each {
                News::Status(status) => change(status),
                News::Asked(question) => change(&mut question.params),
            }
        }
        news
    }))
}

pub fn set_header(request: &mut Request, name: &str, value: &str) {
    drop_header(request, name);
    request.headers.push((name.into(), value.into()));
}

pub fn drop_header(request: &mut Request, name: &str) {
    request.headers.retain(|(each, _)| each != name);
}

/// Takes a member away.
pub fn take(value: &mut Value, name: &str) {
    if let Some(members) = value.as_object_mut() {
        members.remove(name);
    }
}

pub fn capabilities(request: &mut Request) -> &mut Value {
    &mut request.body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"]
}

/// Another request of the same client.
pub fn other(request: &Request, method: &str, params: Value) -> Request {
    let mut other = with_id(request, 5_000 + request.body["id"].as_u64().unwrap_or_default());
    other.body["method"] = method.into();
    for (name, value) in params.as_object().into_iter().flatten() {
        other.body["params"][name] = value.clone();
    }
    set_header(&mut other, "mcp-method", method);
    other
}

pub fn with_id(request: &Request, id: u64) -> Request {
    let mut other = request.clone();
    other.body["id"] = id.into();
    other
}
