package catalog

import (
	"maps"
	"slices"

	"polyreme/pgsql/types"
)

// Edit is a change of the schema in the making: a DDL statement takes one
// from the current Catalog, changes its objects, and ends with Catalog (the
// next version) and Operations (the rows of pg_catalog that record it).
//
// Objects got from the Edit's own methods (Table, NewTable, ...) may be
// changed freely until Catalog is called; objects of the base Catalog must not.
type Edit struct {
	base    *Catalog
	nextOID uint32

	// What is changed, by OID; a nil value is a dropped object.
	schemas   map[uint32]*Schema
	relations map[uint32]*Relation
	comments  map[ObjectID]string // "" drops the comment
	restarts  []SequenceRestart

	done *Catalog
}

// SequenceRestart sets the state of a sequence.
type SequenceRestart struct {
	Sequence uint32
	Value    int64
	Called   bool
}

// Edit starts a change of the schema.
func (c *Catalog) Edit() *Edit {
	return &Edit{
		base:      c,
		nextOID:   c.NextOID,
		schemas:   map[uint32]*Schema{},
		relations: map[uint32]*Relation{},
		comments:  map[ObjectID]string{},
	}
}

// Base returns the Catalog that the Edit started from.
func (e *Edit) Base() *Catalog { return e.base }

// Version returns the schema version that the Edit makes.
func (e *Edit) Version() uint64 { return e.base.Version + 1 }

// NewOID returns an OID for a new object.
func (e *Edit) NewOID() uint32 {
	oid := e.nextOID
	e.nextOID++
	return oid
}

// Schema returns the schema name as it now is, or nil.
func (e *Edit) Schema(name string) *Schema {
	for _, s := range sortedValues(e.schemas) {
		if s != nil && s.Name == name {
			return s
		}
	}
	s := e.base.schemaNames[name]
	if s == nil {
		return nil
	}
	if _, changed := e.schemas[s.OID]; changed {
		return nil // dropped or renamed
	}
	return s
}

// NewSchema creates a schema.
func (e *Edit) NewSchema(name string, owner uint32) *Schema {
	s := &Schema{OID: e.NewOID(), Name: name, Owner: owner}
	e.schemas[s.OID] = s
	return s
}

// DropSchema drops an empty schema.
func (e *Edit) DropSchema(oid uint32) {
	e.schemas[oid] = nil
	e.dropComments(PgNamespaceOID, oid)
}

// RenameSchema gives the schema a new name.
func (e *Edit) RenameSchema(oid uint32, name string) {
	s := *e.base.schemas[oid]
	s.Name = name
	e.schemas[oid] = &s
	for _, r := range e.base.relations.all() {
		if r.Schema == oid && r.Kind != KindIndex {
			e.Relation(r.OID).SchemaName = name
		}
	}
}

// Relation returns the relation oid for change, or nil where there is none.
// An index relation is changed through its table (see Index).
func (e *Edit) Relation(oid uint32) *Relation {
	if r, ok := e.relations[oid]; ok {
		return r
	}
	r := e.base.relations.get(oid)
	if r == nil {
		return nil
	}
	if r.Kind == KindIndex {
		panic("catalog: index " + r.Name + " is changed through its table")
	}
	c := r.clone()
	e.relations[oid] = c
	return c
}

// Index returns the table of the index oid and the index, both for change.
func (e *Edit) Index(oid uint32) (*Relation, *Index) {
	for _, r := range e.relations {
		if r != nil {
			if i := r.IndexByOID(oid); i != nil {
				return r, i
			}
		}
	}
	i := e.base.Index(oid)
	if i == nil {
		return nil, nil
	}
	r := e.Relation(i.Table)
	if r == nil {
		return nil, nil
	}
	return r, r.IndexByOID(oid)
}

// Peek returns the relation oid as it now is, without marking it changed.
func (e *Edit) Peek(oid uint32) *Relation {
	if r, ok := e.relations[oid]; ok {
		return r
	}
	return e.base.relations.get(oid)
}

// NameTaken tells whether the schema has a relation (table, index, view,
// sequence) of that name now.
func (e *Edit) NameTaken(schema uint32, name string) bool {
	for _, r := range e.relations {
		if r == nil || r.Schema != schema {
			continue
		}
		if r.Name == name {
			return true
		}
		for _, i := range r.Indexes {
			if i.Name == name {
				return true
			}
		}
	}
	r := e.base.Relation(schema, name)
	if r == nil {
		return false
	}
	home := r.OID
	if r.Index != nil {
		home = r.Index.Table
	}
	_, changed := e.relations[home]
	return !changed // a changed one was looked at above
}

// TypeNameTaken tells whether the schema has a user-defined type of that name.
func (e *Edit) TypeNameTaken(schema uint32, name string) bool {
	for _, r := range e.relations {
		if r != nil && r.RowType != 0 && r.Schema == schema && (r.Name == name || "_"+r.Name == name) {
			return true
		}
	}
	t := e.base.Type(schema, name)
	if t == nil {
		return false
	}
	home := t.Relation
	if row := e.base.TypeByOID(t.Elem); home == 0 && row != nil {
		home = row.Relation
	}
	_, changed := e.relations[home]
	return !changed
}

// NewTable creates a table without columns in the schema.
func (e *Edit) NewTable(schema *Schema, name string, owner uint32) *Relation {
	r := e.newRelation(schema, name, owner, KindTable)
	r.Physical = TablePhysical(r.OID)
	r.RowID = RowIDColumn
	e.newRowType(r)
	return r
}

// NewView creates a view without columns in the schema.
func (e *Edit) NewView(schema *Schema, name string, owner uint32, view *View) *Relation {
	r := e.newRelation(schema, name, owner, KindView)
	e.newRowType(r)
	view.RuleOID = e.NewOID()
	r.View = view
	return r
}

// NewSequence creates a sequence in the schema, and its state.
func (e *Edit) NewSequence(schema *Schema, name string, owner uint32, s *Sequence) *Relation {
	r := e.newRelation(schema, name, owner, KindSequence)
	r.Physical = TablePhysical(r.OID)
	r.Sequence = s
	r.Columns = sequenceColumns()
	e.restarts = append(e.restarts, SequenceRestart{Sequence: r.OID, Value: s.Start})
	return r
}

// RestartSequence sets the state of a sequence (ALTER SEQUENCE RESTART).
func (e *Edit) RestartSequence(oid uint32, value int64, called bool) {
	e.restarts = append(e.restarts, SequenceRestart{Sequence: oid, Value: value, Called: called})
}

func (e *Edit) newRelation(schema *Schema, name string, owner uint32, kind byte) *Relation {
	r := &Relation{
		OID:         e.NewOID(),
		Schema:      schema.OID,
		SchemaName:  schema.Name,
		Name:        name,
		Kind:        kind,
		Persistence: 'p',
		Owner:       owner,
	}
	if _, temporary := TemporaryNumber(schema.Name); temporary {
		r.Persistence = 't'
	}
	e.relations[r.OID] = r
	return r
}

// newRowType gives r its composite type and the array over it.
func (e *Edit) newRowType(r *Relation) {
	array := e.NewOID()
	row := e.NewOID()
	r.ArrayType, r.RowType = array, row
}

// NewColumn appends a column to the table or view. Its remaining fields are
// the caller's to fill.
func (e *Edit) NewColumn(r *Relation, name string, typ types.OID, typmod int32) *Column {
	column := &Column{
		Num:       int16(len(r.Columns) + 1),
		Name:      name,
		Type:      typ,
		Typmod:    typmod,
		Collation: TypeCollation(typ),
	}
	if r.Kind == KindTable {
		column.Physical = ColumnPhysical(column.Num)
	}
	r.Columns = append(r.Columns, column)
	return column
}

// SetDefault sets or, with "", drops the default of a column.
func (e *Edit) SetDefault(column *Column, expr string) {
	column.Default = expr
	switch {
	case expr == "":
		column.DefaultOID = 0
	case column.DefaultOID == 0:
		column.DefaultOID = e.NewOID()
	}
}

// DropColumn marks a column dropped, as PostgreSQL does. Constraints and
// indexes on it are the caller's to drop first.
func (e *Edit) DropColumn(r *Relation, num int16) {
	old := r.Columns[num-1]
	e.comments[ObjectID{PgClassOID, r.OID, int32(num)}] = ""
	r.Columns[num-1] = &Column{
		Num:     num,
		Name:    droppedName(num),
		Typmod:  old.Typmod,
		Dropped: true,
	}
}

// NewIndex appends an index to the table. A zero OpClass or collation of a key
// column is filled with its type's default.
func (e *Edit) NewIndex(r *Relation, index *Index) *Index {
	index.OID = e.NewOID()
	index.Table = r.OID
	index.Physical = IndexPhysical(index.OID)
	if index.Method == "" {
		index.Method = "btree"
	}
	for i := range index.Columns {
		fillIndexColumn(r, index, i)
	}
	r.Indexes = append(r.Indexes, index)
	return index
}

// DropIndex removes the index from the table.
func (e *Edit) DropIndex(r *Relation, oid uint32) {
	r.Indexes = slices.DeleteFunc(r.Indexes, func(i *Index) bool { return i.OID == oid })
	e.dropComments(PgClassOID, oid)
}

// NewConstraint appends a constraint to the table. A foreign key marks both of
// its tables as PostgreSQL does, which keeps triggers on them: psql looks for
// foreign keys only where such a mark is.
func (e *Edit) NewConstraint(r *Relation, k *Constraint) *Constraint {
	k.OID = e.NewOID()
	if k.Kind == ForeignKey {
		r.Triggers = true
		if referenced := e.Relation(k.RefRelation); referenced != nil {
			referenced.Triggers = true
		}
	}
	r.Constraints = append(r.Constraints, k)
	return k
}

// DropConstraint removes the constraint, and the index that it owns, from the table.
func (e *Edit) DropConstraint(r *Relation, oid uint32) {
	k := r.ConstraintByOID(oid)
	r.Constraints = slices.DeleteFunc(r.Constraints, func(k *Constraint) bool { return k.OID == oid })
	e.dropComments(PgConstraintOID, oid)
	if k != nil && (k.Kind == PrimaryKey || k.Kind == Unique) {
		e.DropIndex(r, k.Index)
	}
}

// DropRelation drops a table with its indexes and constraints, a view or a
// sequence. Dependents are the caller's to drop.
func (e *Edit) DropRelation(oid uint32) {
	r := e.Peek(oid)
	if r == nil {
		return
	}
	for _, i := range r.Indexes {
		e.dropComments(PgClassOID, i.OID)
	}
	for _, k := range r.Constraints {
		e.dropComments(PgConstraintOID, k.OID)
	}
	e.dropComments(PgClassOID, oid)
	e.restarts = slices.DeleteFunc(e.restarts, func(s SequenceRestart) bool { return s.Sequence == oid })
	e.relations[oid] = nil
}

// SetComment sets or, with "", drops the comment on an object.
func (e *Edit) SetComment(class, oid uint32, sub int32, text string) {
	e.comments[ObjectID{class, oid, sub}] = text
}

// dropComments drops the comments on an object and its columns.
func (e *Edit) dropComments(class, oid uint32) {
	for id := range e.base.comments.all() {
		if id.Class == class && id.OID == oid {
			e.comments[id] = ""
		}
	}
	for id := range e.comments {
		if id.Class == class && id.OID == oid {
			e.comments[id] = ""
		}
	}
}

// Catalog ends the Edit and returns the next version of the schema. Calling it
// again returns the same.
func (e *Edit) Catalog() *Catalog {
	if e.done != nil {
		return e.done
	}
	next := &Catalog{
		Version: e.Version(), NextOID: e.nextOID,
		schemas: maps.Clone(e.base.schemas), roles: e.base.roles, roleNames: e.base.roleNames,
		relations: e.base.relations.next(), types: e.base.types.next(), comments: e.base.comments.next(),
		relationNames: e.base.relationNames.next(), typeNames: e.base.typeNames.next(),
		constraintHome: e.base.constraintHome.next(), referencing: e.base.referencing.next(),
		viewsOver: e.base.viewsOver.next(), ownedSequences: e.base.ownedSequences.next(),
	}
	for oid, s := range e.schemas {
		if s == nil {
			delete(next.schemas, oid)
		} else {
			next.schemas[oid] = s
		}
	}
	next.deriveSchemas()
	// First all that goes, so that its names are free for what comes.
	for oid := range e.relations {
		if old := e.base.relations.get(oid); old != nil {
			next.removeRelation(old)
		}
	}
	for _, r := range e.relations {
		if r != nil {
			r.Version = next.Version
			r.SettleRowID()
			next.addRelation(r)
		}
	}
	for id, text := range e.comments {
		if text == "" {
			next.comments.drop(id)
		} else {
			next.comments.set(id, text)
		}
	}
	e.done = next
	return next
}

// SetSchemaOwner gives the schema another owner.
func (e *Edit) SetSchemaOwner(oid, owner uint32) {
	s := *e.base.schemas[oid]
	s.Owner = owner
	e.schemas[oid] = &s
}
