package words

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tracker/internal/history"
	"tracker/internal/store"
)

// Anomaly puts an anomaly in plain words.
func Anomaly(a store.AnomalyRow) string {
	was, now := example(a.Was), example(a.Now)
	switch history.Kind(a.Kind) {
	case history.KindUnknownStatus:
		return fmt.Sprintf("the service says %s, a status that nobody knows", Quote(now[""], false))
	case history.KindUnknownLevel:
		return fmt.Sprintf("a log entry has the level %s, which nobody knows", Quote(now[""], false))
	case history.KindStatusRegressed:
		return fmt.Sprintf("the service went back from %s to %s", Quote(was[""], false), Quote(now[""], false))
	case history.KindOutcomeUnseen:
		return fmt.Sprintf("run %s came while this one was still %s", now["run_id"], Quote(was["status"], false))
	case history.KindRunReturned:
		return fmt.Sprintf("the service tells of this run again, after run %s", was[""])
	case history.KindStepVanished:
		return fmt.Sprintf("the service no longer lists this step; it was %s", Quote(was["status"], false))
	case history.KindStepChanged:
		return "the service changed what it had said of the ended step: " + changedText(was, now)
	case history.KindEntryWithdrawn:
		return fmt.Sprintf("the service withdrew a log entry: %s %s", was["level"], Quote(was["detail"], false))
	case history.KindTimeReversed:
		return fmt.Sprintf("the end %s is before the start %s", now[""], was[""])
	case history.KindClockSkew:
		return fmt.Sprintf("the service's clock is ahead: it gives the time %s", now[""])
	case history.KindShapeChanged:
		if now[""] == "" {
			return "the service's answers no longer have " + was[""]
		}
		return "the service's answers have something new: " + now[""]
	default:
		return strings.TrimSpace(fmt.Sprintf("%s %s → %s", strings.ReplaceAll(a.Kind, "_", " "), a.Was, a.Now))
	}
}

// example reads what an anomaly shows: a word, under "", or some fields.
func example(raw json.RawMessage) map[string]string {
	var word string
	if json.Unmarshal(raw, &word) == nil {
		return map[string]string{"": word}
	}
	fields := map[string]string{}
	_ = json.Unmarshal(raw, &fields)
	return fields
}

func changedText(was, now map[string]string) string {
	var texts []string
	for _, fact := range slices.Sorted(maps.Keys(was)) {
		texts = append(texts, fmt.Sprintf("%s %s → %s", fact, orNone(was[fact]), orNone(now[fact])))
	}
	return strings.Join(texts, ", ")
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
