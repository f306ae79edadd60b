package catalog

import (
	"strconv"
	"strings"

	"polyreme/pgsql/types"
)

// table is one of the pg_* tables as Edit writes it: its columns in the order
// of a row's values, and which of them identify a row.
type table struct {
	name    string
	columns []string
	key     []int // places of the identifying columns
}

// row is one row of a pg_* table.
type row struct {
	table  *table
	values []types.Value
}

// newTable describes a table; the columns marked by a final * identify a row.
func newTable(name, columns string) *table {
	t := &table{name: name, columns: strings.Fields(columns)}
	for i, column := range t.columns {
		if bare, ok := strings.CutSuffix(column, "*"); ok {
			t.columns[i] = bare
			t.key = append(t.key, i)
		}
	}
	return t
}

// The tables that record user objects. They are constants in all but name.
var (
	pgNamespace = newTable("pg_namespace", `oid* nspname nspowner nspacl`)

	pgClass = newTable("pg_class", `oid* relname relnamespace reltype reloftype relowner relam relfilenode
		reltablespace relpages reltuples relallvisible reltoastrelid relhasindex relisshared relpersistence
		relkind relnatts relchecks relhasrules relhastriggers relhassubclass relrowsecurity relforcerowsecurity
		relispopulated relreplident relispartition relrewrite relfrozenxid relminmxid relacl reloptions relpartbound`)

	pgAttribute = newTable("pg_attribute", `attrelid* attname atttypid attstattarget attlen attnum* attndims
		attcacheoff atttypmod attbyval attalign attstorage attcompression attnotnull atthasdef atthasmissing
		attidentity attgenerated attisdropped attislocal attinhcount attcollation attacl attoptions attfdwoptions
		attmissingval`)

	pgAttrdef = newTable("pg_attrdef", `oid* adrelid adnum adbin`)

	pgType = newTable("pg_type", `oid* typname typnamespace typowner typlen typbyval typtype typcategory
		typispreferred typisdefined typdelim typrelid typsubscript typelem typarray typinput typoutput typreceive
		typsend typmodin typmodout typanalyze typalign typstorage typnotnull typbasetype typtypmod typndims
		typcollation typdefaultbin typdefault typacl`)

	pgIndex = newTable("pg_index", `indexrelid* indrelid indnatts indnkeyatts indisunique indnullsnotdistinct
		indisprimary indisexclusion indimmediate indisclustered indisvalid indcheckxmin indisready indislive
		indisreplident indkey indcollation indclass indoption indexprs indpred`)

	pgConstraint = newTable("pg_constraint", `oid* conname connamespace contype condeferrable condeferred
		convalidated conrelid contypid conindid conparentid confrelid confupdtype confdeltype confmatchtype
		conislocal coninhcount connoinherit conkey confkey conpfeqop conppeqop conffeqop confdelsetcols conexclop
		conbin`)

	pgSequence = newTable("pg_sequence", `seqrelid* seqtypid seqstart seqincrement seqmax seqmin seqcache seqcycle`)

	pgRewrite = newTable("pg_rewrite", `oid* rulename ev_class ev_type ev_enabled is_instead ev_qual ev_action`)

	pgDescription = newTable("pg_description", `objoid* classoid* objsubid* description`)

	pgDepend = newTable("pg_depend", `classid* objid* objsubid* refclassid* refobjid* refobjsubid* deptype*`)
)

// identity returns the identifying values of r as a map key.
func (r *row) identity() string {
	b := append(make([]byte, 0, 64), r.table.name...)
	for _, i := range r.table.key {
		v := r.values[i]
		b = append(b, 0)
		if v.Kind == types.Int {
			b = strconv.AppendInt(b, v.Int64(), 10)
		} else {
			b = append(b, v.Bytes...)
		}
	}
	return string(b)
}

// insertSQL returns the statement that inserts a row.
func (t *table) insertSQL() string {
	b := append(make([]byte, 0, 512), `INSERT INTO "`...)
	b = append(b, t.name...)
	b = append(b, `" (`...)
	for i, column := range t.columns {
		b = appendSeparated(b, i, ", ")
		b = append(b, '"')
		b = append(b, column...)
		b = append(b, '"')
	}
	b = append(b, ") VALUES ("...)
	for i := range t.columns {
		b = appendSeparated(b, i, ", ")
		b = appendParam(b, i+1)
	}
	return string(append(b, ')'))
}

// deleteSQL returns the statement that deletes the row with the given key.
func (t *table) deleteSQL() string {
	b := append(make([]byte, 0, 128), `DELETE FROM "`...)
	b = append(b, t.name...)
	b = append(b, `" WHERE `...)
	return string(t.appendKey(b, 1))
}

// updateSQL returns the statement that sets the columns with the given places;
// the key's parameters follow theirs.
func (t *table) updateSQL(changed []int) string {
	b := append(make([]byte, 0, 128), `UPDATE "`...)
	b = append(b, t.name...)
	b = append(b, `" SET `...)
	for i, place := range changed {
		b = appendSeparated(b, i, ", ")
		b = append(b, '"')
		b = append(b, t.columns[place]...)
		b = append(b, `" = `...)
		b = appendParam(b, i+1)
	}
	b = append(b, " WHERE "...)
	return string(t.appendKey(b, len(changed)+1))
}

func (t *table) appendKey(b []byte, param int) []byte {
	for i, place := range t.key {
		b = appendSeparated(b, i, " AND ")
		b = append(b, '"')
		b = append(b, t.columns[place]...)
		b = append(b, `" = `...)
		b = appendParam(b, param+i)
	}
	return b
}

func appendSeparated(b []byte, i int, separator string) []byte {
	if i == 0 {
		return b
	}
	return append(b, separator...)
}

func appendParam(b []byte, n int) []byte {
	return strconv.AppendInt(append(b, '?'), int64(n), 10)
}
