// Package catalog is the database's schema: an immutable value at a version
// (Catalog), the edits that make the next version and the rows of pg_catalog
// that record them (Edit), the script that creates pg_catalog and
// information_schema in an empty database file (Genesis), and the reading of
// a Catalog back from such a file (Load).
//
// The truth is in the file: the pg_* tables are real SQLite tables, written in
// the same transaction as the physical DDL. A Catalog is the same facts in
// memory, shared by all sessions of a node and never changed.
//
// Invariants:
//
//  1. A published Catalog and everything it points to is never written.
//  2. Load(file after Edit.Operations) equals Edit.Catalog.
//  3. Physical names come from here alone: table t<oid>, column c<attnum>,
//     index i<oid>, check constraint k<oid>, foreign key f<oid>. System
//     catalogs carry PostgreSQL's own names.
//  4. An OID is handed out once (Catalog.NextOID only grows).
package catalog
