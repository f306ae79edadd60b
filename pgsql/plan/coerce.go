package plan

import (
	"polyreme/pgsql/builtin"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// coercion is where a coercion happens; it says which casts may be used.
type coercion byte

const (
	implicit   coercion = 'i'
	assignment coercion = 'a'
	explicit   coercion = 'e'
)

// pathway is how one type becomes another.
type pathway uint8

const (
	pathNone    pathway = iota
	pathRelabel         // the same storage: nothing to do
	pathFunc            // a cast function
	pathArray           // element by element
	pathIO              // through text
)

// coercionPathway is PostgreSQL's find_coercion_pathway.
func coercionPathway(target, source types.OID, ctx coercion) pathway {
	if source == target {
		return pathRelabel
	}
	if c := types.CastLookup(source, target); c != nil {
		if !castAllowed(c.Context, ctx) {
			return pathNone
		}
		switch c.Method {
		case 'f':
			return pathFunc
		case 'i':
			return pathIO
		}
		return pathRelabel
	}
	if te, se := trueElem(target), arrayElem(source); te != 0 && se != 0 {
		if elem := coercionPathway(te, se, ctx); elem != pathNone {
			if elem == pathIO {
				return pathIO
			}
			return pathArray
		}
		return pathNone
	}
	switch {
	case ctx != implicit && category(target) == 'S':
		return pathIO
	case ctx == explicit && category(source) == 'S':
		return pathIO
	}
	return pathNone
}

func castAllowed(cast byte, ctx coercion) bool {
	switch ctx {
	case explicit:
		return true
	case assignment:
		return cast == 'i' || cast == 'a'
	}
	return cast == 'i'
}

// arrayElem returns the element type of an array or of a vector, which reads as
// an array; 0 for other types.
func arrayElem(oid types.OID) types.OID {
	if oid == types.Int2vectorOID || oid == types.OidvectorOID {
		return types.ElemOf(oid)
	}
	return trueElem(oid)
}

// trueElem returns the element type of a true array, or 0.
func trueElem(oid types.OID) types.OID {
	if t := types.ByOID(oid); t != nil && t.IsArray() {
		return t.Elem
	}
	return 0
}

func category(oid types.OID) byte {
	if t := types.ByOID(oid); t != nil {
		return t.Category
	}
	return 'U'
}

func preferred(cat byte, oid types.OID) bool {
	t := types.ByOID(oid)
	return t != nil && t.Category == cat && t.Preferred
}

// canCoerce is PostgreSQL's can_coerce_type.
func canCoerce(in, target []types.OID, ctx coercion) bool {
	generics := false
	for i := range in {
		if !canCoerceOne(in[i], target[i], ctx, &generics) {
			return false
		}
	}
	return !generics || consistentGenerics(in, target)
}

func canCoerceOne(in, target types.OID, ctx coercion, generics *bool) bool {
	switch {
	case in == target || target == types.AnyOID:
		return true
	case isPolymorphic(target):
		*generics = true
		return true
	case in == types.UnknownOID || in == 0:
		return true
	case coercionPathway(target, in, ctx) != pathNone:
		return true
	case in == types.RecordOID && target == types.RecordArrayOID:
		return false
	}
	return false
}

// coerceTo converts x to the type target for the context, or raises the error
// that a caller with an implicit need would give. ok is false where there is no
// way.
func (a *analyzer) coerceTo(x expr, target types.OID, typmod int32, ctx coercion, pos int) (expr, bool) {
	source := x.typ()
	if source != types.UnknownOID && !canCoerce([]types.OID{source}, []types.OID{target}, ctx) {
		return nil, false
	}
	x = a.coerceType(x, target, typmod, ctx, pos)
	return a.coerceTypmod(x, typmod, ctx, pos), true
}

// coerceType is PostgreSQL's coerce_type: x, known to be coercible, becomes
// target. The typmod is used only for literals of types that need it on input.
func (a *analyzer) coerceType(x expr, target types.OID, typmod int32, ctx coercion, pos int) expr {
	source := x.typ()
	if source == target || target == types.AnyOID || isPolymorphic(target) && !(source == types.UnknownOID) {
		return x
	}
	if isPolymorphic(target) {
		return x
	}
	if p, ok := x.(*paramExpr); ok && source == types.UnknownOID {
		return a.fixParam(p, target, pos)
	}
	if c, ok := x.(*constExpr); ok {
		if folded := a.foldConst(c, target, typmod, ctx, pos); folded != nil {
			return folded
		}
	}
	if source == types.UnknownOID {
		// A NULL or a query's column of unknown type: text input.
		source = types.TextOID
		ctx = explicit
	}
	if l, ok := x.(*arrayExpr); ok && ctx == explicit {
		if y := a.recastArray(l, target, typmod, pos); y != nil {
			return y
		}
	}
	return a.convert(x, source, target, ctx)
}

// convert wraps x into the conversion from source to target.
func (a *analyzer) convert(x expr, source, target types.OID, ctx coercion) expr {
	if coercionPathway(target, source, ctx) == pathNone {
		a.failf(x.position(), pgerr.CannotCoerce, "cannot cast type %s to %s", types.FormatType(source, -1), types.FormatType(target, -1))
	}
	cast := &castExpr{base: base{target, -1, x.position()}, x: x, explicit: ctx == explicit, implicit: ctx != explicit}
	if sameForm(source, target) || sameStorage(source, target) && coercionPathway(target, source, ctx) == pathRelabel {
		return cast
	}
	if e := arrayElem(source); e != 0 && e == arrayElem(target) {
		return cast
	}
	cast.run = true
	a.checkCast(source, target, cast.pos)
	return cast
}

// checkCast raises 0A000 for a conversion that cannot be emitted.
func (a *analyzer) checkCast(source, target types.OID, pos int) {
	if _, ok := builtin.CastSQL(source, target, -1, true, ""); !ok {
		a.fail(pos, pgerr.Unsupported("cast from %s to %s is not supported", types.FormatType(source, -1), types.FormatType(target, -1)))
	}
}

// sameForm tells whether every value of source is, in storage, the same value
// of target though pg_cast has a function for it: the widening of integers.
func sameForm(source, target types.OID) bool {
	switch source {
	case types.Int2OID:
		return target == types.Int4OID || target == types.Int8OID
	case types.Int4OID:
		return target == types.Int8OID
	case types.OidOID:
		return target == types.Int8OID
	case types.BpcharOID:
		return target == types.TextOID || target == types.VarcharOID
	case types.NameOID:
		return target == types.TextOID || target == types.VarcharOID || target == types.BpcharOID
	case types.Float4OID:
		return target == types.Float8OID
	}
	return false
}

// sameStorage tells whether a binary-coercible pair has one storage form.
func sameStorage(source, target types.OID) bool {
	if source == target {
		return true
	}
	s, t := storageClass(source), storageClass(target)
	return s == t && s != 0
}

// storageClass groups the types whose storage forms may be relabelled.
func storageClass(oid types.OID) byte {
	switch oid {
	case types.TextOID, types.VarcharOID, types.BpcharOID, types.NameOID, types.UnknownOID, types.CstringOID,
		types.PgNodeTreeOID, types.JSONOID, types.XMLOID, types.RefcursorOID, types.CharOID:
		return 't'
	case types.ByteaOID:
		return 'b'
	case types.IntervalOID, types.TimeOID, types.DateOID, types.NumericOID, types.JSONBOID, types.Float4OID, types.Float8OID, types.UUIDOID:
		return 0
	}
	switch types.StrictDecl(oid) {
	case "INTEGER":
		if oid == types.BoolOID || oid == types.TimestampOID || oid == types.TimestamptzOID {
			return 0
		}
		return 'i'
	case "BLOB":
		if types.ElemOf(oid) != 0 {
			return 'a'
		}
	}
	if oid >= 13000 { // domains of information_schema, row types
		return 't'
	}
	return 0
}

// coerceTypmod applies the length coercion of x's type, as coerce_type_typmod.
func (a *analyzer) coerceTypmod(x expr, typmod int32, ctx coercion, pos int) expr {
	if typmod < 0 || x.mod() == typmod {
		return x
	}
	oid := x.typ()
	if !hasLengthCoercion(oid) {
		return x
	}
	if c, ok := x.(*constExpr); ok {
		v, err := c.val, error(nil)
		if !v.IsNull() {
			v, err = types.Cast(oid, oid, typmod, v, ctx == explicit, a.env)
		}
		if err == nil {
			return &constExpr{base: base{oid, typmod, c.pos}, val: v.Clone()}
		}
		// The error is one of execution.
	}
	if _, ok := builtin.CastSQL(oid, oid, typmod, ctx == explicit, ""); !ok {
		a.fail(pos, pgerr.Unsupported("type modifier of %s is not supported", types.FormatType(oid, typmod)))
	}
	return &castExpr{base: base{oid, typmod, x.position()}, x: x, run: true, length: true, explicit: ctx == explicit, implicit: ctx != explicit}
}

// hasLengthCoercion tells whether pg_cast has a cast of the type to itself.
func hasLengthCoercion(oid types.OID) bool {
	if e := trueElem(oid); e != 0 {
		oid = e
	}
	c := types.CastLookup(oid, oid)
	return c != nil
}

// foldConst converts a constant at plan time; nil means that it must be done
// at run time.
func (a *analyzer) foldConst(c *constExpr, target types.OID, typmod int32, ctx coercion, pos int) expr {
	b := base{target, -1, c.pos}
	if c.val.IsNull() {
		return &constExpr{base: b, val: c.val}
	}
	if c.oid == types.UnknownOID {
		if dependsOnTime(target, c.val.Bytes) {
			return nil
		}
		a.checkImplemented(target, c.pos)
		mod := int32(-1)
		if target == types.IntervalOID {
			mod = typmod
		}
		v, err := types.ParseText(target, mod, c.val.Bytes, a.inputEnv(target))
		a.check(c.pos, err)
		return &constExpr{base: b, val: v.Clone()}
	}
	switch coercionPathway(target, c.oid, ctx) {
	case pathNone:
		return nil
	case pathRelabel:
		if sameStorage(c.oid, target) {
			return &constExpr{base: b, val: c.val}
		}
	}
	if !foldable(c.oid) || !foldable(target) || dependsOnTime(target, c.val.Bytes) {
		return nil
	}
	v, err := types.Cast(c.oid, target, -1, c.val, ctx == explicit, a.env)
	if err != nil {
		return nil // an error of execution
	}
	return &constExpr{base: b, val: v.Clone()}
}

// foldable tells whether values of the type convert at plan time; the names of
// catalog objects need the session.
func foldable(oid types.OID) bool {
	switch oid {
	case types.RegclassOID, types.RegtypeOID, types.RegprocOID, types.RegprocedureOID, types.RegoperOID,
		types.RegoperatorOID, types.RegroleOID, types.RegnamespaceOID, types.RegcollationOID,
		types.RegconfigOID, types.RegdictionaryOID:
		return false
	}
	t := types.ByOID(oid)
	return t != nil && t.Implemented && t.Kind != 'p'
}

// dependsOnTime tells whether the input text of a date or time means another
// value at another time: 'now', 'today' and their kin.
func dependsOnTime(oid types.OID, text []byte) bool {
	switch oid {
	case types.DateOID, types.TimeOID, types.TimetzOID, types.TimestampOID, types.TimestamptzOID:
	default:
		return false
	}
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9' || c == '-':
			return oid == types.TimetzOID
		case c == ' ' || c == '\t':
			continue
		}
		switch c | 0x20 {
		case 'n', 't', 'y':
			return true
		}
		return false
	}
	return false
}

func (a *analyzer) checkImplemented(oid types.OID, pos int) {
	if t := types.ByOID(oid); t != nil && !t.Implemented && t.Kind != 'p' {
		a.fail(pos, pgerr.Unsupported("type %s is not supported", types.FormatType(oid, -1)))
	}
}

// recastArray converts ARRAY[…]::t[] element by element, as PostgreSQL does, so
// that unknown literals take the target's type.
func (a *analyzer) recastArray(l *arrayExpr, target types.OID, typmod int32, pos int) expr {
	elem := trueElem(target)
	if elem == 0 || l.nested {
		return nil
	}
	out := &arrayExpr{base: base{target, -1, l.pos}, elem: elem}
	for _, e := range l.elems {
		y, ok := a.coerceTo(e, elem, typmod, explicit, pos)
		if !ok {
			return nil
		}
		out.elems = append(out.elems, y)
	}
	return out
}

// coerceBool makes x boolean for WHERE and its kin, or raises 42804.
func (a *analyzer) coerceBool(x expr, construct string) expr {
	if x.typ() == types.BoolOID {
		return x
	}
	y, ok := a.coerceTo(x, types.BoolOID, -1, assignment, x.position())
	if !ok {
		a.failf(x.position(), pgerr.DatatypeMismatch, "argument of %s must be type boolean, not type %s", construct, types.FormatType(x.typ(), -1))
	}
	return y
}

// coerceSpecific makes x of the wanted type, or raises 42804.
func (a *analyzer) coerceSpecific(x expr, oid types.OID, construct string) expr {
	if x.typ() == oid {
		return x
	}
	y, ok := a.coerceTo(x, oid, -1, assignment, x.position())
	if !ok {
		a.failf(x.position(), pgerr.DatatypeMismatch, "argument of %s must be type %s, not type %s", construct,
			types.FormatType(oid, -1), types.FormatType(x.typ(), -1))
	}
	return y
}

// commonType is PostgreSQL's select_common_type. context names the construct
// for the error; an empty one yields 0 where the types do not match.
func (a *analyzer) commonType(xs []expr, context string) types.OID {
	first := xs[0].typ()
	if first != types.UnknownOID {
		same := true
		for _, x := range xs[1:] {
			if x.typ() != first {
				same = false
				break
			}
		}
		if same {
			return first
		}
	}
	best, bestExpr := first, xs[0]
	cat, pref := category(best), preferred(category(best), best)
	for _, x := range xs[1:] {
		t := x.typ()
		if t == types.UnknownOID || t == best {
			continue
		}
		switch {
		case best == types.UnknownOID:
			best, bestExpr, cat = t, x, category(t)
			pref = preferred(cat, t)
		case category(t) != cat:
			if context == "" {
				return 0
			}
			a.failf(x.position(), pgerr.DatatypeMismatch, "%s types %s and %s cannot be matched", context,
				types.FormatType(bestExpr.typ(), -1), types.FormatType(t, -1))
		case !pref && canCoerce([]types.OID{best}, []types.OID{t}, implicit) && !canCoerce([]types.OID{t}, []types.OID{best}, implicit):
			best, bestExpr = t, x
			pref = preferred(cat, t)
		}
	}
	if best == types.UnknownOID {
		best = types.TextOID
	}
	return best
}

// coerceCommon makes x of the type that commonType chose.
func (a *analyzer) coerceCommon(x expr, oid types.OID, context string) expr {
	if x.typ() == oid {
		return x
	}
	y, ok := a.coerceTo(x, oid, -1, implicit, x.position())
	if !ok {
		a.failf(x.position(), pgerr.CannotCoerce, "%s could not convert type %s to %s", context,
			types.FormatType(x.typ(), -1), types.FormatType(oid, -1))
	}
	return y
}

// commonTypmod is the typmod that all expressions share, or -1.
func commonTypmod(xs []expr, oid types.OID) int32 {
	mod := int32(-1)
	for i, x := range xs {
		if x.typ() != oid || i > 0 && x.mod() != mod {
			return -1
		}
		mod = x.mod()
	}
	return mod
}

// fixParam gives the parameter its type, which is known from its first use.
func (a *analyzer) fixParam(p *paramExpr, oid types.OID, pos int) expr {
	info := a.params[p.num-1]
	if info.oid != 0 && info.oid != oid {
		a.fail(p.pos, pgerr.New(pgerr.AmbiguousParameter, "inconsistent types deduced for parameter $%d", p.num).
			WithDetail("%s versus %s", types.FormatType(info.oid, -1), types.FormatType(oid, -1)))
	}
	a.checkImplemented(oid, p.pos)
	info.oid = oid
	for _, use := range info.uses {
		use.oid = oid
	}
	return p
}

// resolveUnknown makes an output column of unknown type text.
func (a *analyzer) resolveUnknown(x expr) expr {
	if x.typ() != types.UnknownOID {
		return x
	}
	return a.coerceType(x, types.TextOID, -1, implicit, x.position())
}
