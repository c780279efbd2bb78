# Shared by the scripts here and by .ci/: source it, don't run it.
# Sourcing it twice does no harm: it only sets names.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The crate that has to build without an operating system, and where.
no_std_targets=(thumbv7em-none-eabihf wasm32-unknown-unknown)

say() { printf '%s: %s\n' "${0##*/}" "$*"; }

die() {
    printf '%s: error: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# rust_version MANIFEST: the first `rust-version` in it.
rust_version() {
    local version
    version=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' "$1" | head -n 1)
    [[ -n $version ]] || die "$1 names no rust-version"
    printf '%s\n' "$version"
}

# What the library promises; the root manifest is the one place that says it.
msrv() { rust_version "$root/Cargo.toml"; }

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif has sudo && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        die "this needs root (or sudo without a password): $*"
    fi
}

# apt_install PACKAGE...: installs what is not there yet.
# A bare machine has no package lists, hence the update; it is left out when
# nothing is missing, so that a second run needs no network.
apt_install() {
    local package missing=()
    for package; do
        [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    has apt-get || die "install these by hand, there is no apt-get here: ${missing[*]}"
    say "installing ${missing[*]}"
    local wait_for_others=(-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    as_root apt-get "${wait_for_others[@]}" -qq update
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get "${wait_for_others[@]}" -qq -y --no-install-recommends install "${missing[@]}" >/dev/null
}

# can_target RUSTC TARGET: does this compiler have a fitting standard library?
# Only compiling tells: a folder may be there, but be of another version.
can_target() {
    local scratch status=0 source='#![no_std] extern crate alloc;'
    # The wasm packages stand on std; firmware has none.
    [[ $2 == wasm32-* ]] && source=''
    has "$1" || return 1
    scratch=$(mktemp -d)
    "$1" --edition 2024 --crate-name probe --crate-type rlib --target "$2" --out-dir "$scratch" - \
        <<<"$source" >/dev/null 2>&1 || status=1
    rm -rf "$scratch"
    return "$status"
}

# can_target_all RUSTC: the same for each of ours.
can_target_all() {
    local target
    for target in "${no_std_targets[@]}"; do
        can_target "$1" "$target" || return 1
    done
}

# use_target_compiler: from here on, `cargo` is the one that can build for
# the targets. Call it in a script (or a subshell) that builds nothing else.
use_target_compiler() {
    if can_target_all rustc; then
        say "compiler: $(rustc --version)"
    elif can_target_all /usr/bin/rustc; then
        # rustup's proxies stand earlier in PATH and would be found first.
        export PATH="/usr/bin:$PATH"
        export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19
        say "compiler: Debian's $(rustc --version)"
    else
        die "no compiler here builds for ${no_std_targets[*]}: run scripts/setup-targets"
    fi
}

# builds_sdk CARGO: is this one new enough for interop/sdk?
builds_sdk() {
    local wanted found
    has "$1" || return 1
    wanted=$(rust_version "$root/interop/sdk/Cargo.toml")
    found=$("$1" --version | cut -d ' ' -f 2)
    [[ $(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1) == "$wanted" ]]
}

# use_sdk_compiler: from here on, `cargo` is the one that builds interop/sdk.
# Call it in a script (or a subshell) that builds nothing else.
use_sdk_compiler() {
    if builds_sdk cargo; then
        say "compiler: $(rustc --version)"
    elif builds_sdk /usr/bin/cargo; then
        # rustup's proxies stand earlier in PATH and would be found first.
        export PATH="/usr/bin:$PATH"
        say "compiler: Debian's $(rustc --version)"
    else
        die "no compiler here builds interop/sdk: run scripts/setup-sdk-peer"
    fi
}
