package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint says how long a log is and which root it has then (C2SP tlog-checkpoint).
type Checkpoint struct {
	Tree
	Origin string // of the log: the name of its key
	Note   string // the text as it is published: a signed note, or the text alone
}

// ErrCheckpoint means that a text is no checkpoint.
var ErrCheckpoint = errors.New("not a checkpoint")

// ErrSignature means that a checkpoint is not signed by the key.
var ErrSignature = errors.New("not signed by this key")

// NewCheckpoint makes the checkpoint of a tree, signed where there is a key.
func NewCheckpoint(origin string, tree Tree, key *Key) (Checkpoint, error) {
	c := Checkpoint{Tree: tree, Origin: origin}
	text := origin + "\n" + strconv.FormatInt(tree.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(tree.Root[:]) + "\n"
	var signers []note.Signer
	if key != nil {
		signers = append(signers, key.signer)
	}
	signed, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign the checkpoint: %w", err)
	}
	c.Note = string(signed)
	return c, nil
}

// ParseCheckpoint reads a published checkpoint, whoever signed it.
func ParseCheckpoint(published string) (Checkpoint, error) {
	text, _, found := strings.Cut(published, "\n\n")
	lines := strings.Split(text, "\n")
	if !found || len(lines) < 3 || lines[0] == "" {
		return Checkpoint{}, ErrCheckpoint
	}
	c := Checkpoint{Origin: lines[0], Note: published}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("%w: its size is %q", ErrCheckpoint, lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != len(c.Root) {
		return Checkpoint{}, fmt.Errorf("%w: its root is %q", ErrCheckpoint, lines[2])
	}
	c.Size = size
	copy(c.Root[:], root)
	return c, nil
}

// signatureMark begins each line of a signature.
const signatureMark = "— "

// ReadCheckpoints reads checkpoints that were published one after the other, as to a
// file, with empty lines between them. One that was cut off is an error, and so is one of
// another log.
func ReadCheckpoints(published string) ([]Checkpoint, error) {
	var all []Checkpoint
	for rest := strings.TrimLeft(published, "\n"); rest != ""; rest = strings.TrimLeft(rest, "\n") {
		text, after, _ := strings.Cut(rest, "\n\n")
		one := rest[:min(len(text)+2, len(rest))]
		for strings.HasPrefix(after, signatureMark) {
			line, below, whole := strings.Cut(after, "\n")
			if !whole {
				return nil, fmt.Errorf("checkpoint %d is cut off: %w", len(all)+1, ErrCheckpoint)
			}
			one, after = one+line+"\n", below
		}
		c, err := ParseCheckpoint(one)
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d: %w", len(all)+1, err)
		}
		switch follows := len(all) > 0 && all[len(all)-1].Signed(); {
		case follows && !c.Signed():
			return nil, fmt.Errorf("checkpoint %d has no signature, as those before it have, or is cut off: %w", len(all)+1, ErrCheckpoint)
		case follows && all[len(all)-1].Origin != c.Origin:
			return nil, fmt.Errorf("checkpoint %d, of the log %q, does not follow on those of the log %q: %w", len(all)+1, c.Origin, all[len(all)-1].Origin, ErrCheckpoint)
		}
		all, rest = append(all, c), after
	}
	return all, nil
}

// Torn is how many bytes at the end of published checkpoints are the beginning of another,
// whose writing was broken off.
func Torn(published string) int {
	whole := 0
	for rest := published; ; rest = published[whole:] {
		body := len(rest) - len(strings.TrimLeft(rest, "\n"))
		text := strings.Index(rest[body:], "\n\n")
		if text < 0 {
			return len(rest[body:])
		}
		end := body + text + len("\n\n")
		for strings.HasPrefix(rest[end:], signatureMark) {
			line := strings.IndexByte(rest[end:], '\n')
			if line < 0 {
				return len(rest[body:])
			}
			end += line + 1
		}
		if !strings.HasPrefix(rest[end:], "\n") { // the empty line that ends it
			return len(rest[body:])
		}
		whole += end + 1
	}
}

// Signed reports whether the checkpoint bears any signature.
func (c Checkpoint) Signed() bool { return !strings.HasSuffix(c.Note, "\n\n") }

// Verify checks that the checkpoint is signed by the key.
func (c Checkpoint) Verify(key Verifier) error {
	_, err := note.Open([]byte(c.Note), note.VerifierList(key.verifier))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}
