//! AUTH

use engine_dispatch::acl;
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
    let (user, password) = match args {
        [_, password] => {
            if cx.server.acl.default_has_no_password() {
                return Err(Error::new(
                    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
                ));
            }
            (acl::DEFAULT, *password)
        }
        [_, user, password] => (*user, *password),
        _ => return Err(Error::SYNTAX),
    };
    login(cx, user, password, args[0])?;
    cx.out.ok();
    Ok(())
}

/// Logs the client in as `user`; `word` is the command as it was sent, for ACL LOG.
///
/// # Errors
/// WRONGPASS.
pub(crate) fn login(
    cx: &mut Cx<'_>,
    user: &[u8],
    password: &[u8],
    word: &[u8],
) -> Result<(), Error> {
    let now = cx.now_ms();
    cx.server
        .acl
        .login(cx.server, cx.client, user, password, word, now)
}

#[cfg(test)]
mod tests {
    use engine_session::transcript::Stage;

    #[test]
    fn nothing_goes_before_the_password() {
        let mut stage = Stage::new(crate::table());
        stage.play(
            "> CONFIG SET requirepass secret
             < +OK
             b> GET k
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
