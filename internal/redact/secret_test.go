package redact_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tracker/internal/redact"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	secret := redact.NewSecret("hunter22")
	type hiding struct{ inside redact.Secret }
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p"} {
		fmt.Fprintf(&printed, verb+"\n", secret)
		fmt.Fprintf(&printed, verb+"\n", &secret)
		fmt.Fprintf(&printed, verb+"\n", hiding{secret})
		fmt.Fprintf(&printed, verb+"\n", []redact.Secret{secret})
	}
	encoded, err := json.Marshal(map[string]any{"secret": secret})
	if err != nil {
		t.Fatal(err)
	}
	printed.Write(encoded)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
		slog.New(handler).InfoContext(t.Context(), "test", "secret", secret, "in", hiding{secret})
	}
	for _, form := range []string{"hunter22", fmt.Sprintf("%x", "hunter22"), fmt.Sprintf("%X", "hunter22"), "104 117 110 116"} {
		if strings.Contains(printed.String(), form) {
			t.Errorf("%q is in:\n%s", form, printed.String())
		}
	}
	if redact.NewSecret("").Reveal() != "" {
		t.Error("an empty secret is not empty")
	}
}
