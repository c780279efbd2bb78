//! The library that was loaded is the one that was meant, and none too old.

use std::env;

use necturus_interop_libolm::library_version;

/// 3.2.13 is the oldest whose behaviour these tests describe. With two builds
/// on one machine the linker may find one and the loader another, so the script
/// that chose says in `LIBOLM_VERSION` which it must be.
#[test]
fn the_loaded_library_is_the_chosen_one() {
    let (major, minor, patch) = library_version();
    assert!(
        (3, 2, 13) <= (major, minor, patch),
        "libolm {major}.{minor}.{patch} is older than 3.2.13"
    );
    if let Ok(chosen) = env::var("LIBOLM_VERSION") {
        assert_eq!(format!("{major}.{minor}.{patch}"), chosen);
    }
}
