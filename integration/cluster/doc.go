// Package cluster tests clusters of real processes: members that come and go,
// leaders that are killed, starts that must fail with a clear line.
package cluster
