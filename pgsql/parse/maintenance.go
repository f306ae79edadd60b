package parse

import (
	"strings"

	"polyreme/pgsql/parse/ast"
)

// explainStmt parses EXPLAIN.
func (p *parser) explainStmt() ast.Stmt {
	p.advance()
	s := &ast.ExplainStmt{}
	switch {
	case p.at('(') && p.peek(1) != '(' && !p.queryAfterParen():
		s.Options = p.utilityOptions()
	case p.at(kwAnalyze) || p.at(kwAnalyse):
		s.Options = append(s.Options, ast.DefElem{At: p.here(), Name: "analyze"})
		p.advance()
		if p.at(kwVerbose) {
			s.Options = append(s.Options, ast.DefElem{At: p.here(), Name: "verbose"})
			p.advance()
		}
	case p.at(kwVerbose):
		s.Options = append(s.Options, ast.DefElem{At: p.here(), Name: "verbose"})
		p.advance()
	}
	switch p.tok.kind {
	case kwDeclare:
		s.Query = p.declareStmt()
	case kwExecute:
		s.Query = p.executeStmt()
	case kwRefresh:
		s.Query = p.refreshStmt()
	case kwCreate:
		create := p.tok
		s.Query = p.createStmt()
		if _, ok := s.Query.(*ast.CreateTableAsStmt); !ok {
			p.failToken(&create)
		}
	default:
		s.Query = p.preparable()
	}
	return s
}

// utilityOptions parses (option [value], …).
func (p *parser) utilityOptions() []ast.DefElem {
	p.expect('(')
	var list []ast.DefElem
	for {
		d := ast.DefElem{At: p.here()}
		switch {
		case p.accept(kwAnalyze), p.accept(kwAnalyse):
			d.Name = "analyze"
		default:
			d.Name = p.nonReserved()
		}
		switch p.tok.kind {
		case ',', ')':
		case '+', '-', tInteger, tNumber:
			d.Arg = p.defNumber()
		default:
			d.Arg = p.booleanOrString()
		}
		list = append(list, d)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

// option adds an option without a value to list if the current token is k.
func (p *parser) option(list []ast.DefElem, k kind) []ast.DefElem {
	if !p.at(k) {
		return list
	}
	list = append(list, ast.DefElem{At: p.here(), Name: p.tok.str})
	p.advance()
	return list
}

// maintenanceStmt parses VACUUM, ANALYZE, REINDEX and CLUSTER.
func (p *parser) maintenanceStmt() ast.Stmt {
	switch p.tok.kind {
	case kwReindex:
		return p.reindexStmt()
	case kwCluster:
		return p.clusterStmt()
	}
	s := &ast.VacuumStmt{Vacuum: p.at(kwVacuum)}
	p.advance()
	switch {
	case p.at('('):
		s.Options = p.utilityOptions()
	case s.Vacuum:
		s.Options = p.option(s.Options, kwFull)
		s.Options = p.option(s.Options, kwFreeze)
		s.Options = p.option(s.Options, kwVerbose)
		if p.at(kwAnalyze) || p.at(kwAnalyse) {
			s.Options = append(s.Options, ast.DefElem{At: p.here(), Name: "analyze"})
			p.advance()
		}
	default:
		s.Options = p.option(s.Options, kwVerbose)
	}
	if !p.tok.kind.isColID() {
		return s
	}
	for {
		s.Rels = append(s.Rels, ast.VacuumRel{Rel: p.qualifiedName(), Columns: p.optParenNames()})
		if !p.accept(',') {
			return s
		}
	}
}

// reindexStmt parses REINDEX.
func (p *parser) reindexStmt() ast.Stmt {
	p.advance()
	s := &ast.ReindexStmt{}
	if p.at('(') {
		s.Options = p.utilityOptions()
	}
	k := p.tok.kind
	switch k {
	case kwIndex, kwTable, kwSchema, kwSystem, kwDatabase:
		s.Kind = strings.ToUpper(p.tok.str)
		p.advance()
	default:
		p.syntaxError()
	}
	s.Options = p.option(s.Options, kwConcurrently)
	if k == kwIndex || k == kwTable {
		s.Rel = p.qualifiedName()
		return s
	}
	s.Name = p.colID()
	return s
}

// clusterStmt parses CLUSTER.
func (p *parser) clusterStmt() ast.Stmt {
	p.advance()
	s := &ast.ClusterStmt{}
	if p.at('(') {
		s.Options = p.utilityOptions()
		s.Rel = p.qualifiedName()
	} else {
		s.Options = p.option(s.Options, kwVerbose)
		if !p.tok.kind.isColID() {
			return s
		}
		s.Rel = p.qualifiedName()
		if s.Rel.Schema == "" && p.accept(kwOn) {
			s.Index = s.Rel.Name
			s.Rel = p.qualifiedName()
			return s
		}
	}
	if p.accept(kwUsing) {
		s.Index = p.colID()
	}
	return s
}

// refreshStmt parses REFRESH MATERIALIZED VIEW.
func (p *parser) refreshStmt() ast.Stmt {
	p.advance()
	p.expectAll(kwMaterialized, kwView)
	s := &ast.RefreshMatViewStmt{Concurrently: p.accept(kwConcurrently)}
	s.Rel = p.qualifiedName()
	s.WithNoData = p.withNoData()
	return s
}

// withNoData parses an optional WITH [NO] DATA and tells whether it says NO.
func (p *parser) withNoData() bool {
	if !p.accept(kwWith) {
		return false
	}
	no := p.accept(kwNo)
	p.expect(kwData)
	return no
}

// notifyStmt parses LISTEN, UNLISTEN and NOTIFY.
func (p *parser) notifyStmt() ast.Stmt {
	switch {
	case p.accept(kwListen):
		return &ast.ListenStmt{Channel: p.colID()}
	case p.accept(kwUnlisten):
		if p.accept('*') {
			return &ast.UnlistenStmt{}
		}
		return &ast.UnlistenStmt{Channel: p.colID()}
	}
	p.advance()
	s := &ast.NotifyStmt{Channel: p.colID()}
	if p.accept(',') {
		s.Payload = p.stringConst()
	}
	return s
}

// truncateStmt parses TRUNCATE.
func (p *parser) truncateStmt() ast.Stmt {
	p.advance()
	p.accept(kwTable)
	s := &ast.TruncateStmt{Rels: p.relationExprList()}
	if p.accept(kwContinue) {
		p.expect(kwIdentity)
	} else if p.accept(kwRestart) {
		p.expect(kwIdentity)
		s.RestartIdentity = true
	}
	s.Behavior = p.dropBehavior()
	return s
}

// lockModes are the words of the lock modes, from 1 (weakest).
var lockModes = [...][]kind{
	{kwAccess, kwShare},
	{kwRow, kwShare},
	{kwRow, kwExclusive},
	{kwShare, kwUpdate, kwExclusive},
	{kwShare},
	{kwShare, kwRow, kwExclusive},
	{kwExclusive},
	{kwAccess, kwExclusive},
}

// lockStmt parses LOCK.
func (p *parser) lockStmt() ast.Stmt {
	p.advance()
	p.accept(kwTable)
	s := &ast.LockStmt{Rels: p.relationExprList(), Mode: len(lockModes)}
	if p.accept(kwIn) {
		s.Mode = p.lockMode()
		p.expect(kwMode)
	}
	s.NoWait = p.accept(kwNowait)
	return s
}

// lockMode parses the words of a lock mode.
func (p *parser) lockMode() int {
	var words []kind
	for !p.at(kwMode) && len(words) < 3 {
		words = append(words, p.tok.kind)
		fits := false
		for _, m := range lockModes {
			fits = fits || len(m) >= len(words) && equalKinds(m[:len(words)], words)
		}
		if !fits {
			p.syntaxError()
		}
		p.advance()
	}
	for i, m := range lockModes {
		if equalKinds(m, words) {
			return i + 1
		}
	}
	p.syntaxError()
	return 0
}

func equalKinds(a, b []kind) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// discardStmt parses DISCARD.
func (p *parser) discardStmt() ast.Stmt {
	p.advance()
	s := &ast.DiscardStmt{}
	switch p.tok.kind {
	case kwAll:
	case kwPlans:
		s.Target = ast.DiscardPlans
	case kwSequences:
		s.Target = ast.DiscardSequences
	case kwTemp, kwTemporary:
		s.Target = ast.DiscardTemp
	default:
		p.syntaxError()
	}
	p.advance()
	return s
}

// doStmt parses DO.
func (p *parser) doStmt() ast.Stmt {
	p.advance()
	s := &ast.DoStmt{}
	for first := true; first || p.at(tString) || p.at(kwLanguage); first = false {
		if p.accept(kwLanguage) {
			s.Language, s.HasLanguage = p.wordOrString(), true
			continue
		}
		s.Body = p.stringConst()
	}
	return s
}
