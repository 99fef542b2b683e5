package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// bashAlone takes the place of what cobra's script calls where the package
// bash-completion is not installed: it needs two functions of that. One gives
// the words up to the cursor, in which = and : part nothing though readline
// parts words there; the other the files that end as the script says.
const bashAlone = `
# Without the package bash-completion, this does what it is needed for.
__tracker_init_completion()
{
    local line=${COMP_LINE:0:COMP_POINT} word i
    words=() cword=0
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i == COMP_CWORD)); then
            word=${line#"${line%%[![:space:]]*}"}
        fi
        if ((i > 0)) && [[ -n $line && $line != [[:space:]]* ]]; then
            words[cword]+=$word
        else
            words+=("$word")
            cword=$((${#words[@]} - 1))
        fi
        line=${line#*"$word"}
    done
    cur=${words[cword]} prev=
    if ((cword > 0)); then
        prev=${words[cword-1]}
    fi
    declare -F _filedir >/dev/null || _filedir() { __tracker_filedir "$@"; }
}

__tracker_filedir()
{
    local name
    while IFS='' read -r name; do
        if [[ -d $name || $1 != -d && $name =~ \.(${1%|})$ ]]; then
            COMPREPLY+=("$name")
        fi
    done < <(compgen -f -- "$cur")
    compopt -o filenames 2>/dev/null
}
`

// bashCompletion makes the script for bash work alone, and its help say so.
func bashCompletion(cmd *cobra.Command) {
	cmd.Long = `Prints a script that makes bash complete commands, flags, and the names of jobs
and sources. It needs bash 4.1 or later, and nothing else.

For all shells to come, write it where the package bash-completion looks, or, if
that is not installed, have ~/.bashrc read it.`
	cmd.Example = `  source <(tracker completion bash)
  tracker completion bash > ~/.local/share/bash-completion/completions/tracker
  echo 'source <(tracker completion bash)' >> ~/.bashrc`
	write := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := write(cmd, args); err != nil {
			return err
		}
		_, err := fmt.Fprint(cmd.OutOrStdout(), bashAlone)
		return err
	}
}
