package source_test

import (
	"errors"
	"strings"
	"testing"

	"tracker/internal/redact"
	"tracker/internal/source"
)

func TestRedactRefusesWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<html>", `{"a":`, `{} {}`, `{"a":"` + "\n" + `"}`, strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)} {
		_, _, err := provider(t, "woosmap").Redact([]byte(body), redact.Secret{})
		if !errors.Is(err, source.ErrNotJSON) {
			t.Errorf("%.20q: got %v", body, err)
		}
	}
}
