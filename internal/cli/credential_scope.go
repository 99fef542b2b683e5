package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

const (
	credentialDirName = "credential-dir"
	credentialEnvName = "credential-env"
)

// credentialScopeFlags adds what credential references may name to a command
// that reads credentials.
func (a *app) credentialScopeFlags(cmd *cobra.Command) {
	cmd.Flags().Var((*filled)(&a.scope.Dir), credentialDirName, "let a credential be a file below `DIR`. With this flag or the other one, a source may refer to nothing else")
	cmd.Flags().Var((*filled)(&a.scope.EnvPrefix), credentialEnvName, "let a credential be a variable that begins with `PREFIX`")
	_ = cmd.MarkFlagDirname(credentialDirName)
}

// filled is the value of a flag that would allow everything, were it empty for
// what a script forgot to set.
type filled string

// Set implements pflag.Value.
func (f *filled) Set(text string) error {
	if text == "" {
		return errors.New("it is empty; leave the flag out to let a source refer to whatever this process can read")
	}
	*f = filled(text)
	return nil
}

// String implements pflag.Value.
func (f *filled) String() string { return string(*f) }

// Type implements pflag.Value.
func (*filled) Type() string { return "string" }
