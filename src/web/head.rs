//! What the engine wants to know of a response's head.

use wasm_bindgen::prelude::*;

use crate::engine::{Media, Millis};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn wall_clock() -> f64;

    #[wasm_bindgen(js_namespace = Date, js_name = parse)]
    fn parse_date(text: &str) -> f64;
}

pub(super) fn media(content_type: &str) -> Media {
    let essence = content_type.split(';').next().unwrap_or_default().trim_ascii();
    if essence.eq_ignore_ascii_case("application/json") {
        Media::Json
    } else if essence.eq_ignore_ascii_case("text/event-stream") {
        Media::EventStream
    } else {
        Media::Other
    }
}

/// `Retry-After` as a wait: it is a number of seconds, or a date of the wall clock.
pub(super) fn retry_after(value: &str) -> Millis {
    match value.trim_ascii().parse::<u32>() {
        Ok(seconds) => Millis::from(seconds) * 1_000,
        // The cast makes a date gone by a wait of nothing, and one that is no date too.
        Err(_) => (parse_date(value) - wall_clock()) as Millis,
    }
}
