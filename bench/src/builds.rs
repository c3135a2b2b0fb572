//! Build times, dependency counts and binary sizes.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{self, File};
use std::time::{Instant, SystemTime};

use crate::contender::{Contender, bench_folder, cargo, run};
use crate::table::{Bound, Cell, Table, median};

const ROUNDS: usize = 3;

pub(crate) fn measure(contenders: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
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
    let medians = |all: Vec<Vec<f64>>| -> Vec<Cell> {
        all.into_iter().map(|seconds| Cell::from_option(median(seconds))).collect()
    };
    let crates = packages.iter().map(|package| package.map(crates).transpose());
    let crates: Vec<_> = crates.collect::<Result<_, _>>()?;
    let sizes = contenders.iter().map(|contender| contender.binary().map(fs::metadata).transpose());
    let sizes: Vec<_> = sizes.collect::<Result<_, _>>()?;

    let ratios = clean[0].iter().zip(&clean[1]).map(|(own, by_hand)| own / by_hand);
    let ratio = median(ratios).unwrap_or(f64::INFINITY);
    table.add_cells("clean build, debug", "s", medians(clean));
    table.add_cells("rebuild after touching its file, debug", "s", medians(rebuild));
    let count = |crates: &Option<BTreeSet<String>>| crates.as_ref().map(|all| all.len() as f64);
    table.add_cells(
        "crates in the tree",
        "",
        crates.iter().map(|all| Cell::from_option(count(all))).collect(),
    );
    let mebibytes = sizes.iter().map(|file| {
        Cell::from_option(file.as_ref().map(|file| file.len() as f64 / f64::from(1 << 20)))
    });
    table.add_cells("binary, release, with symbols", "MiB", mebibytes.collect());

    table.add_bound(Bound {
        name: "clean build against a hand-written tokio + axum worker with HTTP/2",
        required: "at most 1.2 times",
        measured: format!("{ratio:.2} times"),
        met: ratio <= 1.2,
    });
    let own = crates.into_iter().next().flatten().unwrap_or_default();
    let names: BTreeSet<_> = own.iter().filter_map(|name| name.split(' ').next()).collect();
    table.add_bound(Bound {
        name: "one version of every crate",
        required: "no duplicates",
        measured: format!("{} crates, {} duplicates", own.len(), own.len() - names.len()),
        met: own.len() == names.len(),
    });
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
