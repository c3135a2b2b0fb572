//! The files that tests deliver, and the content of results.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;
use heartbeat_tests::workspace;

/// Names and contents.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Pseudo-random numbers, the same in each run (the generator of Numerical Recipes).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Generates files of all sizes, from empty to several MiB, and around the size of a chunk; some
/// hard to compress, some easy.
pub(crate) fn generated() -> Files {
    let mut numbers = Numbers::seeded(1);
    let mut sizes = vec![0, 0, 1, 2, 65_535, 65_536, 65_537, 131_072, 5 << 20, 3 << 20, 1 << 20];
    sizes.extend((0..300).map(|index| numbers.below(200 << (index % 10))));
    let mut content = |size| {
        let values = 1 + numbers.below(256);
        (0..size).map(|_| u8::try_from(numbers.below(values)).unwrap()).collect()
    };
    let name = |index| format!("generated {index}");
    sizes.into_iter().enumerate().map(|(index, size)| (name(index), content(size))).collect()
}

/// Reads the sources of this workspace, named by their paths.
pub(crate) fn sources() -> Files {
    let root = workspace();
    let mut found = Files::new();
    for package in ["heartbeat-definition", "heartbeat-macros", "heartbeat-runtime", "examples"] {
        collect(&root, &root.join(package), &mut found);
    }
    assert!(found.len() > 20, "{} sources", found.len());
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('/', "-");
            found.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// Lists the names in a folder, hidden ones included, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) fn unpacked(result: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    let mut packed = BufReader::new(File::open(result).unwrap());
    let outcome = GzDecoder::new(&mut packed).read_to_end(&mut content);
    assert!(outcome.is_ok(), "{}: {outcome:?}", result.display());
    assert_eq!(packed.bytes().count(), 0, "{} has bytes after its end", result.display());
    content
}
