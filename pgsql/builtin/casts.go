package builtin

import (
	"fmt"

	"polyreme/pgsql/types"
)

type castKey struct{ from, to types.OID }

// CastFunction returns the SQLite function that converts from one type to
// another: name(value), name(value, typmod) or name(value, typmod, explicit)
// where explicit is 1 (the default) or 0. CastSQL is the better way to emit a
// cast: it leaves out those that change nothing.
func CastFunction(from, to types.OID) (name string, ok bool) {
	name, ok = Builtins().casts[castKey{from, to}]
	return name, ok
}

// CastSQL returns the SQL that converts arg. Typmod is -1 where there is none;
// explicit tells CAST and :: from an assignment, which raises 22001 where an
// explicit cast cuts text to length. ok is false where no conversion exists.
func CastSQL(from, to types.OID, typmod int32, explicit bool, arg string) (sql string, ok bool) {
	if typmod < 0 {
		if template, native := nativeCast(from, to); native {
			return Expand(template, []string{arg}, nil, to), true
		}
	}
	implicit := ""
	if !explicit {
		implicit = ",0"
	}
	if name, ok := CastFunction(from, to); ok {
		if typmod < 0 && explicit {
			return name + "(" + arg + ")", true
		}
		return fmt.Sprintf("%s(%s,%d%s)", name, arg, typmod, implicit), true
	}
	if !canCast(from, to) {
		return "", false
	}
	if implicit == "" {
		implicit = ",1"
	}
	return fmt.Sprintf("cast_value(%d,%d,%s,%d%s)", uint32(from), uint32(to), arg, typmod, implicit), true
}

// nativeCast lists the conversions that SQLite does exactly, or that leave the
// storage form as it is.
func nativeCast(from, to types.OID) (template string, ok bool) {
	switch {
	case from == to, sameStorage(from, to):
		return "$1", true
	case isInteger(from) && (to == types.NumericOID || to == types.TextOID || to == types.VarcharOID):
		return "CAST($1 AS TEXT)", true
	case isInteger(from) && to == types.Float8OID:
		return "CAST($1 AS REAL)", true
	case from == types.BoolOID && (to == types.TextOID || to == types.VarcharOID):
		return "(CASE $1 WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)", true
	case from == types.Int4OID && to == types.BoolOID:
		return "($1 <> 0)", true
	}
	return "", false
}

func isInteger(t types.OID) bool {
	return t == types.Int2OID || t == types.Int4OID || t == types.Int8OID
}

// sameStorage tells whether every value of from is that value of to.
func sameStorage(from, to types.OID) bool {
	switch from {
	case types.Int2OID:
		return to == types.Int4OID || to == types.Int8OID
	case types.Int4OID:
		return to == types.Int8OID
	case types.BoolOID:
		return to == types.Int4OID
	case types.Float4OID:
		return to == types.Float8OID
	case types.TextOID, types.VarcharOID:
		return to == types.TextOID || to == types.VarcharOID
	case types.NameOID, types.BpcharOID, types.JSONOID, types.JSONBOID, types.NumericOID, types.CharOID:
		return to == types.TextOID || to == types.VarcharOID
	case types.OidOID, types.RegclassOID, types.RegtypeOID, types.RegprocOID, types.RegprocedureOID, types.RegoperOID,
		types.RegoperatorOID, types.RegnamespaceOID, types.RegroleOID, types.RegcollationOID:
		return to == types.OidOID || to == types.Int8OID || isReg(to)
	}
	return false
}

// isReg tells whether t is stored as an OID and printed as a name.
func isReg(t types.OID) bool {
	switch t {
	case types.RegclassOID, types.RegtypeOID, types.RegprocOID, types.RegprocedureOID, types.RegoperOID,
		types.RegoperatorOID, types.RegnamespaceOID, types.RegroleOID, types.RegcollationOID:
		return true
	}
	return false
}

// canCast tells whether types.Cast converts the pair.
func canCast(from, to types.OID) bool {
	f, t := types.ByOID(from), types.ByOID(to)
	if f == nil || t == nil || !f.Implemented || !t.Implemented {
		return false
	}
	if from == to || isTextual(from) || isTextual(to) {
		return true
	}
	if f.IsArray() && t.IsArray() {
		return canCast(f.Elem, t.Elem)
	}
	return types.CastLookup(from, to) != nil || sameStorage(from, to)
}

// isTextual tells whether values of t are converted through the input and
// output functions of the other type.
func isTextual(t types.OID) bool {
	switch t {
	case types.TextOID, types.VarcharOID, types.BpcharOID, types.NameOID, types.UnknownOID, types.CstringOID:
		return true
	}
	return false
}

// addCasts registers a function for each pair of pg_cast and between text and
// every type, arrays excepted: those go through cast_value.
func (t *Table) addCasts() {
	t.casts = make(map[castKey]string, 512)
	for c := range types.AllCasts {
		t.addCast(c.Source, c.Target)
	}
	for typ := range types.All {
		if !typ.Implemented || typ.IsArray() || typ.Kind == 'p' {
			continue
		}
		t.addCast(typ.OID, typ.OID)
		t.addCast(typ.OID, types.TextOID)
		t.addCast(types.TextOID, typ.OID)
		t.addCast(typ.OID, types.VarcharOID)
		t.addCast(typ.OID, types.BpcharOID)
	}
	t.scalars = append(t.scalars, scalarEntry{name: "cast_value", run: castValue})
}

func (t *Table) addCast(from, to types.OID) {
	key := castKey{from, to}
	if t.casts[key] != "" || !canCast(from, to) {
		return
	}
	name := "cast_" + typeName(from) + "_" + typeName(to)
	t.casts[key] = name
	t.scalars = append(t.scalars, scalarEntry{name: name, run: castFunction(from, to)})
}

// castFunction converts a value; the typmod and the explicit flag may follow.
func castFunction(from, to types.OID) Scalar {
	return func(e *Env, a []types.Value) (types.Value, error) {
		if a[0].IsNull() {
			return types.Value{}, nil
		}
		typmod, explicit := int32(-1), true
		if len(a) > 1 {
			typmod = int32(a[1].Int64())
		}
		if len(a) > 2 {
			explicit = a[2].Bool()
		}
		return e.cast(from, to, typmod, a[0], explicit)
	}
}

// castScalar converts its only argument explicitly.
func castScalar(from, to types.OID) Scalar {
	return func(e *Env, a []types.Value) (types.Value, error) { return e.cast(from, to, -1, a[0], true) }
}

// castValue is cast_value(from, to, value, typmod, explicit).
func castValue(e *Env, a []types.Value) (types.Value, error) {
	if a[2].IsNull() {
		return types.Value{}, nil
	}
	return e.cast(types.OID(a[0].Int64()), types.OID(a[1].Int64()), int32(a[3].Int64()), a[2], a[4].Bool())
}

// cast converts one value that is not NULL.
func (e *Env) cast(from, to types.OID, typmod int32, v types.Value, explicit bool) (types.Value, error) {
	if e.Types.RegIn == nil {
		e.SetTypes(e.Types)
	}
	f, t := types.ByOID(from), types.ByOID(to)
	if f != nil && t != nil && f.IsArray() && t.IsArray() {
		return e.castArray(f.Elem, t.Elem, typmod, v, explicit)
	}
	return types.Cast(from, to, typmod, v, explicit, &e.Types)
}

func (e *Env) castArray(from, to types.OID, typmod int32, v types.Value, explicit bool) (types.Value, error) {
	if typmod < 0 && (from == to || sameStorage(from, to)) {
		return v, nil
	}
	array, err := types.DecodeArray(v.Bytes)
	if err != nil {
		return types.Value{}, err
	}
	for i, elem := range array.Elems {
		if elem.IsNull() {
			continue
		}
		c, err := types.Cast(from, to, typmod, elem, explicit, &e.Types)
		if err != nil {
			return types.Value{}, err
		}
		array.Elems[i] = c.Clone()
	}
	return array.Value(), nil
}
