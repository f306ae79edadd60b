package catalog

// Operations ends the Edit and returns the statements that record it in the
// pg_* tables. The physical DDL is the planner's.
func (e *Edit) Operations() []Op {
	e.Catalog()
	return nil
}
