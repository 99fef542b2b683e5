package store_test

import (
	"os"
	"testing"
)

// TestReadmeSQL runs the README's queries as somebody who may only read.
func TestReadmeSQL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reader := loginAs(t, w.owner, w.url, "tracker_reader")
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := sqlBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) == 0 {
		t.Error("the README has no queries")
	}
	for _, block := range blocks {
		mustExec(t, reader, block[1])
	}
}
