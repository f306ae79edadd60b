package plan

import (
	"strings"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// candidate is a function that a call may mean.
type candidate struct {
	fn       *builtin.Function
	op       *builtin.Operator
	args     []types.OID // declared types of the actual arguments, VARIADIC expanded
	variadic int         // number of arguments gathered into the variadic array
	defaults int         // number of arguments taken from defaults
	order    []int       // of named calls: parameter number of each argument
}

// matchArgTypes keeps the candidates whose arguments coerce implicitly
// (func_match_argtypes).
func matchArgTypes(in []types.OID, cands []candidate) []candidate {
	out := cands[:0:0]
	for _, c := range cands {
		if canCoerce(in, c.args, implicit) {
			out = append(out, c)
		}
	}
	return out
}

// selectCandidate is PostgreSQL's func_select_candidate: the best of several
// candidates, or nil.
func selectCandidate(in []types.OID, cands []candidate) *candidate {
	unknowns := 0
	for _, t := range in {
		if t == types.UnknownOID {
			unknowns++
		}
	}
	// Keep those with the most exact matches.
	cands = keepBest(cands, func(c *candidate) int {
		n := 0
		for i, t := range in {
			if t != types.UnknownOID && c.args[i] == t {
				n++
			}
		}
		return n
	})
	if len(cands) == 1 {
		return &cands[0]
	}
	// Keep those with exact matches or preferred types at the most places.
	cands = keepBest(cands, func(c *candidate) int {
		n := 0
		for i, t := range in {
			if t != types.UnknownOID && (c.args[i] == t || preferred(category(t), c.args[i])) {
				n++
			}
		}
		return n
	})
	if len(cands) == 1 {
		return &cands[0]
	}
	if unknowns == 0 {
		return nil
	}
	if cands = resolveUnknownCategories(in, cands); len(cands) == 1 {
		return &cands[0]
	}
	return sameTypeGuess(in, cands, unknowns)
}

func keepBest(cands []candidate, score func(*candidate) int) []candidate {
	best := -1
	var out []candidate
	for i := range cands {
		switch n := score(&cands[i]); {
		case n > best:
			best = n
			out = append(out[:0:0], cands[i])
		case n == best:
			out = append(out, cands[i])
		}
	}
	return out
}

// resolveUnknownCategories picks a type category for each unknown argument:
// string if any candidate takes one, else the one that all agree on; and keeps
// the candidates that fit it.
func resolveUnknownCategories(in []types.OID, cands []candidate) []candidate {
	n := len(in)
	cats := make([]byte, n)
	prefs := make([]bool, n)
	for i, t := range in {
		if t != types.UnknownOID {
			continue
		}
		conflict := false
		for k := range cands {
			arg := cands[k].args[i]
			cat := category(arg)
			pref := preferred(cat, arg)
			switch {
			case cats[i] == 0:
				cats[i], prefs[i] = cat, pref
			case cats[i] == cat:
				prefs[i] = prefs[i] || pref
			case cat == 'S':
				cats[i], prefs[i] = cat, pref
				conflict = false
			case cats[i] == 'S':
			default:
				conflict = true
			}
		}
		if conflict && cats[i] != 'S' {
			return cands
		}
	}
	var out []candidate
	for k := range cands {
		if fitsCategories(in, &cands[k], cats, prefs) {
			out = append(out, cands[k])
		}
	}
	if len(out) == 0 {
		return cands
	}
	return out
}

func fitsCategories(in []types.OID, c *candidate, cats []byte, prefs []bool) bool {
	for i, t := range in {
		if t != types.UnknownOID {
			continue
		}
		cat := category(c.args[i])
		if cat != cats[i] || prefs[i] && !preferred(cat, c.args[i]) {
			return false
		}
	}
	return true
}

// sameTypeGuess is the last resort: if all known arguments have one type, the
// unknown ones are taken to have it too.
func sameTypeGuess(in []types.OID, cands []candidate, unknowns int) *candidate {
	if unknowns == len(in) {
		return nil
	}
	known := types.UnknownOID
	for _, t := range in {
		if t == types.UnknownOID {
			continue
		}
		if known != types.UnknownOID && known != t {
			return nil
		}
		known = t
	}
	guess := make([]types.OID, len(in))
	for i := range guess {
		guess[i] = known
	}
	var found *candidate
	for k := range cands {
		if canCoerce(guess, cands[k].args, implicit) {
			if found != nil {
				return nil
			}
			found = &cands[k]
		}
	}
	return found
}

// operator finds the operator for the operand types; left is 0 for a prefix
// operator. It raises 42883 or 42725.
func (a *analyzer) operator(name ast.Operator, left, right types.OID, pos int) *builtin.Operator {
	if len(name.Schema) > 0 && name.Schema[len(name.Schema)-1] != "pg_catalog" {
		a.operatorMissing(name, left, right, pos)
	}
	ops := builtin.Operators(name.Name)
	if op := exactOperator(ops, left, right); op != nil {
		return op
	}
	in := []types.OID{left, right}
	if left == 0 {
		in = in[1:]
	}
	var cands []candidate
	for _, op := range ops {
		if (op.Left == 0) != (left == 0) {
			continue
		}
		args := []types.OID{op.Left, op.Right}
		if left == 0 {
			args = args[1:]
		}
		cands = append(cands, candidate{op: op, args: args})
	}
	cands = matchArgTypes(in, cands)
	switch len(cands) {
	case 0:
		a.operatorMissing(name, left, right, pos)
	case 1:
		return cands[0].op
	}
	best := selectCandidate(in, cands)
	if best == nil {
		a.fail(pos, pgerr.New(pgerr.AmbiguousFunction, "operator is not unique: %s", operatorSignature(name, left, right)).
			WithHint("Could not choose a best candidate operator. You might need to add explicit type casts."))
	}
	return best.op
}

// exactOperator finds the operator with exactly these types; an unknown operand
// is taken to have the type of the other.
func exactOperator(ops []*builtin.Operator, left, right types.OID) *builtin.Operator {
	switch {
	case left == 0:
		if right == types.UnknownOID {
			return nil
		}
	case left == types.UnknownOID && right == types.UnknownOID:
		return nil
	case left == types.UnknownOID:
		left = right
	case right == types.UnknownOID:
		right = left
	}
	for _, op := range ops {
		if op.Left == left && op.Right == right {
			return op
		}
	}
	return nil
}

func (a *analyzer) operatorMissing(name ast.Operator, left, right types.OID, pos int) {
	hint := "No operator matches the given name and argument types. You might need to add explicit type casts."
	if left == 0 {
		hint = "No operator matches the given name and argument type. You might need to add an explicit type cast."
	}
	a.fail(pos, pgerr.New(pgerr.UndefinedFunction, "operator does not exist: %s", operatorSignature(name, left, right)).WithHint("%s", hint))
}

func operatorSignature(name ast.Operator, left, right types.OID) string {
	n := name.Name
	if len(name.Schema) > 0 {
		n = strings.Join(name.Schema, ".") + "." + n
	}
	if left == 0 {
		return n + " " + types.FormatType(right, -1)
	}
	return types.FormatType(left, -1) + " " + n + " " + types.FormatType(right, -1)
}

// equality finds the operator = for two types.
func (a *analyzer) equality(left, right types.OID, pos int) *builtin.Operator {
	return a.operator(ast.Operator{Name: "="}, left, right, pos)
}

// candidates lists the functions that a call with that name may mean
// (FuncnameGetCandidates).
func candidates(fns []*builtin.Function, nargs int, names []string, expandVariadic bool) []candidate {
	var out []candidate
	for _, fn := range fns {
		if len(names) > 0 {
			if c, ok := namedCandidate(fn, nargs, names); ok {
				out = append(out, c)
			}
			continue
		}
		if expandVariadic && fn.Variadic != 0 && fn.Variadic != types.AnyOID && nargs >= len(fn.Args) {
			args := make([]types.OID, 0, nargs)
			args = append(args, fn.Args[:len(fn.Args)-1]...)
			for len(args) < nargs {
				args = append(args, fn.Variadic)
			}
			out = append(out, candidate{fn: fn, args: args, variadic: nargs - len(fn.Args) + 1})
			continue
		}
		if fn.Variadic == types.AnyOID && nargs >= len(fn.Args) {
			args := make([]types.OID, 0, nargs)
			args = append(args, fn.Args[:len(fn.Args)-1]...)
			for len(args) < nargs {
				args = append(args, types.AnyOID)
			}
			out = append(out, candidate{fn: fn, args: args})
			continue
		}
		if nargs > len(fn.Args) || nargs < len(fn.Args)-len(fn.Defaults) {
			continue
		}
		out = append(out, candidate{fn: fn, args: fn.Args[:nargs], defaults: len(fn.Args) - nargs})
	}
	return preferNoVariadic(out)
}

// preferNoVariadic drops a variadic candidate where a plain one has the same
// argument types.
func preferNoVariadic(cands []candidate) []candidate {
	out := cands[:0]
	for i, c := range cands {
		shadowed := false
		for j, d := range cands {
			if i != j && sameOIDs(c.args, d.args) && (c.variadic > 0 && d.variadic == 0 || c.defaults > d.defaults && c.variadic == d.variadic) {
				shadowed = true
			}
		}
		if !shadowed {
			out = append(out, c)
		}
	}
	return out
}

func sameOIDs(x, y []types.OID) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

// namedCandidate matches a call with named arguments: the last len(names) of
// nargs arguments have names.
func namedCandidate(fn *builtin.Function, nargs int, names []string) (candidate, bool) {
	if len(fn.ArgNames) == 0 || nargs > len(fn.Args) || fn.Variadic != 0 {
		return candidate{}, false
	}
	c := candidate{fn: fn, defaults: len(fn.Args) - nargs}
	used := make([]bool, len(fn.Args))
	positional := nargs - len(names)
	for i := range positional {
		c.order = append(c.order, i)
		c.args = append(c.args, fn.Args[i])
		used[i] = true
	}
	for _, name := range names {
		at := inputArgument(fn, name)
		if at < 0 || used[at] {
			return candidate{}, false
		}
		used[at] = true
		c.order = append(c.order, at)
		c.args = append(c.args, fn.Args[at])
	}
	for i := range used {
		if !used[i] && i < len(fn.Args)-len(fn.Defaults) {
			return candidate{}, false
		}
	}
	return c, true
}

// inputArgument returns the number among the input arguments of the one called
// name, or -1.
func inputArgument(fn *builtin.Function, name string) int {
	in := 0
	for i, n := range fn.ArgNames {
		if fn.ArgModes != "" && (fn.ArgModes[i] == 'o' || fn.ArgModes[i] == 't') {
			continue
		}
		if n == name {
			return in
		}
		in++
	}
	return -1
}

// function finds the function of a call by PostgreSQL's rules (func_get_detail).
// It returns nil with cast set where the call is a cast written as a call, and
// raises 42883 or 42725 where there is none.
func (a *analyzer) function(call *ast.FuncCall, in []types.OID, names []string) (found *candidate, cast types.OID) {
	name := call.Name[len(call.Name)-1]
	var cands []candidate
	if fns := a.functionsNamed(call.Name); fns != nil {
		cands = candidates(fns, len(in), names, !call.Variadic)
	}
	for i := range cands {
		if sameOIDs(cands[i].args, in) {
			return &cands[i], 0
		}
	}
	if len(in) == 1 && len(names) == 0 && len(call.Name) <= 2 && !call.Star && call.Over == nil {
		if t := castByCall(name, in[0]); t != 0 {
			return nil, t
		}
	}
	matches := matchArgTypes(in, cands)
	switch len(matches) {
	case 0:
		a.functionMissing(call, in, names)
	case 1:
		return &matches[0], 0
	}
	best := selectCandidate(in, matches)
	if best == nil {
		a.fail(call.Pos(), pgerr.New(pgerr.AmbiguousFunction, "function %s is not unique", callSignature(call.Name, in, names)).
			WithHint("Could not choose a best candidate function. You might need to add explicit type casts."))
	}
	return best, 0
}

// functionsNamed returns the functions of a qualified or bare name.
func (a *analyzer) functionsNamed(names []string) []*builtin.Function {
	name := names[len(names)-1]
	fns := builtin.Functions(name)
	schema := ""
	if len(names) > 1 {
		schema = names[len(names)-2]
	}
	all := schema == "" || schema == "pg_catalog"
	for _, fn := range fns {
		all = all && fn.Schema == ""
	}
	if all {
		return fns
	}
	var out []*builtin.Function
	for _, fn := range fns {
		if fn.Schema == schema || fn.Schema == "" && (schema == "pg_catalog" || schema == "") {
			out = append(out, fn)
		}
	}
	return out
}

// castByCall tells whether name(x) is a cast: a type's name over an unknown
// literal, or a conversion that needs no function.
func castByCall(name string, in types.OID) types.OID {
	t := types.ByName(name)
	if t == nil || t.Kind == 'p' {
		return 0
	}
	if in == types.UnknownOID {
		return t.OID
	}
	switch coercionPathway(t.OID, in, explicit) {
	case pathRelabel:
		return t.OID
	case pathIO:
		if types.CastLookup(in, t.OID) != nil || category(t.OID) == 'S' || category(in) == 'S' {
			return t.OID
		}
	}
	return 0
}

func (a *analyzer) functionMissing(call *ast.FuncCall, in []types.OID, names []string) {
	sig := callSignature(call.Name, in, names)
	if call.Star || len(call.OrderBy) > 0 && !call.WithinGroup {
		a.fail(call.Pos(), pgerr.New(pgerr.UndefinedFunction, "function %s does not exist", sig).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts."))
	}
	a.fail(call.Pos(), pgerr.New(pgerr.UndefinedFunction, "function %s does not exist", sig).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts."))
}

func callSignature(name []string, in []types.OID, names []string) string {
	var b strings.Builder
	b.WriteString(dotted(name))
	b.WriteByte('(')
	for i, t := range in {
		if i > 0 {
			b.WriteString(", ")
		}
		if k := i - (len(in) - len(names)); k >= 0 && len(names) > 0 {
			b.WriteString(names[k])
			b.WriteString(" => ")
		}
		b.WriteString(types.FormatType(t, -1))
	}
	b.WriteByte(')')
	return b.String()
}
