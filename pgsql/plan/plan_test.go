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
	}{{st.Bounded, "bounded"}, {st.Volatile, "volatile"}, {st.UsesSequence, "sequence"}, {st.ForUpdate, "for-update"}} {
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
	for _, sql := range []string{pointSelect, pointUpdate, pointInsert, mediumJoin, "select * from pgbench_accounts a, lateral (select a.aid) b"} {
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
