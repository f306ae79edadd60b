package plan

import (
	"math"
	"strconv"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func (a *analyzer) createSequence(s *ast.CreateSeqStmt) *Statement {
	d := a.newDDL()
	schema := d.creationSchema(withoutPlace(s.Rel))
	if d.edit.NameTaken(schema.OID, s.Rel.Name) {
		if s.IfNotExists {
			a.notice(pgerr.DuplicateTable, "relation \"%s\" already exists, skipping", s.Rel.Name)
			return a.nothing("CREATE SEQUENCE")
		}
		a.failf(-1, pgerr.DuplicateTable, "relation \"%s\" already exists", s.Rel.Name)
	}
	d.newSequence(schema, s.Rel.Name, types.Int8OID, s.Options)
	return d.statement("CREATE SEQUENCE")
}

// newSequence creates a sequence with the given options.
func (d *ddl) newSequence(schema *catalog.Schema, name string, typ types.OID, options []ast.DefElem) *catalog.Relation {
	o := &sequenceOptions{ddl: d, def: &catalog.Sequence{Type: typ, Increment: 1, Cache: 1}, fresh: true}
	o.read(options)
	r := d.edit.NewSequence(schema, name, d.owner(), o.def)
	o.own(r)
	return r
}

// sequenceOptions reads the options of CREATE and ALTER SEQUENCE, as
// PostgreSQL's init_params.
type sequenceOptions struct {
	*ddl
	def     *catalog.Sequence
	fresh   bool // a new sequence: what is not written gets its default
	min     *int64
	max     *int64
	noMin   bool
	noMax   bool
	start   *int64
	restart *int64 // ALTER: RESTART; the start value where none is written
	ownedBy []string
	retyped bool
}

func (o *sequenceOptions) read(options []ast.DefElem) {
	seen := map[string]bool{}
	for i := range options {
		e := &options[i]
		if seen[e.Name] {
			o.failf(e.Pos(), pgerr.SyntaxError, "conflicting or redundant options")
		}
		seen[e.Name] = true
		o.option(e)
	}
	o.bounds()
	o.settleStart()
}

func (o *sequenceOptions) option(e *ast.DefElem) {
	switch e.Name {
	case "as":
		t, ok := e.Arg.(*ast.TypeName)
		if !ok {
			o.failf(e.Pos(), pgerr.SyntaxError, "syntax error in sequence type")
		}
		oid, _ := o.typeName(t)
		switch oid {
		case types.Int2OID, types.Int4OID, types.Int8OID:
		default:
			o.failf(-1, pgerr.InvalidParameterValue, "sequence type must be smallint, integer, or bigint")
		}
		o.retyped = !o.fresh && o.def.Type != oid
		if o.retyped {
			low, high := typeBounds(o.def.Type)
			// A bound that is the old type's default follows the type.
			o.noMin = o.noMin || o.def.Min == low
			o.noMax = o.noMax || o.def.Max == high
		}
		o.def.Type = oid
	case "increment":
		o.def.Increment = o.number(e)
		if o.def.Increment == 0 {
			o.failf(-1, pgerr.InvalidParameterValue, "INCREMENT must not be zero")
		}
	case "start":
		o.start = new(o.number(e))
	case "restart":
		o.restart = &o.def.Start
		if e.Arg != nil {
			o.restart = new(o.number(e))
		}
	case "minvalue":
		if e.Arg == nil {
			o.noMin = true
		} else {
			o.min = new(o.number(e))
		}
	case "maxvalue":
		if e.Arg == nil {
			o.noMax = true
		} else {
			o.max = new(o.number(e))
		}
	case "cache":
		o.def.Cache = o.number(e)
		if o.def.Cache <= 0 {
			o.failf(-1, pgerr.InvalidParameterValue, "CACHE (%d) must be greater than zero", o.def.Cache)
		}
	case "cycle":
		b, ok := e.Arg.(ast.DefBool)
		o.def.Cycle = !ok || bool(b)
	case "owned_by":
		if names, ok := e.Arg.(ast.DefNames); ok {
			o.ownedBy = names
		}
	case "sequence_name":
	default:
		o.fail(e.Pos(), pgerr.Unsupported("sequence option %s is not supported", e.Name))
	}
}

// number reads a numeric option.
func (o *sequenceOptions) number(e *ast.DefElem) int64 {
	switch v := e.Arg.(type) {
	case ast.DefInt:
		return int64(v)
	case ast.DefFloat:
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err == nil {
			return n
		}
		o.failf(-1, pgerr.NumericValueOutOfRange, "value \"%s\" is out of range for type bigint", string(v))
	}
	o.failf(e.Pos(), pgerr.SyntaxError, "%s requires a numeric value", e.Name)
	return 0
}

func typeBounds(oid types.OID) (low, high int64) {
	switch oid {
	case types.Int2OID:
		return math.MinInt16, math.MaxInt16
	case types.Int4OID:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

// bounds settles MINVALUE and MAXVALUE.
func (o *sequenceOptions) bounds() {
	low, high := typeBounds(o.def.Type)
	d := o.def
	switch {
	case o.max != nil:
		d.Max = *o.max
	case o.fresh || o.noMax:
		d.Max = high
		if d.Increment < 0 {
			d.Max = -1
		}
	}
	if d.Max < low || d.Max > high {
		o.failf(-1, pgerr.InvalidParameterValue, "MAXVALUE (%d) is out of range for sequence data type %s", d.Max, typeText(d.Type))
	}
	switch {
	case o.min != nil:
		d.Min = *o.min
	case o.fresh || o.noMin:
		d.Min = 1
		if d.Increment < 0 {
			d.Min = low
		}
	}
	if d.Min < low || d.Min > high {
		o.failf(-1, pgerr.InvalidParameterValue, "MINVALUE (%d) is out of range for sequence data type %s", d.Min, typeText(d.Type))
	}
	if d.Min >= d.Max {
		o.failf(-1, pgerr.InvalidParameterValue, "MINVALUE (%d) must be less than MAXVALUE (%d)", d.Min, d.Max)
	}
}

func (o *sequenceOptions) settleStart() {
	d := o.def
	switch {
	case o.start != nil:
		d.Start = *o.start
	case o.fresh:
		d.Start = d.Min
		if d.Increment < 0 {
			d.Start = d.Max
		}
	}
	if d.Start < d.Min {
		o.failf(-1, pgerr.InvalidParameterValue, "START value (%d) cannot be less than MINVALUE (%d)", d.Start, d.Min)
	}
	if d.Start > d.Max {
		o.failf(-1, pgerr.InvalidParameterValue, "START value (%d) cannot be greater than MAXVALUE (%d)", d.Start, d.Max)
	}
	if o.restart != nil && *o.restart < d.Min {
		o.failf(-1, pgerr.InvalidParameterValue, "RESTART value (%d) cannot be less than MINVALUE (%d)", *o.restart, d.Min)
	}
	if o.restart != nil && *o.restart > d.Max {
		o.failf(-1, pgerr.InvalidParameterValue, "RESTART value (%d) cannot be greater than MAXVALUE (%d)", *o.restart, d.Max)
	}
}

// own does OWNED BY.
func (o *sequenceOptions) own(r *catalog.Relation) {
	if o.ownedBy == nil {
		return
	}
	if r.Sequence.Identity {
		o.fail(-1, pgerr.New(pgerr.FeatureNotSupported, "cannot change ownership of identity sequence").
			WithDetail("Sequence \"%s\" is linked to table \"%s\".", r.Name, o.edit.Peek(r.Sequence.OwnedBy).Name))
	}
	if old := r.Sequence.OwnedBy; old != 0 {
		if table := o.edit.Relation(old); table != nil {
			table.Columns[r.Sequence.OwnedColumn-1].OwnedSequence = 0
		}
		r.Sequence.OwnedBy, r.Sequence.OwnedColumn = 0, 0
	}
	if len(o.ownedBy) == 1 && o.ownedBy[0] == "none" {
		return
	}
	n := len(o.ownedBy)
	if n < 2 {
		o.fail(-1, pgerr.New(pgerr.SyntaxError, "invalid OWNED BY option").WithHint("Specify OWNED BY table.column or OWNED BY NONE."))
	}
	found := o.relationByNames(o.ownedBy[:n-1], -1)
	if found.Kind != catalog.KindTable {
		o.failf(-1, pgerr.WrongObjectType, "sequence cannot be owned by relation \"%s\"", found.Name)
	}
	if found.Schema != r.Schema {
		o.failf(-1, pgerr.ObjectNotInPrerequisiteState, "sequence must be in same schema as table it is linked to")
	}
	table := o.edit.Relation(found.OID)
	c := o.column(table, o.ownedBy[n-1])
	r.Sequence.OwnedBy, r.Sequence.OwnedColumn = table.OID, c.Num
	c.OwnedSequence = r.OID
}

func (a *analyzer) alterSequence(s *ast.AlterSeqStmt) *Statement {
	r := a.findKind(s.Rel, catalog.KindSequence, "sequence", s.MissingOk)
	if r == nil {
		return a.nothing("ALTER SEQUENCE")
	}
	d := a.newDDL()
	d.changeSequence(d.edit.Relation(r.OID), s.Options)
	return d.statement("ALTER SEQUENCE")
}

// changeSequence applies the options of ALTER SEQUENCE to r.
func (d *ddl) changeSequence(r *catalog.Relation, options []ast.DefElem) {
	o := &sequenceOptions{ddl: d, def: r.Sequence}
	o.read(options)
	o.own(r)
	if o.restart != nil {
		d.edit.RestartSequence(r.OID, *o.restart, false)
	}
}

// findKind resolves a name to a relation of the kind; with missingOk it is nil
// and a notice where there is none.
func (a *analyzer) findKind(rv *ast.RangeVar, kind byte, what string, missingOk bool) *catalog.Relation {
	if missingOk {
		r := a.findRelation(rv)
		if r == nil {
			a.notice(pgerr.UndefinedTable, "relation \"%s\" does not exist, skipping", rv.Name)
			return nil
		}
	}
	r := a.namedRelation(rv)
	if r.Kind != kind {
		a.failf(-1, pgerr.WrongObjectType, "\"%s\" is not a %s", rv.Name, what)
	}
	a.checkChangeable(r)
	return r
}
