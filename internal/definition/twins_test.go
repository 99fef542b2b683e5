package definition_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tracker/internal/definition"
	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/source"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
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

// TestTwinsTooLarge: where the answer is too large (HTTP 413), code and definition ask for
// the same other one, and read the same in it.
func TestTwinsTooLarge(t *testing.T) {
	t.Parallel()
	const key, linked = "a-key-of-safetykit", `{"data_count":9000,"data_expires_at":"2026-03-02T12:30:00Z",` +
		`"data_url":"https://s3.example/r.jsonl?X-Amz-Signature=0b5f","namespace":"products","request_id":"r-1","status":"succeeded"}`
	code, err := source.Lookup("safetykit")
	if err != nil {
		t.Fatal(err)
	}
	services := testkit.NewServices(t, key, time.Now)
	services.SafetyKit.Script("products", "r-1", upstreamsim.SafetyKitError(http.StatusRequestEntityTooLarge))
	services.SafetyKit.ScriptDownload("products", "r-1", upstreamsim.Answer(linked))
	client := source.NewClient("test")
	t.Cleanup(client.Close)
	var read [2]history.Answer
	for i, p := range []source.Provider{code, twin(t, "safetykit")} {
		response, err := client.Fetch(t.Context(), source.NewAccount(p, services.SafetyKitAt, redact.NewSecret(key)),
			p.Endpoint(services.SafetyKitAt, map[string]string{"namespace": "products", "request_id": "r-1"}),
			source.Pace{Now: time.Now, Turn: func(context.Context) error { return nil }})
		if err != nil || response.Outcome != "" || response.Requests != 2 {
			t.Fatalf("%s: %d requests, %s %s: %v", p.Name, response.Requests, response.Outcome, response.Error, err)
		}
		if read[i], err = p.Interpret(response.Body); err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		read[i].Shape = nil
	}
	if !cmp.Equal(read[0], read[1]) || read[0].State != history.StateSucceeded || *read[0].Results.Count != 9000 {
		t.Errorf("the definition reads %s\nthe code %s", readable(t, read[1]), readable(t, read[0]))
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
