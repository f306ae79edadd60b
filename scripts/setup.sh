#!/usr/bin/env bash
# Installs what the tests need: psql and pgbench, the PostgreSQL server that is
# the reference, and the drivers with their languages. Does nothing for what is
# there.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/polyreme
node_postgres=8.23.1
knex=3.3.0

missing=()
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/lib/postgresql/15/bin/$1" ]; }
need() { have "$1" || missing+=("$2"); }
need psql postgresql-client-15
need pgbench postgresql-contrib
need initdb postgresql-15
need gcc gcc # for the race detector
need java default-jdk-headless
need javac default-jdk-headless
need node nodejs
need npm npm
need ruby ruby
[ -e /usr/share/java/postgresql.jar ] || missing+=(libpostgresql-jdbc-java)
# Debian's modules belong to Debian's Python and Ruby, whichever come first in $PATH.
/usr/bin/python3 -c 'import psycopg2' 2>/dev/null || missing+=(python3-psycopg2)
/usr/bin/python3 -c 'import psycopg' 2>/dev/null || missing+=(python3-psycopg)
/usr/bin/python3 -c 'import sqlalchemy' 2>/dev/null || missing+=(python3-sqlalchemy)
/usr/bin/ruby -e 'require "active_record"' 2>/dev/null || missing+=(ruby-activerecord)
/usr/bin/ruby -e 'require "pg"' 2>/dev/null || missing+=(ruby-pg)

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "setup: these Debian packages are missing: ${missing[*]}. Install them, or run this as root." >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # Debian would start a server of its own on port 5432.
  mkdir -p /etc/postgresql-common
  grep -qs '^create_main_cluster' /etc/postgresql-common/createcluster.conf ||
    echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

at() { grep -qs "\"version\": \"$2\"" "$cache/node/node_modules/$1/package.json"; }
if ! at pg "$node_postgres" || ! at knex "$knex"; then
  mkdir -p "$cache/node"
  npm install --silent --no-audit --no-fund --prefix "$cache/node" "pg@$node_postgres" "knex@$knex"
fi

# The modules of Go's mappers: the tests build programs with them.
(cd "$(dirname "$0")/../integration/drivers/testdata/orm" && go mod download)
