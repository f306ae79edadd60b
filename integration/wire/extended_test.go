package wire_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"polyreme/integration/harness"
)

// script turns lines into messages: P[name] sql, B[portal[,statement]] values…,
// D/d portal or statement, E[portal] [rows], C/c portal or statement, H, S, Q sql,
// and the COPY messages data, done and fail.
func script(lines string) []pgproto3.FrontendMessage {
	var all []pgproto3.FrontendMessage
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		word, name, _ := strings.Cut(word, ":")
		switch word {
		case "P":
			all = append(all, &pgproto3.Parse{Name: name, Query: rest})
		case "B":
			portal, statement, _ := strings.Cut(name, ",")
			b := &pgproto3.Bind{DestinationPortal: portal, PreparedStatement: statement}
			for _, v := range strings.Fields(rest) {
				b.Parameters = append(b.Parameters, []byte(v))
			}
			all = append(all, b)
		case "D":
			all = append(all, &pgproto3.Describe{ObjectType: 'P', Name: name})
		case "d":
			all = append(all, &pgproto3.Describe{ObjectType: 'S', Name: name})
		case "E":
			rows := uint32(0)
			if rest != "" {
				rows = uint32(rest[0] - '0')
			}
			all = append(all, &pgproto3.Execute{Portal: name, MaxRows: rows})
		case "C":
			all = append(all, &pgproto3.Close{ObjectType: 'P', Name: name})
		case "c":
			all = append(all, &pgproto3.Close{ObjectType: 'S', Name: name})
		case "H":
			all = append(all, &pgproto3.Flush{})
		case "S":
			all = append(all, &pgproto3.Sync{})
		case "Q":
			all = append(all, &pgproto3.Query{String: rest})
		case "data":
			all = append(all, &pgproto3.CopyData{Data: []byte(rest + "\n")})
		case "done":
			all = append(all, &pgproto3.CopyDone{})
		case "fail":
			all = append(all, &pgproto3.CopyFail{Message: rest})
		}
	}
	return all
}

// extendedCases are sequences of messages with what PostgreSQL 15 answers, one
// line up to each ReadyForQuery. Each begins with a table t of the row 1.
var extendedCases = []struct{ name, sent, want string }{
	{"suspended portal", `
		P SELECT g FROM generate_series(1, 5) g
		B
		E 2
		E 2
		E 2
		E
		S`, "Row(1) Row(2) Suspended Row(3) Row(4) Suspended Row(5) SELECT 1 SELECT 0 Ready(I)"},
	{"a portal ends with its transaction", `
		P SELECT g FROM generate_series(1, 5) g
		B:p
		E:p 1
		S
		E:p 1
		S`, "Row(1) Suspended Ready(I)\nERROR 34000 Ready(I)"},
	{"a portal in a block", `
		Q BEGIN
		P SELECT g FROM generate_series(1, 3) g
		B:p
		E:p 1
		S
		Q SELECT 7
		E:p 1
		S
		E:p
		S
		Q COMMIT
		E:p
		S`, "BEGIN Ready(T)\nRow(1) Suspended Ready(T)\nRow(7) SELECT 1 Ready(T)\nRow(2) Suspended Ready(T)\nRow(3) SELECT 1 Ready(T)\nCOMMIT Ready(I)\nERROR 34000 Ready(I)"},
	{"an error undoes the batch", `
		P INSERT INTO t VALUES (2)
		B
		E
		P INSERT INTO t VALUES (1)
		B
		E
		P INSERT INTO t VALUES (3)
		B
		E
		S
		Q SELECT a FROM t`, "INSERT 0 1 ERROR 23505 Ready(I)\nRow(1) SELECT 1 Ready(I)"},
	{"a syntax error after a write", `
		P INSERT INTO t VALUES (2)
		B
		E
		P SELEC
		B
		E
		S
		Q SELECT a FROM t`, "INSERT 0 1 ERROR 42601 Ready(I)\nRow(1) SELECT 1 Ready(I)"},
	{"an unknown statement after a failing write", `
		P INSERT INTO t VALUES (1)
		B
		E
		B:,nothing
		S`, "ERROR 23505 Ready(I)"},
	{"a batch sees its own writes", `
		P INSERT INTO t VALUES (2)
		B
		E
		P SELECT count(*) FROM t
		B
		E
		P DELETE FROM t
		B
		E
		S`, "INSERT 0 1 Row(2) SELECT 1 DELETE 2 Ready(I)"},
	{"flush in the middle", `
		P INSERT INTO t VALUES (2) RETURNING a
		B
		E
		H
		P INSERT INTO t VALUES (3)
		B
		E
		S`, "Row(2) INSERT 0 1 INSERT 0 1 Ready(I)"},
	{"RETURNING with a row limit", `
		P INSERT INTO t VALUES (2), (3) RETURNING a
		B
		E 1
		E 1
		E 1
		S
		Q SELECT count(*) FROM t`, "Row(2) Suspended Row(3) Suspended INSERT 0 0 Ready(I)\nRow(3) SELECT 1 Ready(I)"},
	{"a portal runs once", `
		P INSERT INTO t VALUES (2)
		B
		E
		E
		S`, "INSERT 0 1 ERROR 55000 Ready(I)"},
	{"empty query", `
		P
		B
		D
		E
		S
		Q
		Q ; ;`, "NoData Empty Ready(I)\nEmpty Ready(I)\nEmpty Ready(I)"},
	{"a block by messages", `
		P BEGIN
		B
		E
		P INSERT INTO t VALUES (2)
		B
		E
		P COMMIT
		B
		E
		S
		Q SELECT count(*) FROM t`, "BEGIN INSERT 0 1 COMMIT Ready(I)\nRow(2) SELECT 1 Ready(I)"},
	{"named statements", `
		P:s SELECT $1::int + 1
		B:,s 5
		E
		P:s SELECT 2
		S
		d:s
		c:s
		c:s
		B:,s 5
		S`, "Row(6) SELECT 1 ERROR 42P05 Ready(I)\nERROR 26000 Ready(I)"},
	{
		"a prepared statement whose result changes", `
		P:s SELECT * FROM t
		P:i INSERT INTO t VALUES ($1)
		S
		Q PREPARE p AS SELECT * FROM t
		Q ALTER TABLE t ADD COLUMN b int DEFAULT 5
		B:,s
		E
		S
		Q EXECUTE p
		B:,i 2
		E
		S
		Q SELECT * FROM t`,
		"Ready(I)\nPREPARE Ready(I)\nALTER TABLE Ready(I)\nERROR 0A000 Ready(I)\nERROR 0A000 Ready(I)\nINSERT 0 1 Ready(I)\nRow(1,5) Row(2,5) SELECT 2 Ready(I)",
	},
	{"COPY in the extended protocol", `
		P COPY t FROM STDIN
		B
		D
		E
		S
		data 2
		data 3
		done
		S
		Q SELECT count(*) FROM t`, "NoData CopyIn COPY 2 Ready(I)\nRow(3) SELECT 1 Ready(I)"},
	{"COPY given up", `
		Q COPY t FROM STDIN
		data 2
		fail enough
		Q SELECT count(*) FROM t`, "CopyIn ERROR 57014 Ready(I)\nRow(1) SELECT 1 Ready(I)"},
	{
		"several statements in one query", `
		Q INSERT INTO t VALUES (2); SELECT 1/0; INSERT INTO t VALUES (3)
		Q SELECT count(*) FROM t
		Q INSERT INTO t VALUES (2); BEGIN; INSERT INTO t VALUES (3); ROLLBACK; INSERT INTO t VALUES (4)
		Q SELECT a FROM t ORDER BY a
		Q BEGIN; INSERT INTO t VALUES (5); COMMIT; SELECT 1/0
		Q SELECT count(*) FROM t`,
		"INSERT 0 1 ERROR 22012 Ready(I)\nRow(1) SELECT 1 Ready(I)\nINSERT 0 1 BEGIN INSERT 0 1 ROLLBACK INSERT 0 1 Ready(I)\n" +
			"Row(1) Row(4) SELECT 2 Ready(I)\nBEGIN INSERT 0 1 COMMIT ERROR 22012 Ready(I)\nRow(3) SELECT 1 Ready(I)",
	},
	{
		"savepoints", `
		Q SAVEPOINT s
		Q BEGIN; INSERT INTO t VALUES (2); SAVEPOINT s; INSERT INTO t VALUES (3)
		Q INSERT INTO t VALUES (3)
		Q SELECT 1
		Q ROLLBACK TO s; INSERT INTO t VALUES (4); RELEASE s; COMMIT
		Q SELECT a FROM t ORDER BY a`,
		"ERROR 25P01 Ready(I)\nBEGIN INSERT 0 1 SAVEPOINT INSERT 0 1 Ready(T)\nERROR 23505 Ready(E)\nERROR 25P02 Ready(E)\n" +
			"ROLLBACK INSERT 0 1 RELEASE COMMIT Ready(I)\nRow(1) Row(2) Row(4) SELECT 3 Ready(I)",
	},
	{
		"settings are told", `
		Q SET application_name = 'x'
		Q BEGIN; SET application_name = 'y'
		Q ROLLBACK
		Q BEGIN; SET LOCAL TimeZone = 'Europe/Berlin'; COMMIT
		Q SELECT set_config('application_name', 'z', false)
		Q RESET application_name`,
		"SET application_name=x Ready(I)\nBEGIN SET application_name=y Ready(T)\nROLLBACK application_name=x Ready(I)\n" +
			"BEGIN SET COMMIT Ready(I)\nRow(z) SELECT 1 application_name=z Ready(I)\nRESET application_name= Ready(I)",
	},
	{
		"sequences of the session", `
		Q CREATE TABLE s (id serial, v int)
		Q SELECT currval('s_id_seq')
		Q INSERT INTO s (v) VALUES (1), (2)
		Q SELECT currval('s_id_seq'), lastval()
		Q SELECT nextval('s_id_seq')
		Q SELECT lastval()
		Q BEGIN; SELECT nextval('s_id_seq'); SELECT currval('s_id_seq'); ROLLBACK
		Q DROP TABLE s`,
		"CREATE TABLE Ready(I)\nERROR 55000 Ready(I)\nINSERT 0 2 Ready(I)\nRow(2,2) SELECT 1 Ready(I)\nRow(3) SELECT 1 Ready(I)\nRow(3) SELECT 1 Ready(I)\n" +
			"BEGIN Row(4) SELECT 1 Row(4) SELECT 1 ROLLBACK Ready(I)\nDROP TABLE Ready(I)",
	},
	{"statement timeout", `
		Q SET statement_timeout = 100
		Q SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 1000) b
		P SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 1000) b
		B
		E
		S
		Q RESET statement_timeout`, "SET Ready(I)\nERROR 57014 Ready(I)\nERROR 57014 Ready(I)\nRESET Ready(I)"},
	{
		"DISCARD and DEALLOCATE", `
		P:s SELECT 1
		S
		Q DEALLOCATE ALL
		B:,s
		S
		Q BEGIN; DISCARD ALL
		Q ROLLBACK
		Q SELECT 1; DISCARD ALL
		Q DISCARD ALL`,
		"Ready(I)\nDEALLOCATE ALL Ready(I)\nERROR 26000 Ready(I)\nBEGIN ERROR 25001 Ready(E)\nROLLBACK Ready(I)\nRow(1) SELECT 1 ERROR 25001 Ready(I)\nDISCARD ALL Ready(I)",
	},
	{"idle in a transaction", `
		Q SET idle_in_transaction_session_timeout = 100
		Q BEGIN
		Q nothing more is sent`, "SET Ready(I)\nBEGIN Ready(T)\nFATAL 25P03 closed"},
	{"idle", `
		Q SET idle_session_timeout = 100
		Q nothing more is sent`, "SET Ready(I)\nFATAL 57P05 closed"},
}

// TestExtended runs the sequences. The client sends all messages up to one that
// makes the server say that it is ready at once.
func TestExtended(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	for _, test := range extendedCases {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, n)
			c.query("DROP TABLE IF EXISTS t; CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)")
			if got := c.play(script(test.sent)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// play sends messages and returns the answers, one line for each ReadyForQuery.
func (c *client) play(messages []pgproto3.FrontendMessage) string {
	c.t.Helper()
	var answers []string
	copying := false
	for start, i := 0, 0; i < len(messages); i++ {
		switch m := messages[i].(type) {
		case *pgproto3.Query:
			if copying = strings.HasPrefix(m.String, "COPY"); copying {
				continue
			}
			if m.String == "nothing more is sent" {
				return strings.Join(append(answers, c.until("closed")), "\n")
			}
		case *pgproto3.Parse:
			copying = strings.HasPrefix(m.Query, "COPY")
			continue
		case *pgproto3.CopyDone:
			copying = false
			continue
		case *pgproto3.CopyFail:
			copying = false
		case *pgproto3.Sync:
			if copying { // ignored within COPY
				continue
			}
		default:
			continue
		}
		c.send(messages[start : i+1]...)
		start = i + 1
		answers = append(answers, c.until("Ready"))
	}
	return strings.Join(answers, "\n")
}
