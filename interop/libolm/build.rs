//! Links libolm, if the feature `libolm` is on.
//!
//! The system's library is taken, unless `LIBOLM_DIR` names a folder that
//! holds another as `lib/libolm.so`. This package's own tests and examples
//! then find it by themselves. Those of a package that depends on this one
//! link to it, but need `LD_LIBRARY_PATH` to load it: a build script can't
//! give a search path for loading to other packages.

use std::{env, path::PathBuf};

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBOLM_DIR");
    if env::var_os("CARGO_FEATURE_LIBOLM").is_none() {
        return Ok(());
    }
    if let Some(folder) = env::var_os("LIBOLM_DIR") {
        let libraries = PathBuf::from(folder).join("lib");
        // The compiler and the loader each have their own idea of "here".
        if !libraries.is_absolute() {
            return Err("LIBOLM_DIR is not an absolute path".into());
        }
        // Otherwise the system's library would be linked, without a word.
        let library = libraries.join("libolm.so");
        if !library.exists() {
            return Err(format!("LIBOLM_DIR: there is no {}", library.display()));
        }
        println!("cargo::rerun-if-changed={}", library.display());
        let libraries = libraries.display();
        println!("cargo::rustc-link-search=native={libraries}");
        println!("cargo::rustc-link-arg=-Wl,-rpath,{libraries}");
    }
    println!("cargo::rustc-link-lib=dylib=olm");
    Ok(())
}
