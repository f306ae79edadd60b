package parse

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// missingArgument is the error for an operator with one type.
func (p *parser) missingArgument(at int) *pgerr.Error {
	return pgerr.New(pgerr.SyntaxError, "missing argument").
		WithHint("Use NONE to denote the missing argument of a unary operator.").
		At(ast.Character(p.lex.src, at))
}

// commentStmt parses COMMENT ON.
func (p *parser) commentStmt() ast.Stmt {
	p.advance()
	p.expect(kwOn)
	s := &ast.CommentStmt{}
	if p.commentObject(s) {
		p.commentText(s)
		return s
	}
	return p.unsupported("COMMENT")
}

// commentText parses IS 'text' or IS NULL.
func (p *parser) commentText(s *ast.CommentStmt) {
	p.expect(kwIs)
	if p.accept(kwNull) {
		return
	}
	text := p.stringConst()
	s.Comment = &text
}

// commentObject parses what the comment is about; false where it is of a kind
// that Polyreme does not have.
func (p *parser) commentObject(s *ast.CommentStmt) bool {
	var ok bool
	if s.Object, ok = p.anyNameObject(); ok {
		s.Names = p.anyName()
		return true
	}
	if s.Object, ok = p.ownedObject(); ok {
		name := p.colID()
		p.expect(kwOn)
		s.Names = append(p.anyName(), name)
		return true
	}
	if s.Object, ok = p.functionObject(); ok {
		f := p.functionWithArgs(s.Object)
		s.Function = &f
		return true
	}
	if s.Object, ok = p.nameObject(); ok {
		s.Names = []string{p.colID()}
		return true
	}
	simple := func(o ast.ObjectType) bool {
		p.advance()
		s.Object, s.Names = o, []string{p.colID()}
		return true
	}
	switch p.tok.kind {
	case kwDatabase:
		return simple(ast.ObjectDatabase)
	case kwRole:
		return simple(ast.ObjectRole)
	case kwSubscription:
		return simple(ast.ObjectSubscription)
	case kwTablespace:
		return simple(ast.ObjectTablespace)
	case kwColumn:
		p.advance()
		s.Object, s.Names = ast.ObjectColumn, p.anyName()
	case kwType, kwDomain:
		s.Object = ast.ObjectType_
		if p.at(kwDomain) {
			s.Object = ast.ObjectDomain
		}
		p.advance()
		s.Type = p.typeName()
	case kwConstraint:
		p.advance()
		name := p.colID()
		p.expect(kwOn)
		s.Object = ast.ObjectTableConstraint
		if p.at(kwDomain) && p.peek(1) != kwIs && p.peek(1) != '.' {
			p.advance()
			s.Object = ast.ObjectDomainConstraint
		}
		s.Names = append(p.anyName(), name)
	case kwOperator, kwTransform, kwLarge, kwCast:
		return p.commentUnsupported()
	default:
		p.syntaxError()
	}
	return true
}

// commentUnsupported moves to what a comment is about that is never there.
func (p *parser) commentUnsupported() bool {
	if p.at(kwOperator) && p.peek(1) != kwClass && p.peek(1) != kwFamily {
		p.advance()
		p.operatorWithArgs()
		return false
	}
	p.advance()
	return false
}
