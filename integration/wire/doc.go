// Package wire attacks the SQL port of real nodes: with garbage, with messages
// too large, cut short or malformed, and with clients that vanish.
package wire
