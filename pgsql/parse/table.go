package parse

import (
	"polyreme/pgsql/parse/ast"
)

// createTable parses CREATE TABLE after its words: a table, or CREATE TABLE AS.
func (p *parser) createTable(persistence ast.Persistence) ast.Stmt {
	ifNotExists := p.ifNotExists()
	at := p.here()
	rel := p.qualifiedName()
	rel.Persistence = persistence
	s := &ast.CreateStmt{Rel: rel, IfNotExists: ifNotExists}
	switch {
	case p.at('(') && !p.columnListAhead():
		p.tableElements(s, p.tableElement)
		if p.accept(kwInherits) {
			p.expect('(')
			s.Inherits = p.qualifiedNameList()
			p.expect(')')
		}
	case p.accept(kwOf):
		nameAt := p.here()
		s.OfType = &ast.TypeName{At: nameAt, Names: p.anyName()}
		p.typedElements(s)
	case p.accept(kwPartition):
		p.expect(kwOf)
		s.PartitionOf = p.qualifiedName()
		p.typedElements(s)
		s.Bound = p.partitionBound()
	default:
		return p.createTableAs(at, rel, ifNotExists)
	}
	p.tableClauses(s)
	return s
}

// columnListAhead tells whether the parenthesis here opens the column list of
// CREATE TABLE AS, and not definitions.
func (p *parser) columnListAhead() bool {
	if !p.peek(1).isColID() {
		return false
	}
	k := p.peek(2)
	return k == ',' || k == ')'
}

// tableElements parses (element, …).
func (p *parser) tableElements(s *ast.CreateStmt, element func(*ast.CreateStmt)) {
	p.expect('(')
	if p.accept(')') {
		return
	}
	for {
		element(s)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
}

// typedElements parses the optional elements of a typed table or a partition.
func (p *parser) typedElements(s *ast.CreateStmt) {
	if !p.at('(') {
		return
	}
	if p.peek(1) == ')' {
		p.advance()
		p.syntaxError()
	}
	p.tableElements(s, p.typedElement)
}

// tableElement parses a column, a constraint or LIKE.
func (p *parser) tableElement(s *ast.CreateStmt) {
	switch {
	case p.atTableConstraint():
		p.addConstraint(s)
	case p.at(kwLike):
		l := p.tableLike()
		s.Likes = append(s.Likes, l)
		s.Order = append(s.Order, l)
	default:
		p.addColumn(s, p.columnDef())
	}
}

// typedElement parses a column's options or a constraint.
func (p *parser) typedElement(s *ast.CreateStmt) {
	if p.atTableConstraint() {
		p.addConstraint(s)
		return
	}
	c := &ast.ColumnDef{At: p.here(), Name: p.colID()}
	if p.accept(kwWith) {
		p.expect(kwOptions)
	}
	p.columnConstraints(c)
	p.addColumn(s, c)
}

func (p *parser) addColumn(s *ast.CreateStmt, c *ast.ColumnDef) {
	s.Columns = append(s.Columns, c)
	s.Order = append(s.Order, c)
}

func (p *parser) addConstraint(s *ast.CreateStmt) {
	c := p.tableConstraint()
	s.Constraints = append(s.Constraints, c)
	s.Order = append(s.Order, c)
}

// columnDef parses a column with its type and constraints.
func (p *parser) columnDef() *ast.ColumnDef {
	c := &ast.ColumnDef{At: p.here(), Name: p.colID()}
	c.Type = p.typeName()
	if p.at(kwCompression) {
		c.Compression = p.compression()
	}
	c.FDWOptions = p.genericOptions()
	p.columnConstraints(c)
	return c
}

// compression parses COMPRESSION name.
func (p *parser) compression() string {
	p.expect(kwCompression)
	if p.accept(kwDefault) {
		return "default"
	}
	return p.colID()
}

// tableLike parses LIKE table INCLUDING ….
func (p *parser) tableLike() *ast.TableLike {
	l := &ast.TableLike{At: p.here()}
	p.advance()
	l.Rel = p.qualifiedName()
	for p.at(kwIncluding) || p.at(kwExcluding) {
		including := p.at(kwIncluding)
		p.advance()
		o := p.likeOption()
		if including {
			l.Options |= o
		} else {
			l.Options &^= o
		}
	}
	return l
}

// likeOption parses what LIKE includes.
func (p *parser) likeOption() ast.LikeOptions {
	var o ast.LikeOptions
	switch p.tok.kind {
	case kwComments:
		o = ast.LikeComments
	case kwCompression:
		o = ast.LikeCompression
	case kwConstraints:
		o = ast.LikeConstraints
	case kwDefaults:
		o = ast.LikeDefaults
	case kwIdentity:
		o = ast.LikeIdentity
	case kwGenerated:
		o = ast.LikeGenerated
	case kwIndexes:
		o = ast.LikeIndexes
	case kwStatistics:
		o = ast.LikeStatistics
	case kwStorage:
		o = ast.LikeStorage
	case kwAll:
		o = ast.LikeAll
	default:
		p.syntaxError()
	}
	p.advance()
	return o
}

// tableClauses parses the clauses after the elements of CREATE TABLE.
func (p *parser) tableClauses(s *ast.CreateStmt) {
	if p.at(kwPartition) {
		s.PartitionBy = p.partitionSpec()
	}
	if p.accept(kwUsing) {
		s.AccessMethod = p.colID()
	}
	switch {
	case p.accept(kwWith):
		s.Options = p.relOptions()
	case p.accept(kwWithout):
		p.expect(kwOids)
		s.WithoutOids = true
	}
	s.OnCommit = p.onCommit()
	if p.accept(kwTablespace) {
		s.Tablespace = p.colID()
	}
}

// onCommit parses an optional ON COMMIT.
func (p *parser) onCommit() ast.OnCommitAction {
	if !p.accept(kwOn) {
		return ast.OnCommitNone
	}
	p.expect(kwCommit)
	switch {
	case p.accept(kwDrop):
		return ast.OnCommitDrop
	case p.accept(kwDelete):
		p.expect(kwRows)
		return ast.OnCommitDeleteRows
	}
	p.expectAll(kwPreserve, kwRows)
	return ast.OnCommitPreserveRows
}

// partitionSpec parses PARTITION BY.
func (p *parser) partitionSpec() *ast.PartitionSpec {
	s := &ast.PartitionSpec{At: p.here()}
	p.advance()
	p.expect(kwBy)
	s.Strategy = p.colID()
	p.expect('(')
	for {
		e := p.indexKey()
		if p.accept(kwCollate) {
			e.Collation = p.anyName()
		}
		if p.tok.kind.isColID() {
			e.OpClass = p.anyName()
		}
		s.Elems = append(s.Elems, e)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return s
}

// partitionBound parses FOR VALUES … or DEFAULT.
func (p *parser) partitionBound() *ast.PartitionBound {
	b := &ast.PartitionBound{At: p.here()}
	if p.accept(kwDefault) {
		b.Default = true
		return b
	}
	p.expectAll(kwFor, kwValues)
	switch {
	case p.accept(kwWith):
		p.hashBound(b)
	case p.accept(kwIn):
		b.In = p.parenExprs()
	default:
		p.expect(kwFrom)
		b.From = p.parenExprs()
		p.expect(kwTo)
		b.To = p.parenExprs()
	}
	return b
}

// hashBound parses (MODULUS n, REMAINDER n).
func (p *parser) hashBound(b *ast.PartitionBound) {
	b.Hash, b.Modulus, b.Remainder = true, -1, -1
	p.expect('(')
	for {
		at := p.tok.pos
		word := p.nonReserved()
		n := p.intConst()
		switch word {
		case "modulus":
			if b.Modulus != -1 {
				p.failPosition(at, "42710", "modulus for hash partition provided more than once")
			}
			b.Modulus = n
		case "remainder":
			if b.Remainder != -1 {
				p.failPosition(at, "42710", "remainder for hash partition provided more than once")
			}
			b.Remainder = n
		default:
			p.fail(at, "unrecognized hash partition bound specification \"%s\"", word)
		}
		if !p.accept(',') {
			break
		}
	}
	at := p.tok.pos
	p.expect(')')
	if b.Modulus == -1 {
		p.fail(at, "modulus for hash partition must be specified")
	}
	if b.Remainder == -1 {
		p.fail(at, "remainder for hash partition must be specified")
	}
}

// createTableAs parses CREATE TABLE AS after the table's name.
func (p *parser) createTableAs(at ast.At, rel *ast.RangeVar, ifNotExists bool) ast.Stmt {
	into := &ast.IntoClause{At: at, Rel: rel, Columns: p.optParenNames()}
	if p.accept(kwUsing) {
		into.AccessMethod = p.colID()
	}
	switch {
	case p.accept(kwWith):
		into.Options = p.relOptions()
	case p.accept(kwWithout):
		p.expect(kwOids)
	}
	into.OnCommit = p.onCommit()
	if p.accept(kwTablespace) {
		into.Tablespace = p.colID()
	}
	p.expect(kwAs)
	s := &ast.CreateTableAsStmt{Into: into, IfNotExists: ifNotExists}
	if p.at(kwExecute) {
		s.Query = p.executeStmt()
	} else {
		s.Query = p.selectStmt()
	}
	into.WithNoData = p.withNoData()
	return s
}

// createForeignTable parses CREATE FOREIGN TABLE after its words.
func (p *parser) createForeignTable() ast.Stmt {
	s := &ast.CreateStmt{IfNotExists: p.ifNotExists()}
	s.Rel = p.qualifiedName()
	if p.accept(kwPartition) {
		p.expect(kwOf)
		s.PartitionOf = p.qualifiedName()
		p.typedElements(s)
		s.Bound = p.partitionBound()
	} else {
		p.tableElements(s, p.tableElement)
		if p.accept(kwInherits) {
			p.expect('(')
			s.Inherits = p.qualifiedNameList()
			p.expect(')')
		}
	}
	p.expect(kwServer)
	s.Server = p.colID()
	s.FDWOptions = p.genericOptions()
	return s
}
