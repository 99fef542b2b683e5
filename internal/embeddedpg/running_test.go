package embeddedpg_test

import (
	"os"
	"path/filepath"
	"testing"

	"tracker/internal/embeddedpg"
)

func TestRunning(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none")
	if _, running := embeddedpg.Running(t.Context(), none); running {
		t.Error("a server runs where none was started")
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("the data directory was made")
	}
	cfg := config(t)
	server := start(t, cfg)
	if url, running := embeddedpg.Running(t.Context(), cfg.DataDir); !running || url != server.URL() {
		t.Errorf("%s, %v; it runs at %s", url, running, server.URL())
	}
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, running := embeddedpg.Running(t.Context(), cfg.DataDir); running {
		t.Error("a server runs that was stopped")
	}
}
