// Package testkit is the lab of the tests that stand between a store and a
// service: a migrated database, a store on it, both services as upstreamsim plays
// them, and a clock that is moved by hand. It is for tests only; what one package
// alone needs is in that package's own lab.
package testkit
