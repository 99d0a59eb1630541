//! The command line of a node: `[file] [--directive value ...] [-]`, read as Redis 7.0 reads it.
//!
//! Redis turns the options into lines that it appends to the configuration file, so an error in
//! an option is reported with the number of such a line; the same is done here.

use proto_resp::inline;

use proto_resp::inline::quote;

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// `-v` or `--version` in front.
    Version,
    /// `-h` or `--help` in front.
    Help,
    /// To run a node.
    Run(Invocation),
}

/// Where the configuration of a run comes from, the later before the earlier: file, standard
/// input, options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The configuration file.
    pub file: Option<Vec<u8>>,
    /// Whether more configuration is to be read from standard input.
    pub stdin: bool,
    /// The options as configuration lines.
    pub options: Vec<u8>,
}

impl Invocation {
    /// The whole configuration, for [`crate::load`], given the text of the file and of standard
    /// input.
    #[must_use]
    pub fn text(&self, file: &[u8], stdin: &[u8]) -> Vec<u8> {
        [file, stdin, b"\n", &self.options].concat()
    }
}

/// Reads the words after the program's name.
pub fn parse<S: AsRef<[u8]>>(argv: &[S]) -> Start {
    let argv: Vec<&[u8]> = argv.iter().map(AsRef::as_ref).collect();
    let mut run = Invocation::default();
    match argv.first() {
        Some(&(b"-v" | b"--version")) => return Start::Version,
        Some(&(b"-h" | b"--help")) => return Start::Help,
        Some(first) if !first.starts_with(b"-") => run.file = Some(first.to_vec()),
        _ => {}
    }
    let mut at = usize::from(run.file.is_some());
    // An option's first word after it is its value, even if it begins with `--`.
    let mut has_value = true;
    while let Some(&word) = argv.get(at) {
        if word == b"-" && (at == 0 || at + 1 == argv.len()) {
            run.stdin = true;
        } else if has_value && word.starts_with(b"--") {
            has_value = option(&mut run.options, word, argv.get(at + 1).copied());
        } else {
            quote(&mut run.options, word);
            run.options.push(b' ');
            has_value = true;
        }
        at += 1;
    }
    Start::Run(run)
}

/// Begins the line of an option; whether it needs no value any more.
fn option(options: &mut Vec<u8>, word: &[u8], next: Option<&[u8]>) -> bool {
    if !options.is_empty() {
        options.push(b'\n');
    }
    options.extend(&word[2..]);
    options.push(b' ');
    if !matches!(inline::split(word).as_deref(), Ok([_])) {
        // Name and value in one word: `"--port 6380"`.
        return true;
    }
    let next_is_option = next.is_some_and(|next| next.starts_with(b"--"));
    if word.eq_ignore_ascii_case(b"--save") && (next.is_none() || next_is_option) {
        // A script's empty list of save points: `--save --port 6380`.
        options.extend(b"\"\"");
        return true;
    }
    word.eq_ignore_ascii_case(b"--sentinel") && next_is_option
}
