package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/definition"
	"tracker/internal/terminal"
)

func (a *app) providerTestCommand() *cobra.Command {
	var payloads []string
	cmd := &cobra.Command{
		Use:   "test FILE|NAME",
		Short: "Run a definition's tests, or read an answer by it",
		Long: `Runs the tests of a definition: what it reads from the payloads that it names,
beside what it is to read. No API is asked. A NAME is what the database has
under it, else the preset.

With --payload it reads an answer instead and prints what would be recorded of
it, in words and as JSON. Of a definition with several requests each named one
has its own: --payload status.json --payload log=log.json.`,
		Example: `  tracker provider test providers/acme.yaml
  tracker provider test dbt-cloud
  tracker provider test providers/acme.yaml --payload answer.json`,
		Args:              exactly(1, "a FILE or the NAME of a definition"),
		ValidArgsFunction: a.completeDefinitions(cobra.ShellCompDirectiveDefault),
	}
	cmd.Flags().StringArrayVar(&payloads, "payload", nil, "read an answer from a `FILE`, or NAME=FILE, instead")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		d, err := a.openDefinition(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if len(payloads) > 0 {
			return a.readPayloads(d, payloads)
		}
		return a.runTests(d)
	}
	return cmd
}

func (a *app) runTests(d definitionFile) error {
	if d.payload == nil && len(d.Tests) > 0 {
		return usageError{fmt.Errorf("the payloads of the tests of %s are beside its file: name that, or write --payload FILE", d.Name)}
	}
	failed := 0
	for _, test := range d.Tests {
		wrong := d.RunTest(test, d.payload)
		mark := "ok    "
		if len(wrong) > 0 {
			failed++
			mark = "WRONG "
		}
		fmt.Fprintln(a.stdout, terminal.Printable(mark+test.Name()))
		for _, one := range wrong {
			fmt.Fprintln(a.stdout, terminal.Printable("        "+one))
		}
	}
	switch {
	case len(d.Tests) == 0:
		fmt.Fprintf(a.stdout, "%s has no tests; it reads as a definition. Try an answer:  --payload FILE\n", d.Name)
	case failed > 0:
		return fmt.Errorf("%s: %w: %d of %d are wrong", d.Name, errTestsFailed, failed, len(d.Tests))
	}
	return nil
}

// readPayloads prints what would be recorded of an answer.
func (a *app) readPayloads(d definitionFile, payloads []string) error {
	answers := map[string][]byte{}
	for _, payload := range payloads {
		name, file, named := strings.Cut(payload, "=")
		if !named {
			name, file = "", payload
		}
		if !d.HasRequest(name) {
			return usageError{fmt.Errorf("--payload %s: no request of %s has the name %s", payload, d.Name, name)}
		}
		body, err := os.ReadFile(file)
		if err != nil {
			return usageError{fmt.Errorf("--payload: %w", err)}
		}
		answers[name] = bytes.TrimSpace(body)
	}
	if answers[""] == nil {
		return usageError{errors.New("--payload: the answer to the first request is missing; write --payload FILE")}
	}
	return a.printReading(d.ReadPayload(answers))
}

// printReading prints what would be recorded, in words and as JSON.
func (a *app) printReading(reading definition.Reading) error {
	for _, line := range reading.Lines() {
		fmt.Fprintln(a.stdout, terminal.Printable(line))
	}
	fmt.Fprintln(a.stdout)
	return a.writeJSON(reading)
}
