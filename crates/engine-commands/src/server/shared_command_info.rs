//! COMMAND and COMMAND INFO: commands described for clients.

use super::shared_command_facts::tips;
use engine_dispatch::command::{Begin, Find, KeyFlags, KeySpec};
use engine_dispatch::{Acl, Cx, Outcome, Registered};
use proto_resp::Reply;

/// COMMAND
pub(super) fn all(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let commands = &cx.server.table.commands;
    cx.out.array(commands.len());
    for command in commands {
        describe(&mut cx.out, command);
    }
    Ok(())
}

/// COMMAND INFO
pub(super) fn info(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if args.len() == 2 {
        return all(cx, args);
    }
    cx.out.array(args.len() - 2);
    for name in &args[2..] {
        match cx.server.table.by_full_name(name) {
            Some(command) => describe(&mut cx.out, command),
            None => cx.out.null(),
        }
    }
    Ok(())
}

fn describe(out: &mut Reply<'_>, registered: &Registered) {
    let command = registered.command;
    let (first, last, step) = legacy_range(command.keys);
    out.array(10);
    out.bulk(registered.full_name.as_bytes());
    out.int(i64::from(command.arity));
    let flags: Vec<&str> = command.flags.names().collect();
    out.set(flags.len());
    flags.iter().for_each(|flag| out.simple(flag));
    out.int(i64::from(first));
    out.int(i64::from(last));
    out.int(i64::from(step));
    categories(out, registered);
    let tips = tips(&registered.full_name);
    out.set(tips.len());
    tips.iter().for_each(|tip| out.bulk(tip.as_bytes()));
    out.set(command.keys.len());
    command.keys.iter().for_each(|spec| key_spec(out, spec));
    if command.subcommands.is_empty() {
        out.set(0);
        return;
    }
    out.array(command.subcommands.len());
    for sub in command.subcommands {
        if let Some(sub) = registered.subcommands.get(sub.name.as_bytes()) {
            describe(out, sub);
        }
    }
}

fn categories(out: &mut Reply<'_>, registered: &Registered) {
    let categories = registered.command.categories();
    let names: Vec<&str> = Acl::NAMES
        .iter()
        .filter(|(category, _)| categories.contains(*category))
        .map(|(_, name)| *name)
        .collect();
    out.set(names.len());
    names
        .iter()
        .for_each(|name| out.simple(&format!("@{name}")));
}

/// First key, last key and step as clients before key specifications know them
/// (`populateCommandLegacyRangeSpec`): zeros where they cannot be said so.
fn legacy_range(specs: &[KeySpec]) -> (i32, i32, i32) {
    let plain = |spec: &KeySpec| match (spec.begin, spec.find) {
        (Begin::Index(at), Find::Range { last, step, .. }) => Some((at, last, step)),
        _ => None,
    };
    let absolute = |at: i32, last: i32| if last >= 0 { last + at } else { last };
    if let [spec] = specs {
        return plain(spec).map_or((0, 0, 0), |(at, last, step)| (at, absolute(at, last), step));
    }
    // Several that follow one another without gap are as good as one.
    let mut range: Option<(i32, i32)> = None;
    for (at, last, step) in specs.iter().filter_map(plain) {
        if step != 1 {
            return (0, 0, 0);
        }
        let end = absolute(at, last);
        range = match range {
            None => Some((at, end)),
            Some((first, before)) if before == at - 1 => Some((first, end)),
            Some(_) => return (0, 0, 0),
        };
    }
    range.map_or((0, 0, 0), |(first, last)| (first, last, 1))
}

/// The names of what is done with a key.
pub(super) fn key_flags(out: &mut Reply<'_>, flags: KeyFlags) {
    let names: Vec<&str> = KeyFlags::NAMES
        .iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, name)| *name)
        .collect();
    out.set(names.len());
    names.iter().for_each(|name| out.simple(name));
}

fn key_spec(out: &mut Reply<'_>, spec: &KeySpec) {
    out.map(3);
    out.bulk(b"flags");
    key_flags(out, spec.flags);
    out.bulk(b"begin_search");
    match spec.begin {
        Begin::Index(index) => typed(out, "index", &[("index", index)]),
        Begin::Keyword(word, from) => {
            begin_typed(out, "keyword", 2);
            out.bulk(b"keyword");
            out.bulk(word.as_bytes());
            out.bulk(b"startfrom");
            out.int(i64::from(from));
        }
        Begin::Unknown => typed(out, "unknown", &[]),
    }
    out.bulk(b"find_keys");
    match spec.find {
        Find::Range { last, step, limit } => typed(
            out,
            "range",
            &[("lastkey", last), ("keystep", step), ("limit", limit)],
        ),
        Find::KeyNum { count, first, step } => typed(
            out,
            "keynum",
            &[("keynumidx", count), ("firstkey", first), ("keystep", step)],
        ),
        Find::Unknown => typed(out, "unknown", &[]),
    }
}

fn begin_typed(out: &mut Reply<'_>, kind: &str, fields: usize) {
    out.map(2);
    out.bulk(b"type");
    out.bulk(kind.as_bytes());
    out.bulk(b"spec");
    out.map(fields);
}

fn typed(out: &mut Reply<'_>, kind: &str, fields: &[(&str, i32)]) {
    begin_typed(out, kind, fields.len());
    for (name, value) in fields {
        out.bulk(name.as_bytes());
        out.int(i64::from(*value));
    }
}

#[cfg(test)]
mod tests {
    use super::legacy_range;
    use crate::testing::play;
    use engine_dispatch::KeySpec;
    use engine_dispatch::command::KeyFlags;

    #[test]
    fn one_command() {
        play(
            "> COMMAND INFO nosuch get|x
             < *2
             < $-1
             < $-1
             3> COMMAND INFO get
             < *1
             < *10
             < $3
             < get
             < :2
             < ~2
             < +readonly
             < +fast
             < :1
             < :1
             < :1
             < ~3
             < +@read
             < +@string
             < +@fast
             < ~0
             < ~1
             < %3
             < $5
             < flags
             < ~2
             < +RO
             < +access
             < $12
             < begin_search
             < %2
             < $4
             < type
             < $5
             < index
             < $4
             < spec
             < %1
             < $5
             < index
             < :1
             < $9
             < find_keys
             < %2
             < $4
             < type
             < $5
             < range
             < $4
             < spec
             < %3
             < $7
             < lastkey
             < :0
             < $7
             < keystep
             < :1
             < $5
             < limit
             < :0
             < ~0",
        );
    }

    #[test]
    fn ranges_of_old() {
        let ro = KeyFlags::RO;
        assert_eq!(legacy_range(&[]), (0, 0, 0));
        assert_eq!(legacy_range(&[KeySpec::range(1, -1, 2, ro)]), (1, -1, 2));
        assert_eq!(legacy_range(&[KeySpec::at(2, ro)]), (2, 2, 1));
        assert_eq!(legacy_range(&[KeySpec::counted(2, ro)]), (0, 0, 0));
        let pair = [KeySpec::at(1, ro), KeySpec::at(2, ro)];
        assert_eq!(legacy_range(&pair), (1, 2, 1));
        let union = [KeySpec::at(1, ro), KeySpec::counted(2, ro)];
        assert_eq!(legacy_range(&union), (1, 1, 1));
        let bitop = [KeySpec::at(2, ro), KeySpec::range(3, -1, 1, ro)];
        assert_eq!(legacy_range(&bitop), (2, -1, 1));
    }
}
