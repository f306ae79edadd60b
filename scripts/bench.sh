#!/usr/bin/env bash
# Measures three Polyreme nodes beside PostgreSQL 15 in one run, alternating: once
# alone, once with two streaming standbys of which one must confirm each commit.
# fsync is on everywhere. BENCH_FLAGS are given to the load generator.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/postgres.sh
CGO_ENABLED=0 go build -o bin/bench ./integration/bench
dir=$(mktemp -d)
chmod 755 "$dir"
demo=
cleanup() {
  [ -z "$demo" ] || { kill -INT "$demo"; wait "$demo" || true; }
  for d in alone primary s1 s2; do stop_postgres "$dir/$d"; done
  rm -rf "$dir"
}
trap cleanup EXIT

bin/polyreme demo --data "$dir/polyreme" --sql-port 16432 --peer-port 17432 --http-port 18432 >"$dir/demo.log" &
demo=$!
start_postgres "$dir/alone" 16501
start_postgres "$dir/primary" 16502
start_standby "$dir/s1" 16503 16502 s1
start_standby "$dir/s2" 16504 16502 s2
psql -X -q -h 127.0.0.1 -p 16502 -U postgres \
  -c "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (s1,s2)'" -c "SELECT pg_reload_conf()" >/dev/null
until grep -q Ctrl-C "$dir/demo.log"; do sleep 0.1; done

node() { echo "postgres://postgres@127.0.0.1:$1/postgres?sslmode=disable"; }
polyreme="polyreme=$(node 16432) $(node 16433) $(node 16434)"
echo "## $(bin/polyreme version), $(nproc) cores, fsync on everywhere"
echo
echo "### beside PostgreSQL 15 with two standbys, synchronous_standby_names = 'ANY 1 (s1,s2)'"
bin/bench -a "$polyreme" -b "pg+2=$(node 16502)" ${BENCH_FLAGS:-}
echo
echo "### beside PostgreSQL 15 alone"
bin/bench -a "$polyreme" -b "pg=$(node 16501)" ${BENCH_FLAGS:-}
