package definition

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/itchyny/gojq"

	"tracker/internal/history"
	"tracker/internal/source"
)

// object is one value of a list's expression, such as a step.
type object struct {
	r       *answerReader
	field   string // such as "steps[2]"
	members map[string]any
}

// only fails where the object has other members than these: a misspelt one would be
// lost in silence.
func (o object) only(known []string) {
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if !slices.Contains(known, name) {
			o.r.fail(o.field, "its expression gives a member that is none of "+strings.Join(known, ", "))
		}
	}
}

func (o object) at(name string) string { return o.field + "." + name }

// text gives a member that has to be there.
func (o object) text(name string) string {
	value, found := o.members[name]
	text, ok := scalarText(value)
	switch {
	case !found:
		o.r.fail(o.at(name), "missing")
	case !ok:
		o.r.fail(o.at(name), wantText(value))
	}
	return text
}

// optional gives a member that may be absent or null: then it is empty.
func (o object) optional(name string) string {
	if o.members[name] == nil {
		return ""
	}
	return o.text(name)
}

// texts gives a list of texts that may be absent or null.
func (o object) texts(name string) (texts []string) {
	value := o.members[name]
	if value == nil {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		o.r.fail(o.at(name), "want a list, got "+kindOf(value))
	}
	for i, element := range list {
		text, ok := scalarText(element)
		if !ok {
			o.r.fail(fmt.Sprintf("%s[%d]", o.at(name), i), wantText(element))
		}
		texts = append(texts, text)
	}
	return texts
}

// json gives a member as JSON that can be stored; nil: it is absent or null.
func (o object) json(name string) []byte {
	if o.members[name] == nil {
		return nil
	}
	return o.r.json(o.at(name), o.members[name])
}

const (
	// nodesMost and bytesMost bound one value that is stored: an expression can build
	// one that holds itself many times over.
	nodesMost = 2_000_000
	bytesMost = 16 << 20
)

// json gives a value as JSON that can be stored.
func (r *answerReader) json(field string, value any) []byte {
	nodes, bytes := nodesMost, bytesMost
	if !fits(value, &nodes, &bytes) {
		r.fail(field, "its expression gives too large a value")
		return nil
	}
	text, err := gojq.Marshal(value)
	if err != nil {
		r.fail(field, "its expression gives what is no JSON")
		return nil
	}
	return source.StorableJSON(text)
}

func fits(value any, nodes, bytes *int) bool {
	if *nodes--; *nodes < 0 || *bytes < 0 {
		return false
	}
	switch v := value.(type) {
	case string:
		*bytes -= len(v)
	case []any:
		for _, inner := range v {
			if !fits(inner, nodes, bytes) {
				return false
			}
		}
	case map[string]any:
		for name, inner := range v {
			*bytes -= len(name)
			if !fits(inner, nodes, bytes) {
				return false
			}
		}
	}
	return *bytes >= 0
}

// kindOf is the type of a value in the words of an error.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case int, float64, *big.Int, json.Number:
		return "a number"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}

func wantText(value any) string { return "want a string or a number, got " + kindOf(value) }

// time gives a member that is a time; absent and null are none.
func (o object) time(name string) history.Time { return o.r.timeOf(o.at(name), o.members[name]) }
