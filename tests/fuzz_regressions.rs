//! What fuzzers found, tried again without a fuzzer. `fuzz/regressions/README.md` says what each input is for.
#![allow(unreachable_pub)]
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fs;
use std::path::Path;

#[path = "../fuzz/readers.rs"]
mod readers;

#[test]
fn nothing_crashes_again() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions");
    let table = fs::read_to_string(root.join("README.md")).unwrap();
    let mut tried = 0;
    for (target, read) in readers::ALL {
        for entry in fs::read_dir(root.join(target)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{target}/{}", path.file_name().unwrap().to_string_lossy());
            assert!(table.contains(&format!("`{name}`")), "{name} is not in the table");
            read(&fs::read(path).unwrap());
            tried += 1;
        }
    }
    assert!(tried >= 3, "{tried} inputs");
}
