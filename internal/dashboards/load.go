package dashboards

import (
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/goccy/go-yaml"
)

// Load reads dashboards/*.json and provisioning/alerting/*.yaml. The variables of
// a dashboard come before its annotations and panels.
func Load(files fs.FS) ([]Query, error) {
	var queries []Query
	err := each(files, "dashboards/*.json", func(path string, text []byte) error {
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			return err
		}
		asked, err := d.queries(path)
		queries = append(queries, asked...)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = each(files, "provisioning/alerting/*.yaml", func(path string, text []byte) error {
		var rules alerting
		if err := yaml.Unmarshal(text, &rules); err != nil {
			return err
		}
		queries = append(queries, rules.queries(path)...)
		return nil
	})
	return queries, err
}

// each reads the files that match a pattern, of which there must be one.
func each(files fs.FS, pattern string, read func(path string, text []byte) error) error {
	paths, err := fs.Glob(files, pattern)
	if err != nil {
		return fmt.Errorf("list %s: %w", pattern, err)
	}
	if len(paths) == 0 {
		return fmt.Errorf("read %s: %w", pattern, fs.ErrNotExist)
	}
	for _, path := range paths {
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if err := read(path, text); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
	return nil
}
