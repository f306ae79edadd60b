// Package plan turns a parsed PostgreSQL statement into SQLite SQL. It works in
// two steps, as PostgreSQL's parse analysis and an emitter:
//
//	analyze   ast → typed tree: names are resolved against an immutable
//	          catalog, operators and functions are chosen by the rules of
//	          PostgreSQL's chapter 10 (Type Conversion), every expression gets
//	          its type and typmod, $n their types.
//	emit      typed tree → SQLite SQL over the physical names of the catalog,
//	          with ?n for $n. Only what has an exact counterpart is emitted;
//	          the rest answers 0A000 here, never something silently different.
//
// Guarantees:
//
//  1. A Statement depends only on its text, the catalog and the Options: it may
//     be cached and shared by any number of goroutines.
//  2. Errors carry PostgreSQL's SQLSTATE, message, hint and position.
//  3. The emitted SQL has no literal of its own making that depends on time,
//     randomness or the environment.
//  4. Plan never panics: a fault within is an XX000.
//
// Within the package an error is raised by a panic of *pgerr.Error and caught in
// Plan (as PostgreSQL's ereport and Go's encoding/json do): analysis is deeply
// recursive, and nearly every step can fail.
//
// How names look: the range table entry number n of a statement is called rn,
// its column number m cm unless it is a stored relation, whose physical names
// come from the catalog; common table expressions are called wn.
package plan
