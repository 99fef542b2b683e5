package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tracker/internal/definition"
	"tracker/internal/source"
	"tracker/internal/terminal"
)

func (a *app) providerNewCommand() *cobra.Command {
	var from, output string
	cmd := &cobra.Command{
		Use:   "new NAME --from PAYLOAD",
		Short: "Write a first draft of a definition from an example answer",
		Long: `Writes a first draft of a definition to NAME.yaml, guessed from an answer of the
API that was saved as JSON: the status and its word, ids, times, steps and log.
What is guessed says so. It passes  tracker provider test;  what it says of the
API itself (address, path, credential) is for you to fill in.`,
		Example: `  curl -H "X-Api-Key: $KEY" https://api.acme.example/imports/77 > answer.json
  tracker provider new acme --from answer.json
  tracker provider test acme.yaml`,
		Args: exactly(1, "one NAME"),
	}
	cmd.Flags().StringVar(&from, "from", "", "the `FILE` with an answer, as JSON")
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `FILE` to write (default: NAME.yaml); it must not be there")
	cmd.RunE = func(_ *cobra.Command, args []string) error { return a.newProvider(args[0], from, output) }
	return cmd
}

func (a *app) newProvider(name, from, output string) error {
	if from == "" {
		return usageError{errors.New("--from FILE is missing; save an answer of the API, such as  curl … > answer.json")}
	}
	answer, err := os.ReadFile(from)
	if err != nil {
		return usageError{fmt.Errorf("--from: %w", err)}
	}
	if output == "" {
		output = name + ".yaml"
	}
	payload, err := pathFrom(output, from)
	if err != nil {
		return usageError{fmt.Errorf("--from: %w", err)}
	}
	text, err := definition.Draft(name, answer, payload)
	if err != nil {
		return usageError{fmt.Errorf("--from %s: %w", from, err)}
	}
	read, err := definition.Parse(output, []byte(text))
	if err != nil {
		return usageError{err}
	}
	if source.IsCode(name) {
		return usageError{fmt.Errorf("provider %s is code; take another name", name)}
	}
	file, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write the draft: %w", err)
	}
	if _, err := file.WriteString(text); err != nil {
		_ = file.Close()
		return fmt.Errorf("write the draft: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write the draft: %w", err)
	}
	fmt.Fprintf(a.stdout, "%s\n", terminal.Printable(output+" written; what was read from the answer:"))
	if err := a.runTests(definitionFile{read[0], payloadsBeside(output)}); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "next: fill in address, path and credential; then  tracker provider try %s --credential env:KEY import_id=…\n", terminal.Printable(output))
	return nil
}

// pathFrom gives the path of a file from the folder of another.
func pathFrom(other, file string) (string, error) {
	folder, err := filepath.Abs(filepath.Dir(other))
	if err != nil {
		return "", err
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", err
	}
	return filepath.Rel(folder, file)
}
