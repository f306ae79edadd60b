package plan

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/pgsql/types"
)

var rewriteFlag = flag.Bool("rewrite", false, "rewrite the expected results: of testdata/exec from the server at POLYREME_ORACLE")

// oracleVariable names the environment variable with the connection string of a
// PostgreSQL 15 that may be used for trials.
const oracleVariable = "POLYREME_ORACLE"

// TestExec runs the statements of testdata/exec on SQLite and compares with what
// PostgreSQL 15 answers: the files hold its answers, and -rewrite asks it again.
// A statement ends at a line "----"; its answer ends at an empty line.
func TestExec(t *testing.T) {
	files, err := filepath.Glob("testdata/exec/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			cases := readCases(t, file)
			if *rewriteFlag {
				rewriteCases(t, file, cases)
			}
			s := newSession(t)
			for _, c := range cases {
				got := s.exec(c.sql)
				if want := c.want; got != want && c.known == "" {
					sql := ""
					if st, err := s.plan(c.sql); err == nil {
						sql = st.SQL
						for _, op := range st.Ops {
							sql += op.SQL + "\n"
						}
					}
					t.Errorf("%s:%d: %s\ngot:\n%swant:\n%s(%s)", file, c.line, c.sql, got, want, sql)
				}
			}
		})
	}
}

// execCase is a statement and its answer. comment holds the lines before it.
type execCase struct {
	comment string
	sql     string
	want    string
	line    int
	known   string // a "#differs" line: the answer is known to differ, and why
}

func readCases(t *testing.T, file string) []execCase {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []execCase
	var c execCase
	var lines []string
	answer := false
	flush := func() {
		if answer {
			c.want = strings.Join(lines, "\n")
			if c.want != "" {
				c.want += "\n"
			}
			cases = append(cases, c)
		}
		c, lines, answer = execCase{}, nil, false
	}
	for i, line := range strings.Split(string(data), "\n") {
		switch {
		case line == "" && answer:
			flush()
		case line == "":
		case line == "----" && !answer:
			c.sql, lines, answer = strings.Join(lines, "\n"), nil, true
		case strings.HasPrefix(line, "#") && !answer && len(lines) == 0:
			c.comment += line + "\n"
			if reason, ok := strings.CutPrefix(line, "#differs "); ok {
				c.known = reason
			}
		default:
			if c.line == 0 {
				c.line = i + 1
			}
			lines = append(lines, line)
		}
	}
	flush()
	return cases
}

// rewriteCases asks PostgreSQL for the answers, in a schema of its own.
func rewriteCases(t *testing.T, file string, cases []execCase) {
	dsn := os.Getenv(oracleVariable)
	if dsn == "" {
		t.Fatalf("-rewrite needs %s", oracleVariable)
	}
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	name := fmt.Sprintf("plan_exec_%d", os.Getpid())
	must := func(sql string) {
		if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	must("DROP SCHEMA IF EXISTS " + name + " CASCADE; CREATE SCHEMA " + name + "; SET search_path = " + name + "; SET TimeZone = UTC; SET DateStyle = ISO")
	defer must("DROP SCHEMA " + name + " CASCADE")
	var out strings.Builder
	for i := range cases {
		c := &cases[i]
		c.want = oracleAnswer(ctx, conn, c.sql, name)
		fmt.Fprintf(&out, "%s%s\n----\n%s\n", c.comment, c.sql, c.want)
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// oracleAnswer runs one statement with the extended protocol.
func oracleAnswer(ctx context.Context, conn *pgconn.PgConn, sql, schema string) string {
	r := conn.ExecParams(ctx, sql, nil, nil, nil, nil)
	var out strings.Builder
	fields := r.FieldDescriptions()
	for i, f := range fields {
		if i > 0 {
			out.WriteString(" | ")
		}
		name := types.FormatType(types.OID(f.DataTypeOID), f.TypeModifier)
		if name == "???" {
			name = "record" // the row type of a table
		}
		fmt.Fprintf(&out, "%s %s", f.Name, name)
	}
	if len(fields) > 0 {
		out.WriteString("\n")
	}
	for r.NextRow() {
		for i, v := range r.Values() {
			if i > 0 {
				out.WriteString(" | ")
			}
			if v == nil {
				out.WriteString("∅")
				continue
			}
			out.Write(v)
		}
		out.WriteString("\n")
	}
	tag, err := r.Close()
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		text := fmt.Sprintf("ERROR %s: %s", pe.Code, strings.ReplaceAll(pe.Message, schema, "public"))
		if pe.Position > 0 {
			text += fmt.Sprintf(" at %d", pe.Position)
		}
		return text + "\n"
	}
	if err != nil {
		return err.Error() + "\n"
	}
	return out.String() + tag.String() + "\n"
}
