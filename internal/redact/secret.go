package redact

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
)

// Hidden is what is shown instead of a credential.
const Hidden = "[redacted]"

// Secret holds a credential and prints as [redacted], whatever prints it. The
// zero Secret holds none.
type Secret struct {
	held func() held // a function: fmt follows even pointers where it may not call methods
}

type held struct {
	value   string
	needles []needle // what redaction looks for
}

// NewSecret gives a Secret that holds value.
func NewSecret(value string) Secret {
	h := held{value: value, needles: needles(value)}
	return Secret{func() held { return h }}
}

// And gives the Secret with another text that is to be hidden beside it.
func (s Secret) And(text string) Secret {
	h := s.reveal()
	h.needles = append(slices.Clone(h.needles), needles(text)...)
	return Secret{func() held { return h }}
}

// Reveal gives the credential itself, or "" where there is none.
func (s Secret) Reveal() string { return s.reveal().value }

func (s Secret) reveal() held {
	if s.held == nil {
		return held{}
	}
	return s.held()
}

// Longest gives the length of the longest text that redaction looks for.
func (s Secret) Longest() (size int) {
	for _, needle := range s.reveal().needles {
		size = max(size, len(needle.chars)+len(needle.end))
	}
	return size
}

// Format prints [redacted] for every verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, Hidden) }

// String gives [redacted].
func (Secret) String() string { return Hidden }

// MarshalText gives [redacted], and so encoding/json does.
func (Secret) MarshalText() ([]byte, error) { return []byte(Hidden), nil }

// LogValue gives [redacted].
func (Secret) LogValue() slog.Value { return slog.StringValue(Hidden) }
