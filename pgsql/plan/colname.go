package plan

import "polyreme/pgsql/parse/ast"

// columnName is the name of an output column without a label (FigureColname).
func columnName(e ast.Expr) string {
	name, _ := figureName(e)
	if name == "" {
		return "?column?"
	}
	return name
}

// figureName returns the name and its strength: 2 for a name, 1 for a type's.
func figureName(e ast.Expr) (string, int) {
	switch e := e.(type) {
	case *ast.ColumnRef:
		if !e.Star {
			return e.Names[len(e.Names)-1], 2
		}
	case *ast.IndirectionExpr:
		for i := len(e.Steps) - 1; i >= 0; i-- {
			if e.Steps[i].Kind == ast.FieldStep {
				return e.Steps[i].Name, 2
			}
		}
		return figureName(e.X)
	case *ast.FuncCall:
		return e.Name[len(e.Name)-1], 2
	case *ast.NullIfExpr:
		return "nullif", 2
	case *ast.TypeCast:
		if name, strength := figureName(e.X); strength > 1 {
			return name, strength
		}
		if e.Type != nil {
			return e.Type.Names[len(e.Type.Names)-1], 1
		}
	case *ast.CollateExpr:
		return figureName(e.X)
	case *ast.GroupingFunc:
		return "grouping", 2
	case *ast.SubLink:
		return subLinkName(e)
	case *ast.CaseExpr:
		if e.Else != nil {
			if name, strength := figureName(e.Else); strength > 1 {
				return name, strength
			}
		}
		return "case", 1
	case *ast.ArrayExpr:
		return "array", 2
	case *ast.RowExpr:
		return "row", 2
	case *ast.CoalesceExpr:
		return "coalesce", 2
	case *ast.MinMaxExpr:
		if e.Least {
			return "least", 2
		}
		return "greatest", 2
	case *ast.SQLValueFunction:
		return [...]string{
			"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_role",
			"current_user", "user", "session_user", "current_catalog", "current_schema",
		}[e.Kind], 2
	}
	return "", 0
}

func subLinkName(e *ast.SubLink) (string, int) {
	switch e.Kind {
	case ast.ExistsSubLink:
		return "exists", 2
	case ast.ArraySubLink:
		return "array", 2
	case ast.ExprSubLink:
		sel := e.Query
		for sel.Op != ast.SetOpNone {
			sel = sel.Left
		}
		if sel.Values != nil {
			return "column1", 2
		}
		if len(sel.Targets) > 0 {
			if sel.Targets[0].Name != "" {
				return sel.Targets[0].Name, 2
			}
			return figureName(sel.Targets[0].Value)
		}
	}
	return "", 0
}
