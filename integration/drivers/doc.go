// Package drivers runs PostgreSQL drivers, unmodified, against a cluster: each
// connects, creates a table of every type, writes and reads it with parameters,
// sends batches, uses transactions and meets errors.
package drivers
