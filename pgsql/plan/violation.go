package plan

import (
	"slices"
	"strings"
	"unicode/utf8"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// rawSchema marks an error that carries SQLite's facts in physical names:
// Code, Table, Column, Constraint, DataType and Detail as package sqlfsm
// documents them.
const rawSchema = "polyreme.raw"

// keyValue is what an INSERT of one row gives a column: a constant or a
// parameter.
type keyValue struct {
	num   int16
	param int // 0: val
	val   types.Value
}

// keyValues lists the columns of a one-row INSERT whose values are known from
// its text and parameters.
func keyValues(p *insertPlan) []keyValue {
	var out []keyValue
	for i, x := range p.rows[0] {
		if c, ok := x.(*castExpr); ok && !c.run {
			x = c.x
		}
		switch x := x.(type) {
		case *constExpr:
			out = append(out, keyValue{num: p.columns[i].Num, val: x.val})
		case *paramExpr:
			out = append(out, keyValue{num: p.columns[i].Num, param: x.num})
		}
	}
	return out
}

// TranslateError makes PostgreSQL's error of a constraint violation that comes
// from SQLite with physical names. values decodes the Detail of a raw error;
// nil means that there is no detail to be had. Other errors pass unchanged.
func TranslateError(cat *catalog.Catalog, st *Statement, err *pgerr.Error, values func(detail string) ([]types.Value, error), env *types.Env) *pgerr.Error {
	if err == nil || err.Schema != rawSchema {
		return err
	}
	t := &translation{cat: cat, raw: err, env: env}
	if st != nil && st.Kind == Schema && st.NewCatalog != nil {
		t.cat, t.building = st.NewCatalog, true
	}
	if values != nil && err.Detail != "" {
		if vs, bad := values(err.Detail); bad == nil {
			t.values = vs
		}
	}
	t.rel = t.relation(err.Table)
	if t.rel == nil && st != nil {
		t.rel = st.target
	}
	out := t.translate(st)
	if out.Schema == rawSchema {
		out.Schema = ""
	}
	return out
}

type translation struct {
	cat    *catalog.Catalog
	raw    *pgerr.Error
	rel    *catalog.Relation
	values []types.Value
	env    *types.Env

	building bool // an index is being built: DDL
}

// relation finds a relation by its physical name.
func (t *translation) relation(physical string) *catalog.Relation {
	if physical == "" {
		return nil
	}
	if n, ok := physicalOID(physical, 't'); ok {
		return t.cat.RelationByOID(n)
	}
	return nil
}

// physicalOID reads the OID of a physical name with the given first letter.
func physicalOID(name string, kind byte) (uint32, bool) {
	if len(name) < 2 || name[0] != kind {
		return 0, false
	}
	n := uint64(0)
	for i := 1; i < len(name); i++ {
		if name[i] < '0' || name[i] > '9' || n > 1<<32 {
			return 0, false
		}
		n = n*10 + uint64(name[i]-'0')
	}
	return uint32(n), n < 1<<32
}

func (t *translation) translate(st *Statement) *pgerr.Error {
	switch t.raw.Code {
	case pgerr.UniqueViolation:
		return t.unique()
	case pgerr.NotNullViolation:
		return t.notNull(t.columnNamed(t.raw.Column))
	case pgerr.CheckViolation:
		return t.check()
	case pgerr.ForeignKeyViolation:
		return t.foreignKey()
	case pgerr.DatatypeMismatch:
		if t.rel != nil {
			if c := t.rel.RowIDPrimaryKey(); c != nil {
				return t.notNull(c)
			}
		}
	}
	return &pgerr.Error{Code: t.raw.Code, Message: t.raw.Message}
}

func (t *translation) columnNamed(physical string) *catalog.Column {
	if t.rel == nil {
		return nil
	}
	for _, c := range t.rel.Columns {
		if c.Physical == physical && !c.Dropped {
			return c
		}
	}
	return nil
}

func (t *translation) base(code, format string, args ...any) *pgerr.Error {
	e := pgerr.New(code, format, args...)
	if t.rel != nil {
		e.Schema, e.Table = t.rel.SchemaName, t.rel.Name
	}
	return e
}

func (t *translation) notNull(c *catalog.Column) *pgerr.Error {
	columns := strings.Split(t.raw.Where, ",")
	if first := t.firstNull(columns); first != nil {
		c = first
	}
	name, rel := "", ""
	if c != nil {
		name = c.Name
	}
	if t.rel != nil {
		rel = t.rel.Name
	}
	format := "null value in column \"%s\" of relation \"%s\" violates not-null constraint"
	if t.building {
		format = "column \"%s\" of relation \"%s\" contains null values"
	}
	e := t.base(pgerr.NotNullViolation, format, name, rel)
	e.Column = name
	if !t.building {
		e.Detail = t.rowText(columns)
	}
	return e
}

// firstNull is the column that PostgreSQL names: the first with a NULL of those
// that may have none.
func (t *translation) firstNull(columns []string) *catalog.Column {
	if t.rel == nil || len(t.values) != len(columns) {
		return nil
	}
	for _, c := range t.rel.Columns {
		at := slices.Index(columns, c.Physical)
		if at >= 0 && !c.Dropped && (c.NotNull || isRowID(t.rel, c)) && t.values[at].IsNull() {
			return c
		}
	}
	return nil
}

// shownBytesMax bounds what an error shows of a value.
const shownBytesMax = 64

// rowText is "Failing row contains (1, null).", "" where the row is not known.
func (t *translation) rowText(columns []string) string {
	if t.rel == nil || len(t.values) != len(columns) {
		return ""
	}
	b := []byte("Failing row contains (")
	first := true
	for _, c := range t.rel.Columns {
		at := slices.Index(columns, c.Physical)
		if at < 0 || c.Dropped {
			continue
		}
		if !first {
			b = append(b, ", "...)
		}
		first = false
		if t.values[at].IsNull() {
			b = append(b, "null"...)
			continue
		}
		start := len(b)
		b = types.AppendText(b, c.Type, c.Typmod, t.values[at], t.env)
		b = clip(b, start)
	}
	return string(append(b, ")."...))
}

// clip shortens the value from start on to shownBytesMax bytes of whole
// characters.
func clip(b []byte, start int) []byte {
	end := start + shownBytesMax
	if len(b) <= end {
		return b
	}
	for end > start && !utf8.RuneStart(b[end]) {
		end--
	}
	return append(b[:end], "..."...)
}

// unique finds the index over the columns that SQLite names.
func (t *translation) unique() *pgerr.Error {
	if t.rel == nil {
		return &pgerr.Error{Code: t.raw.Code, Message: "duplicate key value violates unique constraint"}
	}
	columns := strings.Split(t.raw.Column, ",")
	name := ""
	var key []string
	if oid, ok := physicalOID(t.raw.Constraint, 'i'); ok {
		if ix := t.rel.IndexByOID(oid); ix != nil {
			name = ix.Name
		}
	}
	for _, ix := range t.rel.Indexes {
		if name == "" && ix.Unique && t.indexOver(ix, columns) {
			name = ix.Name
		}
	}
	for _, p := range columns {
		if c := t.columnNamed(p); c != nil {
			key = append(key, c.Name)
		}
	}
	if name == "" {
		if pk := t.rel.PrimaryKey(); pk != nil {
			name = pk.Name
		}
	}
	format, suffix := "duplicate key value violates unique constraint \"%s\"", " already exists."
	if t.building {
		format, suffix = "could not create unique index \"%s\"", " is duplicated."
	}
	e := t.base(pgerr.UniqueViolation, format, name)
	e.Constraint = name
	if text, ok := t.keyText(columns, key); ok {
		e.Detail = "Key " + text + suffix
	}
	return e
}

// indexOver tells whether the index is over exactly the physical columns.
func (t *translation) indexOver(ix *catalog.Index, columns []string) bool {
	if len(ix.Columns) != len(columns) {
		return false
	}
	for i, c := range ix.Columns {
		col := t.rel.ColumnByNum(c.Num)
		if col == nil || col.Physical != columns[i] {
			return false
		}
	}
	return true
}

// keyText is "(a, b)=(1, 2)" with the values of the key.
func (t *translation) keyText(columns, names []string) (string, bool) {
	if len(t.values) != len(columns) || len(names) != len(columns) {
		return "", false
	}
	var b []byte
	b = append(b, '(')
	for i, n := range names {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, n...)
	}
	b = append(b, ")=("...)
	for i, p := range columns {
		if i > 0 {
			b = append(b, ", "...)
		}
		c := t.columnNamed(p)
		if t.values[i].IsNull() {
			b = append(b, "null"...)
			continue
		}
		b = types.AppendText(b, c.Type, c.Typmod, t.values[i], t.env)
	}
	return string(append(b, ')')), true
}

func (t *translation) check() *pgerr.Error {
	if oid, ok := physicalOID(t.raw.Constraint, 'k'); ok {
		if rel, k := t.cat.ConstraintByOID(oid); k != nil {
			t.rel = rel
			e := t.base(pgerr.CheckViolation, "new row for relation \"%s\" violates check constraint \"%s\"", rel.Name, k.Name)
			e.Constraint = k.Name
			e.Detail = t.rowText(strings.Split(t.raw.Column, ","))
			return e
		}
	}
	return &pgerr.Error{Code: t.raw.Code, Message: "new row violates check constraint"}
}

func (t *translation) foreignKey() *pgerr.Error {
	oid, ok := physicalOID(t.raw.Constraint, 'f')
	if !ok {
		return t.base(pgerr.ForeignKeyViolation, "foreign key constraint is violated")
	}
	rel, k := t.cat.ConstraintByOID(oid)
	if k == nil {
		return t.base(pgerr.ForeignKeyViolation, "foreign key constraint is violated")
	}
	t.rel = rel
	referenced := t.cat.RelationByOID(k.RefRelation)
	if t.raw.DataType == "referenced" {
		return t.stillReferenced(rel, referenced, k)
	}
	e := t.base(pgerr.ForeignKeyViolation, "insert or update on table \"%s\" violates foreign key constraint \"%s\"", rel.Name, k.Name)
	e.Constraint = k.Name
	columns := strings.Split(t.raw.Column, ",")
	if text, ok := t.keyText(columns, columnNames(rel, k.Columns)); ok {
		e.Detail = "Key " + text + " is not present in table \"" + referenced.Name + "\"."
	}
	return e
}

// stillReferenced is the error of the referenced side; its key is named by the
// referenced columns.
func (t *translation) stillReferenced(rel, referenced *catalog.Relation, k *catalog.Constraint) *pgerr.Error {
	e := t.base(pgerr.ForeignKeyViolation, "update or delete on table \"%s\" violates foreign key constraint \"%s\" on table \"%s\"",
		referenced.Name, k.Name, rel.Name)
	e.Constraint = k.Name
	columns := strings.Split(t.raw.Column, ",")
	if text, ok := t.keyText(columns, columnNames(referenced, k.RefColumns)); ok {
		e.Detail = "Key " + text + " is still referenced from table \"" + rel.Name + "\"."
	}
	return e
}

func columnNames(rel *catalog.Relation, nums []int16) []string {
	var out []string
	for _, n := range nums {
		if c := rel.ColumnByNum(n); c != nil {
			out = append(out, c.Name)
		}
	}
	return out
}
