//! The rules of ACL SETUSER as words: what may be wrong with one, and selectors that are spread over several words.

/// Why a rule is refused. The texts are Redis's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("Syntax error")]
    Syntax,
    #[error("Unknown command or category name in ACL")]
    Unknown,
    #[error(
        "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns"
    )]
    KeysAfterAll,
    #[error(
        "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels"
    )]
    ChannelsAfterAll,
    #[error("The password you are trying to remove from the user does not exist")]
    NoSuchPassword,
    #[error(
        "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
    )]
    Hash,
    #[error("Allowing first-arg of a subcommand is not supported")]
    FirstArgOfPart,
}

/// A selector's closing parenthesis is missing: the word that opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched(pub Vec<u8>);

/// Joins the words of each selector into one: `(~a`, `+get)` becomes `(~a +get)`.
pub(super) fn join_selectors<W: AsRef<[u8]>>(words: &[W]) -> Result<Vec<Vec<u8>>, Unmatched> {
    let mut rules: Vec<Vec<u8>> = Vec::with_capacity(words.len());
    let mut open: Option<(usize, Vec<u8>)> = None;
    for (at, word) in words.iter().enumerate() {
        let word = word.as_ref();
        let closes = word.last() == Some(&b')');
        match &mut open {
            Some((_, selector)) => {
                selector.push(b' ');
                selector.extend_from_slice(word);
                if closes {
                    rules.extend(open.take().map(|(_, selector)| selector));
                }
            }
            None if word.first() == Some(&b'(') && !closes => open = Some((at, word.to_vec())),
            None => rules.push(word.to_vec()),
        }
    }
    match open {
        None => Ok(rules),
        Some((at, _)) => Err(Unmatched(words[at].as_ref().to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_may_be_spread_over_words() {
        let words = ["on", "(~a", "+get", ")", "(~b)", "off"];
        let rules = join_selectors(&words).expect("matched parentheses");
        let text: Vec<_> = rules.iter().map(|r| String::from_utf8_lossy(r)).collect();
        assert_eq!(text, ["on", "(~a +get )", "(~b)", "off"]);
        assert_eq!(
            join_selectors(&["on", "(~a", "x"]),
            Err(Unmatched(b"(~a".to_vec()))
        );
        assert_eq!(join_selectors(&["", ")"]).map(|r| r.len()), Ok(2));
    }
}
