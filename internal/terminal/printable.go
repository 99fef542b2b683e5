package terminal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
)

// joiner is the one invisible character that may stay: it makes one emoji of several.
const joiner = '\u200d'

// Printable makes any text safe to show: what a terminal would obey (escape
// sequences, carriage returns) or a reader not see (marks that turn the
// direction of text) is written as an escape such as \x1b. Line feeds stay.
func Printable(raw string) string {
	if !strings.ContainsFunc(raw, isUnsafe) && utf8.ValidString(raw) {
		return raw
	}
	var b strings.Builder
	for i, size := 0, 0; i < len(raw); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(raw[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, raw[i])
		case r == '\t':
			b.WriteString("    ")
		case r == '\r' && strings.HasPrefix(raw[i+size:], "\n"):
		case !isUnsafe(r):
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
	}
	return b.String()
}

func isUnsafe(r rune) bool {
	return r != '\n' && r != joiner && !unicode.IsGraphic(r)
}

func escape(r rune) string {
	switch {
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}

// OneLine makes a printable text that has no line feeds either.
func OneLine(raw string) string {
	return strings.ReplaceAll(Printable(raw), "\n", `\n`)
}

// Shorten leaves out the middle of a long id.
func Shorten(id string) string {
	const head, tail = 8, 4
	runes := []rune(id)
	if len(runes) <= head+tail+4 {
		return id
	}
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}

// Cut shortens a text to so many columns.
func Cut(line string, width int) string {
	if text.StringWidthWithoutEscSequences(line) <= width {
		return line
	}
	used := 0
	for i, r := range line {
		if used += text.RuneWidth(r); used > width-1 {
			return strings.TrimRight(line[:i], " ") + "…"
		}
	}
	return line
}
