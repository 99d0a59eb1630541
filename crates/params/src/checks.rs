//! Checks of single string parameters, with Redis's words.

/// Longest announced host name, with its final zero in Redis's count.
const HOST_NAME_MAX: usize = 256;

pub(crate) fn any(_: &[u8]) -> Result<(), &'static str> {
    Ok(())
}

fn is_base_name(value: &[u8]) -> bool {
    !value.iter().any(|b| matches!(b, b'/' | b'\\'))
}

pub(crate) fn db_filename(value: &[u8]) -> Result<(), &'static str> {
    if is_base_name(value) {
        return Ok(());
    }
    Err("dbfilename can't be a path, just a filename")
}

pub(crate) fn append_filename(value: &[u8]) -> Result<(), &'static str> {
    if value.is_empty() {
        return Err("appendfilename can't be empty");
    }
    if is_base_name(value) {
        return Ok(());
    }
    Err("appendfilename can't be a path, just a filename")
}

pub(crate) fn append_dirname(value: &[u8]) -> Result<(), &'static str> {
    if value.is_empty() {
        return Err("appenddirname can't be empty");
    }
    if is_base_name(value) {
        return Ok(());
    }
    Err("appenddirname can't be a path, just a dirname")
}

pub(crate) fn host_name(value: &[u8]) -> Result<(), &'static str> {
    if value.len() >= HOST_NAME_MAX {
        return Err("Hostnames must be less than 256 characters");
    }
    if value
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
    {
        return Ok(());
    }
    Err("Hostnames may only contain alphanumeric characters, hyphens or dots")
}

/// The human name stands in `nodes.conf`, so it may not hold that file's separators.
pub(crate) fn node_name(value: &[u8]) -> Result<(), &'static str> {
    if value
        .iter()
        .any(|b| b"!#$%&()*+:;<>?@[]^{|}~\0".contains(b))
    {
        return Err("Announced human node name contained invalid character");
    }
    Ok(())
}

/// Variables of a title template and whether each is sure to expand to something.
const TITLE_VARIABLES: [(&[u8], bool); 7] = [
    (b"title", false),
    (b"listen-addr", true),
    (b"server-mode", false),
    (b"port", true),
    (b"tls-port", true),
    (b"unixsocket", false),
    (b"config-file", true),
];

/// Text with `{variable}`s, `{{` for a brace; what it expands to may not be empty.
pub(crate) fn title_template(value: &[u8]) -> Result<(), &'static str> {
    const REFUSED: &str = "template format is invalid or contains unknown variables";
    let mut shows_something = false;
    let mut rest = value;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'{' {
            shows_something |= first != b' ';
            continue;
        }
        if let Some(literal) = after.strip_prefix(b"{") {
            shows_something = true;
            rest = literal;
            continue;
        }
        let close = after.iter().position(|b| *b == b'}').ok_or(REFUSED)?;
        let known = TITLE_VARIABLES
            .iter()
            .find(|(name, _)| *name == &after[..close]);
        shows_something |= known.ok_or(REFUSED)?.1;
        rest = &after[close + 1..];
    }
    if shows_something {
        Ok(())
    } else {
        Err(REFUSED)
    }
}

/// Strings are compared bytewise whatever the environment says, so only locales that do the
/// same are taken.
pub(crate) fn locale(value: &[u8]) -> Result<(), &'static str> {
    match value {
        b"" | b"C" | b"POSIX" | b"C.UTF-8" | b"C.utf8" => Ok(()),
        _ => Err("Invalid locale name"),
    }
}

/// Empty or an address of this family.
fn address<A: std::str::FromStr>(value: &[u8], refused: &'static str) -> Result<(), &'static str> {
    let text = std::str::from_utf8(value).map_err(|_| refused)?;
    if text.is_empty() || text.parse::<A>().is_ok() {
        return Ok(());
    }
    Err(refused)
}

pub(crate) fn ipv4(value: &[u8]) -> Result<(), &'static str> {
    address::<std::net::Ipv4Addr>(value, "Invalid IPv4 address")
}

pub(crate) fn ipv6(value: &[u8]) -> Result<(), &'static str> {
    address::<std::net::Ipv6Addr>(value, "Invalid IPv6 address")
}
