//! Prints as many lines as its argument says, each with its process and number, and then waits for SIGTERM.

use std::error::Error;
use std::process;

use bench_work::{stopped, terminated};

/// As long as a log line of a worker.
const TEXT: &str = "order shipped to its customer by the usual way, without any trouble";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let lines: u32 = std::env::args().nth(1).ok_or("no number of lines")?.parse()?;
    let terminated = terminated()?;
    for number in 0..lines {
        println!("bench {} {number} {TEXT}", process::id());
    }
    stopped(terminated).await;
    Ok(())
}
