// Package builtin is the one table of PostgreSQL's functions, operators and
// aggregates. It has every row of PostgreSQL 15's pg_proc, pg_operator and
// pg_aggregate (functiontable.go, operatortable.go), for name resolution and
// for the catalogs, and for each row that Polyreme implements the SQLite
// expression that computes it.
//
// An implementation is one of
//
//   - native: a template over SQLite's own expressions, used only where the
//     result is exactly PostgreSQL's ("$1 = $2" for integers, text, dates ...);
//   - scalar: a Go function registered on each connection;
//   - aggregate: a Go aggregate, with an inverse where PostgreSQL's has one;
//   - set: a table-valued function, used in FROM.
//
// Register puts all Go implementations on a connection. They are deterministic:
// time, randomness, settings and the catalog reach them only through the Env of
// the connection, which the owner of the connection fills from the log entry
// (or the session) before it steps a statement.
//
// # Templates
//
// Function.SQL and Operator.SQL are templates; Expand fills them:
//
//	$1 .. $9   the SQL of an argument
//	$*         the SQL of all arguments, separated by commas
//	@1 .. @9   the type OID of an argument, as an integer literal
//	@0         the type OID of the result
//	@*         for each argument its type OID and its SQL, separated by commas
//
// Arguments are inserted as they are, so the caller parenthesises operators in
// them; what a template yields is closed (a call or in parentheses). A template
// of two alternatives, "native~~exact", stands for the second where the first
// argument is an array whose elements compare by a collation.
//
// A function whose Variadic is "any" takes @*; where the call says VARIADIC
// array, the type OID of that last argument is given negated. For every other
// variadic function the caller builds the array (ArrayConstructor) as PostgreSQL
// does.
//
// # Names
//
// The SQLite name of a Go function is PostgreSQL's prosrc, which is unique for
// what the function computes (int4pl, textlen, timestamp_pl_interval), or, for
// functions that PostgreSQL defines in SQL and for aggregates, the name and the
// argument types (sum_int4, lpad_text_int4). Where SQLite has a function of the
// same name, which its own schema code may call, "pg_" is put before it.
package builtin
