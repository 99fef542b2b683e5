package tracking

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// nameMost is how long a job's name may be.
const nameMost = 63

// spelled are letters that do not fall apart into a plain one and a mark.
var spelled = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ı", "i")

// jobNameOf makes a job's name of any text: in lower case, letters without
// their marks, and dashes for all that cannot be in a name. It is empty where
// nothing is left.
func jobNameOf(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(norm.NFKD.String(spelled.Replace(strings.ToLower(text)))) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			b.WriteByte('-')
		}
	}
	name := strings.Join(strings.FieldsFunc(b.String(), func(r rune) bool { return r == '-' }), "-")
	return strings.Trim(cutName(strings.Trim(name, "-._"), nameMost), "-._")
}

func cutName(name string, most int) string { return name[:min(len(name), most)] }

// uniqueJobName adds to a name as much of an id as makes it one that is not
// taken. With clash it adds some in any case.
func uniqueJobName(name, id string, clash bool, taken map[string]bool) string {
	if name != "" && !clash && !taken[name] {
		return name
	}
	if name == "" {
		name = "dataset"
	}
	id = jobNameOf(id)
	for length := 8; ; length += 4 {
		piece := strings.Trim(cutName(id, length), "-")
		unique := strings.Trim(cutName(name, nameMost-len(piece)-1), "-._") + "-" + piece
		if !taken[unique] || length >= len(id) {
			return unique
		}
	}
}
