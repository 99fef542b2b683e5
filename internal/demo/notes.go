package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// notesName is the file of a demo's notes in the data directory.
const notesName = "demo.json"

// noted is what a demo has to know of an earlier one on the same data.
type notes struct {
	Speed float64              `json:"speed"` // how many times faster than written imports go
	Began map[string]time.Time `json:"began"` // when each job's live scenario began
}

// readNotes reads the notes of the last demo; there are none before the first.
func readNotes(dir string) (notes, error) {
	var read notes
	text, err := os.ReadFile(filepath.Join(dir, notesName))
	if errors.Is(err, os.ErrNotExist) {
		return read, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		return read, fmt.Errorf("read what the demo noted: %w", err)
	}
	return read, nil
}

// write keeps the notes, all or none of them.
func (n notes) write(dir string) error {
	text, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, notesName)
	if err = os.WriteFile(path+".new", append(text, '\n'), 0o600); err == nil {
		err = os.Rename(path+".new", path)
	}
	if errors.Is(err, os.ErrPermission) {
		err = fmt.Errorf("%w; the demo runs as the user who owns the data directory", err)
	}
	if err != nil {
		return fmt.Errorf("note how the demo began: %w", err)
	}
	return nil
}
