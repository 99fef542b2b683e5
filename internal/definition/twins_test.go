package definition_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tracker/internal/definition"
	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/source"
)

// twins are the providers in code, with their definitions in testdata/twins.
var twins = []string{"woosmap", "safetykit"}

// twin reads the definition that says what the code of a provider does.
func twin(tb testing.TB, name string) source.Provider {
	tb.Helper()
	file := filepath.Join("testdata", "twins", name+".yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	read, err := definition.Parse(file, text)
	if err != nil {
		tb.Fatal(err)
	}
	return read[0].Provider(1)
}

// golden is a want.json of the code.
type golden struct {
	history.Answer
	Items []struct {
		ID, URL          string
		Labels           []string
		Output, Metadata json.RawMessage
	}
}

// TestTwins: a definition of each provider in code reads what the code reads, from the
// same answers.
func TestTwins(t *testing.T) {
	t.Parallel()
	for _, name := range twins {
		p := twin(t, name)
		answers, err := filepath.Glob(filepath.Join("..", "source", "testdata", name, "*", "response.json"))
		if err != nil || len(answers) == 0 {
			t.Fatalf("no answers: %v", err)
		}
		for _, file := range answers {
			t.Run(name+"/"+filepath.Base(filepath.Dir(file)), func(t *testing.T) {
				t.Parallel()
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				body, _, err := p.Redact(raw, redact.Secret{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := p.Interpret(body)
				if err != nil {
					t.Fatal(err)
				}
				text, err := os.ReadFile(filepath.Join(filepath.Dir(file), "want.json"))
				if err != nil {
					t.Fatal(err)
				}
				var want golden
				if err := json.Unmarshal(text, &want); err != nil {
					t.Fatal(err)
				}
				for _, item := range want.Items {
					want.Results.Items = append(want.Results.Items, history.Item{ID: item.ID, URL: item.URL, Labels: item.Labels, Output: item.Output, Metadata: item.Metadata})
				}
				// What a definition cannot say: which fields there are besides, links for people,
				// and how an object was laid out that becomes a text.
				want.Shape = nil
				for _, answer := range []*history.Answer{&want.Answer, &got} {
					for i := range answer.Results.Items {
						item := &answer.Results.Items[i]
						item.URL, _, _ = strings.Cut(item.URL, "?")
					}
					if summary := answer.ErrorSummary; summary != nil && json.Valid([]byte(*summary)) {
						var compact bytes.Buffer
						if err := json.Compact(&compact, []byte(*summary)); err != nil {
							t.Fatal(err)
						}
						*summary = compact.String()
					}
				}
				same := cmp.Comparer(func(a, b []byte) bool { return sameJSON(t, a, b) })
				if !cmp.Equal(want.Answer, got, same) {
					t.Errorf("the definition reads %.2000s\nthe code %.2000s", readable(t, got), readable(t, want.Answer))
				}
			})
		}
	}
}

// sameJSON compares JSON but for the order of members.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	if len(a) == 0 || len(b) == 0 || bytes.Equal(a, []byte("null")) || bytes.Equal(b, []byte("null")) {
		return len(bytes.TrimPrefix(a, []byte("null"))) == len(bytes.TrimPrefix(b, []byte("null")))
	}
	var x, y any
	for text, to := range map[*any][]byte{&x: a, &y: b} {
		decoder := json.NewDecoder(bytes.NewReader(to))
		decoder.UseNumber()
		if err := decoder.Decode(text); err != nil {
			t.Fatal(err)
		}
	}
	return reflect.DeepEqual(x, y)
}

func readable(t *testing.T, a history.Answer) string {
	t.Helper()
	text, err := json.Marshal(struct {
		history.Answer
		Items string
	}{a, fmt.Sprintf("%q", a.Results.Items)})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
