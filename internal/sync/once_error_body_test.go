package sync_test

import (
	"strings"
	"testing"

	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

func TestTheFirstBodyOfEachStreakIsKept(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	page := "<html><head><title>Oops</title></head>\r\n<body>\x1b[31m" + strings.Repeat("é", 3000) + "</body></html>"
	l.dataset("stores",
		upstreamsim.Status(404, `{"detail":"Dataset was not found. Really."}`),
		upstreamsim.Status(404, `{"detail":"again"}`),
		upstreamsim.Status(500, page),
		upstreamsim.Status(500, page),
		upstreamsim.Answer(`{"detail":"Dataset was not found"}`),
		testkit.WoosmapRun("r1", "in_progress"),
		upstreamsim.Status(404, `{"detail":"for `+labKey+` at https://h.example/?token=T0K3N"}`),
		testkit.WoosmapRun("r1", "in_progress"),
		upstreamsim.Answer("sorry, down\x00"),
		upstreamsim.Frame{Drop: true},
	)
	for range 10 {
		l.once("stores")
	}
	l.Want("polls", []string{
		`not_found 404 Not Found: Dataset was not found.|{"detail":"Dataset was not found. Really."}`,
		`not_found 404 Not Found: again|none`,
		`upstream_error 500 Internal Server Error: Oops|<html><head><title>Oops</title></head>`,
		`upstream_error 500 Internal Server Error: Oops|none`,
		`malformed id: missing; the service said: Dataset was not found|{"detail":"Dataset was not found"}`,
		`changed|none`,
		`not_found 404 Not Found: for REDACTED at https://h.example/|{"detail":"for REDACTED at https://h.example/?token=REDACTED"}`,
		`unchanged|none`,
		`malformed the body is not JSON, from byte 1 of 12; the service said: sorry, down�|sorry, down�`,
		`unreachable the connection was closed without an answer|none`,
	}, `SELECT concat_ws(' ', outcome, error) || '|' || split_part(coalesce(error_body, 'none'), E'\n', 1) FROM report.polls WHERE job = 'stores' ORDER BY polled_at`)
	l.Want("bounded", []string{"4096 t"}, `SELECT concat_ws(' ', octet_length(error_body), (error_body ~ U&'^[^\\001B]*$')::text::char)
		FROM report.polls WHERE outcome = 'upstream_error' AND error_body IS NOT NULL`)
}
