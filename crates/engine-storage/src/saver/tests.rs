use super::*;
use crate::start::load_file;
use engine_dispatch::CommandTable;
use engine_keyspace::{Entry, NewValue, SlotId, slot_of};
use engine_persist::disk::{Fault, FaultyDisk, Operation};
use std::path::Path;
use std::sync::OnceLock;

/// One working directory for all tests of the process; each has a file name of its own.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().expect("a folder");
            std::env::set_current_dir(&folder).expect("is there");
            folder
        })
        .path()
}

/// Tests that write files run one after the other: they look at what is left in the folder.
fn alone() -> parking_lot::MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock()
}

struct Node {
    server: &'static Server,
    saver: Arc<Saver>,
    disk: FaultyDisk,
    log: Arc<Mutex<Vec<String>>>,
}

fn node(file: &str) -> Node {
    folder();
    let config = params::Config::new();
    config
        .put(params::DBFILENAME, &[file.as_bytes()])
        .expect("a name");
    let server = Server::new(CommandTable::new(&[]), config, 1, [3; 28]);
    let disk = FaultyDisk::default();
    let log = Arc::<Mutex<Vec<String>>>::default();
    let lines = log.clone();
    let saver = Saver::new(server, Arc::new(disk.clone()), move |_, line| {
        lines.lock().push(line.to_owned());
    });
    Node {
        server,
        saver,
        disk,
        log,
    }
}

impl Node {
    fn set(&self, key: &str, value: &[u8]) {
        let keyspace = &self.server.keyspace;
        let id = SlotId::new(0, slot_of(key.as_bytes()));
        let mut unit = Unit::new(keyspace);
        unit.wait_for_token();
        unit.lock(&[id]).expect("waits");
        let entry = Entry::new(key.as_bytes(), NewValue::Bytes(value), None, 0);
        let hash = keyspace.hasher.hash(key.as_bytes());
        let old = unit.data_mut(id).put(hash, entry, keyspace.context(0));
        keyspace.db(0).keys.add(i64::from(old.is_none()));
        self.server.dirty.fetch_add(1, Ordering::Relaxed);
    }

    /// A background save from its turn to its end.
    fn background_save(&self) {
        let turn = self.server.snapshot_turn.try_take(Taker::BackgroundSave);
        self.saver
            .save_in_background(None, turn.expect("nobody saves"));
    }

    fn file(&self) -> Vec<u8> {
        std::fs::read(self.saver.target()).unwrap_or_default()
    }

    fn logged(&self, text: &str) -> bool {
        self.log.lock().iter().any(|line| line.contains(text))
    }
}

fn temporary_files() -> usize {
    let names = std::fs::read_dir(folder()).expect("is there").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("temp-")).count()
}

/// How many keys a node has after loading the file.
fn loaded(file: &str) -> Result<u64, StartLines> {
    let node = node(file);
    match load_file(node.server, &|_, _| {}) {
        Ok(counts) => Ok(counts.map_or(0, |(counts, _)| counts.loaded)),
        Err(error) => Err(error.lines()),
    }
}

type StartLines = Vec<String>;

/// All of it in one test: the faults share a folder in which nothing may be left behind.
#[test]
fn a_failed_save_leaves_the_last_good_file_and_is_made_good() {
    let _alone = alone();
    let node = node("faults.rdb");
    node.set("first", b"value");
    node.background_save();
    let good = node.file();
    assert!(!good.is_empty() && node.server.disk_error().is_none());
    let faults = [
        (
            Operation::Create,
            0,
            Fault::NoSpace,
            "Failed opening the temp RDB file",
        ),
        (
            Operation::Write,
            0,
            Fault::NoSpace,
            "Write error saving DB on disk(write)",
        ),
        (
            Operation::Write,
            2,
            Fault::Broken,
            "Write error saving DB on disk(write)",
        ),
        (
            Operation::Write,
            1,
            Fault::Short(10),
            "Write error saving DB on disk(write)",
        ),
        (
            Operation::Sync,
            0,
            Fault::Broken,
            "Write error saving DB on disk(fsync)",
        ),
        (
            Operation::Rename,
            0,
            Fault::Broken,
            "Write error saving DB on disk(rename)",
        ),
    ];
    // More than a few buffers' worth, so that there are several writes.
    let noise: Vec<u8> = (0..400_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for (round, (operation, after, fault, line)) in faults.into_iter().enumerate() {
        node.set(&format!("key:{round}"), &noise);
        node.log.lock().clear();
        node.disk.fail(operation, after, fault);
        node.background_save();
        assert!(node.logged(line), "{operation:?}: {:?}", node.log.lock());
        assert!(node.logged("Background saving error"), "{operation:?}");
        assert_eq!(node.file(), good, "{operation:?}");
        assert_eq!(temporary_files(), 0, "{operation:?}");
        assert_eq!(node.server.keyspace.snapshots.now(), 0);
        let error = node.server.disk_error().expect("writes are refused");
        assert!(error.text().starts_with("MISCONF Redis is configured"));
        node.disk.heal();
    }
    assert_eq!(node.server.dirty.load(Ordering::Relaxed), 6);
    assert!(node.saver.save_now());
    assert!(node.server.disk_error().is_none());
    assert_eq!(node.server.dirty.load(Ordering::Relaxed), 0);
    assert_eq!(loaded("faults.rdb"), Ok(7));
    // The name is there already; only whether it outlives a power failure is unknown.
    node.disk.fail(Operation::SyncDir, 0, Fault::Broken);
    node.background_save();
    assert!(node.logged("Write error saving DB on disk(fsync of folder)"));
    assert!(node.server.disk_error().is_some());
    assert_eq!(loaded("faults.rdb"), Ok(7));
}

#[test]
fn refusal_of_writes_follows_the_parameters() {
    let _alone = alone();
    let node = node("refusal.rdb");
    node.disk.fail(Operation::Create, 0, Fault::NoSpace);
    node.background_save();
    let config = &node.server.config;
    assert!(node.server.disk_error().is_some());
    config.put(params::SAVE, &[b""]).expect("no points");
    assert!(node.server.disk_error().is_none());
    config.put(params::SAVE, &[b"60", b"1"]).expect("a point");
    assert!(node.server.disk_error().is_some());
    let stop = params::STOP_WRITES_ON_BGSAVE_ERROR;
    config.put(stop, &[b"no"]).expect("a word");
    assert!(node.server.disk_error().is_none());
}

#[test]
fn a_file_that_is_wrong_anywhere_is_not_loaded() {
    let _alone = alone();
    let node = node("broken.rdb");
    for n in 0..50 {
        node.set(&format!("key:{n}"), b"some value");
    }
    assert!(node.saver.save_now());
    let good = node.file();
    let path = node.saver.target();
    let with = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("may write");
        loaded("broken.rdb").expect_err("refused").join("\n")
    };
    assert!(with(b"RUDIS0010rest").contains("Wrong signature trying to load DB from file"));
    assert!(with(b"REDIS9999rest").contains("Can't handle RDB format version 9999"));
    assert!(with(&good[..good.len() / 2]).contains("Short read or OOM loading DB"));
    let mut flipped = good.clone();
    flipped[good.len() - 30] ^= 1;
    assert!(with(&flipped).contains("Terminating server after rdb file reading failure."));
    assert!(with(&flipped).contains("Fatal error loading the DB, check server logs. Exiting."));
    let mut summed = good.clone();
    let last = summed.len() - 1;
    summed[last] ^= 1;
    assert!(with(&summed).contains("RDB CRC error"));
    std::fs::write(&path, &good).expect("may write");
    assert_eq!(loaded("broken.rdb"), Ok(50));
    assert_eq!(loaded("not-there.rdb"), Ok(0));
}

#[test]
fn a_save_that_is_ended_is_no_error() {
    let _alone = alone();
    let node = node("ended.rdb");
    for n in 0..20_000 {
        node.set(&format!("key:{n}"), b"value");
    }
    node.server
        .config
        .put(params::RDB_KEY_SAVE_DELAY, &[b"1000"])
        .expect("a number");
    let saver = node.saver.clone();
    std::thread::scope(|scope| {
        let saves = scope.spawn(|| node.background_save());
        while node.server.saving.keys_done.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        assert!(saver.end_running());
        saves.join().expect("ends");
    });
    assert!(node.server.saving.last_ok.load(Ordering::Relaxed));
    assert_eq!(node.server.dirty.load(Ordering::Relaxed), 20_000);
    assert!(node.file().is_empty());
}

#[test]
fn save_points() {
    let node = node("points.rdb");
    let server = node.server;
    let points: [&[u8]; 4] = [b"100", b"10", b"1000", b"1"];
    server.config.put(params::SAVE, &points).expect("points");
    let last_s = server.last_save_s.load(Ordering::Relaxed);
    let after = |seconds: i64, dirty: u64| {
        server.dirty.store(dirty, Ordering::Relaxed);
        node.saver.save_point_reached(last_s + seconds)
    };
    assert_eq!(after(5000, 0), None);
    assert_eq!(after(100, 10), None);
    assert_eq!(after(101, 9), None);
    let said = "10 changes in 100 seconds. Saving...";
    assert_eq!(after(101, 10).as_deref(), Some(said));
    let said = "1 changes in 1000 seconds. Saving...";
    assert_eq!(after(1001, 1).as_deref(), Some(said));
    // One that failed is tried again, but not at once.
    server.saving.last_ok.store(false, Ordering::Relaxed);
    node.saver
        .last_try_s
        .store(last_s + 1000, Ordering::Relaxed);
    assert_eq!(after(1005, 1), None);
    assert!(after(1006, 1).is_some());
}

#[test]
fn a_file_that_stands_still_is_given_up_when_writers_wait() {
    let _alone = alone();
    let node = node("still.rdb");
    node.server
        .config
        .put(params::SNAPSHOT_QUEUE_MAX, &[b"100"])
        .expect("an amount");
    for n in 0..100 {
        node.set(&format!("key:{n}"), &[b'v'; 200]);
    }
    let (cut, _) = node.saver.cut(|| ());
    node.saver.tick();
    assert_eq!(node.server.keyspace.snapshots.now(), cut.number);
    assert!(!node.server.keyspace.snapshots.is_full());
    node.set("key:7", b"new");
    assert!(node.server.keyspace.snapshots.is_full());
    node.saver.tick();
    assert_eq!(node.server.keyspace.snapshots.now(), cut.number);
    node.saver.progress.pretend_still_for_ms(STILL_MAX_MS + 1);
    node.saver.tick();
    assert_eq!(node.server.keyspace.snapshots.now(), 0);
    assert!(!node.server.keyspace.snapshots.is_full());
    assert!(matches!(node.saver.save(&cut), Err(SaveError::Still)));
}
