package source_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tracker/internal/redact"
	"tracker/internal/source"
)

func TestKey(t *testing.T) {
	t.Parallel()
	const link = `{"data_count":2,"data_expires_at":"2026-01-15T12:30:00Z","data_url":"https://s3/k?X-Amz-Date=1&X-Amz-Signature=2","status":"succeeded"}`
	replace := strings.NewReplacer
	tests := []struct {
		name, body string
		same       bool
	}{
		{"Equal", link, true},
		{"SignedAnew", replace("Date=1", "Date=9", "ture=2", "ture=8").Replace(link), true},
		{"SignedOtherwise", replace("X-Amz-Date=1&X-Amz-Signature=2", "Signature=1&Key-Pair-Id=2&Expires=3").Replace(link), true},
		{"ExpiresLater", replace("12:30", "12:31").Replace(link), true},
		{"OtherPath", replace("s3/k", "s3/l").Replace(link), false},
		{"OtherCount", replace(":2,", ":3,").Replace(link), false},
		{"OtherSpace", replace(`":`, "\"\t:\r\n", ",", " , ", "{", "\n{ ", "}", " }\n").Replace(link), true},
		{"OtherOrder", `{"status":"succeeded","data_url":"https://s3/k?X-Amz-Date=1&X-Amz-Signature=2","data_expires_at":"2026-01-15T12:30:00Z","data_count":2}`, true},
		{"OtherNumber", replace(":2,", ":2.0,").Replace(link), false},
		{"OtherEscape", replace("succeeded", `succ\u0065eded`).Replace(link), false},
		{"TheLastWins", replace(`"status"`, `"status":"failed","status"`).Replace(link), true},
		{"TheFirstDoesNot", replace(`"succeeded"}`, `"succeeded","status":"failed"}`).Replace(link), false},
		{"NullExpiry", replace(`"2026-01-15T12:30:00Z"`, "null").Replace(link), false},
		{"ExpiryElsewhere", replace(`{"data_count":2,`, `{"data_count":2,"x":{"data_expires_at":"1"},`).Replace(link), false},
	}
	p := provider(t, "safetykit")
	_, want, err := p.Redact([]byte(link), redact.Secret{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body, key, err := p.Redact([]byte(test.body), redact.Secret{})
			if err != nil {
				t.Fatal(err)
			}
			if (key == want) != test.same {
				t.Errorf("equal to the first: %t", key == want)
			}
			if p.Key(body) != key {
				t.Error("the stored body has another key")
			}
		})
	}
}

func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"AsItIs", `{"a":1,"b":[{"c":null}]}`, `{"a":1,"b":[{"c":null}]}`},
		{"Space", " {\n\"a\" : [ 1 ,\t2 ] , \"b\":{ } , \"c\":[ ] }\r\n", `{"a":[1,2],"b":{},"c":[]}`},
		{"Order", `{"b":{"d":1,"c":[{"f":2,"e":3}]},"a":4}`, `{"a":4,"b":{"c":[{"e":3,"f":2}],"d":1}}`},
		{"ListsKeepTheirs", `[3,1,2,"b","a"]`, `[3,1,2,"b","a"]`},
		{"AsTheyCame", `{"b":1e400000,"a":-0.10,"c":"\/\u0041 \ud800"}`, `{"a":-0.10,"b":1e400000,"c":"\/\u0041 \ud800"}`},
		{"TheLastWins", `{"a":1,"b":{"x":1},"a":2,"b":3,"a":4}`, `{"a":4,"b":3}`},
		{"EscapedNameIsTheSame", `{"\u0062":1,"a":2,"b":3}`, `{"a":2,"b":3}`},
		{"ShorterFirst", `{"aa":1,"a\u0000":2,"a":3,"":4}`, `{"":4,"a":3,"a\u0000":2,"aa":1}`},
		{
			"UTF16", // the example of RFC 8785, section 3.2.3
			`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
			`{"\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}`,
		},
		{"UTF16Unescaped", "{\"דּ\":1,\"😀\":2,\"\\ud83d\\ude00\":3,\"é\":4}", "{\"é\":4,\"\\ud83d\\ude00\":3,\"דּ\":1}"},
		{"NotUTF8", "{\"\xff\":1,\"\xfe\":2,\"\xff\":3,\"\ufffd\":4}", "{\"\ufffd\":4,\"\xfe\":2,\"\xff\":3}"},
		{"LoneSurrogatesDiffer", `{"\ud801":1,"\ud800":2}`, `{"\ud800":2,"\ud801":1}`},
		{"Scalar", ` "a" `, `"a"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := source.Canonical([]byte(test.body), provider(t, "woosmap")); got != test.want {
				t.Errorf("%s\n got %s\nwant %s", test.body, got, test.want)
			}
			if provider(t, "woosmap").Key([]byte(test.body)) != provider(t, "woosmap").Key([]byte(test.want)) {
				t.Error("its canonical form has another key")
			}
		})
	}
}

func TestVolatileFieldsDoNotCount(t *testing.T) {
	t.Parallel()
	const body = `{"id":"r","progress":5,"meta":{"request_id":"x","kept":1},"steps":[{"name":"a","beat":1},{"beat":2,"name":"b"}],"last-seen":{"a":[1]},"tags":[1,2]}`
	volatile := []string{".progress", ".meta.request_id", ".steps[].beat", `.["last-seen"]`, ".tags[]", ".absent.deep[]"}
	const want = `{"id":"r","meta":{"kept":1},"steps":[{"name":"a"},{"name":"b"}],"tags":[]}`
	p := provider(t, "woosmap").Ignoring(volatile)
	if got := source.Canonical([]byte(body), p); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	same := []string{
		want,
		strings.Replace(body, `"progress":5`, `"progress":{"a":[6]}`, 1),
		strings.Replace(body, `"progress":5,`, ``, 1),
		strings.Replace(body, `"request_id":"x",`, ``, 1),
		strings.Replace(body, `[1,2]`, `[ ]`, 1),
	}
	other := []string{
		strings.Replace(body, `"kept":1`, `"kept":2`, 1),
		strings.Replace(body, `"tags":[1,2]`, `"tags":{}`, 1),
		strings.Replace(body, `{"name":"a","beat":1},`, ``, 1),
		strings.Replace(body, `"id"`, `"x":{"progress":1},"id"`, 1),
	}
	for _, text := range same {
		if p.Key([]byte(text)) != p.Key([]byte(body)) {
			t.Errorf("another key for %s", text)
		}
	}
	for _, text := range other {
		if p.Key([]byte(text)) == p.Key([]byte(body)) {
			t.Errorf("the same key for %s", text)
		}
	}
}

// A key that leaves out other fields is never equal to one, whatever the body.
func TestKeysTellWhatTheyLeaveOut(t *testing.T) {
	t.Parallel()
	plain := provider(t, "woosmap")
	ignoring := plain.Ignoring([]string{".progress", ".eta"})
	body := []byte(`{"id":"r"}`)
	key, other := plain.Key(body), ignoring.Key(body)
	if key == other || !plain.IsKey(key[:]) || plain.IsKey(other[:]) || ignoring.IsKey(key[:]) || !ignoring.IsKey(other[:]) || plain.IsKey(nil) {
		t.Errorf("keys %x and %x", key, other)
	}
	if key := plain.Ignoring([]string{".eta", ".progress", ".eta"}).Key(body); key != other {
		t.Error("the order of the volatile fields counts")
	}
}

func TestKeyOfWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	p, seen := provider(t, "safetykit"), map[[source.KeySize]byte]bool{}
	for _, body := range []string{"", " ", "{", `{"a":`, `"a`, "[1,", "<html>", "\xff"} {
		seen[p.Key([]byte(body))] = true
	}
	if len(seen) != 8 {
		t.Errorf("%d keys of 8 bodies", len(seen))
	}
}

func TestCheckVolatile(t *testing.T) {
	t.Parallel()
	tests := []struct{ provider, path, want string }{
		{"woosmap", ".progress", ""},
		{"woosmap", ".meta.request_id", ""},
		{"woosmap", ".meta", ""},
		{"woosmap", ".steps[].heartbeat", ""},
		{"woosmap", ".steps[].entries[].trace.id", ""},
		{"woosmap", `.["last-seen"]`, ""},
		{"woosmap", `."last-seen".at`, ""},
		{"woosmap", `.a["b c"][].d`, ""},
		{"woosmap", `.ids[][]`, ""},
		{"safetykit", ".data[].metadata.fetched_at", ""},
		{"safetykit", ".data[].output.fields.score[]", ""},
		{"safetykit", ".data[].output.labels[].score", ""},
		{"woosmap", "", "the path is empty"},
		{"woosmap", ".", "the whole answer"},
		{"woosmap", "progress", "does not begin with a dot"},
		{"woosmap", "$.progress", "does not begin with a dot"},
		{"woosmap", ".progress.", "nothing follows its last dot"},
		{"woosmap", "..progress", "is no field"},
		{"woosmap", ".last-seen", `"-seen" is no field`},
		{"woosmap", ".steps[0].heartbeat", "write [] for every element"},
		{"woosmap", ".steps[", "write [] for every element"},
		{"woosmap", ".a.[]", "write [] for every element"},
		{"woosmap", `.["a`, "no JSON string"},
		{"woosmap", `.["a"`, "a [ is not closed"},
		{"woosmap", ".a b", `" b" is no field`},
		{"woosmap", ".status", "the history is made of status"},
		{"woosmap", `.["status"]`, "the history is made of status"},
		{"woosmap", ".id", "the history is made of id"},
		{"woosmap", ".status.word", "the history is made of status"},
		{"woosmap", ".steps", "the history is made of steps"},
		{"woosmap", ".steps[]", "the history is made of steps"},
		{"woosmap", ".steps[].end", "the history is made of steps[].end"},
		{"woosmap", ".steps[].entries[]", "the history is made of steps[].entries"},
		{"woosmap", ".steps[].entries[].detail", "the history is made of steps[].entries[].detail"},
		{"woosmap", ".steps[][]", "steps[] is an object, no list"},
		{"woosmap", ".[]", "the answer is an object, no list"},
		{"safetykit", ".error_summary.code", "the history is made of error_summary"},
		{"safetykit", ".data[].output", "the history is made of data[].output"},
		{"safetykit", ".data[].metadata", "the history is made of data[].metadata"},
		{"safetykit", ".data_count", "the history is made of data_count"},
	}
	for _, test := range tests {
		t.Run(test.provider+test.path, func(t *testing.T) {
			t.Parallel()
			wantError(t, provider(t, test.provider).CheckVolatile(test.path), test.want)
		})
	}
}

// TestKeyIsOfTheValue writes made-up values in two ways, and another one.
func TestKeyIsOfTheValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue().Draw(t, "value")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		p, err := source.Lookup("woosmap")
		if err != nil {
			t.Fatal(err)
		}
		one, two := written(v, random), written(v, random)
		if p.Key(one) != p.Key(two) {
			t.Fatalf("other keys for\n%s\n%s", one, two)
		}
		w := anyValue().Draw(t, "another")
		if three := written(w, random); bytes.Equal(sorted(v), sorted(w)) != (p.Key(one) == p.Key(three)) {
			t.Fatalf("one key: %t, for\n%s\n%s", p.Key(one) == p.Key(three), one, three)
		}
		if form := source.Canonical(one, p); form != string(sorted(v)) {
			t.Fatalf("%s is %s, not %s", one, form, sorted(v))
		}
	})
}

func anyValue() *rapid.Generator[any] {
	scalar := rapid.SampledFrom([]any{nil, true, 0, "", "a", "b\"", "é"})
	return rapid.Custom(func(t *rapid.T) any {
		v := scalar.Draw(t, "scalar")
		for range rapid.IntRange(0, 4).Draw(t, "depth") {
			if rapid.Bool().Draw(t, "list") {
				v = append(rapid.SliceOfN(scalar, 0, 2).Draw(t, "elements"), v)
				continue
			}
			object := map[string]any{}
			for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "aa", "b", "\"", "z"}), 0, 4).Draw(t, "names") {
				object[name] = scalar.Draw(t, "member")
			}
			object[rapid.SampledFrom([]string{"a", "c", "é"}).Draw(t, "name")] = v
			v = object
		}
		return v
	})
}

// sorted writes a value as encoding/json does: names of plain letters in order.
func sorted(v any) []byte {
	text, _ := json.Marshal(v)
	return text
}

// written writes a value with its members in any order and white space anywhere.
func written(v any, random *rand.Rand) []byte {
	space := func() string { return strings.Repeat(" \n", random.IntN(2)) }
	var text bytes.Buffer
	switch v := v.(type) {
	case map[string]any:
		names := []string{}
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		text.WriteString("{" + space())
		for i, name := range names {
			if i > 0 {
				text.WriteString("," + space())
			}
			fmt.Fprintf(&text, "%s%s:%s%s%s", sorted(name), space(), space(), written(v[name], random), space())
		}
		text.WriteString("}")
	case []any:
		text.WriteString("[" + space())
		for i, element := range v {
			if i > 0 {
				text.WriteString("," + space())
			}
			text.Write(append(written(element, random), space()...))
		}
		text.WriteString("]")
	default:
		text.Write(sorted(v))
	}
	return text.Bytes()
}
