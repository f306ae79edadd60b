package plan

import (
	"strings"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// ExplainPlan is EXPLAIN of a statement. The session runs SQL, if there is any,
// and gives its rows to Lines.
type ExplainPlan struct {
	Statement *Statement
	SQL       string // EXPLAIN QUERY PLAN of the statement's SQLite SQL
	Analyze   bool   // the statement is run too
	Verbose   bool
	Costs     bool
}

// ExplainRow is a row of EXPLAIN QUERY PLAN.
type ExplainRow struct {
	ID, Parent int64
	Detail     string
}

// explain plans EXPLAIN.
func (a *analyzer) explain(s *ast.ExplainStmt) *Statement {
	p := &ExplainPlan{Costs: true}
	for _, o := range s.Options {
		a.explainOption(p, &o)
	}
	p.Statement = a.statement(s.Query)
	if p.Statement.Kind == Utility {
		a.fail(-1, pgerr.Unsupported("EXPLAIN of this statement is not supported"))
	}
	switch {
	case p.Statement.SQL != "":
		p.SQL = "EXPLAIN QUERY PLAN " + p.Statement.SQL
	case p.Statement.Kind == Write && len(p.Statement.Ops) > 0:
		p.SQL = "EXPLAIN QUERY PLAN " + p.Statement.Ops[0].SQL
	}
	return &Statement{
		Kind: Explain, Tag: "EXPLAIN", Explain: p,
		Columns: []Column{{Name: "QUERY PLAN", Type: types.TextOID, Typmod: -1}},
	}
}

func (a *analyzer) explainOption(p *ExplainPlan, o *ast.DefElem) {
	on := true
	switch v := o.Arg.(type) {
	case ast.DefBool:
		on = bool(v)
	case ast.DefString:
		on = !strings.EqualFold(string(v), "off") && !strings.EqualFold(string(v), "false")
	case ast.DefInt:
		on = v != 0
	}
	switch o.Name {
	case "analyze":
		p.Analyze = on
	case "verbose":
		p.Verbose = on
	case "costs":
		p.Costs = on
	case "buffers", "settings", "summary", "timing", "wal":
	case "format":
		if v, ok := o.Arg.(ast.DefString); !ok || !strings.EqualFold(string(v), "text") {
			a.fail(o.Pos(), pgerr.Unsupported("EXPLAIN formats other than text are not supported"))
		}
	default:
		a.failf(o.Pos(), pgerr.SyntaxError, "unrecognized EXPLAIN option \"%s\"", o.Name)
	}
}

// Lines makes the rows of "QUERY PLAN": the tree of SQLite's plan in PostgreSQL's
// layout, the names of tables put back.
func (p *ExplainPlan) Lines(rows []ExplainRow) []string {
	lines := []string{p.head()}
	children := map[int64][]ExplainRow{}
	for _, r := range rows {
		children[r.Parent] = append(children[r.Parent], r)
	}
	var visit func(parent int64, depth int)
	visit = func(parent int64, depth int) {
		for _, r := range children[parent] {
			lines = append(lines, strings.Repeat("  ", depth)+"->  "+r.Detail)
			visit(r.ID, depth+3)
		}
	}
	visit(0, 1)
	return lines
}

// head names the statement.
func (p *ExplainPlan) head() string {
	st := p.Statement
	if st.target != nil {
		verb := strings.Fields(st.Tag)[0]
		return verb[:1] + strings.ToLower(verb[1:]) + " on " + st.target.Name
	}
	if len(st.ReadsRelations) == 0 && !strings.Contains(st.SQL, " FROM ") {
		return "Result"
	}
	return "Query"
}
