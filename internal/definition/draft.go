package definition

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"tracker/internal/history"
)

// Draft is a first draft of a definition, written from an example answer: what can be
// guessed is guessed, and told as such. payload is where its test finds the answer.
func Draft(name string, answer []byte, payload string) (string, error) {
	root, err := decode(answer)
	if err != nil {
		return "", err
	}
	d := &draft{answer: string(answer)}
	d.guess(root)
	return d.write(name, filepath.ToSlash(payload)), nil
}

// draft is what is guessed of an answer.
type draft struct {
	answer  string
	latest  bool   // it lists imports
	base    string // the object that has the status: "" or ".data"
	status  string
	word    string
	runID   string
	fields  []draftField // started_at and the like
	steps   string
	entries string
	states  map[history.State][]string
	levels  bool
	format  string // of times
	ignored []string
}

type draftField struct{ key, path string }

// guess looks for the object that has a status, the nearest to the root, and reads on
// from there.
func (d *draft) guess(root any) {
	d.states = map[history.State][]string{}
	base, object := findStatus("", root, 0)
	if path, first := newestIn(root); first != nil && !d.has(object, statusNames) {
		base, object, d.latest = path, first, true
	}
	d.base = base
	d.status, d.word = d.find(object, statusNames, isWord)
	if d.status == "" {
		d.status, d.word = `"CHANGE"`, "CHANGE" // where the status is, nobody can guess
	}
	d.addWord(d.word)
	d.runID = d.findID(object)
	for _, field := range []struct {
		key   string
		names []string
		fits  func(any) bool
	}{
		{"started_at", startNames, isTimeOrNull}, {"ended_at", endNames, isTimeOrNull}, {"error_summary", errorNames, isTextOrNull}, {"result_count", countNames, isNumber},
	} {
		if path, _ := d.find(object, field.names, field.fits); path != "" && path != d.status {
			d.fields = append(d.fields, draftField{field.key, path})
		}
	}
	for _, names := range [][]string{startNames, endNames} {
		d.find(object, names, isTime) // tells how times are written, where those above are null
	}
	d.guessLists(object)
	d.guessVolatile(d.base, object)
}

// findStatus finds the object that has a status.
func findStatus(path string, value any, depth int) (string, map[string]any) {
	object, ok := value.(map[string]any)
	if !ok {
		return path, nil
	}
	for name, inner := range object {
		if slices.Contains(statusNames[:len(statusNames)-1], plainKey(name)) && isWord(inner) {
			return path, object
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if inner, ok := object[name].(map[string]any); ok && depth < 3 {
			if at, found := findStatus(jqMember(path, name), inner, depth+1); found != nil {
				return at, found
			}
		}
	}
	if depth == 0 {
		return path, object
	}
	return path, nil
}

// newestIn finds a list of what has a status, and gives the first in it.
func newestIn(root any) (path string, first map[string]any) {
	lists := map[string]any{".": root}
	if object, ok := root.(map[string]any); ok {
		lists = map[string]any{}
		for name, value := range object {
			lists[jqMember("", name)] = value
		}
	}
	for _, path := range slices.Sorted(maps.Keys(lists)) {
		list, _ := lists[path].([]any)
		if len(list) == 0 {
			continue
		}
		if element, status, _ := (&draft{}).stepsIn(list[:1]); status != "" {
			return path + "[0]", element
		}
	}
	return "", nil
}

// find gives the path of the first of the names that an object has, with its text.
func (d *draft) find(object map[string]any, names []string, fits func(any) bool) (path, text string) {
	for _, wanted := range names {
		for _, name := range slices.Sorted(maps.Keys(object)) {
			if plainKey(name) != wanted || !fits(object[name]) {
				continue
			}
			if text, _ = scalarText(object[name]); isTime(object[name]) && d.format == "" {
				d.format = formatOf(object[name])
			}
			return jqMember(d.base, name), text
		}
	}
	return "", ""
}

// findID gives the path of what numbers the run: a usual name, else the first in the
// answer that ends so.
func (d *draft) findID(object map[string]any) string {
	if path, _ := d.find(object, idNames, isWord); path != "" {
		return path
	}
	inAnswer := func(a, b string) int {
		return cmp.Compare(strings.Index(d.answer, writeJSONText(a)), strings.Index(d.answer, writeJSONText(b)))
	}
	for _, name := range slices.SortedStableFunc(maps.Keys(object), inAnswer) {
		if key := plainKey(name); isWord(object[name]) && (strings.HasSuffix(key, "id") || strings.HasSuffix(key, "number")) {
			return jqMember(d.base, name)
		}
	}
	return "$target.import_id" // the import itself is the run
}

// guessLists looks for lists of steps and of log entries.
func (d *draft) guessLists(object map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		list, _ := object[name].([]any)
		if len(list) == 0 {
			continue
		}
		in := &draft{format: d.format}
		element, status, all := in.stepsIn(list)
		if element == nil {
			continue
		}
		detail, _ := in.find(element, detailNames, isTextOrNull)
		switch {
		case status != "" && d.steps == "":
			d.steps = jqMember(d.base, name) + "[]? | "
			if !all {
				d.steps += "select(" + status + ") | "
			}
			d.steps += in.stepOf(element, status)
			for _, one := range list {
				if step, ok := one.(map[string]any); ok {
					if _, word := in.find(step, statusNames, isWord); word != "" {
						d.addWord(word)
					}
				}
			}
		case detail != "" && d.entries == "":
			d.entries = jqMember(d.base, name) + "[]? | " + in.entryOf(element, detail)
			_, hasLevel := in.find(element, levelNames, isWord)
			d.levels = hasLevel != ""
		}
		if d.format == "" {
			d.format = in.format
		}
	}
}

// stepsIn looks for the status that the elements of a list have, and gives the first one
// that has it; all is false where some are of another kind, without such a member. Where
// there is no status it gives the first element.
func (d *draft) stepsIn(list []any) (element map[string]any, status string, all bool) {
	first, isObject := list[0].(map[string]any)
	all = true
	for _, one := range list {
		object, _ := one.(map[string]any)
		switch path, _ := d.find(object, statusNames, isWord); {
		case path != "" && element == nil:
			element, status = object, path
		case path != "":
		case d.has(object, statusNames):
			return first, "", false
		default:
			all = false
		}
	}
	if element == nil && isObject {
		element = first
	}
	return element, status, all
}

// has reports whether an object has one of the names, whatever stands there.
func (d *draft) has(object map[string]any, names []string) bool {
	path, _ := d.find(object, names, func(any) bool { return true })
	return path != ""
}

func (d *draft) stepOf(element map[string]any, status string) string {
	name, _ := d.find(element, nameNames, isWord)
	parts := []string{"name: " + orText(name, `"import"`), "status: " + status}
	if start, _ := d.find(element, startNames, isTimeOrNull); start != "" {
		parts = append(parts, "start: "+start)
	}
	if end, _ := d.find(element, endNames, isTimeOrNull); end != "" {
		parts = append(parts, "end: "+end)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (d *draft) entryOf(element map[string]any, detail string) string {
	var parts []string
	if at, _ := d.find(element, atNames, isTimeOrNull); at != "" {
		parts = append(parts, "at: "+at)
	}
	if level, _ := d.find(element, levelNames, isWord); level != "" {
		parts = append(parts, "level: "+level)
	}
	return "{" + strings.Join(append(parts, "detail: ("+detail+` // "")`), ", ") + "}"
}

func orText(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// addWord puts a word of the service to the state that it most likely means.
func (d *draft) addWord(word string) {
	for _, words := range d.states {
		if slices.Contains(words, word) {
			return
		}
	}
	state := stateOf(word)
	d.states[state] = append(d.states[state], word)
}

func (d *draft) guessVolatile(path string, object map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if volatileName.MatchString(name) && !isNested(object[name]) {
			d.ignored = append(d.ignored, jqMember(strings.Replace(path, "[0]", "[]", 1), name)) // paths are of all elements
		}
	}
}

var plainJQKey = regexp.MustCompile(`\A[A-Za-z_][A-Za-z0-9_]*\z`)

// jqMember gives the path of a member of the object at a path; empty: the answer itself.
func jqMember(path, name string) string {
	if plainJQKey.MatchString(name) {
		return path + "." + name
	}
	return cmp.Or(path, ".") + "[" + writeJSONText(name) + "]"
}

func writeJSONText(text string) string {
	quoted, _ := json.Marshal(text) //nolint:errchkjson // a string always can be
	return string(quoted)
}

func plainKey(name string) string {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
	return strings.ReplaceAll(plain, "datetime", "time")
}

func isWord(value any) bool {
	text, ok := scalarText(value)
	return ok && text != "" && len(text) <= 200
}

func isNumber(value any) bool {
	_, ok := value.(json.Number)
	return ok
}

func isTextOrNull(value any) bool {
	_, ok := value.(string)
	return ok || value == nil
}

func isTime(value any) bool       { return formatOf(value) != "" }
func isTimeOrNull(value any) bool { return value == nil || isTime(value) }

// formatOf tells how a time is written; empty: it is none.
func formatOf(value any) string {
	text, ok := scalarText(value)
	if !ok {
		return ""
	}
	if !history.ParseTime(text).At.IsZero() {
		return formatRFC3339
	}
	whole, _, _ := strings.Cut(text, ".")
	if strings.Trim(whole, "0123456789") != "" {
		return ""
	}
	return map[int]string{10: formatUnix, 13: formatMillis, 16: formatMicros, 19: formatNanos}[len(whole)]
}

// write writes the draft, with what is to be looked at.
func (d *draft) write(name, payload string) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("# A first draft, guessed from one answer: look at each line that says so, and take CHANGE out.")
	line("name: %s", name)
	line("title: %s", name)
	line("docs: https://example.com/CHANGE             # where the API is described")
	line("base_url: https://api.example.com            # CHANGE; left out, each source gives one")
	line("auth: {bearer: true}                         # or {header: X-Api-Key}, {header: Authorization, prefix: \"Token \"}, {basic: true}, {query: api_key}")
	line("rate_limit: {every: 1s, burst: 5}            # what the API allows, or less")
	line("schedule: \"@every 1m\"")
	tracks := "one   "
	if d.latest {
		tracks = "latest" // the first of a list, which most services begin with the newest
	}
	line("tracks: %s                               # one: this import, finished once it has ended | latest: whatever import is the newest, for ever", tracks)
	line("target:                                      # what a job names; all required")
	line("  - {name: import_id}")
	line("requests:")
	line("  - path: /CHANGE/imports/{import_id}        # of the status, below base_url")
	line("run_id: %s   # guessed", writeText(d.runID))
	line("status: %s   # guessed", writeText(d.status))
	for _, field := range d.fields {
		line("%s: %s   # guessed", field.key, writeText(field.path))
	}
	if d.entries != "" && d.steps == "" {
		line("steps: %s   # one, to which the log belongs", writeText(`{name: "import", status: `+d.status+`}`))
	}
	if d.steps != "" {
		line("steps: %s   # guessed", writeText(d.steps))
	}
	if d.entries != "" {
		line("entries: %s   # guessed", writeText(d.entries))
	}
	line("states:                                      # the words of the answer; add those that the documents name beside them")
	for _, state := range history.States() {
		if words := d.states[state]; len(words) > 0 {
			texts := make([]string, len(words))
			for i, word := range words {
				texts[i] = writeText(word)
			}
			line("  %s: [%s]", state, strings.Join(texts, ", "))
		}
	}
	if d.levels {
		line("levels: {info: [info, INFO, debug, DEBUG], warning: [warning, WARNING, warn, WARN], error: [error, ERROR, fatal, FATAL]}")
	}
	if d.format != "" && d.format != formatRFC3339 {
		line("times: {format: %s}   # guessed", d.format)
	}
	if len(d.ignored) > 0 {
		line("volatile:                                    # may differ between answers that say the same; guessed")
		for _, path := range d.ignored {
			line("  - %s", writeText(path))
		}
	}
	line("tests:")
	line("  - payload: %s", writeText(payload))
	line("    want: {status: %s}", writeScalar(d.word))
	return out.String()
}
