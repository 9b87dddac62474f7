//! The lists of what a server offers: all pages, kept as long as the server lets us know of changes.

use mcp_tasks::engine::{CallId, Code, Config, Listing};
use serde_json::{Value, json};

use crate::bench::{Bench, config};
use crate::wire::Reply;

fn list(bench: &mut Bench, listing: Listing) -> CallId {
    bench.call(|engine, call, now| engine.list(call, listing, now))
}

fn changed(what: &str) -> Value {
    json!({ "jsonrpc": "2.0", "method": format!("notifications/{what}/list_changed") })
}

/// A server that announces changes on a stream, to somebody who listens.
fn announcing() -> Bench {
    let offer = json!({ "tools": { "listChanged": true }, "prompts": {}, "resources": { "listChanged": true } });
    let mut bench = Bench::new(config(), offer);
    bench.on("GET", |_| Reply::stream());
    bench.call(|engine, call, now| engine.connect(call, now));
    bench.tell(|engine, now| engine.listen(true, now));
    bench
}

#[test]
fn all_pages_are_one_list() {
    for (listing, method, member) in [
        (Listing::Tools, "tools/list", "tools"),
        (Listing::Prompts, "prompts/list", "prompts"),
        (Listing::Resources, "resources/list", "resources"),
        (Listing::ResourceTemplates, "resources/templates/list", "resourceTemplates"),
    ] {
        let mut bench = Bench::polling();
        bench.on(method, move |sent| {
            Reply::json(sent.result(match sent.params()["cursor"].as_str() {
                None => json!({ member: [{ "name": "a" }], "nextCursor": "2" }),
                Some("2") => json!({ member: [], "nextCursor": "3" }),
                Some(_) => json!({ member: [{ "name": "b" }, { "name": "c" }] }),
            }))
        });
        let call = list(&mut bench, listing);
        assert_eq!(bench.value(call), json!([{ "name": "a" }, { "name": "b" }, { "name": "c" }]), "{method}");
        assert_eq!(Listing::named(member), Some(listing));
    }
}

#[test]
fn what_the_server_does_not_offer_is_not_asked_for() {
    let mut bench = Bench::offering(json!({ "tools": {} }));
    for listing in [Listing::Prompts, Listing::Resources, Listing::ResourceTemplates] {
        let call = list(&mut bench, listing);
        assert_eq!(bench.error(call).code, Code::Unsupported);
    }
    assert_eq!(bench.sent.len(), 0);
}

#[test]
fn a_list_is_read_once_where_the_server_announces_no_changes() {
    let mut bench = Bench::polling();
    for _ in 0..3 {
        let call = list(&mut bench, Listing::Tools);
        bench.value(call);
    }
    assert_eq!(bench.count("tools/list"), 1);
}

#[test]
fn those_who_ask_at_the_same_time_share_a_list() {
    let mut bench = Bench::polling();
    bench.on("tools/list", |sent| Reply::json(sent.result(json!({ "tools": [] }))).after(100));
    let calls = [list(&mut bench, Listing::Tools), list(&mut bench, Listing::Tools)];
    bench.pass(100);
    calls.into_iter().for_each(|call| assert_eq!(bench.value(call), json!([])));
    assert_eq!(bench.count("tools/list"), 1);
}

#[test]
fn a_change_drops_the_list_that_it_is_about() {
    let mut bench = announcing();
    for (listing, method, what, other) in [
        (Listing::Tools, "tools/list", "tools", "prompts"),
        (Listing::Resources, "resources/list", "resources", "tools"),
        (Listing::ResourceTemplates, "resources/templates/list", "resources", "prompts"),
    ] {
        let member = if listing == Listing::ResourceTemplates { "resourceTemplates" } else { what };
        bench.results(method, json!({ member: [] }));
        for (push, asked) in [(None, 1), (None, 1), (Some(other), 1), (Some(what), 2), (None, 2)] {
            push.inspect(|what| bench.push(&changed(what)));
            list(&mut bench, listing);
            assert_eq!(bench.count(method), asked, "{method}");
        }
    }
}

#[test]
fn a_list_that_changed_while_it_was_read_is_not_kept() {
    let mut bench = announcing();
    bench.hold("tools/list");
    let call = list(&mut bench, Listing::Tools);
    bench.push(&changed("tools"));
    let sent = bench.last("tools/list");
    bench.reply(&sent, Reply::json(sent.result(json!({ "tools": [{ "name": "old" }] }))));
    bench.pass(0);
    assert_eq!(bench.value(call), json!([{ "name": "old" }]), "it was the answer when it was asked");
    bench.results("tools/list", json!({ "tools": [{ "name": "new" }] }));
    let call = list(&mut bench, Listing::Tools);
    assert_eq!(bench.value(call), json!([{ "name": "new" }]));
}

#[test]
fn a_list_is_not_kept_where_its_changes_would_not_be_heard() {
    let offer = json!({ "tools": { "listChanged": true } });
    for (why, notifications, refused) in [("no stream is wanted", false, false), ("the server has none", true, true)] {
        let mut bench = Bench::new(Config { notifications, ..config() }, offer.clone());
        bench.on("GET", move |_| if refused { Reply::status(405) } else { Reply::stream() });
        bench.call(|engine, call, now| engine.connect(call, now));
        bench.tell(|engine, now| engine.listen(true, now));
        list(&mut bench, Listing::Tools);
        list(&mut bench, Listing::Tools);
        assert_eq!(bench.count("tools/list"), 2, "{why}");
    }
    let mut bench = announcing();
    list(&mut bench, Listing::Tools);
    bench.push_bytes(crate::wire::Arrival::End);
    list(&mut bench, Listing::Tools);
    assert_eq!(bench.count("tools/list"), 2, "the stream broke");
}

#[test]
fn a_cursor_that_comes_back_is_not_followed() {
    let mut bench = Bench::polling();
    bench.results("tools/list", json!({ "tools": [{ "name": "a" }], "nextCursor": "again" }));
    let call = list(&mut bench, Listing::Tools);
    assert_eq!(bench.error(call).code, Code::Protocol);
    assert_eq!(bench.count("tools/list"), 2);
}

#[test]
fn a_list_without_end_is_refused() {
    type Page = fn(u64) -> Value;
    let servers: [(&str, Page); 2] = [
        ("ever new pages", |page| json!({ "tools": vec![json!({ "name": "a" }); 1_000], "nextCursor": page.to_string() })),
        ("empty pages, each with another to come", |page| json!({ "tools": [], "nextCursor": page.to_string() })),
    ];
    for (why, page) in servers {
        let mut bench = Bench::polling();
        bench.on("tools/list", move |sent| {
            let number = sent.body["id"].as_u64().expect("an id");
            Reply::json(sent.result(page(number))).after(1)
        });
        let call = list(&mut bench, Listing::Tools);
        bench.pass(5_000);
        assert_eq!(bench.error(call).code, Code::Protocol, "{why}: {} pages", bench.count("tools/list"));
    }
}

#[test]
fn a_list_that_fails_is_asked_for_again_by_the_next() {
    let failures: [(&str, Reply, Code); 3] = [
        ("the network", Reply::fail(), Code::Network),
        ("a page", Reply::status(200), Code::Protocol),
        ("500", Reply::status(500), Code::Http),
    ];
    for (why, reply, code) in failures {
        let mut bench = Bench::polling();
        bench.on("tools/list", move |_| reply.clone());
        let call = list(&mut bench, Listing::Tools);
        bench.pass(10_000);
        assert_eq!(bench.error(call).code, code, "{why}");
        bench.results("tools/list", json!({ "tools": [] }));
        let call = list(&mut bench, Listing::Tools);
        assert_eq!(bench.value(call), json!([]), "{why}");
    }
    for items in [json!(null), json!({}), json!("x")] {
        let mut bench = Bench::polling();
        bench.results("tools/list", json!({ "tools": items }));
        let call = list(&mut bench, Listing::Tools);
        assert_eq!(bench.error(call).code, Code::Protocol, "{items}");
    }
}
