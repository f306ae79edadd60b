package plan

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/types"
)

// TestDDL runs the files of testdata/ddl, which change and describe the schema,
// as TestExec does its own. After each file the catalog that the edits made
// must be the one that the file loads.
func TestDDL(t *testing.T) {
	files, err := filepath.Glob("testdata/ddl/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			cases := readCases(t, file)
			if *rewriteFlag {
				rewriteDDL(t, file, cases)
			}
			s := newSession(t)
			s.env.Sequences = &fileSequences{sequences: s.env.Sequences.(*sequences)}
			s.env.Session = owner{}
			s.env.Catalog = &catalog.Functions{Current: func() *catalog.Catalog { return s.cat }, Path: func() []string { return []string{"public"} }, Expr: PrintExpr, Query: PrintQuery}
			for _, c := range cases {
				got := s.exec(c.sql)
				if got != c.want && c.known == "" {
					t.Errorf("%s:%d: %s\ngot:\n%swant:\n%s%s", file, c.line, c.sql, got, c.want, s.opsText(c.sql))
				}
			}
			loaded, err := catalog.Load(s.query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := diffRelations(s.cat, loaded); diff != "" {
				t.Errorf("%s: the file differs from the catalog (-edited +loaded):\n%s", file, diff)
			}
		})
	}
}

// owner is a session of the bootstrap user.
type owner struct{ builtin.Session }

func (owner) CurrentUser() string  { return "postgres" }
func (owner) SearchPath() []string { return []string{"public"} }

// fileSequences keeps the sequences in the file, as the state machine does: a
// statement may create the sequence that it draws from.
type fileSequences struct {
	*sequences
}

func (q *fileSequences) NextValue(oid uint32) (int64, error) {
	var v []int64
	sql := fmt.Sprintf("SELECT last_value, is_called, seqincrement, seqmin, seqmax FROM polyreme_sequence JOIN pg_sequence ON seqrelid = oid WHERE oid = %d", oid)
	if err := q.s.query(sql, func(row []types.Value) error {
		for _, value := range row {
			v = append(v, value.Int64())
		}
		return nil
	}); err != nil {
		return 0, err
	}
	n := v[0]
	if v[1] != 0 {
		if n += v[2]; n > v[4] {
			n = v[3]
		}
	}
	return n, q.SetValue(oid, n, true)
}

func (q *fileSequences) SetValue(oid uint32, value int64, called bool) error {
	return q.s.query(fmt.Sprintf("UPDATE polyreme_sequence SET last_value = %d, is_called = %t WHERE oid = %d", value, called, oid), nil)
}

func diffRelations(a, b *catalog.Catalog) string {
	return cmp.Diff(a.Relations(), b.Relations(), cmpopts.EquateEmpty())
}

// opsText is the SQLite text of a statement, for a failed case.
func (s *session) opsText(sql string) string {
	st, err := s.plan(sql)
	if err != nil {
		return ""
	}
	text := st.SQL + "\n"
	for _, op := range st.Ops {
		if op.Params == nil {
			text += op.SQL + "\n"
		}
	}
	return text
}

// rewriteDDL asks PostgreSQL for the answers, in a database of its own.
func rewriteDDL(t *testing.T, file string, cases []execCase) {
	dsn := os.Getenv(oracleVariable)
	if dsn == "" {
		t.Fatalf("-rewrite needs %s", oracleVariable)
	}
	ctx := context.Background()
	admin, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	name := fmt.Sprintf("plan_ddl_%d", os.Getpid())
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0").ReadAll(); err != nil {
		t.Fatal(err)
	}
	defer func() { admin.Exec(ctx, "DROP DATABASE "+name).ReadAll() }()
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.Database = name
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var out strings.Builder
	for i := range cases {
		c := &cases[i]
		c.want = oracleAnswer(ctx, conn, c.sql, "\x00")
		fmt.Fprintf(&out, "%s%s\n----\n%s\n", c.comment, c.sql, c.want)
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
