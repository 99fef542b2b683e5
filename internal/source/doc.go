// Package source asks services for the status of an import and says what they
// answered: the request, and the reading of each provider's redacted body into
// a history.Answer.
//
// It keeps nothing and decides nothing about time: when to ask is the work of
// package sync, what an answer changes that of package history.
package source
