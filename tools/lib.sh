# Shell functions of tools/build, tools/run and tools/test. Sourced, with `root` set to the top folder.
# shellcheck shell=bash
: "${root:?set it before sourcing this}"

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# The packages of the named sections of tools/packages.
packages_of() {
    local section
    for section in "$@"; do
        awk -v want="[$section]" '/^\[/ { inside = $0 == want; next } inside && NF && !/^#/ { print $1 }' \
            "$root/tools/packages"
    done
}

# Those of the given packages that are not installed.
packages_missing() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            printf '%s\n' "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif ! command -v sudo >/dev/null; then
        fail "this needs root and there is no sudo; run as root: $*"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@" # nobody there to type a password
    fi
}

# Install what is missing of the named sections. SYSTEMD_OFFLINE: a name server that is here only for
# comparison is not started by its installation.
install_packages() {
    local wanted missing
    if ! command -v dpkg-query >/dev/null; then
        say "not a Debian system: please see to these yourself:" \
            "$(packages_of "$@" | tr '\n' ' ')"
        return 0
    fi
    mapfile -t wanted < <(packages_of "$@")
    mapfile -t missing < <(packages_missing "${wanted[@]}")
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "installing: ${missing[*]}"
    local apt=(env DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 apt-get -q -y)
    as_root "${apt[@]}" update </dev/null >/dev/null ||
        say "apt-get update failed; trying with the lists that are there"
    as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null >/dev/null ||
        fail "apt-get could not install: ${missing[*]}"
}

# The folder of a preset.
build_dir() {
    if [ "$1" = release ]; then printf '%s/build' "$root"; else printf '%s/build-%s' "$root" "$1"; fi
}

# Configure and build: PRESET, then targets (default all). Output only when it fails, then all errors at once.
build_preset() {
    local preset=$1 log
    shift
    mkdir -p "$(build_dir "$preset")"
    log=$(build_dir "$preset")/build.log
    (cd "$root" && cmake --preset "$preset") >"$log" 2>&1 || {
        tail -n 40 "$log" >&2
        fail "cmake --preset $preset failed (all of it: $log)"
    }
    cmake --build "$(build_dir "$preset")" --target "${@:-all}" -- -k 0 >"$log" 2>&1 || {
        grep -E -A 8 'error:|FAILED:|undefined reference|ninja: error' "$log" | head -n 100 >&2
        fail "building preset $preset failed (all of it: $log)"
    }
}

# Is a local port taken, for UDP or TCP, on any address? Read from the kernel's tables.
port_is_taken() {
    local hex
    hex=$(printf ':%04X' "$1")
    cat /proc/net/udp /proc/net/udp6 2>/dev/null | awk -v p="$hex" 'index($2, p) { f = 1 } END { exit !f }' ||
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v p="$hex" 'index($2, p) && $4 == "0A" { f = 1 } END { exit !f }'
}

# The first free port from the given one on.
free_port() {
    local port=$1
    while port_is_taken "$port"; do port=$((port + 1)); done
    printf '%s' "$port"
}
