// Package feed hands what the journal gets to any number of followers, each from where
// it left off: every entry once, in order. It reads the journal once for all of them.
// How an entry is shown is theirs to say.
package feed
