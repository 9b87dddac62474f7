//! The parameters that go into headers as well: what a tool's input schema says, and what is read from the arguments.

use std::collections::BTreeSet;

use mcp_tasks::engine::mirror::{self, mirrors};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::message::any_json;
use crate::node::Node;

const ASTRAY: &str = "x-mcp-header stands where no chain of properties leads";
const NO_TEXT: &str = "x-mcp-header is no text";
const NO_TOKEN: &str = "x-mcp-header has a character that no header's name may have";
const NO_PRIMITIVE: &str = "x-mcp-header is on a parameter that is no string, integer or boolean";
const TWICE: &str = "two parameters have the same x-mcp-header";

/// The headers of a call as lines, or what is wrong with the arguments.
fn call(schema: &Value, arguments: Value) -> Result<Vec<String>, String> {
    let mirrors = mirrors(&Node(schema.clone())).expect("a tool that may be called");
    let mut lines: Vec<_> =
        mirror::read(&mirrors, Some(&Node(arguments)))?.into_iter().map(|(name, value)| [name, value].join(": ")).collect();
    lines.sort();
    Ok(lines)
}

/// How many parameters are mirrored, or why the tool is left out.
fn verdict(schema: &Value) -> Result<usize, &'static str> {
    mirrors(&Node(schema.clone())).map(|mirrors| mirrors.len())
}

/// A parameter that is mirrored.
fn region() -> Value {
    json!({ "type": "string", "x-mcp-header": "Region" })
}

/// A schema with these parameters.
fn of(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

#[test]
fn an_annotation_is_checked() {
    let named = |name: Value| of(json!({ "a": { "type": "string", "x-mcp-header": name } }));
    let typed = |kind: Value| of(json!({ "a": { "type": kind, "x-mcp-header": "A" } }));
    let two = |one: &str, other: &str| {
        of(json!({ "a": { "type": "string", "x-mcp-header": one }, "b": { "type": "integer", "x-mcp-header": other } }))
    };
    for (why, schema, expected) in [
        ("a name", named(json!("Region")), Ok(1)),
        ("every kind of character", named(json!("!#$%&'*+-.^_`|~09azAZ")), Ok(1)),
        ("the name of another header of the protocol", named(json!("Method")), Ok(1)),
        ("empty", named(json!("")), Err("x-mcp-header is empty")),
        ("a space", named(json!("My Region")), Err(NO_TOKEN)),
        ("a space at the end", named(json!("Region ")), Err(NO_TOKEN)),
        ("a colon", named(json!("Region:Primary")), Err(NO_TOKEN)),
        ("not ASCII", named(json!("Région")), Err(NO_TOKEN)),
        ("a tab", named(json!("Region\t1")), Err(NO_TOKEN)),
        ("a line break", named(json!("Region\r\nX-Other: 1")), Err(NO_TOKEN)),
        ("a null character", named(json!("\0")), Err(NO_TOKEN)),
        ("a delete", named(json!("\u{7f}")), Err(NO_TOKEN)),
        ("a number", named(json!(7)), Err(NO_TEXT)),
        ("true", named(json!(true)), Err(NO_TEXT)),
        ("null", named(json!(null)), Err(NO_TEXT)),
        ("an array", named(json!(["Region"])), Err(NO_TEXT)),
        ("an object", named(json!({ "name": "Region" })), Err(NO_TEXT)),
        ("a string", typed(json!("string")), Ok(1)),
        ("an integer", typed(json!("integer")), Ok(1)),
        ("a boolean", typed(json!("boolean")), Ok(1)),
        ("a number may have no exact text", typed(json!("number")), Err(NO_PRIMITIVE)),
        ("an object", typed(json!("object")), Err(NO_PRIMITIVE)),
        ("an array", typed(json!("array")), Err(NO_PRIMITIVE)),
        ("null", typed(json!("null")), Err(NO_PRIMITIVE)),
        ("several types", typed(json!(["string", "null"])), Err(NO_PRIMITIVE)),
        ("one type in an array", typed(json!(["string"])), Err(NO_PRIMITIVE)),
        ("in capitals", typed(json!("String")), Err(NO_PRIMITIVE)),
        ("a type that is none", typed(json!(null)), Err(NO_PRIMITIVE)),
        ("no type", of(json!({ "a": { "x-mcp-header": "A" } })), Err(NO_PRIMITIVE)),
        ("a type of its alternatives", of(json!({ "a": { "anyOf": [{ "type": "string" }], "x-mcp-header": "A" } })), Err(NO_PRIMITIVE)),
        ("two names", two("A", "B"), Ok(2)),
        ("a name twice", two("Region", "Region"), Err(TWICE)),
        ("twice in other letters", two("MyField", "myfield"), Err(TWICE)),
        ("twice at different depths", of(json!({ "a": region(), "b": of(json!({ "c": region() })) })), Err(TWICE)),
    ] {
        assert_eq!(verdict(&schema), expected, "{why}: {schema}");
    }
}

#[test]
fn an_annotation_stands_at_the_end_of_a_chain_of_properties() {
    let within = |keyword: &str, value: Value| json!({ "type": "object", keyword: value });
    for (why, schema, expected) in [
        ("a parameter", of(json!({ "a": region() })), Ok(1)),
        ("one within another", of(json!({ "a": of(json!({ "b": of(json!({ "c": region() })) })) })), Ok(1)),
        ("without types on the way", json!({ "properties": { "a": { "properties": { "b": region() } } } }), Ok(1)),
        ("the schema itself", region(), Err(ASTRAY)),
        ("items", of(json!({ "a": { "type": "array", "items": region() } })), Err(ASTRAY)),
        ("a tuple", of(json!({ "a": { "items": [{ "type": "string" }, region()] } })), Err(ASTRAY)),
        ("a tuple of tuples", of(json!({ "a": { "items": [[region()]] } })), Err(ASTRAY)),
        ("properties of items", of(json!({ "a": { "items": of(json!({ "b": region() })) } })), Err(ASTRAY)),
        ("prefixItems", within("prefixItems", json!([region()])), Err(ASTRAY)),
        ("contains", within("contains", region()), Err(ASTRAY)),
        ("oneOf", within("oneOf", json!([of(json!({ "a": region() }))])), Err(ASTRAY)),
        ("anyOf", of(json!({ "a": { "anyOf": [region(), { "type": "null" }] } })), Err(ASTRAY)),
        ("allOf", within("allOf", json!([of(json!({ "a": region() }))])), Err(ASTRAY)),
        ("not", within("not", of(json!({ "a": region() }))), Err(ASTRAY)),
        ("if", within("if", of(json!({ "a": region() }))), Err(ASTRAY)),
        ("then", within("then", of(json!({ "a": region() }))), Err(ASTRAY)),
        ("else", within("else", of(json!({ "a": region() }))), Err(ASTRAY)),
        ("additionalProperties", within("additionalProperties", region()), Err(ASTRAY)),
        ("unevaluatedProperties", within("unevaluatedProperties", region()), Err(ASTRAY)),
        ("unevaluatedItems", within("unevaluatedItems", region()), Err(ASTRAY)),
        ("propertyNames", within("propertyNames", region()), Err(ASTRAY)),
        ("patternProperties", within("patternProperties", json!({ "^a": region() })), Err(ASTRAY)),
        ("dependentSchemas", within("dependentSchemas", json!({ "a": of(json!({ "b": region() })) })), Err(ASTRAY)),
        ("dependencies", within("dependencies", json!({ "a": of(json!({ "b": region() })) })), Err(ASTRAY)),
        ("$defs, whether referred to or not", within("$defs", json!({ "a": region() })), Err(ASTRAY)),
        ("definitions", within("definitions", json!({ "a": region() })), Err(ASTRAY)),
        ("a keyword of tomorrow", within("x-new", region()), Err(ASTRAY)),
        ("astray, and nothing else is right either", within("items", json!({ "x-mcp-header": 7 })), Err(ASTRAY)),
        ("one right, one astray", json!({ "properties": { "a": region() }, "if": { "x-mcp-header": "B" } }), Err(ASTRAY)),
    ] {
        assert_eq!(verdict(&schema), expected, "{why}: {schema}");
    }
}

#[test]
fn what_only_looks_like_an_annotation_is_none() {
    let parameter = json!({ "x-mcp-header": { "type": "string" } });
    for (why, schema) in [
        ("a parameter of this name", of(parameter.clone())),
        ("a parameter of a parameter", of(json!({ "a": of(parameter.clone()) }))),
        ("a pattern", json!({ "patternProperties": parameter })),
        ("a definition", json!({ "$defs": parameter })),
        ("a definition of old", json!({ "definitions": parameter })),
        ("a schema that depends on a parameter of this name", json!({ "dependentSchemas": parameter })),
        ("parameters that do", json!({ "dependentRequired": { "x-mcp-header": ["a"] } })),
        ("both, of old", json!({ "dependencies": { "x-mcp-header": ["a"] } })),
        ("a required one", json!({ "required": ["x-mcp-header"] })),
        ("a default", of(json!({ "a": { "type": "object", "default": region() } }))),
        ("a constant", of(json!({ "a": { "const": region() } }))),
        ("a choice", of(json!({ "a": { "enum": [region()] } }))),
        ("an example", of(json!({ "a": { "examples": [of(json!({ "b": region() }))] } }))),
        ("a text", json!({ "description": "x-mcp-header" })),
        ("another case", of(json!({ "a": { "type": "string", "X-MCP-Header": "A" } }))),
    ] {
        assert_eq!(verdict(&schema), Ok(0), "{why}: {schema}");
    }
    let called_so = of(json!({ "x-mcp-header": { "type": "string", "x-mcp-header": "Odd" }, "default": region() }));
    let arguments = json!({ "x-mcp-header": "a", "default": "b" });
    assert_eq!(
        call(&called_so, arguments).expect("headers"),
        ["mcp-param-odd: a", "mcp-param-region: b"],
        "a parameter of any name may be mirrored"
    );
}

#[test]
fn a_schema_that_is_none_says_nothing() {
    for schema in [
        json!(null),
        json!(true),
        json!(7),
        json!("x-mcp-header"),
        json!([]),
        json!({}),
        json!({ "properties": null }),
        json!({ "properties": "a" }),
        json!({ "properties": [region()] }),
        json!({ "properties": { "a": null, "b": true, "c": 7, "d": "x-mcp-header", "e": [] } }),
        json!({ "patternProperties": [region()], "$defs": [region()] }),
        json!({ "type": "object", "additionalProperties": false, "items": true }),
    ] {
        assert_eq!(verdict(&schema), Ok(0), "{schema}");
    }
}

#[test]
fn a_schema_is_looked_into_so_deep_and_no_deeper() {
    let chain = |depth| (1..depth).fold(of(json!({ "a": region() })), |schema, _| of(json!({ "a": schema })));
    assert_eq!(verdict(&chain(64)), Ok(1));
    assert_eq!(verdict(&chain(65)), Ok(0));
    let astray = |depth| (0..depth).fold(json!({ "x-mcp-header": "A" }), |schema, _| json!({ "not": schema }));
    assert_eq!(verdict(&astray(64)), Err(ASTRAY));
    assert_eq!(verdict(&astray(65)), Ok(0));
    let nested = |depth| (1..depth).fold(json!([region()]), |schema, _| json!([schema]));
    assert_eq!(verdict(&nested(64)), Err(ASTRAY));
    assert_eq!(verdict(&nested(65)), Ok(0));
}

#[test]
fn no_tool_has_more_mirrored_parameters_than_a_request_has_room_for() {
    let many = |count: u32| {
        let parameter = |index| (format!("p{index}"), json!({ "type": "string", "x-mcp-header": format!("P{index}") }));
        of((0..count).map(parameter).collect::<Map<_, _>>().into())
    };
    assert_eq!(verdict(&many(1_000)), Ok(1_000));
    assert_eq!(verdict(&many(1_001)), Err("more parameters have an x-mcp-header than a request has room for"));
}

#[test]
fn an_argument_is_mirrored_by_what_it_is() {
    let schema = of(json!({ "a": { "type": "integer", "x-mcp-header": "A" } }));
    for (why, argument, expected) in [
        ("a text", json!("us-west1"), Some("us-west1")),
        ("an empty text", json!(""), Some("")),
        ("a text that must be encoded", json!("Hello, 世界"), Some("=?base64?SGVsbG8sIOS4lueVjA==?=")),
        ("a text that would be two headers", json!("a\r\nX-Other: 1"), Some("=?base64?YQ0KWC1PdGhlcjogMQ==?=")),
        ("true", json!(true), Some("true")),
        ("false", json!(false), Some("false")),
        ("an integer", json!(42), Some("42")),
        ("a negative one", json!(-7), Some("-7")),
        ("zero", json!(0), Some("0")),
        ("minus zero", json!(-0.0), Some("0")),
        ("a whole number, written with a point", json!(42.0), Some("42")),
        ("written with an exponent", json!(1e15), Some("1000000000000000")),
        ("the greatest", json!(9_007_199_254_740_991_i64), Some("9007199254740991")),
        ("the least", json!(-9_007_199_254_740_991_i64), Some("-9007199254740991")),
        ("one more", json!(9_007_199_254_740_992_i64), None),
        ("one less", json!(-9_007_199_254_740_992_i64), None),
        ("far more", json!(1e300), None),
        ("a fraction", json!(0.5), None),
        ("an object", json!({}), None),
        ("an array", json!(["us-west1"]), None),
    ] {
        let expected = expected.map(|text| vec![["mcp-param-a", text].join(": ")]).ok_or_else(|| "a".to_owned());
        assert_eq!(call(&schema, json!({ "a": argument, "other": 1 })), expected, "{why}");
    }
}

#[test]
fn an_argument_is_found_at_its_path_or_it_is_absent() {
    let schema = of(json!({ "a": of(json!({ "b": region() })), "c": { "type": "boolean", "x-mcp-header": "C" } }));
    for (why, arguments, expected) in [
        ("both", json!({ "a": { "b": "x" }, "c": true }), vec!["mcp-param-c: true", "mcp-param-region: x"]),
        ("one is null", json!({ "a": { "b": null }, "c": true }), vec!["mcp-param-c: true"]),
        ("one is absent", json!({ "c": true }), vec!["mcp-param-c: true"]),
        ("none", json!({}), vec![]),
        ("at another place", json!({ "b": "x", "a": { "c": true } }), vec![]),
        ("no object on the way", json!({ "a": "b" }), vec![]),
        ("an array on the way", json!({ "a": [{ "b": "x" }] }), vec![]),
        ("null on the way", json!({ "a": null }), vec![]),
        ("arguments that are no object", json!([]), vec![]),
    ] {
        assert_eq!(call(&schema, arguments), Ok(expected.into_iter().map(String::from).collect()), "{why}");
    }
    assert_eq!(call(&schema, json!({ "a": { "b": {} }, "c": true })), Err("a.b".into()), "the path of what cannot be mirrored");
    let mirrors = mirrors(&Node(schema)).expect("a tool that may be called");
    assert_eq!(mirror::read::<Node>(&mirrors, None), Ok(vec![]), "no arguments");
}

#[test]
fn the_names_of_what_every_object_has_are_names_like_others() {
    let named = |name: &str, header: &str| json!({ name: { "type": "string", "x-mcp-header": header } });
    for name in ["__proto__", "constructor", "toString", "hasOwnProperty", "", "a.b", "0"] {
        let schema = of(named(name, "Constructor"));
        assert_eq!(call(&schema, json!({ name: "x" })), Ok(vec!["mcp-param-constructor: x".into()]), "{name:?}");
        assert_eq!(call(&schema, json!({})), Ok(vec![]), "{name:?}");
    }
    assert_eq!(verdict(&of(named("a", "__proto__"))), Ok(1));
}

#[test]
fn the_schema_of_the_specification() {
    let schema = of(json!({
        "region": { "type": "string", "description": "The region to execute the query in", "x-mcp-header": "Region" },
        "query": { "type": "string", "description": "The SQL query to execute" },
    }));
    let arguments = json!({ "region": "us-west1", "query": "SELECT * FROM users" });
    assert_eq!(call(&schema, arguments), Ok(vec!["mcp-param-region: us-west1".into()]));
}

/// Schemas, more and less valid, of what the rules turn on.
fn schemas() -> impl Strategy<Value = Value> {
    let name = select(vec!["A", "a", "B", "Region", "X-1", "", "a b", "é"]).prop_map(Value::from);
    let kind = select(vec!["string", "integer", "boolean", "number", "object"]).prop_map(Value::from);
    let parameter = (kind.clone(), name.clone()).prop_map(|(kind, name)| json!({ "type": kind, "x-mcp-header": name }));
    let right = select(vec!["A", "B", "C", "D"]).prop_map(|name| json!({ "type": "string", "x-mcp-header": name }));
    let leaf = prop_oneof![6 => right, 2 => parameter, 1 => any_json(), 2 => kind.prop_map(|kind| json!({ "type": kind }))];
    let keywords = vec!["items", "allOf", "not", "$defs", "patternProperties", "default", "enum", "x-mcp-header", "type", "properties"];
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let names = select(vec!["a", "b", "x-mcp-header", "__proto__", "default"]);
        prop_oneof![
            4 => prop::collection::btree_map(names, inner.clone(), 0..4).prop_map(|named| of(named.into_iter().collect())),
            1 => (select(keywords.clone()), inner.clone()).prop_map(|(keyword, schema)| json!({ "type": "string", keyword: schema })),
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    })
}

/// Arguments for every parameter that the schema mirrors.
fn arguments(schema: &Value) -> Value {
    match schema["properties"].as_object() {
        Some(properties) => properties.iter().map(|(name, schema)| (name.clone(), arguments(schema))).collect::<Map<_, _>>().into(),
        None => json!("x"),
    }
}

proptest! {
    #[test]
    fn any_schema_has_a_verdict_and_any_arguments_an_answer(schema in schemas(), given in prop_oneof![schemas(), any_json()]) {
        if let Ok(mirrors) = mirrors(&Node(schema)) {
            for (name, value) in mirror::read(&mirrors, Some(&Node(given))).unwrap_or_default() {
                prop_assert!(name.starts_with("mcp-param-"));
                prop_assert!(value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{value:?}");
            }
        }
    }

    #[test]
    fn a_tool_that_may_be_called_has_a_header_for_each_mirrored_parameter(schema in schemas()) {
        if let Ok(mirrors) = mirrors(&Node(schema.clone())) {
            let headers = mirror::read(&mirrors, Some(&Node(arguments(&schema)))).expect("texts");
            prop_assert_eq!(headers.len(), mirrors.len());
            let names: BTreeSet<_> = headers.iter().map(|(name, _)| name).collect();
            prop_assert_eq!(names.len(), headers.len(), "each once");
            for name in names {
                let is_token = name.chars().all(|c| c.is_ascii_graphic() && !"\"(),/:;<=>?@[\\]{}".contains(c));
                prop_assert!(is_token && name.len() > "mcp-param-".len() && *name == name.to_lowercase(), "{name}");
            }
        }
    }

    #[test]
    fn the_verdict_on_a_schema_is_that_on_its_place(schema in schemas()) {
        let alone = verdict(&of(json!({ "p": schema })));
        prop_assert_eq!(verdict(&of(json!({ "q": of(json!({ "p": schema })) }))), alone, "one step further down the chain");
        prop_assert_eq!(verdict(&of(json!({ "p": schema, "q": { "type": "string" } }))), alone, "beside another");
        prop_assert_eq!(verdict(&json!({ "default": schema, "const": schema, "enum": [schema], "examples": [schema] })), Ok(0), "as data");
        let elsewhere = verdict(&json!({ "items": schema }));
        prop_assert_eq!(elsewhere, if alone == Ok(0) { Ok(0) } else { Err(ASTRAY) }, "where no annotation may be");
        prop_assert_eq!(verdict(&json!({ "oneOf": [{ "type": "object" }, { "properties": { "p": schema } }] })), elsewhere);
    }
}
