package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// truncate plans TRUNCATE: a DELETE of all rows of each table, referencing
// tables first.
func (a *analyzer) truncate(s *ast.TruncateStmt) *Statement {
	st := &Statement{Kind: Write, Tag: "TRUNCATE TABLE"}
	var rels []*catalog.Relation
	for _, rv := range s.Rels {
		name := *rv
		name.At = ast.NoPos // PostgreSQL shows no place
		rel := a.relation(&name)
		if rel.Kind != catalog.KindTable {
			a.failf(-1, pgerr.WrongObjectType, "\"%s\" is not a table", rel.Name)
		}
		if rel.System {
			a.failf(-1, pgerr.InsufficientPrivilege, "permission denied: \"%s\" is a system catalog", rel.Name)
		}
		rels = addRelation(rels, rel)
	}
	for i := 0; i < len(rels); i++ {
		for _, ref := range a.cat.ReferencingForeignKeys(rels[i].OID) {
			if containsRelation(rels, ref.Relation) {
				continue
			}
			if s.Behavior != ast.Cascade {
				a.fail(-1, pgerr.New(pgerr.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
					WithDetail("Table \"%s\" references \"%s\".", ref.Relation.Name, rels[i].Name).
					WithHint("Truncate table \"%s\" at the same time, or use TRUNCATE ... CASCADE.", ref.Relation.Name))
			}
			a.notice(pgerr.SuccessfulCompletion, "truncate cascades to table \"%s\"", ref.Relation.Name)
			rels = addRelation(rels, ref.Relation)
		}
	}
	for _, rel := range a.childrenFirst(rels) {
		a.use(rel)
		st.Ops = append(st.Ops, Op{SQL: "DELETE FROM " + rel.Physical})
		if s.RestartIdentity {
			for _, seq := range a.cat.OwnedSequences(rel.OID) {
				st.Ops = append(st.Ops, restartSequence(seq))
			}
		}
	}
	return st
}

// restartSequence sets a sequence back to its start.
func restartSequence(seq *catalog.Relation) Op {
	return Op{
		SQL:    "UPDATE polyreme_sequence SET last_value = ?2, is_called = 0 WHERE oid = ?1",
		Params: []types.Value{types.IntValue(int64(seq.OID)), types.IntValue(seq.Sequence.Start)},
	}
}

func addRelation(rels []*catalog.Relation, rel *catalog.Relation) []*catalog.Relation {
	if containsRelation(rels, rel) {
		return rels
	}
	return append(rels, rel)
}

func containsRelation(rels []*catalog.Relation, rel *catalog.Relation) bool {
	for _, r := range rels {
		if r == rel {
			return true
		}
	}
	return false
}

// childrenFirst orders tables so that each comes before those that it
// references, as far as there are no cycles.
func (a *analyzer) childrenFirst(rels []*catalog.Relation) []*catalog.Relation {
	var out []*catalog.Relation
	seen := map[*catalog.Relation]bool{}
	var visit func(*catalog.Relation)
	visit = func(rel *catalog.Relation) {
		if seen[rel] {
			return
		}
		seen[rel] = true
		for _, ref := range a.cat.ReferencingForeignKeys(rel.OID) {
			if containsRelation(rels, ref.Relation) {
				visit(ref.Relation)
			}
		}
		out = append(out, rel)
	}
	for _, rel := range rels {
		visit(rel)
	}
	return out
}
