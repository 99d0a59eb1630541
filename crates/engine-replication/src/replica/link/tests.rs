use super::*;
use engine_keyspace::Keyspace;
use engine_persist::rdb::{RdbValue, RdbWriter};
use engine_storage::{Loading, load};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// A primary that was recorded: gives its bytes in pieces and keeps what it was sent. When all is
/// given, reads time out until the follower gives up.
struct Recorded {
    pieces: VecDeque<Vec<u8>>,
    sent: std::rc::Rc<RefCell<Vec<u8>>>,
    /// The connection ends after the last piece.
    ends: bool,
}

impl Recorded {
    fn new(bytes: &[u8], piece: usize, ends: bool) -> Self {
        Self {
            pieces: bytes.chunks(piece).map(<[u8]>::to_vec).collect(),
            sent: std::rc::Rc::default(),
            ends,
        }
    }
}

impl Read for Recorded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.pieces.pop_front() {
            Some(piece) => {
                let n = piece.len().min(into.len());
                into[..n].copy_from_slice(&piece[..n]);
                if n < piece.len() {
                    self.pieces.push_front(piece[n..].to_vec());
                }
                Ok(n)
            }
            None if self.ends => Ok(0),
            None => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl io::Write for Recorded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sent.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Replica {
    keyspace: Keyspace,
    held: Option<(ReplId, u64)>,
    offset: Cell<u64>,
    swapped: RefCell<Option<(i64, ReplId, u64)>>,
    resumed: Cell<Option<Option<ReplId>>>,
    phases: RefCell<Vec<LinkPhase>>,
    applied: Vec<String>,
    /// The link is wanted until so many units were applied.
    units_wanted: usize,
}

fn replica(units_wanted: usize) -> Replica {
    Replica {
        keyspace: Keyspace::new(16, 3),
        held: None,
        offset: Cell::new(0),
        swapped: RefCell::default(),
        resumed: Cell::default(),
        phases: RefCell::default(),
        applied: Vec::new(),
        units_wanted,
    }
}

impl Follower for Replica {
    fn handshake(&self) -> HandshakeConfig {
        HandshakeConfig {
            listening_port: 7,
            held: self.held,
            ..HandshakeConfig::default()
        }
    }
    fn silence_max(&self) -> Duration {
        Duration::from_secs(3_600)
    }
    fn wanted(&self) -> bool {
        self.applied.len() < self.units_wanted
    }
    fn status(&self, status: LinkStatus) {
        if let LinkStatus::Phase(phase) = status {
            self.phases.borrow_mut().push(phase);
        }
    }
    fn limits(&self) -> engine_types::Limits {
        engine_types::Limits::default()
    }
    fn load(&self, reader: &mut RdbReader<&mut dyn Read>) -> Result<Staged, LoadError> {
        let mut loading = Loading {
            now_ms: 0,
            skip_expired: false,
            frequencies: false,
            note: &mut |_| {},
            go_on: &mut |_| true,
        };
        load(reader, &self.keyspace, &mut loading)
    }
    fn swap_in(&self, staged: Staged, id: ReplId, offset: u64) -> bool {
        self.swapped.replace(Some((staged.keys(), id, offset)));
        self.offset.set(offset);
        true
    }
    fn resume(&self, id: Option<ReplId>) -> Option<u32> {
        self.resumed.set(Some(id));
        self.offset.set(self.held.map_or(0, |(_, offset)| offset));
        Some(2)
    }
    fn apply(&mut self, unit: &StreamUnit<'_>, stream_db: u32) -> bool {
        let commands: Vec<String> = unit
            .commands()
            .map(|command| {
                let args: Vec<_> = command.args().map(String::from_utf8_lossy).collect();
                format!("{}:{}", command.db, args.join(" "))
            })
            .collect();
        self.applied
            .push(format!("{} -> {stream_db}", commands.join(", ")));
        self.offset.set(self.offset.get() + unit.raw.len() as u64);
        true
    }
    fn offset(&self) -> u64 {
        self.offset.get()
    }
}

fn id() -> ReplId {
    ReplId::from_random([0xab; 20])
}

fn snapshot() -> Vec<u8> {
    let mut writer = RdbWriter::new(Vec::new());
    writer.aux(b"repl-stream-db", b"5");
    writer.select_db(3);
    for n in 0..100 {
        let key = format!("key:{n}");
        writer.key(key.as_bytes(), Default::default(), RdbValue::Int(n));
    }
    writer.finish().expect("memory")
}

fn commands(lines: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines {
        let argv: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        encode_command(&mut out, &argv);
    }
    out
}

/// Greetings, a full sync at offset 1000, framed by `frame`, and a stream.
fn full_sync(frame: &str, mark: &[u8], stream: &[u8]) -> Vec<u8> {
    let head = format!(
        "+PONG\r\n+OK\r\n+OK\r\n\n\n+FULLRESYNC {} 1000\r\n\n{frame}\r\n",
        id()
    );
    [head.as_bytes(), &snapshot(), mark, stream].concat()
}

#[test]
fn a_snapshot_and_the_stream_after_it_in_pieces_of_any_size() {
    let stream = commands(&[
        "INCR a",
        "SELECT 9",
        "MULTI",
        "DEL a",
        "DEL b",
        "EXEC",
        "REPLCONF GETACK *",
        "SET z 1",
    ]);
    let mark = [b'e'; 40];
    let eof = format!("$EOF:{}", String::from_utf8_lossy(&mark));
    let length = format!("${}", snapshot().len());
    for (frame, mark) in [(&eof, &mark[..]), (&length, &[][..])] {
        for piece in [1, 37, 1 << 20] {
            let primary = Recorded::new(&full_sync(frame, mark, &stream), piece, false);
            let sent = std::rc::Rc::clone(&primary.sent);
            let mut node = replica(5);
            let ended = follow(primary, &mut node).expect_err("not wanted any more");
            assert!(ended.to_string().contains("no longer wanted"), "{ended}");
            assert_eq!(node.swapped.take(), Some((100, id(), 1_000)));
            assert_eq!(
                node.applied,
                [
                    "5:INCR a -> 5",
                    " -> 9",
                    "9:DEL a, 9:DEL b -> 9",
                    " -> 9",
                    "9:SET z 1 -> 9"
                ]
            );
            use LinkPhase::{Connected, Handshake, Sync};
            assert_eq!(node.phases.take(), [Handshake, Sync, Connected]);
            let sent = String::from_utf8(sent.take()).expect("text");
            assert!(sent.contains("$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n"));
            let first_ack = "*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$4\r\n1000\r\n";
            assert!(sent.contains(first_ack), "{sent}");
        }
    }
}

#[test]
fn getack_is_answered_with_what_is_applied() {
    let stream = commands(&["INCR a", "REPLCONF GETACK *"]);
    let mut bytes = full_sync(&format!("${}", snapshot().len()), &[], &stream);
    bytes.extend_from_slice(&commands(&["INCR a"])[..5]);
    let primary = Recorded::new(&bytes, 1 << 20, true);
    let sent = std::rc::Rc::clone(&primary.sent);
    let mut node = replica(100);
    let ended = follow(primary, &mut node).expect_err("the connection ends");
    assert!(matches!(ended, LinkError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof));
    let offset = (1_000 + stream.len()).to_string();
    let sent = String::from_utf8(sent.take()).expect("text");
    assert!(
        sent.ends_with(&format!("$3\r\nACK\r\n$4\r\n{offset}\r\n")),
        "{sent}"
    );
}

#[test]
fn a_link_goes_on_where_the_node_stopped() {
    let head = format!(
        "+PONG\r\n+OK\r\n+OK\r\n+CONTINUE {}\r\n",
        ReplId::from_random([1; 20])
    );
    let bytes = [head.as_bytes(), &commands(&["INCR a"])].concat();
    let mut node = replica(1);
    node.held = Some((id(), 500));
    let primary = Recorded::new(&bytes, 3, false);
    let sent = std::rc::Rc::clone(&primary.sent);
    follow(primary, &mut node).expect_err("not wanted any more");
    assert_eq!(node.resumed.get(), Some(Some(ReplId::from_random([1; 20]))));
    assert_eq!(node.applied, ["2:INCR a -> 2"]);
    assert!(String::from_utf8_lossy(&sent.take()).contains("$3\r\n501\r\n"));
    assert_eq!(node.swapped.take(), None);
}

#[test]
fn nothing_is_taken_from_a_broken_snapshot() {
    let mark = [b'e'; 40];
    let frame = format!("$EOF:{}", String::from_utf8_lossy(&mark));
    let whole = full_sync(&frame, &mark, &[]);
    let rdb_end = whole.len() - 40;
    let mut flipped = whole.clone();
    flipped[rdb_end - 20] ^= 1;
    let mut unmarked = whole.clone();
    unmarked[rdb_end + 3] = b'x';
    for (bytes, what) in [
        (&whole[..rdb_end - 100], "cut short"),
        (&whole[..rdb_end + 20], "mark cut short"),
        (&flipped, "a flipped bit"),
        (&unmarked, "another mark"),
    ] {
        let mut node = replica(1);
        let ended = follow(Recorded::new(bytes, 64, true), &mut node);
        assert!(ended.is_err(), "{what}");
        assert_eq!(node.swapped.take(), None, "{what}");
    }
    let too_long = full_sync(&format!("${}", snapshot().len() + 5), b"12345", &[]);
    let mut node = replica(1);
    let ended = follow(Recorded::new(&too_long, 1 << 20, true), &mut node);
    assert!(matches!(ended, Err(LinkError::SnapshotEnd)));
    let no_frame = full_sync("-ERR no memory", &[], &[]);
    let ended = follow(Recorded::new(&no_frame, 1 << 20, true), &mut node);
    assert!(matches!(ended, Err(LinkError::Framing(_))));
    assert_eq!(node.swapped.take(), None);
}
