package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"time"
)

// spread maps a key to a duration from zero to just under width, the same one
// on every machine and in every version. Whole milliseconds survive being
// stored, so that a shifted tick read back equals the one computed again.
func spread(key string, width time.Duration) time.Duration {
	sum := sha256.Sum256([]byte(key))
	share, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:]), uint64(width))
	return time.Duration(share).Truncate(time.Millisecond)
}
