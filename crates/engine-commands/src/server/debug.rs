//! DEBUG: what test suites need of it.

use super::shared_debug_protocol::protocol;
use super::shared_digest::{Fingerprint, add_value};
use super::shared_saving::persistence;
use crate::args::is;
use crate::help;
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::saving::Reload;
use engine_dispatch::server::fresh_repl_id;
use engine_dispatch::{Command, Cx, Error, Event, Flags, Group, Outcome, Plan};
use engine_keyspace::{EntryRef, NewValue, SLOTS, SlotId};
use engine_types::{Object, glob};
use proto_resp::num::{parse_f64, parse_i64};
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) const COMMAND: Command = Command {
    name: "debug",
    arity: -2,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::PROTECTED),
    // Some subcommands touch keys, some all of them.
    plan: Plan::Wide,
    group: Group::Server,
    since: "1.0.0",
    complexity: "Depends on subcommand.",
    summary: "A container for debugging commands.",
    syntax: "",
    restricted: true,
    run,
    ..Command::BASE
};

type Sub = fn(&mut Cx<'_>, &[&[u8]]) -> Outcome;

/// Name, least and greatest number of words with DEBUG, words and explanation for HELP, what to do.
const SUBCOMMANDS: &[(&str, usize, usize, &str, &str, Sub)] = &[
    (
        "CHANGE-REPL-ID",
        2,
        2,
        "CHANGE-REPL-ID",
        "Gives the history a new name: replicas will need the whole data set.",
        change_replication_id,
    ),
    (
        "DIGEST",
        2,
        2,
        "DIGEST",
        "Returns a fingerprint of all databases.",
        digest,
    ),
    (
        "DIGEST-VALUE",
        2,
        usize::MAX,
        "DIGEST-VALUE <key> [<key> ...]",
        "Returns fingerprints of the keys' values.",
        digest_value,
    ),
    (
        "ERROR",
        3,
        3,
        "ERROR <string>",
        "Returns the string as an error.",
        error,
    ),
    ("JMAP", 2, 2, "JMAP", "There is none.", |_, args| {
        Err(unknown(args))
    }),
    (
        "LISTPACK",
        3,
        3,
        "LISTPACK <key>",
        "Tells whether the value is packed in one piece.",
        listpack,
    ),
    (
        "LOADAOF",
        2,
        2,
        "LOADAOF",
        "Loads the append-only file in place of the data.",
        load_append_only,
    ),
    (
        "LOG",
        3,
        3,
        "LOG <message>",
        "Writes the message into the node's log.",
        log,
    ),
    (
        "OBJECT",
        3,
        4,
        "OBJECT <key> [fast]",
        "Tells how the value of a key is held.",
        object,
    ),
    (
        "POPULATE",
        3,
        5,
        "POPULATE <count> [<prefix>] [<size>]",
        "Makes keys <prefix>:<number> that are not there; replicas are not told.",
        populate,
    ),
    (
        "PROTOCOL",
        3,
        3,
        "PROTOCOL <type>",
        "Returns a value of a reply type.",
        protocol,
    ),
    (
        "QUICKLIST-PACKED-THRESHOLD",
        3,
        3,
        "QUICKLIST-PACKED-THRESHOLD <size>",
        "Has no meaning here: it is checked and forgotten.",
        packed_threshold,
    ),
    (
        "RELOAD",
        2,
        usize::MAX,
        "RELOAD [NOSAVE] [NOFLUSH] [MERGE]",
        "Saves the data set and loads it again, holding up the whole keyspace and this thread.",
        reload,
    ),
    (
        "REPLYBUFFER",
        3,
        4,
        "REPLYBUFFER <option> <value>",
        "Has no meaning here: it is forgotten.",
        ignored,
    ),
    (
        "PAUSE-CRON",
        3,
        3,
        "PAUSE-CRON <0|1>",
        "Says whether nothing is done by the clock.",
        pause_cron,
    ),
    (
        "SET-ACTIVE-EXPIRE",
        3,
        3,
        "SET-ACTIVE-EXPIRE <0|1>",
        "Says whether keys expire that nobody asks for.",
        set_active_expire,
    ),
    (
        "SET-SKIP-CHECKSUM-VALIDATION",
        3,
        3,
        "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
        "Says whether RESTORE and DEBUG RELOAD take any checksum.",
        set_skip_checksums,
    ),
    (
        "SLEEP",
        3,
        3,
        "SLEEP <seconds>",
        "Holds up the whole keyspace and this thread.",
        sleep,
    ),
    (
        "STRINGMATCH-LEN",
        4,
        4,
        "STRINGMATCH-LEN <pattern> <string>",
        "Tells whether a pattern matches.",
        string_match,
    ),
];

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let peer = &cx.client.info.peer;
    let local = peer.starts_with("127.") || peer.starts_with("[::1]") || peer.starts_with('/');
    let allowed = match cx.server.config.choice(params::ENABLE_DEBUG_COMMAND) {
        "yes" => true,
        "local" => local,
        _ => false,
    };
    if !allowed {
        return Err(Error::new(
            "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.",
        ));
    }
    if args.len() == 2 && is(args[1], "HELP") {
        let lines: Vec<(&str, &str)> = SUBCOMMANDS.iter().map(|s| (s.3, s.4)).collect();
        help::write(cx, &lines);
        return Ok(());
    }
    let found = SUBCOMMANDS
        .iter()
        .find(|sub| is(args[1], sub.0) && (sub.1..=sub.2).contains(&args.len()));
    found.map_or_else(|| Err(unknown(args)), |sub| (sub.5)(cx, args))
}

fn unknown(args: &[&[u8]]) -> Error {
    let sub = String::from_utf8_lossy(&args[1][..args[1].len().min(128)]);
    Error::new(format!(
        "ERR unknown subcommand or wrong number of arguments for '{sub}'. Try DEBUG HELP."
    ))
}

fn load_append_only(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let persistence = persistence(cx)?;
    if cx.may_not_block() {
        return Err(Error::new(
            "ERR DEBUG LOADAOF is not allowed in a transaction",
        ));
    }
    let waiting = cx.wait_for_work();
    persistence.reload_append_only(waiting);
    Ok(())
}

fn reload(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let mut how = Reload {
        save: true,
        flush: true,
        merge: false,
    };
    for word in &args[2..] {
        match *word {
            word if is(word, "MERGE") => how.merge = true,
            word if is(word, "NOFLUSH") => how.flush = false,
            word if is(word, "NOSAVE") => how.save = false,
            _ => {
                return Err(Error::new(
                    "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
                ));
            }
        }
    }
    let persistence = persistence(cx)?;
    cx.db.unit.lock_all();
    if let Err(error) = persistence.reload(&mut cx.db.unit, how) {
        if let Some(process) = cx.server.process() {
            process.log(&format!("DEBUG RELOAD: {error}"));
        }
        return Err(Error::new(
            "ERR Error trying to load the RDB dump, check server logs",
        ));
    }
    if let Some(process) = cx.server.process() {
        process.log("DB reloaded by DEBUG RELOAD");
    }
    cx.out.ok();
    Ok(())
}

fn ignored(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.ok();
    Ok(())
}

fn sleep(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    // What is no number counts as zero, as in C.
    let seconds = parse_f64(args[2]).filter(|s| *s > 0.0).unwrap_or(0.0);
    let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    cx.db.unit.lock_all();
    std::thread::sleep(time);
    cx.out.ok();
    Ok(())
}

fn pause_cron(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let paused = parse_i64(args[2]).unwrap_or(0) != 0;
    cx.server.ticks_paused.store(paused, Ordering::Relaxed);
    cx.out.ok();
    Ok(())
}

fn set_active_expire(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let on = parse_i64(args[2]).unwrap_or(0) != 0;
    cx.server.active_expire.store(on, Ordering::Relaxed);
    cx.out.ok();
    Ok(())
}

fn set_skip_checksums(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let skip = parse_i64(args[2]).unwrap_or(0) != 0;
    cx.server
        .saving
        .skip_checksums
        .store(skip, Ordering::Relaxed);
    cx.out.ok();
    Ok(())
}

fn packed_threshold(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let digits = args[2].iter().take_while(|b| b.is_ascii_digit()).count();
    let number = parse_i64(&args[2][..digits]);
    let unit = args[2][digits..].to_ascii_lowercase();
    let known = [&b""[..], b"b", b"k", b"kb", b"m", b"mb", b"g", b"gb"].contains(&&unit[..]);
    if number.is_none() || !known {
        return Err(Error::new(
            "ERR argument must be a memory value bigger than 1 and smaller than 4gb",
        ));
    }
    cx.out.ok();
    Ok(())
}

fn string_match(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let matches = glob::matches(args[2], args[3], false);
    cx.out.int(i64::from(matches));
    Ok(())
}

fn error(_: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    Err(Error::new(String::from_utf8_lossy(args[2]).into_owned()))
}

fn log(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if let Some(process) = cx.server.process() {
        process.log(&format!("DEBUG LOG: {}", String::from_utf8_lossy(args[2])));
    }
    cx.out.ok();
    Ok(())
}

fn change_replication_id(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    // Nothing may lie across the change.
    cx.db.unit.lock_all();
    cx.server.journal.rename(fresh_repl_id());
    cx.out.ok();
    Ok(())
}

/// The entry of a key of the present database.
fn entry<'a>(cx: &'a mut Cx<'_>, key: &[u8]) -> Option<EntryRef<'a>> {
    cx.db.ensure(key);
    cx.db.peek(key)
}

fn object(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let now_ms = cx.now_ms();
    let entry = entry(cx, args[2]).ok_or(Error::NO_KEY)?;
    // There is no address to be shown, and the length is that in memory.
    let clock = entry.clock();
    let idle = engine_dispatch::access::idle_s(clock, now_ms);
    let text = format!(
        "Value at:0x0 refcount:1 encoding:{} serializedlength:{} lru:{clock} lru_seconds_idle:{idle}",
        entry.encoding(),
        entry.memory_bytes()
    );
    cx.out.simple(&text);
    Ok(())
}

fn listpack(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let entry = entry(cx, args[2]).ok_or(Error::NO_KEY)?;
    if entry.encoding() != "listpack" {
        return Err(Error::new("ERR Not a listpack encoded object."));
    }
    let elements = entry.object().map_or(0, Object::len);
    let bytes = entry.memory_bytes();
    cx.out.simple(&format!(
        "Listpack of {elements} elements, {bytes} bytes in memory"
    ));
    Ok(())
}

fn populate(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let count = crate::args::positive(args[2])?;
    let prefix = args.get(3).copied().unwrap_or(b"key");
    let size = args.get(4).map_or(Ok(0), |n| crate::args::positive(n))?;
    if size as i64 > cx.server.config.int(params::PROTO_MAX_BULK_LEN) {
        return Err(Error::TOO_LONG);
    }
    let db = cx.client.db;
    // Slots must be there before all are held.
    for slot in 0..SLOTS {
        let _ = cx.server.keyspace.slot(SlotId::new(db, slot as u16));
    }
    cx.db.unit.lock_all();
    for n in 0..count {
        let key = [prefix, b":", n.to_string().as_bytes()].concat();
        if cx.db.exists(&key) {
            continue;
        }
        let mut value = format!("value:{n}").into_bytes();
        if size > 0 {
            value.resize(size, 0);
        }
        let event = Event::new(Class::String, "set");
        cx.db
            .put(&key, NewValue::Bytes(&value), Expiry::Never, event);
    }
    cx.db.rewritten();
    cx.out.ok();
    Ok(())
}

fn digest(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.db.unit.lock_all();
    let server = cx.server;
    let mut all = Fingerprint::default();
    for db in 0..server.keyspace.databases() {
        if server.keyspace.db(db).keys.get() <= 0 {
            continue;
        }
        all.mix(&db.to_be_bytes());
        for (id, _) in server.keyspace.slots_of(db) {
            for entry in cx.db.unit.data(id).iter() {
                let mut one = Fingerprint::default();
                one.mix(entry.key());
                add_value(server, entry, &mut one);
                all.xor(one.bytes());
            }
        }
    }
    cx.out.simple(&all.text());
    Ok(())
}

fn digest_value(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let server = cx.server;
    cx.out.array(args.len() - 2);
    for key in &args[2..] {
        let mut one = Fingerprint::default();
        if let Some(entry) = entry(cx, key) {
            add_value(server, entry, &mut one);
        }
        cx.out.simple(&one.text());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    fn stage() -> Stage {
        let stage = Stage::new(crate::table());
        let put = stage
            .server
            .config
            .put(params::ENABLE_DEBUG_COMMAND, &[b"yes"]);
        put.expect("a word of the parameter");
        stage
    }

    #[test]
    fn it_must_be_allowed() {
        play(
            "> DEBUG SLEEP 0
             < -ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.
             > DEBUG
             < -ERR wrong number of arguments for 'debug' command",
        );
    }

    #[test]
    fn small_things() {
        stage().play(
            "> DEBUG foo
             < -ERR unknown subcommand or wrong number of arguments for 'foo'. Try DEBUG HELP.
             > DEBUG JMAP
             < -ERR unknown subcommand or wrong number of arguments for 'JMAP'. Try DEBUG HELP.
             > DEBUG SLEEP 0
             < +OK
             > DEBUG SLEEP x
             < +OK
             > DEBUG SET-ACTIVE-EXPIRE 0
             < +OK
             > DEBUG PAUSE-CRON 1
             < +OK
             > DEBUG ERROR 'MY own'
             < -MY own
             > DEBUG LOG hi
             < +OK
             > DEBUG CHANGE-REPL-ID
             < +OK
             > DEBUG STRINGMATCH-LEN a* abc
             < :1
             > DEBUG QUICKLIST-PACKED-THRESHOLD 1b
             < +OK
             > DEBUG QUICKLIST-PACKED-THRESHOLD x
             < -ERR argument must be a memory value bigger than 1 and smaller than 4gb
             > DEBUG RELOAD nonsense
             < -ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.
             > DEBUG LOADAOF
             < -ERR this node has no files
             > DEBUG OBJECT nokey
             < -ERR no such key
             > DEBUG LISTPACK nokey
             < -ERR no such key
             > SET k v
             < +OK
             > DEBUG LISTPACK k
             < -ERR Not a listpack encoded object.",
        );
        let mut stage = stage();
        stage.play("> SET k v\n< +OK");
        let out = String::from_utf8(stage.send("a", b"DEBUG OBJECT k\r\n")).unwrap();
        assert!(out.starts_with("+Value at:0x0 refcount:1 encoding:embstr serializedlength:"));
        assert!(out.ends_with(" lru_seconds_idle:0\r\n"), "{out}");
    }

    #[test]
    fn keys_by_the_dozen() {
        stage().play(
            "> SET key:1 old
             < +OK
             > DEBUG POPULATE 3
             < +OK
             > DEBUG POPULATE 1 p 10
             < +OK
             > MGET key:0 key:1 key:2 key:3
             < *4
             < $7
             < value:0
             < $3
             < old
             < $7
             < value:2
             < $-1
             > GET p:0
             < $10
             < value:0\\x00\\x00\\x00
             > DEBUG POPULATE -1
             < -ERR value is out of range, must be positive",
        );
    }

    #[test]
    fn reload_options() {
        use crate::server::shared_saving::tests::{Fake, stage_with};
        let (mut stage, fake) = stage_with(Fake::default());
        let put = stage
            .server
            .config
            .put(params::ENABLE_DEBUG_COMMAND, &[b"yes"]);
        put.expect("a word of the parameter");
        stage.play("> DEBUG RELOAD\n< +OK\n");
        let how = fake.reload().expect("asked");
        assert_eq!((how.save, how.flush, how.merge), (true, true, false));
        stage.play("> DEBUG RELOAD nosave NOFLUSH MERGE\n< +OK\n");
        let how = fake.reload().expect("asked");
        assert_eq!((how.save, how.flush, how.merge), (false, false, true));
        fake.set_running(true);
        stage.play("> DEBUG RELOAD\n< -ERR Error trying to load the RDB dump, check server logs");
    }

    #[test]
    fn checksums_can_be_skipped() {
        let restore =
            "RESTORE n 0 \"\\x00\\xc0\\x0a\\x0a\\x00\\x00\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\"";
        stage().play(&format!(
            "> {restore}
             < -ERR DUMP payload version or checksum are wrong
             > DEBUG SET-SKIP-CHECKSUM-VALIDATION 1
             < +OK
             > {restore}
             < +OK
             > GET n
             < $2
             < 10
             > DEBUG SET-SKIP-CHECKSUM-VALIDATION 0
             < +OK
             > {restore} REPLACE
             < -ERR DUMP payload version or checksum are wrong"
        ));
    }

    /// The figures are those of a real server.
    #[test]
    fn fingerprints() {
        stage().play(
            "> DEBUG DIGEST
             < +0000000000000000000000000000000000000000
             > DEBUG DIGEST-VALUE a b
             < *2
             < +0000000000000000000000000000000000000000
             < +0000000000000000000000000000000000000000",
        );
        stage().play(
            "> SET s hello
             > SET n 42
             > SET big 3000000000000
             > RPUSH l a 1 b
             > SADD si 3 1 2
             > SADD ss x y 7
             > HSET h f v g 5
             > ZADD z 1.5 a 2 b -3 7
             > SET e v PX 100000000
             > SELECT 3
             > SET s hello
             > SELECT 0
             > DEBUG DIGEST
             < +7b1033a2786db1b10e38b2ac29d41a6f7f081b33
             > DEBUG DIGEST-VALUE s n l si ss h z e nokey
             < *9
             < +36b23a1456b2dce2c3ed252c456761301dba8060
             < +547a004a370bc71c2d611f010c52f2e7b64c77a4
             < +d5f44352f6226abea9252dad248ef5de0d964396
             < +2a462a3f51a1db89738ebbeef0c47ce1bbc85246
             < +a6afcc473373536adb071da403abcb70a693d104
             < +a517316c9277e5f73e03ee50bbc7e094b6d7135d
             < +da4b639b9e2a55bb9f5618194c9bc6804aa2b1cc
             < +311b17018163335616e089f6b951c82c477335ac
             < +0000000000000000000000000000000000000000",
        );
    }
}
