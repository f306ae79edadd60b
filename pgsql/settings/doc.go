// Package settings is the table of configuration parameters and a session's
// values of them.
//
// A State is immutable: SET makes a new one, so that a transaction can keep the
// State that it began with and return to it. What a State means for values and
// plans (time zone, date style, search path) is derived once, when it is made.
//
// Parameters that PostgreSQL has but which have no effect here are accepted
// only where that is harmless for results (cost constants, memory hints, …).
//
// https://www.postgresql.org/docs/15/runtime-config.html
package settings
