// Package types is what Polyreme knows about PostgreSQL's types: their rows in
// pg_type and pg_cast, how a value of each is stored in SQLite, how it is read
// from and written to a client (text and binary formats), how values compare,
// and the arithmetic that SQLite lacks (numeric, dates and times, intervals).
//
// Storage forms. Every value is kept so that SQLite's own comparison, or one of
// the collations of this package, gives PostgreSQL's order and equality:
//
//	type                          SQLite   form                                 compares by
//	bool                          INTEGER  0 or 1                               native
//	int2 int4 int8 oid xid reg*   INTEGER  the number                           native
//	float4 float8                 REAL     the number; NaN is TEXT 'NaN'        native (numbers < TEXT)
//	numeric                       TEXT     as PostgreSQL prints it              pg_numeric
//	"char" name text varchar      TEXT     the text                             native (BINARY = C)
//	char(n)                       TEXT     without its trailing blanks          native
//	bytea uuid                    BLOB     the bytes                            native
//	date                          INTEGER  days since 2000-01-01                native
//	time                          INTEGER  microseconds since midnight          native
//	timestamp timestamptz         INTEGER  microseconds since 2000-01-01 (UTC)  native
//	timetz                        BLOB     see timetz.go                        native (memcmp)
//	interval                      TEXT     'months days microseconds'           pg_interval
//	json                          TEXT     verbatim                             none in PostgreSQL
//	jsonb                         TEXT     PostgreSQL's output form             pg_jsonb
//	arrays                        BLOB     see array.go                         native (memcmp)
//
// Infinite dates are the smallest and largest int32, infinite timestamps the
// smallest and largest int64, as in PostgreSQL.
//
// The package is deterministic: it reads no clock, no environment, no files;
// the time-zone database is part of it (zoneinfo.zip). What depends on a
// session or a transaction comes in through Env.
package types
