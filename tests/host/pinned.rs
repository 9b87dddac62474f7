//! What stands in two places, held together.

use std::fs;
use std::path::Path;

use mcp_tasks::engine::{Code, Key};
use serde_json::Value;

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines of a TypeScript interface, without its comments.
fn members(source: &str, interface: &str) -> Vec<String> {
    let opening = format!("export interface {interface} {{\n");
    let body = source.split_once(&opening).unwrap_or_else(|| panic!("no {interface}")).1;
    let body = body.split_once("\n}").expect("its end").0;
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with(['/', '*']));
    lines.filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
}

#[test]
fn the_error_codes_are_those_of_the_typescript_union() {
    assert_eq!(members(&file("js/error.ts"), "ErrorData"), Code::NAMES);
}

#[test]
fn every_code_has_its_own_name() {
    assert_eq!((Code::Network.name(), Code::Internal.name()), ("network", "internal"));
    assert!(Code::NAMES.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
}

#[test]
fn every_key_has_its_own_name() {
    let mut names = Key::NAMES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Key::NAMES.len());
    assert_eq!((Key::Arguments.name(), Key::TaskId.name()), ("arguments", "taskId"));
}

#[test]
fn the_version_is_the_same_everywhere() {
    let package: Value = serde_json::from_str(&file("package.json")).expect("JSON");
    let version = package["version"].as_str().expect("a version");
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    assert!(file("js/version.ts").contains(&format!("export const VERSION = \"{version}\";")));
    assert!(file("CHANGELOG.md").contains(&format!("## [{version}]")), "what changed in it stands in the changelog");
}
