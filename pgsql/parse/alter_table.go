package parse

import (
	"math"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// alterRelation parses ALTER TABLE, INDEX, SEQUENCE, VIEW, MATERIALIZED VIEW and
// FOREIGN TABLE after their words.
func (p *parser) alterRelation(object ast.ObjectType) ast.Stmt {
	if p.at2(kwAll, kwIn) && object != ast.ObjectSequence && object != ast.ObjectView && object != ast.ObjectForeignTable {
		return p.alterMoveAll(object)
	}
	missingOk := p.ifExists()
	rel := p.alterTarget(object)
	switch {
	case p.accept(kwRename):
		return p.renameRelation(object, rel, missingOk)
	case p.at2(kwSet, kwSchema):
		p.advance()
		p.advance()
		return &ast.AlterObjectSchemaStmt{Object: object, Rel: rel, NewSchema: p.colID(), MissingOk: missingOk}
	case p.at(kwDepends) || p.at2(kwNo, kwDepends):
		if missingOk || object != ast.ObjectIndex && object != ast.ObjectMatView {
			p.syntaxError()
		}
		return p.dependsOnExtension(object)
	}
	if object == ast.ObjectSequence && p.atSeqOption() {
		return &ast.AlterSeqStmt{Rel: rel, MissingOk: missingOk, Options: p.seqOptions()}
	}
	s := &ast.AlterTableStmt{Rel: rel, Object: object, MissingOk: missingOk}
	if p.at(kwAttach) || p.at(kwDetach) {
		s.Cmds = []ast.AlterTableCmd{p.partitionCmd(object)}
		return s
	}
	for {
		s.Cmds = append(s.Cmds, p.alterTableCmd())
		if !p.accept(',') {
			return s
		}
	}
}

// dependsOnExtension parses [NO] DEPENDS ON EXTENSION.
func (p *parser) dependsOnExtension(object ast.ObjectType) ast.Stmt {
	p.accept(kwNo)
	p.expectAll(kwDepends, kwOn, kwExtension)
	p.colID()
	return &ast.Unsupported{Kind: "ALTER " + objectWords(object)}
}

// alterTarget parses the name of the relation that ALTER changes.
func (p *parser) alterTarget(object ast.ObjectType) *ast.RangeVar {
	if object == ast.ObjectTable || object == ast.ObjectForeignTable {
		return p.relationExpr()
	}
	return p.qualifiedName()
}

// atSeqOption tells whether an option of a sequence begins here, and not an
// action of ALTER TABLE.
func (p *parser) atSeqOption() bool {
	switch p.tok.kind {
	case kwAs, kwCache, kwCycle, kwIncrement, kwMaxvalue, kwMinvalue, kwOwned, kwSequence, kwStart, kwRestart,
		kwLogged, kwUnlogged:
		return true
	case kwNo:
		k := p.peek(1)
		return k == kwCycle || k == kwMaxvalue || k == kwMinvalue
	}
	return false
}

// alterMoveAll parses ALL IN TABLESPACE ….
func (p *parser) alterMoveAll(object ast.ObjectType) ast.Stmt {
	p.expectAll(kwAll, kwIn, kwTablespace)
	s := &ast.AlterTableMoveAllStmt{Object: object, Tablespace: p.colID()}
	if p.accept(kwOwned) {
		p.expect(kwBy)
		s.Roles = p.roleList()
	}
	p.expectAll(kwSet, kwTablespace)
	s.NewTablespace = p.colID()
	s.NoWait = p.accept(kwNowait)
	return s
}

// renameRelation parses what follows RENAME.
func (p *parser) renameRelation(object ast.ObjectType, rel *ast.RangeVar, missingOk bool) ast.Stmt {
	s := &ast.RenameStmt{Object: object, Relation: object, Rel: rel, MissingOk: missingOk}
	switch {
	case p.at(kwTo):
	case p.at(kwConstraint) && object == ast.ObjectTable:
		p.advance()
		s.Object, s.Sub = ast.ObjectTableConstraint, p.colID()
	case object == ast.ObjectIndex || object == ast.ObjectSequence:
		p.syntaxError()
	default:
		if p.at(kwColumn) {
			p.advance()
		}
		s.Object, s.Sub = ast.ObjectColumn, p.colID()
	}
	p.expect(kwTo)
	s.NewName = p.colID()
	return s
}

// partitionCmd parses ATTACH or DETACH PARTITION.
func (p *parser) partitionCmd(object ast.ObjectType) ast.AlterTableCmd {
	c := ast.AlterTableCmd{Kind: ast.ATAttachPartition}
	if p.accept(kwAttach) {
		p.expect(kwPartition)
		c.Rel = p.qualifiedName()
		if object != ast.ObjectIndex {
			c.Bound = p.partitionBound()
		}
		return c
	}
	p.advance()
	p.expect(kwPartition)
	c.Kind, c.Rel = ast.ATDetachPartition, p.qualifiedName()
	if p.accept(kwFinalize) {
		c.Kind = ast.ATDetachFinalize
	} else {
		c.Concurrently = p.accept(kwConcurrently)
	}
	return c
}

// alterTableCmd parses one action.
func (p *parser) alterTableCmd() ast.AlterTableCmd {
	switch p.tok.kind {
	case kwAdd:
		return p.alterAdd()
	case kwAlter:
		return p.alterAlter()
	case kwDrop:
		return p.alterDrop()
	case kwSet:
		return p.alterSet()
	case kwEnable, kwDisable:
		return p.alterEnable()
	case kwReplica:
		return p.replicaIdentity()
	}
	c := ast.AlterTableCmd{}
	switch {
	case p.accept(kwValidate):
		p.expect(kwConstraint)
		c.Kind, c.Name = ast.ATValidateConstraint, p.colID()
	case p.accept(kwCluster):
		p.expect(kwOn)
		c.Kind, c.Name = ast.ATClusterOn, p.colID()
	case p.accept(kwInherit):
		c.Kind, c.Rel = ast.ATAddInherit, p.qualifiedName()
	case p.accept2(kwNo, kwInherit):
		c.Kind, c.Rel = ast.ATDropInherit, p.qualifiedName()
	case p.accept(kwOf):
		at := p.here()
		c.Kind, c.Type = ast.ATAddOf, &ast.TypeName{At: at, Names: p.anyName()}
	case p.accept(kwNot):
		p.expect(kwOf)
		c.Kind = ast.ATDropOf
	case p.accept(kwOwner):
		p.expect(kwTo)
		c.Kind, c.Role = ast.ATChangeOwner, p.roleSpec()
	case p.accept(kwReset):
		c.Kind, c.Options = ast.ATResetOptions, p.relOptions()
	case p.accept(kwForce):
		p.expectAll(kwRow, kwLevel, kwSecurity)
		c.Kind = ast.ATForceRowSecurity
	case p.accept(kwNo):
		p.expectAll(kwForce, kwRow, kwLevel, kwSecurity)
		c.Kind = ast.ATNoForceRowSecurity
	case p.at(kwOptions):
		c.Kind, c.Options = ast.ATGenericOptions, p.alterGenericOptions()
	default:
		p.syntaxError()
	}
	return c
}

// alterAdd parses ADD: a column or a constraint.
func (p *parser) alterAdd() ast.AlterTableCmd {
	p.advance()
	if p.atTableConstraint() {
		return ast.AlterTableCmd{Kind: ast.ATAddConstraint, Constraint: p.tableConstraint()}
	}
	p.accept(kwColumn)
	c := ast.AlterTableCmd{Kind: ast.ATAddColumn, IfNotExists: p.ifNotExists()}
	c.Column = p.columnDef()
	return c
}

// alterDrop parses DROP: a column or a constraint.
func (p *parser) alterDrop() ast.AlterTableCmd {
	p.advance()
	c := ast.AlterTableCmd{Kind: ast.ATDropColumn}
	if p.accept(kwConstraint) {
		c.Kind = ast.ATDropConstraint
	} else {
		p.accept(kwColumn)
	}
	c.MissingOk = p.ifExists()
	c.Name = p.colID()
	c.Behavior = p.dropBehavior()
	return c
}

// alterSet parses SET of a whole relation.
func (p *parser) alterSet() ast.AlterTableCmd {
	p.advance()
	c := ast.AlterTableCmd{}
	switch {
	case p.accept(kwWithout):
		c.Kind = ast.ATDropOids
		if p.accept(kwCluster) {
			c.Kind = ast.ATDropCluster
		} else {
			p.expect(kwOids)
		}
	case p.accept(kwLogged):
		c.Kind = ast.ATSetLogged
	case p.accept(kwUnlogged):
		c.Kind = ast.ATSetUnlogged
	case p.accept(kwAccess):
		p.expect(kwMethod)
		c.Kind, c.Name = ast.ATSetAccessMethod, p.colID()
	case p.accept(kwTablespace):
		c.Kind, c.Name = ast.ATSetTablespace, p.colID()
	default:
		c.Kind, c.Options = ast.ATSetOptions, p.relOptions()
	}
	return c
}

// alterEnable parses ENABLE and DISABLE of triggers, rules and row security.
func (p *parser) alterEnable() ast.AlterTableCmd {
	enable := p.at(kwEnable)
	p.advance()
	c := ast.AlterTableCmd{}
	pick := func(on, off ast.AlterTableKind) {
		c.Kind = off
		if enable {
			c.Kind = on
		}
	}
	switch {
	case enable && (p.at(kwAlways) || p.at(kwReplica)):
		always := p.accept(kwAlways)
		if !always {
			p.advance()
		}
		switch {
		case p.accept(kwTrigger):
			c.Kind = ast.ATEnableReplicaTrigger
			if always {
				c.Kind = ast.ATEnableAlwaysTrigger
			}
		default:
			p.expect(kwRule)
			c.Kind = ast.ATEnableReplicaRule
			if always {
				c.Kind = ast.ATEnableAlwaysRule
			}
		}
		c.Name = p.colID()
	case p.accept(kwTrigger):
		switch {
		case p.accept(kwAll):
			pick(ast.ATEnableTriggerAll, ast.ATDisableTriggerAll)
		case p.accept(kwUser):
			pick(ast.ATEnableTriggerUser, ast.ATDisableTriggerUser)
		default:
			pick(ast.ATEnableTrigger, ast.ATDisableTrigger)
			c.Name = p.colID()
		}
	case p.accept(kwRule):
		pick(ast.ATEnableRule, ast.ATDisableRule)
		c.Name = p.colID()
	default:
		p.expectAll(kwRow, kwLevel, kwSecurity)
		pick(ast.ATEnableRowSecurity, ast.ATDisableRowSecurity)
	}
	return c
}

// replicaIdentity parses REPLICA IDENTITY.
func (p *parser) replicaIdentity() ast.AlterTableCmd {
	p.expectAll(kwReplica, kwIdentity)
	c := ast.AlterTableCmd{Kind: ast.ATReplicaIdentity}
	switch p.tok.kind {
	case kwNothing, kwFull, kwDefault:
		c.Word = p.tok.str
		p.advance()
	default:
		p.expectAll(kwUsing, kwIndex)
		c.Word, c.Name = "index", p.colID()
	}
	return c
}

// alterAlter parses ALTER of a column or of a constraint.
func (p *parser) alterAlter() ast.AlterTableCmd {
	p.advance()
	if p.accept(kwConstraint) {
		con := &ast.Constraint{At: p.here(), Name: p.colID(), Kind: ast.ConstraintForeign}
		p.constraintAttrs(con, "FOREIGN KEY", true)
		return ast.AlterTableCmd{Kind: ast.ATAlterConstraint, Name: con.Name, Constraint: con}
	}
	p.accept(kwColumn)
	c := ast.AlterTableCmd{}
	if p.at(tInteger) {
		at := p.tok.pos
		if c.Number = p.intConst(); c.Number < 1 || c.Number > math.MaxInt16 {
			p.failPosition(at, pgerr.InvalidParameterValue, "column number must be in range from 1 to %d", math.MaxInt16)
		}
		p.expectAll(kwSet, kwStatistics)
		c.Kind, c.Value = ast.ATSetStatistics, p.signedInt()
		return c
	}
	c.Name = p.colID()
	switch p.tok.kind {
	case kwDrop:
		p.alterColumnDrop(&c)
	case kwSet:
		p.alterColumnSet(&c)
	case kwRestart:
		p.identityOptions(&c, nil)
	case kwType:
		p.alterColumnType(&c)
	case kwReset:
		p.advance()
		c.Kind, c.Options = ast.ATResetColumnOptions, p.relOptions()
	case kwOptions:
		c.Kind, c.Options = ast.ATColumnFDWOptions, p.alterGenericOptions()
	case kwAdd:
		p.advance()
		con := &ast.Constraint{At: p.here(), Kind: ast.ConstraintIdentity}
		p.expect(kwGenerated)
		con.Always = p.generatedWhen()
		p.expectAll(kwAs, kwIdentity)
		con.Options = p.parenSeqOptions()
		c.Kind, c.Constraint = ast.ATAddIdentity, con
	default:
		p.syntaxError()
	}
	return c
}

// alterColumnDrop parses ALTER COLUMN … DROP ….
func (p *parser) alterColumnDrop(c *ast.AlterTableCmd) {
	p.advance()
	switch {
	case p.accept(kwDefault):
		c.Kind = ast.ATColumnDefault
	case p.accept(kwNot):
		p.expect(kwNull)
		c.Kind = ast.ATDropNotNull
	case p.accept(kwExpression):
		c.Kind, c.MissingOk = ast.ATDropExpression, p.ifExists()
	default:
		p.expect(kwIdentity)
		c.Kind, c.MissingOk = ast.ATDropIdentity, p.ifExists()
	}
}

// alterColumnSet parses ALTER COLUMN … SET ….
func (p *parser) alterColumnSet(c *ast.AlterTableCmd) {
	at := p.here()
	p.advance()
	switch p.tok.kind {
	case kwDefault:
		p.advance()
		c.Kind, c.Expr = ast.ATColumnDefault, p.expr()
	case kwNot:
		p.advance()
		p.expect(kwNull)
		c.Kind = ast.ATSetNotNull
	case kwStatistics:
		p.advance()
		c.Kind, c.Value = ast.ATSetStatistics, p.signedInt()
	case '(':
		c.Kind, c.Options = ast.ATSetColumnOptions, p.relOptions()
	case kwStorage:
		p.advance()
		c.Kind, c.Word = ast.ATSetStorage, p.colID()
	case kwCompression:
		c.Kind, c.Word = ast.ATSetCompression, p.compression()
	case kwData:
		p.advance()
		p.alterColumnType(c)
	default:
		d := p.identitySet(at)
		p.identityOptions(c, []ast.DefElem{d})
	}
}

// alterColumnType parses TYPE type COLLATE … USING ….
func (p *parser) alterColumnType(c *ast.AlterTableCmd) {
	p.expect(kwType)
	c.Kind, c.Type = ast.ATAlterColumnType, p.typeName()
	if p.accept(kwCollate) {
		c.Collation = p.anyName()
	}
	if p.accept(kwUsing) {
		c.Expr = p.expr()
	}
}

// identitySet parses what follows SET in the options of an identity column.
func (p *parser) identitySet(at ast.At) ast.DefElem {
	if p.accept(kwGenerated) {
		return ast.DefElem{At: at, Name: "generated", Arg: ast.DefBool(p.generatedWhen())}
	}
	optionAt := p.tok
	d, ok := p.seqOption()
	if !ok {
		p.syntaxError()
	}
	if d.Name == "as" || d.Name == "restart" || d.Name == "owned_by" {
		p.fail(optionAt.pos, "sequence option \"%s\" not supported here", d.Name)
	}
	return d
}

// identityOptions parses the rest of the options of an identity column.
func (p *parser) identityOptions(c *ast.AlterTableCmd, list []ast.DefElem) {
	for {
		at := p.here()
		switch {
		case p.at(kwRestart):
			d, _ := p.seqOption()
			list = append(list, d)
		case p.accept(kwSet):
			list = append(list, p.identitySet(at))
		default:
			c.Kind, c.Options = ast.ATSetIdentity, list
			return
		}
	}
}
