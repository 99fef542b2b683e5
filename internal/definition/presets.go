package definition

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed presets
var presetFiles embed.FS

// PresetNames are the names of the definitions that come with the program, sorted.
func PresetNames() []string {
	files, _ := fs.Glob(presetFiles, "presets/*.yaml") // the pattern is one
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(path.Base(file), ".yaml")
	}
	slices.Sort(names)
	return names
}

// PresetText is a preset as it was written, with its comments.
func PresetText(name string) (string, bool) {
	text, err := presetFiles.ReadFile("presets/" + name + ".yaml")
	return string(text), err == nil
}

// Preset reads a definition that comes with the program.
func Preset(name string) (*Definition, bool, error) {
	text, found := PresetText(name)
	if !found {
		return nil, false, nil
	}
	read, err := Parse("presets/"+name+".yaml", []byte(text))
	if err == nil && (len(read) != 1 || read[0].Name != name) {
		err = fmt.Errorf("preset %s defines another provider", name)
	}
	if err != nil {
		return nil, true, err
	}
	return read[0], true, nil
}

// PresetFiles are the files of presets and the payloads of their tests.
func PresetFiles() fs.FS {
	files, err := fs.Sub(presetFiles, "presets")
	if err != nil { // the name is one
		return presetFiles
	}
	return files
}
