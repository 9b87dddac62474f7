//! What holds for every request of the era of sessions.

use super::super::check::{Check, Ledger, check};
use super::super::server::{SESSION, VERSION_LEGACY, VERSION_MODERN};
use super::super::wire::Request;
use super::{Form, Manners, form};

pub const CHECKS: &[Check] = &[
    check(
        "legacy-probe",
        "one request of the newer era at most is sent, and before everything else",
        "2026-07-28: Versioning, Backward Compatibility",
    ),
    check("legacy-opening", "the session is opened and confirmed before anything is asked in it", "Lifecycle, Initialization"),
    check("legacy-session", "every message after initialize names the session", "Transports, Session Management"),
    check("legacy-version", "every message after initialize names the version", "Transports, Protocol Version Header"),
    check("legacy-accepts", "either media type of an answer is accepted", "Transports, Sending Messages to the Server"),
    check("legacy-members", "a message is one of the era's, with the members of its schema and no other", "Schema"),
    check("legacy-unmarked", "nothing of the newer era is in the session: not in headers, not in _meta", "Schema"),
    check("legacy-task-member", "task is an object, and a ttl in it a whole number", "Tasks, Creating Tasks"),
    check("legacy-unrelated", "requests about tasks carry no related-task metadata", "Tasks, Associating Task-Related Messages"),
    check("legacy-ids", "no two requests have the same id", "Base Protocol, Requests"),
    check("legacy-own-tasks", "only tasks that the server has named are asked about", "Tasks, Task ID Requirements"),
];

const FORMS: [Form; 9] = [
    form("initialize", &["protocolVersion", "capabilities", "clientInfo"], &[]),
    form("notifications/initialized", &[], &[]),
    form("notifications/cancelled", &["requestId"], &["reason"]),
    form("tools/list", &[], &["cursor"]),
    form("tools/call", &["name"], &["arguments", "task"]),
    form("tasks/get", &["taskId"], &[]),
    form("tasks/result", &["taskId"], &[]),
    form("tasks/cancel", &["taskId"], &[]),
    form("tasks/list", &[], &["cursor"]),
];

impl Manners {
    pub(super) fn check_legacy(&mut self, request: &Request, ledger: &Ledger) {
        let (body, params) = (&request.body, request.params());
        let is_probe = request.header("mcp-protocol-version") == Some(VERSION_MODERN);
        ledger.demand("legacy-probe", !is_probe || self.methods.is_empty(), body);
        let is_fresh = self.is_fresh(request);
        ledger.demand("legacy-ids", is_fresh, body);
        if is_probe {
            return;
        }
        let at = |method: &str| self.methods.iter().position(|each| each == method);
        let place = match request.method() {
            "initialize" => at("initialize").is_none(),
            "notifications/initialized" => at("initialize").is_some() && at("notifications/initialized").is_none(),
            _ => at("notifications/initialized").is_some(),
        };
        ledger.demand("legacy-opening", place, &self.methods);
        let opens = request.method() == "initialize";
        let (session, version) = (request.header("mcp-session-id"), request.header("mcp-protocol-version"));
        ledger.demand("legacy-session", session == (!opens).then_some(SESSION), session);
        ledger.demand("legacy-version", version == (!opens).then_some(VERSION_LEGACY), version);
        let accept = request.header("accept").unwrap_or_default();
        let accepts = match request.verb.as_str() {
            "POST" => accept.contains("application/json") && accept.contains("text/event-stream"),
            "GET" => accept.contains("text/event-stream"),
            _ => true,
        };
        ledger.demand("legacy-accepts", accepts, accept);

        let form = FORMS.iter().find(|form| form.method == request.method());
        let is_message = match request.method() {
            "GET" | "DELETE" => body.is_null(),
            "answer" => body["result"].is_object() != body["error"].is_object(),
            _ => form.is_some_and(|form| form.fits(request)),
        };
        ledger.demand("legacy-members", is_message, body);
        let has_marks =
            request.headers.iter().any(|(name, _)| name == "mcp-method" || name == "mcp-name" || name.starts_with("mcp-param-"));
        let says = |name: &str| !request.meta(name).is_null();
        let has_marks = has_marks || says("protocolVersion") || says("clientInfo") || says("clientCapabilities");
        ledger.demand("legacy-unmarked", !has_marks, request);
        let task = params.get("task");
        let is_task = task.is_none_or(|task| task.is_object() && task.get("ttl").is_none_or(|ttl| ttl.is_u64()));
        ledger.demand("legacy-task-member", is_task, task);
        let is_related = request.method().starts_with("tasks/") && says("related-task");
        ledger.demand("legacy-unrelated", !is_related, params);
        ledger.demand("legacy-own-tasks", self.names_own_task(request), body);
    }
}
