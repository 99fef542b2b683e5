package definition

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Body makes what is stored of a poll out of the answers to its requests, by name.
func (d *Definition) Body(answers map[string][]byte) []byte {
	if !d.several() {
		return answers[""]
	}
	var body bytes.Buffer
	body.WriteByte('{')
	for i, r := range d.Requests {
		answer, sent := answers[r.Name]
		if !sent {
			continue
		}
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, "%q:", r.Name)
		if r.pages != nil {
			answer = slices.Concat([]byte("["), answer, []byte("]"))
		}
		body.Write(answer)
	}
	body.WriteByte('}')
	return body.Bytes()
}

// AnyTarget is a target for where none is known: each field has its own name.
func (d *Definition) AnyTarget() map[string]string {
	target := map[string]string{}
	for _, field := range d.Target {
		target[field.Name] = field.Name
	}
	return target
}

// RunTest runs one of the definition's tests, with the payloads that read gives by their
// paths, and gives what is wrong.
func (d *Definition) RunTest(test Test, read func(path string) ([]byte, error)) (wrong []string) {
	answers := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(test.Payloads)) {
		payload, err := read(test.Payloads[name])
		if err != nil {
			return []string{fmt.Sprintf("payload %s cannot be read", test.Payloads[name])}
		}
		answers[name] = bytes.TrimSpace(payload)
	}
	reading := d.ReadPayload(answers)
	text, err := json.Marshal(reading)
	if err != nil {
		return []string{err.Error()}
	}
	got, err := decode(text)
	if err != nil {
		return []string{err.Error()}
	}
	differing("", test.Want, got, &wrong)
	if reading.Malformed != "" && test.Want["malformed"] == nil {
		wrong = append([]string{"it is malformed: " + reading.Malformed}, wrong...)
	}
	return wrong
}

// Name tells a test from others.
func (t Test) Name() string {
	return strings.Join(slices.Sorted(maps.Values(t.Payloads)), ", ")
}

// differing adds where what is wanted is not what was got: of an object the wanted
// members, of a list all or, where a number is wanted, how many there are.
func differing(path string, want, got any, wrong *[]string) {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(w)) {
			at := name
			if path != "" {
				at = path + "." + name
			}
			differing(at, w[name], g[name], wrong)
		}
		return
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			*wrong = append(*wrong, fmt.Sprintf("%s: want %d of them, got %d", path, len(w), len(g)))
			return
		}
		for i := range w {
			differing(fmt.Sprintf("%s[%d]", path, i), w[i], g[i], wrong)
		}
		return
	}
	wanted, _ := scalarText(want)
	if list, ok := got.([]any); ok {
		if text := strconv.Itoa(len(list)); text != wanted {
			*wrong = append(*wrong, fmt.Sprintf("%s: want %s of them, got %s", path, wanted, text))
		}
		return
	}
	if got == nil && (want == nil || wanted == "0") {
		return
	}
	if text, ok := scalarText(got); !ok || text != wanted || want == nil {
		*wrong = append(*wrong, fmt.Sprintf("%s: want %s, got %s", path, shown(want), shown(got)))
	}
}

func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return shorten(string(text))
}
