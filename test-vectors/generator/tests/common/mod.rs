//! The committed files.

use std::{fs, path::Path};

use necturus_test_vectors::{Case, File};

/// Every case of every committed file, with its operation.
pub(crate) fn committed() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut cases = Vec::new();
    for (name, _) in necturus_test_vectors::files() {
        let text = fs::read_to_string(folder.join(name)).expect("the file is there");
        let file: File = serde_json::from_str(&text).expect("the file is of the format");
        assert_eq!(file.cases().count(), file.cases_count, "{name}");
        cases.extend(
            file.cases()
                .map(|(operation, case)| (operation.to_owned(), case)),
        );
    }
    cases
}
