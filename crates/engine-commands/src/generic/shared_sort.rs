//! SORT and SORT_RO.

use crate::args::{int, is};
use engine_dispatch::acl;
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Cx, Error, Event, Outcome, StringRef};
use engine_keyspace::{EntryRef, NewValue, Value};
use engine_types::{List, Object};
use proto_resp::num::parse_f64;
use std::cmp::Ordering;
use std::ops::Range;

/// Look-ups by pattern above which locking the whole keyspace is cheaper than slot after slot.
const SINGLE_LOCKS_MAX: usize = 1000;

#[derive(Debug, Default)]
struct Options<'a> {
    desc: bool,
    alpha: bool,
    limit: Option<(i64, i64)>,
    store: Option<&'a [u8]>,
    by: Option<&'a [u8]>,
    /// BY a constant: the elements stay in the order they come in.
    unsorted: bool,
    get: Vec<&'a [u8]>,
}

/// An element, with what it is compared by.
#[derive(Debug)]
struct Element {
    text: Vec<u8>,
    score: f64,
    by: Option<Vec<u8>>,
}

impl<'a> Options<'a> {
    /// `reads_all` says whether the client may read every key, which look-ups by pattern need.
    fn parse(args: &[&'a [u8]], may_store: bool, reads_all: bool) -> Result<Self, Error> {
        let denied = |option| {
            Err(Error::new(format!(
                "ERR {option} option of SORT denied due to insufficient ACL permissions."
            )))
        };
        let mut options = Options::default();
        let mut words = args.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(Error::SYNTAX);
            if is(word, "ASC") {
                options.desc = false;
            } else if is(word, "DESC") {
                options.desc = true;
            } else if is(word, "ALPHA") {
                options.alpha = true;
            } else if is(word, "LIMIT") {
                let (start, count) = (value()?, value()?);
                options.limit = Some((int(start)?, int(count)?));
            } else if is(word, "STORE") && may_store {
                options.store = Some(value()?);
            } else if is(word, "BY") {
                let pattern = value()?;
                options.by = Some(pattern);
                let constant = !pattern.contains(&b'*');
                options.unsorted |= constant;
                if !constant && !reads_all {
                    return denied("BY");
                }
            } else if is(word, "GET") {
                options.get.push(value()?);
                if !reads_all {
                    return denied("GET");
                }
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(options)
    }

    /// Which of `len` elements are wanted.
    fn range(&self, len: usize) -> Range<usize> {
        let len = len as i64;
        let (start, count) = self.limit.unwrap_or((0, -1));
        let start = start.clamp(0, len);
        let end = if count < 0 {
            len
        } else {
            start.saturating_add(count).min(len)
        };
        start as usize..end as usize
    }
}

/// Sorts the elements of a collection; replies them, or stores them as a list.
///
/// # Errors
/// WRONGTYPE, a syntax error, or an element that is no number.
pub(crate) fn sort(cx: &mut Cx<'_>, args: &[&[u8]], may_store: bool) -> Outcome {
    let reads_all = acl::may_read_every_key(cx.client, cx.command, args);
    let mut options = Options::parse(&args[2..], may_store, reads_all)?;
    let (mut elements, is_set) = elements(cx, args[1])?;
    if options.unsorted && is_set && options.store.is_some() {
        // A set has no order of its own that a replica would have, too.
        (options.unsorted, options.alpha, options.by) = (false, true, None);
    }
    let lookups = usize::from(options.by.is_some()) + options.get.len();
    if lookups * elements.len() > SINGLE_LOCKS_MAX {
        cx.db.unit.lock_all();
    }
    if !options.unsorted {
        weigh(cx, &mut elements, &options)?;
        elements.sort_by(|a, b| compare(a, b, &options));
    } else if options.desc && !is_set {
        elements.reverse();
    }
    let wanted = options.range(elements.len());
    let results = results(cx, elements.get(wanted).unwrap_or_default(), &options);
    match options.store {
        Some(key) => store(cx, key, &results),
        None => {
            cx.out.array(results.len());
            for result in &results {
                cx.out.bulk_or_null(result.as_deref());
            }
        }
    }
    Ok(())
}

/// The elements of a list, set or sorted set in the order it has them, and whether it is a set.
fn elements(cx: &Cx<'_>, key: &[u8]) -> Result<(Vec<Element>, bool), Error> {
    let object = match cx.db.get(key).map(EntryRef::value) {
        None => return Ok((Vec::new(), false)),
        Some(Value::Object(object)) => object,
        Some(_) => return Err(Error::WRONG_TYPE),
    };
    let texts: Vec<Vec<u8>> = match object {
        Object::List(list) => list.iter().map(|item| item.to_vec()).collect(),
        Object::Set(set) => set.iter().map(|item| item.to_vec()).collect(),
        Object::ZSet(zset) => zset.iter().map(|(item, _)| item.to_vec()).collect(),
        _ => return Err(Error::WRONG_TYPE),
    };
    let element = |text| Element {
        text,
        score: 0.0,
        by: None,
    };
    let is_set = matches!(object, Object::Set(_));
    Ok((texts.into_iter().map(element).collect(), is_set))
}

/// Notes in each element what it is compared by.
fn weigh(cx: &mut Cx<'_>, elements: &mut [Element], options: &Options<'_>) -> Outcome {
    let mut all_numbers = true;
    for element in elements {
        let by = match options.by {
            Some(pattern) => look_up(cx, pattern, &element.text),
            None if options.alpha => continue,
            None => Some(element.text.clone()),
        };
        match by {
            Some(by) if !options.alpha => match number(&by) {
                Some(score) => element.score = score,
                None => all_numbers = false,
            },
            by => element.by = by,
        }
    }
    if all_numbers {
        Ok(())
    } else {
        Err(Error::new(
            "ERR One or more scores can't be converted into double",
        ))
    }
}

/// A number as C's `strtod` reads it to the end of a string of C: spaces may come first, nothing at all is 0.
fn number(text: &[u8]) -> Option<f64> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    match text.trim_ascii_start() {
        [] => text.is_empty().then_some(0.0),
        text => parse_f64(text),
    }
}

fn compare(a: &Element, b: &Element, options: &Options<'_>) -> Ordering {
    let order = match (options.alpha, options.by) {
        (false, _) => a
            .score
            .total_cmp(&b.score)
            .then_with(|| a.text.cmp(&b.text)),
        (true, Some(_)) => a.by.cmp(&b.by),
        (true, None) => a.text.cmp(&b.text),
    };
    if options.desc { order.reverse() } else { order }
}

/// What is replied or stored for each of the elements wanted.
fn results(cx: &mut Cx<'_>, wanted: &[Element], options: &Options<'_>) -> Vec<Option<Vec<u8>>> {
    if options.get.is_empty() {
        return wanted.iter().map(|e| Some(e.text.clone())).collect();
    }
    let mut all = Vec::with_capacity(wanted.len() * options.get.len());
    for element in wanted {
        for pattern in &options.get {
            all.push(look_up(cx, pattern, &element.text));
        }
    }
    all
}

/// The string that a pattern names for an element: its first `*` stands for the element; behind `->` stands the field
/// of a hash; `#` is the element itself.
fn look_up(cx: &mut Cx<'_>, pattern: &[u8], element: &[u8]) -> Option<Vec<u8>> {
    if pattern == b"#" {
        return Some(element.to_vec());
    }
    let star = pattern.iter().position(|b| *b == b'*')?;
    let (prefix, rest) = (&pattern[..star], &pattern[star + 1..]);
    let arrow = rest.windows(2).position(|two| two == b"->");
    let (postfix, field) = match arrow {
        Some(at) if at + 2 < rest.len() => (&rest[..at], Some(&rest[at + 2..])),
        _ => (rest, None),
    };
    let key = [prefix, element, postfix].concat();
    cx.db.ensure(&key);
    match field {
        Some(field) => {
            let hash = cx.db.hash(&key).ok()??;
            Some(hash.get(field)?.to_vec())
        }
        None => Some(StringRef::to_vec(&cx.db.string(&key).ok()??)),
    }
}

/// Puts the results into a list, null as the empty string; replies how many there are.
fn store(cx: &mut Cx<'_>, key: &[u8], results: &[Option<Vec<u8>>]) {
    cx.db.ensure(key);
    if results.is_empty() {
        cx.db.remove(key, Event::DEL);
    } else {
        let limits = cx.server.limits();
        let mut list = List::new();
        for result in results {
            list.push_back(result.as_deref().unwrap_or_default(), &limits);
        }
        let event = Event::new(Class::List, "sortstore");
        let value = NewValue::Object(Object::List(list));
        cx.db.put(key, value, Expiry::Never, event);
    }
    cx.out.int(results.len() as i64);
}
