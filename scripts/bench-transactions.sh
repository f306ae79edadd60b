#!/usr/bin/env bash
# Runs pgbench's transactions on three Polyreme nodes, clients spread over them, and
# on PostgreSQL 15 alone and with two standbys, alternating, and prints transactions
# per second and their ratio. fsync is on everywhere. SCALES, CLIENTS, SECONDS_EACH
# and ROUNDS choose what is run.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/postgres.sh
dir=$(mktemp -d)
chmod 755 "$dir"
demo=
cleanup() {
  [ -z "$demo" ] || { kill -INT "$demo"; wait "$demo" || true; }
  for d in alone primary s1 s2; do stop_postgres "$dir/$d"; done
  rm -rf "$dir"
}
trap cleanup EXIT
export PGHOST=127.0.0.1 PGUSER=postgres PGDATABASE=postgres

bin/polyreme demo --data "$dir/polyreme" --sql-port 16432 --peer-port 17432 --http-port 18432 >"$dir/demo.log" &
demo=$!
start_postgres "$dir/alone" 16501
start_postgres "$dir/primary" 16502
start_standby "$dir/s1" 16503 16502 s1
start_standby "$dir/s2" 16504 16502 s2
psql -X -q -p 16502 -c "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (s1,s2)'" -c "SELECT pg_reload_conf()" >/dev/null
until grep -q Ctrl-C "$dir/demo.log"; do sleep 0.1; done

cat >"$dir/ten.sql" <<'SQL'
BEGIN;
INSERT INTO bench_ten(n) VALUES (1); INSERT INTO bench_ten(n) VALUES (2); INSERT INTO bench_ten(n) VALUES (3);
INSERT INTO bench_ten(n) VALUES (4); INSERT INTO bench_ten(n) VALUES (5); INSERT INTO bench_ten(n) VALUES (6);
INSERT INTO bench_ten(n) VALUES (7); INSERT INTO bench_ten(n) VALUES (8); INSERT INTO bench_ten(n) VALUES (9);
INSERT INTO bench_ten(n) VALUES (10);
COMMIT;
SQL
cat >"$dir/queue.sql" <<'SQL'
BEGIN;
SELECT id FROM bench_job WHERE NOT done ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED \gset
UPDATE bench_job SET done = true WHERE id = :id;
COMMIT;
SQL

# run CLIENTS FLAGS PORT...: transactions per second of pgbench, spread over ports
run() {
  local clients=$1 flags=$2 out sum=0 failed=0
  shift 2
  local each=$(((clients + $# - 1) / $#)) left=$clients pids=() n=0
  for port in "$@"; do
    [ "$left" -gt 0 ] || break
    local c=$((each < left ? each : left))
    left=$((left - c))
    # shellcheck disable=SC2086
    pgbench -n -p "$port" -c "$c" -j 1 -T "${SECONDS_EACH:-5}" $flags >"$dir/out.$n" 2>&1 &
    pids+=($!)
    n=$((n + 1))
  done
  wait "${pids[@]}" || { cat "$dir"/out.* >&2; return 1; }
  cat "$dir"/out.? | awk '/^tps/ {s += $3} END {printf "%.0f", s}'
  rm -f "$dir"/out.?
}

compare() { # NAME CLIENTS FLAGS
  local name=$1 clients=$2 flags=$3
  for _ in $(seq "${ROUNDS:-2}"); do
    echo "$(run "$clients" "$flags" 16432 16433 16434) $(run "$clients" "$flags" 16502) $(run "$clients" "$flags" 16501)"
  done | awk -v name="$name" -v clients="$clients" '{p += $1; r += $2; a += $3}
    END {printf "%-24s %7d %9.0f %9.0f %9.0f %8.2f× %8.2f×\n", name, clients, p / NR, r / NR, a / NR, p / r, p / a}'
}

echo "## pgbench, $(bin/polyreme version), $(nproc) cores, fsync on everywhere"
printf '%-24s %7s %9s %9s %9s %9s %9s\n' transaction clients polyreme pg+2 pg "/pg+2" "/pg"
for scale in ${SCALES:-1 50}; do
  for port in 16432 16502 16501; do pgbench -i -q -s "$scale" -p "$port" >/dev/null 2>&1; done
  for clients in ${CLIENTS:-1 8 32}; do
    compare "default, scale $scale" "$clients" "-M prepared --max-tries=20"
    compare "-N, scale $scale" "$clients" "-N -M prepared --max-tries=20"
  done
done
for port in 16432 16502 16501; do
  psql -X -q -p "$port" -c "CREATE TABLE bench_ten(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int)" \
    -c "CREATE TABLE bench_job(id int PRIMARY KEY, done bool NOT NULL)" -c "CREATE INDEX ON bench_job(id) WHERE NOT done" \
    -c "INSERT INTO bench_job SELECT i, false FROM generate_series(1, 200000) i"
done
compare "ten inserts in a block" 8 "-f $dir/ten.sql -M prepared"
compare "job queue" 16 "-f $dir/queue.sql -M prepared --max-tries=20"
# Many clients, which PostgreSQL would need a pooler for.
for clients in 32 128 256; do
  printf '%-24s %7d %9.0f\n' "default, many clients" "$clients" "$(run "$clients" "-M prepared --max-tries=20" 16432 16433 16434)"
done
