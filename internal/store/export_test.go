package store

// CheckServer refuses servers that are older than a version.
var CheckServer = checkServer
