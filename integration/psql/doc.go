// Package psql runs psql and pgbench against a cluster.
package psql
