//! The page's own code, called in the middle of ours: it may call back, and it may throw.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use mcp_tasks::web::Core;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::page::{Page, pause};

const COMPLETED: &str = r#"{"taskId":"t1","status":"completed"}"#;

/// A function of JavaScript that runs this, for as long as the test runs.
fn reaction(run: impl FnMut() + 'static) -> Function {
    Closure::<dyn FnMut()>::new(run).into_js_value().unchecked_into()
}

/// Asks for the result of a task that was seen to end so, or not to end.
fn result(core: &Core, call: u32, ended: Option<&str>) {
    let ended = ended.map(Into::into);
    core.result(call, "t1", Some("tool".into()), "slow", true, ended, None, JsValue::UNDEFINED, JsValue::UNDEFINED);
}

#[wasm_bindgen_test]
async fn a_callback_may_call_in_again() {
    let page = Rc::new(Page::connected().await);
    page.peer.answer("GET", "an open stream");
    page.watched_task().await;
    pause(50.0).await;
    let (inner, order) = (page.clone(), Rc::new(RefCell::new(Vec::new())));
    let seen = order.clone();
    let status = reaction(move || {
        seen.borrow_mut().push("status begins");
        inner.call(|core, call| core.status(call, "t1", false));
        inner.call(|core, call| result(core, call, Some("completed")));
        inner.core.watch("t1", false);
        inner.core.listen(true);
        inner.core.detach("t1");
        inner.call(|core, call| core.list(call, "tools"));
        seen.borrow_mut().push("status ends");
    });
    let seen = order.clone();
    page.peer.react("status", &status);
    page.peer.react("resolve", &reaction(move || seen.borrow_mut().push("resolve")));
    page.peer.have("tasks/get", COMPLETED);
    page.peer.push(&format!(r#"{{"method":"notifications/tasks/status","params":{COMPLETED}}}"#));
    pause(200.0).await;
    let order = order.borrow();
    assert_eq!(order[..2], ["status begins", "status ends"], "what it asks for comes in turn: {order:?}");
    assert!(order.len() > 2, "and comes");
}

#[wasm_bindgen_test]
async fn a_callback_may_close_the_client() {
    let page = Rc::new(Page::connected().await);
    page.watched_task().await;
    let (inner, closing) = (page.clone(), Rc::new(RefCell::new(None)));
    let slot = closing.clone();
    page.peer.react("status", &reaction(move || *slot.borrow_mut() = Some(inner.call(|core, call| core.close(call, true)))));
    page.peer.have("tasks/get", COMPLETED);
    pause(300.0).await;
    let closing = closing.borrow().expect("the status came");
    page.end_of(closing).await.expect("an end");
    let told = page.peer.told("status");
    pause(300.0).await;
    assert_eq!(page.peer.told("status"), told);
}

#[wasm_bindgen_test]
async fn sending_may_call_in_again() {
    let page = Rc::new(Page::connected().await);
    let inner = page.clone();
    let told = reaction(move || inner.core.listen(true));
    let send =
        Function::new_with_args("peer, told", "const send = peer.send; peer.send = (...all) => { told(); return send.apply(peer, all) }");
    send.call2(&JsValue::NULL, &page.peer, &told).expect("no exception");
    let call = page.invoke("plain", false);
    page.value_of(call).await;
}

#[wasm_bindgen_test]
async fn a_callback_that_throws_harms_nobody() {
    let page = Page::connected().await;
    page.watched_task().await;
    let throwing = Function::new_no_args("throw new Error('a defect of the page')");
    for kind in ["status", "resolve", "reject", "notification", "progress", "gone"] {
        page.peer.react(kind, &throwing);
    }
    let waiting = page.call(|core, call| core.wait(call, "t1", None));
    let result = page.call(|core, call| result(core, call, None));
    page.peer.have("tasks/get", COMPLETED);
    assert!(page.value_of(waiting).await.contains("completed"));
    assert_eq!(page.value_of(result).await, r#"{"content":[]}"#);
    page.peer.have("tools/call", r#"{"content":[]}"#);
    assert_eq!(page.value_of(page.invoke("plain", false)).await, r#"{"content":[]}"#, "and everything goes on");
}

#[wasm_bindgen_test]
async fn debugging_that_throws_harms_nobody() {
    let page = Page::new(true);
    page.peer.react("debugMessage", &Function::new_no_args("throw new Error('a defect of the page')"));
    page.end_of(page.call(Core::connect)).await.expect("a session");
}
