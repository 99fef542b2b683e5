package source

import (
	"encoding/binary"
	"encoding/json"
)

const (
	// KeySize is the size of a comparison key, in bytes.
	KeySize = 32

	// recipeSize is how much of it names how it was made: a key that was made
	// in another way says nothing about an answer.
	recipeSize = 4
)

// Key gives the comparison key of a redacted body: answers with one key are
// equal. It is a hash of the body's canonical form without its volatile fields.
//
// Beside the hash this costs a pass over the body. Of one of 3 KB with twenty
// log entries the key takes 6.4 µs of a core of an AMD EPYC where the hash alone
// takes 2.2, and 16 µs where members are in another order or white space is
// between them; to redact it takes 40. A body that came byte for byte as the
// head did is known by another hash, and has no key made (package sync).
func (p Provider) Key(body []byte) [KeySize]byte {
	if !json.Valid(body) { // no answer is like it
		body, _ = json.Marshal(body)
	}
	return p.key(body)
}

// key is Key for a body that is JSON for sure.
func (p Provider) key(body []byte) (key [KeySize]byte) {
	hash := canonicalHash(body, p.omitted)
	binary.BigEndian.PutUint32(key[:], p.recipe)
	copy(key[recipeSize:], hash[:])
	return key
}

// Recipe tells how keys are made: those of another recipe leave out other fields.
func (p Provider) Recipe() uint32 { return p.recipe }

// IsKey reports whether a key was made by this provider's recipe.
func (p Provider) IsKey(key []byte) bool {
	return len(key) == KeySize && binary.BigEndian.Uint32(key) == p.recipe
}
