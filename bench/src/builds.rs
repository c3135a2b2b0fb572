//! Build times, dependency counts and binary sizes.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{self, File};
use std::time::{Instant, SystemTime};

use crate::contender::Contender;
use crate::report::{Limit, Report};
use crate::stats::Ratio;
use crate::table::Cell;
use crate::tools::{bench_folder, cargo, run};

const ROUNDS: usize = 3;
const MEBIBYTE: f64 = 1_048_576.0;

const CLEAN: Limit = Limit {
    name: "clean build against a hand-written tokio + axum worker with HTTP/2",
    required: "at most 1.2 times",
};
const VERSIONS: Limit = Limit { name: "one version of every crate", required: "no duplicates" };
pub(crate) const LIMITS: [Limit; 2] = [CLEAN, VERSIONS];

pub(crate) fn measure(contenders: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let packages: Vec<_> = contenders.iter().map(Contender::package).collect();
    let (mut clean, mut rebuild) =
        (vec![Vec::new(); contenders.len()], vec![Vec::new(); contenders.len()]);
    for _ in 0..ROUNDS {
        for (index, package) in packages.iter().enumerate() {
            if let Some(package) = package {
                let (from_scratch, incremental) = build_times(package)?;
                clean[index].push(from_scratch);
                rebuild[index].push(incremental);
            }
        }
    }
    let crates = packages.iter().map(|package| package.map(crates).transpose());
    let crates: Vec<_> = crates.collect::<Result<_, _>>()?;
    let sizes = contenders.iter().map(|contender| contender.binary().map(fs::metadata).transpose());
    let sizes: Vec<_> = sizes.collect::<Result<_, _>>()?;

    let ratio = Ratio::between(&clean[0], &clean[1]).ok_or("no clean build of both")?;
    let once = |number: Option<f64>| Cell::Rounds(number.into_iter().collect());
    let table = &mut report.workers;
    table.add("clean build, debug", "s", clean.into_iter().map(Cell::Rounds).collect());
    let rebuild = rebuild.into_iter().map(Cell::Rounds).collect();
    table.add("rebuild after touching its file, debug", "s", rebuild);
    let counts = crates.iter().map(|all| once(all.as_ref().map(|all| all.len() as f64)));
    table.add("crates in the tree", "", counts.collect());
    let mebibytes = sizes.iter().map(|file| file.as_ref().map(|it| it.len() as f64 / MEBIBYTE));
    table.add("binary, release, with symbols", "MiB", mebibytes.map(once).collect());

    report.add_bound(CLEAN, ratio.to_string(), ratio.median <= 1.2);
    let own = crates.into_iter().next().flatten().unwrap_or_default();
    let names: BTreeSet<_> = own.iter().filter_map(|name| name.split(' ').next()).collect();
    let duplicates = own.len() - names.len();
    let measured = format!("{} crates, {duplicates} duplicates", own.len());
    report.add_bound(VERSIONS, measured, duplicates == 0);
    Ok(())
}

/// Measures the seconds of a clean build, and of a rebuild after the worker's own file has changed.
fn build_times(package: &str) -> Result<(f64, f64), Box<dyn Error>> {
    let target = tempfile::tempdir()?;
    let build = || {
        let start = Instant::now();
        let mut build = cargo(&["build", "--locked", "--offline", "--package", package]);
        build.args(["--bin", package, "--target-dir"]).arg(target.path());
        run(build).map(|_| start.elapsed().as_secs_f64())
    };
    let clean = build()?;
    let folder = package.strip_suffix("-contender").unwrap_or(package);
    let main = File::options()
        .append(true)
        .open(bench_folder().join("contenders").join(folder).join("src/main.rs"))?;
    main.set_modified(SystemTime::now())?;
    Ok((clean, build()?))
}

/// Returns the names and versions of the crates in the tree of a package, including its own.
fn crates(package: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut tree = cargo(&["tree", "--locked", "--offline", "--edges=normal,build"]);
    tree.args(["--prefix=none", "--format={p}", "--package", package]);
    let output = run(tree)?;
    // The source follows the name and the version.
    let name = |line: &str| line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    Ok(output.lines().map(name).filter(|name| !name.is_empty()).collect())
}
