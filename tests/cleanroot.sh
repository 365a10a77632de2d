#!/bin/sh
# Proves that a bare system is enough: bootstraps a minimal Debian into a folder, clones this checkout into it and runs a
# command there, by default `./inventory run`, then asks for the login page. As root, because debootstrap needs it.
#
#   tests/cleanroot.sh FOLDER                       run, up to the login page, and a second start
#   tests/cleanroot.sh FOLDER ./inventory test      any other command
#   KEEP=1 tests/cleanroot.sh FOLDER ...            use the root that is in FOLDER already
#
# Mirror, suite, name service, certificates, proxy and pip settings are this machine's own. PORT (default 8110) is shared
# with this machine; everything that the command starts ends with it.
set -eu

[ $# -ge 1 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "cleanroot: debootstrap needs root; run this as root." >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "cleanroot: install debootstrap and run this again." >&2; exit 1; }

checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
root=$1
shift
port=${PORT:-8110}
. /etc/os-release
suite=${SUITE:-$VERSION_CODENAME}

say() { echo "cleanroot: $*"; }
seconds() { date +%s; }

bootstrap() {
    mirror=$(apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$VERSION_CODENAME" '$2 == suite && $3 == "main" { print $1; exit }')
    [ -n "$mirror" ] || { say "this machine's apt knows no archive for $VERSION_CODENAME." >&2; exit 1; }
    rm -rf "$root"
    mkdir -p "$root"
    began=$(seconds)
    debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 || { tail "$root.log" >&2; exit 1; }
    say "minimal $suite bootstrapped in $(($(seconds) - began)) s"
}

# What the network needs on this machine, not what the project needs.
adopt_network() {
    for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
        if [ -e "$file" ]; then cp -L "$file" "$root$file"; fi
    done
    mkdir -p "$root/etc/ssl/certs" "$root/root/.config/pip" "$root/usr/local/share/ca-certificates"
    if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
        cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
        # The package ca-certificates writes the bundle anew from its own and from these.
        cp -L /etc/ssl/certs/ca-certificates.crt "$root/root/machine-certificates.crt"
    fi
    if [ -e "$HOME/.config/pip/pip.conf" ]; then cp -L "$HOME/.config/pip/pip.conf" "$root/root/.config/pip/"; fi
    grep -lsE '^ *Acquire::(http|https)' /etc/apt/apt.conf.d/* 2>/dev/null |
        while read -r file; do cp -L "$file" "$root/etc/apt/apt.conf.d/"; done
}

[ "${KEEP:-}" ] && [ -d "$root/etc" ] || bootstrap
adopt_network
rm -rf "$root/srv/inventory-plus.new"
if [ ! -d "$root/srv/inventory-plus" ]; then
    git clone -q --no-local "$checkout" "$root/srv/inventory-plus.new"
    mv "$root/srv/inventory-plus.new" "$root/srv/inventory-plus"
fi

inside=$root/root/cleanroot-inside.sh
cat >"$inside" <<'INSIDE'
set -eu
port=$1
shift
cd /srv/inventory-plus
export SSL_CERT_FILE=/root/machine-certificates.crt PIP_CERT=/root/machine-certificates.crt
export REQUESTS_CA_BUNDLE=/root/machine-certificates.crt GIT_SSL_CAINFO=/root/machine-certificates.crt
if [ $# -gt 0 ]; then
    began=$(date +%s)
    code=0
    "$@" || code=$?
    echo "cleanroot: $* ended with $code after $(($(date +%s) - began)) s"
    exit "$code"
fi
began=$(date +%s)
./inventory run --port "$port"
echo "cleanroot: first run took $(($(date +%s) - began)) s"
/usr/bin/python3 -c "
import urllib.request
page = urllib.request.urlopen('http://127.0.0.1:$port/web/login').read().decode()
assert 'name=\"login\"' in page and 'name=\"password\"' in page, page[:500]
print('cleanroot: the login page is served')"
./inventory stop
began=$(date +%s)
./inventory run --port "$port" >/dev/null
echo "cleanroot: later start took $(($(date +%s) - began)) s"
./inventory status
./inventory stop
INSIDE

# Own mounts and processes: all of them end with the shell inside, whatever it leaves behind.
exec unshare --mount --pid --fork --kill-child sh -c '
    mount --make-rprivate /
    mount -t proc proc "$1/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm" 2>/dev/null || { mkdir -p "$1/dev/shm"; mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"; }
    root=$1 port=$2
    shift 2
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        chroot "$root" /bin/sh /root/cleanroot-inside.sh "$port" "$@"
' cleanroot "$root" "$port" "$@"
