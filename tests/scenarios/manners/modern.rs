//! What holds for every request of the stateless era.

use serde_json::Value;

use super::super::check::{Check, Ledger, check};
use super::super::server::{TASKS, VERSION_MODERN};
use super::super::wire::Request;
use super::{Form, Manners, form};

pub const CHECKS: &[Check] = &[
    check(
        "modern-requests",
        "only requests are sent, each in a POST of its own: no notification, no answer",
        "Streamable HTTP, Sending Messages",
    ),
    check("modern-accepts", "either media type of an answer is accepted", "Streamable HTTP, Sending Messages"),
    check("modern-methods", "only the methods of the era are called: no initialize, no tasks/result, no tasks/list", "Tasks, Task Polling"),
    check("modern-members", "a request has the members of its schema, and no other: no params.task", "Tasks, Capability Negotiation"),
    check("modern-signed", "a request says in _meta which version it speaks, who sends it and what that can", "Base Protocol, _meta"),
    check("modern-version", "the version in the header is that of the body", "Streamable HTTP, Protocol Version Header"),
    check("modern-declared", "the extension is declared on every request", "Tasks, Capability Negotiation"),
    check("modern-method-header", "Mcp-Method is the method", "Streamable HTTP, Standard Request Headers"),
    check("modern-name-header", "Mcp-Name is the tool, prompt, resource or task, and stands nowhere else", "Tasks, Routing Headers"),
    check("modern-sessionless", "nothing is said of sessions and their streams", "Streamable HTTP, Earlier Streamable HTTP Revisions"),
    check("modern-ids", "no two requests have the same id", "Base Protocol, Requests"),
    check("modern-own-tasks", "only tasks that the server has named are asked about", "Tasks, Task Creation"),
    check("modern-own-keys", "only questions that the server has asked are answered", "Tasks, Task Update Requests"),
];

const FORMS: [Form; 12] = [
    form("server/discover", &[], &[]),
    form("tools/list", &[], &["cursor"]),
    form("tools/call", &["name"], &["arguments", "inputResponses", "requestState"]),
    form("prompts/list", &[], &["cursor"]),
    form("prompts/get", &["name"], &["arguments", "inputResponses", "requestState"]),
    form("resources/list", &[], &["cursor"]),
    form("resources/templates/list", &[], &["cursor"]),
    form("resources/read", &["uri"], &["inputResponses", "requestState"]),
    form("tasks/get", &["taskId"], &[]),
    form("tasks/update", &["taskId", "inputResponses"], &[]),
    form("tasks/cancel", &["taskId"], &[]),
    form("subscriptions/listen", &["notifications"], &[]),
];

impl Manners {
    pub(super) fn check_modern(&mut self, request: &Request, ledger: &Ledger) {
        let (body, params) = (&request.body, request.params());
        let form = FORMS.iter().find(|form| form.method == request.method());
        let is_request = request.verb == "POST" && body["method"].is_string() && (body["id"].is_u64() || body["id"].is_string());
        ledger.demand("modern-requests", is_request, request);
        let accept = request.header("accept").unwrap_or_default();
        let accepts = ["application/json", "text/event-stream"].iter().all(|media| accept.contains(media));
        ledger.demand("modern-accepts", accepts, accept);
        ledger.demand("modern-methods", form.is_some(), request.method());
        ledger.demand("modern-members", form.is_none_or(|form| form.fits(request)), body);

        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        let (version, info, can) = (request.meta("protocolVersion"), request.meta("clientInfo"), request.meta("clientCapabilities"));
        let is_signed = version == VERSION_MODERN && is_text(&info["name"]) && is_text(&info["version"]) && can.is_object();
        ledger.demand("modern-signed", is_signed, &params["_meta"]);
        let header = request.header("mcp-protocol-version");
        ledger.demand("modern-version", header.is_some() && header == version.as_str(), header);
        ledger.demand("modern-declared", can["extensions"][TASKS].is_object(), can);

        ledger.demand("modern-method-header", request.header("mcp-method") == body["method"].as_str(), &request.headers);
        let named = match request.method() {
            "tools/call" | "prompts/get" => params["name"].as_str(),
            "resources/read" => params["uri"].as_str(),
            "tasks/get" | "tasks/update" | "tasks/cancel" => params["taskId"].as_str(),
            _ => None,
        };
        let name = request.header("mcp-name").map(decoded);
        ledger.demand("modern-name-header", name.as_deref() == named, &request.headers);
        let is_old = ["mcp-session-id", "last-event-id"].iter().any(|name| request.header(name).is_some());
        ledger.demand("modern-sessionless", !is_old, &request.headers);

        let is_fresh = self.is_fresh(request);
        ledger.demand("modern-ids", is_fresh, body);
        ledger.demand("modern-own-tasks", self.names_own_task(request), body);
        let answered = params["inputResponses"].as_object().filter(|_| request.method() == "tasks/update");
        let is_asked = |key: &String| self.keys.contains(&(request.task_id().into(), key.clone()));
        ledger.demand("modern-own-keys", answered.is_none_or(|answers| answers.keys().all(is_asked)), params);
    }
}

/// What a header says, out of the Base64 in which it carries what it cannot hold ("Value Encoding").
fn decoded(value: &str) -> String {
    let Some(digits) = value.strip_prefix("=?base64?").and_then(|value| value.strip_suffix("?=")) else { return value.into() };
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    for group in digits.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = group.iter().fold(0, |bits, byte| bits << 6 | digit(*byte)) << (6 * (4 - group.len()));
        bytes.extend((0..group.len() - 1).map(|place| (bits >> (16 - 8 * place)) as u8));
    }
    String::from_utf8(bytes).unwrap_or_default()
}
