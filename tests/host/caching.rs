//! How long lists are kept in the stateless era: as long as the server says, for whom it says, and no longer than it says nothing.

use mcp_tasks::engine::{CallId, Config, Listing};
use serde_json::{Value, json};

use crate::bench::{Bench, modern_config, tool};
use crate::modern_server::complete;
use crate::signature::TASKS;
use crate::wire::Reply;

fn list(bench: &mut Bench) -> CallId {
    bench.call(|engine, call, now| engine.list(call, Listing::Tools, now))
}

/// A server that announces no changes, and whose tools may be kept so long.
fn keeping(ttl: Value) -> Bench {
    let mut bench = Bench::modern_with(modern_config(), json!({ "tools": {}, "extensions": { TASKS: {} } }));
    bench.on("tools/list", move |sent| {
        let mut page = complete(json!({ "tools": [], "cacheScope": "public" }));
        Some(&ttl).filter(|ttl| !ttl.is_null()).into_iter().for_each(|ttl| page["ttlMs"] = ttl.clone());
        Reply::json(sent.result(page))
    });
    bench
}

/// A server that announces changes on a stream, to somebody who listens.
fn announcing(ttl: Option<u64>) -> Bench {
    let mut bench = Bench::modern();
    bench.on("tools/list", move |sent| {
        let mut page = complete(json!({ "tools": [], "cacheScope": "public" }));
        ttl.into_iter().for_each(|ttl| page["ttlMs"] = json!(ttl));
        Reply::json(sent.result(page))
    });
    bench.tell(|engine, now| engine.listen(true, now));
    bench.pass(1_000);
    bench
}

/// How often the tools are read by two who ask so long after each other.
fn reads(bench: &mut Bench, gap: u64) -> usize {
    let before = bench.count("tools/list");
    let first = list(bench);
    bench.value(first);
    bench.pass(gap);
    let second = list(bench);
    bench.value(second);
    bench.count("tools/list") - before
}

fn changed(what: &str) -> Value {
    json!({ "jsonrpc": "2.0", "method": format!("notifications/{what}/list_changed"), "params": {} })
}

#[test]
fn a_list_is_fresh_until_its_time_is_over() {
    for (why, ttl, gap, expected) in [
        ("fresh", json!(1_000), 999, 1),
        ("over", json!(1_000), 1_000, 2),
        ("stale at once", json!(0), 0, 2),
        ("negative is none", json!(-1_000), 0, 2),
        ("nothing is said", json!(null), 0, 2),
        ("longer than any clock", json!(1e300), 31_536_000_000, 1),
        ("no number is nothing", json!("1000"), 0, 2),
    ] {
        assert_eq!(reads(&mut keeping(ttl), gap), expected, "{why}");
    }
}

#[test]
fn its_time_begins_when_it_comes() {
    let mut bench = keeping(json!(1_000));
    bench.server.latency = 5_000;
    let call = list(&mut bench);
    bench.pass(5_999);
    bench.value(call);
    let call = list(&mut bench);
    bench.value(call);
    assert_eq!(bench.count("tools/list"), 1);
}

#[test]
fn pages_are_kept_together_as_long_as_the_one_that_is_stale_first() {
    for (ttls, fresh) in [([5_000, 1_000, 9_000], 1_000), ([1_000, 5_000, 9_000], 900), ([9_000, 9_000, 0], 0)] {
        let mut bench = keeping(json!(null));
        // Each page takes a while, and its time begins when it comes.
        bench.on("tools/list", move |sent| {
            let page = sent.params()["cursor"].as_str().map_or(0, |cursor| cursor.parse().expect("a page"));
            let mut result = complete(json!({ "tools": [{ "name": page.to_string() }], "ttlMs": ttls[page] }));
            (page < 2).then(|| result["nextCursor"] = json!((page + 1).to_string()));
            Reply::json(sent.result(result)).after(50)
        });
        let call = list(&mut bench);
        bench.pass(150);
        assert_eq!(bench.value(call).as_array().map(Vec::len), Some(3));
        let fresh = if fresh == 0 { 0 } else { fresh - 50 };
        bench.pass(fresh.max(1) - 1);
        let still = list(&mut bench);
        bench.pass(150);
        bench.value(still);
        assert_eq!(bench.count("tools/list"), if fresh == 0 { 6 } else { 3 }, "{ttls:?}");
        bench.pass(10_000);
        list(&mut bench);
        bench.pass(150);
        assert_eq!(bench.count("tools/list"), if fresh == 0 { 9 } else { 6 }, "{ttls:?}");
    }
}

#[test]
fn a_change_ends_the_freshness() {
    for (push, expected) in [(None, 1), (Some("prompts"), 1), (Some("tools"), 2)] {
        let mut bench = announcing(Some(3_600_000));
        list(&mut bench);
        push.inspect(|what| bench.push(&changed(what)));
        list(&mut bench);
        assert_eq!(bench.count("tools/list"), expected, "{push:?}");
    }
}

#[test]
fn a_list_that_changed_while_it_was_read_is_not_kept() {
    let mut bench = announcing(Some(3_600_000));
    bench.server.latency = 100;
    let call = list(&mut bench);
    bench.push(&changed("tools"));
    bench.pass(100);
    bench.value(call);
    list(&mut bench);
    bench.pass(100);
    assert_eq!(bench.count("tools/list"), 2);
}

#[test]
fn without_a_word_of_time_a_list_is_kept_where_its_changes_would_be_heard() {
    assert_eq!(reads(&mut announcing(None), 60_000), 1);
    let mut bench = announcing(None);
    bench.push_bytes(crate::wire::Arrival::End);
    assert_eq!(reads(&mut bench, 0), 2, "the stream broke");
    let mut bench = Bench::modern_with(Config { notifications: false, ..modern_config() }, crate::modern_server::modern_capabilities());
    bench.results("tools/list", json!({ "tools": [] }));
    assert_eq!(reads(&mut bench, 0), 2, "no stream is wanted");
}

#[test]
fn what_is_private_is_for_the_credentials_that_it_was_read_with() {
    for (scopes, expected) in [(["public", "public"], 2), (["private", "private"], 4), (["public", "private"], 4)] {
        let mut bench = keeping(json!(null));
        bench.on("tools/list", move |sent| {
            let page = usize::from(!sent.params()["cursor"].is_null());
            let mut result = complete(json!({ "tools": [], "ttlMs": 3_600_000, "cacheScope": scopes[page] }));
            (page == 0).then(|| result["nextCursor"] = json!("1"));
            Reply::json(sent.result(result))
        });
        list(&mut bench);
        bench.tell(|engine, _| engine.reauthorized());
        list(&mut bench);
        assert_eq!(bench.count("tools/list"), expected, "{scopes:?}");
    }
}

#[test]
fn a_stale_list_still_tells_how_a_tool_is_called() {
    let mut bench = keeping(json!(0));
    bench.results("tools/list", complete(json!({ "tools": [{ "name": "quick", "inputSchema": {} }], "ttlMs": 0 })));
    for _ in 0..3 {
        let call = bench.invoke(tool("quick"));
        bench.value(call);
    }
    assert_eq!(bench.count("tools/list"), 1, "a list is not read for every call");
}
