package store

import "bytes"

// patchesMost is how many patches in a row a body may take to be read. Each is at most
// half as large as the body that it makes, and all together twice as large.
const patchesMost = 64

// Body is a snapshot's body, redacted, and how it is stored: whole, or as a patch of the
// body before, where that is of the same run and differs little.
type Body struct {
	Bytes   []byte
	patch   []byte // nil: it is stored whole
	patches int    // with this one, since the last body that is stored whole
	bulk    int    // of these patches, in bytes
}

// newBody gives the body of a snapshot. before is that of the snapshot before; nil: it is
// not known, or of another run.
func newBody(body []byte, before *Body) *Body {
	if before == nil || before.patches == patchesMost {
		return &Body{Bytes: body}
	}
	patch := makePatch(before.Bytes, body)
	bulk := before.bulk + len(patch)
	if 2*len(patch) > len(body) || bulk > 2*len(body) {
		return &Body{Bytes: body}
	}
	return &Body{Bytes: body, patch: patch, patches: before.patches + 1, bulk: bulk}
}

// nextBody reads the body of a snapshot from what its row has and, where that is a patch,
// from the body before.
func nextBody(before, stored []byte, patches int16) ([]byte, error) {
	if patches == 0 {
		return stored, nil
	}
	return applyPatch(before, stored)
}

// patched is the body that a stored patch makes of this one; nil: it makes none.
func (b *Body) patched(patch []byte) *Body {
	body, err := applyPatch(b.Bytes, patch)
	if err != nil {
		return nil
	}
	return &Body{Bytes: body, patches: b.patches + 1, bulk: b.bulk + len(patch)}
}

// alone is the body to be kept until the next comes, without what it is part of.
func (b *Body) alone() *Body {
	return &Body{Bytes: bytes.Clone(b.Bytes), patches: b.patches, bulk: b.bulk}
}

// stored is what stands in the snapshot's row.
func (b *Body) stored() []byte {
	if b.patches == 0 {
		return b.Bytes
	}
	return b.patch
}
