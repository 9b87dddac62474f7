//! The parser of server-sent events: wherever the stream is cut into chunks, the same events come out.

use mcp_tasks::engine::Decoder;

type Heard = (Vec<String>, Option<String>, Option<u64>);

fn read<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Heard {
    let (mut decoder, mut events) = (Decoder::default(), Vec::new());
    for chunk in chunks {
        decoder.feed(chunk, |text| events.push(String::from_utf8_lossy(text).into_owned())).expect("less than the limit");
    }
    (events, decoder.last_event_id().map(Into::into), decoder.retry())
}

/// The first byte is the size of the chunks.
pub fn try_out(data: &[u8]) {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = read(std::iter::once(stream));
    assert_eq!(read(stream.chunks(usize::from(*size).max(1))), whole);
    assert_eq!(read(stream.chunks(1)), whole);
}
