//! The answers to the control socket.

use std::io;
use std::time::Duration;

use heartbeat_definition::suggest;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{sleep, timeout};

use super::protocol::{InstanceStatus, Question, Reply, Status};
use crate::run::fleet::{Fleet, LogLine};

/// Maximum length of a question, in bytes.
const MAX_QUESTION_BYTES: u64 = 64 * 1024;
/// Time for a question to arrive.
const QUESTION_WITHIN: Duration = Duration::from_secs(5);
/// Pause after a failed accept, as when there are no descriptors left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// A connection that answers are written to.
type Writer = BufWriter<OwnedWriteHalf>;

/// Answers questions about a fleet, for ever.
pub(crate) async fn serve(listener: UnixListener, fleet: Fleet) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let fleet = fleet.clone();
                // The client may go at any time.
                tokio::spawn(async move { answer(stream, &fleet).await.ok() });
            }
            Err(_) => sleep(ACCEPT_AGAIN).await,
        }
    }
}

async fn answer(stream: UnixStream, fleet: &Fleet) -> io::Result<()> {
    if stream.peer_cred()?.uid() != nix::unistd::geteuid().as_raw() {
        return Ok(());
    }
    let (reader, writer) = stream.into_split();
    let mut question = String::new();
    let mut reader = BufReader::new(reader.take(MAX_QUESTION_BYTES));
    timeout(QUESTION_WITHIN, reader.read_line(&mut question)).await??;
    let mut writer = BufWriter::new(writer);
    match serde_json::from_str(&question) {
        Ok(Question::Status) => send(&mut writer, &Reply::Status(status(fleet))).await?,
        Ok(Question::Logs { instances, lines, follow }) => match resolve(fleet, &instances) {
            Ok(wanted) => {
                let reader = reader.into_inner().into_inner();
                logs(&mut writer, reader, fleet, &wanted, lines, follow).await?;
            }
            Err(error) => send(&mut writer, &Reply::Refused(error)).await?,
        },
        Ok(question) => {
            let Some(request) = question.into_request() else { return Ok(()) };
            let reply = match fleet.request(request).await {
                Ok(done) => Reply::Done(done),
                Err(refused) => Reply::Refused(refused),
            };
            send(&mut writer, &reply).await?;
        }
        Err(error) => send(&mut writer, &Reply::Refused(format!("no question: {error}"))).await?,
    }
    writer.flush().await
}

async fn send(writer: &mut Writer, reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    writer.write_all(&line).await
}

fn status(fleet: &Fleet) -> Status {
    let instances = fleet.snapshot();
    Status {
        service: fleet.service().to_owned(),
        pid: std::process::id(),
        instances: instances.iter().map(|view| InstanceStatus::from(&**view)).collect(),
    }
}

/// Returns the ids that names of instances and roles mean; nothing for all.
fn resolve(fleet: &Fleet, names: &[String]) -> Result<Vec<String>, String> {
    let all = fleet.snapshot();
    let mut ids = Vec::new();
    for name in names {
        let meant = all.iter().filter(|it| it.id == *name || it.role == *name);
        let before = ids.len();
        ids.extend(meant.map(|it| it.id.clone()));
        if ids.len() == before {
            let known = all.iter().flat_map(|it| [&*it.id, &*it.role]);
            let near = suggest(name, known).map(|near| format!(": did you mean `{near}`?"));
            return Err(format!("no instance or role `{name}`{}", near.unwrap_or_default()));
        }
    }
    Ok(ids)
}

/// Sends the last lines, and those that follow until the client goes.
async fn logs(
    writer: &mut Writer,
    mut reader: OwnedReadHalf,
    fleet: &Fleet,
    wanted: &[String],
    lines: usize,
    follow: bool,
) -> io::Result<()> {
    let is_wanted =
        |line: &LogLine| wanted.is_empty() || wanted.iter().any(|it| **it == *line.instance);
    let (mut last, following) = fleet.logs(None);
    last.retain(is_wanted);
    for line in last.iter().skip(last.len().saturating_sub(lines)) {
        send(writer, &reply(line)).await?;
    }
    if !follow {
        return Ok(());
    }
    writer.flush().await?;
    let mut end = [0];
    tokio::select! {
        followed = follow_lines(writer, following, is_wanted) => followed,
        // The client sends no more: it has gone.
        _ = reader.read(&mut end) => Ok(()),
    }
}

/// Sends the lines that follow.
async fn follow_lines(
    writer: &mut Writer,
    mut following: broadcast::Receiver<LogLine>,
    is_wanted: impl Fn(&LogLine) -> bool,
) -> io::Result<()> {
    loop {
        let next = match following.try_recv() {
            // Those that wait are written at once.
            Err(TryRecvError::Empty) => {
                writer.flush().await?;
                following.recv().await
            }
            Ok(line) => Ok(line),
            Err(TryRecvError::Lagged(skipped)) => Err(RecvError::Lagged(skipped)),
            Err(TryRecvError::Closed) => Err(RecvError::Closed),
        };
        match next {
            Ok(line) if is_wanted(&line) => send(writer, &reply(&line)).await?,
            Ok(_) => {}
            Err(RecvError::Lagged(skipped)) => send(writer, &Reply::Skipped(skipped)).await?,
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

fn reply(line: &LogLine) -> Reply {
    Reply::Line { instance: line.instance.to_string(), text: line.text.to_string() }
}
