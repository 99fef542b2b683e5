package definition_test

import (
	"io/fs"
	"testing"

	"tracker/internal/definition"
)

// TestPresets: each preset is a definition of that name whose tests pass, with a
// success and a failure among them.
func TestPresets(t *testing.T) {
	t.Parallel()
	if len(definition.PresetNames()) == 0 {
		t.Fatal("no presets")
	}
	for _, name := range definition.PresetNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _, err := definition.Preset(name)
			if err != nil {
				t.Fatal(err)
			}
			if d.Docs == "" || d.Title == "" {
				t.Error("it has no title or no docs")
			}
			states := map[any]bool{}
			for _, test := range d.Tests {
				states[test.Want["state"]] = true
				for _, wrong := range d.RunTest(test, func(name string) ([]byte, error) { return fs.ReadFile(definition.PresetFiles(), name) }) {
					t.Errorf("%s: %s", test.Name(), wrong)
				}
			}
			if !states["succeeded"] || !states["failed"] {
				t.Error("no test has a success, or none a failure")
			}
			again, err := definition.Parse("stored", []byte(d.Text))
			if err != nil || again[0].Text != d.Text {
				t.Errorf("what is stored of it reads as another: %v\n%s", err, d.Text)
			}
		})
	}
}
