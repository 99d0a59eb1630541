//! Intersection, union and difference of sets, and storing what comes out.

use crate::items;
use engine_dispatch::keys::Expiry;
use engine_dispatch::{Cx, Error, Event, Outcome};
use engine_keyspace::NewValue;
use engine_types::{ItemRef, Limits, Object, Set};
use proto_resp::num::INT_LEN_MAX;

/// The sets of these keys, in their order; an absent one is `None`.
///
/// # Errors
/// WRONGTYPE.
fn sets<'c>(cx: &'c Cx<'_>, keys: &[&[u8]]) -> Result<Vec<Option<&'c Set>>, Error> {
    keys.iter().map(|key| cx.db.read::<Set>(key)).collect()
}

/// Calls `each` with the members that all sets of these keys have, until it answers false.
///
/// # Errors
/// WRONGTYPE.
pub(crate) fn intersect(
    cx: &Cx<'_>,
    keys: &[&[u8]],
    mut each: impl FnMut(ItemRef<'_>) -> bool,
) -> Outcome {
    let sets = sets(cx, keys)?;
    let Some(mut sets) = sets.into_iter().collect::<Option<Vec<&Set>>>() else {
        return Ok(());
    };
    sets.sort_by_key(|set| set.len());
    let Some((smallest, others)) = sets.split_first() else {
        return Ok(());
    };
    let mut text = [0; INT_LEN_MAX];
    for member in smallest.iter() {
        let bytes = member.as_bytes(&mut text);
        if others.iter().all(|set| set.contains(bytes)) && !each(member) {
            break;
        }
    }
    Ok(())
}

/// The members that all sets of these keys have.
///
/// # Errors
/// WRONGTYPE.
pub(crate) fn intersection(cx: &Cx<'_>, keys: &[&[u8]]) -> Result<Set, Error> {
    let limits = cx.server.limits();
    let mut result = Set::new();
    intersect(cx, keys, |member| {
        add(&mut result, member, &limits);
        true
    })?;
    Ok(result)
}

/// The members that any set of these keys has.
///
/// # Errors
/// WRONGTYPE.
pub(crate) fn union(cx: &Cx<'_>, keys: &[&[u8]]) -> Result<Set, Error> {
    let limits = cx.server.limits();
    let sets = sets(cx, keys)?;
    let mut result = Set::new();
    for set in sets.into_iter().flatten() {
        set.iter()
            .for_each(|member| add(&mut result, member, &limits));
    }
    Ok(result)
}

/// The members of the first key's set that no other has.
///
/// # Errors
/// WRONGTYPE.
pub(crate) fn difference(cx: &Cx<'_>, keys: &[&[u8]]) -> Result<Set, Error> {
    let limits = cx.server.limits();
    let sets = sets(cx, keys)?;
    let mut result = Set::new();
    let Some((Some(first), others)) = sets.split_first() else {
        return Ok(result);
    };
    let mut others: Vec<&Set> = others.iter().copied().flatten().collect();
    if others.iter().any(|set| std::ptr::eq(*set, *first)) {
        return Ok(result);
    }
    let sizes: usize = others.iter().map(|set| set.len()).sum();
    // Either every member of the first is looked for in the others, or every member of the others in the first's
    // copy; the former stops early, which is worth about half (as in Redis).
    if first.len().saturating_mul(others.len() + 1) / 2 <= sizes + first.len() {
        others.sort_by_key(|set| std::cmp::Reverse(set.len()));
        let mut text = [0; INT_LEN_MAX];
        for member in first.iter() {
            let bytes = member.as_bytes(&mut text);
            if !others.iter().any(|set| set.contains(bytes)) {
                add(&mut result, member, &limits);
            }
        }
        return Ok(result);
    }
    result = (*first).clone();
    let mut text = [0; INT_LEN_MAX];
    for member in others.into_iter().flat_map(Set::iter) {
        result.remove(member.as_bytes(&mut text));
    }
    Ok(result)
}

fn add(set: &mut Set, member: ItemRef<'_>, limits: &Limits) {
    let mut text = [0; INT_LEN_MAX];
    set.add(member.as_bytes(&mut text), limits);
}

/// Replies all members.
pub(crate) fn reply(cx: &mut Cx<'_>, set: &Set) {
    cx.out.set(set.len());
    for member in set.iter() {
        items::bulk(&mut cx.out, member);
    }
}

/// Puts a result under a key and replies its size; an empty one removes the key.
pub(crate) fn store(cx: &mut Cx<'_>, key: &[u8], set: Set, event: Event) {
    cx.out.int(set.len() as i64);
    if set.is_empty() {
        cx.db.remove(key, Event::DEL);
    } else {
        let value = NewValue::Object(Object::Set(set));
        cx.db.put(key, value, Expiry::Never, event);
    }
}
