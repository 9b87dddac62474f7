//! HTTP as the browser does it.

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::page::{Page, pause, text};
use mcp_tasks::web::Core;

#[wasm_bindgen_test]
async fn a_session_opens() {
    let page = Page::new(false);
    let call = page.call(Core::connect);
    let negotiated = page.value_of(call).await;
    assert!(negotiated.contains(r#""protocolVersion":"2025-11-25""#), "{negotiated}");
    assert!(negotiated.contains(r#""serverInfo":{"name":"peer","version":"1"}"#), "{negotiated}");
    assert_eq!(page.peer.count("notifications/initialized"), 1);
    assert_eq!(text(&page.last("initialize", &["message", "params", "clientInfo"])), "{}");
}

#[wasm_bindgen_test]
async fn an_answer_is_read_however_it_comes() {
    let page = Page::connected().await;
    for way in ["json", "json of an odd type", "json of a known length", "torn events"] {
        page.peer.answer("tools/call", way);
        let call = page.invoke("plain", false);
        assert_eq!(page.value_of(call).await, r#"{"content":[{"type":"text","text":"€"}]}"#, "{way}");
    }
}

#[wasm_bindgen_test]
async fn an_answer_is_told_while_its_stream_goes_on() {
    let page = Page::connected().await;
    page.peer.answer("tools/call", "events that stay open");
    let call = page.invoke("plain", false);
    page.value_of(call).await;
}

#[wasm_bindgen_test]
async fn what_goes_wrong_has_its_code() {
    let page = Page::connected().await;
    for (way, code, cause) in [
        ("no network", "network", "TypeError: Failed to fetch"),
        ("events that break", "network", "TypeError: cut off"),
        ("no request", "invalid_argument", "Error: no such header"),
        ("an exception", "invalid_argument", "Error: send is broken"),
        ("half of json", "protocol", "undefined"),
        ("nothing", "protocol", "undefined"),
        ("a page", "protocol", "undefined"),
        ("a redirect", "http", "undefined"),
        ("busy", "http", "undefined"),
        ("unauthorized", "unauthorized", "undefined"),
        ("an error in words", "rpc", "undefined"),
    ] {
        page.peer.answer("tools/call", way);
        let call = page.invoke("plain", false);
        let error = page.end_of(call).await.expect_err(way);
        let told = js_sys::Function::new_with_args("cause", "return String(cause)").call1(&JsValue::NULL, &error.cause);
        assert_eq!((error.code.as_str(), told.expect("a text").as_string().as_deref()), (code, Some(cause)), "{way}");
    }
}

#[wasm_bindgen_test]
async fn a_body_that_cannot_be_read_ends_the_call() {
    let page = Page::connected().await;
    for way in ["a body that was read before", "a body of another kind"] {
        page.peer.answer("tools/call", way);
        let error = page.end_of(page.invoke("plain", false)).await.expect_err(way);
        assert_eq!(error.code, "network", "{way}");
        assert!(error.cause.is_instance_of::<js_sys::TypeError>(), "{way}: what the browser threw goes along");
    }
}

#[wasm_bindgen_test]
async fn an_error_carries_what_its_code_promises() {
    let page = Page::connected().await;
    for (way, data) in [
        ("busy", r#"{"status":503}"#),
        ("a redirect", r#"{"status":0}"#),
        ("unauthorized", r#"{"status":401,"wwwAuthenticate":"Bearer x"}"#),
        ("an error in words", r#"{"code":-32000,"message":"not today"}"#),
    ] {
        page.peer.answer("tools/call", way);
        let error = page.end_of(page.invoke("plain", false)).await.expect_err(way);
        assert_eq!(text(&error.data), data, "{way}");
    }
}

#[wasm_bindgen_test]
async fn the_session_is_named_in_every_request_after_it() {
    let page = Page::new(false);
    page.peer.answer("initialize", "json in a session");
    page.end_of(page.call(Core::connect)).await.expect("a session");
    page.end_of(page.invoke("plain", false)).await.expect("a result");
    let header = |method, name| page.last(method, &["headers", name]).as_string();
    assert_eq!(header("initialize", "mcp-session-id"), None);
    assert_eq!(header("tools/call", "mcp-session-id").as_deref(), Some("s1"));
    assert_eq!(header("tools/call", "mcp-protocol-version").as_deref(), Some("2025-11-25"));
    assert_eq!(header("tools/call", "accept").as_deref(), Some("application/json, text/event-stream"));

    page.end_of(page.call(|core, call| core.close(call, true))).await.expect("an end");
    assert_eq!(header("DELETE", "mcp-session-id").as_deref(), Some("s1"));
}

#[wasm_bindgen_test]
async fn a_body_that_is_not_read_is_cancelled() {
    let page = Page::new(false);
    page.peer.answer("notifications/initialized", "accepted, with a body that nobody reads");
    page.end_of(page.call(Core::connect)).await.expect("a session");
    pause(0.0).await;
    assert_eq!(page.peer.cancelled(), 1, "it would hold its connection");
}

#[wasm_bindgen_test]
async fn pushes_come_through_the_stream() {
    let page = Page::connected().await;
    page.peer.answer("GET", "an open stream");
    page.watched_task().await;
    pause(50.0).await;
    page.peer.have("tasks/get", r#"{"taskId":"t1","status":"completed"}"#);
    page.peer.push(r#"{"method":"notifications/tasks/status","params":{"taskId":"t1","status":"completed","statusMessage":"€"}}"#);
    pause(50.0).await;
    assert_eq!(page.peer.told("status"), r#"[[{"taskId":"t1","status":"completed","statusMessage":"€","ttlMs":null}]]"#);
}

#[wasm_bindgen_test]
async fn closing_aborts_whatever_is_under_way() {
    let page = Page::connected().await;
    page.peer.answer("GET", "an open stream");
    page.core.listen(true);
    page.peer.answer("tools/call", "silence");
    let call = page.invoke("plain", false);
    pause(50.0).await;
    let aborted = |method| page.last(method, &["signal", "aborted"]).as_bool();
    assert_eq!((aborted("GET"), aborted("tools/call")), (Some(false), Some(false)));

    page.end_of(page.call(|core, call| core.close(call, true))).await.expect("an end");
    assert_eq!((aborted("GET"), aborted("tools/call")), (Some(true), Some(true)));
    assert_eq!(page.end_of(call).await.expect_err("closed").code, "closed");
    pause(20.0).await;
    assert_eq!(page.peer.told("reject"), format!(r#"[[{call},"closed"]]"#), "nothing follows");
}

#[wasm_bindgen_test]
async fn abandoning_aborts_what_was_for_the_call_alone() {
    let page = Page::connected().await;
    page.peer.answer("tools/call", "silence");
    let call = page.invoke("plain", false);
    pause(50.0).await;
    page.core.abandon(call);
    assert_eq!(page.last("tools/call", &["signal", "aborted"]).as_bool(), Some(true));
    pause(50.0).await;
    assert_eq!(page.peer.count("notifications/cancelled"), 1);
    assert_eq!(page.peer.told("reject"), "[]");
}

#[wasm_bindgen_test]
async fn what_is_abandoned_at_once_is_not_sent() {
    let page = Page::connected().await;
    page.core.abandon(page.invoke("plain", false));
    pause(50.0).await;
    assert_eq!(page.peer.count("tools/call"), 0);
}

#[wasm_bindgen_test]
async fn of_an_answer_without_end_no_more_is_read_than_the_limit() {
    let page = Page::connected().await;
    page.peer.answer("tools/call", "json without end");
    page.end_of(page.invoke("plain", false)).await.expect_err("too much");
    assert_eq!(page.last("tools/call", &["signal", "aborted"]).as_bool(), Some(true));
}

#[wasm_bindgen_test]
async fn the_wire_is_told_to_who_wants_to_debug() {
    let page = Page::new(true);
    page.peer.answer("notifications/initialized", "no network");
    page.end_of(page.call(Core::connect)).await.expect_err("no session");
    // It is tried three times more.
    let begun = r#",["POST","notifications/initialized"]"#.repeat(4);
    assert_eq!(page.peer.told("debugRequest"), [r#"[["POST","initialize"]"#, &begun, "]"].concat());
    assert_eq!(page.peer.told("debugResponse"), r#"[[200,"application/json"]]"#);
    assert_eq!(page.peer.told("debugMessage"), "[[1,null]]");
    assert_eq!(page.peer.told("debugFailure"), format!("[{}]", [r#"["TypeError: Failed to fetch"]"#; 4].join(",")));

    let page = Page::connected().await;
    for kind in ["debugRequest", "debugResponse", "debugMessage", "debugFailure"] {
        assert_eq!(page.peer.told(kind), "[]", "{kind} is for nobody else");
    }
}
