// Package definition reads providers that are written down: some lines of YAML
// with jq in them that say how a service is asked and what its answers mean. A
// Definition becomes a source.Provider like those in code.
//
// It sends nothing and stores nothing. Presets are the definitions that come with
// the program.
package definition
