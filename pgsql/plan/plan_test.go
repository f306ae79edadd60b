package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polyreme/pgsql/parse"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// TestPlan plans the statements of testdata/plan and compares what comes out:
// the SQLite SQL, the types of parameters and columns, the properties. Lines of
// DDL before the first case make the schema.
func TestPlan(t *testing.T) {
	files, err := filepath.Glob("testdata/plan/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			cases := readCases(t, file)
			s := newSession(t)
			var out strings.Builder
			for _, c := range cases {
				got := describe(s, c.sql)
				if got != c.want && !*rewriteFlag {
					t.Errorf("%s:%d: %s\ngot:\n%swant:\n%s", file, c.line, c.sql, got, c.want)
				}
				fmt.Fprintf(&out, "%s%s\n----\n%s\n", c.comment, c.sql, got)
			}
			if *rewriteFlag {
				if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// describe plans a statement and writes what is known of it; DDL is also run.
func describe(s *session, sql string) string {
	st, err := s.plan(sql)
	if err != nil {
		return errorText(pgerr.From(err))
	}
	if st.Kind == Schema {
		return s.exec(sql)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s", [...]string{"read", "write", "schema", "utility", "copy", "explain"}[st.Kind])
	for _, p := range []struct {
		on   bool
		name string
	}{{st.Bounded, "bounded"}, {st.Volatile, "volatile"}, {st.UsesSequence, "sequence"}, {st.Notifies, "notifies"}, {st.ForUpdate, "for-update"}} {
		if p.on {
			b.WriteString(" " + p.name)
		}
	}
	fmt.Fprintf(&b, " %q", st.Tag)
	for i, p := range st.Params {
		fmt.Fprintf(&b, " $%d=%s", i+1, types.FormatType(p, -1))
	}
	b.WriteString("\n")
	for _, c := range st.Columns {
		fmt.Fprintf(&b, "%s %s", c.Name, types.FormatType(c.Type, c.Typmod))
		if c.Relation != 0 {
			fmt.Fprintf(&b, " of %s.%d", s.cat.RelationByOID(c.Relation).Name, c.Attnum)
		}
		b.WriteString("\n")
	}
	sqls := []string{st.SQL}
	for _, op := range st.Ops {
		sqls = append(sqls, op.SQL)
	}
	for _, sql := range sqls {
		if sql == "" {
			continue
		}
		b.WriteString(sql + "\n")
		if stmt, err := s.conn.Prepare(sql); err != nil {
			fmt.Fprintf(&b, "SQLITE: %v\n", err)
		} else {
			stmt.Close()
		}
	}
	return b.String()
}

// FuzzPlan: no text makes the planner panic, and what it emits is SQL to SQLite.
func FuzzPlan(f *testing.F) {
	for _, sql := range []string{
		pointSelect, pointUpdate, pointInsert, mediumJoin,
		"select * from pgbench_accounts a, lateral (select a.aid) b",
		"select a, a.*, (b).aid, row(a.*) from pgbench_accounts a, (select c from pgbench_accounts c) b",
		"with recursive r(n, t) as (select 1, 'x' union all select n + 1, t || 'y' from r where n < 5) select * from r r1 join r r2 using (n)",
		"select distinct on (bid) bid, sum(abalance) over (partition by bid order by aid rows 1 preceding) from pgbench_accounts order by bid, aid desc limit 2 offset 1",
		"select 1 union (select 2.5 intersect all select null) except values (3), ('4') order by 1 desc nulls last",
		"select array_agg(distinct aid order by aid desc) filter (where bid is distinct from 1), string_agg(distinct filler, '-') from pgbench_accounts group by bid having count(*) > 1",
		"select generate_series(1, aid), unnest(array[1, 2]), x.* from pgbench_accounts, generate_series(1, 2) with ordinality x(a, b)",
		"select case aid when 1 then 'a' else filler end, coalesce(null, aid, 2.5), greatest(aid, bid), aid = any ('{1,2}'), aid in (1, null), (aid, bid) < (1, 2) from pgbench_accounts",
		"select exists (select 1), (select max(aid) from pgbench_accounts b where b.bid = a.bid), array(select 1), aid > all (select bid from pgbench_branches) from pgbench_accounts a",
		"select '{1,2}'::int[] || 3, (array[[1,2],[3,4]])[1][2], ('{\"a\": 1}'::jsonb)['a'], interval '1 day' * 2, now() - '1 hour', extract(year from current_date)",
	} {
		f.Add(sql)
	}
	s := pgbench(f)
	f.Fuzz(func(t *testing.T, sql string) {
		stmts, err := parse.Parse(sql)
		if err != nil || len(stmts) != 1 {
			return
		}
		st, err := Plan(stmts[0], sql, s.options())
		if err != nil {
			if pgerr.Code(err) == pgerr.InternalError {
				t.Fatalf("%s: %v", sql, err)
			}
			return
		}
		if st.Kind != Read {
			return
		}
		stmt, err := s.conn.Prepare(st.SQL)
		if err != nil {
			t.Fatalf("%s\n%s\n%v", sql, st.SQL, err)
		}
		stmt.Close()
	})
}
