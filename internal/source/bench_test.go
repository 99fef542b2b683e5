package source_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"tracker/internal/redact"
	"tracker/internal/source"
)

// The body of most polls: 3 KB with 20 log entries.
func BenchmarkInterpret(b *testing.B) {
	p := provider(b, "woosmap")
	body := woosmapBody(20)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Interpret(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRedact(b *testing.B) {
	p, secret := provider(b, "woosmap"), redact.NewSecret("hunter22-private")
	signed := bytes.ReplaceAll(woosmapBody(20), []byte("position"), []byte("https:\\/\\/h/x?sig=1\\u0026x=2"))
	for name, body := range map[string][]byte{"Plain": woosmapBody(20), "Signed": signed} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := p.Redact(body, secret); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A body in its canonical form needs no other; others have members in another
// order, or white space, or fields that do not count.
func BenchmarkKey(b *testing.B) {
	p, body := provider(b, "woosmap"), woosmapBody(20)
	turned := bytes.ReplaceAll(body, []byte(`"created_at":"2024`), []byte(`"z":"2024`))
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, body, "", "  "); err != nil {
		b.Fatal(err)
	}
	for _, test := range []struct {
		name string
		p    source.Provider
		body []byte
	}{
		{"AsItIs", p, body},
		{"OtherOrder", p, turned},
		{"Indented", p, spaced.Bytes()},
		{"Volatile", p.Ignoring([]string{".progress", ".steps[].heartbeat"}), body},
		{"VolatileLeftOut", p.Ignoring([]string{".progress"}), bytes.Replace(body, []byte(`{"id"`), []byte(`{"progress":5,"id"`), 1)},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.SetBytes(int64(len(test.body)))
			b.ReportAllocs()
			for b.Loop() {
				source.KeyOf(test.p, test.body)
			}
		})
	}
}

// The worst that the body limit lets through.
func BenchmarkHundredThousandEntries(b *testing.B) {
	p, secret := provider(b, "woosmap"), redact.NewSecret("hunter22-private")
	raw := woosmapBody(100_000)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		body, _, err := p.Redact(raw, secret)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Interpret(body); err != nil {
			b.Fatal(err)
		}
	}
}
