#!/usr/bin/env bash
# Writes data/relations.gz and data/rows.gz, the static rows of PostgreSQL 15's
# catalogs, from a freshly created database of a running server:
#
#   createdb -T template0 catalogdump
#   PGDATABASE=catalogdump gen/dump.sh
#
# Format: a line "@NAME" opens the rows of the table NAME, which follow in
# COPY's text format, columns in the order of attnum. relations.gz is what the
# in-memory catalog needs (with two tables of our own: @views, OID and query of
# each system view, and @domains, OID, base type, typmod and name); rows.gz is
# the rest, read once in a cluster's life.
#
# What differs from the server's own rows: privileges (other than public's),
# statistics and pg_attribute.attoptions are left out, pg_node_tree is expression
# text, reg* types are OIDs, TOAST tables, libc and ICU collations and rules are not
# there, information_schema's views name base types instead of domains and
# spell out _pg_truetypid and _pg_truetypmod and call _pg_expandarray in FROM.
#
# The rows are PostgreSQL's: see LICENSE.postgresql.
set -euo pipefail
cd "$(dirname "$0")/.."
query() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }

# relations that exist in Polyreme
kept="SELECT c.oid FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
	WHERE c.oid < 16384 AND c.relnamespace <> 99 AND c.relkind IN ('r','v','i')"

# columns TABLE: the select list of its rows
columns() {
	query -c "SELECT string_agg(CASE
		WHEN attname = 'nspacl' THEN 'CASE oid WHEN 2200 THEN nspacl END'
		WHEN format_type(atttypid, NULL) IN ('aclitem[]', 'anyarray') THEN 'NULL'
		WHEN attname IN ('attoptions', 'ev_qual', 'ev_action') THEN 'NULL'
		WHEN attname = 'proargdefaults' THEN 'pg_get_expr(proargdefaults, 0)'
		WHEN attname = 'reltoastrelid' THEN '0'
		WHEN attname IN ('relpages', 'relallvisible') THEN '0'
		WHEN attname IN ('relfrozenxid', 'relminmxid', 'datfrozenxid', 'datminmxid', 'relfilenode') THEN '0'
		WHEN attname = 'reltuples' THEN '-1'
		WHEN attname IN ('rolpassword', 'prosqlbody', 'datcollversion', 'collversion') THEN 'NULL'
		WHEN atttypid = 'regproc'::regtype THEN attname || '::oid'
		ELSE quote_ident(attname) END, ', ' ORDER BY attnum)
		FROM pg_attribute WHERE attrelid = 'pg_catalog.$1'::regclass AND attnum > 0"
}

dump() { # table condition
	echo "@$1"
	query -c "COPY (SELECT $(columns "$1") FROM pg_catalog.$1 WHERE $2 ORDER BY $3) TO STDOUT"
}

views() {
	echo "@views"
	query <<-SQL
	CREATE FUNCTION pg_temp.flat(sql text) RETURNS text LANGUAGE sql AS \$\$
	SELECT replace(replace(replace(replace(replace(
		regexp_replace(regexp_replace(
		regexp_replace(regexp_replace(regexp_replace(regexp_replace(rtrim(btrim(sql), ';'),
		'information_schema\._pg_truetypid\((\w+)\.\*, (\w+)\.\*\)',
		'CASE WHEN (\2.typtype = ''d''::"char") THEN \2.typbasetype ELSE \1.atttypid END', 'g'),
		'information_schema\._pg_truetypmod\((\w+)\.\*, (\w+)\.\*\)',
		'CASE WHEN (\2.typtype = ''d''::"char") THEN \2.typtypmod ELSE \1.atttypmod END', 'g'),
		'\n\s+', ' ', 'g'), '\n', ' ', 'g'),
		'information_schema\._pg_expandarray\((.*?)\) AS (x|tgat) FROM ([a-z_, ]+?)( WHERE|\) \w+)',
		'xa.x AS \2_x, xa.n AS \2_n FROM \3, LATERAL information_schema._pg_expandarray(\1) xa(x, n)\4', 'g'),
		'\((\w+)\.(x|tgat)\)\.(x|n)\M', '\1.\2_\3', 'g'),
		'::information_schema.sql_identifier', '::name'),
		'::information_schema.character_data', '::character varying'),
		'::information_schema.cardinal_number', '::integer'),
		'::information_schema.yes_or_no', '::character varying(3)'),
		'::information_schema.time_stamp', '::timestamp(2) with time zone')
	\$\$;
	COPY (SELECT oid, pg_temp.flat(pg_get_viewdef(oid)) FROM pg_class WHERE relkind = 'v' ORDER BY 1) TO STDOUT;
	SQL
}

relations() {
	dump pg_namespace "oid < 16384" oid
	dump pg_class "oid IN ($kept)" oid
	dump pg_attribute "attrelid IN ($kept) AND attnum > 0" "attrelid, attnum"
	dump pg_index "indexrelid IN ($kept)" indexrelid
	dump pg_constraint "conrelid IN ($kept)" oid
	dump pg_am true oid
	dump pg_opclass true oid
	dump pg_collation "collname IN ('default', 'C', 'POSIX', 'ucs_basic') AND collnamespace = 11" oid
	dump pg_authid true oid
	views
	echo "@domains"
	query -c "COPY (SELECT oid, typbasetype, typtypmod, typname FROM pg_type WHERE typtype = 'd' ORDER BY oid) TO STDOUT"
}

rows() {
	for table in pg_type pg_proc pg_operator pg_cast pg_opfamily pg_amop pg_amproc pg_language \
		pg_tablespace pg_conversion pg_extension pg_ts_config pg_ts_dict pg_ts_parser pg_ts_template; do
		dump $table "oid < 16384" oid
	done
	dump pg_aggregate true aggfnoid::oid
	dump pg_range true rngtypid
	dump pg_auth_members true "roleid, member"
	dump pg_ts_config_map true "mapcfg, maptokentype, mapseqno"
	dump pg_constraint "conrelid = 0" oid
	dump pg_database "datname = 'postgres'" oid
	dump pg_description "classoid <> 'pg_collation'::regclass OR objoid < 1000" "classoid, objoid, objsubid"
	dump pg_shdescription "true" "classoid, objoid"
}

# Whole files or nothing: a failure leaves what is there.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
relations > "$work/relations"
rows > "$work/rows"
for name in relations rows; do
	gzip -9n "$work/$name"
	mv "$work/$name.gz" data/
done
ls -l data >&2
