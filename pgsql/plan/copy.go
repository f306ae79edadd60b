package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// CopyFormat is a format of COPY.
type CopyFormat uint8

// Formats.
const (
	CopyText CopyFormat = iota
	CopyCSV
	CopyBinary
)

// CopyPlan is COPY: for TO, SQL is a query; for FROM, an INSERT whose parameters
// ?1… are the columns in storage form, with their typmods applied on input.
type CopyPlan struct {
	From       bool
	Columns    []Column
	SQL        string
	Relation   *catalog.Relation // nil for COPY (query) TO
	Format     CopyFormat
	Delimiter  byte
	Null       string
	Header     bool
	HeaderOnly bool // HEADER MATCH
	Quote      byte
	Escape     byte
	ForceQuote []bool // per column; nil: none
	ForceNot   []bool // FORCE_NOT_NULL
	ForceNull  []bool
	Freeze     bool
}

// copyStatement plans COPY.
func (a *analyzer) copyStatement(s *ast.CopyStmt) *Statement {
	if s.Filename != "" || s.Program {
		a.fail(-1, pgerr.Unsupported("COPY to or from a file or a program is not supported: use STDIN and STDOUT"))
	}
	p := &CopyPlan{From: s.From}
	st := &Statement{Kind: Copy, Tag: "COPY", TagCount: true, Copy: p}
	switch {
	case s.Rel == nil:
		a.copyQuery(p, s)
	case s.From:
		a.copyFrom(st, p, s)
	default:
		a.copyTo(p, s)
	}
	a.copyOptions(p, s.Options)
	st.Columns = p.Columns
	return st
}

func (a *analyzer) copyQuery(p *CopyPlan, s *ast.CopyStmt) {
	sel, ok := s.Query.(*ast.SelectStmt)
	if !ok {
		a.fail(-1, pgerr.Unsupported("COPY of a statement that changes data is not supported"))
	}
	q := a.query(&scope{}, sel)
	for _, t := range q.visible() {
		p.Columns = append(p.Columns, resultColumn(t))
	}
	a.noCopyParams()
	e := newEmitter(a)
	e.query(q, topLevel)
	p.SQL = e.text()
}

func (a *analyzer) noCopyParams() {
	if len(a.params) > 0 {
		a.failf(-1, pgerr.UndefinedParameter, "there is no parameter $1")
	}
}

// copyColumns resolves the column list; generated columns are not copied.
func (a *analyzer) copyColumns(rel *catalog.Relation, names []string) []*catalog.Column {
	var out []*catalog.Column
	if len(names) == 0 {
		for _, c := range rel.Columns {
			if !c.Dropped && c.Generated == 0 {
				out = append(out, c)
			}
		}
		return out
	}
	for _, n := range names {
		c := rel.Column(n)
		if c == nil {
			a.failf(-1, pgerr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", n, rel.Name)
		}
		if c.Generated != 0 {
			a.fail(-1, pgerr.New(pgerr.InvalidColumnReference, "column \"%s\" is a generated column", n).
				WithDetail("Generated columns cannot be used in COPY."))
		}
		for _, other := range out {
			if other == c {
				a.failf(-1, pgerr.DuplicateColumn, "column \"%s\" specified more than once", n)
			}
		}
		out = append(out, c)
	}
	return out
}

func describeColumn(rel *catalog.Relation, c *catalog.Column) Column {
	return Column{Name: c.Name, Type: c.Type, Typmod: c.Typmod, Relation: rel.OID, Attnum: c.Num}
}

func (a *analyzer) copyTo(p *CopyPlan, s *ast.CopyStmt) {
	rel := a.namedRelation(s.Rel)
	switch rel.Kind {
	case catalog.KindTable, catalog.KindMatview:
	case catalog.KindView:
		a.fail(-1, pgerr.New(pgerr.WrongObjectType, "cannot copy from view \"%s\"", rel.Name).WithHint("Try the COPY (SELECT ...) TO variant."))
	case catalog.KindSequence:
		a.failf(-1, pgerr.WrongObjectType, "cannot copy from sequence \"%s\"", rel.Name)
	default:
		a.failf(-1, pgerr.WrongObjectType, "cannot copy from non-table relation \"%s\"", rel.Name)
	}
	p.Relation = rel
	sc := &scope{}
	r := a.relationRTE(sc, rel)
	e := newEmitter(a)
	e.s("SELECT ")
	for i, c := range a.copyColumns(rel, s.Columns) {
		if i > 0 {
			e.s(", ")
		}
		e.expr(varOf(r, c.Num))
		p.Columns = append(p.Columns, describeColumn(rel, c))
	}
	if len(p.Columns) == 0 {
		e.s("1")
	}
	e.s(" FROM ")
	e.leaf(r)
	p.SQL = e.text()
}

// copyFrom plans the INSERT that stores one row.
func (a *analyzer) copyFrom(st *Statement, p *CopyPlan, s *ast.CopyStmt) {
	if s.Where != nil {
		a.fail(-1, pgerr.Unsupported("COPY FROM with WHERE is not supported"))
	}
	rel := a.targetRelation(s.Rel, "copy to")
	p.Relation = rel
	st.Target, st.target = rel.OID, rel
	sc := &scope{}
	r := a.relationRTE(sc, rel)
	in := &insertPlan{st: st, rel: rel, scope: sc, target: r, outer: &query{scope: sc}}
	in.columns = a.copyColumns(rel, s.Columns)
	var row []expr
	for i, c := range in.columns {
		p.Columns = append(p.Columns, describeColumn(rel, c))
		row = append(row, &paramExpr{base: base{c.Type, c.Typmod, -1}, num: i + 1})
	}
	in.rows = [][]expr{row}
	a.completeColumns(in)
	e := newEmitter(a)
	e.insert(in, nil)
	p.SQL = e.text()
	st.Ops = []Op{{SQL: p.SQL, Counts: true}}
}

// copyOptions reads the options of COPY.
func (a *analyzer) copyOptions(p *CopyPlan, options []ast.DefElem) {
	o := &copyOptions{analyzer: a, plan: p}
	for i := range options {
		o.read(&options[i])
	}
	o.finish()
}

type copyOptions struct {
	*analyzer
	plan                      *CopyPlan
	delimiter, quote, escape  string
	null                      string
	hasNull, hasDelimiter     bool
	forceQuote, forceNot, nul *ast.DefElem
	seen                      map[string]bool
}

func (o *copyOptions) read(d *ast.DefElem) {
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	if o.seen[d.Name] {
		o.failf(d.Pos(), pgerr.SyntaxError, "conflicting or redundant options")
	}
	o.seen[d.Name] = true
	switch d.Name {
	case "format":
		switch text := defText(d); text {
		case "text":
			o.plan.Format = CopyText
		case "csv":
			o.plan.Format = CopyCSV
		case "binary":
			o.plan.Format = CopyBinary
		default:
			o.failf(d.Pos(), pgerr.InvalidParameterValue, "COPY format \"%s\" not recognized", text)
		}
	case "delimiter":
		o.delimiter, o.hasDelimiter = defText(d), true
	case "null":
		o.null, o.hasNull = defText(d), true
	case "header":
		text := defText(d)
		if text == "match" {
			if !o.plan.From {
				o.failf(-1, pgerr.FeatureNotSupported, "cannot use \"match\" with HEADER in COPY TO")
			}
			o.plan.HeaderOnly = true
		}
		o.plan.Header = o.plan.HeaderOnly || defOn(d)
	case "quote":
		o.quote = defText(d)
	case "escape":
		o.escape = defText(d)
	case "force_quote":
		o.forceQuote = d
	case "force_not_null":
		o.forceNot = d
	case "force_null":
		o.nul = d
	case "freeze":
		o.plan.Freeze = defOn(d)
	case "encoding":
		switch defText(d) {
		case "UTF8", "utf8", "UTF-8", "utf-8", "unicode", "UNICODE":
		default:
			o.fail(d.Pos(), pgerr.Unsupported("COPY encodings other than UTF8 are not supported"))
		}
	default:
		o.failf(d.Pos(), pgerr.SyntaxError, "option \"%s\" not recognized", d.Name)
	}
}

// finish fills in the defaults of the format and checks the options together.
func (o *copyOptions) finish() {
	p := o.plan
	csv := p.Format == CopyCSV
	if p.Format == CopyBinary {
		switch {
		case o.hasDelimiter:
			o.failf(-1, pgerr.SyntaxError, "cannot specify DELIMITER in BINARY mode")
		case o.hasNull:
			o.failf(-1, pgerr.SyntaxError, "cannot specify NULL in BINARY mode")
		case p.Header:
			o.failf(-1, pgerr.FeatureNotSupported, "cannot specify HEADER in BINARY mode")
		}
	}
	p.Delimiter, p.Null = '\t', `\N`
	if csv {
		p.Delimiter, p.Null = ',', ""
	}
	if o.hasDelimiter {
		p.Delimiter = o.oneByte(o.delimiter, "COPY delimiter must be a single one-byte character")
	}
	if o.hasNull {
		p.Null = o.null
	}
	p.Quote, p.Escape = '"', '"'
	switch {
	case !csv && o.quote != "":
		o.failf(-1, pgerr.FeatureNotSupported, "COPY quote available only in CSV mode")
	case !csv && o.escape != "":
		o.failf(-1, pgerr.FeatureNotSupported, "COPY escape available only in CSV mode")
	}
	if o.quote != "" {
		p.Quote = o.oneByte(o.quote, "COPY quote must be a single one-byte character")
		p.Escape = p.Quote
	}
	if o.escape != "" {
		p.Escape = o.oneByte(o.escape, "COPY escape must be a single one-byte character")
	}
	if p.Delimiter == '\n' || p.Delimiter == '\r' {
		o.failf(-1, pgerr.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return")
	}
	if csv && p.Delimiter == p.Quote {
		o.failf(-1, pgerr.InvalidParameterValue, "COPY delimiter and quote must be different")
	}
	p.ForceQuote = o.columns(o.forceQuote, "force quote", csv && !p.From, "COPY force quote available only in CSV mode")
	p.ForceNot = o.columns(o.forceNot, "force not null", csv && p.From, "COPY force not null available only in CSV mode")
	p.ForceNull = o.columns(o.nul, "force null", csv && p.From, "COPY force null available only in CSV mode")
}

func (o *copyOptions) oneByte(s, message string) byte {
	if len(s) != 1 {
		o.failf(-1, pgerr.FeatureNotSupported, "%s", message)
	}
	return s[0]
}

// columns resolves the list of a FORCE option.
func (o *copyOptions) columns(d *ast.DefElem, _ string, allowed bool, message string) []bool {
	if d == nil {
		return nil
	}
	if !allowed {
		o.failf(-1, pgerr.FeatureNotSupported, "%s", message)
	}
	out := make([]bool, len(o.plan.Columns))
	list, ok := d.Arg.(ast.DefList)
	if !ok {
		for i := range out {
			out[i] = true
		}
		return out
	}
	for _, item := range list {
		name := ""
		switch v := item.(type) {
		case ast.DefString:
			name = string(v)
		case ast.DefNames:
			name = v[0]
		case ast.DefStar:
			for i := range out {
				out[i] = true
			}
			continue
		}
		found := false
		for i := range o.plan.Columns {
			if o.plan.Columns[i].Name == name {
				out[i], found = true, true
			}
		}
		if !found {
			o.failf(-1, pgerr.UndefinedColumn, "column \"%s\" does not exist", name)
		}
	}
	return out
}

// defText is the text of an option's value.
func defText(d *ast.DefElem) string {
	switch v := d.Arg.(type) {
	case ast.DefString:
		return string(v)
	case ast.DefNames:
		return v[len(v)-1]
	case ast.DefBool:
		if v {
			return "true"
		}
		return "false"
	case ast.DefInt:
		return itoa(int(v))
	}
	return ""
}

// defOn is the truth of a boolean option, on where no value is written.
func defOn(d *ast.DefElem) bool {
	switch defText(d) {
	case "false", "off", "0":
		return false
	}
	return true
}
