// Package corpus replays what real clients send (psql's backslash commands,
// drivers at start-up, object-relational mappers, migration tools) on
// PostgreSQL and on Polyreme and compares the answers: columns with their
// types, rows, SQLSTATEs and command tags.
//
// The recordings are not part of the project: POLYREME_CLIENT_CORPUS names the
// directory of *.sql files, POLYREME_ORACLE a PostgreSQL 15 on which databases
// may be created. testdata/score.txt keeps, for each file, how many statements
// it has and how many may differ; the test fails when more do, and
//
//	go test ./integration/corpus -rewrite
//
// lowers the numbers after a correction. -show prints the differences.
package corpus
