// Package words says in plain words what rows mean: states, outcomes, times,
// durations, changes, anomalies. Where a word has a mark or a style it is a
// terminal.Span, a text with its look: a terminal paints it, and any other
// front can mark it up. It asks nobody and lays nothing out.
package words
