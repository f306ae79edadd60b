package types

// Type is one row of pg_type. The names of its fields follow the columns.
type Type struct {
	OID         OID
	Name        string // typname
	Len         int16  // typlen: -1 varlena, -2 cstring
	ByVal       bool
	Kind        byte // typtype: b base, p pseudo, r range, m multirange
	Category    byte
	Preferred   bool
	Delim       byte
	Subscript   string
	Elem        OID
	Array       OID
	Input       string
	Output      string
	Receive     string
	Send        string
	ModIn       string
	ModOut      string
	Analyze     string
	Align       byte
	Storage     byte
	Collation   OID // typcollation: 100 default, 950 C, 0 not collatable
	Implemented bool
}

// IsArray tells whether t is a true array type, one with a list of elements of
// variable length (int2vector and name have elements too, but are not).
func (t *Type) IsArray() bool { return t.isSubscripted() && !t.isVector() }

// isSubscripted tells whether t is an array or a vector.
func (t *Type) isSubscripted() bool { return t.Subscript == "array_subscript_handler" }

func (t *Type) isVector() bool { return t.OID == Int2vectorOID || t.OID == OidvectorOID }

// typeOIDMax is above the highest OID of the type table.
const typeOIDMax = 10000

// typeByOID maps an OID to its place in the type table plus one.
var typeByOID = indexTypesByOID()

func indexTypesByOID() *[typeOIDMax]uint16 {
	var index [typeOIDMax]uint16
	for i := range typeTable {
		index[typeTable[i].OID] = uint16(i + 1)
	}
	return &index
}

// typeByName maps typname to its row.
var typeByName = indexTypesByName()

func indexTypesByName() map[string]*Type {
	index := make(map[string]*Type, len(typeTable))
	for i := range typeTable {
		index[typeTable[i].Name] = &typeTable[i]
	}
	return index
}

// ByOID returns the built-in type oid, or nil. The row must not be changed.
func ByOID(oid OID) *Type {
	if oid >= typeOIDMax {
		return nil
	}
	if i := typeByOID[oid]; i != 0 {
		return &typeTable[i-1]
	}
	return nil
}

// ByName returns the built-in type with the typname name ("int4", "_text"), or
// nil. SQL's spellings ("integer") are in SQLName.
func ByName(name string) *Type { return typeByName[name] }

// All calls yield with each built-in type, in the order of OIDs.
func All(yield func(*Type) bool) {
	for i := range typeTable {
		if !yield(&typeTable[i]) {
			return
		}
	}
}

// ElemOf returns the element type of the array type oid, or 0 where oid is not
// an array. int2vector and oidvector count as arrays here.
func ElemOf(oid OID) OID {
	t := ByOID(oid)
	if t == nil || !t.isSubscripted() {
		return 0
	}
	return t.Elem
}

// ArrayOf returns the array type over elem, or 0.
func ArrayOf(elem OID) OID {
	if t := ByOID(elem); t != nil {
		return t.Array
	}
	return 0
}

// SQLName returns the typname that one of SQL's own spellings stands for
// ("integer" is "int4"), or "". Multi-word names are joined by one blank.
func SQLName(spelling string) string {
	switch spelling {
	case "boolean":
		return "bool"
	case "smallint":
		return "int2"
	case "integer", "int":
		return "int4"
	case "bigint":
		return "int8"
	case "real":
		return "float4"
	case "double precision", "float":
		return "float8"
	case "decimal", "dec":
		return "numeric"
	case "character", "char", "nchar", "national character", "national char":
		return "bpchar"
	case "character varying", "char varying", "national character varying", "national char varying", "nchar varying":
		return "varchar"
	case "time without time zone":
		return "time"
	case "time with time zone":
		return "timetz"
	case "timestamp without time zone":
		return "timestamp"
	case "timestamp with time zone":
		return "timestamptz"
	case "bit varying":
		return "varbit"
	}
	return ""
}

// Collation names, as registered with SQLite.
const (
	NumericCollation  = "pg_numeric"
	IntervalCollation = "pg_interval"
	JSONBCollation    = "pg_jsonb"
)

// Collation returns the name of the SQLite collation under which values of
// type oid compare, or "" where SQLite's native comparison is right.
func Collation(oid OID) string {
	switch oid {
	case NumericOID:
		return NumericCollation
	case IntervalOID:
		return IntervalCollation
	case JSONBOID:
		return JSONBCollation
	}
	return ""
}

// StrictDecl returns the column type (and collation) with which a column of
// type oid is declared in a STRICT table.
func StrictDecl(oid OID) string {
	switch oid {
	case BoolOID, Int2OID, Int4OID, Int8OID, OidOID, XidOID, CidOID, Xid8OID,
		RegprocOID, RegprocedureOID, RegoperOID, RegoperatorOID, RegclassOID, RegtypeOID,
		RegroleOID, RegnamespaceOID, RegcollationOID, RegconfigOID, RegdictionaryOID,
		DateOID, TimeOID, TimestampOID, TimestamptzOID:
		return "INTEGER"
	case Float4OID, Float8OID:
		return "ANY" // NaN is TEXT
	case NumericOID, IntervalOID, JSONBOID:
		return "TEXT COLLATE " + Collation(oid)
	case ByteaOID, UUIDOID, TimetzOID:
		return "BLOB"
	}
	if ElemOf(oid) != 0 {
		return "BLOB"
	}
	return "TEXT"
}
