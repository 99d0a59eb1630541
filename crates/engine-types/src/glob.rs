//! Glob patterns as Redis matches them (KEYS, SCAN MATCH, PSUBSCRIBE, ACL).
//!
//! Redis's quirks are kept: `*` alone does not match the empty string here (its callers take
//! `*` for "all" before they ask), a class that is not closed ends with the pattern, a range's
//! ends may come in either order and compare as signed bytes, and a pattern with more than a
//! thousand groups of stars matches nothing.

/// Groups of stars beyond which a pattern is taken for abuse.
const STARS_MAX: usize = 1000;

/// Whether `text` matches `pattern`; with `nocase`, ASCII letters match in either case.
///
/// O(pattern × text) at worst: only the last star is ever tried again, because whatever an
/// earlier one could skip, the last one can skip too.
pub fn matches(pattern: &[u8], text: &[u8], nocase: bool) -> bool {
    let (mut rest, mut left) = (pattern, text);
    // The pattern behind the last star, and the text from where it was tried last.
    let mut star: Option<(&[u8], &[u8])> = None;
    let mut stars = 0;
    if pattern.is_empty() || text.is_empty() {
        return pattern.is_empty() && text.is_empty();
    }
    loop {
        let step = match rest.first() {
            Some(b'*') if !left.is_empty() => {
                let behind = skip_stars(rest);
                stars += 1;
                if behind.is_empty() {
                    return true;
                }
                if stars > STARS_MAX {
                    return false;
                }
                star = Some((behind, left));
                Some((behind, left))
            }
            _ => one(rest, left, nocase),
        };
        if let Some((pattern, text)) = step {
            rest = pattern;
            left = text;
            if left.is_empty() {
                rest = skip_stars(rest);
                if rest.is_empty() {
                    return true;
                }
            }
            continue;
        }
        let Some((behind, [_, later @ ..])) = star else {
            return false;
        };
        if later.is_empty() {
            return false;
        }
        star = Some((behind, later));
        rest = behind;
        left = later;
    }
}

fn skip_stars(pattern: &[u8]) -> &[u8] {
    let stars = pattern.iter().take_while(|&&byte| byte == b'*').count();
    pattern.get(stars..).unwrap_or_default()
}

/// Matches one byte of text with the pattern's first element, which is not a star; what is
/// left of both, or `None`.
fn one<'p, 't>(pattern: &'p [u8], text: &'t [u8], nocase: bool) -> Option<(&'p [u8], &'t [u8])> {
    let (&byte, text) = text.split_first()?;
    let rest = match pattern {
        [] => return None,
        [b'?', rest @ ..] => rest,
        [b'[', rest @ ..] => class(rest, byte, nocase)?,
        [b'\\', literal, rest @ ..] | [literal, rest @ ..] => {
            if !same(*literal, byte, nocase) {
                return None;
            }
            rest
        }
    };
    Some((rest, text))
}

fn same(left: u8, right: u8, nocase: bool) -> bool {
    left == right || (nocase && left.eq_ignore_ascii_case(&right))
}

/// Matches `byte` with the class whose inside begins here; the pattern behind it, or `None`.
fn class(pattern: &[u8], byte: u8, nocase: bool) -> Option<&[u8]> {
    let (negated, mut rest) = match pattern {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, pattern),
    };
    let mut found = false;
    loop {
        match rest {
            [] => break,
            [b'\\', literal, behind @ ..] => {
                found |= *literal == byte;
                rest = behind;
            }
            [b']', behind @ ..] => {
                rest = behind;
                break;
            }
            [start, b'-', end, behind @ ..] => {
                found |= in_range(*start, *end, byte, nocase);
                rest = behind;
            }
            [literal, behind @ ..] => {
                found |= same(*literal, byte, nocase);
                rest = behind;
            }
        }
    }
    (found != negated).then_some(rest)
}

fn in_range(start: u8, end: u8, byte: u8, nocase: bool) -> bool {
    let (mut low, mut high) = (start.cast_signed(), end.cast_signed());
    if low > high {
        std::mem::swap(&mut low, &mut high);
    }
    if nocase {
        let lower = |byte: i8| byte.cast_unsigned().to_ascii_lowercase().cast_signed();
        (lower(low)..=lower(high)).contains(&lower(byte.cast_signed()))
    } else {
        (low..=high).contains(&byte.cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    fn is(pattern: &str, text: &str) -> bool {
        matches(pattern.as_bytes(), text.as_bytes(), false)
    }

    #[test]
    fn matches_what_redis_matches() {
        for (pattern, text) in [
            ("*", "a"),
            ("h?llo", "hello"),
            ("h*llo", "hllo"),
            ("h*llo", "heeeello"),
            ("h[ae]llo", "hallo"),
            ("h[^e]llo", "hallo"),
            ("h[a-b]llo", "hbllo"),
            ("h[b-a]llo", "hallo"),
            ("foo*", "foo"),
            ("foo**", "foo"),
            ("*foo*bar*", "xfooybarz"),
            ("*a*b*c", "aabbcabc"),
            ("\\*", "*"),
            ("a\\", "a\\"),
            ("[\\]]", "]"),
            ("[a", "a"),
            ("[a-", "-"),
            ("[^", "x"),
            ("[a]b", "ab"),
            ("", ""),
            ("[[]x", "[x"),
        ] {
            assert!(is(pattern, text), "{pattern:?} should match {text:?}");
        }
    }

    #[test]
    fn refuses_what_redis_refuses() {
        for (pattern, text) in [
            ("*", ""),
            ("", "a"),
            ("a", ""),
            ("h?llo", "hllo"),
            ("h[^e]llo", "hello"),
            ("h[]llo", "hello"),
            ("foo", "foobar"),
            ("a*b", "acbd"),
            ("*a*b*c", "aabbcab"),
            ("A", "a"),
            ("a*?", "a"),
            ("*[b]", "abc"),
        ] {
            assert!(!is(pattern, text), "{pattern:?} should not match {text:?}");
        }
    }

    #[test]
    fn case_is_ignored_on_request() {
        assert!(matches(b"HeLLo[A-C]*", b"hEllobXYZ", true));
        assert!(!matches(b"[\\A]", b"a", true));
    }

    #[test]
    fn abusive_patterns_end_quickly() {
        let pattern = "a*".repeat(900) + "b";
        assert!(!is(&pattern, &"a".repeat(5000)));
        assert!(is(&("a*".repeat(900) + "a"), &"a".repeat(5000)));
        assert!(!is(&("*?".repeat(2000)), &"a".repeat(5000)));
    }
}
