// Package parse is the one door to PostgreSQL's grammar: a lexer and a
// recursive-descent parser for the SQL of PostgreSQL 15, written by hand, that
// give the tree of package ast.
//
// Guarantees:
//
//  1. What PostgreSQL's grammar accepts is accepted and what it rejects is
//     rejected, with its SQLSTATE, message and position. Statements of kinds that
//     Polyreme does not have give *ast.Unsupported, and only their outline is
//     checked. The test over PostgreSQL's regression files measures this.
//  2. Any input ends in a tree or a *pgerr.Error: no panic, no endless loop,
//     memory in proportion to the input. Nesting deeper than depthMax answers
//     54001.
//  3. The package has no state; all functions may be called by any number of
//     goroutines.
//
// How it is built: the lexer (lexer.go) gives one token at a time, the parser
// (parser.go) looks at most four ahead and never goes back. Binary operators are
// parsed by precedence climbing (expr.go), with PostgreSQL's table. The one place
// where SQL needs more than that, a parenthesis that may open a sub-query or an
// expression, is parsed once and named afterwards (paren.go). Inside the package
// an error leaves by panic(bailout) and is caught at the door.
package parse

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// Options are the settings that change how a text is read.
type Options struct {
	// BackslashEscapes is standard_conforming_strings = off.
	BackslashEscapes bool
}

// Parse reads a source text of any number of statements, with PostgreSQL's
// default settings. Errors are *pgerr.Error.
func Parse(sql string) ([]ast.RawStmt, error) { return Options{}.Parse(sql) }

// ParseExpr reads one expression, such as a stored default.
func ParseExpr(sql string) (ast.Expr, error) {
	var e ast.Expr
	err := Options{}.run(sql, func(p *parser) {
		e = p.expr()
		p.expect(tEOF)
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// ParseTypeName reads one type name, as the input of regtype does.
func ParseTypeName(sql string) (*ast.TypeName, error) {
	var t *ast.TypeName
	err := Options{}.run(sql, func(p *parser) {
		t = p.typeName()
		p.expect(tEOF)
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Parse reads a source text of any number of statements. Errors are
// *pgerr.Error.
func (o Options) Parse(sql string) ([]ast.RawStmt, error) {
	var list []ast.RawStmt
	if err := o.run(sql, func(p *parser) { list = p.statements() }); err != nil {
		return nil, err
	}
	return list, nil
}

// run sets a parser up over sql and catches the error that f leaves by.
func (o Options) run(sql string, f func(*parser)) (err error) {
	if e := checkUTF8(sql); e != nil {
		return e
	}
	p := parser{lex: lexer{src: sql, escapes: o.BackslashEscapes}}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case bailout:
			err = r.err
		default:
			panic(r)
		}
	}()
	p.fill()
	f(&p)
	return nil
}

// statements parses statements up to the end of the text.
func (p *parser) statements() []ast.RawStmt {
	var list []ast.RawStmt
	for {
		for p.accept(';') {
		}
		if p.at(tEOF) {
			return list
		}
		start := p.tok.pos
		p.height = 0
		stmt := p.statement()
		list = append(list, ast.RawStmt{Stmt: stmt, Start: start, End: p.end})
		if !p.at(tEOF) {
			p.expect(';')
		}
	}
}

// failPosition ends the parse with an error of the given code at a byte offset.
func (p *parser) failPosition(pos int, code, format string, args ...any) {
	p.lex.fail(pos, code, format, args...)
}

// fail ends the parse with 42601 and a message of its own at a byte offset.
func (p *parser) fail(pos int, format string, args ...any) {
	p.lex.fail(pos, pgerr.SyntaxError, format, args...)
}
