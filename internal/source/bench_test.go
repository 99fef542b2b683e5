package source_test

import (
	"bytes"
	"testing"

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
	p, secret := provider(b, "woosmap"), source.NewSecret("hunter22-private")
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

// The worst that the body limit lets through.
func BenchmarkHundredThousandEntries(b *testing.B) {
	p, secret := provider(b, "woosmap"), source.NewSecret("hunter22-private")
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
