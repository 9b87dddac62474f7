//! What a caller gives: copied when it is given, and refused when JSON cannot hold it.

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::page::{Page, text};

fn js(expression: &str) -> JsValue {
    js_sys::Function::new_no_args(&format!("return ({expression})")).call0(&JsValue::NULL).expect("an expression")
}

/// Calls a tool with these arguments, whatever comes of it.
fn give(page: &Page, arguments: JsValue, meta: JsValue) -> Result<(), JsValue> {
    page.core.invoke(100, "tool", "plain".into(), arguments, meta, false, Some(60_000.0), true, false, None)
}

#[wasm_bindgen_test]
async fn arguments_are_sent_as_json_writes_them() {
    let page = Page::connected().await;
    let arguments = "{ text: '€', number: 1.5, nothing: null, left: undefined, when: new Date(0), list: [undefined, NaN] }";
    give(&page, js(arguments), js("{ traceparent: '00-1' }")).expect("JSON");
    page.end_of(100).await.expect("a result");
    let sent = |name| text(&page.last("tools/call", &["message", "params", name]));
    let written = r#"{"text":"€","number":1.5,"nothing":null,"when":"1970-01-01T00:00:00.000Z","list":[null,null]}"#;
    assert_eq!(sent("arguments"), written);
    assert_eq!(sent("_meta"), r#"{"traceparent":"00-1"}"#);
    assert_eq!(sent("task"), "undefined");
}

#[wasm_bindgen_test]
async fn arguments_are_those_of_the_moment_they_were_given() {
    let page = Page::connected().await;
    let arguments = js("{ a: 1 }");
    give(&page, arguments.clone(), JsValue::UNDEFINED).expect("JSON");
    js_sys::Reflect::set(&arguments, &"a".into(), &2.into()).expect("an object");
    page.end_of(100).await.expect("a result");
    assert_eq!(text(&page.last("tools/call", &["message", "params", "arguments"])), r#"{"a":1}"#);
}

#[wasm_bindgen_test]
async fn the_callers_own_meta_is_left_alone() {
    let page = Page::connected().await;
    let meta = js("{ a: 1 }");
    let given = page.core.invoke(100, "tool", "plain".into(), js("{}"), meta.clone(), false, None, true, true, None);
    given.expect("JSON");
    page.end_of(100).await.expect("a result");
    assert_eq!(text(&page.last("tools/call", &["message", "params", "_meta"])), r#"{"a":1,"progressToken":100}"#);
    assert_eq!(text(&meta), r#"{"a":1}"#);
}

#[wasm_bindgen_test]
async fn what_is_no_object_of_json_is_refused_before_anything_is_sent() {
    let page = Page::connected().await;
    let cyclic = "(() => { const cycle = {}; cycle.self = cycle; return cycle })()";
    let throwing = "{ toJSON() { throw new Error('no') } }";
    for odd in ["{ big: 1n }", cyclic, throwing, "() => {}", "Symbol()", "null", "'text'", "[1]", "7"] {
        assert!(give(&page, js(odd), JsValue::UNDEFINED).is_err(), "{odd} as arguments");
        assert!(give(&page, JsValue::UNDEFINED, js(odd)).is_err(), "{odd} as meta");
    }
    assert_eq!(page.peer.count("tools/call"), 0);
    give(&page, js("{}"), js("{}")).expect("JSON");
    page.end_of(100).await.expect("nothing was harmed");
}

#[wasm_bindgen_test]
async fn a_kind_that_there_is_not_is_refused() {
    let page = Page::connected().await;
    let nothing = JsValue::UNDEFINED;
    assert!(page.core.invoke(100, "toast", "x".into(), nothing.clone(), nothing, false, None, true, false, None).is_err());
}
