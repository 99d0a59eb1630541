use super::*;
use std::sync::atomic::AtomicUsize;

fn id(byte: u8) -> ReplId {
    ReplId::from_random([byte; 20])
}

fn on() -> Journal {
    let journal = Journal::new(id(1));
    journal.turn_on(id(2));
    journal
}

fn append(journal: &Journal, commands: &[(u32, &[&[u8]])]) -> u64 {
    let mut buf = EffectBuf::new();
    for (db, argv) in commands {
        buf.push(*db, argv);
    }
    journal.append(&mut buf)
}

fn read_all(reader: &mut Reader) -> String {
    let mut out = Vec::new();
    loop {
        let chunk = reader.chunk();
        if chunk.is_empty() {
            return String::from_utf8(out).expect("test data is text");
        }
        out.extend_from_slice(chunk);
        let n = chunk.len();
        reader.advance(n);
    }
}

/// The words of a stream: arguments of all commands, without lengths.
fn words(stream: &str) -> Vec<&str> {
    stream
        .split("\r\n")
        .filter(|line| !line.is_empty() && !line.starts_with(['*', '$']))
        .collect()
}

#[test]
fn off_means_nothing_is_written() {
    let journal = Journal::new(id(1));
    assert!(!journal.is_on());
    assert_eq!(append(&journal, &[(0, &[b"SET", b"a", b"1"])]), 0);
    assert!(journal.reader_at(0).is_none());
    assert_eq!(journal.first_offset(), None);
}

#[test]
fn select_is_written_when_the_database_changes() {
    let journal = on();
    append(&journal, &[(0, &[b"SET", b"a", b"1"])]);
    append(&journal, &[(0, &[b"SET", b"b", b"1"])]);
    append(&journal, &[(12, &[b"SET", b"c", b"1"])]);
    journal.force_select();
    let end = append(&journal, &[(12, &[b"DEL", b"c"])]);
    let mut reader = journal.reader_at(0).expect("kept");
    let stream = read_all(&mut reader);
    assert_eq!(
        words(&stream).join(" "),
        "SELECT 0 SET a 1 SET b 1 SELECT 12 SET c 1 SELECT 12 DEL c"
    );
    assert_eq!((end, journal.offset()), (stream.len() as u64, end));
}

#[test]
fn several_effects_are_one_transaction() {
    let journal = on();
    append(
        &journal,
        &[
            (3, &[b"DEL", b"a"]),
            (3, &[b"DEL", b"b"]),
            (4, &[b"DEL", b"c"]),
        ],
    );
    let mut reader = journal.reader_at(0).expect("kept");
    assert_eq!(
        words(&read_all(&mut reader)).join(" "),
        "SELECT 3 MULTI DEL a DEL b SELECT 4 DEL c EXEC"
    );
}

#[test]
fn effects_for_the_file_alone_do_not_reach_replicas() {
    let journal = on();
    let mut buf = EffectBuf::new();
    buf.push_class(Some(0), &[b"INCR", b"a"], EffectClass::AofOnly);
    buf.push_class(None, &[b"PING"], EffectClass::ReplicaOnly);
    journal.append(&mut buf);
    let mut reader = journal.reader_at(0).expect("kept");
    assert_eq!(read_all(&mut reader), "*1\r\n$4\r\nPING\r\n");
    buf.push_class(Some(0), &[b"INCR", b"a"], EffectClass::AofOnly);
    assert_eq!(journal.append(&mut buf), 14);
}

#[test]
fn the_backlog_keeps_its_size_and_readers_keep_more() {
    let journal = on();
    journal.set_backlog_bytes(BLOCK_BYTES as u64);
    let mut old = journal.reader_at(0).expect("kept");
    let value = vec![b'x'; BLOCK_BYTES / 2];
    for _ in 0..20 {
        append(&journal, &[(0, &[b"SET", b"k", &value])]);
    }
    let first = journal.first_offset().expect("on");
    assert!(first > 0 && journal.offset() - first >= BLOCK_BYTES as u64);
    assert!(journal.offset() - first < 3 * BLOCK_BYTES as u64);
    assert!(journal.reader_at(first - 1).is_none());
    assert!(journal.reader_at(first).is_some());
    assert!(journal.reader_at(journal.offset()).is_some());
    assert!(journal.reader_at(journal.offset() + 1).is_none());
    assert_eq!(old.lag(), journal.offset());
    assert_eq!(read_all(&mut old).len() as u64, journal.offset());
}

#[test]
fn a_reader_at_the_end_of_a_full_block_goes_on_in_the_next() {
    let journal = Journal::new(id(1));
    journal.adopt(id(2), 1_000, 0);
    journal.append_raw(&vec![b'a'; BLOCK_BYTES], 0);
    let mut reader = journal
        .reader_at(1_000 + BLOCK_BYTES as u64)
        .expect("the end");
    assert_eq!(reader.chunk(), b"");
    journal.append_raw(b"bc", 0);
    assert_eq!(reader.chunk(), b"bc");
    reader.advance(1);
    assert_eq!(reader.chunk(), b"c");
    assert_eq!(journal.offset(), 1_002 + BLOCK_BYTES as u64);
}

#[test]
fn resync_follows_the_names_of_the_history() {
    let journal = Journal::new(id(1));
    journal.adopt(id(2), 500, 0);
    journal.append_raw(b"0123456789", 0);
    journal.rename(id(3));
    journal.append_raw(b"abc", 0);
    assert!(journal.resync(&id(2), 505).is_some());
    assert!(journal.resync(&id(2), 511).is_none(), "beyond the renaming");
    assert!(journal.resync(&id(3), 513).is_some());
    assert!(journal.resync(&id(3), 514).is_none(), "beyond the end");
    assert!(journal.resync(&id(3), 499).is_none(), "before the backlog");
    assert!(journal.resync(&id(1), 505).is_none(), "another history");
    assert_eq!(journal.ids().second(), (id(2).to_string(), 511));
}

#[test]
fn a_new_history_closes_readers_of_the_old_one() {
    let journal = on();
    append(&journal, &[(0, &[b"DEL", b"a"])]);
    let mut reader = journal.reader_at(0).expect("kept");
    journal.adopt(id(9), 7_000, 0);
    journal.append_raw(b"new", 0);
    assert_eq!(reader.closed(), Some(End::Complete));
    assert_eq!(words(&read_all(&mut reader)).join(" "), "SELECT 0 DEL a");
    assert_eq!(
        (journal.offset(), journal.first_offset()),
        (7_003, Some(7_000))
    );
    journal.turn_off(id(10));
    assert!(!journal.is_on());
    assert_eq!((journal.offset(), journal.ids().current), (7_003, id(10)));
}

#[test]
fn a_cut_of_a_verbatim_stream_tells_its_database_instead_of_selecting() {
    let journal = Journal::new(id(1));
    journal.adopt(id(2), 100, 3);
    journal.append_raw(b"x", 7);
    let cut = journal.cut(id(8));
    assert_eq!(
        (cut.ids.current, cut.stream_db, cut.reader.position()),
        (id(2), 7, 101)
    );
    journal.promote(id(4));
    append(&journal, &[(7, &[b"DEL", b"a"])]);
    let mut reader = cut.reader;
    assert_eq!(words(&read_all(&mut reader)).join(" "), "SELECT 7 DEL a");
    assert_eq!(journal.cut(id(8)).stream_db, 0);
    append(&journal, &[(7, &[b"DEL", b"a"])]);
    assert_eq!(words(&read_all(&mut reader)).join(" "), "SELECT 7 DEL a");
}

#[test]
fn a_waker_fires_once_until_armed_again() {
    let journal = on();
    let fired = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&fired);
    let handle = journal.register_waker(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    append(&journal, &[(0, &[b"DEL", b"a"])]);
    assert_eq!(fired.load(Ordering::Relaxed), 0, "not armed");
    handle.arm();
    append(&journal, &[(0, &[b"DEL", b"a"])]);
    append(&journal, &[(0, &[b"DEL", b"a"])]);
    assert_eq!(fired.load(Ordering::Relaxed), 1);
    handle.arm();
    journal.unregister_waker(&handle);
    append(&journal, &[(0, &[b"DEL", b"a"])]);
    assert_eq!(fired.load(Ordering::Relaxed), 1);
}

/// Writers append units of several sizes while a reader that sleeps on a waker follows: it must
/// see each unit whole, each writer's units in order, and miss none.
#[test]
fn a_reader_follows_concurrent_writers() {
    const WRITERS: usize = 3;
    const UNITS: usize = 2_000;
    let journal = Arc::new(on());
    journal.set_backlog_bytes(1);
    let mut reader = journal.reader_at(0).expect("kept");
    let (tx, rx) = std::sync::mpsc::channel::<()>();
    let tx = Mutex::new(tx);
    let handle = journal.register_waker(move || {
        let _ = tx.lock().send(());
    });
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let journal = Arc::clone(&journal);
            std::thread::spawn(move || {
                let mut buf = EffectBuf::new();
                for n in 0..UNITS {
                    let key = format!("{writer}:{n}");
                    let value = vec![b'v'; (n * 37) % 900];
                    buf.push(0, &[b"SET", key.as_bytes(), &value]);
                    buf.push(0, &[b"END", key.as_bytes()]);
                    journal.append(&mut buf);
                }
            })
        })
        .collect();

    let mut seen = Vec::new();
    let mut units = 0;
    let mut next = [0; WRITERS];
    while units < WRITERS * UNITS {
        handle.arm();
        if reader.lag() == 0 {
            rx.recv().expect("the journal holds the sender");
            continue;
        }
        // What is visible at any moment ends at the end of a unit.
        let lag = reader.lag() as usize;
        while seen.len() < lag {
            let chunk = reader.chunk();
            let n = chunk.len().min(lag - seen.len());
            seen.extend_from_slice(&chunk[..n]);
            reader.advance(n);
        }
        let text = std::str::from_utf8(&seen).expect("text");
        assert!(text.ends_with("$4\r\nEXEC\r\n"));
        let mut open = None;
        for word in words(text) {
            match (word, word.split_once(':')) {
                ("EXEC", _) => {
                    assert_eq!(open.take(), Some(2));
                    units += 1;
                }
                ("MULTI", _) => assert_eq!(open.replace(0), None),
                (_, Some((writer, n))) => {
                    let writer: usize = writer.parse().expect("number");
                    *open.as_mut().expect("inside a transaction") += 1;
                    assert_eq!(n, (next[writer] / 2).to_string());
                    next[writer] += 1;
                }
                _ => {}
            }
        }
        seen.clear();
    }
    for writer in writers {
        writer.join().expect("writer ends");
    }
    assert_eq!(next, [UNITS * 2; WRITERS]);
}

/// What the append-only file holds of the stream from `reader` on.
fn file_text(journal: &Journal, reader: &mut Reader) -> String {
    let mut exceptions = Exceptions::default();
    let mut out = Vec::new();
    let end = reader.position() + reader.lag();
    journal.take_exceptions(&mut exceptions);
    while reader.position() < end {
        let chunk = reader.chunk().to_vec();
        exceptions.copy(reader.position(), &chunk, &mut out);
        reader.advance(chunk.len());
    }
    exceptions.copy_added(end, &mut out);
    only_words(&out)
}

/// The words of all commands, without RESP's lengths.
fn only_words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split("\r\n").filter(|l| !l.starts_with(['*', '$']));
    lines.collect::<Vec<_>>().join(" ").trim_end().to_string()
}

#[test]
fn the_file_and_the_replicas_read_what_is_theirs() {
    let journal = Journal::new(ReplId::from_random([1; 20]));
    let mut replica = journal.cut(ReplId::from_random([2; 20])).reader;
    let mut file = journal.begin_file(ReplId::from_random([3; 20]));
    let mut buf = EffectBuf::new();
    type Said<'a> = (EffectClass, Option<u32>, &'a [&'a [u8]]);
    let mut unit = |effects: &[Said<'_>]| {
        for (class, db, argv) in effects {
            buf.push_class(*db, argv, *class);
        }
        journal.append(&mut buf);
    };
    use EffectClass::{All, AofOnly, ReplicaOnly};
    unit(&[(All, Some(0), &[b"a"])]);
    unit(&[(ReplicaOnly, None, &[b"ping"])]);
    unit(&[(AofOnly, Some(0), &[b"own"])]);
    unit(&[(All, Some(0), &[b"b"]), (ReplicaOnly, None, &[b"publish"])]);
    unit(&[(AofOnly, Some(1), &[b"own"]), (All, Some(1), &[b"c"])]);
    unit(&[(All, Some(1), &[b"d"])]);
    let mut stream = Vec::new();
    while !replica.chunk().is_empty() {
        stream.extend_from_slice(replica.chunk());
        let n = replica.chunk().len();
        replica.advance(n);
    }
    assert_eq!(
        only_words(&stream),
        "SELECT 0 a ping MULTI b publish EXEC SELECT 1 c d"
    );
    assert_eq!(
        file_text(&journal, &mut file),
        "SELECT 0 a own MULTI b EXEC MULTI SELECT 1 own SELECT 1 c EXEC d"
    );
    // What has been read is not read again.
    assert_eq!(file_text(&journal, &mut file), "");
    journal.end_file();
    unit(&[(AofOnly, Some(1), &[b"own"])]);
    assert_eq!(journal.offset(), file.position());
}
