// Package drivers runs PostgreSQL drivers and mappers, unmodified, against a
// cluster: each driver connects, creates a table of every type, writes and reads it
// with parameters, sends batches, uses transactions and meets errors; drivers and
// mappers run what they offer for transactions.
package drivers
