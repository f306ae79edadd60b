package parse

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// windowClause parses the definitions of WINDOW.
func (p *parser) windowClause() []*ast.WindowDef {
	var list []*ast.WindowDef
	for {
		at := p.here()
		name := p.colID()
		p.expect(kwAs)
		w := p.windowSpec()
		w.At, w.Name = at, name
		list = append(list, w)
		if !p.accept(',') {
			return list
		}
	}
}

// windowSpec parses a window specification in parentheses.
func (p *parser) windowSpec() *ast.WindowDef {
	w := &ast.WindowDef{At: p.here()}
	p.expect('(')
	switch p.tok.kind {
	case kwPartition, kwRange, kwRows, kwGroups: // the clauses, not names
	default:
		if p.tok.kind.isColID() {
			w.Ref = p.colID()
		}
	}
	if p.accept(kwPartition) {
		p.expect(kwBy)
		w.PartitionBy = p.exprList()
	}
	if p.at(kwOrder) {
		w.OrderBy = p.sortClause()
	}
	switch p.tok.kind {
	case kwRange:
		w.Frame = p.windowFrame(ast.FrameRange)
	case kwRows:
		w.Frame = p.windowFrame(ast.FrameRows)
	case kwGroups:
		w.Frame = p.windowFrame(ast.FrameGroups)
	}
	p.expect(')')
	return w
}

// windowFrame parses a frame clause and checks its bounds as the grammar does.
func (p *parser) windowFrame(mode ast.FrameMode) *ast.WindowFrame {
	f := &ast.WindowFrame{At: p.here(), Mode: mode}
	p.advance()
	startAt := p.tok.pos
	endAt := startAt
	if p.accept(kwBetween) {
		f.Between = true
		startAt = p.tok.pos
		f.Start = p.frameBound()
		p.expect(kwAnd)
		endAt = p.tok.pos
		f.End = p.frameBound()
	} else {
		f.Start = p.frameBound()
		f.End.Kind = ast.CurrentRow
	}
	p.checkFrame(f, startAt, endAt)
	if p.accept(kwExclude) {
		switch {
		case p.accept(kwCurrent):
			p.expect(kwRow)
			f.Exclude = ast.ExcludeCurrentRow
		case p.accept(kwGroup):
			f.Exclude = ast.ExcludeGroup
		case p.accept(kwTies):
			f.Exclude = ast.ExcludeTies
		default:
			p.expectAll(kwNo, kwOthers)
		}
	}
	return f
}

// frameBound parses one bound of a frame.
func (p *parser) frameBound() ast.FrameBound {
	switch {
	case p.at2(kwUnbounded, kwPreceding):
		p.advance()
		p.advance()
		return ast.FrameBound{Kind: ast.UnboundedPreceding}
	case p.at2(kwUnbounded, kwFollowing):
		p.advance()
		p.advance()
		return ast.FrameBound{Kind: ast.UnboundedFollowing}
	case p.at2(kwCurrent, kwRow):
		p.advance()
		p.advance()
		return ast.FrameBound{Kind: ast.CurrentRow}
	}
	x := p.expr()
	if p.accept(kwPreceding) {
		return ast.FrameBound{Kind: ast.OffsetPreceding, Offset: x}
	}
	p.expect(kwFollowing)
	return ast.FrameBound{Kind: ast.OffsetFollowing, Offset: x}
}

// checkFrame refuses frames that can hold nothing.
func (p *parser) checkFrame(f *ast.WindowFrame, startAt, endAt int) {
	fail := func(pos int, message string) { p.failPosition(pos, pgerr.WindowingError, "%s", message) }
	start, end := f.Start.Kind, f.End.Kind
	if start == ast.UnboundedFollowing {
		fail(startAt, "frame start cannot be UNBOUNDED FOLLOWING")
	}
	if !f.Between {
		if start == ast.OffsetFollowing {
			fail(startAt, "frame starting from following row cannot end with current row")
		}
		return
	}
	switch {
	case end == ast.UnboundedPreceding:
		fail(endAt, "frame end cannot be UNBOUNDED PRECEDING")
	case start == ast.CurrentRow && end == ast.OffsetPreceding:
		fail(endAt, "frame starting from current row cannot have preceding rows")
	case start == ast.OffsetFollowing && (end == ast.OffsetPreceding || end == ast.CurrentRow):
		fail(endAt, "frame starting from following row cannot have preceding rows")
	}
}
