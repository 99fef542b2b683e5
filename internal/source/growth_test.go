package source_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
)

// TestKnownDoesNotGrow: what is known of a job, and so what a poll costs, does
// not grow with the answers before, whatever in them is new each time.
func TestKnownDoesNotGrow(t *testing.T) {
	t.Parallel()
	woosmapBody := func(run, status, more string) string {
		return fmt.Sprintf(`{"id":%q,"status":%q,"steps":[]%s}`, run, status, more)
	}
	step := func(name, start string, entries ...string) string {
		return fmt.Sprintf(`{"name":%q,"status":"in_progress","start":%q,"end":null,"entries":[%s]}`, name, start, strings.Join(entries, ","))
	}
	entry := func(n int) string { return fmt.Sprintf(`{"created_at":"x","level":"error","detail":"d%d"}`, n) }
	request := func(status, data string) string {
		return fmt.Sprintf(`{"namespace":"n","request_id":"q","status":%q,"data":%s,"data_url":null,"data_expires_at":null,"data_count":null,"error_summary":null}`, status, data)
	}
	for name, kind := range map[string]struct {
		provider string
		body     func(n int) string
	}{
		"RunIDs":           {"woosmap", func(n int) string { return woosmapBody(fmt.Sprint("r", n), "success", "") }},
		"RunIDsThatReturn": {"woosmap", func(n int) string { return woosmapBody(fmt.Sprint("r", n%2), "success", "") }},
		"UnknownStatuses":  {"woosmap", func(n int) string { return woosmapBody("r", fmt.Sprint("odd", n), "") }},
		"UnknownKeys":      {"woosmap", func(n int) string { return woosmapBody("r", "success", fmt.Sprintf(`,"x%d":1`, n)) }},
		"ObjectsKeyedByIDs": {"woosmap", func(n int) string {
			return woosmapBody("r", "success", fmt.Sprintf(`,"metrics":{"batch-%d":{"rows":1}}`, n))
		}},
		"ListsKeyedByIDs": {"woosmap", func(n int) string {
			return woosmapBody("r", "success", fmt.Sprintf(`,"metrics":{"batch-%d":[{"rows":{"a":1}}]}`, n))
		}},
		"ObjectsThatComeAndGo": {"woosmap", func(n int) string {
			return woosmapBody("r", "success", fmt.Sprintf(`,"x%d":{"y":{"z":1}},"metrics":%s`, n%97, []string{"1", "[]", `{"a":{"b":1}}`}[n%3]))
		}},
		"EntryLevels": {"woosmap", func(n int) string {
			return fmt.Sprintf(`{"id":"r%d","status":"success","steps":[{"name":"fetch","status":"success","start":"2024-06-07T09:00:00Z","end":null,"entries":[{"created_at":"x","level":"l%d","detail":"d"}]}]}`, n/10, n)
		}},
		"StepsAndEntriesThatGo": {"woosmap", func(n int) string {
			return fmt.Sprintf(`{"id":"r","status":"in_progress","steps":[%s,%s]}`, step("fetch", "y", entry(0), entry(n)), step(fmt.Sprint("s", n), fmt.Sprint("t", n), entry(n)))
		}},
		"ObservedWords": {"safetykit", func(n int) string { return request(fmt.Sprint("odd", n), "[]") }},
		"Results": {"safetykit", func(n int) string {
			return request("succeeded", fmt.Sprintf(`[{"id":"i%d","url":"u","output":{"actions":[],"fields":{"k%d":1},"labels":[]}}]`, n, n))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider, err := source.Lookup(kind.provider)
			if err != nil {
				t.Fatal(err)
			}
			known, size, began := history.NewKnown(), 0, time.Date(2024, 6, 7, 10, 0, 0, 0, time.UTC)
			for n := range growthAnswers {
				said, err := provider.Interpret([]byte(kind.body(n)))
				if err != nil {
					t.Fatal(err)
				}
				seen := history.Bounds{NotBefore: began.Add(time.Duration(n) * time.Second), ObservedAt: began.Add(time.Duration(n+1) * time.Second)}
				known.Apply(history.Compare(known, said, seen))
				if known.KeepHead(); n == growthAnswers/10-1 {
					size = sizeOf(t, known)
				}
			}
			if now := sizeOf(t, known); now > size+size/10+100 {
				t.Errorf("what is known takes %d bytes after %d answers, and %d after %d", size, growthAnswers/10, now, growthAnswers)
			}
		})
	}
}

func sizeOf(t *testing.T, known *history.Known) int {
	t.Helper()
	text, err := json.Marshal(known)
	if err != nil {
		t.Fatal(err)
	}
	return len(text)
}
