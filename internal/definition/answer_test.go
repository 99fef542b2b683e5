package definition_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/source"
)

// interpret reads a body as a poll would.
func interpret(t *testing.T, text, body string) (history.Answer, error) {
	t.Helper()
	p := parse(t, text).Provider(1)
	redacted, _, err := p.Redact([]byte(body), redact.NewSecret("s3cr3t-k3y"))
	if err != nil {
		return history.Answer{}, err
	}
	return p.For(map[string]string{"import_id": "77"}).InterpretRedacted(redacted)
}

// TestMalformed: an expression that gives what it must not is named with its field, and
// nothing of the answer.
func TestMalformed(t *testing.T) {
	const body = `{"id":"hush-hush","state":"active","list":[1],"object":{"a":1},"text":"hush-hush","nothing":null,"steps":[{"n":"a","s":"active"}]}`
	steps := simple + "steps: '.steps[] | {name: .n, status: .s}'\n"
	for name, test := range map[string]struct{ text, want string }{
		"Fails":            {changed(simple, "run_id: .text.x"), "run_id: its expression fails on this answer"},
		"FailsWithAnswer":  {changed(simple, "run_id: error(.text)"), "run_id: its expression fails on this answer"},
		"YieldsNothing":    {changed(simple, "run_id: empty"), "run_id: its expression yields nothing"},
		"YieldsNull":       {changed(simple, "run_id: .nothing"), "run_id: its expression yields nothing"},
		"YieldsTwo":        {changed(simple, "status: .state, .text"), "status: its expression yields more than one value"},
		"YieldsEmpty":      {changed(simple, `status: '""'`), "status: its expression yields an empty text"},
		"List":             {changed(simple, "status: .list"), "status: want a string or a number, got a list"},
		"Object":           {changed(simple, "run_id: .object"), "run_id: want a string or a number, got an object"},
		"TimeIsList":       {simple + "started_at: .list\n", "started_at: want a string, a number or null, got a list"},
		"TimeIsBoolean":    {simple + "ended_at: 'true'\n", "ended_at: want a string, a number or null, got a boolean"},
		"StepIsText":       {simple + "steps: .text\n", "steps[0]: want an object, got a string"},
		"StepWithoutName":  {simple + "steps: '.steps[] | {status: .s}'\n", "steps[0].name: missing"},
		"StepNullStatus":   {simple + "steps: '.steps[] | {name: .n, status: .x}'\n", "steps[0].status: want a string or a number, got null"},
		"StepMisspelt":     {simple + "steps: '.steps[] | {name: .n, status: .s, begin: null}'\n", "steps[0]: its expression gives a member that is none of name, status, start, end"},
		"EntryNoDetail":    {steps + "entries: '{level: \"info\"}'\n", "entries[0].detail: missing"},
		"ItemLabels":       {simple + "items: '{id: 1, labels: \"a\"}'\n", "items[0].labels: want a list, got a string"},
		"CountIsText":      {simple + "result_count: .list\n", "result_count: want a number, got a list"},
		"ErrorIsObject":    {simple + "error: .object\n", "error: want a string or a number, got an object"},
		"WithoutEnd":       {changed(simple, "run_id: 'last(repeat(1))'"), "run_id: its expression was stopped: it ran for more than a second"},
		"RecursionNoEnd":   {changed(simple, "run_id: 'def f: f; f'"), "run_id: its expression was stopped: it ran for more than a second"},
		"YieldsWithoutEnd": {simple + "steps: 'repeat(1) | {name: \"a\", status: \"active\"}'\n", "steps: its expression yields more than 10000 values"},
		// So many take about a second with the race detector: it may be over before they are there.
		"EntriesWithoutEnd": {steps + "entries: 'repeat(1) | {detail: \"a\"}'\n", "entries: its expression yields more than 100000 values\n" +
			"entries: its expression was stopped: it ran for more than a second"},
		"GrowsWithoutEnd": {changed(simple, `run_id: 'reduce range(100) as $i ("x"; . + .) | length'`), "run_id: its expression was stopped: it took too much memory"},
		"ListWithoutEnd":  {changed(simple, "run_id: '[repeat({a: 1, b: [2]})] | length'"), "run_id: its expression was stopped: it "},
		"ValueOfItself":   {simple + "items: '{id: 1, output: (reduce range(60) as $i (1; [., .]))}'\n", "items[0].output: its expression gives too large a value"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := interpret(t, test.text, body)
			wanted := err != nil && slices.ContainsFunc(strings.Split(test.want, "\n"), func(want string) bool { return strings.Contains(err.Error(), want) })
			if !wanted || strings.Contains(err.Error(), "hush") {
				t.Errorf("%v\nnot %s", err, test.want)
			}
		})
	}
}

// TestRejected: a 200 that is no status is told in the service's words.
func TestRejected(t *testing.T) {
	t.Parallel()
	text := simple + "error: '.errors[0].message // empty'\n"
	_, err := interpret(t, text, `{"errors":[{"message":"no such import, key s3cr3t-k3y"}]}`)
	rejection, ok := errors.AsType[*source.Rejection](err)
	if !ok || rejection.Text != "no such import, key REDACTED" {
		t.Errorf("%v", err)
	}
	if answer, err := interpret(t, text, `{"id":1,"state":"done","errors":[]}`); err != nil || answer.State != history.StateSucceeded {
		t.Errorf("%+v: %v", answer, err)
	}
}

// TestAnswer: what the expressions of a definition yield, in the tracker's words.
func TestAnswer(t *testing.T) {
	t.Parallel()
	text := changed(simple, `run_id: '"\(.id)/\(.attempt)/\($target.import_id)"'`, "status: .done", "states: {succeeded: ['true'], running: ['false']}") +
		`steps: '.steps[] | {name, status: .code, start: .from, end: .to}'
entries: '.log[] | {step: .of, at: .t, level: .l, detail: .m}'
step_states: {failed: [20], succeeded: [10], queued: [1]}
levels: {warning: [WARN], error: [ERR]}
times: {format: unix_ms}
started_at: .from
`
	answer, err := interpret(t, text, `{"id":12345678901234567890,"attempt":2,"done":false,"from":1560981902377,
		"steps":[{"name":"a","code":10,"from":1560981902377,"to":"1560981903000"},{"name":"b","code":99,"from":null,"to":""}],
		"log":[{"of":"b","t":1560981902400,"l":"WARN","m":"slow"},{"of":"gone","t":0,"l":"TRACE","m":"x"},{"m":7}]}`)
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1560981902377).UTC()
	var got []string
	for _, s := range answer.Steps {
		got = append(got, fmt.Sprintf("%s %s %s %q %q", s.Name, s.Status, s.State, s.Start.Raw, s.End.Raw))
		for _, e := range s.Entries {
			got = append(got, fmt.Sprintf("- %s %s %s", e.Created.Raw, e.Level, e.Detail))
		}
	}
	want := []string{`a 10 succeeded "1560981902377" "1560981903000"`, "- 0 TRACE x", "-  info 7", `b 99 unknown "" ""`, "- 1560981902400 warning slow"}
	if answer.RunID != "12345678901234567890/2/77" || answer.Status != "false" || answer.State != history.StateRunning || !answer.Started.At.Equal(at) || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("run %s: %s %s since %s\n%q\n%q", answer.RunID, answer.Status, answer.State, answer.Started.At, got, want)
	}
}

// TestTimes: each way to write a time.
func TestTimes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ times, value, want string }{
		{"{}", `"2025-03-27 20:37:19.996618+00:00"`, "2025-03-27T20:37:19.996618Z false"},
		{"{}", `"2025-03-27T20:37:19"`, "2025-03-27T20:37:19Z true"},
		{"{zone: Europe/Paris}", `"2025-03-27T20:37:19"`, "2025-03-27T19:37:19Z false"},
		{"{zone: Europe/Paris}", `"2025-03-27T20:37:19Z"`, "2025-03-27T20:37:19Z false"},
		{"{format: unix}", `1560981902`, "2019-06-19T22:05:02Z false"},
		{"{format: unix}", `1560981902.25`, "2019-06-19T22:05:02.25Z false"},
		{"{format: unix_ms}", `"1560981902377"`, "2019-06-19T22:05:02.377Z false"},
		{"{format: unix_us}", `1560981902377000`, "2019-06-19T22:05:02.377Z false"},
		{"{format: unix_ns}", `"1560981902377000000"`, "2019-06-19T22:05:02.377Z false"},
		{"{format: '02.01.2006 15:04'}", `"27.03.2025 20:37"`, "2025-03-27T20:37:00Z true"},
		{"{format: '02.01.2006 15:04', zone: Europe/Paris}", `"27.03.2025 20:37"`, "2025-03-27T19:37:00Z false"},
		{"{format: 'Mon Jan 2 15:04:05 MST 2006'}", `"Mon Nov 30 10:00:00 UTC 2026"`, "2026-11-30T10:00:00Z false"},
		{"{format: 'Mon Jan 2 15:04:05 MST 2006'}", `"Mon Nov 30 10:00:00 GMT 2026"`, "2026-11-30T10:00:00Z false"},
		{"{format: 'Mon Jan 2 15:04:05 MST 2006'}", `"Mon Nov 30 10:00:00 EST 2026"`, "unread"},
		{"{format: 'Mon Jan 2 15:04:05 MST 2006', zone: America/New_York}", `"Mon Nov 30 10:00:00 EST 2026"`, "2026-11-30T15:00:00Z false"},
		{"{format: 'Mon Jan 2 15:04:05 MST 2006', zone: Europe/Lisbon}", `"Mon Nov 30 10:00:00 WET 2026"`, "2026-11-30T10:00:00Z false"},
		{"{format: 'Mon Jan 2 15:04:05 MST 2006', zone: Europe/Lisbon}", `"Mon Nov 30 10:00:00 EST 2026"`, "unread"},
		{"{format: unix}", `"soon"`, "unread"},
		{"{format: unix}", `1e400000`, "unread"},
		{"{format: unix}", `99999999999999999999999999999999999999999999999`, "unread"},
		{"{}", `"soon"`, "unread"},
	} {
		answer, err := interpret(t, simple+"times: "+test.times+"\nstarted_at: .at\n", `{"id":1,"state":"done","at":`+test.value+`}`)
		got := fmt.Sprint(answer.Started.At.Format(time.RFC3339Nano), " ", answer.Started.ZoneAssumed)
		if answer.Started.At.IsZero() {
			got = "unread"
		}
		if err != nil || got != test.want || answer.Started.Raw == "" {
			t.Errorf("%s of %s: %s, not %s: %v", test.times, test.value, got, test.want, err)
		}
	}
}
