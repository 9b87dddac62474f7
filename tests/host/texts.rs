//! Texts that come together are read as each would be alone, whatever a server makes of that.

use mcp_tasks::engine::{DEEPEST, Texts};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::message::any_json;
use crate::node::Node;

fn read(texts: &[&str]) -> Vec<Option<Value>> {
    let mut read = Texts::default();
    texts.iter().for_each(|text| read.push(text.as_bytes()));
    read.messages().into_iter().map(|message: Option<Node>| message.map(|Node(value)| value)).collect()
}

fn alone(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

#[test]
fn a_bad_text_spoils_itself_alone() {
    let deep = "[".repeat(DEEPEST as usize + 1);
    let large = format!("\"{}\"", "x".repeat(9_000));
    for (why, bad) in [
        ("no JSON", "{"),
        ("two values", "1,2"),
        ("two values without a comma", "1 2"),
        ("none", " "),
        ("an end and a beginning", "],["),
        ("an end and a beginning, with a value each", "1],[2"),
        ("more ends", "1]"),
        ("more beginnings", "[1"),
        ("another end", "[}"),
        ("a text without end", "\"a"),
        ("a comma at the end", "1,"),
        ("too deep", &deep),
        ("large", &large[1..]),
    ] {
        assert_eq!(read(&["1", bad, "2"]), [Some(json!(1)), None, Some(json!(2))], "{why}");
    }
    assert_eq!(read(&["1", &large, "2"]), [Some(json!(1)), alone(&large), Some(json!(2))], "the order stays");
}

#[test]
fn two_bad_texts_do_not_make_good_ones() {
    for (why, texts) in [
        ("an array over both", ["[1", "2]"]),
        ("a text over both", ["\"a", "b\""]),
        ("a part of one goes to the other", ["{\"a\":1},{\"b\":2", "\"c\":3}"]),
        ("one lends an end to the other", ["1],[2", "3"]),
        ("as many as there were", ["1,2", "\"a\\"]),
    ] {
        assert_eq!(read(&texts)[0], None, "{why}");
        assert_eq!(read(&texts), texts.map(alone), "{why}");
    }
}

proptest! {
    #[test]
    fn together_they_are_read_as_alone(
        texts in prop::collection::vec(
            prop_oneof![
                4 => any_json().prop_map(|value| value.to_string()),
                1 => "[\\[\\]{},:\"\\\\ 1a]{0,6}",
                1 => "\"[\\[\\]{},:\"\\\\ 1a]{0,4}\"",
            ],
            0..6,
        )
    ) {
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let each: Vec<_> = texts.iter().map(|text| alone(text)).collect();
        prop_assert_eq!(read(&texts), each);
    }
}
