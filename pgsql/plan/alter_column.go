package plan

import (
	"slices"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// addColumn is ADD COLUMN.
func (t *alteration) addColumn(c *ast.AlterTableCmd) {
	def := c.Column
	if t.r.Column(def.Name) != nil {
		if c.IfNotExists {
			t.notice(pgerr.DuplicateColumn, "column \"%s\" of relation \"%s\" already exists, skipping", def.Name, t.r.Name)
			return
		}
		t.failf(-1, pgerr.DuplicateColumn, "column \"%s\" of relation \"%s\" already exists", def.Name, t.r.Name)
	}
	if len(t.r.Columns) >= columnsMax {
		t.failf(-1, pgerr.TooManyColumns, "tables can have at most %d columns", columnsMax)
	}
	n := &newTable{ddl: t.ddl, r: t.r, schema: t.cat.SchemaByOID(t.r.Schema)}
	column := n.addColumn(def)
	notNull := column.NotNull
	later := n.later
	for _, p := range later {
		if p.def.Kind == ast.ConstraintGenerated {
			n.generate(column, p.def)
		}
	}
	t.native = append(t.native, "ALTER TABLE "+t.r.Physical+" ADD COLUMN "+column.Physical+" "+types.StrictDecl(column.Type))
	value := t.defaultSQL(column)
	t.source[column.Num] = value
	if value != "NULL" {
		t.native = append(t.native, "UPDATE "+t.r.Physical+" SET "+column.Physical+" = "+value)
	}
	if notNull {
		column.NotNull = false
		t.setNotNull(column)
		if value == "NULL" {
			t.checks = append(t.checks, raiseIf(t.nullsError(column), "", "SELECT 1 FROM "+t.old.Physical))
		}
	}
	for _, p := range later {
		switch p.def.Kind {
		case ast.ConstraintCheck:
			t.addedCheck(t.addCheck(t.r, p.def, column.Name))
		case ast.ConstraintPrimary, ast.ConstraintUnique:
			t.addedKey(t.addKey(t.r, p.def, column.Name), p.def)
		case ast.ConstraintForeign:
			t.addedForeignKey(t.addForeignKey(t.r, p.def, column.Name))
		case ast.ConstraintExclusion:
			t.fail(-1, pgerr.Unsupported("EXCLUDE constraints are not supported"))
		}
	}
}

// defaultSQL is the value that rows which are there get in a new column.
func (t *alteration) defaultSQL(c *catalog.Column) string {
	text := c.Default
	if c.Identity != 0 {
		text = catalog.NextvalDefault(c.OwnedSequence)
	}
	if text == "" {
		return "NULL"
	}
	s := t.relationScope(t.r)
	x := t.catalogExpr(s, text)
	y, ok := t.coerceTo(x, c.Type, c.Typmod, assignment, -1)
	if !ok {
		t.failf(-1, pgerr.DatatypeMismatch, "default for column \"%s\" cannot be cast automatically to type %s", c.Name, typeText(c.Type))
	}
	return t.bareSQL(s.items[0].rte, y)
}

func (t *alteration) nullsError(c *catalog.Column) *pgerr.Error {
	e := t.violation(pgerr.NotNullViolation, "column \"%s\" of relation \"%s\" contains null values", c.Name, t.r.Name)
	e.Column = c.Name
	return e
}

// setNotNull is SET NOT NULL.
func (t *alteration) setNotNull(c *catalog.Column) {
	if c.NotNull {
		return
	}
	c.NotNull = true
	t.raise([]int16{c.Num}, t.nullsError(c), "",
		"SELECT 1 FROM "+t.r.Physical+" WHERE "+c.Physical+" IS NULL")
	t.native = append(t.native, "ALTER TABLE "+t.r.Physical+" ALTER COLUMN "+c.Physical+" SET NOT NULL")
}

// dropNotNull is DROP NOT NULL.
func (t *alteration) dropNotNull(cmd *ast.AlterTableCmd) {
	c := t.column(t.r, cmd.Name)
	if pk := t.r.PrimaryKey(); pk != nil && slices.Contains(pk.Columns, c.Num) {
		t.failf(-1, pgerr.InvalidTableDefinition, "column \"%s\" is in a primary key", c.Name)
	}
	if c.Identity != 0 {
		t.failf(-1, pgerr.SyntaxError, "column \"%s\" of relation \"%s\" is an identity column", c.Name, t.r.Name)
	}
	if c.NotNull {
		c.NotNull = false
		t.native = append(t.native, "ALTER TABLE "+t.r.Physical+" ALTER COLUMN "+c.Physical+" DROP NOT NULL")
	}
}

// columnDefault is SET DEFAULT and DROP DEFAULT.
func (t *alteration) columnDefault(cmd *ast.AlterTableCmd) {
	c := t.column(t.r, cmd.Name)
	if c.Identity != 0 {
		e := pgerr.New(pgerr.SyntaxError, "column \"%s\" of relation \"%s\" is an identity column", c.Name, t.r.Name)
		if cmd.Expr == nil {
			e = e.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.")
		}
		t.fail(-1, e)
	}
	if c.Generated != 0 {
		e := pgerr.New(pgerr.SyntaxError, "column \"%s\" of relation \"%s\" is a generated column", c.Name, t.r.Name)
		if cmd.Expr == nil {
			e = e.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead.")
		}
		t.fail(-1, e)
	}
	if cmd.Expr == nil {
		t.edit.SetDefault(c, "")
		return
	}
	for _, k := range t.r.Constraints {
		if (k.OnDelete == 'd' || k.OnUpdate == 'd') && slices.Contains(k.Columns, c.Num) {
			t.fail(-1, errSetDefault())
		}
	}
	t.edit.SetDefault(c, t.defaultText(c, cmd.Expr))
}

// identity is ADD GENERATED AS IDENTITY, SET (options), DROP IDENTITY and DROP
// EXPRESSION.
func (t *alteration) identity(cmd *ast.AlterTableCmd) {
	c := t.column(t.r, cmd.Name)
	switch cmd.Kind {
	case ast.ATAddIdentity:
		switch {
		case !c.NotNull:
			t.failf(-1, pgerr.ObjectNotInPrerequisiteState, "column \"%s\" of relation \"%s\" must be declared NOT NULL before identity can be added", c.Name, t.r.Name)
		case c.Identity != 0:
			t.failf(-1, pgerr.ObjectNotInPrerequisiteState, "column \"%s\" of relation \"%s\" is already an identity column", c.Name, t.r.Name)
		case c.Default != "":
			t.failf(-1, pgerr.ObjectNotInPrerequisiteState, "column \"%s\" of relation \"%s\" already has a default value", c.Name, t.r.Name)
		}
		(&newTable{ddl: t.ddl, r: t.r, schema: t.cat.SchemaByOID(t.r.Schema)}).addIdentity(c, cmd.Constraint)
	case ast.ATSetIdentity:
		t.requireIdentity(c)
		t.setIdentity(c, cmd.Options)
	case ast.ATDropIdentity:
		if c.Identity == 0 && cmd.MissingOk {
			t.notice(pgerr.SuccessfulCompletion, "column \"%s\" of relation \"%s\" is not an identity column, skipping", c.Name, t.r.Name)
			return
		}
		t.requireIdentity(c)
		t.edit.DropRelation(c.OwnedSequence)
		c.Identity, c.OwnedSequence = 0, 0
	case ast.ATDropExpression:
		if c.Generated == 0 {
			if cmd.MissingOk {
				t.notice(pgerr.SuccessfulCompletion, "column \"%s\" of relation \"%s\" is not a stored generated column, skipping", c.Name, t.r.Name)
				return
			}
			t.failf(-1, pgerr.ObjectNotInPrerequisiteState, "column \"%s\" of relation \"%s\" is not a stored generated column", c.Name, t.r.Name)
		}
		c.Generated = 0
		t.edit.SetDefault(c, "")
	}
}

func (t *alteration) requireIdentity(c *catalog.Column) {
	if c.Identity == 0 {
		t.failf(-1, pgerr.ObjectNotInPrerequisiteState, "column \"%s\" of relation \"%s\" is not an identity column", c.Name, t.r.Name)
	}
}

// setIdentity is SET GENERATED and the sequence options of an identity column.
func (t *alteration) setIdentity(c *catalog.Column, options []ast.DefElem) {
	var rest []ast.DefElem
	for _, e := range options {
		if e.Name != "generated" {
			rest = append(rest, e)
			continue
		}
		c.Identity = 'd'
		switch v := e.Arg.(type) {
		case ast.DefString:
			if v == "always" || v == "a" {
				c.Identity = 'a'
			}
		case ast.DefBool:
			if v {
				c.Identity = 'a'
			}
		case ast.DefInt:
			c.Identity = byte(v)
		}
	}
	if len(rest) > 0 {
		t.changeSequence(t.edit.Relation(c.OwnedSequence), rest)
	}
}

// dropColumn is DROP COLUMN.
func (t *alteration) dropColumn(cmd *ast.AlterTableCmd) {
	c := t.r.Column(cmd.Name)
	if c == nil {
		if !cmd.MissingOk {
			t.failf(-1, pgerr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", cmd.Name, t.r.Name)
		}
		t.notice(pgerr.SuccessfulCompletion, "column \"%s\" of relation \"%s\" does not exist, skipping", cmd.Name, t.r.Name)
		return
	}
	name := "column " + catalog.QuoteIdent(c.Name) + " of " + t.describe(t.old)
	t.dropColumnUsers(c, cmd.Behavior, name)
	for _, k := range slices.Clone(t.r.Constraints) {
		if slices.Contains(k.Columns, c.Num) {
			t.removeConstraint(k, cmd.Behavior, name)
		}
	}
	for _, i := range slices.Clone(t.r.Indexes) {
		if t.indexUses(i, c.Num) {
			if i.Physical != "" {
				t.native = append(t.native, "DROP INDEX "+i.Physical)
			}
			t.edit.DropIndex(t.r, i.OID)
		}
	}
	if c.OwnedSequence != 0 {
		t.edit.DropRelation(c.OwnedSequence)
	}
	t.native = append(t.native, "ALTER TABLE "+t.r.Physical+" DROP COLUMN "+c.Physical)
	t.edit.DropColumn(t.r, c.Num)
}

// indexUses tells whether the index has the column in a key, an expression, its
// predicate or its included columns.
func (t *alteration) indexUses(i *catalog.Index, num int16) bool {
	if slices.Contains(i.Include, num) || t.textUses(i.Where, num) {
		return true
	}
	return slices.ContainsFunc(i.Columns, func(key catalog.IndexColumn) bool {
		return key.Num == num || t.textUses(key.Expr, num)
	})
}

// textUses tells whether an expression of the catalog over r uses the column.
func (t *alteration) textUses(text string, num int16) bool {
	return text != "" && slices.Contains(usedColumns(t.r, t.catalogExpr(t.relationScope(t.r), text)), num)
}

// dropColumnUsers drops, or refuses for, the views and generated columns that
// use the column.
func (t *alteration) dropColumnUsers(c *catalog.Column, behavior ast.DropBehavior, name string) {
	d := &dropper{ddl: t.ddl, cascade: behavior == ast.Cascade, gone: map[uint32]bool{}, roots: []root{{name: name}}}
	for _, view := range t.cat.ViewsOver(t.r.OID) {
		if slices.Contains(view.View.Depends, catalog.ViewDependency{Relation: t.r.OID, Column: c.Num}) {
			d.depend(view, t.describe(view)+" depends on "+name)
		}
	}
	var generated []*catalog.Column
	for _, other := range t.r.Columns {
		if other.Generated != 0 && other.Num != c.Num && t.textUses(other.Default, c.Num) {
			text := "column " + catalog.QuoteIdent(other.Name) + " of " + t.describe(t.old)
			d.blockers = append(d.blockers, text+" depends on "+name)
			d.cascades = append(d.cascades, text)
			generated = append(generated, other)
		}
	}
	d.report()
	for _, oid := range d.order {
		d.dropRelation(oid)
	}
	for _, other := range generated {
		t.dropColumn(&ast.AlterTableCmd{Name: other.Name, Behavior: behavior})
	}
}

// alterType is ALTER COLUMN TYPE.
func (t *alteration) alterType(cmd *ast.AlterTableCmd) {
	c := t.column(t.r, cmd.Name)
	t.checkTypeUsers(c)
	oid, typmod := t.typeName(cmd.Type)
	t.checkStorable(c.Name, oid)
	s := t.relationScope(t.old)
	var x expr
	if cmd.Expr != nil {
		x = t.exprIn(s, cmd.Expr, inUsing)
	} else {
		x = newVar(s.items[0].rte, s.items[0].find(c.Name), -1)
	}
	y, ok := t.coerceTo(x, oid, typmod, assignment, -1)
	if !ok {
		what, hint := "column \""+c.Name+"\"", "You might need to specify \"USING "+catalog.QuoteIdent(c.Name)+"::"+types.FormatType(oid, typmod)+"\"."
		if cmd.Expr != nil {
			what, hint = "result of USING clause for column \""+c.Name+"\"", "You might need to add an explicit cast."
		}
		t.fail(-1, pgerr.New(pgerr.DatatypeMismatch, "%s cannot be cast automatically to type %s", what, typeText(oid)).WithHint("%s", hint))
	}
	value := t.bareSQL(s.items[0].rte, y)
	t.source[c.Num] = value
	keeps := value == c.Physical || cmd.Expr == nil && oid == c.Type && widens(oid, c.Typmod, typmod)
	switch {
	case types.StrictDecl(oid) != types.StrictDecl(c.Type), oid != c.Type && t.inTexts(c.Num):
		t.again = true // what is declared over the column means something else now
	case keeps:
	case c.Physical == t.old.RowID:
		t.again = true
	default:
		t.update = append(t.update, c.Physical+" = "+value)
	}
	if c.Default != "" {
		d := t.catalogExpr(&scope{}, c.Default)
		if _, ok := t.coerceTo(d, oid, typmod, assignment, -1); !ok {
			t.failf(-1, pgerr.DatatypeMismatch, "default for column \"%s\" cannot be cast automatically to type %s", c.Name, typeText(oid))
		}
	}
	c.Type, c.Typmod, c.Collation = oid, typmod, catalog.TypeCollation(oid)
	t.setCollation(c, cmd.Collation)
	t.retypeIndexes(c)
	if c.OwnedSequence != 0 && c.Identity != 0 {
		t.retypeSequence(c)
	}
	t.r.SettleRowID()
	t.again = t.again || t.r.RowID != t.old.RowID
}

// widens tells whether every value of the type under one modifier is the same
// under another.
func widens(oid types.OID, from, to int32) bool {
	if to < 0 || from == to {
		return true
	}
	if from < 0 {
		return false
	}
	switch oid {
	case types.VarcharOID:
		return to >= from
	case types.NumericOID:
		precision, scale, _ := types.NumericTypmod(from)
		newPrecision, newScale, _ := types.NumericTypmod(to)
		return newScale == scale && newPrecision >= precision
	}
	return false
}

// inTexts tells whether a check, an index expression or a predicate uses the column.
func (t *alteration) inTexts(num int16) bool {
	for _, k := range t.r.Constraints {
		if k.Kind == catalog.Check && slices.Contains(k.Columns, num) {
			return true
		}
	}
	return slices.ContainsFunc(t.r.Indexes, func(i *catalog.Index) bool {
		return t.textUses(i.Where, num) || slices.ContainsFunc(i.Columns, func(key catalog.IndexColumn) bool {
			return t.textUses(key.Expr, num)
		})
	})
}

// retypeSequence makes an identity's sequence follow its column's type.
func (t *alteration) retypeSequence(c *catalog.Column) {
	switch c.Type {
	case types.Int2OID, types.Int4OID, types.Int8OID:
	default:
		t.failf(-1, pgerr.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
	}
	s := t.edit.Relation(c.OwnedSequence).Sequence
	low, high := typeBounds(s.Type)
	newLow, newHigh := typeBounds(c.Type)
	if s.Min == low {
		s.Min = newLow
	}
	if s.Max == high {
		s.Max = newHigh
	}
	s.Type = c.Type
}

// retypeIndexes makes the keys over the column follow its type.
func (t *alteration) retypeIndexes(c *catalog.Column) {
	for _, i := range t.r.Indexes {
		for n := range i.Columns {
			if key := &i.Columns[n]; key.Num == c.Num {
				key.Type, key.Typmod, key.Collation = c.Type, c.Typmod, c.Collation
				t.checkIndexable(c.Type, i.Method)
				key.OpClass = catalog.DefaultOpClass(i.Method, c.Type)
			}
		}
	}
}

// checkTypeUsers refuses to change the type of a column that others use.
func (t *alteration) checkTypeUsers(c *catalog.Column) {
	for _, view := range t.cat.ViewsOver(t.r.OID) {
		if slices.Contains(view.View.Depends, catalog.ViewDependency{Relation: t.r.OID, Column: c.Num}) {
			t.fail(-1, pgerr.New(pgerr.FeatureNotSupported, "cannot alter type of a column used by a view or rule").
				WithDetail("rule _RETURN on %s depends on column \"%s\"", t.describe(view), c.Name))
		}
	}
	if c.Generated != 0 {
		return
	}
	for _, other := range t.r.Columns {
		if other.Generated != 0 && t.textUses(other.Default, c.Num) {
			t.fail(-1, pgerr.New(pgerr.SyntaxError, "cannot alter type of a column used by a generated column").
				WithDetail("Column \"%s\" is used by generated column \"%s\".", c.Name, other.Name))
		}
	}
	for _, ref := range t.cat.ReferencingForeignKeys(t.r.OID) {
		if ref.Relation.OID != t.r.OID && slices.Contains(ref.Constraint.RefColumns, c.Num) {
			t.fail(-1, pgerr.Unsupported("changing the type of a column that a foreign key references is not supported"))
		}
	}
}
