package plan

import (
	"testing"

	"polyreme/pgsql/parse"
)

const (
	pointSelect = "SELECT abalance FROM pgbench_accounts WHERE aid = $1"
	pointUpdate = "UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2"
	pointInsert = "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP)"
	mediumJoin  = "SELECT a.aid, a.abalance, b.bbalance, t.tbalance, count(*) AS n, sum(h.delta) AS total FROM pgbench_accounts a " +
		"JOIN pgbench_branches b ON b.bid = a.bid LEFT JOIN pgbench_tellers t ON t.bid = b.bid AND t.tid > $1 " +
		"JOIN pgbench_history h ON h.aid = a.aid WHERE a.abalance > 100 AND b.filler IS NOT NULL " +
		"GROUP BY a.aid, a.abalance, b.bbalance, t.tbalance ORDER BY total DESC, a.aid LIMIT 10"
)

// pgbench makes the tables of pgbench.
func pgbench(b testing.TB) *session {
	s := newSession(b)
	for _, sql := range []string{
		"create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84))",
		"create table pgbench_branches (bid int primary key, bbalance int, filler char(88))",
		"create table pgbench_tellers (tid int primary key, bid int, tbalance int, filler char(84))",
		"create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))",
	} {
		if out := s.exec(sql); out != "CREATE TABLE\n" {
			b.Fatal(out)
		}
	}
	return s
}

func BenchmarkPlan(b *testing.B) {
	s := pgbench(b)
	for _, c := range []struct{ name, sql string }{
		{"select", pointSelect}, {"update", pointUpdate}, {"insert", pointInsert}, {"join", mediumJoin},
	} {
		b.Run(c.name, func(b *testing.B) {
			stmts, err := parse.Parse(c.sql)
			if err != nil {
				b.Fatal(err)
			}
			opt := s.options()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Plan(stmts[0], c.sql, opt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
