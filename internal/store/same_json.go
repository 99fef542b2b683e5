package store

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
)

// sameJSON compares two values, whatever order their members have, and however their
// numbers are written: jsonb writes 1.5e2 as 150.
func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, readX := exactly(a)
	y, readY := exactly(b)
	return readX && readY && reflect.DeepEqual(x, y)
}

// fraction is a number in its lowest terms. It equals no text.
type fraction string

// exactly reads a value with its numbers as fractions; false: it is no JSON.
func exactly(raw json.RawMessage) (value any, read bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil, false
	}
	return reduced(value), true
}

// reduced replaces the numbers of a value. A column holds none of more than some hundred
// thousand digits.
func reduced(value any) any {
	switch v := value.(type) {
	case json.Number:
		if exact, ok := new(big.Rat).SetString(v.String()); ok {
			return fraction(exact.RatString())
		}
	case []any:
		for i := range v {
			v[i] = reduced(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = reduced(v[name])
		}
	}
	return value
}
