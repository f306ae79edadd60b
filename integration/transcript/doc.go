// Package transcript runs SQL scripts through psql and compares the output with
// what PostgreSQL 15 itself printed for the same script.
//
// testdata/*.sql are the scripts, *.out what PostgreSQL printed. A script must
// not show what differs between any two servers (OIDs, times, versions), and
// leaves nothing behind: it works in a schema of its own.
//
//	go test ./integration/transcript                       against Polyreme
//	POLYREME_ORACLE=DSN go test ./integration/transcript   against that PostgreSQL
//	POLYREME_ORACLE=DSN go test ./integration/transcript -rewrite
//	                                                       writes the *.out files
package transcript
