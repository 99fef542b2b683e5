package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"

	"tracker/internal/config"
)

// TestDeployedFileIsRead reads what the ConfigMap of deploy/kubernetes holds.
func TestDeployedFileIsRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "kubernetes", "configmap.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Data map[string]string }
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	file, err := config.Parse("tracker.yaml", []byte(manifest.Data["tracker.yaml"]))
	if err != nil || len(file.Sources) == 0 || len(file.Jobs) == 0 {
		t.Errorf("%d sources, %d jobs: %v", len(file.Sources), len(file.Jobs), err)
	}
}
