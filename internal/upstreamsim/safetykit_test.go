package upstreamsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/source"
	"tracker/internal/upstreamsim"
)

const requestID = "request_01KHSKHQSYJN4A5P7RRVEXHWE9"

func newSafetyKit() (*upstreamsim.SafetyKit, *hand) {
	clock := &hand{now: start}
	return upstreamsim.NewSafetyKit(upstreamsim.Options{Key: key, Now: clock.Now}), clock
}

// products is an import that takes ten seconds for each status.
func products(results upstreamsim.Results) upstreamsim.Scenario {
	return upstreamsim.Scenario{Start: start, Imports: []upstreamsim.Import{{Results: results, Steps: []upstreamsim.Step{
		{Name: "queued", Takes: 10 * time.Second}, {Name: "uploading", Takes: 10 * time.Second}, {Name: "ingesting", Takes: 10 * time.Second},
	}}}}
}

func TestSafetyKitAnswersInBothShapes(t *testing.T) {
	t.Parallel()
	service, clock := newSafetyKit()
	service.Play("products", "inline", products(upstreamsim.Results{Items: 1}))
	service.Play("products", "linked", products(upstreamsim.Results{Items: 237, Shape: upstreamsim.ByLink}))
	inline, linked := upstreamsim.SafetyKitPath("products", "inline"), upstreamsim.SafetyKitPath("products", "linked")
	wantAnswer(t, ask(t, service, inline), 200, `{"data":[],"namespace":"products","request_id":"inline","status":"queued"}`)
	wantAnswer(t, ask(t, service, linked), 200,
		`{"data_count":null,"data_expires_at":null,"data_url":null,"namespace":"products","request_id":"linked","status":"queued"}`)
	clock.set(time.Minute)
	wantAnswer(t, ask(t, service, inline), 200, `{"data":[{"id":"item-001","output":{"actions":[],"fields":{},"labels":[]},`+
		`"url":"https://app.safetykit.com/objects/item-001","metadata":{"internal-ref":"ref-1"}}],"namespace":"products","request_id":"inline","status":"succeeded"}`)
	first := ask(t, service, linked).Body.String()
	if !strings.HasPrefix(first, `{"data_count":237,"data_expires_at":"2024-06-07T10:31:36.715Z","data_url":"https://s3.amazonaws.com/safetykit-results/products/linked.jsonl?X-Amz-`) {
		t.Errorf("by link it says %s", first)
	}
	clock.set(61 * time.Second)
	if ask(t, service, linked).Body.String() == first {
		t.Error("the link is not signed anew")
	}
}

func TestSafetyKitFlipsItsShape(t *testing.T) {
	t.Parallel()
	service, clock := newSafetyKit()
	service.Play("products", requestID, products(upstreamsim.Results{Items: 2, Shape: upstreamsim.Flipped}))
	var shapes []bool
	for i := range 6 {
		clock.set(time.Duration(i) * 10 * time.Second)
		shapes = append(shapes, strings.HasPrefix(ask(t, service, upstreamsim.SafetyKitPath("products", requestID)).Body.String(), `{"data":`))
	}
	if fmt.Sprint(shapes) != "[true false true false true false]" {
		t.Errorf("inline: %v", shapes)
	}
}

func TestSafetyKitPointsToTheDownloadWhereResultsAreTooLarge(t *testing.T) {
	t.Parallel()
	service, clock := newSafetyKit()
	service.Play("products", requestID, products(upstreamsim.Results{Items: 9000, TooLarge: true}))
	status, download := upstreamsim.SafetyKitPath("products", requestID), upstreamsim.SafetyKitDownloadPath("products", requestID)
	if answer := ask(t, service, status); answer.Code != http.StatusOK {
		t.Errorf("before its end it gets %d", answer.Code)
	}
	wantAnswer(t, ask(t, service, download), 200,
		`{"data_count":null,"data_expires_at":null,"data_url":null,"namespace":"products","request_id":"`+requestID+`","status":"queued"}`)
	clock.set(time.Minute)
	if answer := ask(t, service, status); answer.Code != http.StatusRequestEntityTooLarge || !strings.Contains(answer.Body.String(), download) {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
	if answer := interpret(t, "safetykit", ask(t, service, download).Body.Bytes()); answer.Status != "succeeded" || *answer.Results.Count != 9000 {
		t.Errorf("the download says %+v", answer)
	}
}

func TestSafetyKitRefuses(t *testing.T) {
	t.Parallel()
	service, _ := newSafetyKit()
	service.Script("products", requestID, upstreamsim.Answer(`{}`))
	service.ScriptDownload("products", requestID, upstreamsim.Answer(`[]`))
	path := upstreamsim.SafetyKitPath("products", requestID)
	for name, headers := range map[string]map[string]string{
		"without": nil, "another": {"Authorization": "Bearer another"}, "not bearer": {"Authorization": key}, "empty": {"Authorization": "Bearer "},
	} {
		if answer := askWith(t, service, path, headers); answer.Code != http.StatusUnauthorized || !json.Valid(answer.Body.Bytes()) {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
	}
	if answer := ask(t, service, upstreamsim.SafetyKitPath("products", "another")); answer.Code != http.StatusNotFound || !json.Valid(answer.Body.Bytes()) {
		t.Errorf("an unknown request: %d %s", answer.Code, answer.Body)
	}
	wantAnswer(t, ask(t, service, path), 200, `{}`)
	wantAnswer(t, ask(t, service, upstreamsim.SafetyKitDownloadPath("products", requestID)), 200, `[]`)
}

// TestSafetyKitMakesSenseAtEveryMoment reads what scenarios say, second by
// second, and takes it for news only where the tracker would.
func TestSafetyKitMakesSenseAtEveryMoment(t *testing.T) {
	t.Parallel()
	failing := products(upstreamsim.Results{})
	failing.Imports[0].Steps[1].Fails, failing.Imports[0].Summary = true, "the file is no CSV"
	pausing := products(upstreamsim.Results{Items: 2})
	pausing.Imports[0].Steps[2].Pause = 5 * time.Second
	stalling := products(upstreamsim.Results{})
	stalling.Imports[0].Steps[2].Stalls = true
	for name, test := range map[string]struct {
		scenario upstreamsim.Scenario
		news     int
		states   string
	}{
		"Inline":   {products(upstreamsim.Results{Items: 3}), 4, "[queued running running succeeded]"},
		"ByLink":   {products(upstreamsim.Results{Items: 3, Shape: upstreamsim.ByLink}), 4, "[queued running running succeeded]"},
		"Flipped":  {products(upstreamsim.Results{Items: 3, Shape: upstreamsim.Flipped}), 12, "[queued running running succeeded]"},
		"Fails":    {failing, 3, "[queued running failed]"},
		"Pauses":   {pausing, 4, "[queued running running succeeded]"},
		"Stalls":   {stalling, 3, "[queued running running]"},
		"TooLarge": {products(upstreamsim.Results{Items: 3, TooLarge: true}), 3, "[queued running running]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, clock := newSafetyKit()
			service.Play("products", requestID, test.scenario)
			provider, err := source.Lookup("safetykit")
			if err != nil {
				t.Fatal(err)
			}
			trail, last, news := history.NewTrail(), [32]byte{}, 0
			for second := range 120 {
				clock.set(time.Duration(second) * time.Second)
				answer := ask(t, service, upstreamsim.SafetyKitPath("products", requestID))
				if answer.Code == http.StatusRequestEntityTooLarge {
					continue
				}
				_, key, err := provider.Redact(answer.Body.Bytes(), redact.NewSecret(key))
				if err != nil {
					t.Fatal(err)
				}
				if key != last {
					trail.Add(interpret(t, "safetykit", answer.Body.Bytes()), history.Bounds{NotBefore: clock.Now().Add(-time.Second), ObservedAt: clock.Now()})
					last = key
					news++
				}
			}
			if news != test.news || len(trail.Anomalies) > 0 {
				t.Errorf("%d news, not %d; anomalies %v", news, test.news, trail.Anomalies)
			}
			var states []history.State
			for _, transition := range trail.Transitions {
				if transition.StepNo == 0 {
					states = append(states, transition.ToState)
				}
			}
			if got := fmt.Sprint(states); got != test.states {
				t.Errorf("states %s, not %s", got, test.states)
			}
		})
	}
}
