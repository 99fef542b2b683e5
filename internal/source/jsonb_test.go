package source_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"tracker/internal/source"
)

func TestJSONB(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"Untouched", ` {"a":[1,-2.50e3,true,null,"\n\/é"], "a":{}}`, `{"a":[1,-2.50e3,true,null,"\n\/é"], "a":{}}`},
		{"NUL", `{"a\u0000":"b\u0000"}`, "{\"a\uFFFD\":\"b\uFFFD\"}"},
		{"Surrogates", `["\ud800","\ud83d\ude00"]`, "[\"\uFFFD\",\"😀\"]"},
		{"InvalidBytes", "[\"a\xff\"]", "[\"a\uFFFD\"]"},
		{"Numbers", `[1e400000,1e-400000,0e99999999999,0.0e-999,1E308,-1e309]`, `["1e400000","1e-400000","0e99999999999",0.0e-999,1E308,"-1e309"]`},
		{"LongNumber", strings.Repeat("9", 2000), `"` + strings.Repeat("9", 2000) + `"`},
		{"Deep", strings.Repeat("[", 258) + `"\u0000"` + strings.Repeat("]", 258), strings.Repeat("[", 256) + `"[[\"\\u0000\"]]"` + strings.Repeat("]", 256)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := source.JSONB([]byte(test.body))
			if err != nil || !bytes.Equal(got, []byte(test.want)) || !json.Valid(got) {
				t.Errorf("got %s, error %v", got, err)
			}
		})
	}
}
