// Package notify runs LISTEN and NOTIFY between the nodes of a real cluster.
package notify
