//go:build !race

package source_test

// growthAnswers is how many different answers a kind of them is tried with.
const growthAnswers = 100_000
