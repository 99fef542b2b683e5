package access

import (
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
)

// tokenPrefix lets people and scanners of secrets tell a token of ours.
const tokenPrefix = "trk_"

// tokenLeast is how long a token is at least that somebody else has made.
const tokenLeast = 32

var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9._~+/=-]+$`) // as RFC 6750 has it

// NewToken makes a token that nobody can guess.
func NewToken() string { return tokenPrefix + rand.Text() + rand.Text() }

// CheckToken refuses a token of somebody else's making that cannot be sent, or is short
// enough to be guessed.
func CheckToken(token string) error {
	if len(token) < tokenLeast {
		return fmt.Errorf("a token has at least %d characters, made at random, as by  openssl rand -hex 32", tokenLeast)
	}
	if !tokenPattern.MatchString(token) {
		return errors.New("a token has letters, digits and . _ ~ + / = - alone")
	}
	return nil
}
