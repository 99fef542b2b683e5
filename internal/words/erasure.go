package words

import (
	"fmt"
	"strconv"
	"strings"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// erased tells what somebody has erased of the job.
func (h History) erased(e store.Erasure) []terminal.Span {
	what := fmt.Sprintf("all of run %d", e.RunNo)
	if e.SnapshotNo != nil {
		what = fmt.Sprintf("snapshot %d (run %d)", *e.SnapshotNo, e.RunNo)
	}
	return []terminal.Span{
		terminal.Faint(what), terminal.Faint(fmt.Sprintf(" was erased by act %d ", e.ActNo)), terminal.Faint(h.Near(e.At) + " " + h.ZoneName(e.At)).Whole(),
		terminal.Faint(" (" + e.Actor + ": " + e.Reason + ")"),
	}
}

// Snapshots names snapshots by their numbers, in ascending order: those that follow on
// from each other as a range.
func Snapshots(nos []int) string {
	var ranges []string
	for i := 0; i < len(nos); {
		j := i
		for j+1 < len(nos) && nos[j+1] == nos[j]+1 {
			j++
		}
		named := strconv.Itoa(nos[i])
		if j > i {
			named += "-" + strconv.Itoa(nos[j])
		}
		ranges, i = append(ranges, named), j+1
	}
	return map[bool]string{true: "snapshot ", false: "snapshots "}[len(nos) == 1] + strings.Join(ranges, ", ")
}
