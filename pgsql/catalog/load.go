package catalog

import (
	"cmp"
	"fmt"
	"slices"

	"polyreme/pgsql/types"
)

// Query runs a query on the database file that is loaded and calls row for
// each of its rows. The values may be valid only during the call.
type Query func(sql string, row func([]types.Value) error) error

// Load reads the schema of a database file. The file must be past Genesis, and
// all queries must see one state of it (a transaction).
func Load(query Query) (*Catalog, error) {
	l := &loader{
		query:    query,
		catalog:  newCatalog(0, 0),
		versions: map[uint32]uint64{},
		defaults: map[uint32][]attrdef{},
	}
	steps := []struct {
		name string
		read func() error
	}{
		{"versions", l.readVersions},
		{"next oid", l.readNextOID},
		{"pg_namespace", l.readSchemas},
		{"pg_class", l.readClasses},
		{"pg_attrdef", l.readDefaults},
		{"pg_attribute", l.readColumns},
		{"pg_sequence", l.readSequences},
		{"pg_depend", l.readDepends},
		{"pg_rewrite", l.readViews},
		{"pg_index", l.readIndexes},
		{"pg_constraint", l.readConstraints},
		{"pg_description", l.readComments},
	}
	for _, step := range steps {
		if err := step.read(); err != nil {
			return nil, fmt.Errorf("load catalog: %s: %w", step.name, err)
		}
	}
	return l.finish(), nil
}

type attrdef struct {
	oid  uint32
	num  int16
	expr string
}

// loader builds a Catalog row by row. User relations are under construction
// in relations and indexes until finish puts them into the catalog.
type loader struct {
	query     Query
	catalog   *Catalog
	versions  map[uint32]uint64
	defaults  map[uint32][]attrdef
	relations map[uint32]*Relation // tables, views, sequences
	indexes   map[uint32]*Relation // index relations, as pg_class has them
	rules     map[uint32]*Relation // pg_rewrite OID to its view
	depends   []viewDepend
}

type viewDepend struct {
	rule  uint32
	class uint32 // of what on names
	on    ViewDependency
}

// Readers of a row's values.
func oidOf(v types.Value) uint32    { return uint32(v.Int64()) }
func shortOf(v types.Value) int16   { return int16(v.Int64()) }
func stringOf(v types.Value) string { return string(v.Bytes) }

func charOf(v types.Value) byte {
	if len(v.Bytes) == 0 {
		return 0
	}
	return v.Bytes[0]
}

// numbersOf decodes an array or vector of integers.
func numbersOf(v types.Value) []int64 {
	if v.IsNull() {
		return nil
	}
	var numbers []int64
	for r := types.ReadArray(v.Bytes); r.Next(); {
		numbers = append(numbers, r.Elem.Int64())
	}
	return numbers
}

func shortsOf(v types.Value) []int16 {
	var shorts []int16
	for _, n := range numbersOf(v) {
		shorts = append(shorts, int16(n))
	}
	return shorts
}

func textsOf(v types.Value) []string {
	if v.IsNull() {
		return nil
	}
	var texts []string
	for r := types.ReadArray(v.Bytes); r.Next(); {
		texts = append(texts, string(r.Elem.Bytes))
	}
	return texts
}

func (l *loader) readVersions() error {
	return l.query(`SELECT relation, version FROM polyreme_relation_version`, func(v []types.Value) error {
		l.versions[oidOf(v[0])] = uint64(v[1].Int64())
		l.catalog.Version = l.versions[0]
		return nil
	})
}

func (l *loader) readNextOID() error {
	return l.query(`SELECT next_oid FROM polyreme_catalog`, func(v []types.Value) error {
		l.catalog.NextOID = oidOf(v[0])
		return nil
	})
}

// readSchemas reads the user's schemas, and public, which may be dropped or
// renamed.
func (l *loader) readSchemas() error {
	delete(l.catalog.schemas, PublicOID)
	sql := `SELECT oid, nspname, nspowner FROM pg_namespace WHERE oid >= 16384 OR oid = 2200`
	return l.query(sql, func(v []types.Value) error {
		s := &Schema{OID: oidOf(v[0]), Name: stringOf(v[1]), Owner: oidOf(v[2])}
		l.catalog.schemas[s.OID] = s
		return nil
	})
}

func (l *loader) readClasses() error {
	l.relations, l.indexes, l.rules = map[uint32]*Relation{}, map[uint32]*Relation{}, map[uint32]*Relation{}
	sql := `SELECT oid, relname, relnamespace, reltype, relowner, relpersistence, relkind, relnatts, reloptions,
			relhastriggers
		FROM pg_class WHERE oid >= 16384`
	return l.query(sql, func(v []types.Value) error {
		r := &Relation{
			OID: oidOf(v[0]), Name: stringOf(v[1]), Schema: oidOf(v[2]), RowType: oidOf(v[3]), Owner: oidOf(v[4]),
			Persistence: charOf(v[5]), Kind: charOf(v[6]), Options: textsOf(v[8]),
			Triggers: v[9].Bool(),
		}
		schema := l.catalog.schemas[r.Schema]
		if schema == nil {
			return fmt.Errorf("relation %d: no schema %d", r.OID, r.Schema)
		}
		r.SchemaName, r.Version = schema.Name, l.versions[r.OID]
		if r.Kind == KindIndex {
			l.indexes[r.OID] = r
			return nil
		}
		if r.RowType != 0 {
			r.ArrayType = r.RowType - 1 // newRowType draws them in this order
		}
		if r.Kind != KindView {
			r.Physical = TablePhysical(r.OID)
		}
		if r.Kind == KindTable {
			r.RowID = RowIDColumn
		}
		r.Columns = make([]*Column, 0, v[7].Int64())
		l.relations[r.OID] = r
		return nil
	})
}

func (l *loader) readDefaults() error {
	return l.query(`SELECT oid, adrelid, adnum, adbin FROM pg_attrdef`, func(v []types.Value) error {
		table := oidOf(v[1])
		l.defaults[table] = append(l.defaults[table], attrdef{oidOf(v[0]), shortOf(v[2]), stringOf(v[3])})
		return nil
	})
}

func (l *loader) readColumns() error {
	sql := `SELECT attrelid, attname, atttypid, attnum, atttypmod, attnotnull, attidentity, attgenerated,
		attisdropped, attcollation FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0 ORDER BY attrelid, attnum`
	var r *Relation
	err := l.query(sql, func(v []types.Value) error {
		if oid := oidOf(v[0]); r == nil || r.OID != oid {
			if r = l.relations[oid]; r == nil {
				r = l.indexes[oid]
			}
			if r == nil {
				return fmt.Errorf("column of no relation %d", oid)
			}
		}
		column := &Column{
			Name: stringOf(v[1]), Type: types.OID(oidOf(v[2])), Num: shortOf(v[3]), Typmod: int32(v[4].Int64()),
			NotNull: v[5].Bool(), Identity: charOf(v[6]), Generated: charOf(v[7]), Dropped: v[8].Bool(),
			Collation: oidOf(v[9]),
		}
		r.Columns = append(r.Columns, column)
		if int(column.Num) != len(r.Columns) {
			return fmt.Errorf("relation %d: column %d out of order", r.OID, column.Num)
		}
		if r.Kind == KindTable && !column.Dropped {
			column.Physical = ColumnPhysical(column.Num)
		}
		return nil
	})
	for oid, defaults := range l.defaults {
		for _, d := range defaults {
			column := l.relations[oid].ColumnByNum(d.num)
			column.Default, column.DefaultOID = d.expr, d.oid
		}
	}
	return err
}

func (l *loader) readSequences() error {
	sql := `SELECT seqrelid, seqtypid, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle FROM pg_sequence`
	return l.query(sql, func(v []types.Value) error {
		r := l.relations[oidOf(v[0])]
		if r == nil {
			return fmt.Errorf("no sequence %d", v[0].Int64())
		}
		r.Sequence = &Sequence{
			Type: types.OID(oidOf(v[1])), Start: v[2].Int64(), Increment: v[3].Int64(), Max: v[4].Int64(),
			Min: v[5].Int64(), Cache: v[6].Int64(), Cycle: v[7].Bool(),
		}
		r.Columns = sequenceColumns()
		return nil
	})
}

// readDepends reads what only pg_depend holds: which column owns a sequence,
// and what a view reads.
func (l *loader) readDepends() error {
	sql := `SELECT classid, objid, refobjid, refobjsubid, deptype, refclassid FROM pg_depend
		WHERE refclassid = 1259 AND (classid = 1259 AND deptype IN ('a', 'i') OR classid = 2618 AND deptype = 'n')
			OR refclassid = 2606 AND classid = 2618
		ORDER BY rid`
	return l.query(sql, func(v []types.Value) error {
		object, on := oidOf(v[1]), ViewDependency{oidOf(v[2]), shortOf(v[3])}
		if oidOf(v[0]) == PgRewriteOID {
			l.depends = append(l.depends, viewDepend{object, oidOf(v[5]), on})
			return nil
		}
		r := l.relations[object]
		if r == nil || r.Sequence == nil {
			return nil // an index on its column
		}
		r.Sequence.OwnedBy, r.Sequence.OwnedColumn = on.Relation, on.Column
		r.Sequence.Identity = charOf(v[4]) == 'i'
		if column := l.relations[on.Relation].ColumnByNum(on.Column); column != nil {
			column.OwnedSequence = object
		}
		return nil
	})
}

func (l *loader) readViews() error {
	sql := `SELECT oid, ev_class, ev_action FROM pg_rewrite`
	err := l.query(sql, func(v []types.Value) error {
		r := l.relations[oidOf(v[1])]
		if r == nil {
			return fmt.Errorf("rule on no relation %d", v[1].Int64())
		}
		r.View = &View{SQL: stringOf(v[2]), RuleOID: oidOf(v[0])}
		for _, option := range r.Options {
			switch option {
			case "check_option=local":
				r.View.Check = 'l'
			case "check_option=cascaded":
				r.View.Check = 'c'
			}
		}
		l.rules[r.View.RuleOID] = r
		return nil
	})
	for _, d := range l.depends {
		r := l.rules[d.rule]
		switch {
		case r == nil || r.OID == d.on.Relation:
		case d.class == PgConstraintOID:
			r.View.Keys = append(r.View.Keys, d.on.Relation)
		default:
			r.View.Depends = append(r.View.Depends, d.on)
		}
	}
	return err
}

func (l *loader) readIndexes() error {
	sql := `SELECT indexrelid, indrelid, indnkeyatts, indisunique, indnullsnotdistinct, indisprimary, indimmediate,
		indkey, indcollation, indclass, indoption, indexprs, indpred, relam
		FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indexrelid >= 16384 ORDER BY indexrelid`
	return l.query(sql, func(v []types.Value) error {
		relation, r := l.indexes[oidOf(v[0])], l.relations[oidOf(v[1])]
		if relation == nil || r == nil {
			return fmt.Errorf("index %d is incomplete", v[0].Int64())
		}
		i := &Index{
			OID: relation.OID, Table: r.OID, Name: relation.Name, Physical: IndexPhysical(relation.OID),
			Unique: v[3].Bool(), NullsNotDistinct: v[4].Bool(), Primary: v[5].Bool(), Deferrable: !v[6].Bool(),
			Where: stringOf(v[12]), Method: AccessMethodName(oidOf(v[13])), Options: relation.Options,
		}
		l.indexKeys(relation, i, v)
		r.Indexes = append(r.Indexes, i)
		return nil
	})
}

// indexKeys fills the key and included columns of i from its row of pg_index
// and its own attributes.
func (l *loader) indexKeys(relation *Relation, i *Index, v []types.Value) {
	keys := int(v[2].Int64())
	collations, classes, options := numbersOf(v[8]), numbersOf(v[9]), numbersOf(v[10])
	exprs := splitExprs(stringOf(v[11]))
	for n, num := range numbersOf(v[7]) {
		if n >= keys {
			i.Include = append(i.Include, int16(num))
			continue
		}
		attribute := relation.Columns[n]
		key := IndexColumn{
			Num: int16(num), Name: attribute.Name, Type: attribute.Type, Typmod: attribute.Typmod,
			Desc: options[n]&1 != 0, NullsFirst: options[n]&2 != 0,
			OpClass: uint32(classes[n]), Collation: uint32(collations[n]),
		}
		if num == 0 {
			key.Expr, exprs = exprs[0], exprs[1:]
		}
		i.Columns = append(i.Columns, key)
	}
}

func (l *loader) readConstraints() error {
	sql := `SELECT oid, conname, contype, condeferrable, condeferred, convalidated, conrelid, conindid, confrelid,
		confupdtype, confdeltype, confmatchtype, connoinherit, conkey, confkey, conbin
		FROM pg_constraint WHERE oid >= 16384 ORDER BY oid`
	return l.query(sql, func(v []types.Value) error {
		r := l.relations[oidOf(v[6])]
		if r == nil {
			return fmt.Errorf("constraint on no relation %d", v[6].Int64())
		}
		k := &Constraint{
			OID: oidOf(v[0]), Name: stringOf(v[1]), Kind: charOf(v[2]), Deferrable: v[3].Bool(), Deferred: v[4].Bool(),
			Validated: v[5].Bool(), Index: oidOf(v[7]), RefRelation: oidOf(v[8]),
			Columns: shortsOf(v[13]), RefColumns: shortsOf(v[14]), Expr: stringOf(v[15]),
		}
		switch k.Kind {
		case ForeignKey:
			k.OnUpdate, k.OnDelete, k.Match = charOf(v[9]), charOf(v[10]), charOf(v[11])
		case Check:
			k.NoInherit = v[12].Bool()
		}
		if i := r.IndexByOID(k.Index); i != nil && (k.Kind == PrimaryKey || k.Kind == Unique) {
			i.Constraint = k.OID
		}
		r.Constraints = append(r.Constraints, k)
		return nil
	})
}

func (l *loader) readComments() error {
	sql := `SELECT classoid, objoid, objsubid, description FROM pg_description WHERE objoid >= 16384 OR objoid = 2200`
	return l.query(sql, func(v []types.Value) error {
		l.catalog.comments.set(ObjectID{oidOf(v[0]), oidOf(v[1]), int32(v[2].Int64())}, stringOf(v[3]))
		return nil
	})
}

// finish puts the relations into the catalog.
func (l *loader) finish() *Catalog {
	for _, r := range l.relations {
		if r.View != nil {
			slices.SortFunc(r.View.Depends, func(a, b ViewDependency) int {
				return cmp.Or(cmp.Compare(a.Relation, b.Relation), cmp.Compare(a.Column, b.Column))
			})
			slices.Sort(r.View.Keys)
		}
		r.SettleRowID()
		slices.SortFunc(r.Indexes, func(a, b *Index) int { return int(a.OID) - int(b.OID) })
		l.catalog.addRelation(r)
	}
	l.catalog.settle()
	return l.catalog
}
