package catalog

import (
	"slices"
	"strconv"

	"polyreme/pgsql/types"
)

// deriveSchemas builds the map of schema names.
func (c *Catalog) deriveSchemas() {
	c.schemaNames = make(map[string]*Schema, len(c.schemas))
	for _, s := range c.schemas {
		c.schemaNames[s.Name] = s
	}
}

// settle ends the building of a catalog from nothing.
func (c *Catalog) settle() {
	c.relations.settle()
	c.types.settle()
	c.comments.settle()
	c.relationNames.settle()
	c.typeNames.settle()
	c.constraintHome.settle()
	c.referencing.settle()
	c.viewsOver.settle()
	c.ownedSequences.settle()
	c.deriveSchemas()
}

// addRelation adds r with its index relations and row types.
func (c *Catalog) addRelation(r *Relation) {
	c.addNamed(r)
	for _, i := range r.Indexes {
		c.addNamed(indexRelation(r, i))
	}
	if r.RowType != 0 && !r.System {
		row, array := rowTypes(r)
		for _, t := range [...]*Type{row, array} {
			c.types.set(t.OID, t)
			c.typeNames.set(objectName{t.Schema, t.Name}, t)
		}
	}
	for _, k := range r.Constraints {
		c.constraintHome.set(k.OID, r.OID)
	}
	r.references(c, func(l *layered[uint32, []uint32], to uint32) {
		list := l.get(to)
		if i, found := slices.BinarySearch(list, r.OID); !found {
			l.set(to, slices.Insert(slices.Clone(list), i, r.OID))
		}
	})
}

func (c *Catalog) addNamed(r *Relation) {
	c.relations.set(r.OID, r)
	c.relationNames.set(objectName{r.Schema, r.Name}, r)
}

// removeRelation undoes addRelation.
func (c *Catalog) removeRelation(r *Relation) {
	c.removeNamed(r)
	for _, i := range r.Indexes {
		c.removeNamed(c.relations.get(i.OID))
	}
	for _, oid := range [...]uint32{r.RowType, r.ArrayType} {
		if t := c.types.get(types.OID(oid)); t != nil {
			c.types.drop(t.OID)
			c.typeNames.drop(objectName{t.Schema, t.Name})
		}
	}
	for _, k := range r.Constraints {
		c.constraintHome.drop(k.OID)
	}
	r.references(c, func(l *layered[uint32, []uint32], to uint32) {
		list := slices.Clone(l.get(to))
		if i, found := slices.BinarySearch(list, r.OID); found {
			list = slices.Delete(list, i, i+1)
		}
		if len(list) == 0 {
			l.drop(to)
		} else {
			l.set(to, list)
		}
	})
}

func (c *Catalog) removeNamed(r *Relation) {
	c.relations.drop(r.OID)
	c.relationNames.drop(objectName{r.Schema, r.Name})
}

// references calls note for everything that r points to.
func (r *Relation) references(c *Catalog, note func(l *layered[uint32, []uint32], to uint32)) {
	for _, k := range r.Constraints {
		if k.Kind == ForeignKey {
			note(c.referencing, k.RefRelation)
		}
	}
	if r.View != nil {
		for _, d := range r.View.Depends {
			note(c.viewsOver, d.Relation)
		}
	}
	if r.Sequence != nil && r.Sequence.OwnedBy != 0 {
		note(c.ownedSequences, r.Sequence.OwnedBy)
	}
}

// clone returns a copy of r that shares nothing that an Edit may change.
func (r *Relation) clone() *Relation {
	c := *r
	c.Columns = make([]*Column, len(r.Columns))
	for i, column := range r.Columns {
		copied := *column
		c.Columns[i] = &copied
	}
	c.Constraints = make([]*Constraint, len(r.Constraints))
	for i, k := range r.Constraints {
		copied := *k
		copied.Columns = slices.Clone(k.Columns)
		copied.RefColumns = slices.Clone(k.RefColumns)
		c.Constraints[i] = &copied
	}
	c.Indexes = make([]*Index, len(r.Indexes))
	for i, index := range r.Indexes {
		copied := *index
		copied.Columns = slices.Clone(index.Columns)
		copied.Include = slices.Clone(index.Include)
		copied.Options = slices.Clone(index.Options)
		c.Indexes[i] = &copied
	}
	if r.View != nil {
		view := *r.View
		view.Depends = slices.Clone(r.View.Depends)
		view.Keys = slices.Clone(r.View.Keys)
		c.View = &view
	}
	if r.Sequence != nil {
		sequence := *r.Sequence
		c.Sequence = &sequence
	}
	c.Options = slices.Clone(r.Options)
	return &c
}

// indexRelation derives the relation of the index i of the table r.
func indexRelation(r *Relation, i *Index) *Relation {
	relation := &Relation{
		OID:         i.OID,
		Schema:      r.Schema,
		SchemaName:  r.SchemaName,
		Name:        i.Name,
		Kind:        KindIndex,
		Persistence: r.Persistence,
		Physical:    i.Physical,
		Owner:       r.Owner,
		Index:       i,
		Options:     i.Options,
		Version:     r.Version,
		System:      r.System,
	}
	for n, key := range i.Columns {
		relation.Columns = append(relation.Columns, &Column{
			Num: int16(n + 1), Name: key.Name, Type: key.Type, Typmod: key.Typmod, Collation: key.Collation,
		})
	}
	for _, num := range i.Include {
		if column := r.ColumnByNum(num); column != nil {
			relation.Columns = append(relation.Columns, &Column{
				Num: int16(len(relation.Columns) + 1), Name: column.Name, Type: column.Type, Typmod: column.Typmod,
			})
		}
	}
	return relation
}

// rowTypes derives the composite type of r's rows and the array over it.
func rowTypes(r *Relation) (row, array *Type) {
	row = &Type{
		OID: types.OID(r.RowType), Schema: r.Schema, Name: r.Name, Kind: 'c',
		Array: types.OID(r.ArrayType), Relation: r.OID, Owner: r.Owner, Typmod: -1, Version: r.Version,
	}
	array = &Type{
		OID: types.OID(r.ArrayType), Schema: r.Schema, Name: "_" + r.Name, Kind: 'b',
		Elem: types.OID(r.RowType), Owner: r.Owner, Typmod: -1, Version: r.Version,
	}
	return row, array
}

// fillIndexColumn completes the key column n of index from its table.
func fillIndexColumn(r *Relation, index *Index, n int) {
	key := &index.Columns[n]
	if column := r.ColumnByNum(key.Num); column != nil {
		key.Type, key.Typmod = column.Type, column.Typmod
		if key.Name == "" {
			key.Name = column.Name
		}
		if key.Collation == 0 {
			key.Collation = column.Collation
		}
	} else {
		if key.Name == "" {
			key.Name = "expr"
		}
		if key.Typmod == 0 {
			key.Typmod = -1
		}
		if key.Collation == 0 {
			key.Collation = TypeCollation(key.Type)
		}
	}
	if key.OpClass == 0 {
		key.OpClass = DefaultOpClass(index.Method, key.Type)
	}
}

// TypeCollation returns the OID of the collation that columns of the type
// have by default, 0 for types without one.
func TypeCollation(oid types.OID) uint32 {
	if t := types.ByOID(oid); t != nil {
		return uint32(t.Collation)
	}
	return 0
}

// droppedName is PostgreSQL's name of a dropped column.
func droppedName(num int16) string {
	return "........pg.dropped." + strconv.Itoa(int(num)) + "........"
}

// sequenceColumns are the columns of every sequence.
func sequenceColumns() []*Column {
	return []*Column{
		{Num: 1, Name: "last_value", Type: types.Int8OID, Typmod: -1, NotNull: true, Physical: "last_value"},
		{Num: 2, Name: "log_cnt", Type: types.Int8OID, Typmod: -1, NotNull: true, Physical: "log_cnt"},
		{Num: 3, Name: "is_called", Type: types.BoolOID, Typmod: -1, NotNull: true, Physical: "is_called"},
	}
}
