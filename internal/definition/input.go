package definition

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"

	"tracker/internal/source"
)

// input is what the expressions of one poll run on.
type input struct {
	root      any
	variables []any // $target, then the answers of the named requests
	unsent    map[string]bool
	meter     *meter
}

// newInput is one without answers yet. Its meter stands still.
func newInput(d *Definition, target map[string]string) *input {
	in := &input{variables: make([]any, len(d.Requests)), meter: newMeter()}
	fields := make(map[string]any, len(target))
	for name, value := range target {
		fields[name] = value
	}
	in.variables[0] = fields
	return in
}

// set takes in the answer to a request.
func (in *input) set(d *Definition, name string, answer any) {
	for i, r := range d.Requests {
		switch {
		case r.Name != name:
		case i == 0:
			in.root = answer
		default:
			in.variables[i] = answer
		}
	}
}

// with is the input with another answer for the dot.
func (in *input) with(root any) *input {
	other := *in
	other.root = root
	return &other
}

// decode gives the one JSON value of a body as jq has it. Numbers stay as they came.
func decode(body []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		return nil, fmt.Errorf("the body is %w", source.ErrNotJSON)
	}
	return value, nil
}

// load takes in a stored body: the answer itself or, of several requests, all of them
// by their names.
func (in *input) load(d *Definition, body []byte) error {
	value, err := decode(body)
	if err != nil {
		return err
	}
	if !d.several() {
		in.root = value
		return nil
	}
	answers, ok := value.(map[string]any)
	if !ok {
		return errNotObject
	}
	in.unsent = map[string]bool{}
	for _, r := range d.Requests {
		answer, sent := answers[r.Name]
		if !sent {
			in.unsent[r.Name] = true
			continue
		}
		if pages, ok := answer.([]any); ok && r.pages != nil && len(pages) > 0 {
			answer = mergePages(pages)
		}
		in.set(d, r.Name, answer)
	}
	if in.unsent[""] {
		return errNotObject
	}
	return nil
}

// numberText gives a number that jq has computed as text.
func numberText(value any) (string, bool) {
	switch v := value.(type) {
	case int:
		return strconv.Itoa(v), true
	case *big.Int:
		return v.String(), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	default:
		return "", false
	}
}
