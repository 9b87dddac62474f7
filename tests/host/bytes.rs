//! The first of two bytes is found wherever it is.

use mcp_tasks::engine::first_of;
use proptest::prelude::*;

proptest! {
    #[test]
    fn it_is_the_first(bytes in prop::collection::vec(prop::sample::select(vec![b'\n', b'\r', 0x0B, 0x8A, 0x8D, b'x', 0, 0xFF]), 0..40), one: u8) {
        prop_assert_eq!(first_of(&bytes, b'\n', b'\r'), bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')));
        prop_assert_eq!(first_of(&bytes, one, b'x'), bytes.iter().position(|byte| *byte == one || *byte == b'x'));
    }

    #[test]
    fn however_far_it_is(before in 0..40_usize, after in 0..40_usize, byte in b'a'..=b'b') {
        let bytes = [vec![b'.'; before], vec![byte], vec![b'.'; after]].concat();
        prop_assert_eq!(first_of(&bytes, b'a', b'b'), Some(before));
        prop_assert_eq!(first_of(&bytes, b'c', b'd'), None);
    }
}
