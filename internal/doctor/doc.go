// Package doctor examines a tracker: its database, its login, its sources, its journal
// and log, its disk. Each check says what is so and, where something is wrong, what mends
// it. It changes nothing, and prints nothing.
package doctor
