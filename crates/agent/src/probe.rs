//! A probe as a client would do it: a new connection to the data port, a PING,
//! any answer. Only silence counts against a node; an error reply is a sign of life.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(1);

pub(crate) async fn ping(address: SocketAddr) -> bool {
    tokio::time::timeout(ANSWER_TIME, try_ping(address))
        .await
        .is_ok_and(|answered| answered.is_ok_and(|bytes| bytes > 0))
}

async fn try_ping(address: SocketAddr) -> std::io::Result<usize> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"*1\r\n$4\r\nPING\r\n").await?;
    stream.read(&mut [0; 64]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn any_answer_is_a_sign_of_life_and_silence_is_not() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answering = tokio::spawn(async move {
            let (mut first, _) = listener.accept().await.unwrap();
            first.write_all(b"-LOADING wait\r\n").await.unwrap();
            // Taken and never answered, as by a node that hangs.
            let _second = listener.accept().await.unwrap();
            std::future::pending::<()>().await;
        });
        assert!(ping(address).await);
        assert!(!ping(address).await);
        answering.abort();
        let _ = answering.await;
        assert!(!ping(address).await);
    }
}
