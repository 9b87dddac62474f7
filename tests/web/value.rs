//! JSON that lives in JavaScript, seen through the engine's eyes.

use js_sys::{JSON, Object, Reflect};
use mcp_tasks::engine::{Json, Key};
use mcp_tasks::web::Value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// The value of a JavaScript expression.
fn js(expression: &str) -> Value {
    let value = js_sys::Function::new_no_args(&format!("return ({expression})")).call0(&JsValue::NULL);
    Value(value.expect("an expression"))
}

fn text(value: &Value) -> String {
    JSON::stringify(&value.0).expect("JSON").into()
}

#[wasm_bindgen_test]
fn a_member_is_there_when_it_is_not_undefined() {
    for (object, there) in [
        ("{ result: 1 }", true),
        ("{ result: null }", true),
        ("{ result: false }", true),
        ("{ result: 0 }", true),
        ("{ result: '' }", true),
        ("{ result: undefined }", false),
        ("{}", false),
        ("JSON.parse('{\"result\":null}')", true),
        ("null", false),
        ("undefined", false),
        ("'result'", false),
        ("7", false),
        ("true", false),
        ("[1, 2]", false),
        ("Object.assign(() => {}, { result: 1 })", false),
    ] {
        assert_eq!(js(object).get(Key::Result).is_some(), there, "{object}");
    }
}

#[wasm_bindgen_test]
fn an_empty_object_has_none_of_the_members_that_are_looked_for() {
    for (object, what) in [(js("{}"), "an object"), (js("JSON.parse('{}')"), "a parsed one"), (Value::object(), "ours")] {
        for name in Key::NAMES {
            assert_eq!(Reflect::has(&object.0, &JsValue::from_str(name)), Ok(false), "{what} has {name}");
        }
    }
}

#[wasm_bindgen_test]
fn each_value_is_one_kind() {
    for (value, string, number, boolean, object, array) in [
        ("'a'", Some("a"), None, None, false, false),
        ("''", Some(""), None, None, false, false),
        ("0", None, Some(0.0), None, false, false),
        ("-1.5", None, Some(-1.5), None, false, false),
        ("true", None, None, Some(true), false, false),
        ("false", None, None, Some(false), false, false),
        ("null", None, None, None, false, false),
        ("undefined", None, None, None, false, false),
        ("{}", None, None, None, true, false),
        ("[]", None, None, None, false, true),
        ("'7'", Some("7"), None, None, false, false),
        ("10n", None, None, None, false, false),
    ] {
        let seen = js(value);
        assert_eq!(seen.string().as_deref(), string, "{value}");
        assert_eq!(seen.number(), number, "{value}");
        assert_eq!(seen.boolean(), boolean, "{value}");
        assert_eq!((seen.is_object(), seen.is_array()), (object, array), "{value}");
    }
}

#[wasm_bindgen_test]
fn only_true_is_true() {
    for (value, verdict) in [("true", true), ("false", false), ("1", false), ("'true'", false), ("{}", false), ("null", false)] {
        assert_eq!(js(&format!("{{ isError: {value} }}")).is_true(Key::IsError), verdict, "{value}");
    }
}

#[wasm_bindgen_test]
fn items_are_those_of_an_array() {
    let items = |value: &str| js(value).items().map(|item| text(&item)).collect::<Vec<_>>();
    assert_eq!(items("[1, null, 'a', [2], { b: 3 }]"), ["1", "null", r#""a""#, "[2]", r#"{"b":3}"#]);
    assert_eq!(items("[]"), [""; 0]);
    assert_eq!(items("'text'"), [""; 0], "a text has none");
    assert_eq!(items("{ length: 1, 0: 'a' }"), [""; 0], "nor has what looks like an array");
    assert!(js("[1]").at(1).is_none());
    assert!(js("[1]").at(usize::MAX).is_none());
}

#[wasm_bindgen_test]
fn arrays_and_objects_have_no_members_but_those_given() {
    for (index, name) in Key::NAMES.iter().enumerate() {
        for value in ["[1]", "({})"] {
            let has = js(&format!("{name:?} in {value}"));
            assert_eq!(text(&has), "false", "{name}, the key {index}, in {value}");
        }
    }
}

#[wasm_bindgen_test]
fn a_member_by_name_is_one_of_the_objects_own() {
    let member = |value: &str, name: &str| js(value).member(name).map(|member| text(&member));
    for (value, name, expected) in [
        ("{ a: 1 }", "a", Some("1")),
        ("{ a: 1 }", "b", None),
        ("{ a: null }", "a", Some("null")),
        ("{ '': 1 }", "", Some("1")),
        ("{ 'a.b': 1, a: { b: 2 } }", "a.b", Some("1")),
        ("{ '\u{20AC}': 1 }", "\u{20AC}", Some("1")),
        ("{}", "__proto__", None),
        ("{}", "constructor", None),
        ("{}", "toString", None),
        ("JSON.parse('{\"__proto__\":1,\"constructor\":2}')", "__proto__", Some("1")),
        ("JSON.parse('{\"__proto__\":1,\"constructor\":2}')", "constructor", Some("2")),
        ("JSON.parse('{\"hasOwnProperty\":1}')", "hasOwnProperty", Some("1")),
        ("Object.create({ a: 1 })", "a", None),
        ("Object.assign(Object.create(null), { a: 1 })", "a", Some("1")),
        ("[1]", "0", None),
        ("[1]", "length", None),
        ("'text'", "length", None),
        ("Object.assign(() => {}, { a: 1 })", "a", None),
        ("null", "a", None),
        ("7", "a", None),
    ] {
        assert_eq!(member(value, name).as_deref(), expected, "{name:?} of {value}");
    }
}

#[wasm_bindgen_test]
fn the_members_are_the_objects_own_in_its_order() {
    let members = |value: &str| js(value).members().iter().map(|(name, member)| [name, "=", &text(member)].concat()).collect::<Vec<_>>();
    assert_eq!(members("{ b: 1, a: null, '': [2] }"), ["b=1", "a=null", "=[2]"]);
    assert_eq!(members("JSON.parse('{\"b\":1,\"__proto__\":{\"c\":2},\"a\":3}')"), ["b=1", r#"__proto__={"c":2}"#, "a=3"]);
    assert_eq!(members("Object.assign(Object.create({ inherited: 1 }), { own: 2 })"), ["own=2"]);
    assert_eq!(members("{ [Symbol('a')]: 1, b: 2 }"), ["b=2"]);
    for nothing in ["{}", "[1, 2]", "Object.assign([], { a: 1 })", "'text'", "7", "true", "null", "undefined", "() => {}"] {
        assert_eq!(members(nothing), [""; 0], "{nothing}");
    }
}

#[wasm_bindgen_test]
fn a_record_has_the_members_that_it_was_given() {
    let record = |members: &[(&str, &str)]| Value::record(members.iter().map(|(name, value)| ((*name).into(), js(value))).collect());
    for (members, written) in [
        (&[][..], "{}"),
        (&[("b", "1"), ("a", "null"), ("", "[2]")], r#"{"b":1,"a":null,"":[2]}"#),
        (&[("\u{20AC}\"", "1")], "{\"\u{20AC}\\\"\":1}"),
        (&[("__proto__", "{ a: 1 }"), ("constructor", "2")], r#"{"__proto__":{"a":1},"constructor":2}"#),
        (&[("a", "1"), ("a", "2")], r#"{"a":2}"#),
    ] {
        assert_eq!(text(&record(members)), written);
    }
    let record = record(&[("__proto__", "{ a: 1 }")]);
    assert!(record.member("a").is_none());
    let prototype = Object::get_prototype_of(&record.0);
    assert!(Object::is(&prototype, &Object::get_prototype_of(&js("{}").0)), "and no other prototype");
}

#[wasm_bindgen_test]
fn what_is_built_is_what_json_writes() {
    let value = Value::object()
        .with(Key::TaskId, Value::text("\u{20AC}\"\u{1F600}"))
        .with(Key::Ttl, Value::float(60_000.0))
        .with(Key::IsError, Value::truth(false))
        .with(Key::Data, Value::null())
        .with_some(Key::Meta, None)
        .with(Key::Tasks, Value::array(vec![Value::object(), Value::float(0.5)]));
    let written = "{\"taskId\":\"\u{20AC}\\\"\u{1F600}\",\"ttl\":60000,\"isError\":false,\"data\":null,\"tasks\":[{},0.5]}";
    assert_eq!(text(&value), written);
    assert_eq!(text(&Value::parse(written.as_bytes()).expect("JSON")), written);
}

#[wasm_bindgen_test]
fn malformed_text_is_no_value() {
    for malformed in ["", "{", "{a:1}", "undefined", "NaN", "'a'", "[1,]", "1,2"] {
        assert!(Value::parse(malformed.as_bytes()).is_none(), "{malformed:?}");
    }
    for whole in ["null", " 1 ", "\u{FEFF}1", "\"\"", "[]", "{\"__proto__\":null}"] {
        assert!(Value::parse(whole.as_bytes()).is_some(), "{whole:?}");
    }
}

#[wasm_bindgen_test]
fn a_parsed_prototype_is_only_a_member() {
    let value = Value::parse(br#"{"__proto__":{"result":1}}"#).expect("JSON");
    assert!(value.get(Key::Result).is_none());
}

#[wasm_bindgen_test]
fn a_value_is_handed_on_and_not_copied() {
    let inner = js("{}");
    let outer = Value::object().with(Key::Data, inner.clone());
    let found = outer.get(Key::Data).expect("data");
    assert!(Object::is(&found.0, &inner.0));
    let record = Value::record(vec![("a".into(), inner.clone())]);
    assert!(Object::is(&record.member("a").expect("a").0, &inner.0));
    assert!(Object::is(&record.members()[0].1.0, &inner.0));
}
