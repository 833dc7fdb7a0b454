//! From tokens' bytes to a draw's text: [`Text`] finds stop texts, also across token borders.

use zerr_wire::Finish;

/// The bytes that a draw has so far.
#[derive(Debug, Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
}

/// A draw's text when it is finished.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) text: String,
    pub(crate) invalid_utf8: bool,
}

impl Text {
    /// Appends a token's bytes. `true`: a stop text is complete, and the bytes were cut before it.
    pub(crate) fn push(&mut self, piece: &[u8], stops: &[String]) -> bool {
        let old = self.bytes.len();
        self.bytes.extend_from_slice(piece);
        let found = stops
            .iter()
            .filter(|stop| !stop.is_empty())
            .filter_map(|stop| {
                let from = old.saturating_sub(stop.len() - 1);
                let window = self.bytes.get(from..)?;
                let at = window.windows(stop.len()).position(|part| part == stop.as_bytes())?;
                Some(from + at)
            })
            .min();
        if let Some(end) = found {
            self.bytes.truncate(end);
        }
        found.is_some()
    }

    /// Where the draw was cut off, half a character at the end is dropped: the model might well
    /// have completed it.
    pub(crate) fn finish(mut self, finish: Finish) -> Finished {
        if let Err(error) = std::str::from_utf8(&self.bytes)
            && error.error_len().is_none()
            && !matches!(finish, Finish::Stop | Finish::EndOfTurn)
        {
            self.bytes.truncate(error.valid_up_to());
        }
        match String::from_utf8(self.bytes) {
            Ok(text) => Finished { text, invalid_utf8: false },
            Err(error) => Finished {
                text: String::from_utf8_lossy(error.as_bytes()).into_owned(),
                invalid_utf8: true,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn push_all(pieces: &[&[u8]], stops: &[&str]) -> (Text, bool) {
        let stops: Vec<String> = stops.iter().map(|&stop| stop.to_owned()).collect();
        let mut text = Text::default();
        let stopped = pieces.iter().any(|piece| text.push(piece, &stops));
        (text, stopped)
    }

    proptest! {
        #[test]
        fn where_tokens_part_does_not_matter(
            bytes in "[ab\n`]{0,40}",
            cuts in proptest::collection::vec(0usize..40, 0..10),
        ) {
            let stops = ["\n``", "aab"];
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|&cut| cut <= bytes.len()).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> =
                cuts.windows(2).map(|cut| &bytes.as_bytes()[cut[0]..cut[1]]).collect();
            let (text, stopped) = push_all(&pieces, &stops);
            let end = stops.iter().filter_map(|stop| bytes.find(stop)).min();
            // A stop text that is complete first ends the draw, even where one that began earlier
            // would have been completed later.
            prop_assert_eq!(stopped, end.is_some());
            let text = text.finish(Finish::Stop).text;
            prop_assert!(stops.iter().all(|stop| !text.contains(stop)));
            prop_assert!(bytes.starts_with(&text));
        }
    }

    #[test]
    fn a_stop_text_across_tokens_is_cut_exactly() {
        let (text, stopped) = push_all(&[b"x = 1", b"\n`", b"``", b"never"], &["\n```"]);
        assert!(stopped);
        assert_eq!(text.finish(Finish::Stop).text, "x = 1");
    }

    #[test]
    fn the_earliest_of_two_stop_texts_in_one_token_wins() {
        let (text, stopped) = push_all(&[b"one two three"], &["three", "two"]);
        assert!(stopped);
        assert_eq!(text.finish(Finish::Stop).text, "one ");
    }

    #[test]
    fn half_a_character_is_dropped_where_the_draw_was_cut_and_flagged_where_it_ended() {
        let (cut, _) = push_all(&[b"a", &[0xc3]], &[]);
        assert_eq!(cut.finish(Finish::Length), Finished { text: "a".into(), invalid_utf8: false });
        let (ended, _) = push_all(&[b"a", &[0xc3]], &[]);
        assert_eq!(
            ended.finish(Finish::EndOfTurn),
            Finished { text: "a\u{fffd}".into(), invalid_utf8: true }
        );
    }

    #[test]
    fn a_character_split_over_tokens_is_whole_again() {
        let (text, _) = push_all(&[&[0xe2, 0x82], &[0xac]], &[]);
        assert_eq!(
            text.finish(Finish::EndOfTurn),
            Finished { text: "€".into(), invalid_utf8: false }
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_flagged_wherever_the_draw_ended() {
        let (text, _) = push_all(&[&[b'a', 0xff, b'b']], &[]);
        assert!(text.finish(Finish::Length).invalid_utf8);
    }
}
