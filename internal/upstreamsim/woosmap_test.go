package upstreamsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/upstreamsim"
)

const dataset = "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"

// documented is the import of the vendor's own example.
func documented() upstreamsim.Scenario {
	ms := func(from string) time.Duration {
		at, err := time.Parse("2006-01-02T15:04:05.000000", "2024-06-07T"+from)
		if err != nil {
			panic(err)
		}
		return at.Sub(start)
	}
	fetched, imported := ms("09:30:48.356003"), ms("09:30:48.358285")
	return upstreamsim.Scenario{Start: start, Imports: []upstreamsim.Import{{ID: "832eb97f-266c-4387-991d-52e77366dc99", Steps: []upstreamsim.Step{
		{Name: "fetch", Takes: fetched, Entries: []upstreamsim.Entry{
			{After: ms("09:30:36.741569"), Detail: "Fetching https://hostname.com/archive.zip..."},
			{After: ms("09:30:48.103825"), Detail: "Loading dataset..."},
			{After: ms("09:30:48.351829"), Detail: "Dataset loaded"},
		}},
		{Name: "import", Pause: imported - fetched, Takes: ms("09:31:18.900746") - imported, Entries: []upstreamsim.Entry{
			{After: ms("09:30:48.366471") - imported, Detail: "Will import 34867 features."},
			{After: ms("09:31:18.785477") - imported, Detail: "Successfully imported 34867 features."},
		}},
	}}}}
}

const documentedAnswer = `{"id":"832eb97f-266c-4387-991d-52e77366dc99","status":"success","steps":[` +
	`{"end":"2024-06-07T09:30:48.356003","entries":[` +
	`{"created_at":"2024-06-07T09:30:36.741569","detail":"Fetching https://hostname.com/archive.zip...","level":"info"},` +
	`{"created_at":"2024-06-07T09:30:48.103825","detail":"Loading dataset...","level":"info"},` +
	`{"created_at":"2024-06-07T09:30:48.351829","detail":"Dataset loaded","level":"info"}],` +
	`"name":"fetch","start":"2024-06-07T09:30:36.715881","status":"success"},` +
	`{"end":"2024-06-07T09:31:18.900746","entries":[` +
	`{"created_at":"2024-06-07T09:30:48.366471","detail":"Will import 34867 features.","level":"info"},` +
	`{"created_at":"2024-06-07T09:31:18.785477","detail":"Successfully imported 34867 features.","level":"info"}],` +
	`"name":"import","start":"2024-06-07T09:30:48.358285","status":"success"}]}`

func newWoosmap() (*upstreamsim.Woosmap, *hand) {
	clock := &hand{now: start}
	return upstreamsim.NewWoosmap(upstreamsim.Options{Key: key, Now: clock.Now}), clock
}

func TestWoosmapAnswersAsDocumented(t *testing.T) {
	t.Parallel()
	service, clock := newWoosmap()
	service.Play(dataset, "stores", documented())
	path := upstreamsim.WoosmapPath(dataset)
	wantAnswer(t, ask(t, service, path), 200, `{"id":"832eb97f-266c-4387-991d-52e77366dc99","status":"in_progress","steps":[`+
		`{"end":null,"entries":[],"name":"fetch","start":"2024-06-07T09:30:36.715881","status":"in_progress"}]}`)
	clock.set(time.Hour)
	wantAnswer(t, ask(t, service, path), 200, documentedAnswer)
}

func TestWoosmapRefusesAsDocumented(t *testing.T) {
	t.Parallel()
	service, _ := newWoosmap()
	service.Script(dataset, upstreamsim.Answer(`{}`))
	path := upstreamsim.WoosmapPath(dataset)
	wantAnswer(t, askWith(t, service, path, nil), 401, `{"detail":"Unable to locate credentials."}`)
	wantAnswer(t, askWith(t, service, path, map[string]string{"X-Api-Key": "another"}), 403, `{"detail":"Credentials found, but not matching."}`)
	wantAnswer(t, askWith(t, service, path+"?private_key=another", nil), 403, `{"detail":"Credentials found, but not matching."}`)
	wantAnswer(t, askWith(t, service, path+"?private_key="+key, nil), 200, `{}`)
	wantAnswer(t, ask(t, service, upstreamsim.WoosmapPath("832eb97f-266c-4387-991d-52e77366dc99")), 404, `{"details":"Dataset was not found"}`)
	wantAnswer(t, ask(t, service, upstreamsim.WoosmapPath("stores")), 422,
		`{"detail":[{"loc":["path","dataset_id"],"msg":"value is not a valid uuid","type":"type_error.uuid"}]}`)
	if answer := ask(t, service, "/elsewhere"); answer.Code != http.StatusNotFound {
		t.Errorf("an unknown path gets %d", answer.Code)
	}
	if answer := askWith(t, upstreamsim.NewWoosmap(upstreamsim.Options{}), path, map[string]string{"X-Api-Key": ""}); answer.Code != http.StatusUnauthorized {
		t.Errorf("without any key: %d", answer.Code)
	}
}

func TestWoosmapKeepsItsRateLimit(t *testing.T) {
	t.Parallel()
	clock := &hand{now: start}
	service := upstreamsim.NewWoosmap(upstreamsim.Options{Key: key, Now: clock.Now, RateEvery: 5 * time.Second})
	service.Script(dataset, upstreamsim.Answer(`{}`))
	for _, ask1 := range []struct {
		at   time.Duration
		want int
	}{{0, 200}, {time.Second, 429}, {4500 * time.Millisecond, 200}, {9 * time.Second, 200}, {12 * time.Second, 429}, {time.Minute, 200}, {61 * time.Second, 429}} {
		clock.set(ask1.at)
		if answer := ask(t, service, upstreamsim.WoosmapPath(dataset)); answer.Code != ask1.want {
			t.Errorf("after %s: %d, not %d", ask1.at, answer.Code, ask1.want)
		}
	}
	wantAnswer(t, ask(t, service, upstreamsim.WoosmapPath(dataset)), 429, `{"details":"Rate limit reached"}`)
}

func TestWoosmapListsItsDatasetsByPages(t *testing.T) {
	t.Parallel()
	service, _ := newWoosmap()
	for i := range 5 {
		service.Play(fmt.Sprintf("00000000-0000-4000-8000-%012d", i), fmt.Sprintf("stores-%d", i), documented())
	}
	wantAnswer(t, ask(t, service, "/datasets/?page=3&per_page=2"), 200,
		`{"datasets":[{"id":"00000000-0000-4000-8000-000000000004","name":"stores-4","created_at":"2024-06-07T09:30:36.715881",`+
			`"updated_at":"2024-06-07T09:30:36.715881","scheduled_for_deletion_after":null}],"pagination":{"prev":2,"next":null,"page":3}}`)
	for path, want := range map[string]string{
		"/datasets/":                    `5 {"prev":null,"next":null,"page":1}`,
		"/datasets/?per_page=2":         `2 {"prev":null,"next":2,"page":1}`,
		"/datasets/?per_page=2&page=2":  `2 {"prev":1,"next":3,"page":2}`,
		"/datasets/?page=99":            `0 {"prev":98,"next":null,"page":99}`,
		"/datasets/?page=0&per_page=-1": `5 {"prev":null,"next":null,"page":1}`,
	} {
		var list struct {
			Datasets   []any
			Pagination json.RawMessage
		}
		if err := json.Unmarshal(ask(t, service, path).Body.Bytes(), &list); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%d %s", len(list.Datasets), list.Pagination); got != want {
			t.Errorf("%s lists %s, not %s", path, got, want)
		}
	}
}

// TestWoosmapMakesSenseAtEveryMoment reads what scenarios say, second by second.
func TestWoosmapMakesSenseAtEveryMoment(t *testing.T) {
	t.Parallel()
	for name, scenario := range map[string]upstreamsim.Scenario{
		"Documented": documented(),
		"FailsInFetch": {Imports: []upstreamsim.Import{{Steps: []upstreamsim.Step{
			{Name: "fetch", Takes: 20 * time.Second, Fails: true, Entries: []upstreamsim.Entry{{After: 19 * time.Second, Level: "error", Detail: "404"}}},
			{Name: "import", Takes: time.Second},
		}}}},
		"Stalls": {Imports: []upstreamsim.Import{{Steps: []upstreamsim.Step{{Name: "fetch", Takes: time.Second}, {Name: "import", Stalls: true}}}}},
		"SupersededUnseen": {Imports: []upstreamsim.Import{
			{Steps: []upstreamsim.Step{{Name: "fetch", Takes: time.Hour}}},
			{After: 30 * time.Second, Steps: []upstreamsim.Step{{Name: "fetch", Takes: 10 * time.Second}}},
		}},
		"Repeats": {Repeat: 40 * time.Second, Imports: []upstreamsim.Import{{After: 5 * time.Second, Steps: []upstreamsim.Step{{Name: "fetch", Takes: 10 * time.Second}}}}},
		"Rewrites": {Imports: []upstreamsim.Import{{Steps: []upstreamsim.Step{{Name: "fetch", Takes: 60 * time.Second, Entries: []upstreamsim.Entry{
			{Detail: "3 lines", RewrittenAfter: 30 * time.Second, Rewritten: "4 lines"}, {After: 10 * time.Second, Detail: "gone", RewrittenAfter: 20 * time.Second},
		}}}}}},
		"Outage":  {Outages: []upstreamsim.Outage{{After: 30 * time.Second, For: 20 * time.Second, Status: 500}, {After: 100 * time.Second, Status: 403}}, Imports: documented().Imports},
		"Nothing": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, clock := newWoosmap()
			scenario.Start = start
			service.Play(dataset, "stores", scenario)
			trail, last := history.NewTrail(), ""
			for second := range 180 {
				clock.set(time.Duration(second) * time.Second)
				answer := ask(t, service, upstreamsim.WoosmapPath(dataset))
				again := ask(t, service, upstreamsim.WoosmapPath(dataset))
				if answer.Code != again.Code || answer.Body.String() != again.Body.String() {
					t.Fatalf("after %d s it says two things", second)
				}
				if body := answer.Body.String(); answer.Code == http.StatusOK && body != last {
					at := clock.Now()
					trail.Add(interpret(t, "woosmap", []byte(body)), history.Bounds{NotBefore: at.Add(-time.Second), ObservedAt: at})
					last = body
				}
			}
			var kinds []history.Kind
			for _, anomaly := range trail.Anomalies {
				kinds = append(kinds, anomaly.Kind)
			}
			want, special := map[string]string{
				"SupersededUnseen": "2 runs, [outcome_unseen]", "Rewrites": "1 runs, [entry_withdrawn entry_withdrawn]",
				"Repeats": "5 runs, []", "Nothing": "0 runs, []",
			}[name]
			if !special {
				want = "1 runs, []"
			}
			if got := fmt.Sprintf("%d runs, %v", trail.RunNo, kinds); got != want {
				t.Errorf("%s, not %s", got, want)
			}
		})
	}
}
