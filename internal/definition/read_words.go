package definition

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"tracker/internal/history"
	"tracker/internal/yamlfile"
)

// expression reads a jq program that stands at a key. field is its name in errors.
func (rd *reading) expression(s yamlfile.Section, key, field string, node ast.Node) *expression {
	path := yamlfile.PathOf(s.Path, key)
	text := rd.Text(s, key)
	if text == "" {
		return nil
	}
	e, err := compile(field, text, rd.names, rd.fields)
	if err != nil {
		offset, message := parseErrorAt(err)
		rd.ReportPlace(path, rd.Offset(node, offset), fmt.Errorf("%s: jq: %s", key, message))
		return nil
	}
	return e
}

// expressions reads what the answers mean.
func (rd *reading) expressions() {
	d := rd.d
	for _, one := range []struct {
		key      string
		to       **expression
		required bool
	}{
		{"error", &d.Error, false},
		{"run_id", &d.RunID, true},
		{"status", &d.Status, true},
		{"started_at", &d.StartedAt, false},
		{"ended_at", &d.EndedAt, false},
		{"error_summary", &d.ErrorSummary, false},
		{"result_count", &d.ResultCount, false},
		{"result_expires_at", &d.ResultExpires, false},
		{"steps", &d.Steps, false},
		{"entries", &d.Entries, false},
		{"items", &d.Items, false},
	} {
		if node, found := rd.s.Values[one.key]; found {
			*one.to = rd.expression(rd.s, one.key, one.key, node)
		} else if one.required {
			rd.wrong(one.key, fmt.Errorf("it is missing; write where the answer has it, such as '.%s'", one.key))
		}
	}
	if _, has := rd.s.Values["steps"]; d.Entries != nil && !has {
		rd.wrong("entries", errors.New(`an entry belongs to a step; write one, such as steps: '{name: "import", status: .state}'`))
	}
}

// words reads which words of the service mean which of ours.
func (rd *reading) words() {
	d := rd.d
	states := []string{
		string(history.StateQueued), string(history.StateRunning), string(history.StateSucceeded),
		string(history.StatePartial), string(history.StateFailed), string(history.StateCanceled),
	}
	d.States = stateMap(rd.mapping("states", states))
	if len(d.States) == 0 {
		rd.wrong("states", errors.New("they are missing; write which words mean what, such as {running: [active], succeeded: [done], failed: [error]}"))
	}
	d.StepStates = stateMap(rd.mapping("step_states", states))
	d.Levels = rd.mapping("levels", []string{"info", "warning", "error"})
	d.Order = rd.Lines(rd.s, "order")
	for i, word := range d.Order {
		state, known := d.States[word]
		switch {
		case !known:
			rd.Report(fmt.Sprintf("%s[%d]", rd.at("order"), i), fmt.Errorf("order: %s is none of the words in states", yamlfile.Quote(word)))
		case state.Terminal():
			rd.Report(fmt.Sprintf("%s[%d]", rd.at("order"), i), fmt.Errorf("order: %s ends a run; leave it out", yamlfile.Quote(word)))
		case slices.Index(d.Order, word) < i:
			rd.Report(fmt.Sprintf("%s[%d]", rd.at("order"), i), fmt.Errorf("order: %s is there already", yamlfile.Quote(word)))
		}
	}
}

// mapping reads which words of the service stand for each of ours.
func (rd *reading) mapping(key string, ours []string) map[string]string {
	node, found := rd.s.Values[key]
	if !found {
		return nil
	}
	s := rd.Section(rd.at(key), node, ours...)
	read := map[string]string{}
	for _, our := range ours {
		for i, word := range rd.Lines(s, our) {
			if other, twice := read[word]; twice {
				rd.Report(fmt.Sprintf("%s.%s[%d]", s.Path, our, i), fmt.Errorf("%s: %s is mapped twice, to %s and to %s", key, yamlfile.Quote(word), other, our))
			}
			read[word] = our
		}
	}
	return read
}

func stateMap(words map[string]string) map[string]history.State {
	states := make(map[string]history.State, len(words))
	for word, state := range words {
		states[word] = history.State(state)
	}
	return states
}

// times reads how the service writes times.
func (rd *reading) times() times {
	t := times{format: formatRFC3339}
	node, found := rd.s.Values["times"]
	if !found {
		return t
	}
	s := rd.Section(rd.at("times"), node, "format", "zone")
	if format := rd.Text(s, "format"); format != "" {
		t.format = format
		if !t.known() {
			rd.Report(s.Path+".format", fmt.Errorf("format %s is neither rfc3339, unix, unix_ms, unix_us, unix_ns nor a layout of Go, such as 2006-01-02 15:04:05", yamlfile.Quote(format)))
		}
	}
	if zone := rd.Text(s, "zone"); zone != "" {
		location, err := time.LoadLocation(zone)
		if err != nil || strings.EqualFold(zone, "local") {
			rd.Report(s.Path+".zone", fmt.Errorf("zone %s is unknown; write one such as UTC or Europe/Paris", yamlfile.Quote(zone)))
		}
		t.zone = location
	}
	return t
}

// tests reads the payloads that come with a definition.
func (rd *reading) tests() {
	for i, node := range rd.List(rd.s, "tests") {
		path := fmt.Sprintf("%s[%d]", rd.at("tests"), i)
		s := rd.Section(path, node, "payload", "requests", "want")
		place := rd.Places.Find(path)
		test := Test{at: fmt.Sprintf("%s:%d:%d", rd.Name, place.Line, place.Column)}
		payload, several := rd.Text(s, "payload"), rd.Texts(s, "requests")
		switch {
		case rd.Wrong[path]:
		case (payload == "") == (len(several) == 0):
			rd.Report(path, errors.New("a test has payload: FILE, or requests: {\"\": FILE, NAME: FILE}"))
		case payload != "":
			test.Payloads = map[string]string{"": payload}
		default:
			test.Payloads = several
		}
		for name := range test.Payloads {
			if name != "" && !slices.Contains(rd.names, name) {
				rd.Report(path, fmt.Errorf("no request has the name %s", yamlfile.Quote(name)))
			}
		}
		if want, found := s.Values["want"]; found {
			if test.Want, _ = rd.Value(path+".want", want).(map[string]any); test.Want == nil && !rd.Wrong[path+".want"] {
				rd.Report(path+".want", errors.New("want must be a mapping of what is to be read"))
			}
		} else if !rd.Wrong[path] {
			rd.Report(path, errors.New("want is missing: what is to be read from it, such as {state: failed}"))
		}
		rd.d.Tests = append(rd.d.Tests, test)
	}
}
