package plan

import (
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func isPolymorphic(oid types.OID) bool {
	switch oid {
	case types.AnyelementOID, types.AnyarrayOID, types.AnynonarrayOID, types.AnyenumOID, types.AnyrangeOID,
		types.AnycompatibleOID, types.AnycompatiblearrayOID, types.AnycompatiblenonarrayOID, types.AnycompatiblerangeOID,
		anymultirangeOID, anycompatiblemultirangeOID:
		return true
	}
	return false
}

const (
	anymultirangeOID           types.OID = 4537
	anycompatiblemultirangeOID types.OID = 4538
)

// consistentGenerics is check_generic_type_consistency: do the actual types fit
// the polymorphic ones?
func consistentGenerics(in, declared []types.OID) bool {
	elem, compat, ok := genericTypes(in, declared)
	_ = compat
	if !ok {
		return false
	}
	for i, d := range declared {
		switch d {
		case types.AnynonarrayOID:
			if elem != 0 && trueElem(elem) != 0 {
				return false
			}
		case types.AnyenumOID, types.AnyrangeOID, types.AnycompatiblerangeOID, anymultirangeOID, anycompatiblemultirangeOID:
			if in[i] != types.UnknownOID {
				return false
			}
		}
	}
	return true
}

// genericTypes finds the element types that anyelement and anycompatible stand
// for; 0 where all arguments are unknown.
func genericTypes(in, declared []types.OID) (elem, compat types.OID, ok bool) {
	var compatible []types.OID
	for i, d := range declared {
		t := in[i]
		if t == types.UnknownOID || t == 0 {
			continue
		}
		switch d {
		case types.AnyelementOID, types.AnynonarrayOID, types.AnyenumOID:
			if elem != 0 && elem != t {
				return 0, 0, false
			}
			elem = t
		case types.AnyarrayOID:
			if t == types.AnyarrayOID {
				continue
			}
			e := types.ElemOf(t)
			if e == 0 || elem != 0 && elem != e {
				return 0, 0, false
			}
			elem = e
		case types.AnycompatibleOID, types.AnycompatiblenonarrayOID:
			compatible = append(compatible, t)
		case types.AnycompatiblearrayOID:
			e := types.ElemOf(t)
			if e == 0 {
				return 0, 0, false
			}
			compatible = append(compatible, e)
		}
	}
	if len(compatible) > 0 {
		if compat = commonOfTypes(compatible); compat == 0 {
			return 0, 0, false
		}
	}
	return elem, compat, true
}

// commonOfTypes is select_common_type over types alone; 0 means there is none.
func commonOfTypes(oids []types.OID) types.OID {
	best := oids[0]
	for _, t := range oids[1:] {
		switch {
		case t == best:
		case category(t) != category(best):
			return 0
		case !preferred(category(best), best) && canCoerce([]types.OID{best}, []types.OID{t}, implicit) &&
			!canCoerce([]types.OID{t}, []types.OID{best}, implicit):
			best = t
		}
	}
	for _, t := range oids {
		if !canCoerce([]types.OID{t}, []types.OID{best}, implicit) {
			return 0
		}
	}
	return best
}

// resolveGenerics is enforce_generic_type_consistency: it replaces polymorphic
// types among declared by actual ones and returns the actual result type.
func (a *analyzer) resolveGenerics(in, declared []types.OID, result types.OID, pos int) ([]types.OID, types.OID) {
	generic := isPolymorphic(result)
	for _, d := range declared {
		generic = generic || isPolymorphic(d)
	}
	if !generic {
		return declared, result
	}
	elem, compat, ok := genericTypes(in, declared)
	if !ok {
		a.failf(pos, pgerr.DatatypeMismatch, "arguments declared \"anyelement\" are not all alike")
	}
	out := make([]types.OID, len(declared))
	for i, d := range declared {
		out[i] = a.actualType(d, elem, compat, in[i], pos)
	}
	return out, a.actualType(result, elem, compat, 0, pos)
}

func (a *analyzer) actualType(d, elem, compat, in types.OID, pos int) types.OID {
	switch d {
	case types.AnyelementOID, types.AnynonarrayOID, types.AnyenumOID:
		if elem == 0 {
			a.failf(-1, pgerr.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
		}
		return elem
	case types.AnyarrayOID:
		if elem == 0 {
			if in == types.AnyarrayOID {
				return in
			}
			a.failf(-1, pgerr.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
		}
		if in != 0 && in != types.UnknownOID && types.ElemOf(in) == elem {
			return in
		}
		return a.arrayType(elem, pos)
	case types.AnycompatibleOID, types.AnycompatiblenonarrayOID:
		if compat == 0 {
			return types.TextOID
		}
		return compat
	case types.AnycompatiblearrayOID:
		if compat == 0 {
			return types.TextArrayOID
		}
		return a.arrayType(compat, pos)
	}
	return d
}

// arrayType returns the array over elem or raises 42704.
func (a *analyzer) arrayType(elem types.OID, pos int) types.OID {
	if t := types.ArrayOf(elem); t != 0 {
		return t
	}
	a.failf(pos, pgerr.UndefinedObject, "could not find array type for data type %s", types.FormatType(elem, -1))
	return 0
}
