//! What a worker costs to build, and what comes of it.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{self, File};
use std::time::{Instant, SystemTime};

use crate::peer::{Peer, cargo, here, run};
use crate::table::{Bound, Cell, Table, median};

const ROUNDS: usize = 3;

pub(crate) fn measure(peers: &[Peer], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let packages: Vec<_> = peers.iter().map(Peer::package).collect();
    let (mut clean, mut again) = (vec![Vec::new(); peers.len()], vec![Vec::new(); peers.len()]);
    for _ in 0..ROUNDS {
        for (index, package) in packages.iter().enumerate() {
            if let Some(package) = package {
                let (one, other) = built(package)?;
                clean[index].push(one);
                again[index].push(other);
            }
        }
    }
    let medians = |all: Vec<Vec<f64>>| -> Vec<Cell> {
        all.into_iter().map(|seconds| Cell::of(median(seconds))).collect()
    };
    let crates = packages.iter().map(|package| package.map(crates).transpose());
    let crates: Vec<_> = crates.collect::<Result<_, _>>()?;
    let sizes = peers.iter().map(|peer| peer.binary().map(fs::metadata).transpose());
    let sizes: Vec<_> = sizes.collect::<Result<_, _>>()?;

    let ratios = clean[0].iter().zip(&clean[1]).map(|(ours, by_hand)| ours / by_hand);
    let ratio = median(ratios).unwrap_or(f64::INFINITY);
    table.cells("clean build, debug", "s", medians(clean));
    table.cells("build after a touch of its file, debug", "s", medians(again));
    let count = |crates: &Option<BTreeSet<String>>| crates.as_ref().map(|all| all.len() as f64);
    table.cells("crates in the tree", "", crates.iter().map(|all| Cell::of(count(all))).collect());
    let mebibytes = sizes
        .iter()
        .map(|file| Cell::of(file.as_ref().map(|file| file.len() as f64 / f64::from(1 << 20))));
    table.cells("binary, release, with symbols", "MiB", mebibytes.collect());

    table.bound(Bound {
        what: "clean build against a hand-written tokio + axum worker",
        to_reach: "at most 1.2 times",
        reached: format!("{ratio:.2} times"),
        met: ratio <= 1.2,
    });
    let ours = crates.into_iter().next().flatten().unwrap_or_default();
    let names: BTreeSet<_> = ours.iter().filter_map(|name| name.split(' ').next()).collect();
    table.bound(Bound {
        what: "one version of every crate",
        to_reach: "none twice",
        reached: format!("{} crates, {} twice", ours.len(), ours.len() - names.len()),
        met: ours.len() == names.len(),
    });
    Ok(())
}

/// The seconds of a build from nothing, and of one after the worker's own file has changed.
fn built(package: &str) -> Result<(f64, f64), Box<dyn Error>> {
    let target = tempfile::tempdir()?;
    let build = || {
        let start = Instant::now();
        let mut build = cargo(&["build", "--locked", "--offline", "--package", package]);
        build.args(["--bin", package, "--target-dir"]).arg(target.path());
        run(build).map(|_| start.elapsed().as_secs_f64())
    };
    let clean = build()?;
    let folder = package.strip_suffix("-peer").unwrap_or(package);
    let main =
        File::options().append(true).open(here().join("peers").join(folder).join("src/main.rs"))?;
    main.set_modified(SystemTime::now())?;
    Ok((clean, build()?))
}

/// The crates that a package is built of, itself among them, with their versions.
fn crates(package: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut tree = cargo(&["tree", "--locked", "--offline", "--edges=normal,build"]);
    tree.args(["--prefix=none", "--format={p}", "--package", package]);
    let told = run(tree)?;
    // A name and a version; what follows says where it is from.
    let name = |line: &str| line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    Ok(told.lines().map(name).filter(|name| !name.is_empty()).collect())
}
