package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// typeName resolves a type as written to its OID and typmod.
func (a *analyzer) typeName(t *ast.TypeName) (types.OID, int32) {
	oid := a.lookupType(t)
	typmod := a.typmod(oid, t)
	if len(t.ArrayBounds) > 0 {
		array := types.ArrayOf(oid)
		if types.ByOID(oid) != nil && types.ByOID(oid).IsArray() {
			array = oid
		}
		if array == 0 {
			a.failf(t.Pos(), pgerr.UndefinedObject, "could not find array type for data type %s", types.FormatType(oid, -1))
		}
		oid = array
	}
	if bt := types.ByOID(oid); bt != nil && !bt.Implemented && bt.Kind != 'p' {
		a.fail(t.Pos(), pgerr.Unsupported("type %s is not supported", types.FormatType(oid, -1)))
	}
	return oid, typmod
}

// lookupType resolves the name, without array bounds and modifiers.
func (a *analyzer) lookupType(t *ast.TypeName) types.OID {
	if t.PctType {
		return a.columnType(t)
	}
	name := t.Names[len(t.Names)-1]
	switch len(t.Names) {
	case 1:
		if bt := types.ByName(name); bt != nil {
			return bt.OID
		}
		if ut := a.cat.ResolveType(a.opt.SearchPath, name); ut != nil {
			a.unsupportedType(t, ut)
		}
	case 2:
		if t.Names[0] == "pg_catalog" {
			if bt := types.ByName(name); bt != nil {
				return bt.OID
			}
		}
		schema := a.cat.SchemaNamed(a.opt.SearchPath, t.Names[0])
		if schema == nil {
			a.failf(t.Pos(), pgerr.InvalidSchemaName, "schema \"%s\" does not exist", t.Names[0])
		}
		if t.Names[0] == "information_schema" {
			if oid := informationSchemaType(name); oid != 0 {
				return oid
			}
		}
		if ut := a.cat.Type(schema.OID, name); ut != nil {
			a.unsupportedType(t, ut)
		}
	}
	a.failf(t.Pos(), pgerr.UndefinedObject, "type \"%s\" does not exist", dotted(t.Names))
	return 0
}

func (a *analyzer) unsupportedType(t *ast.TypeName, ut *catalog.Type) {
	a.fail(t.Pos(), pgerr.Unsupported("type \"%s\" is not supported here", ut.Name))
}

// informationSchemaType returns the base type of the domains that
// information_schema defines.
func informationSchemaType(name string) types.OID {
	switch name {
	case "sql_identifier":
		return types.NameOID
	case "character_data", "yes_or_no":
		return types.VarcharOID
	case "cardinal_number":
		return types.Int4OID
	case "time_stamp":
		return types.TimestamptzOID
	}
	return 0
}

// columnType resolves table.column%TYPE.
func (a *analyzer) columnType(t *ast.TypeName) types.OID {
	n := len(t.Names)
	if n < 2 {
		a.failf(t.Pos(), pgerr.SyntaxError, "improper %%TYPE reference (too few dotted names): %s", dotted(t.Names))
	}
	rel := a.relationByNames(t.Names[:n-1], t.Pos())
	c := rel.Column(t.Names[n-1])
	if c == nil {
		a.failf(t.Pos(), pgerr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", t.Names[n-1], rel.Name)
	}
	a.notice(pgerr.SuccessfulCompletion, "type reference %s%%TYPE converted to %s", dotted(t.Names), types.FormatType(c.Type, -1))
	return c.Type
}

// typmod computes the type modifier.
func (a *analyzer) typmod(oid types.OID, t *ast.TypeName) int32 {
	if len(t.Typmods) == 0 {
		return -1
	}
	mods := make([]int64, len(t.Typmods))
	for i, m := range t.Typmods {
		c, ok := m.(*ast.Const)
		if !ok || c.Kind != ast.ConstInt4 {
			a.failf(m.Pos(), pgerr.SyntaxError, "type modifiers must be simple constants or identifiers")
		}
		mods[i] = c.Int
	}
	mod, err := MakeTypmod(oid, mods)
	a.check(t.Pos(), err)
	return mod
}

const (
	varHeader      = 4
	lengthMax      = 10485760
	numericMax     = 1000
	precisionMax   = 6
	intervalFull   = 0xFFFF
	intervalFields = 0x7FFF
)

// MakeTypmod returns the typmod of type oid with the given modifiers, as the
// type's typmodin function does.
func MakeTypmod(oid types.OID, mods []int64) (int32, error) {
	switch oid {
	case types.VarcharOID, types.BpcharOID:
		name := "varchar"
		if oid == types.BpcharOID {
			name = "char"
		}
		return lengthTypmod(name, mods, lengthMax, varHeader)
	case types.BitOID, types.VarbitOID:
		name := "bit"
		if oid == types.VarbitOID {
			name = "varbit"
		}
		return lengthTypmod(name, mods, 83886080, 0)
	case types.NumericOID:
		return numericTypmod(mods)
	case types.TimeOID, types.TimetzOID, types.TimestampOID, types.TimestamptzOID:
		if len(mods) != 1 {
			return 0, pgerr.New(pgerr.InvalidParameterValue, "invalid type modifier")
		}
		return int32(min(mods[0], precisionMax)), nil
	case types.IntervalOID:
		return intervalTypmod(mods)
	}
	return 0, pgerr.New(pgerr.SyntaxError, "type modifier is not allowed for type \"%s\"", types.FormatType(oid, -1))
}

func lengthTypmod(name string, mods []int64, most, header int64) (int32, error) {
	switch {
	case len(mods) != 1:
		return 0, pgerr.New(pgerr.InvalidParameterValue, "invalid type modifier")
	case mods[0] < 1:
		return 0, pgerr.New(pgerr.InvalidParameterValue, "length for type %s must be at least 1", name)
	case mods[0] > most:
		return 0, pgerr.New(pgerr.InvalidParameterValue, "length for type %s cannot exceed %d", name, most)
	}
	return int32(mods[0] + header), nil
}

func numericTypmod(mods []int64) (int32, error) {
	if len(mods) > 2 || len(mods) == 0 {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "invalid NUMERIC type modifier")
	}
	if mods[0] < 1 || mods[0] > numericMax {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "NUMERIC precision %d must be between 1 and %d", mods[0], numericMax)
	}
	scale := int64(0)
	if len(mods) == 2 {
		if scale = mods[1]; scale < -numericMax || scale > numericMax {
			return 0, pgerr.New(pgerr.InvalidParameterValue, "NUMERIC scale %d must be between %d and %d", scale, -numericMax, numericMax)
		}
	}
	return types.MakeNumericTypmod(int(mods[0]), int(scale)), nil
}

func intervalTypmod(mods []int64) (int32, error) {
	switch len(mods) {
	case 1:
		if mods[0] == intervalFields {
			return -1, nil
		}
		return int32(mods[0]<<16 | intervalFull), nil
	case 2:
		return int32(mods[0]<<16 | min(mods[1], precisionMax)), nil
	}
	return 0, pgerr.New(pgerr.InvalidParameterValue, "invalid INTERVAL type modifier")
}

// relationByNames resolves a qualified or bare relation name, or raises 42P01.
func (a *analyzer) relationByNames(names []string, pos int) *catalog.Relation {
	rv := &ast.RangeVar{At: ast.At(pos), Name: names[len(names)-1]}
	if len(names) > 1 {
		rv.Schema = names[len(names)-2]
	}
	if len(names) > 2 {
		rv.Catalog = names[len(names)-3]
	}
	return a.relation(rv)
}

// relation resolves the name of a relation, or raises 42P01.
func (a *analyzer) relation(rv *ast.RangeVar) *catalog.Relation {
	if r := a.findRelation(rv); r != nil {
		return r
	}
	if rv.Schema != "" {
		a.failf(rv.Pos(), pgerr.UndefinedTable, "relation \"%s.%s\" does not exist", rv.Schema, rv.Name)
	}
	a.failf(rv.Pos(), pgerr.UndefinedTable, "relation \"%s\" does not exist", rv.Name)
	return nil
}

// findRelation resolves the name of a relation; it returns nil where there is none.
func (a *analyzer) findRelation(rv *ast.RangeVar) *catalog.Relation {
	if rv.Catalog != "" && rv.Catalog != a.opt.Database {
		a.failf(rv.Pos(), pgerr.FeatureNotSupported, "cross-database references are not implemented: \"%s.%s.%s\"", rv.Catalog, rv.Schema, rv.Name)
	}
	if rv.Schema == "" {
		return a.cat.Resolve(a.opt.SearchPath, rv.Name)
	}
	s := a.cat.SchemaNamed(a.opt.SearchPath, rv.Schema)
	if s == nil {
		return nil
	}
	return a.cat.Relation(s.OID, rv.Name)
}
