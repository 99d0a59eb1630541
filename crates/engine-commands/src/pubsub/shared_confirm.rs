//! Confirmations of SUBSCRIBE, UNSUBSCRIBE and their kin: one push a name, with how many the client then listens to.

use engine_dispatch::command::{Begin, Find, KeyFlags};
use engine_dispatch::pubsub::Scope;
use engine_dispatch::{Command, Cx, Flags, Group, KeySpec, Outcome, pubsub};

/// What the six commands share.
pub(super) const MEMBERSHIP: Command = Command {
    flags: Flags::PUBSUB
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE),
    group: Group::PubSub,
    ..Command::BASE
};

/// Shard channels from argument 1 to `last`: they have a slot, but are no keys.
pub(super) const fn shard_channels(last: i32) -> KeySpec {
    KeySpec {
        flags: KeyFlags::NOT_KEY,
        begin: Begin::Index(1),
        find: Find::Range {
            last,
            step: 1,
            limit: 0,
        },
    }
}

fn confirm(cx: &mut Cx<'_>, word: &[u8], name: Option<&[u8]>, scope: Scope) {
    let count = cx.client.subscriptions.count(scope);
    cx.out.push(3);
    cx.out.bulk(word);
    cx.out.bulk_or_null(name);
    cx.out.int(count as i64);
}

/// In a transaction the confirmations are parts of EXEC's reply.
fn begin(cx: &mut Cx<'_>) {
    cx.client.answers_by_push = !cx.may_not_block();
}

pub(super) fn subscribe(cx: &mut Cx<'_>, word: &[u8], scope: Scope, names: &[&[u8]]) -> Outcome {
    begin(cx);
    for name in names {
        pubsub::subscribe(cx.server, cx.client, scope, name);
        confirm(cx, word, Some(name), scope);
    }
    Ok(())
}

pub(super) fn unsubscribe(cx: &mut Cx<'_>, word: &[u8], scope: Scope, names: &[&[u8]]) -> Outcome {
    begin(cx);
    let all = cx.client.subscriptions.channels(scope);
    let all: Vec<&[u8]> = all.iter().map(|name| &**name).collect();
    let names = if names.is_empty() { &all } else { names };
    for name in names {
        pubsub::unsubscribe(cx.server, cx.client, scope, name);
        pubsub::pull(cx);
        confirm(cx, word, Some(name), scope);
    }
    if names.is_empty() {
        confirm(cx, word, None, scope);
    }
    Ok(())
}

pub(super) fn subscribe_patterns(cx: &mut Cx<'_>, patterns: &[&[u8]]) -> Outcome {
    begin(cx);
    for pattern in patterns {
        pubsub::subscribe_pattern(cx.server, cx.client, pattern);
        confirm(cx, b"psubscribe", Some(pattern), Scope::Global);
    }
    Ok(())
}

pub(super) fn unsubscribe_patterns(cx: &mut Cx<'_>, patterns: &[&[u8]]) -> Outcome {
    begin(cx);
    let all = cx.client.subscriptions.patterns();
    let all: Vec<&[u8]> = all.iter().map(|pattern| &**pattern).collect();
    let patterns = if patterns.is_empty() { &all } else { patterns };
    for pattern in patterns {
        pubsub::unsubscribe_pattern(cx.server, cx.client, pattern);
        pubsub::pull(cx);
        confirm(cx, b"punsubscribe", Some(pattern), Scope::Global);
    }
    if patterns.is_empty() {
        confirm(cx, b"punsubscribe", None, Scope::Global);
    }
    Ok(())
}
