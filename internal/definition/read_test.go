package definition_test

import (
	"slices"
	"strings"
	"testing"

	"tracker/internal/definition"
)

// simple is a definition of ten lines.
const simple = `name: acme
base_url: https://api.acme.example
auth: {bearer: true}
tracks: one
target: [{name: import_id}]
requests: [{path: '/imports/{import_id}'}]
run_id: .id
status: .state
states: {running: [active], succeeded: [done], failed: [error]}
`

// changed is a definition with one line in place of another, or one more.
func changed(text string, lines ...string) string {
	for _, line := range lines {
		key, _, _ := strings.Cut(line, ":")
		var kept []string
		for old := range strings.Lines(text) {
			if !strings.HasPrefix(old, key+":") {
				kept = append(kept, old)
			}
		}
		text = strings.Join(kept, "")
		if strings.Contains(line, " ") {
			text += line + "\n"
		}
	}
	return text
}

func parse(tb testing.TB, text string) *definition.Definition {
	tb.Helper()
	read, err := definition.Parse("acme.yaml", []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return read[0]
}

// TestRefused: what cannot be right is refused with line and column.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"JQ":              {changed(simple, "run_id: .id | [", "status: .state"), "acme.yaml:8:15: run_id: jq: unexpected EOF"},
		"JQPlace":         {changed(simple, "status: '.state ! .x'"), "acme.yaml:9:17: status: jq: "},
		"JQFunction":      {changed(simple, "status: frobnicate(.x)"), "acme.yaml:9:9: status: jq: function not defined: frobnicate/1"},
		"JQVariable":      {changed(simple, "status: $log.x"), "acme.yaml:9:9: status: jq: variable not defined: $log"},
		"JQTarget":        {changed(simple, "run_id: $target.project"), "$target.project is no field of the target, which has import_id"},
		"JQClock":         {changed(simple, "status: now"), "now is not for a definition"},
		"JQEnvironment":   {changed(simple, "status: env.HOME"), "env is not for a definition"},
		"JQEnvironment2":  {changed(simple, "status: $ENV.HOME"), "$ENV is not for a definition"},
		"JQInput":         {changed(simple, "status: input"), "input is not for a definition"},
		"JQModule":        {changed(simple, `status: 'import "a" as a; .'`), "status: jq: "},
		"UnknownKey":      {simple + "colour: red\n", `acme.yaml:10:1: key "colour" is unknown`},
		"KeyTwice":        {simple + "name: other\n", `acme.yaml:10:1: key "name" is given twice`},
		"StateTwice":      {changed(simple, "states: {running: [active], failed: [error, active]}"), `acme.yaml:9:45: states: "active" is mapped twice, to running and to failed`},
		"StateUnknown":    {changed(simple, "states: {going: [active]}"), `key "going" is unknown`},
		"LevelTwice":      {simple + "levels: {info: [A], error: [A]}\n", `levels: "A" is mapped twice`},
		"PathField":       {changed(simple, "requests: [{path: '/imports/{project}'}]"), "acme.yaml:9:19: path: {project} is no field of the target, which has import_id"},
		"PathOpen":        {changed(simple, "requests: [{path: '/imports/{import_id'}]"), "path: { is not closed"},
		"PathRelative":    {changed(simple, "requests: [{path: imports}]"), "path: a path begins with one /"},
		"PathHost":        {changed(simple, "requests: [{path: //evil.example/x}]"), "path: a path begins with one /"},
		"PathQuery":       {changed(simple, "requests: [{path: '/imports?x=1'}]"), "path: a path has no ? and no #"},
		"PathUp":          {changed(simple, "requests: [{path: '/a/../b'}]"), "path: a path has no . and .. in it"},
		"PathFirstJQ":     {changed(simple, `requests: [{path: '/a/\(.id)'}]`), "there is no answer yet"},
		"PathJQ":          {changed(simple, `requests: [{path: /a}, {name: log, path: '/b/\(.id'}]`), `path: \( is not closed`},
		"PathJQBreaksOut": {changed(simple, `requests: [{path: /a}, {name: log, path: '/b/\(.id)" | error("x") | "'}]`), "path: "},
		"PathLater":       {changed(simple, `requests: [{path: /a}, {name: log, path: '/b/\($late.id)'}, {name: late, path: /c}]`), "path: $late is not there yet"},
		"WhenFirst":       {changed(simple, `requests: [{path: /a, when: '.x'}]`), "when: the first request is always sent"},
		"Header":          {changed(simple, "requests: [{path: /a, headers: {User-Agent: me}}]"), "acme.yaml:9:45: headers \"User-Agent\": the tracker sets the header User-Agent itself"},
		"HeaderOfAuth":    {changed(simple, "auth: {header: X-Key}", "requests: [{path: /a, headers: {x-key: me}}]"), "the tracker sets the header x-key itself"},
		"HeaderBroken":    {changed(simple, `requests: [{path: /a, headers: {X-A: "b\r\nX-B: c"}}]`), "it has characters that a header cannot have"},
		"AuthTwo":         {changed(simple, "auth: {bearer: true, query: key}"), "acme.yaml:9:7: auth: write one of header, bearer, basic and query"},
		"AuthNone":        {changed(simple, "auth:"), "acme.yaml:1:1: auth: it is missing"},
		"AuthQueryTwice":  {changed(simple, "auth: {query: key}", "requests: [{path: /a, query: {key: x}}]"), "the credential goes there"},
		"NoStatus":        {changed(simple, "status:"), "status: it is missing"},
		"NoStates":        {changed(simple, "states:"), "states: they are missing"},
		"NoTarget":        {changed(simple, "target:", "requests: [{path: /a}]"), "target: it is missing"},
		"NoRequests":      {changed(simple, "requests:"), "requests: they are missing"},
		"Tracks":          {changed(simple, "tracks: all"), `tracks: "all" is neither one nor latest`},
		"Pattern":         {changed(simple, "target: [{name: import_id, pattern: '['}]"), "pattern: it is no regular expression of Go"},
		"EntriesNoSteps":  {simple + "entries: '.log[] | {detail: .x}'\n", "entries: an entry belongs to a step"},
		"OrderUnknown":    {simple + "order: [active, waiting]\n", `acme.yaml:10:17: order: "waiting" is none of the words in states`},
		"OrderTerminal":   {simple + "order: [done]\n", `order: "done" ends a run`},
		"Times":           {simple + "times: {format: iso}\n", "format \"iso\" is neither rfc3339"},
		"Zone":            {simple + "times: {zone: Mars/Olympus}\n", `zone "Mars/Olympus" is unknown`},
		"Volatile":        {simple + "volatile: [progress]\n", "volatile: path \"progress\" does not begin with a dot"},
		"VolatileRequest": {simple + "volatile: [$log.x]\n", `no request has the name "log"`},
		"Rate":            {simple + "rate_limit: {every: 1us}\n", "rate_limit every 1µs is too short"},
		"Schedule":        {simple + "schedule: '*/90 * * * *'\n", "a step of 90 minutes is beyond the field's range"},
		"BaseURL":         {changed(simple, "base_url: https://me:secret@host"), "base_url: holds a user or password"},
		"Code":            {changed(simple, "name: woosmap"), `name: "woosmap" is a provider in code`},
		"BodyWithoutPost": {changed(simple, "requests: [{path: /a, body: {x: 1}}]"), "body goes with method: POST"},
		"Method":          {changed(simple, "requests: [{path: /a, method: DELETE}]"), `method "DELETE" is none of GET and POST`},
		"TestRequest":     {simple + "tests: [{requests: {log: a.json}, want: {state: failed}}]\n", `no request has the name "log"`},
		"TestWithoutWant": {simple + "tests: [{payload: a.json}]\n", "want is missing"},
		"Nothing":         {"", "it defines nothing"},
		"NoYAML":          {"a: [", "acme.yaml:1:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := definition.Parse("acme.yaml", []byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v\nnot %s", err, test.want)
			}
		})
	}
}

// TestPathsAsJQWrites: the elements of a request's answer that is a list.
func TestPathsAsJQWrites(t *testing.T) {
	t.Parallel()
	text := changed(simple, "requests: [{path: /first}, {name: log, path: /log}, {name: paged, path: /paged, pages: {next: .next}}]")
	p := parse(t, text+"volatile: ['$log[].cursor', '$log.[].at', '$paged[].cursor', '.[\"a-b\"]']\n").Provider(1)
	if want := []string{`.["log"][].cursor`, `.["log"][].at`, `.["paged"][][].cursor`, `.[""]["a-b"]`}; !slices.Equal(p.Dropped, want) {
		t.Errorf("dropped %q, not %q", p.Dropped, want)
	}
}

// TestStoredText: what is stored of a definition reads as the same one.
func TestStoredText(t *testing.T) {
	t.Parallel()
	text := "# a comment\n" + changed(simple, `title: "it's: [odd] # 'quoted' \"twice\" \n\t ☃"`, "docs: https://example.com/a?b#c",
		`requests: [{path: '/a/{import_id}', method: POST, body: {query: "{ node(id: \"{import_id}\") }", deep: [1, 1.50, true, null, {a: []}]}, headers: {Accept: application/vnd.x+json}}]`) +
		"order: [active]\ntests: [{payload: a.json, want: {run_id: \"007\", state: failed}}]\n"
	first := parse(t, text)
	again := parse(t, first.Text)
	if again.Text != first.Text || again.Title != first.Title || strings.Contains(first.Text, "comment") {
		t.Errorf("stored:\n%s\nand again:\n%s", first.Text, again.Text)
	}
}
