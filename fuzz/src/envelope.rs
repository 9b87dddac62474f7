//! The envelope of a message: what is an answer to us names one of our ids, and nothing breaks.

use mcp_tasks::engine::{Json, Message};

use crate::node::Node;

pub fn try_out(data: &[u8]) {
    let Some(message) = Node::parse(data) else { return };
    let is_there = |name: &str| message.member(name).is_some();
    match Message::read(&message) {
        Message::Answer(..) => {
            assert!(is_there("id") && (is_there("result") || is_there("error")) && message.0["method"].as_str().is_none())
        }
        Message::Request { .. } => assert!(is_there("id") && message.0["method"].is_string()),
        Message::Notification { .. } => assert!(!is_there("id") && message.0["method"].is_string()),
        Message::Complaint(error) => assert!(error.is_object()),
        Message::Malformed => {}
    }
}
