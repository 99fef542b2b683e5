package source

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"tracker/internal/jsonscan"
)

const (
	// maxDepth is how deep JSON may nest in a jsonb column. Postgres takes
	// more, until its stack is full.
	maxDepth = 256

	// maxNumber is how long a number may be there, in bytes; numeric takes
	// some more digits, and nobody reads them.
	maxNumber = 1000
)

// StorableJSON is jsonb of one valid JSON value.
func StorableJSON(text []byte) []byte { return jsonb(text) }

// jsonb gives v as JSON that a jsonb column takes and that any reader of
// numbers understands: U+FFFD stands for NUL, invalid bytes and lone
// surrogates; numbers that no float64 holds, and what nests too deep, become
// strings of their text.
func jsonb(v value) []byte {
	out := make([]byte, 0, len(v))
	depth := 0
	for i := 0; i < len(v); {
		end := i + 1
		switch c := v[i]; c {
		case '"':
			end = jsonscan.SkipString(v, i)
			out = appendString(out, v[i:end])
		case '{', '[':
			if depth == maxDepth {
				end = jsonscan.SkipValue(v, i)
				out = appendQuoted(out, v[i:end].raw())
				break
			}
			depth++
			out = append(out, c)
		case '}', ']':
			depth--
			out = append(out, c)
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			end = jsonscan.SkipWord(v, i)
			out = appendNumber(out, v[i:end])
		default:
			out = append(out, c)
		}
		i = end
	}
	return out
}

func appendString(out []byte, literal value) []byte {
	if utf8.Valid(literal) && !bytes.Contains(literal, []byte(`\u`)) {
		return append(out, literal...)
	}
	return appendQuoted(out, literal.text())
}

func appendNumber(out []byte, literal value) []byte {
	if len(literal) <= maxNumber && isFloat(string(literal)) {
		return append(out, literal...)
	}
	return appendQuoted(out, string(literal))
}

// isFloat reports whether a float64 comes near the number: it is not too
// large, and not zero although a digit of it is not. Of a zero's exponent
// Postgres takes three digits and some more.
func isFloat(literal string) bool {
	number, err := strconv.ParseFloat(literal, 64)
	if err != nil || number != 0 {
		return err == nil
	}
	digits, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	return !strings.ContainsAny(digits, "123456789") && len(exponent) <= len("-999")
}

func appendQuoted(out []byte, text string) []byte {
	quoted, _ := json.Marshal(text) // a string is always written
	return append(out, quoted...)
}
