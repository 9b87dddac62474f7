//! Time in a browser: one timer, for the earliest of all deadlines.

use mcp_tasks::web::Core;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::page::{Page, Timers, pause};

/// The shortest delay of the timers that are armed once the first poll has come to this.
async fn delay_after(page: &Page, way: &str) -> f64 {
    page.watched_task().await;
    page.peer.answer("tasks/get", way);
    let timers = Timers::new();
    while page.peer.count("tasks/get") == 0 {
        pause(5.0).await;
    }
    // Its answer has come, and the next, after what is left to chance, has not been sent yet.
    pause(40.0).await;
    let delays = timers.delays();
    timers.remove();
    delays.into_iter().fold(f64::INFINITY, f64::min)
}

#[wasm_bindgen_test]
async fn a_hundred_tasks_have_one_timer() {
    let page = Page::connected().await;
    let timers = Timers::new();
    for number in 0..100 {
        page.core.follow(&format!("t{number}"), js_sys::Object::new().into(), false);
        page.core.watch(&format!("t{number}"), true);
    }
    // Few are under way at a time, and the clients of earlier tests are still there.
    for _ in 0..100 {
        pause(100.0).await;
        if page.peer.count("tasks/get") >= 100 {
            break;
        }
    }
    let (armed, most) = (timers.delays().len(), timers.most());
    timers.remove();
    assert!(page.peer.count("tasks/get") >= 100, "each is polled");
    assert!(armed <= 1 && most == 1, "{armed} are armed, and {most} were");
    page.end_of(page.call(|core, call| core.close(call, true))).await.expect("an end");
}

#[wasm_bindgen_test]
async fn a_closed_client_has_none() {
    let timers = Timers::new();
    let page = Page::connected().await;
    page.watched_task().await;
    pause(50.0).await;
    assert_eq!(timers.delays().len(), 1);
    page.end_of(page.call(|core, call| core.close(call, true))).await.expect("an end");
    pause(20.0).await;
    let left = timers.delays().len();
    timers.remove();
    assert_eq!(left, 0);
}

#[wasm_bindgen_test]
async fn retry_after_is_a_number_of_seconds_or_a_date() {
    let soon = |delay: f64| delay <= 5_000.0;
    let in_seven_seconds = |delay: f64| (6_500.0..=7_002.0).contains(&delay);
    let about_twenty = |delay: f64| (18_000.0..=20_100.0).contains(&delay);
    let date = |wait: f64| String::from(js_sys::Date::new(&JsValue::from_f64(js_sys::Date::now() + wait)).to_utc_string());
    for (why, value, holds) in [
        ("seconds", "7".into(), &in_seven_seconds as &dyn Fn(f64) -> bool),
        ("seconds with spaces", " 7 ".into(), &in_seven_seconds),
        ("a date", date(20_000.0), &about_twenty),
        ("a date gone by", date(-20_000.0), &soon),
        ("no number and no date", "soon".into(), &soon),
        ("a negative number", "-7".into(), &soon),
    ] {
        let page = Page::connected().await;
        page.peer.set_retry_after(&value);
        let delay = delay_after(&page, "busy").await;
        assert!(holds(delay), "{why}: {delay}");
        page.end_of(page.call(|core, call| core.close(call, true))).await.expect("an end");
    }
}

#[wasm_bindgen_test]
async fn no_delay_is_longer_than_a_browser_can_wait() {
    for timeout in [1e12, f64::INFINITY] {
        let timers = Timers::new();
        let page = Page::waiting(timeout, false);
        page.peer.answer("initialize", "silence");
        let call = page.call(Core::connect);
        pause(20.0).await;
        let delays = timers.delays();
        timers.remove();
        assert!(delays.iter().all(|delay| *delay <= f64::from(i32::MAX)), "it would fire at once: {delays:?}");
        assert_eq!(page.peer.told("reject"), "[]", "and nothing is given up");
        page.core.abandon(call);
    }
}
