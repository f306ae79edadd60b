package builtin

import (
	"testing"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// TestSubscripts checks the functions that only the planner calls. The expected
// values are those of the PostgreSQL expression in the comment of each case.
func TestSubscripts(t *testing.T) {
	conn, env := openTest(t)
	for _, c := range []struct{ sql, want string }{
		{"array_get(array_make(1,2,3), 2)", "2"},
		{"array_get(array_make(1,2,3), 0)", "NULL"},
		{"array_get(array_make(1,2,3), NULL)", "NULL"},
		{"array_get(array_nest(array_make(1,2),array_make(3,4)), 2, 1)", "3"},
		{"array_get(array_nest(array_make(1,2),array_make(3,4)), 2)", "NULL"},
		{"array_slice(array_make(1,2,3), 0, 2, 3)", "{2,3}"},
		{"array_slice(array_make(1,2,3), 0, 0, 1)", "{1}"},
		{"array_slice(array_make(1,2,3), 0, 3, 2)", "{}"},
		{"array_slice(array_make(1,2,3), 1, 0, 2)", "{1,2}"},
		{"array_slice(array_make(1,2,3), 2, 2, 0)", "{2,3}"},
		{"array_slice(array_nest(array_make(1,2),array_make(3,4)), 0, 1, 2, 2, 2)", "{{2},{4}}"},
		{"array_slice(array_nest(array_make(1,2),array_make(3,4)), 0, 2, 2)", "{{3,4}}"},
		{"array_set(array_make(1,2,3), 9, 2)", "{1,9,3}"},
		{"array_set(array_make(1,2,3), 9, 5)", "{1,2,3,NULL,9}"},
		{"array_set(array_make(1,2,3), 9, 0)", "[0:3]={9,1,2,3}"},
		{"array_set(NULL, 9, 2)", "[2:2]={9}"},
		{"array_set(array_make(1,2,3), 9, NULL)", "22004"},
		{"array_set(array_make(1,2,3), 9, 1, 1)", "2202E"},
		{"array_set_slice(array_make(1,2,3), array_make(8,9), 0, 2, 3)", "{1,8,9}"},
		{"array_set_slice(array_make(1,2,3), array_make(8,9), 0, 4, 5)", "{1,2,3,8,9}"},
		{"array_set_slice(array_make(1,2,3), array_make(8), 0, 2, 3)", "2202E"},
		{"array_set_slice(NULL, array_make(8,9), 0, 1, 2)", "{8,9}"},
		{"array_set_slice(NULL, array_make(8,9), 1, 0, 2)", "2202E"},
		{"array_any_eq(2, array_make(1,2), 23)", "1"},
		{"array_any_eq(3, array_make(1,NULL), 23)", "NULL"},
		{"array_any_eq(1, array_make(1,NULL), 23)", "1"},
		{"array_any_eq(3, array_make(1,2), 23)", "0"},
		{"array_any_eq(NULL, array_make(), 23)", "0"},
		{"array_any_eq(1, NULL, 23)", "NULL"},
		{"array_all_ne(3, array_make(1,2), 23)", "1"},
		{"array_all_gt(3, array_make(1,NULL), 23)", "NULL"},
		{"array_all_gt(1, array_make(2,NULL), 23)", "0"},
		{"array_any_eq('1.0', array_make('1.00'), 1700)", "1"},
		{"array_any_like('abc', array_make('x%','a%'), 25)", "1"},
		{"array_all_nilike('abc', array_make('X%','A%'), 25)", "0"},
		{"array_any_regex('abc', array_make('^b','c$'), 25)", "1"},
		{"array_join(array_make(1),array_make(2,3))", "{1,2,3}"},
	} {
		stmt, err := conn.Prepare("SELECT " + c.sql)
		if err != nil {
			t.Fatalf("%s: %v", c.sql, err)
		}
		got := "NULL"
		if _, err = stmt.Step(); err != nil {
			got = pgerr.Code(err)
		} else if v := stmt.Column(0); v.Kind == types.Blob {
			got = string(types.AppendText(nil, types.Int4ArrayOID, -1, v, &env.Types))
		} else if !v.IsNull() {
			got = string(types.AppendText(nil, types.Int8OID, -1, v, &env.Types))
		}
		stmt.Close()
		if got != c.want {
			t.Errorf("%s = %s, want %s", c.sql, got, c.want)
		}
	}
}
