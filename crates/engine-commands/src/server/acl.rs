//! ACL and its subcommands.

use crate::args::{int, is};
use crate::help::HELP;
use engine_dispatch::acl::DEFAULT;
use engine_dispatch::acl::log::Entry;
use engine_dispatch::acl::selector::{Denied, Selector};
use engine_dispatch::dialect::{is_at_least, refusal};
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome, Server};
use proto_resp::Reply;

const SUB: Command = Command {
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
    group: Group::Server,
    since: "6.0.0",
    ..Command::BASE
};

const ADMIN: Command = Command {
    flags: SUB.flags.union(Flags::ADMIN),
    ..SUB
};

pub(crate) const COMMAND: Command = Command {
    name: "acl",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Server,
    since: "6.0.0",
    complexity: "Depends on subcommand.",
    summary: "A container for Access List Control commands.",
    subcommands: &[
        Command {
            name: "cat",
            arity: -2,
            complexity: "O(1) since the categories and commands are a fixed set.",
            summary: "Returns the categories of commands, or the commands of one.",
            syntax: "[category]",
            run: cat,
            ..SUB
        },
        Command {
            name: "deluser",
            arity: -3,
            complexity: "O(1) amortized time considering the typical user.",
            summary: "Removes users.",
            syntax: "username [username ...]",
            restricted: true,
            run: del_user,
            ..ADMIN
        },
        Command {
            name: "dryrun",
            arity: -4,
            since: "7.0.0",
            complexity: "O(1).",
            summary: "Says whether a user may run a command, without running it.",
            syntax: "username command [arg [arg ...]]",
            run: dry_run,
            ..ADMIN
        },
        Command {
            name: "genpass",
            arity: -2,
            summary: "Returns a password that nobody can guess.",
            syntax: "[bits]",
            run: gen_pass,
            ..SUB
        },
        Command {
            name: "getuser",
            arity: 3,
            complexity: "O(N). Where N is the number of password, command and pattern rules that the user has.",
            summary: "Returns what a user may do.",
            syntax: "username",
            run: get_user,
            ..ADMIN
        },
        Command {
            flags: Flags::LOADING.union(Flags::STALE),
            group: Group::Server,
            since: "6.0.0",
            ..HELP
        },
        Command {
            name: "list",
            arity: 2,
            complexity: "O(N). Where N is the number of configured users.",
            summary: "Returns the users as lines of an ACL file.",
            run: list,
            ..ADMIN
        },
        Command {
            name: "load",
            arity: 2,
            complexity: "O(N). Where N is the number of configured users.",
            summary: "Reads the ACL file again.",
            restricted: true,
            run: load,
            ..ADMIN
        },
        Command {
            name: "log",
            arity: -2,
            complexity: "O(N) with N being the number of entries shown.",
            summary: "Returns what users were refused.",
            syntax: "[count | RESET]",
            run: log,
            ..ADMIN
        },
        Command {
            name: "save",
            arity: 2,
            complexity: "O(N). Where N is the number of configured users.",
            summary: "Writes the ACL file.",
            restricted: true,
            run: save,
            ..ADMIN
        },
        Command {
            name: "setuser",
            arity: -3,
            complexity: "O(N). Where N is the number of rules provided.",
            summary: "Makes a user or changes what it may do.",
            syntax: "username [rule [rule ...]]",
            restricted: true,
            run: set_user,
            ..ADMIN
        },
        Command {
            name: "users",
            arity: 2,
            complexity: "O(N). Where N is the number of configured users.",
            summary: "Returns the names of the users.",
            run: users,
            ..ADMIN
        },
        Command {
            name: "whoami",
            arity: 2,
            summary: "Returns the user that the connection is logged in as.",
            run: who_am_i,
            ..SUB
        },
    ],
    ..Command::BASE
};

/// As Redis says it, with the subcommand as it was sent.
fn wrong_number(args: &[&[u8]]) -> Error {
    let sub = String::from_utf8_lossy(args.get(1).copied().unwrap_or_default());
    Error::new(format!(
        "ERR unknown subcommand or wrong number of arguments for '{sub}'. Try ACL HELP."
    ))
}

fn who_am_i(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let user = cx.client.user.clone();
    cx.out.bulk(&user.name);
    Ok(())
}

fn cat(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let names: Vec<&str> = match args {
        [_, _] => Acl::NAMES.iter().map(|(_, name)| *name).collect(),
        [_, _, category] => {
            let found = Acl::NAMES.iter().find(|(_, name)| is(category, name));
            let Some((wanted, _)) = found else {
                let category = String::from_utf8_lossy(category);
                return Err(Error::new(format!("ERR Unknown category '{category}'")));
            };
            cx.server
                .table
                .all()
                .filter(|c| c.command.categories().contains(*wanted))
                .map(|c| c.full_name.as_str())
                .collect()
        }
        _ => return Err(wrong_number(args)),
    };
    cx.out.array(names.len());
    names.iter().for_each(|name| cx.out.bulk(name.as_bytes()));
    Ok(())
}

fn list(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let users = cx.server.acl.all();
    cx.out.array(users.len());
    users.iter().for_each(|user| cx.out.bulk(&user.line()));
    Ok(())
}

fn users(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let users = cx.server.acl.all();
    cx.out.array(users.len());
    users.iter().for_each(|user| cx.out.bulk(&user.name));
    Ok(())
}

fn get_user(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let Some(user) = cx.server.acl.get(args[2]) else {
        cx.out.null();
        return Ok(());
    };
    let (marks, passwords) = (user.marks(), user.hashes());
    let Some((root, others)) = user.selectors().split_first() else {
        cx.out.null();
        return Ok(());
    };
    let out = &mut cx.out;
    out.map(6);
    out.bulk(b"flags");
    out.set(marks.len());
    marks.iter().for_each(|mark| out.bulk(mark.as_bytes()));
    out.bulk(b"passwords");
    out.array(passwords.len());
    passwords.iter().for_each(|p| out.bulk(p.as_bytes()));
    selector(out, root);
    out.bulk(b"selectors");
    out.array(others.len());
    for other in others {
        out.map(3);
        selector(out, other);
    }
    Ok(())
}

fn selector(out: &mut Reply<'_>, selector: &Selector) {
    out.bulk(b"commands");
    out.bulk(selector.describe_commands().as_bytes());
    out.bulk(b"keys");
    out.bulk(&selector.describe_keys());
    out.bulk(b"channels");
    out.bulk(&selector.describe_channels());
}

fn set_user(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    cx.server
        .acl
        .set_user(cx.server, args[2], &args[3..])
        .map_err(|error| Error::new(format!("ERR {error}")))?;
    cx.out.ok();
    Ok(())
}

fn del_user(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if args[2..].contains(&DEFAULT) {
        return Err(Error::new("ERR The 'default' user cannot be removed"));
    }
    let deleted = cx.server.acl.delete(cx.server, &args[2..], cx.client);
    cx.out.int(deleted as i64);
    Ok(())
}

/// LOAD and SAVE want a file.
fn need_file(server: &Server) -> Result<String, Error> {
    let file = server.config.text(params::ACLFILE);
    if file.is_empty() {
        return Err(Error::new(
            "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.",
        ));
    }
    Ok(file)
}

fn load(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    need_file(cx.server)?;
    cx.server
        .acl
        .load_file(cx.server, Some(cx.client))
        .map_err(|error| Error::new(format!("ERR {error}")))?;
    cx.out.ok();
    Ok(())
}

fn save(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let file = need_file(cx.server)?;
    let text = cx.server.acl.text();
    let saved = cx.server.process().map(|p| p.replace_file(&file, &text));
    if !matches!(saved, Some(Ok(()))) {
        return Err(Error::new(
            "ERR There was an error trying to save the ACLs. Please check the server logs for more information",
        ));
    }
    cx.out.ok();
    Ok(())
}

fn log(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    /// Entries shown where no number is given.
    const SHOWN: usize = 10;
    let count = match args {
        [_, _, word] if is(word, "RESET") => {
            cx.server.acl.log.clear();
            cx.out.ok();
            return Ok(());
        }
        [_, _] => SHOWN,
        [_, _, count] => int(count)?.max(0) as usize,
        _ => return Err(wrong_number(args)),
    };
    let entries = cx.server.acl.log.newest(count);
    let now = cx.now_ms();
    let dated = is_at_least(cx.server, (7, 2), (7, 2));
    cx.out.array(entries.len());
    for entry in entries {
        log_entry(&mut cx.out, &entry, now, dated);
    }
    Ok(())
}

fn log_entry(out: &mut Reply<'_>, entry: &Entry, now_ms: i64, dated: bool) {
    out.map(if dated { 10 } else { 7 });
    out.bulk(b"count");
    out.int(entry.count as i64);
    for (name, value) in [
        ("reason", entry.reason.name().as_bytes()),
        ("context", entry.context.name().as_bytes()),
        ("object", &entry.object),
        ("username", &entry.username),
    ] {
        out.bulk(name.as_bytes());
        out.bulk(value);
    }
    out.bulk(b"age-seconds");
    out.double((now_ms - entry.updated_ms) as f64 / 1000.0);
    out.bulk(b"client-info");
    out.bulk(&entry.client);
    if !dated {
        return;
    }
    for (name, value) in [
        ("entry-id", entry.id as i64),
        ("timestamp-created", entry.created_ms),
        ("timestamp-last-updated", entry.updated_ms),
    ] {
        out.bulk(name.as_bytes());
        out.int(value);
    }
}

fn dry_run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let text = |arg: &[u8]| String::from_utf8_lossy(arg).into_owned();
    let Some(user) = cx.server.acl.get(args[2]) else {
        return Err(Error::new(format!(
            "ERR User '{}' not found",
            text(args[2])
        )));
    };
    let words = &args[3..];
    let Ok(command) = cx.server.table.find(words) else {
        return Err(Error::new(format!(
            "ERR Command '{}' not found",
            text(args[3])
        )));
    };
    if !command.command.takes(words.len()) {
        return Err(Error::arity(&command.full_name));
    }
    match user.check(command, words) {
        Ok(()) => cx.out.ok(),
        Err(denied) => {
            let at = match denied {
                Denied::Command => 0,
                Denied::Key(at) | Denied::Channel(at) => at,
            };
            let object = words.get(at).copied();
            let why = refusal(cx.server, &user, denied, command, object);
            cx.out.bulk(why.as_bytes());
        }
    }
    Ok(())
}

fn gen_pass(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    /// Bits of a password: where none are given, and at most.
    const BITS: i64 = 256;
    const BITS_MAX: i64 = 4096;
    let bits = match args {
        [_, _] => BITS,
        [_, _, bits] => int(bits)?,
        _ => return Err(wrong_number(args)),
    };
    if !(1..=BITS_MAX).contains(&bits) {
        return Err(Error::new(
            "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096",
        ));
    }
    let digits = (bits as usize).div_ceil(4);
    let mut random = vec![0u8; digits.div_ceil(2)];
    rand::fill(&mut random[..]);
    let text = hex::encode(random);
    cx.out.bulk(&text.as_bytes()[..digits]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    #[test]
    fn the_default_user() {
        play(
            "> ACL WHOAMI
             < $7
             < default
             > ACL USERS
             < *1
             < $7
             < default
             > ACL LIST
             < *1
             < $51
             < user default on nopass sanitize-payload ~* &* +@all
             > CONFIG SET requirepass secret
             < +OK
             > ACL LIST
             < *1
             < $110
             < user default on sanitize-payload #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~* &* +@all
             > ACL GETUSER nobody
             < $-1
             3> ACL GETUSER nobody
             < -NOAUTH Authentication required."
        );
    }

    #[test]
    fn users_are_made_changed_and_described() {
        play(
            "> ACL SETUSER bob
             < +OK
             > ACL SETUSER bob on >pw ~a* %R~b %W~b %R~c &x +get -@all +@string -set +config|get +select|0 +SELECT|0 (+set %W~w) (+get
             < -ERR Unmatched parenthesis in acl selector starting at '(+get'.
             > ACL SETUSER bob on >pw ~a* %R~b %W~b %R~c &x +get -@all +@string -set +config|get +select|0 +SELECT|0 (+set %W~w)
             < +OK
             > ACL LIST
             < *2
             < $197
             < user bob on sanitize-payload #30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4 ~a* ~b %R~c resetchannels &x -@all +@string -set +config|get +select|0 (%W~w resetchannels -@all +set)
             < $51
             < user default on nopass sanitize-payload ~* &* +@all
             3> ACL GETUSER bob
             < %6
             < $5
             < flags
             < ~2
             < $2
             < on
             < $16
             < sanitize-payload
             < $9
             < passwords
             < *1
             < $64
             < 30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4
             < $8
             < commands
             < $41
             < -@all +@string -set +config|get +select|0
             < $4
             < keys
             < $11
             < ~a* ~b %R~c
             < $8
             < channels
             < $2
             < &x
             < $9
             < selectors
             < *1
             < %3
             < $8
             < commands
             < $10
             < -@all +set
             < $4
             < keys
             < $4
             < %W~w
             < $8
             < channels
             < $0\\r\\n",
        );
    }

    #[test]
    fn rules_that_change_nothing_are_kept_from_7_2_on() {
        for (version, shown) in [("7.0.15", "+@all -get"), ("7.2.4", "+@all +client|id -get")] {
            let mut stage = Stage::new(crate::table());
            let config = &stage.server.config;
            config
                .put(params::ENGINE_VERSION, &[version.as_bytes()])
                .expect("a version");
            stage.play(
                "> ACL SETUSER bob +@all +client|id -get
                 < +OK",
            );
            let user = stage.server.acl.get(b"bob").expect("the user");
            assert_eq!(user.selectors()[0].describe_commands(), shown);
        }
    }

    #[test]
    fn a_wrong_rule_changes_nothing() {
        play(
            "> ACL SETUSER bob on nosuch
             < -ERR Error in ACL SETUSER modifier 'nosuch': Syntax error
             > ACL GETUSER bob
             < $-1
             > ACL SETUSER bob +nosuch
             < -ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL
             > ACL SETUSER bob +@nosuch
             < -ERR Error in ACL SETUSER modifier '+@nosuch': Unknown command or category name in ACL
             > ACL SETUSER bob -select|1
             < -ERR Error in ACL SETUSER modifier '-select|1': Unknown command or category name in ACL
             > ACL SETUSER bob +config|get|x
             < -ERR Error in ACL SETUSER modifier '+config|get|x': Allowing first-arg of a subcommand is not supported
             > ACL SETUSER bob +select|
             < -ERR Error in ACL SETUSER modifier '+select|': Syntax error
             > ACL SETUSER bob allkeys ~x
             < -ERR Error in ACL SETUSER modifier '~x': Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns
             > ACL SETUSER bob allchannels &x
             < -ERR Error in ACL SETUSER modifier '&x': Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels
             > ACL SETUSER bob <nopw
             < -ERR Error in ACL SETUSER modifier '<nopw': The password you are trying to remove from the user does not exist
             > ACL SETUSER bob #abc
             < -ERR Error in ACL SETUSER modifier '#abc': The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters
             > ACL SETUSER bob (+set (~b))
             < -ERR Error in ACL SETUSER modifier '(+set (~b))': Syntax error
             > ACL SETUSER 'a b'
             < -ERR Usernames can't contain spaces or null characters
             > ACL USERS
             < *1
             < $7
             < default",
        );
    }

    #[test]
    fn commands_keys_and_queued_commands_are_checked() {
        play(
            "> ACL SETUSER u on nopass +@all -config +config|get ~k* %R~r* -select +select|1
             < +OK
             c> AUTH u whatever
             < +OK
             c> GET a
             < -NOPERM No permissions to access a key
             c> SET r v
             < -NOPERM No permissions to access a key
             c> GET r
             < $-1
             c> CONFIG SET maxmemory 0
             < -NOPERM User u has no permissions to run the 'config|set' command
             c> CONFIG GET nosuch
             < *0
             c> SELECT 2
             < -NOPERM User u has no permissions to run the 'select' command
             c> SELECT 1
             < +OK
             c> SORT k BY w_*
             < -ERR BY option of SORT denied due to insufficient ACL permissions.
             c> SORT k GET #
             < -ERR GET option of SORT denied due to insufficient ACL permissions.
             c> MULTI
             < +OK
             c> GET a
             < -NOPERM No permissions to access a key
             c> EXEC
             < -EXECABORT Transaction discarded because of previous errors.
             c> MULTI
             < +OK
             c> GET k
             < +QUEUED
             c> SET k v
             < +QUEUED
             a> ACL SETUSER u -get
             < +OK
             c> EXEC
             < *2
             < -NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to execute the command or subcommand
             < +OK
             c> ACL WHOAMI
             < $1
             < u
             c> RESET
             < +RESET
             c> ACL WHOAMI
             < $7
             < default",
        );
    }

    #[test]
    fn a_removed_users_connections_end() {
        play(
            "> ACL SETUSER u on nopass +@all
             < +OK
             > ACL SETUSER v on nopass +@all
             < +OK
             c> AUTH u x
             < +OK
             d> AUTH v x
             < +OK
             a> ACL DELUSER u nobody
             < :1
             c> CLIENT ID
             < :4
             d> ACL DELUSER v
             < :1
             d> CLIENT ID
             < :5
             a> AUTH u x
             < -WRONGPASS invalid username-password pair or user is disabled.",
        );
    }

    #[test]
    fn who_waits_is_checked_again_when_served() {
        play(
            "> ACL SETUSER u on nopass +@all ~*
             < +OK
             c> AUTH u x
             < +OK
             c> BLPOP l 0
             <
             a> ACL SETUSER u resetkeys ~m*
             < +OK
             > RPUSH l v
             < :1
             c>
             < -NOPERM No permissions to access a key
             a> LLEN l
             < :1",
        );
    }

    /// A process with one file.
    #[derive(Default)]
    struct OneFile(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl engine_dispatch::server::Process for OneFile {
        fn memory_used(&self) -> u64 {
            0
        }
        fn apply(&self, _: params::Id) -> Result<(), String> {
            Ok(())
        }
        fn shutdown(&self, _: engine_dispatch::server::Shutdown) {}
        fn config_file(&self) -> Option<String> {
            None
        }
        fn port(&self) -> u16 {
            0
        }
        fn read_file(&self, _: &str) -> std::io::Result<Vec<u8>> {
            Ok(self.0.lock().expect("the file").clone())
        }
        fn replace_file(&self, _: &str, text: &[u8]) -> std::io::Result<()> {
            *self.0.lock().expect("the file") = text.to_vec();
            Ok(())
        }
    }

    #[test]
    fn the_file_is_loaded_whole_or_not_at_all() {
        let mut stage = Stage::new(crate::table());
        let process = OneFile::default();
        let file = process.0.clone();
        stage.server.set_process(Box::new(process));
        stage.play(
            "> ACL SAVE
             < -ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.",
        );
        let config = &stage.server.config;
        config
            .put(params::ACLFILE, &[b"users.acl"])
            .expect("a name");
        stage.play(
            "> ACL SETUSER u on nopass +@all ~* (+get %R~x)
             < +OK
             > ACL SETUSER v on nopass +@all
             < +OK
             > ACL SAVE
             < +OK
             c> AUTH u x
             < +OK
             d> AUTH v x
             < +OK",
        );
        let saved = String::from_utf8(file.lock().expect("the file").clone()).expect("text");
        assert_eq!(
            saved,
            "user default on nopass sanitize-payload ~* &* +@all\n\
             user u on nopass sanitize-payload ~* resetchannels +@all (%R~x resetchannels -@all +get)\n\
             user v on nopass sanitize-payload resetchannels +@all\n"
        );
        *file.lock().expect("the file") =
            b"\n user u on nopass -@all +acl +nosuch ~x &\nuser u on\nfoo\nuser w (+get\n".to_vec();
        stage.play(
            "> ACL LOAD
             < -ERR users.acl:2: Error in applying operation '+nosuch': Unknown command or category name in ACL. WARNING: Duplicate user 'u' found on line 3. users.acl:4 should start with user keyword followed by the username. users.acl:5: Unmatched parenthesis in selector definition.WARNING: ACL errors detected, no change to the previously active ACL rules was performed
             c> SET k v
             < +OK",
        );
        *file.lock().expect("the file") = b"user u on nopass -@all +acl\n".to_vec();
        stage.play(
            "> ACL LOAD
             < +OK
             c> SET k v
             < -NOPERM User u has no permissions to run the 'set' command
             > ACL USERS
             < *2
             < $7
             < default
             < $1
             < u
             # The connection of a user that is no more has ended: this is a new one.
             d> ACL WHOAMI
             < $7
             < default",
        );
    }

    #[test]
    fn the_links_user_is_hidden() {
        let mut stage = Stage::new(crate::table());
        let config = &stage.server.config;
        config
            .put(params::ELASTANE_LINK_USER, &[b"link"])
            .expect("a name");
        config
            .put(params::ELASTANE_LINK_SECRET, &[b"s3cret"])
            .expect("a secret");
        stage.play(
            "> ACL SETUSER link on nopass
             < -ERR This name belongs to the links between nodes
             > ACL GETUSER link
             < $-1
             > ACL DELUSER link
             < :0
             > AUTH link nosuch
             < -WRONGPASS invalid username-password pair or user is disabled.
             > AUTH link s3cret
             < +OK
             > PING
             < +PONG
             > GET k
             < -NOPERM User link has no permissions to run the 'get' command",
        );
    }

    #[test]
    fn refusals_are_logged() {
        let mut stage = Stage::new(crate::table());
        stage.play(
            "> ACL SETUSER u on >pw +set ~k +multi
             < +OK
             c> AUTH u wrong
             < -WRONGPASS invalid username-password pair or user is disabled.
             c> AUTH u pw
             < +OK
             c> GET k
             < -NOPERM User u has no permissions to run the 'get' command
             c> GET k
             < -NOPERM User u has no permissions to run the 'get' command
             c> MULTI
             < +OK
             c> SET other v
             < -NOPERM No permissions to access a key",
        );
        let log = String::from_utf8(stage.send("a", b"ACL LOG\r\n")).unwrap();
        let fields: Vec<&str> = log.split("\r\n").collect();
        let value = |name: &str| -> Vec<&str> {
            let at = fields.iter().enumerate().filter(|(_, f)| **f == name);
            at.map(|(at, _)| fields[at + 2]).collect()
        };
        assert_eq!(fields[0], "*3");
        assert_eq!(value("reason"), ["key", "command", "auth"]);
        assert_eq!(value("context"), ["multi", "toplevel", "toplevel"]);
        assert_eq!(value("object"), ["other", "get", "AUTH"]);
        assert_eq!(value("username"), ["u", "u", "u"]);
        assert!(value("client-info")[1].starts_with("id=2 addr="));
        assert!(
            stage
                .send("a", b"ACL LOG 1\r\n")
                .starts_with(b"*1\r\n*20\r\n")
        );
    }

    #[test]
    fn categories_passwords_and_trials() {
        let mut stage = Stage::new(crate::table());
        let out = String::from_utf8(stage.send("a", b"ACL CAT\r\n")).unwrap();
        assert!(out.starts_with("*21\r\n$8\r\nkeyspace\r\n$4\r\nread\r\n"));
        let out = String::from_utf8(stage.send("a", b"ACL CAT Dangerous\r\n")).unwrap();
        assert!(out.contains("\r\nconfig|set\r\n") && !out.contains("\r\nget\r\n"));
        let password = stage.send("a", b"ACL GENPASS\r\n");
        assert_eq!(password.len(), 5 + 64 + 2);
        assert_eq!(stage.send("a", b"ACL GENPASS 5\r\n").len(), 4 + 2 + 2);
        assert_eq!(stage.send("a", b"ACL GENPASS 9\r\n").len(), 4 + 3 + 2);
        stage.play(
            "> ACL CAT foo
             < -ERR Unknown category 'foo'
             > ACL Cat a b
             < -ERR unknown subcommand or wrong number of arguments for 'Cat'. Try ACL HELP.
             > ACL GENPASS 0
             < -ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
             > ACL GENPASS x
             < -ERR value is not an integer or out of range
             > ACL LOG
             < *0
             > ACL LOG RESET
             < +OK
             > ACL LOG x
             < -ERR value is not an integer or out of range
             > ACL DRYRUN default get a
             < +OK
             > ACL DRYRUN default
             < -ERR wrong number of arguments for 'acl|dryrun' command
             > ACL DRYRUN default get a b
             < -ERR wrong number of arguments for 'get' command
             > ACL DRYRUN nobody get a
             < -ERR User 'nobody' not found
             > ACL DRYRUN default nosuch a
             < -ERR Command 'nosuch' not found
             > ACL DELUSER nobody
             < :0
             > ACL DELUSER default
             < -ERR The 'default' user cannot be removed",
        );
    }
}
