package schedule_test

import (
	"archive/zip"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite zones.txt")

// TestZoneNames holds zones.txt to the zone database of the Go that builds us.
func TestZoneNames(t *testing.T) {
	t.Parallel()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	database, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })
	var names []string
	for _, file := range database.File {
		if !strings.HasSuffix(file.Name, "/") {
			names = append(names, file.Name+"\n")
		}
	}
	slices.Sort(names)
	want := strings.Join(names, "")
	if *update {
		if err := os.WriteFile("zones.txt", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("zones.txt is not the zone database of this Go: run  go test ./internal/schedule -run TestZoneNames -update")
	}
}
