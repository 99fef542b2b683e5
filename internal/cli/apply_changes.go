package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// printChanges prints a line for each change.
func (a *app) printChanges(changes []store.RegistryChange, dryRun bool) error {
	would := ""
	if dryRun {
		would = "would "
	}
	p := terminal.NewPage(a.screen())
	for _, change := range changes {
		p.Line(terminal.Plain(would+change.Action+" "+change.Subject), terminal.Plain(differences(change)))
	}
	if len(changes) == 0 {
		p.Line(terminal.Plain("nothing to change"))
	}
	if slices.ContainsFunc(changes, redefines) && !dryRun {
		p.Line(terminal.Plain("answers that stay the same are read as before, until  tracker rebuild"))
	}
	_, err := fmt.Fprint(a.stdout, p.String())
	return err
}

// redefines reports a change of a provider that jobs may have been recorded by.
func redefines(change store.RegistryChange) bool {
	return change.Action == "change" && strings.HasPrefix(change.Subject, "provider ")
}

// differences tells what a change changed, where its line does not say it already.
func differences(change store.RegistryChange) string {
	if change.Action != "pause" && change.Action != "change" {
		return ""
	}
	return " (" + words.Change(change.Action, change.Before, change.After) + ")"
}

// changedRow is a change as rows of report.changes tell it.
type changedRow struct {
	Action  string          `json:"action"`
	Subject string          `json:"subject"`
	Before  json.RawMessage `json:"before"`
	After   json.RawMessage `json:"after"`
}

// writeChanges writes the changes as one document.
func (a *app) writeChanges(changes []store.RegistryChange) error {
	rows := []changedRow{}
	for _, change := range changes {
		rows = append(rows, changedRow(change))
	}
	return a.writeJSON(rows)
}
