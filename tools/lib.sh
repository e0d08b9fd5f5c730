# SPDX-License-Identifier: LGPL-2.1-or-later
# What the scripts of this folder share. Source it; it sets `top`.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# build DIR [meson option…]: configures once, compiles, and is silent unless something fails.
build() {
    local dir=$1 log
    shift
    log=$(mktemp)
    if ! { { [ -f "$dir/build.ninja" ] || meson setup "$dir" "$top" "$@"; } && ninja -C "$dir"; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
