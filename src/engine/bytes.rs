//! Bytes that mean something among many that do not.

/// Where the first of the one or the other byte is.
///
/// Eight bytes at a time, for most of what comes is looked through for them.
pub fn first_of(bytes: &[u8], one: u8, other: u8) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    let has = |word: u64, byte: u8| {
        let differs = word ^ (ONES * u64::from(byte));
        // The highest bit of a byte is set here if that, or one below it, is zero.
        differs.wrapping_sub(ONES) & !differs & (ONES << 7) != 0
    };
    let (words, _) = bytes.as_chunks();
    let has_none = |word: &&[u8; 8]| {
        let word = u64::from_le_bytes(**word);
        !has(word, one) && !has(word, other)
    };
    let skipped = 8 * words.iter().take_while(has_none).count();
    bytes[skipped..].iter().position(|byte| *byte == one || *byte == other).map(|place| skipped + place)
}
