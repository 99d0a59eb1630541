//! Splitting a line into words by the quoting rules of Redis's inline commands and configuration files.

/// The quotes of a line do not close, or a closing quote is followed by something other than a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unbalanced;

/// Splits `line` as Redis's `sdssplitargs` does: words are separated by spaces; `"…"` knows
/// `\xHH`, `\n`, `\r`, `\t`, `\b`, `\a` and backslash-quoted bytes; `'…'` knows only `\'`.
///
/// # Errors
/// [`Unbalanced`] when a quote is left open or is closed in the middle of a word.
pub fn split(line: &[u8]) -> Result<Vec<Vec<u8>>, Unbalanced> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        while at < line.len() && is_space(line[at]) {
            at += 1;
        }
        if at >= line.len() || line[at] == 0 {
            return Ok(words);
        }
        let (word, next) = one_word(line, at)?;
        words.push(word);
        at = next;
    }
}

/// Appends `text` in double quotes, so that [`split`] gives it back (`sdscatrepr`).
pub fn quote(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'\\' | b'"' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            7 => out.extend(b"\\a"),
            8 => out.extend(b"\\b"),
            0x20..=0x7e => out.push(byte),
            _ => out.extend(format!("\\x{byte:02x}").bytes()),
        }
    }
    out.push(b'"');
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn one_word(line: &[u8], mut at: usize) -> Result<(Vec<u8>, usize), Unbalanced> {
    let mut word = Vec::new();
    while at < line.len() && !is_space(line[at]) && line[at] != 0 {
        match line[at] {
            b'"' => {
                at = double_quoted(line, at + 1, &mut word)?;
                return ends_word(line, at).then_some((word, at)).ok_or(Unbalanced);
            }
            b'\'' => {
                at = single_quoted(line, at + 1, &mut word)?;
                return ends_word(line, at).then_some((word, at)).ok_or(Unbalanced);
            }
            b => {
                word.push(b);
                at += 1;
            }
        }
    }
    Ok((word, at))
}

fn ends_word(line: &[u8], at: usize) -> bool {
    at >= line.len() || is_space(line[at])
}

fn double_quoted(line: &[u8], mut at: usize, word: &mut Vec<u8>) -> Result<usize, Unbalanced> {
    loop {
        match *line.get(at).ok_or(Unbalanced)? {
            b'"' => return Ok(at + 1),
            b'\\' if at + 1 < line.len() => {
                let hex = |i: usize| line.get(i).and_then(|b| (*b as char).to_digit(16));
                if line[at + 1] == b'x'
                    && let (Some(hi), Some(lo)) = (hex(at + 2), hex(at + 3))
                {
                    word.push((hi * 16 + lo) as u8);
                    at += 4;
                    continue;
                }
                word.push(match line[at + 1] {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => other,
                });
                at += 2;
            }
            b => {
                word.push(b);
                at += 1;
            }
        }
    }
}

fn single_quoted(line: &[u8], mut at: usize, word: &mut Vec<u8>) -> Result<usize, Unbalanced> {
    loop {
        match *line.get(at).ok_or(Unbalanced)? {
            b'\'' => return Ok(at + 1),
            b'\\' if line.get(at + 1) == Some(&b'\'') => {
                word.push(b'\'');
                at += 2;
            }
            b => {
                word.push(b);
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_quotes() {
        let got = split(b"set  \"a\\x41\\n\" 'it\\'s' plain").unwrap();
        assert_eq!(
            got,
            vec![
                b"set".to_vec(),
                b"aA\n".to_vec(),
                b"it's".to_vec(),
                b"plain".to_vec()
            ]
        );
        assert_eq!(split(b"   ").unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(split(b"\"\"").unwrap(), vec![Vec::<u8>::new()]);
    }

    #[test]
    fn what_is_quoted_is_split_again() {
        let every: Vec<u8> = (0..=255).collect();
        let mut line = Vec::new();
        quote(&mut line, &every);
        assert!(line.is_ascii() && !line.contains(&b'\n'));
        assert_eq!(split(&line).unwrap(), [every]);
    }

    #[test]
    fn open_or_glued_quotes_are_refused() {
        assert_eq!(split(b"set \"a"), Err(Unbalanced));
        assert_eq!(split(b"set 'a"), Err(Unbalanced));
        assert_eq!(split(b"\"a\"b"), Err(Unbalanced));
    }
}
