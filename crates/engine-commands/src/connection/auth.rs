//! AUTH

use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "auth",
    arity: -2,
    flags: Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    group: Group::Connection,
    since: "1.0.0",
    complexity: "O(N) where N is the number of passwords defined for the user",
    summary: "Logs the connection in.",
    syntax: "[username] password",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    match args {
        [_, password] => {
            if cx.server.password.read().is_empty() {
                return Err(Error::new(
                    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
                ));
            }
            login(cx, b"default", password)?;
        }
        [_, user, password] => login(cx, user, password)?,
        _ => return Err(Error::SYNTAX),
    }
    cx.out.ok();
    Ok(())
}

/// Logs the client in as `user`.
///
/// # Errors
/// WRONGPASS.
pub(crate) fn login(cx: &mut Cx<'_>, user: &[u8], password: &[u8]) -> Result<(), Error> {
    let wanted = cx.server.password.read().clone();
    let link_user = cx.server.config.bytes(params::ELASTANE_LINK_USER);
    let link_secret = cx.server.config.bytes(params::ELASTANE_LINK_SECRET);
    let is_link = !link_user.is_empty() && user == &*link_user && same(password, &link_secret);
    let is_default = user == b"default" && (wanted.is_empty() || same(password, &wanted));
    if !is_link && !is_default {
        return Err(Error::new("WRONGPASS invalid username-password pair or user is disabled."));
    }
    cx.client.authenticated = true;
    cx.client.link_user = is_link;
    cx.client.info.text.lock().user = String::from_utf8_lossy(user).into_owned();
    Ok(())
}

/// Compares in a time that depends on the lengths alone.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    let mut differences = usize::from(given.len() != wanted.len());
    for (n, byte) in given.iter().enumerate() {
        differences |= usize::from(*byte != wanted.get(n % wanted.len().max(1)).copied().unwrap_or(0));
    }
    differences == 0 && !wanted.is_empty()
}

#[cfg(test)]
mod tests {
    use engine_session::transcript::Stage;

    #[test]
    fn nothing_goes_before_the_password() {
        let mut stage = Stage::new(crate::table());
        *stage.server.password.write() = b"secret".to_vec();
        stage.play(
            "> GET k
             < -NOAUTH Authentication required.
             > AUTH wrong
             < -WRONGPASS invalid username-password pair or user is disabled.
             > AUTH nobody secret
             < -WRONGPASS invalid username-password pair or user is disabled.
             > AUTH secret
             < +OK
             > GET k
             < $-1
             b> HELLO 3 AUTH default secret SETNAME me
             b> CLIENT GETNAME
             < $2
             < me",
        );
    }
}
