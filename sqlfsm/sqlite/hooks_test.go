package sqlite

import (
	"fmt"
	"strings"
	"testing"

	"polyreme/pgwire/pgerr"
)

func TestAuthorizer(t *testing.T) {
	c := openTemp(t)
	mustExec(t, c, "CREATE TABLE t(a, b)")
	var seen []string
	c.SetAuthorizer(func(action Action, arg1, arg2, _, _ string) bool {
		seen = append(seen, fmt.Sprintf("%d:%s:%s", action, arg1, arg2))
		return action != ActionFunction || arg2 == "abs"
	})
	wantRows(t, c, "", "SELECT abs(a) FROM t")
	if got := strings.Join(seen, " "); !strings.Contains(got, "20:t:a") || !strings.Contains(got, "31::abs") {
		t.Errorf("seen %s", got)
	}
	_, err := rows(c, "SELECT upper(a) FROM t")
	if Classify(err) != Deterministic || !strings.Contains(err.Error(), "not authorized") {
		t.Error(err)
	}
	c.SetAuthorizer(nil)
	wantRows(t, c, "A", "SELECT upper('a')")
}

func TestChangeHook(t *testing.T) {
	c := openTemp(t)
	mustExec(t, c, `CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, f REAL) STRICT;
		CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
		CREATE TABLE child(id INTEGER PRIMARY KEY, t INTEGER REFERENCES t(id) ON DELETE CASCADE)`)
	var seen []string
	c.SetChangeHook(func(h *Change) {
		var old, next []string
		for i := range h.Columns() {
			old = append(old, render(h.Old(i)))
			next = append(next, render(h.New(i)))
		}
		seen = append(seen, fmt.Sprintf("%d %s d%d %s>%s", h.Op, h.Table, h.Depth(), strings.Join(old, ","), strings.Join(next, ",")))
	})
	mustExec(t, c, `INSERT INTO t VALUES(1,'x',1.5);
		INSERT INTO child VALUES(9,1);
		UPDATE t SET a='y';
		INSERT INTO w VALUES('k',1);
		UPDATE w SET v=2;
		DELETE FROM t;
		DELETE FROM w`)
	want := []string{
		"18 t d0 NULL,NULL,NULL>1,x,1.5f",
		"18 child d0 NULL,NULL>9,1",
		"23 t d0 1,x,1.5f>1,y,1.5f",
		"18 w d0 NULL,NULL>k,1",
		"23 w d0 k,1>k,2",
		"9 t d0 1,y,1.5f>NULL,NULL,NULL",
		"9 child d1 9,1>NULL,NULL",
		"9 w d0 k,2>NULL,NULL",
	}
	if got := strings.Join(seen, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	c.SetChangeHook(func(*Change) { panic(pgerr.New(pgerr.InternalError, "in hook")) })
	if err := c.Exec("INSERT INTO t SELECT NULL, 'q', 1.0 FROM (VALUES(1),(2),(3))"); pgerr.Code(err) != pgerr.InternalError {
		t.Errorf("panic in the hook: %v", err)
	}
	c.SetChangeHook(nil)
	mustExec(t, c, "INSERT INTO t VALUES(5,'x',1.5)")
}
