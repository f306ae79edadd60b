package builtin

import "polyreme/pgsql/types"

// registerQuantifiers registers what the planner emits for "x op ANY (array)"
// and "x op ALL (array)": array_any_<op>(x, array, elemtype) and
// array_all_<op>(...), for the ops eq, ne, lt, le, gt, ge, like, nlike, ilike,
// nilike, regex, nregex, iregex and niregex. For = ANY over a large array
// "x IN (SELECT value FROM array_values(array))" can use an index.
func registerQuantifiers(r *registry) {
	tests := map[string]func(e *Env, elem types.OID, x, y types.Value) (bool, error){}
	for _, op := range comparisonOperators {
		holds := comparisonHolds(op.name)
		tests[op.name] = func(_ *Env, elem types.OID, x, y types.Value) (bool, error) {
			return holds(types.Compare(elem, x, y)), nil
		}
	}
	for name, fold := range map[string]bool{"like": false, "ilike": true} {
		for prefix, negate := range map[string]bool{"": false, "n": true} {
			f := likeFunction(false, fold, negate)
			tests[prefix+name] = func(e *Env, _ types.OID, x, y types.Value) (bool, error) {
				v, err := f(e, []types.Value{x, y})
				return v.Bool(), err
			}
		}
	}
	for name, fold := range map[string]bool{"regex": false, "iregex": true} {
		for prefix, negate := range map[string]bool{"": false, "n": true} {
			tests[prefix+name] = func(e *Env, _ types.OID, x, y types.Value) (bool, error) {
				re, err := e.regexp(y.Bytes, regexpFlags{ignoreCase: fold})
				if err != nil {
					return false, err
				}
				return re.Match(x.Bytes) != negate, nil
			}
		}
	}
	for name, test := range tests {
		r.support("array_any_"+name, false, quantifier(test, true))
		r.support("array_all_"+name, false, quantifier(test, false))
	}
}

// quantifier is ANY (decided by the first true) or ALL (by the first false),
// with SQL's three-valued logic.
func quantifier(test func(e *Env, elem types.OID, x, y types.Value) (bool, error), decides bool) Scalar {
	return func(e *Env, a []types.Value) (types.Value, error) {
		if a[1].IsNull() {
			return types.Value{}, nil
		}
		elem := types.OID(a[2].Int64())
		unknown := false
		r := types.ReadArray(a[1].Bytes)
		for r.Next() {
			if a[0].IsNull() || r.Elem.IsNull() {
				unknown = true
				continue
			}
			ok, err := test(e, elem, a[0], r.Elem)
			if err != nil {
				return types.Value{}, err
			}
			if ok == decides {
				return types.BoolValue(decides), nil
			}
		}
		if err := r.Err(); err != nil || unknown {
			return types.Value{}, err
		}
		return types.BoolValue(!decides), nil
	}
}
