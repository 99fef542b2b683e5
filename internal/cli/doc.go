// Package cli is the commands: their flags, what they call, what they print and
// the exit codes. It is not for what a page or a notification would need, too.
package cli
