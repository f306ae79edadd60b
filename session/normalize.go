package session

import (
	"context"

	"polyreme/pgsql/parse"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/types"
)

// normalizeBytesMax is the longest statement that is looked up without its
// constants.
const normalizeBytesMax = 8 << 10

// literalTypes are the types that constants have before their place decides.
var literalTypes = map[ast.ConstKind]uint32{
	ast.ConstInt4: uint32(types.Int4OID), ast.ConstInt8: uint32(types.Int8OID),
	ast.ConstNumeric: uint32(types.NumericOID), ast.ConstString: 0,
}

// normalized returns a plan that statements share which differ from sql only in
// constants, and the constants as its parameters. It returns nil where there
// is none: the statement must be planned by itself then, which also finds its
// errors.
func (s *Session) normalized(ctx context.Context, sql string) (*planned, []types.Value) {
	if len(sql) > normalizeBytesMax || !s.settings.ConformingStrings || s.block != nil && (s.block.failed || s.block.catalog != nil) {
		return nil, nil
	}
	text, literals, ok := parse.Normalize(sql)
	if !ok {
		return nil, nil
	}
	cat, err := s.manager.current(ctx)
	if err != nil {
		return nil, nil
	}
	key := s.planKey(text, nil)
	p := s.manager.plans.get(key, cat.Version)
	if p == nil {
		declared := make([]uint32, len(literals))
		for i := range literals {
			declared[i] = literalTypes[literals[i].Kind]
		}
		keySQL := parse.KeySQL(text)
		raws, err := parse.Parse(keySQL)
		if err != nil || len(raws) != 1 {
			return nil, nil
		}
		if p, err = s.planAt(ctx, raws[0], keySQL, declared, cat); err != nil || p.Kind != plan.Read && p.Kind != plan.Write {
			return nil, nil
		}
		s.manager.plans.put(key, p)
	}
	params := make([]types.Value, len(literals))
	env := s.valueEnv(cat)
	for i := range literals {
		if params[i], ok = literalValue(&literals[i], p.Params[i], env); !ok {
			return nil, nil
		}
	}
	return p, params
}

// literalValue converts a constant to the type that its place wants.
func literalValue(l *parse.Literal, oid types.OID, env *types.Env) (types.Value, bool) {
	switch l.Kind {
	case ast.ConstInt4, ast.ConstInt8:
		if oid == types.Int4OID || oid == types.Int8OID {
			return types.IntValue(l.Int), true
		}
		return types.Value{}, false
	}
	v, err := types.ParseText(oid, -1, []byte(l.Text), env)
	return v, err == nil
}
