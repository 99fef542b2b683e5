// Package ledger proves that a history was not altered. It is a transparency log over
// the journal: leaf n - 1 is journal entry n, as a text that a person can write down by
// hand; the leaves are hashed into a tree (RFC 6962), whose root a checkpoint names and
// a key signs (C2SP tlog-checkpoint, signed-note). It is pure: its rows go through
// package store.
package ledger
