# Functions that run PostgreSQL 15 servers; to be sourced. PostgreSQL refuses to
# run as root, so root lends it the user nobody.
PG_BIN=${PG_BIN:-/usr/lib/postgresql/15/bin}

as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid nobody --regid nogroup --clear-groups "$@"
  else
    "$@"
  fi
}

# start_postgres DIR PORT: a new server with durable settings, C locale, UTC.
start_postgres() {
  local dir=$1 port=$2
  mkdir -p "$dir"
  [ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$dir"
  as_postgres "$PG_BIN/initdb" -D "$dir" -A trust -U postgres --locale=C --encoding=UTF8 >"$dir.log" 2>&1
  as_postgres tee -a "$dir/postgresql.conf" >/dev/null <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
timezone = 'UTC'
max_connections = 200
shared_buffers = 512MB
max_wal_senders = 8
hot_standby = on
CONF
  as_postgres "$PG_BIN/pg_ctl" -D "$dir" -w start >>"$dir.log" 2>&1
}

# start_standby DIR PORT PRIMARY_PORT NAME: a streaming standby.
start_standby() {
  local dir=$1 port=$2 primary=$3 name=$4
  mkdir -p "$dir"
  [ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$dir"
  chmod 700 "$dir"
  as_postgres "$PG_BIN/pg_basebackup" -D "$dir" -R -X stream -d \
    "host=127.0.0.1 port=$primary user=postgres application_name=$name" >"$dir.log" 2>&1
  as_postgres tee -a "$dir/postgresql.conf" >/dev/null <<<"port = $port"
  as_postgres "$PG_BIN/pg_ctl" -D "$dir" -w start >>"$dir.log" 2>&1
}

stop_postgres() {
  [ ! -f "$1/postmaster.pid" ] || as_postgres "$PG_BIN/pg_ctl" -D "$1" -m fast -w stop >/dev/null
}
