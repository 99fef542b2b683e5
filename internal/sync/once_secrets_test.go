package sync_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tracker/internal/sync"
	"tracker/internal/upstreamsim"
)

// leaks are what must be nowhere: the lab's key, and what its links carry.
var leaks = []string{labKey, "S1GN4TURE", "T0K3N", "P4SSW0RD", "FR4GM3NT"}

// links are texts with something to hide, written as a JSON string's inside.
var links = []string{
	`https://u:P4SSW0RD@files.example/a.zip?X-Amz-Signature=S1GN4TURE&token=T0K3N#access_token=FR4GM3NT`,
	`https:\/\/u:P4SSW0RD@files.example\/a.zip?X-Amz-Signature=S1GN4TURE\u0026token=T0K3N\u0023access_token=FR4GM3NT`,
	`see \u0068ttps:\u002f\u002ffiles.example/a.zip\u003fsig\u003dS1GN4TURE\u0026token\u003dT0K3N for more`,
	`{\"url\":\"https:\\/\\/files.example\\/a.zip?sig=S1GN4TURE\\u0026token=T0K3N\"}`,
	`https://proxy.example/?to=https%3A%2F%2Fu%3AP4SSW0RD%40files.example%2Fa%3Fsig%3DS1GN4TURE`,
	`the key ` + labKey + ` was refused`,
	`the key k3y\/of\u0026the+lab=42 was refused`,
	`the key k3y%2Fof%26the%2Blab%3D42 was refused`,
	`the key \u006b3y\/of\u0026the\u002blab\u003d42 was refused`,
}

// TestOnceLetsNoSecretsLand has every field of every answer hold them.
func TestOnceLetsNoSecretsLand(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	told, hashes := &events{}, []string{}
	poll := func(job string, frames ...upstreamsim.Frame) {
		if strings.HasPrefix(job, "w") {
			l.dataset(job, frames...)
		} else {
			l.request(job, frames...)
		}
		for _, frame := range frames {
			sum := sha256.Sum256(frame.Body)
			hashes = append(hashes, hex.EncodeToString(sum[:]))
			if err := l.syncer.Once(t.Context(), l.jobs(job), told.tell); err != nil {
				t.Fatal(err)
			}
			l.Exec(`UPDATE budgets SET held_until = NULL, refusals = 0`)
		}
	}
	for i, link := range links {
		poll(fmt.Sprintf("w%d", i),
			upstreamsim.Status(400, `{"detail":"`+link+`"}`),
			upstreamsim.Status(422, `{"detail":[{"loc":["`+link+`"],"msg":"`+link+`","type":"x"}]}`),
			upstreamsim.Redirect(302, "https://u:P4SSW0RD@elsewhere.example/?sig=S1GN4TURE#FR4GM3NT"),
			upstreamsim.Answer(link),
			upstreamsim.Answer(`{"`+link+`":1}`),
			woosmapOf("in_progress", `"a note on `+link+`"`, ""),
			woosmapOf(link, `"fetch"`, entryOf(link)),
			woosmapOf("in_progress", `"import"`, entryOf("another")+","+entryOf(link+"!")),
		)
		poll(fmt.Sprintf("s%d", i),
			upstreamsim.Answer(fmt.Sprintf(`{"data_count":1,"data_expires_at":"%[1]s","data_url":"%[1]s","namespace":"%[1]s","request_id":"%[1]s","status":"ingesting","error_summary":"%[1]s"}`, link)),
			upstreamsim.Answer(fmt.Sprintf(`{"data":[{"id":"%[1]s","url":"%[1]s","output":{"actions":["%[1]s"],"fields":{"%[1]s":"%[1]s"},"labels":[{"label":"%[1]s"}]},
				"metadata":{"%[1]s":"%[1]s"},"%[1]s":0}],"namespace":"n","request_id":"r","status":"%[1]s","error_summary":{"%[1]s":["%[1]s"]},"%[1]s":{}}`, link)),
		)
	}
	if n := len(told.all()); n != len(links)*10 {
		t.Errorf("%d events", n)
	}
	l.wantNothingOf(told.all(), hashes)
}

func woosmapOf(status, step, entries string) upstreamsim.Frame {
	return upstreamsim.Answer(`{"id":"r1","status":"` + status + `","steps":[{"end":null,"entries":[` + entries +
		`],"name":` + step + `,"start":"2024-06-07T09:30:36","status":"success"}]}`)
}

func entryOf(detail string) string {
	return fmt.Sprintf(`{"created_at":"2024-06-07T09:30:36","detail":"%[1]s","level":"%[1]s"}`, detail)
}

// wantNothingOf looks for the leaks in all tables, bodies and events, escaped
// or not, and for hashes of bodies as they came.
func (l *lab) wantNothingOf(told []sync.Event, hashes []string) {
	l.t.Helper()
	var texts []string
	tables := l.Lines(`SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
	for _, table := range tables {
		texts = append(texts, l.Lines(`SELECT t::text FROM `+table+` t`)...)
	}
	texts = append(texts, l.Lines(`SELECT encode(body, 'base64') FROM report.snapshots`)...)
	bodies := l.Lines(`SELECT convert_from(body, 'UTF8') FROM report.snapshots`)
	if len(tables) < 14 || len(bodies) < 30 {
		l.t.Errorf("only %d tables and %d bodies to look at", len(tables), len(bodies))
	}
	texts = append(texts, bodies...)
	for _, event := range told {
		encoded, err := json.Marshal(event)
		if err != nil {
			l.t.Fatal(err)
		}
		texts = append(texts, string(encoded), fmt.Sprintf("%+v", event))
		if event.Change != nil {
			texts = append(texts, fmt.Sprintf("%+v", *event.Change))
			for _, item := range event.Change.Items {
				texts = append(texts, string(item.Output), string(item.Metadata))
			}
		}
	}
	for _, text := range texts {
		for _, hash := range hashes {
			if strings.Contains(text, hash) && len(text) < 100_000 && !l.storedAsItCame(hash) {
				l.t.Errorf("the hash of a body as it came is in %.300s", text)
			}
		}
		for _, leak := range leaks {
			if plain := unescaped(text); strings.Contains(plain, leak) || strings.Contains(text, hex.EncodeToString([]byte(leak))) {
				at := max(0, strings.Index(plain, leak)-100)
				l.t.Errorf("%s is in …%.300s", leak, plain[min(at, len(plain)):])
			}
		}
	}
}

// storedAsItCame reports whether a body had nothing to hide.
func (l *lab) storedAsItCame(hash string) bool {
	return l.Lines(`SELECT count(*)::text FROM report.snapshots WHERE encode(sha256(body), 'hex') = $1`, hash)[0] != "0"
}

// unescaped undoes escapes, of JSON and of URLs, however often they were put on.
func unescaped(text string) string {
	undo := strings.NewReplacer(`\/`, `/`, `\u002f`, `/`, `\u0026`, `&`, `\u003d`, `=`, `\u002b`, `+`, `\u006b`, `k`, `\u0023`, `#`, `\u003f`, `?`, `\\`, `\`, `\"`, `"`)
	for {
		next := undo.Replace(text)
		if decoded, err := url.PathUnescape(next); err == nil {
			next = decoded
		}
		if next == text {
			return text
		}
		text = next
	}
}
