package catalog

import (
	"fmt"

	"polyreme/pgsql/types"
)

// Genesis returns the statements that make an empty database file into a
// database: the tables of pg_catalog with PostgreSQL's own rows, the tables of
// information_schema, their indexes, and Polyreme's own catalog state. It is the
// same on every call; it takes about 0.1 s to run.
func Genesis() []Op {
	s := loadSystem()
	var w opWriter
	for _, sql := range []string{
		`CREATE TABLE polyreme_catalog (id INTEGER PRIMARY KEY CHECK (id = 1), next_oid INTEGER NOT NULL) STRICT`,
		`CREATE TABLE IF NOT EXISTS polyreme_relation_version (relation INTEGER PRIMARY KEY, version INTEGER NOT NULL) STRICT`,
	} {
		w.add(sql, nil)
	}
	w.add(`INSERT INTO polyreme_catalog (id, next_oid) VALUES (1, ?1)`, []types.Value{types.IntValue(int64(FirstUserOID))})
	w.add(setRelationVersionSQL, []types.Value{types.IntValue(0), types.IntValue(1)})
	tables := map[string]*Relation{}
	for _, r := range s.relations {
		if r.Kind == KindTable {
			w.add(createSystemTable(r), nil)
			tables[r.Physical] = r
		}
	}
	for _, dump := range [][]byte{relationsDump, rowsDump} {
		for _, section := range openDump(dump) {
			if r := tables[section.table]; r != nil {
				w.addSection(r, &section)
			}
		}
	}
	for _, r := range s.relations {
		for _, i := range r.Indexes {
			if i.Physical != "" {
				w.add(createSystemIndex(r, i), nil)
			}
		}
	}
	return w.ops
}

// createSystemTable returns the statement that creates the system table r.
func createSystemTable(r *Relation) string {
	b := append(make([]byte, 0, 1024), `CREATE TABLE "`+r.Physical+`" (`...)
	if r.RowID == RowIDColumn {
		b = append(b, `"rid" INTEGER PRIMARY KEY, `...)
	}
	for i, column := range r.Columns {
		b = appendSeparated(b, i, ", ")
		b = append(b, '"')
		b = append(b, column.Name...)
		b = append(b, `" `...)
		if column.Physical == r.RowID {
			b = append(b, "INTEGER PRIMARY KEY"...)
			continue
		}
		b = append(b, types.StrictDecl(column.Type)...)
		if column.NotNull {
			b = append(b, " NOT NULL"...)
		}
	}
	return string(append(b, ") STRICT"...))
}

// createSystemIndex returns the statement that creates the index i of r.
func createSystemIndex(r *Relation, i *Index) string {
	b := append(make([]byte, 0, 128), "CREATE "...)
	if i.Unique {
		b = append(b, "UNIQUE "...)
	}
	b = append(b, `INDEX "`+i.Physical+`" ON "`+r.Physical+`" (`...)
	for n, key := range i.Columns {
		b = appendSeparated(b, n, ", ")
		b = append(b, `"`+key.Name+`"`...)
	}
	return string(append(b, ')'))
}

// addSection adds the rows of a table of a dump as one statement, without the
// columns that are NULL in all of them.
func (w *opWriter) addSection(r *Relation, s *section) {
	used := make([]bool, len(r.Columns))
	sets := 0
	for fields := range s.rows() {
		for i, field := range fields {
			used[i] = used[i] || field != nil
		}
		sets++
	}
	if sets == 0 {
		return
	}
	t := table{name: r.Physical}
	for i, column := range r.Columns {
		if used[i] {
			t.columns = append(t.columns, column.Name)
		}
	}
	op := Op{SQL: t.insertSQL(), Sets: sets, Params: make([]types.Value, 0, sets*len(t.columns))}
	for fields := range s.rows() {
		for i, column := range r.Columns {
			if used[i] {
				op.Params = append(op.Params, fieldValue(column, fields[i]))
			}
		}
	}
	w.ops = append(w.ops, op)
}

// fieldValue converts a field of a dump to its storage form.
func fieldValue(column *Column, field []byte) types.Value {
	if field == nil {
		return null
	}
	switch column.Type {
	case types.BoolOID:
		return types.BoolValue(fieldBool(field))
	case types.OidOID, types.Int4OID, types.Int2OID, types.RegprocOID:
		return types.IntValue(fieldInt(field))
	case types.NameOID, types.TextOID, types.PgNodeTreeOID:
		return types.TextBytes(field)
	}
	v, err := types.ParseText(column.Type, -1, field, nil)
	if err != nil {
		panic(fmt.Sprintf("catalog: dump: %s %q: %v", column.Name, field, err))
	}
	return v
}
