// Package config reads what people write: tracker.yaml, the environment, and
// times and durations on the command line.
//
// It checks everything that can be checked without a database or a network and
// reports all that is wrong at once, each with the name of its field and, in a
// file, with line and column. Registering what a file declares is not its work.
package config
