//! From the server's result to what the caller gets.

use mcp_tasks::engine::{Code, Kind, Reading};
use serde_json::{Value, json};

use crate::node::Node;

fn read(kind: Option<Kind>, wrapped: bool, throw: bool, result: &Value) -> Result<Value, (Code, String)> {
    let read = Reading { kind, wrapped, throw }.read(&Node(result.clone()));
    read.map(|value| value.0).map_err(|error| (error.code, error.message.clone().into_owned()))
}

fn tool(result: &Value) -> Result<Value, (Code, String)> {
    read(Some(Kind::Tool), false, true, result)
}

/// `data`, as one tool would have it.
fn data(wrapped: bool, result: &Value) -> Option<Value> {
    read(Some(Kind::Tool), wrapped, true, result).expect("a result").get("data").cloned()
}

#[test]
fn data_is_the_structured_content_out_of_its_wrapper_where_one_is_marked() {
    let structured = |content: Value| json!({ "content": [], "structuredContent": content });
    let marked = |content: Value, mark: Value| json!({ "content": [], "structuredContent": content, "_meta": { "fastmcp": { "wrap_result": mark } } });
    let plain = json!({ "a": 1 });
    let wrapper = json!({ "result": [1, 2] });
    for (why, wrapped, result, expected) in [
        ("none", false, json!({ "content": [] }), None),
        ("as it is", false, structured(plain.clone()), Some(plain.clone())),
        ("a member that is called result is no wrapper", false, structured(wrapper.clone()), Some(wrapper.clone())),
        ("marked by the tool's schema", true, structured(wrapper.clone()), Some(json!([1, 2]))),
        ("marked by the result", false, marked(wrapper.clone(), json!(true)), Some(json!([1, 2]))),
        ("not marked after all", false, marked(wrapper.clone(), json!(false)), Some(wrapper.clone())),
        ("marked by something other than true", false, marked(wrapper.clone(), json!("true")), Some(wrapper)),
        ("marked, with no wrapper", true, structured(plain.clone()), Some(plain)),
        ("null in a wrapper", true, structured(json!({ "result": null })), Some(json!(null))),
        ("0 in a wrapper", true, structured(json!({ "result": 0 })), Some(json!(0))),
        ("null by itself", false, structured(json!(null)), Some(json!(null))),
    ] {
        assert_eq!(data(wrapped, &result), expected, "{why}");
    }
}

#[test]
fn everything_else_of_a_tools_result_stays_as_it_came() {
    let result = json!({ "content": [{ "type": "image", "data": "x" }], "isError": false, "_meta": { "a": 1 }, "unknown": 7 });
    assert_eq!(tool(&result), Ok(result));
}

#[test]
fn a_tools_result_always_has_content() {
    assert_eq!(tool(&json!({})), Ok(json!({ "content": [] })));
    assert_eq!(tool(&json!({ "content": [] })), Ok(json!({ "content": [] })));
}

#[test]
fn a_tools_own_error_rejects_unless_the_caller_wants_to_see_it() {
    let failed = json!({ "content": [{ "type": "image" }, { "type": "text", "text": "no such file" }], "isError": true });
    assert_eq!(tool(&failed), Err((Code::ToolError, "no such file".into())));
    assert_eq!(read(Some(Kind::Tool), false, false, &failed), Ok(failed.clone()));

    let error = Reading { kind: Some(Kind::Tool), wrapped: false, throw: true }.read(&Node(failed.clone())).expect_err("an error");
    assert_eq!(error.data.as_ref().expect("data").0, json!({ "result": failed }));

    for (why, is_error) in [("the text", json!("true")), ("1", json!(1)), ("null", json!(null))] {
        assert!(tool(&json!({ "content": [], "isError": is_error })).is_ok(), "{why} is not true");
    }
    let (code, message) = tool(&json!({ "content": [], "isError": true })).expect_err("an error");
    assert_eq!(code, Code::ToolError);
    assert!(!message.is_empty(), "an error without words has a message all the same");
}

#[test]
fn prompts_and_resources_are_read_as_theirs() {
    let prompt = json!({ "description": "d", "messages": [{ "role": "user", "content": { "type": "text", "text": "hi" } }] });
    assert_eq!(read(Some(Kind::Prompt), false, true, &prompt), Ok(prompt));
    let contents = json!([{ "uri": "r://", "text": "t" }, { "uri": "r://", "blob": "AA==" }]);
    assert_eq!(read(Some(Kind::Resource), false, true, &json!({ "contents": contents, "_meta": {} })), Ok(contents));
    assert_eq!(read(Some(Kind::Resource), false, true, &json!({ "contents": [] })), Ok(json!([])));
    assert_eq!(read(Some(Kind::Prompt), false, true, &json!({ "messages": [] })), Ok(json!({ "messages": [] })));
}

#[test]
fn a_tool_shaped_error_of_a_prompt_or_resource_is_the_tasks_failure() {
    let failed = json!({ "content": [{ "type": "text", "text": "the template broke" }], "isError": true });
    for kind in [Kind::Prompt, Kind::Resource] {
        for throw in [true, false] {
            assert_eq!(read(Some(kind), false, throw, &failed), Err((Code::TaskFailed, "the template broke".into())));
        }
    }
}

#[test]
fn a_result_of_another_shape_breaks_the_protocol() {
    for (kind, result) in [
        (Kind::Tool, json!(null)),
        (Kind::Tool, json!("text")),
        (Kind::Tool, json!([])),
        (Kind::Tool, json!({ "content": "text" })),
        (Kind::Tool, json!({ "content": null })),
        (Kind::Prompt, json!({})),
        (Kind::Prompt, json!({ "messages": {} })),
        (Kind::Prompt, json!(null)),
        (Kind::Resource, json!({})),
        (Kind::Resource, json!({ "contents": null })),
        (Kind::Resource, json!([])),
    ] {
        let (code, _) = read(Some(kind), false, true, &result).expect_err("an error");
        assert_eq!(code, Code::Protocol, "{kind:?} {result}");
    }
}

#[test]
fn without_a_kind_a_result_is_handed_on_as_it_came() {
    for result in [json!(null), json!(0), json!("x"), json!([]), json!({ "isError": true, "structuredContent": { "result": 1 } })] {
        assert_eq!(read(None, true, true, &result), Ok(result));
    }
}
