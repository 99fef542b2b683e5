package config

import "strings"

// A file of more bytes than splitFrom is read in pieces of so many jobs: the YAML
// library takes 11 KB of memory for each that it reads at once.
const (
	splitFrom  = 1 << 20
	pieceItems = 5000
)

// jobsKey is the line after which a file's jobs stand.
const jobsKey = "jobs:"

// piece is a part of a file that is a document of its own.
type piece struct {
	text  string
	above int // lines of the file above it
}

// split cuts a large file between its jobs: the first piece has what stands above
// them, too. It gives none where the file is small, or where pieces could mean something
// else than the whole, as where jobs refer to anchors.
func split(text string) []piece {
	if len(text) < splitFrom || strings.ContainsRune(text, '&') {
		return nil
	}
	var pieces []piece
	var mark string // with which each job begins
	begun, line, at, items := 0, 0, 0, 0
	above, below := 0, false
	for one := range strings.Lines(text) {
		bare := strings.TrimRight(one, " \r\n")
		switch {
		case !below:
			below = bare == jobsKey
		case bare == "" || strings.HasPrefix(strings.TrimLeft(bare, " "), "#"):
		case mark == "":
			indent := len(bare) - len(strings.TrimLeft(bare, " "))
			if mark = bare[:indent] + "- "; !strings.HasPrefix(bare, mark) {
				return nil
			}
			items = 1
		case strings.HasPrefix(bare, mark):
			if items++; items > pieceItems {
				pieces = append(pieces, piece{text[begun:at], above})
				begun, above, items = at, line, 1
			}
		case bare[0] != ' ': // another key, or another document
			return nil
		}
		line, at = line+1, at+len(one)
	}
	pieces = append(pieces, piece{text[begun:], above})
	for i := 1; i < len(pieces); i++ {
		pieces[i] = piece{jobsKey + "\n" + pieces[i].text, pieces[i].above - 1}
	}
	return pieces
}
