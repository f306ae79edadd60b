// Package tidy holds the rules of the house as tests: which room may import
// which, one door per pillar, no clock in deterministic code, no sleeping
// tests, a doc for each package.
package tidy
