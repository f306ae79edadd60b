package isolation

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/integration/harness"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files")

const (
	// waitsAfter is when a statement without an answer is taken to wait.
	waitsAfter = 300 * time.Millisecond
	endsAfter  = 20 * time.Second
)

// TestSchedules runs testdata/*.txt. Of each line "s: SQL" the session s runs the
// statement; "s:" alone waits for its answer. Lines between two blank lines are a
// case, which begins with the table anew.
func TestSchedules(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no schedules", err)
	}
	oracle := os.Getenv("POLYREME_ORACLE")
	dsns := []string{oracle, oracle, oracle}
	if oracle == "" {
		dsns = nil
		for _, n := range harness.Start(t, 3).Nodes {
			dsns = append(dsns, n.DSN())
		}
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".txt")
		t.Run(filepath.Base(name), func(t *testing.T) {
			golden := name + ".out"
			if _, err := os.Stat(name + ".here"); err == nil && oracle == "" {
				golden = name + ".here"
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runAll(t, dsns, string(text))
			if *rewrite {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", golden, diff)
			}
		})
	}
}

// schedule is one case under way.
type schedule struct {
	t        *testing.T
	dsns     []string
	out      strings.Builder
	sessions map[string]*session
	order    []string
}

// session is a connection and the answer that it waits for.
type session struct {
	conn   *pgconn.PgConn
	answer chan string // nil: none is due
}

func runAll(t *testing.T, dsns []string, text string) string {
	var out strings.Builder
	for _, part := range strings.Split(text, "\n\n") {
		s := &schedule{t: t, dsns: dsns, sessions: map[string]*session{}}
		s.alone("DROP TABLE IF EXISTS test; CREATE TABLE test(id int PRIMARY KEY, value int NOT NULL); INSERT INTO test VALUES (1, 10), (2, 20)")
		for line := range strings.Lines(part) {
			line = strings.TrimSpace(line)
			who, sql, ok := strings.Cut(line, ":")
			switch {
			case line == "" || strings.HasPrefix(line, "#") || !ok:
				fmt.Fprintln(&s.out, line)
			default:
				fmt.Fprintln(&s.out, line)
				s.run(who, strings.TrimSpace(sql))
			}
		}
		s.close()
		if t.Failed() {
			return out.String()
		}
		out.WriteString(strings.TrimSpace(s.out.String()))
		out.WriteString("\n\n")
	}
	return out.String()
}

// alone runs a statement on a connection of its own.
func (s *schedule) alone(sql string) {
	conn, err := pgconn.Connect(context.Background(), s.dsns[0])
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if got := execute(conn, sql); strings.HasPrefix(got, "ERROR") {
		s.t.Fatal(got)
	}
}

// run runs a statement, and then shows which of the sessions that wait go on.
func (s *schedule) run(who, sql string) {
	c := s.sessions[who]
	if c == nil {
		conn, err := pgconn.Connect(context.Background(), s.dsns[len(s.sessions)%len(s.dsns)])
		if err != nil {
			s.t.Fatal(err)
		}
		c = &session{conn: conn}
		s.sessions[who] = c
		s.order = append(s.order, who)
	}
	if sql != "" {
		answer := make(chan string, 1)
		c.answer = answer
		go func() { answer <- execute(c.conn, sql) }()
	}
	s.show(who, waitsAfter, sql == "")
	for _, other := range s.order {
		if other != who && s.sessions[other].answer != nil {
			s.show(other, waitsAfter, false)
		}
	}
}

// show prints the answer of a session if it comes in time.
func (s *schedule) show(who string, limit time.Duration, must bool) {
	c := s.sessions[who]
	if c.answer == nil {
		return // it was shown
	}
	if must {
		limit = endsAfter
	}
	select {
	case got := <-c.answer:
		c.answer = nil
		fmt.Fprintf(&s.out, "    %s> %s\n", who, got)
	case <-time.After(limit):
		if must {
			s.t.Errorf("session %s does not answer", who)
		}
		fmt.Fprintf(&s.out, "    %s> (waits)\n", who)
	}
}

// close ends the sessions: what they wait for ends with the others.
func (s *schedule) close() {
	for _, c := range s.sessions {
		if c.answer == nil {
			c.conn.Close(context.Background())
		}
	}
	for _, c := range s.sessions {
		if c.answer != nil {
			<-c.answer
			c.conn.Close(context.Background())
		}
	}
}

// execute runs a statement and writes its answer in one line.
func execute(c *pgconn.PgConn, sql string) string {
	results, err := c.Exec(context.Background(), sql).ReadAll()
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e):
		return "ERROR " + e.Code
	case err != nil:
		return err.Error()
	}
	last := results[len(results)-1]
	var rows []string
	for _, row := range last.Rows {
		var values []string
		for _, v := range row {
			values = append(values, string(v))
		}
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	return strings.TrimSpace(last.CommandTag.String() + " " + strings.Join(rows, " "))
}
