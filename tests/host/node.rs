//! A JSON value of the host, so that what stands in specifications and captures can be written down as it is.

use mcp_tasks::engine::{Json, Key};
use serde_json::{Map, Number, Value};

#[derive(Clone, Debug, PartialEq)]
pub struct Node(pub Value);

impl Json for Node {
    fn get(&self, key: Key) -> Option<Self> {
        Some(Self(self.0.as_object()?.get(key.name())?.clone()))
    }

    fn member(&self, name: &str) -> Option<Self> {
        Some(Self(self.0.as_object()?.get(name)?.clone()))
    }

    fn members(&self) -> Vec<(String, Self)> {
        self.0.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), Self(value.clone()))).collect()
    }

    fn at(&self, index: usize) -> Option<Self> {
        Some(Self(self.0.as_array()?.get(index)?.clone()))
    }

    fn string(&self) -> Option<String> {
        self.0.as_str().map(Into::into)
    }

    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn boolean(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn is_object(&self) -> bool {
        self.0.is_object()
    }

    fn is_array(&self) -> bool {
        self.0.is_array()
    }

    fn object() -> Self {
        Self(Value::Object(Map::new()))
    }

    fn set(&mut self, key: Key, value: Self) {
        self.0[key.name()] = value.0;
    }

    fn record(members: Vec<(String, Self)>) -> Self {
        Self(Value::Object(members.into_iter().map(|(name, value)| (name, value.0)).collect()))
    }

    fn array(items: Vec<Self>) -> Self {
        Self(items.into_iter().map(|item| item.0).collect())
    }

    fn text(text: &str) -> Self {
        Self(text.into())
    }

    /// As JavaScript writes it: a whole number without a point, and what is no number as `null`.
    fn float(number: f64) -> Self {
        let whole = number as i64;
        let is_whole = whole as f64 == number;
        Self(if is_whole { whole.into() } else { Number::from_f64(number).map_or(Value::Null, Value::Number) })
    }

    fn truth(boolean: bool) -> Self {
        Self(boolean.into())
    }

    fn null() -> Self {
        Self(Value::Null)
    }

    fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_str(&String::from_utf8_lossy(text)).ok().map(Self)
    }
}
