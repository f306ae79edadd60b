package plan

import (
	"slices"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// addConstraint adds a constraint of CREATE TABLE; column is where it was
// written, or "" for a table constraint.
func (t *newTable) addConstraint(def *ast.Constraint, column string) {
	switch def.Kind {
	case ast.ConstraintCheck:
		t.addCheck(t.r, def, column).Validated = true // NOT VALID is about rows that are there
	case ast.ConstraintPrimary, ast.ConstraintUnique:
		t.addKey(t.r, def, column)
	case ast.ConstraintForeign:
		t.addForeignKey(t.r, def, column).Validated = true
	case ast.ConstraintExclusion:
		t.fail(def.Pos(), pgerr.Unsupported("EXCLUDE constraints are not supported"))
	}
}

// explicitName checks the name that a constraint was given.
func (d *ddl) explicitName(r *catalog.Relation, name string) {
	if name != "" && r.Constraint(name) != nil {
		d.failf(-1, pgerr.DuplicateObject, "constraint \"%s\" for relation \"%s\" already exists", name, r.Name)
	}
}

// addCheck adds a check constraint to the catalog.
func (d *ddl) addCheck(r *catalog.Relation, def *ast.Constraint, _ string) *catalog.Constraint {
	d.explicitName(r, def.Name)
	x := d.coerceBool(d.exprIn(d.relationScope(r), def.Expr, inCheck), "CHECK")
	walk(x, func(x expr) bool {
		if l, ok := x.(*subLink); ok {
			d.failf(l.pos, pgerr.FeatureNotSupported, "cannot use subquery in check constraint")
		}
		return true
	})
	columns := usedColumns(r, x)
	name := def.Name
	if name == "" {
		name2 := ""
		if len(columns) == 1 {
			name2 = r.ColumnByNum(columns[0]).Name
		}
		name = d.constraintName(r, name2, "check")
	}
	return d.edit.NewConstraint(r, &catalog.Constraint{
		Name: name, Kind: catalog.Check, Columns: columns, Expr: d.deparse(x),
		Validated: !def.NotValid, NoInherit: def.NoInherit,
	})
}

// addKey adds a primary key or unique constraint, and its index, to the catalog.
func (d *ddl) addKey(r *catalog.Relation, def *ast.Constraint, column string) *catalog.Constraint {
	primary := def.Kind == ast.ConstraintPrimary
	word := "unique"
	if primary {
		word = "primary key"
		if r.PrimaryKey() != nil {
			d.failf(def.Pos(), pgerr.InvalidTableDefinition, "multiple primary keys for table \"%s\" are not allowed", r.Name)
		}
	}
	if def.Deferrable {
		d.fail(def.Pos(), pgerr.Unsupported("deferrable unique constraints are not supported"))
	}
	d.checkTablespace(def.Tablespace)
	if def.IndexName != "" {
		return d.adoptIndex(r, def, primary)
	}
	names := def.Columns
	if column != "" {
		names = []string{column}
	}
	index := &catalog.Index{Unique: true, Primary: primary, NullsNotDistinct: def.NullsNotDistinct, Options: d.storageOptions(def.Options)}
	columns := d.keyColumns(r, def, names, word)
	for _, num := range columns {
		c := r.ColumnByNum(num)
		if primary {
			c.NotNull = true
		}
		d.checkIndexable(c.Type, "btree")
		index.Columns = append(index.Columns, catalog.IndexColumn{Num: num})
	}
	index.Include = d.keyColumns(r, def, def.Including, word)
	index.Name = d.keyName(r, def, primary, append(slices.Clone(names), def.Including...))
	k := d.edit.NewConstraint(r, &catalog.Constraint{Name: index.Name, Kind: catalog.Unique, Columns: columns, Validated: true, NoInherit: true})
	k.NoInherit = false
	if primary {
		k.Kind = catalog.PrimaryKey
	}
	index.Constraint = k.OID
	k.Index = d.edit.NewIndex(r, index).OID
	return k
}

func (d *ddl) keyName(r *catalog.Relation, def *ast.Constraint, primary bool, names []string) string {
	if def.Name != "" {
		d.explicitName(r, def.Name)
		if d.edit.NameTaken(r.Schema, def.Name) {
			d.failf(-1, pgerr.DuplicateTable, "relation \"%s\" already exists", def.Name)
		}
		return def.Name
	}
	if primary {
		return d.relationName(r.Schema, r.Name, "", "pkey")
	}
	return d.relationName(r.Schema, r.Name, keyNames(names), "key")
}

func (d *ddl) keyColumns(r *catalog.Relation, def *ast.Constraint, names []string, word string) []int16 {
	var columns []int16
	for _, name := range names {
		c := r.Column(name)
		if c == nil {
			d.failf(def.Pos(), pgerr.UndefinedColumn, "column \"%s\" named in key does not exist", name)
		}
		if slices.Contains(columns, c.Num) {
			d.failf(def.Pos(), pgerr.DuplicateColumn, "column \"%s\" appears twice in %s constraint", name, word)
		}
		columns = append(columns, c.Num)
	}
	return columns
}

// adoptIndex makes an existing unique index the constraint's (USING INDEX).
func (d *ddl) adoptIndex(r *catalog.Relation, def *ast.Constraint, primary bool) *catalog.Constraint {
	var index *catalog.Index
	for _, i := range r.Indexes {
		if i.Name == def.IndexName {
			index = i
		}
	}
	switch {
	case index == nil:
		d.failf(def.Pos(), pgerr.UndefinedObject, "index \"%s\" does not exist", def.IndexName)
	case index.Constraint != 0:
		d.failf(def.Pos(), pgerr.ObjectNotInPrerequisiteState, "index \"%s\" is already associated with a constraint", def.IndexName)
	case !index.Unique:
		d.fail(def.Pos(), pgerr.New(pgerr.WrongObjectType, "\"%s\" is not a unique index", def.IndexName).
			WithDetail("Cannot create a primary key or unique constraint using such an index."))
	case index.Where != "":
		d.fail(def.Pos(), pgerr.New(pgerr.WrongObjectType, "\"%s\" is a partial index", def.IndexName).
			WithDetail("Cannot create a primary key or unique constraint using such an index."))
	}
	k := &catalog.Constraint{Name: def.Name, Kind: catalog.Unique, Index: index.OID, Validated: true}
	for _, key := range index.Columns {
		if key.Num == 0 {
			d.fail(def.Pos(), pgerr.New(pgerr.WrongObjectType, "index \"%s\" contains expressions", def.IndexName).
				WithDetail("Cannot create a primary key or unique constraint using such an index."))
		}
		k.Columns = append(k.Columns, key.Num)
		if primary {
			r.ColumnByNum(key.Num).NotNull = true
		}
	}
	if primary {
		k.Kind, index.Primary = catalog.PrimaryKey, true
	}
	switch {
	case k.Name == "":
		k.Name = index.Name
	case k.Name != index.Name:
		d.notice(pgerr.SuccessfulCompletion, "ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index \"%s\" to \"%s\"", index.Name, k.Name)
		index.Name = k.Name
	}
	d.edit.NewConstraint(r, k)
	index.Constraint = k.OID
	return k
}

// checkIndexable refuses types that the access method has no operator class for.
func (d *ddl) checkIndexable(oid types.OID, method string) {
	if catalog.DefaultOpClass(method, oid) == 0 {
		d.fail(-1, pgerr.New(pgerr.UndefinedObject, "data type %s has no default operator class for access method \"%s\"", typeText(oid), method).
			WithHint("You must specify an operator class for the index or define a default operator class for the data type."))
	}
}

// addForeignKey adds a foreign key to the catalog.
func (d *ddl) addForeignKey(r *catalog.Relation, def *ast.Constraint, column string) *catalog.Constraint {
	d.explicitName(r, def.Name)
	names := def.Columns
	if column != "" {
		names = []string{column}
	}
	ref := d.referenced(r, def.RefTable)
	d.checkReferencePersistence(r, ref)
	k := &catalog.Constraint{
		Kind: catalog.ForeignKey, Name: def.Name, RefRelation: ref.OID,
		OnDelete: fkAction(def.OnDelete), OnUpdate: fkAction(def.OnUpdate), Match: 's',
		Deferrable: def.Deferrable || def.InitiallyDeferred, Deferred: def.InitiallyDeferred, Validated: !def.NotValid,
	}
	k.Columns = d.foreignColumns(r, names)
	d.referencedKey(ref, def, k)
	if len(k.Columns) != len(k.RefColumns) {
		d.failf(-1, pgerr.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
	}
	if k.Name == "" {
		k.Name = d.constraintName(r, keyNames(names), "fkey")
	}
	d.checkForeignForm(r, ref, def, k)
	return d.edit.NewConstraint(r, k)
}

// referenced resolves the table that a foreign key points to; it may be the
// one in the making.
func (d *ddl) referenced(r *catalog.Relation, rv *ast.RangeVar) *catalog.Relation {
	if rv.Name == r.Name && (rv.Schema == r.SchemaName || rv.Schema == "" && d.findRelation(rv) == nil) {
		return r
	}
	found := d.namedRelation(rv)
	if found.OID == r.OID {
		return r
	}
	if found.Kind != catalog.KindTable {
		d.failf(-1, pgerr.WrongObjectType, "referenced relation \"%s\" is not a table", found.Name)
	}
	d.checkChangeable(found)
	return d.edit.Peek(found.OID)
}

func (d *ddl) foreignColumns(r *catalog.Relation, names []string) []int16 {
	var columns []int16
	for _, name := range names {
		c := r.Column(name)
		if c == nil {
			d.failf(-1, pgerr.UndefinedColumn, "column \"%s\" referenced in foreign key constraint does not exist", name)
		}
		columns = append(columns, c.Num)
	}
	return columns
}

// referencedKey finds the key of ref that the foreign key points to.
func (d *ddl) referencedKey(ref *catalog.Relation, def *ast.Constraint, k *catalog.Constraint) {
	if len(def.RefColumns) == 0 {
		pk := ref.PrimaryKey()
		if pk == nil {
			d.failf(-1, pgerr.UndefinedObject, "there is no primary key for referenced table \"%s\"", ref.Name)
		}
		k.RefColumns, k.Index = slices.Clone(pk.Columns), pk.Index
		return
	}
	k.RefColumns = d.foreignColumns(ref, def.RefColumns)
	for _, i := range ref.Indexes {
		if i.Unique && i.Where == "" && !i.Deferrable && !i.NullsNotDistinct && sameColumns(i, k.RefColumns) {
			k.Index = i.OID
			return
		}
	}
	d.failf(-1, pgerr.InvalidForeignKey, "there is no unique constraint matching given keys for referenced table \"%s\"", ref.Name)
}

// sameColumns tells whether the keys of i are the columns, in any order.
func sameColumns(i *catalog.Index, columns []int16) bool {
	if len(i.Columns) != len(columns) {
		return false
	}
	for _, key := range i.Columns {
		if key.Num == 0 || !slices.Contains(columns, key.Num) {
			return false
		}
	}
	return true
}

func fkAction(a ast.FKAction) byte {
	switch a {
	case ast.FKRestrict:
		return 'r'
	case ast.FKCascade:
		return 'c'
	case ast.FKSetNull:
		return 'n'
	case ast.FKSetDefault:
		return 'd'
	}
	return 'a'
}

// checkForeignForm refuses what SQLite's foreign keys cannot do, and types that
// do not compare.
func (d *ddl) checkForeignForm(r, ref *catalog.Relation, def *ast.Constraint, k *catalog.Constraint) {
	switch {
	case def.Match == ast.MatchPartial:
		d.failf(-1, pgerr.FeatureNotSupported, "MATCH PARTIAL not yet implemented")
	case def.Match == ast.MatchFull && len(k.Columns) > 1:
		d.fail(-1, pgerr.Unsupported("MATCH FULL over several columns is not supported"))
	case len(def.OnDeleteColumns) > 0:
		d.fail(-1, pgerr.Unsupported("column lists of ON DELETE SET are not supported"))
	}
	if def.Match == ast.MatchFull {
		k.Match = 'f'
	}
	for n, num := range k.Columns {
		c, to := r.ColumnByNum(num), ref.ColumnByNum(k.RefColumns[n])
		if (k.OnDelete == 'd' || k.OnUpdate == 'd') && c.Default != "" {
			d.fail(-1, errSetDefault())
		}
		if types.StrictDecl(c.Type) == types.StrictDecl(to.Type) && category(c.Type) == category(to.Type) {
			continue
		}
		if canCoerce([]types.OID{c.Type}, []types.OID{to.Type}, implicit) || canCoerce([]types.OID{to.Type}, []types.OID{c.Type}, implicit) {
			d.fail(-1, pgerr.Unsupported("foreign key between columns of types %s and %s is not supported", typeText(c.Type), typeText(to.Type)))
		}
		d.fail(-1, pgerr.New(pgerr.DatatypeMismatch, "foreign key constraint \"%s\" cannot be implemented", k.Name).
			WithDetail("Key columns \"%s\" and \"%s\" are of incompatible types: %s and %s.", c.Name, to.Name, typeText(c.Type), typeText(to.Type)))
	}
}

// errSetDefault refuses a default other than NULL where a foreign key sets it.
func errSetDefault() *pgerr.Error {
	return pgerr.Unsupported("foreign key action SET DEFAULT is not supported on columns with a default")
}
