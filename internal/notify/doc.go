// Package notify tells people and systems what happened: it reads the journal by the
// rules that are declared, keeps what is due to whom, and sends it.
//
// What the texts say is package words' matter, what is kept package store's. Reading and
// sending are apart: a receiver that does not answer keeps nothing from being noted, and
// neither keeps a poll.
package notify
