package upstreamsim

import (
	"crypto/sha256"
	"fmt"
)

// UUID is a random UUID in form, always the same for the same text.
func UUID(text string) string {
	sum := sha256.Sum256([]byte(text))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80 // version 4, variant 10
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// RequestID is one of SafetyKit's in form, always the same for the same text.
func RequestID(text string) string {
	return fmt.Sprintf("request_01%.24X", sha256.Sum256([]byte(text)))[:len("request_")+26]
}
