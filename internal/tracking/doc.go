// Package tracking is what is done to the registry and to what it tracks, by
// whichever front asks for it: it chooses jobs, applies a file, discovers what
// an account has, rebuilds histories and reads what is, or was, known of a job,
// and so joins source, schedule and store. It prints nothing.
package tracking
