package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// ErrKey means that a text is no key.
var ErrKey = errors.New("cannot be read as a key")

// Key signs checkpoints: Ed25519, in the form of C2SP signed-note.
type Key struct {
	signer   note.Signer
	Verifier Verifier // its public half
}

// Verifier checks what a key has signed.
type Verifier struct {
	verifier note.Verifier
	text     string
}

// GenerateKey makes a key for a log of that name, which has no blanks and no plus sign,
// and returns the private key as it is kept.
func GenerateKey(name string) (private string, key *Key, err error) {
	private, _, err = note.GenerateKey(rand.Reader, name)
	if err != nil {
		return "", nil, fmt.Errorf("make a key: %w", err)
	}
	key, err = ReadKey(private)
	return private, key, err
}

// ReadKey reads a private key. The error does not show it.
func ReadKey(private string) (*Key, error) {
	private = strings.TrimSpace(private)
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, fmt.Errorf("a private key %w (PRIVATE+KEY+name+…)", ErrKey)
	}
	// note.NewSigner has read it: PRIVATE+KEY+name+hash+ and the algorithm's number with the seed.
	seed, err := base64.StdEncoding.DecodeString(strings.SplitN(private, "+", 5)[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return nil, fmt.Errorf("a private key %w", ErrKey)
	}
	public, _ := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	text, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return nil, fmt.Errorf("a private key %w", ErrKey)
	}
	verifier, err := ReadVerifier(text)
	return &Key{signer: signer, Verifier: verifier}, err
}

// privateMark begins a private key.
const privateMark = "PRIVATE+KEY+"

// ReadVerifier reads a verifier key: NAME+HASH+KEY. The error does not show it: it may be
// another one.
func ReadVerifier(public string) (Verifier, error) {
	public = strings.TrimSpace(public)
	verifier, err := note.NewVerifier(public)
	switch {
	case strings.HasPrefix(public, privateMark):
		return Verifier{}, fmt.Errorf("a private key %w to check by: want its public half, NAME+HASH+KEY, as  tracker ledger keygen  prints it", ErrKey)
	case err != nil:
		return Verifier{}, fmt.Errorf("it %w: want NAME+HASH+KEY, as  tracker ledger keygen  prints it", ErrKey)
	}
	return Verifier{verifier: verifier, text: public}, nil
}

// Name is the name of the log, which its checkpoints bear as their origin.
func (v Verifier) Name() string { return v.verifier.Name() }

// String is the verifier key.
func (v Verifier) String() string { return v.text }

// MarshalText implements encoding.TextMarshaler.
func (v Verifier) MarshalText() ([]byte, error) { return []byte(v.text), nil }
