//! A JSON value that lives in JavaScript.

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use crate::engine::{Json, Key};

#[wasm_bindgen]
extern "C" {
    /// Any object, by its members.
    type Members;

    #[wasm_bindgen(method, structural, indexing_getter)]
    fn member(this: &Members, name: &JsValue) -> JsValue;

    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set_member(this: &Members, name: &JsValue, value: &JsValue);

    #[wasm_bindgen(js_namespace = Object, js_name = hasOwn)]
    fn has_own(object: &JsValue, name: &JsValue) -> bool;

    #[wasm_bindgen(js_namespace = Object)]
    fn keys(object: &JsValue) -> Array;

    #[wasm_bindgen(js_namespace = Object, js_name = fromEntries)]
    fn from_entries(entries: &Array) -> JsValue;

    /// Takes the text as JavaScript has it: a long one would be copied in and out.
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    pub(super) fn parse_text(text: &JsValue) -> Result<JsValue, JsValue>;

    type TextDecoder;

    /// One for each text: Safari's fails after two gigabytes.
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<TextDecoder, JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    fn decode(this: &TextDecoder, bytes: &[u8]) -> Result<JsValue, JsValue>;
}

thread_local! {
    /// The members' names as JavaScript strings, made once.
    static NAMES: Vec<JsValue> = Key::NAMES.iter().map(|name| JsValue::from_str(name)).collect();
}

fn named<T>(key: Key, then: impl FnOnce(&JsValue) -> T) -> T {
    NAMES.with(|names| then(&names[key as usize]))
}

/// A handle; a clone is a second handle on the same value.
#[derive(Clone)]
pub struct Value(pub JsValue);

impl Value {
    /// A value that may be `undefined`.
    pub(super) fn given(value: JsValue) -> Option<Self> {
        (!value.is_undefined()).then_some(Self(value))
    }
}

impl Json for Value {
    fn get(&self, key: Key) -> Option<Self> {
        // Arrays have none of these members.
        if !self.0.is_object() {
            return None;
        }
        Self::given(named(key, |name| self.0.unchecked_ref::<Members>().member(name)))
    }

    fn member(&self, name: &str) -> Option<Self> {
        // Only what is its own: a server may name a member `constructor`.
        let name = JsValue::from_str(name);
        let is_own = self.is_object() && has_own(&self.0, &name);
        is_own.then(|| Self(self.0.unchecked_ref::<Members>().member(&name)))
    }

    fn members(&self) -> Vec<(String, Self)> {
        if !self.is_object() {
            return Vec::new();
        }
        let names = keys(&self.0);
        names.iter().map(|name| (name.as_string().unwrap_or_default(), Self(self.0.unchecked_ref::<Members>().member(&name)))).collect()
    }

    fn at(&self, index: usize) -> Option<Self> {
        if !self.is_array() {
            return None;
        }
        // In JSON nothing is `undefined`.
        Self::given(self.0.unchecked_ref::<Array>().get(u32::try_from(index).ok()?))
    }

    fn string(&self) -> Option<String> {
        self.0.as_string()
    }

    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn boolean(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn is_object(&self) -> bool {
        self.0.is_object() && !self.is_array()
    }

    fn is_array(&self) -> bool {
        Array::is_array(&self.0)
    }

    fn object() -> Self {
        Self(Object::new().into())
    }

    fn set(&mut self, key: Key, value: Self) {
        named(key, |name| self.0.unchecked_ref::<Members>().set_member(name, &value.0));
    }

    fn record(members: Vec<(String, Self)>) -> Self {
        let entries = Array::new();
        for (name, value) in members {
            entries.push(&Array::of2(&JsValue::from_str(&name), &value.0));
        }
        // It defines members rather than setting them: `__proto__` is a name like any other.
        Self(from_entries(&entries))
    }

    fn array(items: Vec<Self>) -> Self {
        let array = Array::new();
        items.iter().for_each(|item| {
            array.push(&item.0);
        });
        Self(array.into())
    }

    fn text(text: &str) -> Self {
        Self(JsValue::from_str(text))
    }

    fn float(number: f64) -> Self {
        Self(JsValue::from_f64(number))
    }

    fn truth(boolean: bool) -> Self {
        Self(JsValue::from_bool(boolean))
    }

    fn null() -> Self {
        Self(JsValue::NULL)
    }

    fn parse(text: &[u8]) -> Option<Self> {
        parse_text(&TextDecoder::new().ok()?.decode(text).ok()?).ok().map(Self)
    }
}
