#!/usr/bin/env bash
# Fetches PostgreSQL 15's regression .sql files from Debian's source package into
# a cache directory, for the parser's measurement test. Needs apt-get (a Debian or
# Ubuntu machine) and the network; changes nothing on the system.
set -euo pipefail

target=${POLYREME_PG_REGRESS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/polyreme/pg-regress}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir -p lists/partial
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb-src [signed-by=$keyring] http://deb.debian.org/debian bookworm main" > sources.list
options=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
	-o "Dir::State::lists=$work/lists" -o APT::Sandbox::User=root)
apt-get "${options[@]}" -qq update
apt-get "${options[@]}" -qq source --download-only postgresql-15

tar -xjf postgresql-15_*.orig.tar.bz2 --wildcards '*/src/test/regress/sql/*.sql'
mkdir -p "$target"
cp postgresql-15*/src/test/regress/sql/*.sql "$target/"
echo "$(ls "$target" | wc -l) files in $target"
