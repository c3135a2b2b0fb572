//! `heartbeat check`, on real definitions and configurations.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::contender::{COMMAND, Contender};
use crate::report::Report;
use crate::table::Cell;
use crate::tools::bench_folder;

const ROUNDS: usize = 11;
const FILES: usize = 400;

pub(crate) fn measure(_: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let corpus = bench_folder().join("../../shared/corpus");
    let mut files = Vec::new();
    for folder in fs::read_dir(&corpus).map_err(|_| "../shared/corpus is not there")? {
        let folder = folder?.path();
        if folder.is_dir() {
            let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
            files.extend(paths.collect::<Result<Vec<_>, _>>()?);
        }
    }
    let has_extension = |path: &Path, name| path.extension() == Some(OsStr::new(name));
    files.retain(|path| has_extension(path, "csdef") || has_extension(path, "cscfg"));
    files.sort();
    let size = |path: &&PathBuf| fs::metadata(path).map_or(0, |file| file.len());
    let definitions = files.iter().filter(|path| has_extension(path, "csdef"));
    let largest = definitions.max_by_key(size).ok_or("../shared/corpus has no definition")?;
    // There are fewer files: some are there more than once.
    let many = tempfile::tempdir()?;
    for (number, path) in files.iter().cycle().take(FILES).enumerate() {
        let folder = many.path().join(number.to_string());
        fs::create_dir(&folder)?;
        fs::copy(path, folder.join(path.file_name().unwrap_or_default()))?;
    }
    let pattern = many.path().join("*/*");
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (path, rounds) in [largest, &pattern].into_iter().zip(&mut rounds) {
            rounds.push(time(path)?.as_secs_f64() * 1e3);
        }
    }
    let [largest, many] = rounds.map(|rounds| vec![Cell::Rounds(rounds)]);
    let table = &mut report.command;
    table.add("`heartbeat check` on the largest definition", "ms", largest);
    table.add("`heartbeat check` on 400 files", "ms", many);
    Ok(())
}

/// Checks a file, or all of a pattern. They may have findings.
fn time(path: &Path) -> Result<Duration, Box<dyn Error>> {
    let mut command: Command = COMMAND.command();
    command.arg("check").arg(path).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let took = start.elapsed();
    match status.code() {
        Some(0 | 1) => Ok(took),
        _ => Err(format!("{command:?}: {status}").into()),
    }
}
