package definition

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// canonical writes a definition as it is stored: its keys in their order, all others
// by name, without comments. Parse reads the same from it.
func canonical(value map[string]any) string {
	var out strings.Builder
	for _, key := range keys {
		if inner, has := value[key]; has {
			writeMember(&out, "", key, inner)
		}
	}
	return out.String()
}

func writeMember(out *strings.Builder, indent, key string, value any) {
	out.WriteString(indent + writeText(key) + ":")
	writeValue(out, indent, value)
}

// writeValue writes what stands behind a key or a dash.
func writeValue(out *strings.Builder, indent string, value any) {
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 {
			out.WriteString(" {}\n")
			return
		}
		out.WriteByte('\n')
		for _, key := range slices.Sorted(maps.Keys(v)) {
			writeMember(out, indent+"  ", key, v[key])
		}
	case []any:
		if !slices.ContainsFunc(v, isNested) {
			texts := make([]string, len(v))
			for i, inner := range v {
				texts[i] = writeScalar(inner)
			}
			out.WriteString(" [" + strings.Join(texts, ", ") + "]\n")
			return
		}
		out.WriteByte('\n')
		for _, inner := range v {
			out.WriteString(indent + "  -")
			writeValue(out, indent+"  ", inner)
		}
	default:
		out.WriteString(" " + writeScalar(value) + "\n")
	}
}

func isNested(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return true
	default:
		return false
	}
}

func writeScalar(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		if v {
			return "true"
		}
		return "false"
	case json.Number:
		return v.String()
	case string:
		return writeText(v)
	default:
		return `""`
	}
}

// plainText are the texts that need no quotes: no other type of YAML is written so.
var plainText = regexp.MustCompile(`\A(\.[A-Za-z_]|[A-Za-z_/])[A-Za-z0-9_./-]*\z`)

func writeText(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan":
	default:
		if plainText.MatchString(text) {
			return text
		}
	}
	if !strings.ContainsFunc(text, func(r rune) bool { return r == '\'' || !unicode.IsPrint(r) }) && text != "" {
		return "'" + text + "'"
	}
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always can be
	return strings.TrimSuffix(quoted.String(), "\n")
}
