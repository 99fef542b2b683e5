package definition_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tracker/internal/redact"
	"tracker/internal/source"
)

// importLog is an answer of Woosmap with a log of some lines.
func importLog(lines int) []byte {
	var entries []string
	for i := range lines {
		entries = append(entries, fmt.Sprintf(`{"created_at":"2024-06-07T09:30:%02d.715881","detail":"store %d imported","level":"info"}`, i%60, i))
	}
	return []byte(`{"id":"9d1f","status":"success","steps":[{"name":"fetch","status":"success","start":"2024-06-07T09:30:36.715881","end":"2024-06-07T09:30:37.1","entries":[` +
		strings.Join(entries, ",") + `]},{"name":"import","status":"success","start":"2024-06-07T09:30:37.2","end":"2024-06-07T09:31:00","entries":[]}]}`)
}

// reportCPU reports how much time of processors each round took, with the collector's: on a
// busy machine ns/op has that of others in it.
func reportCPU(b *testing.B) (report func()) {
	b.Helper()
	used := func() time.Duration {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-ns/op") }
}

// BenchmarkChanged is what a new answer costs until it is read: redacted, compared,
// interpreted. By a definition it may cost five times what it costs by code.
func BenchmarkChanged(b *testing.B) {
	code, err := source.Lookup("woosmap")
	if err != nil {
		b.Fatal(err)
	}
	for _, lines := range []int{2, 20, 200} {
		body := importLog(lines)
		for name, p := range map[string]source.Provider{"code": code, "definition": twin(b, "woosmap")} {
			b.Run(fmt.Sprintf("%d/%s", lines, name), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				defer reportCPU(b)()
				for b.Loop() {
					redacted, _, err := p.Redact(body, redact.NewSecret("a-secret-key"))
					if err != nil {
						b.Fatal(err)
					}
					if _, err := p.InterpretRedacted(redacted); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkUnchanged is what an answer costs that says nothing new: no jq runs.
func BenchmarkUnchanged(b *testing.B) {
	code, err := source.Lookup("woosmap")
	if err != nil {
		b.Fatal(err)
	}
	body := importLog(20)
	for name, p := range map[string]source.Provider{"code": code, "definition": twin(b, "woosmap")} {
		b.Run(name, func(b *testing.B) {
			defer reportCPU(b)()
			for b.Loop() {
				if _, _, err := p.Redact(body, redact.NewSecret("a-secret-key")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
