// Package tracking is what is done to the registry and to what it tracks, by
// whichever front asks for it: it chooses jobs, applies a file, discovers what
// an account has and rebuilds histories, and so joins source, schedule and
// store. It prints nothing.
package tracking
