package parse

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// columnConstraints parses a ColQualList: constraints, their attributes and
// COLLATE.
func (p *parser) columnConstraints(c *ast.ColumnDef) {
	var state attrState
	for {
		at := p.here()
		if p.accept(kwCollate) {
			collation := p.anyName()
			if c.Collation != nil {
				p.fail(at.Pos(), "multiple COLLATE clauses not allowed")
			}
			c.Collation = collation
			continue
		}
		if p.columnAttr(c, &state) {
			continue
		}
		name := ""
		named := p.accept(kwConstraint)
		if named {
			name = p.colID()
		}
		con := p.columnConstraint()
		if con == nil {
			if named {
				p.syntaxError()
			}
			return
		}
		con.At, con.Name = at, name
		c.Constraints = append(c.Constraints, con)
		state = attrState{}
	}
}

// attrState is what attributes have been written for the last constraint.
type attrState struct{ deferrable, initially bool }

// columnAttr parses DEFERRABLE and its kin and gives them to the constraint
// before.
func (p *parser) columnAttr(c *ast.ColumnDef, seen *attrState) bool {
	at := p.tok.pos
	clause := ""
	switch {
	case p.at(kwDeferrable):
		clause = "DEFERRABLE"
	case p.at2(kwNot, kwDeferrable):
		p.advance()
		clause = "NOT DEFERRABLE"
	case p.accept(kwInitially):
		clause = "INITIALLY DEFERRED"
		if !p.at(kwDeferred) {
			clause = "INITIALLY IMMEDIATE"
			if !p.at(kwImmediate) {
				p.syntaxError()
			}
		}
	default:
		return false
	}
	p.advance()
	var last *ast.Constraint
	if n := len(c.Constraints); n > 0 {
		last = c.Constraints[n-1]
	}
	if last == nil || last.Kind < ast.ConstraintPrimary {
		p.fail(at, "misplaced %s clause", clause)
	}
	p.setColumnAttr(last, seen, clause, at)
	return true
}

// setColumnAttr applies one attribute, as transformConstraintAttrs does.
func (p *parser) setColumnAttr(c *ast.Constraint, seen *attrState, clause string, at int) {
	switch clause {
	case "DEFERRABLE", "NOT DEFERRABLE":
		if seen.deferrable {
			p.fail(at, "multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed")
		}
		seen.deferrable = true
		c.Deferrable = clause == "DEFERRABLE"
		c.NotDeferrable = !c.Deferrable
	default:
		if seen.initially {
			p.fail(at, "multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed")
		}
		seen.initially = true
		c.InitiallyDeferred = clause == "INITIALLY DEFERRED"
		if c.InitiallyDeferred && !seen.deferrable {
			c.Deferrable = true
		}
	}
	if c.InitiallyDeferred && !c.Deferrable {
		p.fail(at, "constraint declared INITIALLY DEFERRED must be DEFERRABLE")
	}
}

// columnConstraint parses a ColConstraintElem; nil where none begins.
func (p *parser) columnConstraint() *ast.Constraint {
	c := &ast.Constraint{}
	switch p.tok.kind {
	case kwNot:
		p.advance()
		p.expect(kwNull)
		c.Kind = ast.ConstraintNotNull
	case kwNull:
		p.advance()
		c.Kind = ast.ConstraintNull
	case kwUnique:
		p.advance()
		c.Kind = ast.ConstraintUnique
		c.NullsNotDistinct = p.nullsNotDistinct()
		p.indexParameters(c)
	case kwPrimary:
		p.advance()
		p.expect(kwKey)
		c.Kind = ast.ConstraintPrimary
		p.indexParameters(c)
	case kwCheck:
		p.advance()
		c.Kind, c.Expr = ast.ConstraintCheck, p.parenExpr()
		c.NoInherit = p.accept2(kwNo, kwInherit)
	case kwDefault:
		p.advance()
		c.Kind, c.Expr = ast.ConstraintDefault, p.bExpr()
	case kwGenerated:
		p.generated(c)
	case kwReferences:
		p.references(c)
	default:
		return nil
	}
	return c
}

// nullsNotDistinct parses an optional NULLS [NOT] DISTINCT.
func (p *parser) nullsNotDistinct() bool {
	if !p.accept(kwNulls) {
		return false
	}
	not := p.accept(kwNot)
	p.expect(kwDistinct)
	return not
}

// indexParameters parses WITH (…) and USING INDEX TABLESPACE of a constraint.
func (p *parser) indexParameters(c *ast.Constraint) {
	if p.at2(kwWith, '(') {
		p.advance()
		c.Options = p.relOptions()
	}
	if p.at2(kwUsing, kwIndex) {
		p.advance()
		p.advance()
		p.expect(kwTablespace)
		c.Tablespace = p.colID()
	}
}

// generatedWhen parses ALWAYS or BY DEFAULT and tells which.
func (p *parser) generatedWhen() bool {
	if p.accept(kwAlways) {
		return true
	}
	p.expectAll(kwBy, kwDefault)
	return false
}

// generated parses GENERATED … AS IDENTITY or AS (…) STORED.
func (p *parser) generated(c *ast.Constraint) {
	p.advance()
	at := p.tok.pos
	c.Always = p.generatedWhen()
	p.expect(kwAs)
	if p.accept(kwIdentity) {
		c.Kind, c.Options = ast.ConstraintIdentity, p.parenSeqOptions()
		return
	}
	c.Kind, c.Expr = ast.ConstraintGenerated, p.parenExpr()
	p.expect(kwStored)
	if !c.Always {
		p.fail(at, "for a generated column, GENERATED ALWAYS must be specified")
	}
}

// references parses REFERENCES table (columns) MATCH … ON ….
func (p *parser) references(c *ast.Constraint) {
	p.expect(kwReferences)
	c.Kind = ast.ConstraintForeign
	c.RefTable = p.qualifiedName()
	c.RefColumns = p.optParenNames()
	if at := p.tok.pos; p.accept(kwMatch) {
		switch {
		case p.accept(kwFull):
			c.Match = ast.MatchFull
		case p.accept(kwPartial):
			p.failPosition(at, pgerr.FeatureNotSupported, "MATCH PARTIAL not yet implemented")
		default:
			p.expect(kwSimple)
		}
	}
	update, del := false, false
	for p.at(kwOn) {
		switch k := p.peek(1); {
		case k == kwUpdate && !update:
			update = true
			at := p.tok.pos
			p.advance()
			p.advance()
			var columns []string
			c.OnUpdate, columns = p.keyAction()
			if columns != nil {
				p.failPosition(at, pgerr.FeatureNotSupported, "a column list with %s is only supported for ON DELETE actions",
					[...]string{ast.FKSetNull: "SET NULL", ast.FKSetDefault: "SET DEFAULT"}[c.OnUpdate])
			}
		case k == kwDelete && !del:
			del = true
			p.advance()
			p.advance()
			c.OnDelete, c.OnDeleteColumns = p.keyAction()
		default:
			p.advance()
			p.syntaxError()
		}
	}
}

// keyAction parses the action of a foreign key.
func (p *parser) keyAction() (ast.FKAction, []string) {
	switch {
	case p.accept(kwNo):
		p.expect(kwAction)
		return ast.FKNoAction, nil
	case p.accept(kwRestrict):
		return ast.FKRestrict, nil
	case p.accept(kwCascade):
		return ast.FKCascade, nil
	}
	p.expect(kwSet)
	action := ast.FKSetNull
	if p.accept(kwDefault) {
		action = ast.FKSetDefault
	} else {
		p.expect(kwNull)
	}
	return action, p.optParenNames()
}

// atTableConstraint tells whether a table constraint begins here.
func (p *parser) atTableConstraint() bool {
	switch p.tok.kind {
	case kwConstraint, kwCheck, kwUnique, kwPrimary, kwForeign:
		return true
	case kwExclude:
		return p.peek(1) == kwUsing || p.peek(1) == '('
	}
	return false
}

// tableConstraint parses a TableConstraint.
func (p *parser) tableConstraint() *ast.Constraint {
	c := &ast.Constraint{At: p.here()}
	if p.accept(kwConstraint) {
		c.Name = p.colID()
	}
	what := ""
	switch p.tok.kind {
	case kwCheck:
		p.advance()
		c.Kind, c.Expr, what = ast.ConstraintCheck, p.parenExpr(), "CHECK"
	case kwUnique, kwPrimary:
		c.Kind, what = ast.ConstraintUnique, "UNIQUE"
		if p.at(kwPrimary) {
			c.Kind, what = ast.ConstraintPrimary, "PRIMARY KEY"
		}
		p.keyConstraint(c)
	case kwExclude:
		p.advance()
		c.Kind, what = ast.ConstraintExclusion, "EXCLUDE"
		p.exclusion(c)
	case kwForeign:
		p.advance()
		p.expect(kwKey)
		c.Columns, what = p.parenNames(), "FOREIGN KEY"
		p.references(c)
	default:
		p.syntaxError()
	}
	p.constraintAttrs(c, what, false)
	return c
}

// keyConstraint parses UNIQUE and PRIMARY KEY of a table.
func (p *parser) keyConstraint(c *ast.Constraint) {
	p.advance()
	if c.Kind == ast.ConstraintPrimary {
		p.expect(kwKey)
	}
	if p.accept2(kwUsing, kwIndex) {
		c.IndexName = p.colID()
		return
	}
	if c.Kind == ast.ConstraintUnique {
		c.NullsNotDistinct = p.nullsNotDistinct()
	}
	c.Columns = p.parenNames()
	if p.accept(kwInclude) {
		c.Including = p.parenNames()
	}
	p.indexParameters(c)
}

// exclusion parses EXCLUDE.
func (p *parser) exclusion(c *ast.Constraint) {
	if p.accept(kwUsing) {
		c.AccessMethod = p.colID()
	}
	p.expect('(')
	for {
		e := ast.Exclusion{Elem: p.indexElem()}
		p.expect(kwWith)
		if p.at(kwOperator) {
			e.Op = p.qualOp()
		} else {
			e.Op = p.anyOperator()
		}
		c.Exclusions = append(c.Exclusions, e)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	if p.accept(kwInclude) {
		c.Including = p.parenNames()
	}
	p.indexParameters(c)
	if p.accept(kwWhere) {
		c.Where = p.parenExpr()
	}
}

// casBits are the attributes of a table constraint as they are written.
type casBits struct{ deferrable, notDeferrable, immediate, deferred, notValid, noInherit bool }

// constraintAttrs parses a ConstraintAttributeSpec and checks it as the grammar
// does; what names the kind of constraint, alter tells of ALTER CONSTRAINT.
func (p *parser) constraintAttrs(c *ast.Constraint, what string, alter bool) {
	var b casBits
	for {
		at := p.tok.pos
		if !p.constraintAttr(&b) {
			break
		}
		if b.deferrable && b.notDeferrable || b.immediate && b.deferred {
			p.fail(at, "conflicting constraint properties")
		}
		if b.notDeferrable && b.deferred {
			p.fail(at, "constraint declared INITIALLY DEFERRED must be DEFERRABLE")
		}
	}
	unsupported := func(bad bool, attr string) {
		if bad {
			panic(bailout{pgerr.New(pgerr.FeatureNotSupported, "%s constraints cannot be marked %s", what, attr)})
		}
	}
	unsupported((b.deferrable || b.deferred) && (c.Kind == ast.ConstraintCheck), "DEFERRABLE")
	unsupported(b.notValid && (alter || c.Kind != ast.ConstraintCheck && c.Kind != ast.ConstraintForeign), "NOT VALID")
	unsupported(b.noInherit && c.Kind != ast.ConstraintCheck, "NO INHERIT")
	c.Deferrable = b.deferrable || b.deferred
	c.NotDeferrable = b.notDeferrable
	c.InitiallyDeferred = b.deferred
	c.NotValid = b.notValid
	c.NoInherit = b.noInherit
}

// constraintAttr parses one attribute.
func (p *parser) constraintAttr(b *casBits) bool {
	switch {
	case p.accept(kwDeferrable):
		b.deferrable = true
	case p.accept(kwNot):
		if p.accept(kwValid) {
			b.notValid = true
			return true
		}
		p.expect(kwDeferrable)
		b.notDeferrable = true
	case p.accept(kwInitially):
		if p.accept(kwDeferred) {
			b.deferred = true
			return true
		}
		p.expect(kwImmediate)
		b.immediate = true
	case p.accept(kwNo):
		p.expect(kwInherit)
		b.noInherit = true
	default:
		return false
	}
	return true
}
