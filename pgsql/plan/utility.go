package plan

import "polyreme/pgsql/parse/ast"

// utilityTag is the command tag of a statement that the session does itself.
func utilityTag(stmt ast.Stmt) string {
	switch s := stmt.(type) {
	case *ast.TransactionStmt:
		return transactionTag(s)
	case *ast.VariableSetStmt:
		if s.Kind == ast.VarReset || s.Kind == ast.VarResetAll {
			return "RESET"
		}
		return "SET"
	case *ast.VariableShowStmt:
		return "SHOW"
	case *ast.PrepareStmt:
		return "PREPARE"
	case *ast.ExecuteStmt:
		return "EXECUTE"
	case *ast.DeallocateStmt:
		if s.Name == "" {
			return "DEALLOCATE ALL"
		}
		return "DEALLOCATE"
	case *ast.DeclareCursorStmt:
		return "DECLARE CURSOR"
	case *ast.FetchStmt:
		if s.Move {
			return "MOVE"
		}
		return "FETCH"
	case *ast.ClosePortalStmt:
		if s.Name == "" {
			return "CLOSE CURSOR ALL"
		}
		return "CLOSE CURSOR"
	case *ast.LockStmt:
		return "LOCK TABLE"
	case *ast.VacuumStmt:
		if s.Vacuum {
			return "VACUUM"
		}
		return "ANALYZE"
	case *ast.DiscardStmt:
		return [...]string{"DISCARD ALL", "DISCARD PLANS", "DISCARD SEQUENCES", "DISCARD TEMP"}[s.Target]
	}
	return rareTag(stmt)
}

func rareTag(stmt ast.Stmt) string {
	switch stmt.(type) {
	case *ast.ListenStmt:
		return "LISTEN"
	case *ast.UnlistenStmt:
		return "UNLISTEN"
	case *ast.ReindexStmt:
		return "REINDEX"
	case *ast.ClusterStmt:
		return "CLUSTER"
	case *ast.CheckPointStmt:
		return "CHECKPOINT"
	case *ast.ConstraintsSetStmt:
		return "SET CONSTRAINTS"
	case *ast.LoadStmt:
		return "LOAD"
	case *ast.DoStmt:
		return "DO"
	case *ast.CallStmt:
		return "CALL"
	case *ast.CreateExtensionStmt:
		return "CREATE EXTENSION"
	case *ast.AlterSystemStmt:
		return "ALTER SYSTEM"
	}
	return ""
}

func transactionTag(s *ast.TransactionStmt) string {
	switch s.Kind {
	case ast.TransBegin:
		return "BEGIN"
	case ast.TransStart:
		return "START TRANSACTION"
	case ast.TransCommit:
		return "COMMIT"
	case ast.TransRollback, ast.TransRollbackTo:
		return "ROLLBACK"
	case ast.TransSavepoint:
		return "SAVEPOINT"
	case ast.TransRelease:
		return "RELEASE"
	case ast.TransPrepare:
		return "PREPARE TRANSACTION"
	case ast.TransCommitPrepared:
		return "COMMIT PREPARED"
	}
	return "ROLLBACK PREPARED"
}
