//! Whole numbers as text.

use mcp_tasks::engine::decimal::decimal;
use proptest::prelude::*;

#[test]
fn the_ends_of_the_range_are_written_too() {
    for number in [0, 7, -7, 10, i64::MAX, i64::MIN] {
        assert_eq!(decimal(number), number.to_string());
    }
}

proptest! {
    #[test]
    fn any_number_is_written_as_the_standard_library_writes_it(number: i64) {
        prop_assert_eq!(decimal(number), number.to_string());
    }
}
