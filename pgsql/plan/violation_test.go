package plan

import (
	"strings"
	"testing"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// TestFailingRow checks the DETAIL of a refused row against PostgreSQL's.
func TestFailingRow(t *testing.T) {
	s := newSession(t)
	for _, sql := range []string{
		"CREATE TABLE f(x text NOT NULL, gone int, id int PRIMARY KEY, n numeric(5,2) NOT NULL CHECK (n > 0))",
		"ALTER TABLE f DROP COLUMN gone",
	} {
		if got := s.exec(sql); strings.Contains(got, "ERROR") {
			t.Fatal(got)
		}
	}
	rel := s.cat.Resolve([]string{"public"}, "f")
	var columns []string
	for _, c := range rel.Columns {
		if !c.Dropped {
			columns = append(columns, c.Physical)
		}
	}
	check := rel.Constraints[0]
	for _, k := range rel.Constraints {
		if k.Kind == 'c' {
			check = k
		}
	}
	null, text, one := types.Value{}, types.TextValue, types.IntValue(1)
	for _, c := range []struct {
		name, code, column string
		row                []types.Value
		want               string
	}{
		{
			"null", pgerr.NotNullViolation, columns[2],
			[]types.Value{text("a"), one, null},
			`null value in column "n" of relation "f" violates not-null constraint; Failing row contains (a, 1, null).`,
		},
		{
			"first of two", pgerr.NotNullViolation, columns[2],
			[]types.Value{null, one, null},
			`null value in column "x" of relation "f" violates not-null constraint; Failing row contains (null, 1, null).`,
		},
		{
			"key", pgerr.DatatypeMismatch, "",
			[]types.Value{text("a"), null, text("1.50")},
			`null value in column "id" of relation "f" violates not-null constraint; Failing row contains (a, null, 1.50).`,
		},
		{
			"long", pgerr.NotNullViolation, columns[2],
			[]types.Value{text("a" + strings.Repeat("ä", 40)), one, null},
			`null value in column "n" of relation "f" violates not-null constraint; Failing row contains (a` + strings.Repeat("ä", 31) + `..., 1, null).`,
		},
		{
			"unknown row", pgerr.NotNullViolation, columns[2], nil,
			`null value in column "n" of relation "f" violates not-null constraint; `,
		},
		{
			"check", pgerr.CheckViolation, strings.Join(columns, ","),
			[]types.Value{text("a"), one, text("-1.50")},
			`new row for relation "f" violates check constraint "f_n_check"; Failing row contains (a, 1, -1.50).`,
		},
	} {
		raw := &pgerr.Error{Code: c.code, Schema: rawSchema, Table: rel.Physical, Column: c.column}
		if c.code == pgerr.CheckViolation {
			raw.Constraint = check.Physical()
		} else if c.row != nil {
			raw.Where = strings.Join(columns, ",")
		}
		if c.row != nil {
			raw.Detail = "values"
		}
		e := TranslateError(s.cat, nil, raw, func(string) ([]types.Value, error) { return c.row, nil }, &s.env.Types)
		if got := e.Message + "; " + e.Detail; got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if e.Where != "" || e.Table != "f" {
			t.Errorf("%s: where %q, table %q", c.name, e.Where, e.Table)
		}
	}
}
