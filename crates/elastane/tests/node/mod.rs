//! A node, or a redis-server, as a process with a folder of its own, and a client.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// A server that is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    socket: std::path::PathBuf,
}

impl Server {
    /// Starts our node in `folder`.
    pub(crate) fn node(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_elastane"));
        command.arg("node");
        Self::start(command, folder, arguments).expect("our binary is there")
    }

    /// Starts `redis-server`, if the machine has one.
    pub(crate) fn redis(folder: &Path, arguments: &[&str]) -> Option<Self> {
        Self::start(Command::new("redis-server"), folder, arguments)
    }

    fn start(mut command: Command, folder: &Path, arguments: &[&str]) -> Option<Self> {
        let socket = folder.join("socket");
        let _ = std::fs::remove_file(&socket);
        let log = std::fs::File::create(folder.join("log")).expect("may write");
        command
            .args([
                "--port",
                "0",
                "--enable-debug-command",
                "yes",
                "--unixsocket",
            ])
            .arg(&socket)
            .arg("--dir")
            .arg(folder)
            .args(arguments)
            .stdout(log);
        let child = command.spawn().ok()?;
        Some(Self { child, socket })
    }

    /// A client, once the server answers something else than LOADING.
    pub(crate) fn client(&mut self) -> Client {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Ok(stream) = UnixStream::connect(&self.socket) {
                let mut client = Client(BufReader::new(stream));
                if client
                    .try_call(&[b"PING"])
                    .is_ok_and(|reply| reply == b"+PONG")
                {
                    return client;
                }
            }
            let ended = self.child.try_wait().expect("ours");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            assert!(Instant::now() < deadline, "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").arg(&pid).status().expect("kill");
        assert!(sent.success());
    }

    /// Waits for the process's end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("ours")
    }

    /// Ends the process as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A connection.
pub(crate) struct Client(BufReader<UnixStream>);

impl Client {
    /// Sends a command without waiting for its reply.
    pub(crate) fn send(&mut self, argv: &[&[u8]]) -> std::io::Result<()> {
        let mut request = format!("*{}\r\n", argv.len()).into_bytes();
        for word in argv {
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        self.0.get_mut().write_all(&request)
    }

    /// A reply's first line, or a bulk string's bytes; of an array all of them, each on a line.
    pub(crate) fn reply(&mut self) -> std::io::Result<Vec<u8>> {
        let mut line = Vec::new();
        if self.0.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.len().saturating_sub(2));
        let number = || {
            String::from_utf8_lossy(&line[1..])
                .parse::<i64>()
                .unwrap_or(-1)
        };
        match line.first() {
            Some(b'$') if number() >= 0 => {
                let mut bulk = vec![0; number() as usize + 2];
                self.0.read_exact(&mut bulk)?;
                bulk.truncate(bulk.len() - 2);
                Ok(bulk)
            }
            Some(b'*') if number() >= 0 => {
                let mut all = Vec::new();
                for _ in 0..number() {
                    all.extend_from_slice(&self.reply()?);
                    all.push(b'\n');
                }
                Ok(all)
            }
            _ => Ok(line),
        }
    }

    /// Sends a command and waits for its reply.
    pub(crate) fn try_call(&mut self, argv: &[&[u8]]) -> std::io::Result<Vec<u8>> {
        self.send(argv)?;
        self.reply()
    }

    /// The same with words in one text; replies as text.
    pub(crate) fn call(&mut self, words: &str) -> String {
        let argv: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
        let reply = self.try_call(&argv).expect("the server lives");
        String::from_utf8_lossy(&reply).into_owned()
    }

    /// A field of INFO persistence.
    pub(crate) fn persistence(&mut self, field: &str) -> String {
        let info = self.call("INFO persistence");
        let found = info
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        found.unwrap_or_default().trim().to_owned()
    }

    /// BGSAVE, and the end of it.
    pub(crate) fn save_in_background(&mut self) {
        assert_eq!(self.call("BGSAVE"), "+Background saving started");
        while self.persistence("rdb_bgsave_in_progress") == "1" {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(self.persistence("rdb_last_bgsave_status"), "ok");
    }
}
