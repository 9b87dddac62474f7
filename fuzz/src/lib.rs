//! What is tried with bytes of any kind. Each target is a function, so that the kept corpus is tried by `cargo test` as well.

pub mod classifier;
pub mod engine;
pub mod envelope;
#[path = "../../tests/host/node.rs"]
mod node;
pub mod sse;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    fn each(target: &str, try_out: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        let mut count = 0;
        for entry in fs::read_dir(&folder).expect("a corpus") {
            try_out(&fs::read(entry.expect("an entry").path()).expect("a file"));
            count += 1;
        }
        assert!(count > 0, "{} is empty", folder.display());
    }

    #[test]
    fn the_corpus_of_the_sse_parser_passes() {
        each("sse", crate::sse::try_out);
    }

    #[test]
    fn the_corpus_of_the_envelope_passes() {
        each("envelope", crate::envelope::try_out);
    }

    #[test]
    fn the_corpus_of_the_classifier_passes() {
        each("classifier", crate::classifier::try_out);
    }

    #[test]
    fn the_corpus_of_the_engine_passes() {
        each("engine", crate::engine::try_out);
    }
}
