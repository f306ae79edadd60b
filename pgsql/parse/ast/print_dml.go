package ast

import "strconv"

// insert prints INSERT.
func (p *printer) insert(s *InsertStmt) {
	p.with(s.With)
	p.text("INSERT INTO ")
	p.relation(s.Rel)
	p.targetColumns(s.Columns)
	p.override(s.Override)
	if s.Query == nil {
		p.text(" DEFAULT VALUES")
	} else {
		p.text(" ")
		p.query(s.Query)
	}
	if s.OnConflict != nil {
		p.onConflict(s.OnConflict)
	}
	p.returning(s.Returning)
}

// targetColumns prints (column, …), nothing for none.
func (p *printer) targetColumns(list []ResTarget) {
	for i, c := range list {
		if i == 0 {
			p.text(" (")
		} else {
			p.text(", ")
		}
		p.ident(c.Name)
		p.steps(c.Indirection)
	}
	p.when(list != nil, ")")
}

func (p *printer) override(o Override) {
	p.text([...]string{OverrideNone: "", OverrideUser: " OVERRIDING USER VALUE", OverrideSystem: " OVERRIDING SYSTEM VALUE"}[o])
}

func (p *printer) returning(list []ResTarget) {
	if list != nil {
		p.text(" RETURNING")
		p.targets(list)
	}
}

// onConflict prints ON CONFLICT.
func (p *printer) onConflict(c *OnConflict) {
	p.text(" ON CONFLICT")
	if f := c.Infer; f != nil {
		if f.Constraint != "" {
			p.text(" ON CONSTRAINT ")
			p.ident(f.Constraint)
		} else {
			p.text(" (")
			for i, e := range f.Elems {
				p.when(i > 0, ", ")
				p.indexElem(e)
			}
			p.text(")")
			p.clause(" WHERE ", f.Where)
		}
	}
	if !c.DoUpdate {
		p.text(" DO NOTHING")
		return
	}
	p.text(" DO UPDATE SET ")
	p.assignments(c.Set)
	p.clause(" WHERE ", c.Where)
}

// indexElem prints a column of an index.
func (p *printer) indexElem(e IndexElem) {
	switch {
	case e.Expr == nil:
		p.ident(e.Name)
	case e.Parenthesise:
		p.keywordCall("", []Expr{e.Expr})
	default:
		p.expr(e.Expr)
	}
	if e.Collation != nil {
		p.text(" COLLATE ")
		p.names(e.Collation)
	}
	if e.OpClass != nil {
		p.text(" ")
		p.names(e.OpClass)
		p.relOptions(e.OpClassOpts)
	}
	p.text([...]string{SortDefault: "", SortAsc: " ASC", SortDesc: " DESC"}[e.Dir])
	p.text([...]string{NullsDefault: "", NullsFirst: " NULLS FIRST", NullsLast: " NULLS LAST"}[e.Nulls])
}

// relOptions prints (name = value, …), nothing for none.
func (p *printer) relOptions(list []DefElem) {
	for i, d := range list {
		if i == 0 {
			p.text(" (")
		} else {
			p.text(", ")
		}
		if d.Namespace != "" {
			p.ident(d.Namespace)
			p.text(".")
		}
		p.ident(d.Name)
		if d.Arg != nil {
			p.text(" = ")
			p.defArg(d.Arg)
		}
	}
	p.when(list != nil, ")")
}

// defArg prints the value of an option.
func (p *printer) defArg(a DefArg) {
	switch a := a.(type) {
	case DefString:
		p.literal(string(a))
	case DefInt:
		p.text(strconv.FormatInt(int64(a), 10))
	case DefFloat:
		p.text(string(a))
	case DefOperator:
		p.operator(Operator(a))
	case *TypeName:
		p.typeName(a)
	}
}

// String returns the canonical text of an index column, as pg_get_indexdef
// writes it.
func (e *IndexElem) String() string {
	var p printer
	p.indexElem(*e)
	return string(p.buf)
}

// assignments prints the targets of SET; those of one MultiAssign together.
func (p *printer) assignments(list []ResTarget) {
	for i := 0; i < len(list); i++ {
		p.when(i > 0, ", ")
		t := list[i]
		m, ok := t.Value.(*MultiAssign)
		if !ok {
			p.ident(t.Name)
			p.steps(t.Indirection)
			p.text(" = ")
			p.expr(t.Value)
			continue
		}
		p.text("(")
		for j := range m.Columns {
			p.when(j > 0, ", ")
			p.ident(list[i+j].Name)
			p.steps(list[i+j].Indirection)
		}
		p.text(") = ")
		p.expr(m.Source)
		i += m.Columns - 1
	}
}

// update prints UPDATE.
func (p *printer) update(s *UpdateStmt) {
	p.with(s.With)
	p.text("UPDATE ")
	p.relation(s.Rel)
	p.text(" SET ")
	p.assignments(s.Set)
	p.from(" FROM ", s.From)
	p.clause(" WHERE ", s.Where)
	p.returning(s.Returning)
}

// delete prints DELETE.
func (p *printer) delete(s *DeleteStmt) {
	p.with(s.With)
	p.text("DELETE FROM ")
	p.relation(s.Rel)
	p.from(" USING ", s.Using)
	p.clause(" WHERE ", s.Where)
	p.returning(s.Returning)
}

// merge prints MERGE.
func (p *printer) merge(s *MergeStmt) {
	p.with(s.With)
	p.text("MERGE INTO ")
	p.relation(s.Rel)
	p.text(" USING ")
	p.table(s.Source)
	p.clause(" ON ", s.On)
	for _, w := range s.Whens {
		p.text(" WHEN ", not(!w.Matched), "MATCHED")
		p.clause(" AND ", w.Cond)
		p.text(" THEN ")
		switch w.Action {
		case MergeDoNothing:
			p.text("DO NOTHING")
		case MergeDelete:
			p.text("DELETE")
		case MergeUpdate:
			p.text("UPDATE SET ")
			p.assignments(w.Set)
		case MergeInsert:
			p.text("INSERT")
			p.targetColumns(w.Columns)
			p.override(w.Override)
			if w.Values == nil {
				p.text(" DEFAULT VALUES")
			} else {
				p.keywordCall(" VALUES ", w.Values)
			}
		}
	}
}
