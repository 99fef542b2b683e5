//go:build race

package source_test

// growthAnswers is how many different answers a kind of them is tried with: fewer where
// the race detector makes each ten times as dear.
const growthAnswers = 5_000
