package yamlfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// ParseDuration reads a Go duration that may begin with whole weeks and days of
// 24 hours: "90s", "2d", "1d12h", "2w". It is never negative.
func ParseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("%s is no duration; write one such as 90s, 2h30m, 2d or 1w", Quote(text))
	rest, total := text, time.Duration(0)
	for _, unit := range []struct {
		letter string
		length time.Duration
	}{{"w", 7 * day}, {"d", day}} {
		count, after, found := strings.Cut(rest, unit.letter)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(count, 10, 31)
		if err != nil || n > uint64((math.MaxInt64-total)/unit.length) {
			return 0, wrong
		}
		total += time.Duration(n) * unit.length
		rest = after
	}
	if rest == "" && text != "" {
		return total, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || strings.ContainsAny(rest[:1], "+-") || d > math.MaxInt64-total {
		return 0, wrong
	}
	return total + d, nil
}
