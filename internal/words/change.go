package words

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// changeFields are those of a source or job that are told, in this order. What
// never changes is told once, when it is registered.
var changeFields = []string{
	"provider", "interpretation", "origin", "sha256", "source", "target", "base_url", "credential", "schedule", "active_every", "rate_every", "rate_burst", "volatile", "webhook_secret", "archive", "labels", "stall_after",
	"form", "address", "secret", "events", "sources", "jobs", "group_for", "repeat_every", "quiet",
}

// noField stands for a field that has no value.
const noField = "none"

// Change tells of a change what its action does not: which fields have
// which values, or why something was paused.
func Change(action string, before, after json.RawMessage) string {
	was, is := Fields(before), Fields(after)
	switch action {
	case "register":
		var texts []string
		for _, field := range changeFields {
			if text := fieldText(is[field]); text != noField {
				texts = append(texts, field+": "+text)
			}
		}
		return strings.Join(texts, "; ")
	case "change":
		var texts []string
		for _, field := range changeFields {
			if was, is := fieldText(was[field]), fieldText(is[field]); was != is {
				texts = append(texts, fmt.Sprintf("%s: %s → %s", field, was, is))
			}
		}
		return strings.Join(texts, "; ")
	case "pause":
		return fieldText(is["paused_reason"])
	case "resume":
		return resumeText(was)
	case "hold":
		return heldText(is)
	case "release":
		return heldText(was)
	default:
		return ""
	}
}

// resumeText tells what kept it from being polled.
func resumeText(was map[string]any) string {
	if until, found := was["held_until"].(string); found {
		if at, err := time.Parse(time.RFC3339, until); err == nil {
			until = Time(&at)
		}
		return "held until " + until + " before"
	}
	if reason, found := was["paused_reason"].(string); found {
		return "paused before: " + reason
	}
	if tracking, found := was["tracking"].(string); found {
		return tracking + " before"
	}
	return ""
}

// heldText tells which run is, or was, on hold, and why.
func heldText(hold map[string]any) string {
	text := "run " + fieldText(hold["run_no"])
	if reason, found := hold["reason"].(string); found {
		text += ": " + reason
	}
	return text
}

// Fields reads the object that a change keeps; null has no fields.
func Fields(object json.RawMessage) map[string]any {
	var fields map[string]any
	_ = json.Unmarshal(object, &fields) // the database made it
	return fields
}

// fieldText shows a field of a change, an object as one writes it in a command.
func fieldText(value any) string {
	switch value := value.(type) {
	case nil:
		return noField
	case string:
		return value
	case map[string]any:
		return cmp.Or(pairsText(value), noField)
	case []any:
		var texts []string
		for _, one := range value {
			texts = append(texts, fieldText(one))
		}
		return cmp.Or(strings.Join(texts, " "), noField)
	default:
		text, _ := json.Marshal(value) // it was read from JSON
		return string(text)
	}
}

// Pairs shows an object as one writes it in a command; it is empty of none.
func Pairs(object json.RawMessage) string { return pairsText(Fields(object)) }

func pairsText(fields map[string]any) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		pairs = append(pairs, key+"="+fieldText(fields[key]))
	}
	return strings.Join(pairs, " ")
}
