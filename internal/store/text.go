package store

import (
	"strings"
	"unicode/utf8"
)

// IsText reports whether Postgres takes a text: as UTF-8 without U+0000.
func IsText(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }
