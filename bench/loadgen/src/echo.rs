//! The cheapest server there is: what came goes back.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::Result;
use rustix::buffer::spare_capacity;
use rustix::event::epoll;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    port: u16,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", args.port))?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(
        &epoll,
        &listener,
        epoll::EventData::new_u64(u64::MAX),
        epoll::EventFlags::IN,
    )?;
    let mut connections: Vec<Option<TcpStream>> = Vec::new();
    let mut events = Vec::with_capacity(512);
    let mut buffer = vec![0; 256 << 10];
    loop {
        epoll::wait(&epoll, spare_capacity(&mut events), None)?;
        for event in events.drain(..) {
            let index = event.data.u64() as usize;
            if event.data.u64() == u64::MAX {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                epoll::add(
                    &epoll,
                    &stream,
                    epoll::EventData::new_u64(connections.len() as u64),
                    epoll::EventFlags::IN,
                )?;
                connections.push(Some(stream));
            } else if !connections[index]
                .as_ref()
                .is_some_and(|stream| answer(stream, &mut buffer))
            {
                connections[index] = None;
            }
        }
    }
}

/// Whether the connection goes on.
fn answer(mut stream: &TcpStream, buffer: &mut [u8]) -> bool {
    match stream.read(buffer) {
        Ok(0) | Err(_) => false,
        Ok(n) => stream.write_all(&buffer[..n]).is_ok(),
    }
}
