// Package evidence makes packs: a zip file that shows a run, or all runs of a job, to
// somebody who has no access to the database and trusts nobody but the key. A pack has
// each answer byte for byte, its leaf in the transparency log, the proof that the log has
// it, and the signed checkpoint; what they tell is derived again by who checks it.
package evidence
