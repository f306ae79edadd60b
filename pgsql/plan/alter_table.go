package plan

import (
	"slices"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// alterTable plans ALTER TABLE and its kin. Every action changes the catalog's
// edit and notes how the stored table follows: by SQLite's own ALTER TABLE
// (native), or, where SQLite has none for it, by a rebuild of the whole table
// from its final definition (rebuild.go).
func (a *analyzer) alterTable(s *ast.AlterTableStmt) *Statement {
	tag := alterTag(s.Object)
	found := a.alterTarget(s.Rel, s.Object, s.MissingOk)
	if found == nil {
		return a.nothing(tag)
	}
	d := a.newDDL()
	if found.Kind != catalog.KindTable {
		d.alterOther(found, s)
		return d.statement(tag)
	}
	t := &alteration{ddl: d, old: found, r: d.edit.Relation(found.OID), source: map[int16]string{}}
	cmds := slices.Clone(s.Cmds)
	slices.SortStableFunc(cmds, func(x, y ast.AlterTableCmd) int { return pass(&x) - pass(&y) })
	for i := range cmds {
		t.command(&cmds[i], s.Rel)
	}
	t.finish()
	return d.statement(tag)
}

// alteration is an ALTER TABLE in the making.
type alteration struct {
	*ddl
	old    *catalog.Relation // as it was
	r      *catalog.Relation // as it will be
	checks []string          // raise PostgreSQL's errors about rows that are there
	native []string          // the statements that change the stored table in place
	update []string          // assignments to columns whose type changed in place
	source map[int16]string  // rebuild: what a column's values are made from, over the old table
	again  bool              // a rebuild is needed
}

// pass orders the actions as PostgreSQL does: what is dropped goes first,
// foreign keys come last.
func pass(c *ast.AlterTableCmd) int {
	switch c.Kind {
	case ast.ATDropColumn, ast.ATDropConstraint, ast.ATDropNotNull, ast.ATDropIdentity, ast.ATDropExpression:
		return 0
	case ast.ATColumnDefault:
		if c.Expr == nil {
			return 0
		}
	case ast.ATAlterColumnType:
		return 1
	case ast.ATAddColumn:
		return 2
	case ast.ATAddConstraint:
		switch c.Constraint.Kind {
		case ast.ConstraintPrimary, ast.ConstraintUnique:
			return 4
		case ast.ConstraintForeign:
			return 6
		}
		return 5
	}
	return 3
}

// command applies one action.
func (t *alteration) command(c *ast.AlterTableCmd, rv *ast.RangeVar) {
	switch c.Kind {
	case ast.ATAddColumn:
		t.addColumn(c)
	case ast.ATDropColumn:
		t.dropColumn(c)
	case ast.ATAlterColumnType:
		t.alterType(c)
	case ast.ATColumnDefault:
		t.columnDefault(c)
	case ast.ATSetNotNull:
		t.setNotNull(t.column(t.r, c.Name))
	case ast.ATDropNotNull:
		t.dropNotNull(c)
	case ast.ATAddConstraint:
		t.addConstraint(c.Constraint)
	case ast.ATDropConstraint:
		t.dropConstraint(c)
	case ast.ATValidateConstraint:
		t.validate(c.Name)
	case ast.ATAddIdentity, ast.ATSetIdentity, ast.ATDropIdentity, ast.ATDropExpression:
		t.identity(c)
	default:
		t.option(c)
	}
}

// option applies the actions that only the catalog sees.
func (t *alteration) option(c *ast.AlterTableCmd) {
	switch c.Kind {
	case ast.ATChangeOwner:
		t.changeOwner(t.r, c)
	case ast.ATSetOptions:
		t.r.Options = mergeOptions(t.r.Options, t.storageOptions(c.Options))
	case ast.ATResetOptions:
		t.r.Options = slices.DeleteFunc(t.r.Options, func(o string) bool {
			return slices.ContainsFunc(c.Options, func(e ast.DefElem) bool { return optionName(o) == e.Name })
		})
	case ast.ATSetLogged:
		t.r.Persistence = 'p'
	case ast.ATSetUnlogged:
		t.r.Persistence = 'u'
	case ast.ATSetStatistics, ast.ATSetStorage, ast.ATSetCompression:
		if c.Name != "" {
			t.column(t.r, c.Name)
		}
		t.notice(pgerr.SuccessfulCompletion, "column storage and statistics settings have no effect")
	case ast.ATSetTablespace:
		t.checkTablespace(c.Name)
	case ast.ATDropOids, ast.ATDropCluster:
	case ast.ATReplicaIdentity:
		if c.Word != "default" {
			t.fail(-1, pgerr.Unsupported("REPLICA IDENTITY other than DEFAULT is not supported"))
		}
	default:
		t.fail(-1, pgerr.Unsupported("this form of ALTER TABLE is not supported"))
	}
}

func optionName(option string) string {
	for i := range option {
		if option[i] == '=' {
			return option[:i]
		}
	}
	return option
}

// mergeOptions replaces the options that are set anew.
func mergeOptions(old, set []string) []string {
	kept := slices.DeleteFunc(slices.Clone(old), func(o string) bool {
		return slices.ContainsFunc(set, func(n string) bool { return optionName(n) == optionName(o) })
	})
	return append(kept, set...)
}

func (d *ddl) changeOwner(r *catalog.Relation, c *ast.AlterTableCmd) {
	r.Owner = d.role(&c.Role).OID
	for _, s := range d.cat.OwnedSequences(r.OID) {
		d.edit.Relation(s.OID).Owner = r.Owner
	}
}

// alterOther is ALTER VIEW, SEQUENCE and INDEX, where only the catalog changes.
func (d *ddl) alterOther(found *catalog.Relation, s *ast.AlterTableStmt) {
	for i := range s.Cmds {
		c := &s.Cmds[i]
		switch {
		case found.Index != nil && (c.Kind == ast.ATSetOptions || c.Kind == ast.ATResetOptions):
			_, index := d.edit.Index(found.OID)
			index.Options = mergeOptions(index.Options, d.storageOptions(c.Options))
			if c.Kind == ast.ATResetOptions {
				index.Options = nil
			}
		case found.Index == nil && c.Kind == ast.ATChangeOwner:
			d.changeOwner(d.edit.Relation(found.OID), c)
		default:
			d.fail(-1, pgerr.Unsupported("this form of ALTER on \"%s\" is not supported", found.Name))
		}
	}
}

// addConstraint adds a table constraint.
func (t *alteration) addConstraint(def *ast.Constraint) {
	switch def.Kind {
	case ast.ConstraintCheck:
		t.addedCheck(t.addCheck(t.r, def, ""))
	case ast.ConstraintPrimary, ast.ConstraintUnique:
		if def.Kind == ast.ConstraintPrimary && t.r.PrimaryKey() != nil {
			t.failf(-1, pgerr.InvalidTableDefinition, "multiple primary keys for table \"%s\" are not allowed", t.r.Name)
		}
		t.addedKey(t.addKey(t.r, def, ""), def)
	case ast.ConstraintForeign:
		t.addedForeignKey(t.addForeignKey(t.r, def, ""))
	default:
		t.fail(-1, pgerr.Unsupported("EXCLUDE constraints are not supported"))
	}
}

// validate is VALIDATE CONSTRAINT: what was added NOT VALID holds already.
func (t *alteration) validate(name string) {
	k := t.r.Constraint(name)
	if k == nil {
		t.failf(-1, pgerr.UndefinedObject, "constraint \"%s\" of relation \"%s\" does not exist", name, t.r.Name)
	}
	if k.Kind != catalog.Check && k.Kind != catalog.ForeignKey {
		t.failf(-1, pgerr.WrongObjectType, "constraint \"%s\" of relation \"%s\" is not a foreign key or check constraint", name, t.r.Name)
	}
	k.Validated = true
}

// unvalidated makes e the error of a constraint that is added NOT VALID. SQLite
// has no constraints that some rows violate; where none does the constraint is
// only not known to hold.
func unvalidated(k *catalog.Constraint, e *pgerr.Error) *pgerr.Error {
	if k.Validated {
		return e
	}
	u := pgerr.Unsupported("NOT VALID is not supported where rows violate the constraint")
	u.Schema, u.Table, u.Constraint = e.Schema, e.Table, k.Name
	return u
}

func (t *alteration) addedCheck(k *catalog.Constraint) {
	e := t.violation(pgerr.CheckViolation, "check constraint \"%s\" of relation \"%s\" is violated by some row", k.Name, t.r.Name)
	e.Constraint = k.Name
	e = unvalidated(k, e)
	t.raise(k.Columns, e, "",
		"SELECT 1 FROM "+t.r.Physical+" WHERE NOT "+t.physicalExpr(t.r, k.Expr))
	t.native = append(t.native, "ALTER TABLE "+t.r.Physical+" ADD "+t.checkSQL(t.r, k))
}

// violation is an error about the rows of the table.
func (t *alteration) violation(code, format string, args ...any) *pgerr.Error {
	e := pgerr.New(code, format, args...)
	e.Schema, e.Table = t.r.SchemaName, t.r.Name
	return e
}

// raise adds a check of the rows that are there, where it can be asked of the
// table as it is. detail is that of raiseIf.
func (t *alteration) raise(columns []int16, e *pgerr.Error, detail, query string) {
	for _, num := range columns {
		old := t.old.ColumnByNum(num)
		if old == nil || old.Dropped || old.Type != t.r.ColumnByNum(num).Type {
			return
		}
	}
	t.checks = append(t.checks, raiseIf(e, detail, query))
}

func (t *alteration) addedKey(k *catalog.Constraint, def *ast.Constraint) {
	if k.Kind == catalog.PrimaryKey {
		for _, num := range k.Columns {
			c := t.r.ColumnByNum(num)
			if old := t.old.ColumnByNum(num); old == nil || !old.NotNull {
				c.NotNull = false
				t.setNotNull(c)
			}
		}
	}
	t.r.SettleRowID()
	i := t.r.IndexByOID(k.Index)
	if t.r.RowID != t.old.RowID {
		t.again = true
		t.raiseDuplicates(i)
		return
	}
	if def.IndexName == "" && i.Physical != "" {
		t.native = append(t.native, t.indexSQL(t.r, i))
	}
}

// raiseDuplicates checks a key of one column that becomes the rowid.
func (t *alteration) raiseDuplicates(i *catalog.Index) {
	num := i.Columns[0].Num
	if old := t.old.ColumnByNum(num); old != nil && !old.Dropped {
		e := t.violation(pgerr.UniqueViolation, "could not create unique index \"%s\"", i.Name)
		e.Constraint = i.Name
		t.raise([]int16{num}, e, keyDetail([]*catalog.Column{old}, "is duplicated."),
			"SELECT "+old.Physical+" FROM "+t.old.Physical+" GROUP BY 1 HAVING count(*) > 1 ORDER BY 1")
	}
}

func (t *alteration) addedForeignKey(k *catalog.Constraint) {
	t.again = true // SQLite adds no foreign keys to a table
	ref := t.edit.Peek(k.RefRelation)
	match, present, names := "", "", ""
	var columns []*catalog.Column
	for n, num := range k.Columns {
		c, to := t.r.ColumnByNum(num), ref.ColumnByNum(k.RefColumns[n])
		if n > 0 {
			match, present, names = match+" AND ", present+" AND ", names+", "
		}
		match += "p." + to.Physical + " = t." + c.Physical
		present += "t." + c.Physical + " IS NOT NULL"
		names += "t." + c.Physical
		columns = append(columns, c)
	}
	e := t.violation(pgerr.ForeignKeyViolation, "insert or update on table \"%s\" violates foreign key constraint \"%s\"", t.r.Name, k.Name)
	e.Constraint = k.Name
	e = unvalidated(k, e)
	t.raise(k.Columns, e, keyDetail(columns, "is not present in table \""+ref.Name+"\"."),
		"SELECT "+names+" FROM "+t.old.Physical+" AS t WHERE "+present+" AND NOT EXISTS (SELECT 1 FROM "+ref.Physical+" AS p WHERE "+match+")")
}

// dropConstraint is DROP CONSTRAINT.
func (t *alteration) dropConstraint(c *ast.AlterTableCmd) {
	k := t.r.Constraint(c.Name)
	if k == nil {
		if !c.MissingOk {
			t.failf(-1, pgerr.UndefinedObject, "constraint \"%s\" of relation \"%s\" does not exist", c.Name, t.r.Name)
		}
		t.notice(pgerr.SuccessfulCompletion, "constraint \"%s\" of relation \"%s\" does not exist, skipping", c.Name, t.r.Name)
		return
	}
	t.removeConstraint(k, c.Behavior, "constraint "+catalog.QuoteIdent(k.Name)+" on "+t.describe(t.old))
}

// removeConstraint takes a constraint away, with the foreign keys of other
// tables that need it.
func (t *alteration) removeConstraint(k *catalog.Constraint, behavior ast.DropBehavior, name string) {
	switch k.Kind {
	case catalog.Check, catalog.ForeignKey:
		t.native = append(t.native, "ALTER TABLE "+t.r.Physical+" DROP CONSTRAINT "+k.Physical())
		t.edit.DropConstraint(t.r, k.OID)
		return
	}
	t.dropReferences(k, behavior, name)
	index := t.r.IndexByOID(k.Index)
	if index.Physical != "" {
		t.native = append(t.native, "DROP INDEX "+index.Physical)
	}
	t.edit.DropConstraint(t.r, k.OID)
	t.r.SettleRowID()
	t.again = t.again || t.r.RowID != t.old.RowID
}

// dropReferences drops the foreign keys that point to the key k.
func (t *alteration) dropReferences(k *catalog.Constraint, behavior ast.DropBehavior, name string) {
	d := &dropper{ddl: t.ddl, cascade: behavior == ast.Cascade, gone: map[uint32]bool{}, roots: []root{{name: name}}}
	for _, ref := range t.cat.ReferencingForeignKeys(t.r.OID) {
		if ref.Constraint.Index != k.Index {
			continue
		}
		text := "constraint " + catalog.QuoteIdent(ref.Constraint.Name) + " on " + t.describe(ref.Relation)
		d.blockers = append(d.blockers, text+" depends on index "+catalog.QuoteIdent(k.Name))
		d.cascades = append(d.cascades, text)
		if d.cascade {
			t.sqlite("ALTER TABLE " + ref.Relation.Physical + " DROP CONSTRAINT " + ref.Constraint.Physical())
			t.edit.DropConstraint(t.edit.Relation(ref.Relation.OID), ref.Constraint.OID)
		}
	}
	for _, v := range t.cat.ViewsOver(t.r.OID) {
		if slices.Contains(v.View.Keys, k.OID) {
			d.depend(v, t.describe(v)+" depends on "+name)
		}
	}
	d.report()
	for _, oid := range d.order {
		d.dropRelation(oid)
	}
}
