package plan

import (
	"slices"
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

const columnsMax = 1600 // MaxHeapAttributeNumber

func (a *analyzer) createTable(s *ast.CreateStmt) *Statement {
	a.checkCreateForm(s)
	d := a.newDDL()
	schema := d.creationSchema(s.Rel)
	if d.edit.NameTaken(schema.OID, s.Rel.Name) {
		if s.IfNotExists {
			a.notice(pgerr.DuplicateTable, "relation \"%s\" already exists, skipping", s.Rel.Name)
			return a.nothing("CREATE TABLE")
		}
		a.failf(-1, pgerr.DuplicateTable, "relation \"%s\" already exists", s.Rel.Name)
	}
	t := d.newTable(schema, s.Rel.Name)
	d.onCommitOf(s, t.r)
	if s.Rel.Persistence == ast.Unlogged {
		t.r.Persistence = 'u'
	}
	t.r.Options = d.storageOptions(s.Options)
	for _, elem := range s.Order {
		switch elem := elem.(type) {
		case *ast.ColumnDef:
			t.addColumn(elem)
		case *ast.TableLike:
			t.like(elem)
		case *ast.Constraint:
			t.later = append(t.later, pending{elem, ""})
		}
	}
	if len(t.r.Columns) > columnsMax {
		a.failf(-1, pgerr.TooManyColumns, "tables can have at most %d columns", columnsMax)
	}
	t.addConstraints()
	t.create()
	return d.statement("CREATE TABLE")
}

// checkCreateForm refuses the forms of CREATE TABLE that are not there.
func (a *analyzer) checkCreateForm(s *ast.CreateStmt) {
	switch {
	case s.Server != "":
		a.fail(-1, pgerr.Unsupported("foreign tables are not supported"))
	case s.OfType != nil:
		a.fail(-1, pgerr.Unsupported("typed tables are not supported"))
	case s.PartitionOf != nil, s.PartitionBy != nil:
		a.fail(-1, pgerr.Unsupported("partitioned tables are not supported"))
	case len(s.Inherits) > 0:
		a.fail(-1, pgerr.Unsupported("table inheritance is not supported"))
	case s.AccessMethod != "" && s.AccessMethod != "heap":
		a.failf(-1, pgerr.UndefinedObject, "access method \"%s\" does not exist", s.AccessMethod)
	}
	a.checkTablespace(s.Tablespace)
}

func (a *analyzer) checkTablespace(name string) {
	if name != "" && name != "pg_default" {
		a.failf(-1, pgerr.UndefinedObject, "tablespace \"%s\" does not exist", name)
	}
}

// storageOptions reads WITH (...) of tables and indexes. They do not change
// how rows are stored here; the catalog keeps them.
func (d *ddl) storageOptions(options []ast.DefElem) []string {
	var list []string
	for i := range options {
		e := &options[i]
		switch e.Name {
		case "fillfactor", "parallel_workers", "toast_tuple_target", "user_catalog_table", "vacuum_truncate",
			"vacuum_index_cleanup", "log_autovacuum_min_duration", "deduplicate_items", "fastupdate",
			"gin_pending_list_limit", "pages_per_range", "autosummarize", "buffering":
		case "oids":
			if b, ok := optionText(e); ok && b != "false" && b != "off" {
				d.failf(-1, pgerr.FeatureNotSupported, "tables declared WITH OIDS are not supported")
			}
			continue
		default:
			if !strings.HasPrefix(e.Name, "autovacuum_") {
				d.failf(-1, pgerr.InvalidParameterValue, "unrecognized parameter \"%s\"", e.Name)
			}
		}
		text, _ := optionText(e)
		list = append(list, e.Name+"="+text)
	}
	return list
}

// optionText is the value of an option as reloptions keep it.
func optionText(e *ast.DefElem) (string, bool) {
	switch v := e.Arg.(type) {
	case nil:
		return "true", true
	case ast.DefString:
		return string(v), true
	case ast.DefInt:
		return itoa(int(v)), true
	case ast.DefFloat:
		return string(v), true
	case ast.DefBool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}

// newTable is a table in the making.
type newTable struct {
	*ddl
	r      *catalog.Relation
	schema *catalog.Schema
	later  []pending // constraints, added when all columns are known
}

// pending is a constraint and the column that it was written at, or "".
type pending struct {
	def    *ast.Constraint
	column string
}

func (d *ddl) newTable(schema *catalog.Schema, name string) *newTable {
	if d.edit.TypeNameTaken(schema.OID, name) {
		d.fail(-1, pgerr.New(pgerr.DuplicateObject, "type \"%s\" already exists", name).
			WithHint("A relation has an associated type of the same name, so you must use a name that doesn't conflict with any existing type."))
	}
	return &newTable{ddl: d, r: d.edit.NewTable(schema, name, d.owner()), schema: schema}
}

// serialType returns the integer type that a serial pseudo-type stands for.
func serialType(t *ast.TypeName) types.OID {
	if len(t.Names) != 1 || len(t.ArrayBounds) > 0 {
		return 0
	}
	switch t.Names[0] {
	case "smallserial", "serial2":
		return types.Int2OID
	case "serial", "serial4":
		return types.Int4OID
	case "bigserial", "serial8":
		return types.Int8OID
	}
	return 0
}

// columnState is what has been said about a column.
type columnState struct {
	null, notNull, hasDefault, identity, generated bool
}

// addColumn adds a column; its table-like constraints wait.
func (t *newTable) addColumn(def *ast.ColumnDef) *catalog.Column {
	t.checkColumnName(def)
	typ, typmod := types.OID(0), int32(-1)
	serial := serialType(def.Type)
	if serial != 0 {
		typ = serial
	} else {
		typ, typmod = t.typeName(def.Type)
		t.checkStorable(def.Name, typ)
	}
	c := t.edit.NewColumn(t.r, def.Name, typ, typmod)
	t.setCollation(c, def.Collation)
	var state columnState
	if serial != 0 {
		t.addSerial(c)
		state.hasDefault = true
	}
	for _, k := range def.Constraints {
		t.columnConstraint(c, k, &state)
	}
	return c
}

func (t *newTable) checkColumnName(def *ast.ColumnDef) {
	switch def.Name {
	case "tableoid", "cmax", "xmax", "cmin", "xmin", "ctid":
		t.failf(-1, pgerr.DuplicateColumn, "column name \"%s\" conflicts with a system column name", def.Name)
	}
	if t.r.Column(def.Name) != nil {
		t.failf(-1, pgerr.DuplicateColumn, "column \"%s\" specified more than once", def.Name)
	}
}

// checkStorable refuses types that no column may have.
func (d *ddl) checkStorable(column string, oid types.OID) {
	if bt := types.ByOID(oid); bt == nil || bt.Kind == 'p' || bt.Kind == 'c' {
		d.failf(-1, pgerr.InvalidTableDefinition, "column \"%s\" has pseudo-type %s", column, typeText(oid))
	}
}

// setCollation sets an explicit COLLATE. All collations here order by bytes.
func (d *ddl) setCollation(c *catalog.Column, names []string) {
	if len(names) == 0 {
		return
	}
	name := names[len(names)-1]
	oid := catalog.CollationOID(name)
	if oid == 0 {
		d.failf(-1, pgerr.UndefinedObject, "collation \"%s\" for encoding \"UTF8\" does not exist", name)
	}
	if c.Collation == 0 {
		d.failf(-1, pgerr.DatatypeMismatch, "collations are not supported by type %s", typeText(c.Type))
	}
	c.Collation = oid
}

// addSerial makes the sequence of a serial column.
func (t *newTable) addSerial(c *catalog.Column) {
	name := t.relationName(t.schema.OID, t.r.Name, c.Name, "seq")
	sequence := t.newSequence(t.schema, name, c.Type, nil)
	sequence.Sequence.OwnedBy, sequence.Sequence.OwnedColumn = t.r.OID, c.Num
	c.OwnedSequence, c.NotNull = sequence.OID, true
	t.edit.SetDefault(c, catalog.NextvalDefault(sequence.OID))
}

// columnConstraint applies one constraint written at a column.
func (t *newTable) columnConstraint(c *catalog.Column, k *ast.Constraint, state *columnState) {
	switch k.Kind {
	case ast.ConstraintNull:
		if state.notNull || state.identity {
			t.conflictingNull(c, k)
		}
		state.null = true
	case ast.ConstraintNotNull:
		if state.null {
			t.conflictingNull(c, k)
		}
		state.notNull, c.NotNull = true, true
	case ast.ConstraintDefault:
		if state.hasDefault {
			t.failf(k.Pos(), pgerr.SyntaxError, "multiple default values specified for column \"%s\" of table \"%s\"", c.Name, t.r.Name)
		}
		t.checkOnce(c, k, state)
		state.hasDefault = true
		t.edit.SetDefault(c, t.defaultText(c, k.Expr))
	case ast.ConstraintIdentity:
		if state.identity {
			t.failf(k.Pos(), pgerr.SyntaxError, "multiple identity specifications for column \"%s\" of table \"%s\"", c.Name, t.r.Name)
		}
		t.checkOnce(c, k, state)
		if state.null {
			t.conflictingNull(c, k)
		}
		state.identity = true
		t.addIdentity(c, k)
	case ast.ConstraintGenerated:
		if state.generated {
			t.failf(k.Pos(), pgerr.SyntaxError, "multiple generation clauses specified for column \"%s\" of table \"%s\"", c.Name, t.r.Name)
		}
		t.checkOnce(c, k, state)
		state.generated = true
		c.Generated = 's'
		t.later = append(t.later, pending{k, c.Name})
	default:
		t.later = append(t.later, pending{k, c.Name})
	}
}

func (t *newTable) conflictingNull(c *catalog.Column, k *ast.Constraint) {
	t.failf(k.Pos(), pgerr.SyntaxError, "conflicting NULL/NOT NULL declarations for column \"%s\" of table \"%s\"", c.Name, t.r.Name)
}

// checkOnce refuses two of default, identity and generation.
func (t *newTable) checkOnce(c *catalog.Column, k *ast.Constraint, state *columnState) {
	names := func(default_, identity, generated bool) (string, bool) {
		switch {
		case default_ && identity:
			return "default and identity", true
		case default_ && generated:
			return "default and generation expression", true
		case identity && generated:
			return "identity and generation expression", true
		}
		return "", false
	}
	both, clash := names(state.hasDefault || k.Kind == ast.ConstraintDefault,
		state.identity || k.Kind == ast.ConstraintIdentity, state.generated || k.Kind == ast.ConstraintGenerated)
	if clash {
		t.failf(k.Pos(), pgerr.SyntaxError, "both %s specified for column \"%s\" of table \"%s\"", both, c.Name, t.r.Name)
	}
}

// addIdentity makes the sequence of an identity column.
func (t *newTable) addIdentity(c *catalog.Column, k *ast.Constraint) {
	switch c.Type {
	case types.Int2OID, types.Int4OID, types.Int8OID:
	default:
		t.failf(-1, pgerr.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
	}
	name := ""
	for _, e := range k.Options {
		if names, ok := e.Arg.(ast.DefNames); ok && e.Name == "sequence_name" {
			name = names[len(names)-1]
		}
	}
	if name == "" {
		name = t.relationName(t.schema.OID, t.r.Name, c.Name, "seq")
	}
	sequence := t.newSequence(t.schema, name, c.Type, k.Options)
	s := sequence.Sequence
	s.OwnedBy, s.OwnedColumn, s.Identity = t.r.OID, c.Num, true
	c.OwnedSequence, c.NotNull, c.Identity = sequence.OID, true, 'd'
	if k.Always {
		c.Identity = 'a'
	}
}

// defaultText analyzes a DEFAULT and returns its canonical text.
func (d *ddl) defaultText(c *catalog.Column, e ast.Expr) string {
	return d.storedExpr(d.analyzeDefault(&scope{}, c, e, inDefault), c, "default")
}

// analyzeDefault analyzes an expression that is assigned to the column.
func (d *ddl) analyzeDefault(s *scope, c *catalog.Column, e ast.Expr, in clause) expr {
	if ref := findColumnRef(e); ref != nil && in == inDefault {
		d.failf(ref.Pos(), pgerr.FeatureNotSupported, "cannot use column reference in DEFAULT expression")
	}
	volatile, sequence, kept, notifies := d.volatile, d.usesSequence, d.keptSequence, d.notifies
	x := d.exprIn(s, e, in)
	d.volatile, d.usesSequence, d.keptSequence, d.notifies = volatile, sequence, kept, notifies
	return x
}

// storedExpr checks that x can be assigned to the column and returns the text
// that the catalog keeps: of x itself where its type is known, so that the
// assignment's own coercion is not written twice.
func (d *ddl) storedExpr(x expr, c *catalog.Column, what string) string {
	y, ok := d.coerceTo(x, c.Type, c.Typmod, assignment, x.position())
	if !ok {
		kind := "default expression"
		if what == "generated" {
			kind = "generation expression"
		}
		d.fail(-1, pgerr.New(pgerr.DatatypeMismatch, "column \"%s\" is of type %s but %s is of type %s",
			c.Name, types.FormatType(c.Type, -1), kind, typeText(x.typ())).
			WithHint("You will need to rewrite or cast the expression."))
	}
	if x.typ() == types.UnknownOID {
		x = y
		if k, ok := y.(*castExpr); ok && k.length {
			x = k.x
		}
		if k, ok := x.(*constExpr); ok {
			x = &constExpr{base: base{k.oid, -1, k.pos}, val: k.val}
		}
	}
	if k, ok := y.(*constExpr); ok && k.val.IsNull() && what == "default" {
		return "" // the same as none
	}
	return d.deparse(x)
}

// addConstraints adds the constraints that waited: keys first, so that the
// others find them.
func (t *newTable) addConstraints() {
	for _, p := range t.later {
		if p.def.Kind == ast.ConstraintGenerated {
			t.generate(t.r.Column(p.column), p.def)
		}
	}
	order := []ast.ConstraintKind{ast.ConstraintCheck, ast.ConstraintPrimary, ast.ConstraintUnique, ast.ConstraintExclusion, ast.ConstraintForeign}
	for _, kind := range order {
		for _, p := range t.later {
			if p.def.Kind == kind {
				t.addConstraint(p.def, p.column)
			}
		}
	}
	t.later = nil
}

// generate sets the expression of a generated column.
func (d *ddl) generateText(r *catalog.Relation, c *catalog.Column, k *ast.Constraint) string {
	x := d.analyzeDefault(d.relationScope(r), c, k.Expr, inGenerated)
	for _, num := range usedColumns(r, x) {
		if used := r.ColumnByNum(num); used.Generated != 0 {
			d.fail(k.Pos(), pgerr.New(pgerr.InvalidColumnReference, "cannot use generated column \"%s\" in column generation expression", used.Name).
				WithDetail("A generated column cannot reference another generated column."))
		}
	}
	d.checkImmutable(x, "generation expression is not immutable", pgerr.InvalidObjectDefinition)
	return d.storedExpr(x, c, "generated")
}

func (t *newTable) generate(c *catalog.Column, k *ast.Constraint) {
	t.edit.SetDefault(c, t.generateText(t.r, c, k))
}

// checkImmutable refuses stable and volatile functions.
func (d *ddl) checkImmutable(x expr, message, code string) {
	walk(x, func(x expr) bool {
		if f, ok := x.(*funcExpr); ok && f.fn.Volatility != 'i' {
			d.failf(-1, code, "%s", message)
		}
		return true
	})
}

// findColumnRef returns the first column reference directly in e, or nil.
func findColumnRef(e ast.Expr) *ast.ColumnRef {
	var found *ast.ColumnRef
	visitNodes(e, func(n any) bool {
		if ref, ok := n.(*ast.ColumnRef); ok && found == nil {
			found = ref
		}
		return found == nil
	})
	return found
}

// like copies the columns of another table.
func (t *newTable) like(l *ast.TableLike) {
	from := t.namedRelation(l.Rel)
	switch from.Kind {
	case catalog.KindTable, catalog.KindView, catalog.KindMatview:
	default:
		t.failf(-1, pgerr.WrongObjectType, "relation \"%s\" is invalid in LIKE clause", from.Name)
	}
	has := func(o ast.LikeOptions) bool { return l.Options&o != 0 }
	numbers := map[int16]int16{}
	for _, c := range from.Columns {
		if c.Dropped {
			continue
		}
		if t.r.Column(c.Name) != nil {
			t.failf(-1, pgerr.DuplicateColumn, "column \"%s\" specified more than once", c.Name)
		}
		n := t.edit.NewColumn(t.r, c.Name, c.Type, c.Typmod)
		n.NotNull, n.Collation = c.NotNull, c.Collation
		numbers[c.Num] = n.Num
		switch {
		case c.Identity != 0:
			if has(ast.LikeIdentity) {
				t.addIdentity(n, &ast.Constraint{Always: c.Identity == 'a'})
			}
		case c.Generated != 0:
			if has(ast.LikeGenerated) {
				n.Generated = c.Generated
				t.edit.SetDefault(n, c.Default)
			}
		case c.Default != "" && has(ast.LikeDefaults):
			t.edit.SetDefault(n, c.Default)
		}
		if text := t.cat.Comment(catalog.PgClassOID, from.OID, int32(c.Num)); text != "" && has(ast.LikeComments) {
			t.edit.SetComment(catalog.PgClassOID, t.r.OID, int32(n.Num), text)
		}
	}
	if has(ast.LikeConstraints) {
		for _, k := range from.Constraints {
			if k.Kind == catalog.Check {
				t.edit.NewConstraint(t.r, &catalog.Constraint{
					Name: k.Name, Kind: k.Kind, Columns: renumber(k.Columns, numbers), Expr: k.Expr, Validated: true, NoInherit: k.NoInherit,
				})
			}
		}
	}
	if has(ast.LikeIndexes) {
		t.likeIndexes(from, numbers)
	}
}

func renumber(nums []int16, numbers map[int16]int16) []int16 {
	out := make([]int16, len(nums))
	for i, num := range nums {
		out[i] = numbers[num]
	}
	return out
}

// likeIndexes copies the indexes, with the constraints that they back.
func (t *newTable) likeIndexes(from *catalog.Relation, numbers map[int16]int16) {
	for _, i := range from.Indexes {
		n := *i
		n.Columns = slices.Clone(i.Columns)
		var names []string
		for j := range n.Columns {
			n.Columns[j].Num = numbers[n.Columns[j].Num]
			names = append(names, n.Columns[j].Name)
		}
		n.Include = renumber(i.Include, numbers)
		for _, num := range n.Include {
			names = append(names, t.r.ColumnByNum(num).Name)
		}
		label, name2 := "idx", keyNames(names)
		switch {
		case i.Primary:
			label, name2 = "pkey", ""
		case i.Constraint != 0:
			label = "key"
		}
		n.Name = t.relationName(t.schema.OID, t.r.Name, name2, label)
		n.Constraint = 0
		created := t.edit.NewIndex(t.r, &n)
		if i.Constraint == 0 {
			continue
		}
		k := *from.ConstraintByOID(i.Constraint)
		k.Columns, k.Name, k.Index = renumber(k.Columns, numbers), n.Name, created.OID
		created.Constraint = t.edit.NewConstraint(t.r, &k).OID
	}
}

// create emits the physical table and its indexes.
func (t *newTable) create() {
	t.r.SettleRowID()
	t.sqlite(t.tableSQL(t.r, t.r.Physical))
	t.createIndexes(t.r)
}
