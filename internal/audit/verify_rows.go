package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"tracker/internal/store"
)

// difference is of a row that is stored from the one that the snapshots give.
type difference struct {
	what string                     // empty: there is none
	row  map[string]json.RawMessage // as the snapshots give it, or, where they do not, as it is stored
	at   time.Time                  // when what it tells of was first seen
}

// rowsDiffer compares the rows that a job's snapshots give with those that are stored.
// It tells the first difference.
func rowsDiffer(given, stored store.StoredRows) (difference, error) {
	for _, differs := range []func() (difference, error){
		func() (difference, error) { return firstDifference("run", given.Runs, stored.Runs) },
		func() (difference, error) { return firstDifference("step", given.Steps, stored.Steps) },
		func() (difference, error) {
			return firstDifference("transition", given.Transitions, stored.Transitions)
		},
		func() (difference, error) { return firstDifference("anomaly", given.Anomalies, stored.Anomalies) },
		func() (difference, error) {
			return firstDifference("log entry", given.LogEntries, stored.LogEntries)
		},
		func() (difference, error) { return firstDifference("result", given.Items, stored.Items) },
	} {
		if found, err := differs(); err != nil || found.what != "" {
			found.at = rowTime(found.row, given.Runs)
			return found, err
		}
	}
	return difference{}, nil
}

// firstDifference tells the first row that differs, by the names that its JSON has.
func firstDifference[Row any](name string, given, stored []Row) (difference, error) {
	for i := range max(len(given), len(stored)) {
		switch {
		case i >= len(stored):
			want, err := members(given[i])
			return difference{what: rowName(name, want) + " is missing, which the snapshots give: somebody has deleted it", row: want}, err
		case i >= len(given):
			got, err := members(stored[i])
			return difference{what: rowName(name, got) + " is there, which the snapshots do not give: somebody has inserted it", row: got}, err
		case sameValue(reflect.ValueOf(&given[i]).Elem(), reflect.ValueOf(&stored[i]).Elem()):
			continue
		}
		want, errWant := members(given[i])
		got, errGot := members(stored[i])
		if err := errors.Join(errWant, errGot); err != nil {
			return difference{}, err
		}
		for _, column := range slices.Sorted(maps.Keys(want)) {
			if !sameJSON(want[column], got[column]) {
				return difference{row: want, what: fmt.Sprintf("%s has the %s %s, but the snapshots give %s: somebody has altered it",
					rowName(name, got), column, short(got[column]), short(want[column]))}, nil
			}
		}
	}
	return difference{}, nil
}

// members are those of a row's JSON.
func members(row any) (named map[string]json.RawMessage, err error) {
	text, err := json.Marshal(row)
	if err == nil {
		err = json.Unmarshal(text, &named)
	}
	return named, err
}

// sameValue compares values as their JSON says, which it takes no time to make.
func sameValue(a, b reflect.Value) bool {
	switch x := a.Addr().Interface().(type) {
	case *time.Time:
		return x.Equal(*b.Addr().Interface().(*time.Time))
	case *json.RawMessage:
		return sameJSON(orNull(*x), orNull(*b.Addr().Interface().(*json.RawMessage)))
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return sameValue(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if !sameValue(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameValue(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.String:
		return a.String() == b.String()
	case reflect.Bool:
		return a.Bool() == b.Bool()
	default:
		return a.Int() == b.Int()
	}
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(bytes.TrimSpace(raw)) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// rowName names a row by its numbers.
func rowName(name string, row map[string]json.RawMessage) string {
	for _, number := range []string{"transition_no", "anomaly_no", "entry_no", "item_no", "step_no"} {
		if no, has := row[number]; has && string(no) != "null" {
			name = fmt.Sprintf("%s %s", name, no)
			break
		}
	}
	if run, has := row["run_no"]; has {
		if name == "run" {
			return fmt.Sprintf("run %s", run)
		}
		return fmt.Sprintf("%s of run %s", name, run)
	}
	return name
}

// rowTime is when what a row tells of was first seen: a result with its run. Zero: nobody
// has seen that.
func rowTime(row map[string]json.RawMessage, runs []store.RunRow) (at time.Time) {
	for _, column := range []string{"observed_at", "first_seen_at"} {
		if text, has := row[column]; has && json.Unmarshal(text, &at) == nil {
			return at
		}
	}
	for _, run := range runs {
		if strconv.Itoa(int(run.RunNo)) == string(row["run_no"]) {
			return run.FirstSeenAt
		}
	}
	return at
}

// shortMost bounds how much of a value is shown.
const shortMost = 80

func short(raw json.RawMessage) string {
	text := []rune(string(raw))
	if len(text) > shortMost {
		return string(text[:shortMost]) + "…"
	}
	return string(text)
}
