#!/usr/bin/env bash
# Runs a command with POLYREME_ORACLE naming a fresh PostgreSQL 15, which is
# stopped and removed afterwards.
set -euo pipefail
. "$(dirname "$0")/postgres.sh"
dir=$(mktemp -d)
trap 'stop_postgres "$dir/data"; rm -rf "$dir"' EXIT
chmod 755 "$dir"
start_postgres "$dir/data" 15433
POLYREME_ORACLE="postgres://postgres@127.0.0.1:15433/postgres" "$@"
