package store

// CheckServer refuses servers that are older than a version.
var CheckServer = checkServer

// DurationOf converts an interval as rows are read.
var DurationOf = durationOf

var (
	MakePatch  = makePatch
	ApplyPatch = applyPatch
)
