package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"polyreme/pgsql/types"
)

// openFile opens a connection to path for the length of the test.
func openFile(t testing.TB, path string) *Conn {
	t.Helper()
	return openConfig(t, Config{Path: path})
}

func openConfig(t testing.TB, cfg Config) *Conn {
	t.Helper()
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func tempPath(t testing.TB) string { return filepath.Join(t.TempDir(), "test.db") }

func openTemp(t testing.TB) *Conn { return openFile(t, tempPath(t)) }

func mustExec(t testing.TB, c *Conn, sql string) {
	t.Helper()
	if err := c.Exec(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// must fails the test at once on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rows runs sql and returns its rows as text: columns by "|", rows by " ".
func rows(c *Conn, sql string, args ...types.Value) (string, error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return "", err
	}
	defer s.Release()
	for i, a := range args {
		if err := s.Bind(i+1, a); err != nil {
			return "", err
		}
	}
	var out []string
	for {
		row, err := s.Step()
		if err != nil {
			return strings.Join(out, " "), err
		}
		if !row {
			return strings.Join(out, " "), nil
		}
		cols := make([]string, s.ColumnCount())
		for i := range cols {
			cols[i] = render(s.Column(i))
		}
		out = append(out, strings.Join(cols, "|"))
	}
}

func wantRows(t testing.TB, c *Conn, want, sql string, args ...types.Value) {
	t.Helper()
	got, err := rows(c, sql, args...)
	if err != nil {
		t.Errorf("%s: %v", sql, err)
		return
	}
	if got != want {
		t.Errorf("%s: got %q, want %q", sql, got, want)
	}
}
