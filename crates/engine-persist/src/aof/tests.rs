use super::*;
use crate::disk::{Fault, FaultyDisk, Operation, RealDisk};
use crate::journal::{EffectBuf, EffectClass, StreamUnit};
use std::fs;
use std::io::Read;
use std::path::Path;

struct Node {
    dir: tempfile::TempDir,
    disk: FaultyDisk,
    aof: Aof,
    journal: Journal,
    events: Arc<Mutex<Vec<String>>>,
}

fn id(n: u8) -> ReplId {
    ReplId::from_random([n; 20])
}

impl Node {
    fn new() -> Self {
        Self::at(tempfile::tempdir().expect("a directory"))
    }

    fn at(dir: tempfile::TempDir) -> Self {
        let disk = FaultyDisk::default();
        let aof = Aof::new(Arc::new(disk.clone()));
        let events = Arc::<Mutex<Vec<String>>>::default();
        let told = Arc::clone(&events);
        aof.on_event(move |event| {
            let name = match event {
                Event::Synced => return,
                Event::WriteFailed(_) => "write failed",
                Event::WriteRecovered => "write recovered",
                Event::SyncFailed(_) => "sync failed",
                Event::Fatal(_) => "fatal",
            };
            told.lock().push(name.to_string());
        });
        Self {
            dir,
            disk,
            aof,
            journal: Journal::new(id(1)),
            events,
        }
    }

    fn place(&self) -> Place {
        Place {
            dir: self.dir.path().join("aof"),
            prefix: "a".into(),
        }
    }

    /// Begins with an empty data set, as a node that was started so.
    fn start(&self) {
        let place = self.place();
        let (manifest, _) = self.load(true).expect("loads");
        self.aof
            .resume(&place, manifest, &self.journal, id(2))
            .expect("resumes");
    }

    fn unit(&self, words: &[&str]) {
        self.effects(&[(EffectClass::All, words)]);
    }

    fn effects(&self, effects: &[(EffectClass, &[&str])]) {
        let mut buf = EffectBuf::new();
        for (class, words) in effects {
            let argv: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
            buf.push_class(Some(0), &argv, *class);
        }
        self.journal.append(&mut buf);
    }

    fn carry(&self) -> Option<u64> {
        self.aof.before_replies(&self.journal)
    }

    /// The manifest and everything in its files.
    fn load(&self, truncate: bool) -> Result<(Manifest, Vec<String>), LoadError> {
        let mut host = Host::default();
        let old = self.dir.path().join("a");
        let manifest = load(&RealDisk, &self.place(), &old, truncate, &mut host)?;
        assert_eq!(
            host.bytes, host.total,
            "progress ends with what was announced"
        );
        Ok((manifest, host.units))
    }

    fn units(&self) -> Vec<String> {
        self.load(true).expect("loads").1
    }

    fn rewrite(&self, base: &str) -> io::Result<()> {
        let place = self.place();
        let other = |error: PlaceError| io::Error::other(error.to_string());
        let rewrite = self.aof.begin_rewrite(&place, true).map_err(other)?;
        self.aof.at_cut(&rewrite, &self.journal, id(3));
        self.unit(&["after", "the", "cut"]);
        self.carry();
        fs::write(rewrite.temporary_base(), base)?;
        let temporary = rewrite.temporary_base();
        let done = self.aof.finish_rewrite(&rewrite, &temporary, true, false);
        if done.is_err() {
            self.aof.abandon_rewrite(&rewrite, &self.journal);
        }
        done
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.place().dir).expect("the directory");
        let name = |e: io::Result<fs::DirEntry>| e.expect("an entry").file_name();
        let mut names: Vec<_> = entries
            .map(|e| name(e).into_string().expect("text"))
            .collect();
        names.sort();
        names
    }
}

/// Notes what it is given. Its RDB is a line of text that begins as RDB does and ends with '.'.
#[derive(Default)]
struct Host {
    units: Vec<String>,
    said: Vec<String>,
    /// Announced, and read so far.
    total: u64,
    bytes: u64,
}

impl LoadHost for Host {
    fn begins(&mut self, bytes: u64) {
        self.total = bytes;
    }

    fn rdb(&mut self, _: &str, mut input: Box<dyn Read + Send>) -> Result<Rest, String> {
        let mut all = Vec::new();
        input.read_to_end(&mut all).map_err(|e| e.to_string())?;
        let end = all.iter().position(|b| *b == b'.').ok_or("no end")?;
        let rest = all.split_off(end + 1);
        self.units.push(String::from_utf8_lossy(&all).into_owned());
        Ok((rest, Box::new(io::empty())))
    }

    fn unit(&mut self, _: &str, unit: &StreamUnit<'_>) -> Result<(), String> {
        let text = unit.commands().map(|command| {
            let words: Vec<_> = command.args().map(String::from_utf8_lossy).collect();
            words.join(" ")
        });
        let text = text.collect::<Vec<_>>().join("; ");
        if text == "unknown" {
            return Err("Unknown command 'unknown'".into());
        }
        if !text.is_empty() {
            self.units.push(text);
        }
        Ok(())
    }

    fn progress(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    fn say(&mut self, _: bool, line: &str) {
        self.said.push(line.to_string());
    }
}

#[test]
fn what_is_carried_is_loaded_again() {
    let node = Node::new();
    node.start();
    node.unit(&["set", "a", "1"]);
    node.effects(&[
        (EffectClass::All, &["incr", "b"]),
        (EffectClass::ReplicaOnly, &["publish", "c", "d"]),
        (EffectClass::AofOnly, &["incr", "own"]),
    ]);
    assert_eq!(node.carry(), None);
    assert_eq!(node.units(), ["set a 1", "incr b; incr own"]);
    assert_eq!(node.names(), ["a.1.incr.aof", "a.manifest"]);
    let size = fs::metadata(node.place().dir.join("a.1.incr.aof")).expect("the file");
    assert_eq!(node.aof.bytes(), size.len());
    node.aof.end(&node.journal);
    // The next process goes on in the same file.
    let node = Node::at(node.dir);
    node.start();
    node.unit(&["set", "c", "3"]);
    node.carry();
    assert_eq!(node.units(), ["set a 1", "incr b; incr own", "set c 3"]);
}

#[test]
fn always_holds_replies_until_they_are_synced() {
    let node = Node::new();
    node.start();
    node.aof.set_policy(SyncPolicy::Always);
    assert_eq!(node.carry(), None);
    node.unit(&["set", "a", "1"]);
    let end = node.journal.offset();
    assert_eq!(node.carry(), Some(end));
    node.aof.sync();
    assert_eq!(node.aof.synced(), end);
    assert_eq!(node.carry(), None);
    node.unit(&["set", "a", "2"]);
    node.disk.fail(Operation::Sync, 0, Fault::Broken);
    node.carry();
    node.aof.sync();
    assert_eq!(*node.events.lock(), ["fatal", "sync failed"]);
    assert_eq!(node.aof.synced(), end);
}

#[test]
fn a_disk_that_is_full_for_a_while_loses_nothing() {
    for fault in [Fault::NoSpace, Fault::Short(5), Fault::Short(0)] {
        for cuts in [true, false] {
            let node = Node::new();
            node.start();
            node.unit(&["set", "a", "1"]);
            node.carry();
            node.disk.fail(Operation::Write, 0, fault);
            if !cuts {
                node.disk.fail(Operation::SetLen, 0, Fault::Broken);
            }
            node.unit(&["set", "b", "2"]);
            assert_eq!(node.carry(), None);
            let failure = node.aof.failure().expect("writes are refused");
            assert_eq!(failure.raw_os_error(), Some(28));
            assert!(!node.aof.writes());
            // Whoever loads it now finds whole units, or cuts off what was torn.
            assert_eq!(node.load(true).expect("loads").1, ["set a 1"]);
            node.disk.heal();
            node.aof.retry_at_ms.store(0, Ordering::Relaxed);
            if !cuts && fault == Fault::Short(5) {
                // The load above has cut off what the next write would have gone on with.
                continue;
            }
            node.unit(&["set", "c", "3"]);
            node.aof.tick(&node.journal);
            assert!(node.aof.writes());
            assert_eq!(*node.events.lock(), ["write failed", "write recovered"]);
            assert_eq!(
                node.units(),
                ["set a 1", "set b 2", "set c 3"],
                "{fault:?} {cuts}"
            );
        }
    }
}

#[test]
fn what_cannot_be_cut_off_is_gone_on_with() {
    let node = Node::new();
    node.start();
    node.disk.fail(Operation::Write, 0, Fault::Short(5));
    node.disk.fail(Operation::SetLen, 0, Fault::Broken);
    node.unit(&["set", "b", "2"]);
    node.carry();
    node.disk.heal();
    node.aof.retry_at_ms.store(0, Ordering::Relaxed);
    node.aof.tick(&node.journal);
    assert_eq!(node.units(), ["set b 2"]);
}

#[test]
fn a_rewrite_begins_an_increment_and_puts_a_base_below_it() {
    let node = Node::new();
    node.start();
    node.unit(&["before"]);
    node.carry();
    node.rewrite("REDIS base.").expect("rewritten");
    assert_eq!(node.units(), ["REDIS base.", "after the cut"]);
    assert_eq!(node.names(), ["a.1.base.rdb", "a.2.incr.aof", "a.manifest"]);
    node.unit(&["more"]);
    node.rewrite("REDIS base 2.").expect("rewritten");
    assert_eq!(node.units(), ["REDIS base 2.", "after the cut"]);
    assert_eq!(node.names(), ["a.2.base.rdb", "a.3.incr.aof", "a.manifest"]);
    let on_disk: u64 = ["a.2.base.rdb", "a.3.incr.aof"]
        .iter()
        .map(|name| fs::metadata(node.place().dir.join(name)).expect("it").len())
        .sum();
    assert_eq!(node.aof.bytes(), on_disk);
    assert_eq!(node.aof.bytes_at_rewrite(), on_disk);
    node.aof.sync();
    assert_eq!(node.aof.synced(), node.journal.offset());
}

#[test]
fn a_file_is_turned_on_by_a_rewrite() {
    let node = Node::new();
    node.start();
    node.unit(&["old"]);
    node.aof.end(&node.journal);
    assert!(!node.aof.is_on());
    node.unit(&["not kept"]);
    node.rewrite("REDIS base.").expect("rewritten");
    assert!(node.aof.is_on());
    assert_eq!(node.units(), ["REDIS base.", "after the cut"]);
    assert_eq!(node.names(), ["a.1.base.rdb", "a.2.incr.aof", "a.manifest"]);
}

#[test]
fn a_rewrite_while_the_file_is_off_makes_a_base_alone() {
    let node = Node::new();
    let rewrite = node.aof.begin_rewrite(&node.place(), false).expect("begun");
    node.aof.at_cut(&rewrite, &node.journal, id(3));
    assert!(!node.aof.is_on());
    let temporary = rewrite.temporary_base();
    fs::write(&temporary, "REDIS base.").expect("written");
    let done = node.aof.finish_rewrite(&rewrite, &temporary, true, false);
    done.expect("rewritten");
    assert_eq!(node.names(), ["a.1.base.rdb", "a.manifest"]);
    node.start();
    node.unit(&["new"]);
    node.carry();
    assert_eq!(node.units(), ["REDIS base.", "new"]);
}

/// Whatever step of a rewrite the disk fails at, the directory holds all that was written before and since.
#[test]
fn a_rewrite_that_fails_loses_nothing() {
    let steps = [
        (Operation::Create, 0),
        (Operation::Create, 1),
        (Operation::Sync, 0),
        (Operation::Rename, 0),
        (Operation::Rename, 1),
        (Operation::Rename, 2),
        (Operation::Create, 2),
        (Operation::SyncDir, 0),
        (Operation::SyncDir, 1),
        (Operation::SyncDir, 2),
        (Operation::Remove, 0),
        (Operation::Remove, 1),
    ];
    for (operation, after) in steps {
        let node = Node::new();
        node.start();
        node.unit(&["before"]);
        node.carry();
        node.disk.fail(operation, after, Fault::NoSpace);
        let step = format!("{operation:?} {after}");
        let done = node.rewrite("REDIS base.").is_ok();
        node.disk.heal();
        node.unit(&["last"]);
        node.carry();
        let units = node.units();
        let tail: &[&str] = match &units[0][..] {
            "REDIS base." => &["after the cut", "last"],
            "before" if !done => &["after the cut", "last"],
            other => panic!("{step}: begins with {other}"),
        };
        let kept: Vec<_> = units[1..].iter().map(String::as_str).collect();
        // Where the rewrite failed before its cut there was nothing after it.
        assert!(
            kept == tail || (!done && kept == ["last"]),
            "{step}: {units:?}"
        );
        // The next rewrite is none the worse for it.
        node.rewrite("REDIS again.").expect("rewritten");
        assert_eq!(node.units(), ["REDIS again.", "after the cut"], "{step}");
    }
}

#[test]
fn times_are_noted_between_units() {
    let node = Node::new();
    node.start();
    node.aof.set_notes_time(true);
    node.unit(&["a"]);
    node.carry();
    let text = fs::read(node.place().dir.join("a.1.incr.aof")).expect("the file");
    assert!(text.starts_with(b"#TS:"), "{text:?}");
    assert_eq!(node.units(), ["a"]);
}

/// A file that ends anywhere, with or without zeros behind, is loaded up to its last whole unit.
#[test]
fn a_torn_tail_is_cut_off_at_a_unit() {
    let node = Node::new();
    node.start();
    node.unit(&["set", "a", "1"]);
    node.effects(&[
        (EffectClass::All, &["incr", "b"]),
        (EffectClass::All, &["incr", "c"]),
    ]);
    node.carry();
    let path = node.place().dir.join("a.1.incr.aof");
    let whole = fs::read(&path).expect("the file");
    let all = ["set a 1", "incr b; incr c"];
    for end in 0..whole.len() {
        for zeros in [0, 1, 700, 70_000] {
            let mut torn = whole[..end].to_vec();
            torn.resize(end + zeros, 0);
            fs::write(&path, &torn).expect("written");
            if zeros == 0 && node.load(false).is_ok() {
                // Ends between units.
                continue;
            }
            assert!(matches!(node.load(false), Err(LoadError::Torn(_))), "{end}");
            let units = node.units();
            assert!(all.starts_with(&units.iter().map(String::as_str).collect::<Vec<_>>()));
            // And the file is whole again.
            assert_eq!(node.load(false).expect("loads").1, units, "{end} {zeros}");
        }
    }
}

#[test]
fn what_is_no_command_is_refused_and_nothing_is_cut_off() {
    let node = Node::new();
    node.start();
    node.unit(&["set", "a", "1"]);
    node.carry();
    let path = node.place().dir.join("a.1.incr.aof");
    let good = fs::read(&path).expect("the file");
    for wrong in [
        "hello\r\n",
        "*x\r\n",
        "*1\r\n:1\r\n",
        "\r\n",
        "*1\r\n$1\r\nabc",
    ] {
        let bytes = [&good[..], wrong.as_bytes(), &good[..]].concat();
        fs::write(&path, &bytes).expect("written");
        assert!(
            matches!(node.load(true), Err(LoadError::Format(_))),
            "{wrong}"
        );
        assert_eq!(fs::read(&path).expect("the file"), bytes);
    }
    fs::write(&path, b"*1\r\n$7\r\nunknown\r\n").expect("written");
    assert!(matches!(node.load(true), Err(LoadError::Unit(..))));
}

#[test]
fn only_the_last_file_may_be_torn_and_none_may_be_missing() {
    let node = Node::new();
    node.start();
    node.unit(&["set", "a", "1"]);
    node.carry();
    let rewrite = node.aof.begin_rewrite(&node.place(), true).expect("begun");
    node.aof.at_cut(&rewrite, &node.journal, id(3));
    node.unit(&["set", "b", "2"]);
    node.carry();
    assert_eq!(node.units(), ["set a 1", "set b 2"]);
    let first = node.place().dir.join("a.1.incr.aof");
    let good = fs::read(&first).expect("the file");
    fs::write(&first, &good[..good.len() - 1]).expect("written");
    assert!(matches!(node.load(true), Err(LoadError::Torn(name)) if name == "a.1.incr.aof"));
    fs::remove_file(&first).expect("removed");
    assert!(matches!(node.load(true), Err(LoadError::Missing(name)) if name == "a.1.incr.aof"));
}

#[test]
fn the_file_of_an_older_server_becomes_the_base() {
    let node = Node::new();
    let old = node.dir.path().join("a");
    let command = b"*1\r\n$4\r\ntail\r\n";
    fs::write(&old, [b"REDIS old.", &command[..]].concat()).expect("written");
    // Half-way through an earlier try: the manifest is there, the file not yet moved.
    fs::create_dir(node.place().dir).expect("made");
    fs::write(node.place().manifest(), "file a seq 1 type b\n").expect("written");
    node.start();
    assert!(!old.exists());
    node.unit(&["new"]);
    node.carry();
    assert_eq!(node.units(), ["REDIS old.", "tail", "new"]);
    assert_eq!(node.names(), ["a", "a.1.incr.aof", "a.manifest"]);
    // What lies there later is none of ours.
    fs::write(&old, b"x").expect("written");
    assert_eq!(node.units().len(), 3);
}

#[test]
fn a_history_that_was_not_deleted_is_deleted_at_the_next_load() {
    let node = Node::new();
    node.start();
    node.unit(&["before"]);
    node.carry();
    node.disk.fail(Operation::Remove, 0, Fault::Broken);
    node.rewrite("REDIS base.").expect("rewritten");
    assert!(node.names().contains(&"a.1.incr.aof".to_string()));
    assert_eq!(node.units(), ["REDIS base.", "after the cut"]);
    assert_eq!(node.names(), ["a.1.base.rdb", "a.2.incr.aof", "a.manifest"]);
}

#[test]
fn a_manifest_that_makes_no_sense_ends_the_load() {
    let node = Node::new();
    fs::create_dir(node.place().dir).expect("made");
    fs::write(node.place().manifest(), "").expect("written");
    let error = node.load(true).expect_err("refused");
    assert_eq!(error.to_string(), "Found an empty AOF manifest");
    assert!(Path::new(&node.place().dir).exists());
}
