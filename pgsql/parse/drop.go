package parse

import (
	"strings"

	"polyreme/pgsql/parse/ast"
)

// objectWords returns the words of an object type in a command.
func objectWords(o ast.ObjectType) string {
	switch o {
	case ast.ObjectTable:
		return "TABLE"
	case ast.ObjectIndex:
		return "INDEX"
	case ast.ObjectMatView:
		return "MATERIALIZED VIEW"
	case ast.ObjectFunction:
		return "FUNCTION"
	case ast.ObjectProcedure:
		return "PROCEDURE"
	}
	return "ROUTINE"
}

// anyNameObject parses the words of an object that has a dotted name:
// object_type_any_name of the grammar.
func (p *parser) anyNameObject() (ast.ObjectType, bool) {
	o := ast.ObjectNone
	switch p.tok.kind {
	case kwTable:
		o = ast.ObjectTable
	case kwSequence:
		o = ast.ObjectSequence
	case kwView:
		o = ast.ObjectView
	case kwIndex:
		o = ast.ObjectIndex
	case kwCollation:
		o = ast.ObjectCollation
	case kwConversion:
		o = ast.ObjectConversion
	case kwStatistics:
		o = ast.ObjectStatistics
	case kwMaterialized:
		p.advance()
		p.expect(kwView)
		return ast.ObjectMatView, true
	case kwForeign:
		if p.peek(1) != kwTable {
			return o, false
		}
		p.advance()
		o = ast.ObjectForeignTable
	case kwText:
		p.advance()
		p.expect(kwSearch)
		switch p.textSearchObject() {
		case "PARSER":
			return ast.ObjectTSParser, true
		case "DICTIONARY":
			return ast.ObjectTSDictionary, true
		case "TEMPLATE":
			return ast.ObjectTSTemplate, true
		}
		return ast.ObjectTSConfiguration, true
	default:
		return o, false
	}
	p.advance()
	return o, true
}

// nameObject parses the words of an object that has a simple name:
// drop_type_name of the grammar.
func (p *parser) nameObject() (ast.ObjectType, bool) {
	o := ast.ObjectNone
	switch p.tok.kind {
	case kwAccess:
		p.advance()
		p.expect(kwMethod)
		return ast.ObjectAccessMethod, true
	case kwEvent:
		p.advance()
		p.expect(kwTrigger)
		return ast.ObjectEventTrigger, true
	case kwForeign:
		p.expectAll(kwForeign, kwData, kwWrapper)
		return ast.ObjectForeignDataWrapper, true
	case kwProcedural:
		p.advance()
		p.expect(kwLanguage)
		return ast.ObjectLanguage, true
	case kwExtension:
		o = ast.ObjectExtension
	case kwLanguage:
		o = ast.ObjectLanguage
	case kwPublication:
		o = ast.ObjectPublication
	case kwSchema:
		o = ast.ObjectSchema
	case kwServer:
		o = ast.ObjectForeignServer
	default:
		return o, false
	}
	p.advance()
	return o, true
}

// ownedObject parses the words of an object that belongs to a relation.
func (p *parser) ownedObject() (ast.ObjectType, bool) {
	switch {
	case p.accept(kwPolicy):
		return ast.ObjectPolicy, true
	case p.accept(kwRule):
		return ast.ObjectRule, true
	case p.accept(kwTrigger):
		return ast.ObjectTrigger, true
	}
	return ast.ObjectNone, false
}

// functionObject parses the words of a function or its like.
func (p *parser) functionObject() (ast.ObjectType, bool) {
	switch {
	case p.accept(kwFunction):
		return ast.ObjectFunction, true
	case p.accept(kwProcedure):
		return ast.ObjectProcedure, true
	case p.accept(kwRoutine):
		return ast.ObjectRoutine, true
	case p.accept(kwAggregate):
		return ast.ObjectAggregate, true
	}
	return ast.ObjectNone, false
}

// dropStmt parses DROP.
func (p *parser) dropStmt() ast.Stmt {
	p.advance()
	s := &ast.DropStmt{}
	var ok bool
	if s.Object, ok = p.anyNameObject(); ok {
		s.Concurrently = s.Object == ast.ObjectIndex && p.accept(kwConcurrently)
		s.MissingOk = p.ifExists()
		s.Names = p.anyNameList()
		s.Behavior = p.dropBehavior()
		return s
	}
	if s.Object, ok = p.ownedObject(); ok {
		s.MissingOk = p.ifExists()
		s.Names = [][]string{{p.colID()}}
		p.expect(kwOn)
		s.Owner = p.anyName()
		s.Behavior = p.dropBehavior()
		return s
	}
	if s.Object, ok = p.functionObject(); ok {
		s.MissingOk = p.ifExists()
		s.Functions = p.functionsWithArgs(s.Object)
		s.Behavior = p.dropBehavior()
		return s
	}
	if s.Object, ok = p.nameObject(); ok {
		s.MissingOk = p.ifExists()
		s.Names = singleNames(p.nameList())
		s.Behavior = p.dropBehavior()
		return s
	}
	return p.dropOther(s)
}

// dropOther parses DROP of what has a form of its own.
func (p *parser) dropOther(s *ast.DropStmt) ast.Stmt {
	first := p.tok
	k := first.kind
	word := strings.ToUpper(first.str)
	p.advance()
	switch k {
	case kwType, kwDomain:
		s.Object = ast.ObjectType_
		if k == kwDomain {
			s.Object = ast.ObjectDomain
		}
		s.MissingOk = p.ifExists()
		s.Types = p.typeList()
		s.Behavior = p.dropBehavior()
		return s
	case kwUser:
		if p.accept(kwMapping) {
			return p.unsupported("DROP USER MAPPING")
		}
		return p.dropRole()
	case kwRole, kwGroup:
		return p.dropRole()
	case kwDatabase:
		return p.dropDatabase()
	case kwOwned:
		p.expect(kwBy)
		return &ast.DropOwnedStmt{Roles: p.roleList(), Behavior: p.dropBehavior()}
	case kwOperator:
		return p.dropOperator()
	case kwCast, kwTransform, kwSubscription, kwTablespace:
		return p.unsupported("DROP " + word)
	}
	p.failToken(&first)
	return nil
}

// dropOperator checks DROP OPERATOR, [CLASS|FAMILY] after its word.
func (p *parser) dropOperator() ast.Stmt {
	if p.at(kwClass) || p.at(kwFamily) {
		p.advance()
		p.ifExists()
		p.anyName()
		p.expect(kwUsing)
		p.colID()
		p.dropBehavior()
		return &ast.Unsupported{Kind: "DROP OPERATOR"}
	}
	p.ifExists()
	for {
		p.operatorWithArgs()
		if !p.accept(',') {
			break
		}
	}
	p.dropBehavior()
	return &ast.Unsupported{Kind: "DROP OPERATOR"}
}

// operatorWithArgs parses an operator's name and the types of its operands.
func (p *parser) operatorWithArgs() {
	p.anyOperator()
	p.expect('(')
	n := 0
	for {
		n++
		if !p.accept(kwNone) {
			p.typeName()
		}
		if !p.accept(',') {
			break
		}
	}
	if n == 1 && p.at(')') {
		panic(bailout{p.missingArgument(p.tok.pos)})
	}
	if n != 2 {
		p.syntaxError()
	}
	p.expect(')')
}

// dropDatabase parses DROP DATABASE after its word.
func (p *parser) dropDatabase() ast.Stmt {
	s := &ast.DropdbStmt{MissingOk: p.ifExists()}
	s.Name = p.colID()
	p.acceptWith()
	if !p.accept('(') {
		return s
	}
	for {
		s.Options = append(s.Options, ast.DefElem{At: p.here(), Name: "force"})
		p.expect(kwForce)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return s
}
