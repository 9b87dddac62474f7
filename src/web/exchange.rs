//! One HTTP exchange: the request out, the response in, as the engine says how to read it.

use std::rc::Rc;

use js_sys::{Array, Error, JSON, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, AbortSignal, Blob, ReadableStreamDefaultReader, Response, ResponseType};

use super::driver::Driver;
use super::value::{Value, parse_text};
use crate::engine::{Body, Failure, Fetch, Head, Json, Key, LIMIT, Media, Millis, Nesting, Verb};

#[wasm_bindgen]
extern "C" {
    /// A body; not every `Response` that a caller's `fetch` makes has one that can be read.
    type Readable;

    #[wasm_bindgen(method, structural, catch, js_name = getReader)]
    fn get_reader(this: &Readable) -> Result<ReadableStreamDefaultReader, JsValue>;

    /// What a reader reads.
    type Chunk;

    #[wasm_bindgen(method, structural, getter)]
    fn done(this: &Chunk) -> bool;

    #[wasm_bindgen(method, structural, getter)]
    fn value(this: &Chunk) -> JsValue;

    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn wall_clock() -> f64;

    #[wasm_bindgen(js_namespace = Date, js_name = parse)]
    fn parse_date(text: &str) -> f64;
}

/// So many bytes are read without a pause: some milliseconds of small events.
const TURN: u32 = 256 << 10;

/// Why reading ended early.
struct Broken(Failure, JsValue);

impl From<JsValue> for Broken {
    fn from(thrown: JsValue) -> Self {
        Self(Failure::Network, thrown)
    }
}

pub(super) fn start(driver: Rc<Driver>, fetch: Fetch<Value>) {
    // The engine may abort the exchange before it has begun.
    let Ok(controller) = AbortController::new() else { return };
    let signal = controller.signal();
    driver.aborts.borrow_mut().insert(fetch.exchange, controller);
    spawn_local(async move {
        let id = fetch.exchange;
        if let Err(Broken(failure, cause)) = exchange(&driver, fetch, &signal).await {
            let controller = driver.aborts.borrow_mut().remove(&id);
            if driver.debug && controller.is_some() {
                let _ = driver.host.debug_failure(id, cause.clone());
            }
            if let Some(controller) = controller {
                // What is still to come is not read.
                controller.abort();
            }
            driver.input(|engine, now| engine.failed(id, failure, Value::given(cause), now));
        }
        driver.aborts.borrow_mut().remove(&id);
    });
}

async fn exchange(driver: &Rc<Driver>, fetch: Fetch<Value>, signal: &AbortSignal) -> Result<(), Broken> {
    let id = fetch.exchange;
    let response = send(driver, fetch, signal).await?;
    let headers = response.headers();
    let header = |name| headers.get(name).ok().flatten();
    // Only who refuses says why and for how long.
    let refusal = |name| if response.ok() { None } else { header(name) };
    let media_type = header("content-type").unwrap_or_default();
    if driver.debug {
        let _ = driver.host.debug_response(id, response.status(), &media_type);
    }
    let head = Head {
        status: response.status(),
        media: media(&media_type),
        session_id: header("mcp-session-id"),
        retry_after: refusal("retry-after").and_then(|value| retry_after(&value)),
        www_authenticate: refusal("www-authenticate"),
    };
    match driver.input(|engine, now| engine.head(id, head, now)) {
        Body::Unread => {
            if let Some(body) = response.body() {
                // Unread it would hold its connection; that it cannot be cancelled any more is fine.
                let _ = JsFuture::from(body.cancel()).await;
            }
        }
        Body::Whole => {
            let message = whole(driver, &response).await?;
            driver.input(|engine, now| engine.body(id, message, now));
        }
        Body::Events => {
            read(driver, &response, |chunk| {
                driver.input(|engine, now| engine.bytes(id, &chunk.to_vec(), now));
                Ok(())
            })
            .await?;
            driver.input(|engine, now| engine.ended(id, now));
        }
    }
    Ok(())
}

async fn send(driver: &Rc<Driver>, fetch: Fetch<Value>, signal: &AbortSignal) -> Result<Response, Broken> {
    if signal.aborted() {
        return Err(Broken(Failure::Network, JsValue::UNDEFINED));
    }
    let unsendable = |cause| Broken(Failure::Unsendable, cause);
    let method = match fetch.verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Delete => "DELETE",
    };
    let headers = Array::new();
    for (name, value) in &fetch.headers {
        headers.push(&Array::of2(&JsValue::from_str(name), &JsValue::from_str(value)));
    }
    if driver.debug {
        let message = fetch.body.as_ref().map_or(JsValue::UNDEFINED, |body| body.0.clone());
        let _ = driver.host.debug_request(fetch.exchange, method, headers.clone().into(), message);
    }
    let body = match &fetch.body {
        Some(body) => JSON::stringify(&body.0).map_err(unsendable)?.into(),
        None => JsValue::UNDEFINED,
    };
    let promise = driver.host.send(method, headers.into(), body, signal, fetch.awaited).map_err(unsendable)?;
    let sent = JsFuture::from(promise).await?;
    if sent.is_instance_of::<Error>() {
        return Err(unsendable(sent));
    }
    if let Some(failed) = Value(sent.clone()).get(Key::Error) {
        return Err(Broken(Failure::SignIn, failed.0));
    }
    let response: Response = sent.unchecked_into();
    if response.type_() == ResponseType::Opaqueredirect {
        return Err(Broken(Failure::Redirected, JsValue::UNDEFINED));
    }
    Ok(response)
}

/// The whole body, parsed where it is JSON: by us, so that nothing else than plain values comes of it whoever made the `Response`.
///
/// Only counting tells how long it is: a few bytes that were compressed twice may be gigabytes.
async fn whole(driver: &Driver, response: &Response) -> Result<Option<Value>, Broken> {
    let chunks = Array::new();
    let mut last = Vec::new();
    let mut length = 0;
    let mut nesting = Nesting::default();
    read(driver, response, |chunk| {
        last = chunk.to_vec();
        length += last.len();
        chunks.push(&chunk);
        if length > LIMIT || !nesting.feed(&last) { Err(Broken(Failure::TooLarge, JsValue::UNDEFINED)) } else { Ok(()) }
    })
    .await?;
    if chunks.length() < 2 {
        // Mostly: without the detour over a `Blob`.
        return Ok(Value::parse(&last));
    }
    let text = JsFuture::from(Blob::new_with_u8_array_sequence(&chunks)?.text()).await?;
    Ok(parse_text(&text).ok().map(Value))
}

async fn read(driver: &Driver, response: &Response, mut on_chunk: impl FnMut(Uint8Array) -> Result<(), Broken>) -> Result<(), Broken> {
    let Some(body) = response.body() else { return Ok(()) };
    let reader = body.unchecked_ref::<Readable>().get_reader()?;
    let mut unbroken = 0;
    loop {
        let chunk: Chunk = JsFuture::from(reader.read()).await?.unchecked_into();
        if chunk.done() {
            return Ok(());
        }
        let chunk: Uint8Array = chunk.value().unchecked_into();
        unbroken += chunk.length();
        on_chunk(chunk)?;
        // What comes faster than it is read is always there already: nothing else in the page would have its turn, not even our timer.
        if unbroken > TURN
            && let Ok(pause) = driver.host.pause()
        {
            unbroken = 0;
            JsFuture::from(pause).await?;
        }
    }
}

fn media(content_type: &str) -> Media {
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
fn retry_after(value: &str) -> Option<Millis> {
    match value.trim_ascii().parse::<u32>() {
        Ok(seconds) => Some(Millis::from(seconds) * 1_000),
        // The cast makes a date gone by a wait of nothing, and one that is no date too.
        Err(_) => Some((parse_date(value) - wall_clock()) as Millis),
    }
}
