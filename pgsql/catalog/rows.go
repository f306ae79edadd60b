package catalog

import (
	"polyreme/pgsql/types"
)

// rowWriter makes the rows that record objects. All its methods do nothing
// for a nil object.
type rowWriter struct{ rows []row }

func (w *rowWriter) add(t *table, values ...types.Value) {
	if len(values) != len(t.columns) {
		panic("catalog: " + t.name + " row has the wrong number of values")
	}
	w.rows = append(w.rows, row{t, values})
}

// Short names for storage forms.
func number[T ~uint32 | ~int16 | ~int32 | ~int64 | ~int](v T) types.Value {
	return types.IntValue(int64(v))
}
func flag(v bool) types.Value   { return types.BoolValue(v) }
func text(v string) types.Value { return types.TextValue(v) }

// char is the "char" type: 0 is the empty string.
func char(v byte) types.Value {
	if v == 0 {
		return text("")
	}
	return text(string(rune(v)))
}

// expr is a pg_node_tree: Polyreme keeps PostgreSQL's expression text there.
func expr(v string) types.Value {
	if v == "" {
		return null
	}
	return text(v)
}

var (
	null = types.Value{}
	zero = types.IntValue(0)
)

// array returns a one-dimensional array of integers, NULL when empty.
func array[T ~int16 | ~uint32](items []T) types.Value {
	if len(items) == 0 {
		return null
	}
	elems := make([]types.Value, len(items))
	for i, item := range items {
		elems[i] = number(item)
	}
	a := types.NewArray(elems)
	return a.Value()
}

// vector returns an int2vector or oidvector: an array that starts at 0.
func vector[T ~int16 | ~uint32](items []T) types.Value {
	elems := make([]types.Value, len(items))
	for i, item := range items {
		elems[i] = number(item)
	}
	a := types.Array{Elems: elems}
	if len(elems) > 0 {
		a.Dims = []types.ArrayDim{{Len: int32(len(elems)), Lower: 0}}
	}
	return a.Value()
}

// textArray returns a text[], NULL when empty.
func textArray(items []string) types.Value {
	if len(items) == 0 {
		return null
	}
	elems := make([]types.Value, len(items))
	for i, item := range items {
		elems[i] = text(item)
	}
	a := types.NewArray(elems)
	return a.Value()
}

func (w *rowWriter) schema(s *Schema) {
	if s != nil {
		w.add(pgNamespace, number(s.OID), text(s.Name), number(s.Owner), null)
	}
}

func (w *rowWriter) comment(id ObjectID, description string) {
	if description != "" {
		w.add(pgDescription, number(id.OID), number(id.Class), number(id.Sub), text(description))
	}
}

func (w *rowWriter) depend(class, oid uint32, sub int16, refClass, refOID uint32, refSub int16, kind byte) {
	w.add(pgDepend, number(class), number(oid), number(sub), number(refClass), number(refOID), number(refSub), char(kind))
}

// relation writes all rows of a table, view or sequence.
func (w *rowWriter) relation(r *Relation) {
	if r == nil {
		return
	}
	w.class(r)
	for _, column := range r.Columns {
		w.attribute(r, column)
		w.attrdef(r, column)
	}
	if r.Kind == KindTable || r.Kind == KindMatview || r.Kind == KindSequence {
		w.systemColumns(r)
	}
	w.rowType(r)
	if r.Sequence != nil {
		w.sequence(r)
	}
	if r.View != nil {
		w.view(r)
	}
	for _, i := range r.Indexes {
		w.index(r, i)
	}
	for _, k := range r.Constraints {
		w.constraint(r, k)
	}
}

// class writes the pg_class row of any relation and its place in its schema.
func (w *rowWriter) class(r *Relation) {
	var checks int
	for _, k := range r.Constraints {
		if k.Kind == Check {
			checks++
		}
	}
	var am, filenode uint32
	pages, tuples, identity := 0, 0.0, byte('n')
	switch r.Kind {
	case KindTable, KindMatview:
		am, filenode, tuples, identity = HeapAccessMethodOID, r.OID, -1, 'd'
	case KindIndex:
		am, filenode, pages = AccessMethodOID(r.Index.Method), r.OID, 1
	case KindSequence:
		filenode, pages, tuples = r.OID, 1, 1
	case KindView:
		tuples = -1
	}
	w.add(pgClass, number(r.OID), text(r.Name), number(r.Schema), number(r.RowType), zero, number(r.Owner),
		number(am), number(filenode), zero, number(pages), types.FloatValue(tuples), zero, zero,
		flag(len(r.Indexes) > 0), flag(false), char(r.Persistence), char(r.Kind), number(len(r.Columns)),
		number(checks), flag(r.View != nil), flag(r.Triggers), flag(false), flag(false), flag(false), flag(true),
		char(identity), flag(false), zero, zero, zero, null, textArray(r.Options), null)
	if r.Kind != KindIndex {
		w.depend(PgClassOID, r.OID, 0, PgNamespaceOID, r.Schema, 0, 'n')
	}
}

func (w *rowWriter) attribute(r *Relation, column *Column) {
	length, byVal, align, storage := physicalType(column.Type)
	var dimensions int
	if types.ElemOf(column.Type) != 0 {
		dimensions = 1
	}
	if column.Dropped || r.Kind == KindIndex {
		dimensions = 0
	}
	w.add(pgAttribute, number(r.OID), text(column.Name), number(column.Type), number(-1), number(length),
		number(column.Num), number(dimensions), number(-1), number(column.Typmod), flag(byVal), char(align),
		char(storage), char(0), flag(column.NotNull), flag(column.Default != ""), flag(false),
		char(column.Identity), char(column.Generated), flag(column.Dropped), flag(true), zero,
		number(column.Collation), null, null, null, null)
}

// systemColumns writes the columns that every table has.
func (w *rowWriter) systemColumns(r *Relation) {
	for i, column := range [...]struct {
		name string
		typ  types.OID
	}{
		{"ctid", types.TidOID},
		{"xmin", types.XidOID},
		{"cmin", types.CidOID},
		{"xmax", types.XidOID},
		{"cmax", types.CidOID},
		{"tableoid", types.OidOID},
	} {
		length, byVal, align, _ := physicalType(column.typ)
		w.add(pgAttribute, number(r.OID), text(column.name), number(column.typ), zero, number(length),
			number(-1-i), zero, number(-1), number(-1), flag(byVal), char(align), char('p'), char(0), flag(true),
			flag(false), flag(false), char(0), char(0), flag(false), flag(true), zero, zero, null, null, null, null)
	}
}

// physicalType returns what pg_attribute repeats from pg_type.
func physicalType(oid types.OID) (length int16, byVal bool, align, storage byte) {
	if t := types.ByOID(oid); t != nil {
		return t.Len, t.ByVal, t.Align, t.Storage
	}
	if oid == 0 {
		return 0, false, 'i', 'p'
	}
	return -1, false, 'd', 'x' // a row type or an array over one
}

func (w *rowWriter) attrdef(r *Relation, column *Column) {
	if column.DefaultOID == 0 {
		return
	}
	w.add(pgAttrdef, number(column.DefaultOID), number(r.OID), number(column.Num), expr(column.Default))
	w.depend(PgAttrdefOID, column.DefaultOID, 0, PgClassOID, r.OID, column.Num, 'a')
	for _, relation := range UsedRelations(column.Default) {
		w.depend(PgAttrdefOID, column.DefaultOID, 0, PgClassOID, relation, 0, 'n')
	}
}

// rowType writes the composite type of r's rows and the array over it.
func (w *rowWriter) rowType(r *Relation) {
	if r.RowType == 0 {
		return
	}
	row, array := rowTypes(r)
	w.typ(row, &typeSupport{
		category: 'C', input: 2290, output: 2291, receive: 2402, send: 2403,
	})
	w.typ(array, &typeSupport{
		category: 'A', subscript: 6179, input: 750, output: 751, receive: 2400, send: 2401, analyze: 3816,
	})
	w.depend(PgTypeOID, uint32(row.OID), 0, PgClassOID, r.OID, 0, 'i')
	w.depend(PgTypeOID, uint32(array.OID), 0, PgTypeOID, uint32(row.OID), 0, 'i')
}

// typeSupport is the support functions of a type, as OIDs of pg_proc.
type typeSupport struct {
	category                                         byte
	subscript, input, output, receive, send, analyze uint32
}

func (w *rowWriter) typ(t *Type, s *typeSupport) {
	w.add(pgType, number(t.OID), text(t.Name), number(t.Schema), number(t.Owner), number(-1), flag(false),
		char(t.Kind), char(s.category), flag(false), flag(true), char(','), number(t.Relation),
		number(s.subscript), number(t.Elem), number(t.Array), number(s.input), number(s.output),
		number(s.receive), number(s.send), zero, zero, number(s.analyze), char('d'), char('x'),
		flag(t.NotNull), number(t.Base), number(t.Typmod), zero, zero, null, null, null)
}

func (w *rowWriter) sequence(r *Relation) {
	s := r.Sequence
	w.add(pgSequence, number(r.OID), number(s.Type), number(s.Start), number(s.Increment), number(s.Max),
		number(s.Min), number(s.Cache), flag(s.Cycle))
	if s.OwnedBy != 0 {
		kind := byte('a')
		if s.Identity {
			kind = 'i'
		}
		w.depend(PgClassOID, r.OID, 0, PgClassOID, s.OwnedBy, s.OwnedColumn, kind)
	}
}

func (w *rowWriter) view(r *Relation) {
	v := r.View
	w.add(pgRewrite, number(v.RuleOID), text("_RETURN"), number(r.OID), text("1"), text("O"), flag(true),
		text("<>"), text(v.SQL))
	w.depend(PgRewriteOID, v.RuleOID, 0, PgClassOID, r.OID, 0, 'i')
	w.depend(PgRewriteOID, v.RuleOID, 0, PgClassOID, r.OID, 0, 'n')
	for _, d := range v.Depends {
		w.depend(PgRewriteOID, v.RuleOID, 0, PgClassOID, d.Relation, d.Column, 'n')
	}
	for _, key := range v.Keys {
		w.depend(PgRewriteOID, v.RuleOID, 0, PgConstraintOID, key, 0, 'n')
	}
}

func (w *rowWriter) index(r *Relation, i *Index) {
	relation := indexRelation(r, i)
	w.class(relation)
	for _, column := range relation.Columns {
		w.attribute(relation, column)
	}
	keys := make([]int16, 0, len(relation.Columns))
	var collations, classes []uint32
	var options []int16
	var exprs []string
	for _, key := range i.Columns {
		keys = append(keys, key.Num)
		collations = append(collations, key.Collation)
		classes = append(classes, key.OpClass)
		options = append(options, indexOption(key))
		if key.Num == 0 {
			exprs = append(exprs, key.Expr)
		}
	}
	keys = append(keys, i.Include...)
	w.add(pgIndex, number(i.OID), number(r.OID), number(len(keys)), number(len(i.Columns)), flag(i.Unique),
		flag(i.NullsNotDistinct), flag(i.Primary), flag(false), flag(!i.Deferrable), flag(false), flag(true),
		flag(false), flag(true), flag(true), flag(false), vector(keys), vector(collations), vector(classes),
		vector(options), expr(joinExprs(exprs)), expr(i.Where))
	w.indexDepends(r, i)
}

func (w *rowWriter) indexDepends(r *Relation, i *Index) {
	if i.Constraint != 0 {
		w.depend(PgClassOID, i.OID, 0, PgConstraintOID, i.Constraint, 0, 'i')
		return
	}
	plain := false
	for _, key := range i.Columns {
		if key.Num != 0 {
			plain = true
			w.depend(PgClassOID, i.OID, 0, PgClassOID, r.OID, key.Num, 'a')
		}
	}
	for _, num := range i.Include {
		w.depend(PgClassOID, i.OID, 0, PgClassOID, r.OID, num, 'a')
	}
	if !plain {
		w.depend(PgClassOID, i.OID, 0, PgClassOID, r.OID, 0, 'a')
	}
}

// indexOption returns the INDOPTION bits of a key column.
func indexOption(key IndexColumn) int16 {
	var bits int16
	if key.Desc {
		bits |= 1
	}
	if key.NullsFirst {
		bits |= 2
	}
	return bits
}

func (w *rowWriter) constraint(r *Relation, k *Constraint) {
	update, remove, match := byte(' '), byte(' '), byte(' ')
	if k.Kind == ForeignKey {
		update, remove, match = k.OnUpdate, k.OnDelete, k.Match
	}
	w.add(pgConstraint, number(k.OID), text(k.Name), number(r.Schema), char(k.Kind), flag(k.Deferrable),
		flag(k.Deferred), flag(k.Validated), number(r.OID), zero, number(k.Index), zero, number(k.RefRelation),
		char(update), char(remove), char(match), flag(true), zero, flag(k.NoInherit || k.Kind != Check),
		array(k.Columns), array(k.RefColumns), null, null, null, null, null, expr(k.Expr))
	for _, num := range k.Columns {
		w.depend(PgConstraintOID, k.OID, 0, PgClassOID, r.OID, num, 'a')
	}
	if len(k.Columns) == 0 {
		w.depend(PgConstraintOID, k.OID, 0, PgClassOID, r.OID, 0, 'a')
	}
	if k.Kind == ForeignKey {
		w.depend(PgConstraintOID, k.OID, 0, PgClassOID, k.Index, 0, 'n')
		for _, num := range k.RefColumns {
			w.depend(PgConstraintOID, k.OID, 0, PgClassOID, k.RefRelation, num, 'n')
		}
	}
}
