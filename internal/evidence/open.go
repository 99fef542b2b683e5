package evidence

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

const (
	// ratioMost is how many times its size a member may have unpacked, beyond ratioFree
	// bytes: export stores what shrinks more.
	ratioMost = 100
	ratioFree = 4 << 10
	// membersMost is how many members a pack may have.
	membersMost = 3_000_000
	// documentMost bounds run.json and report.html, in bytes, bodyMost a body, which is
	// fetched up to 16 MiB and may grow by redaction, and smallMost anything else.
	documentMost = 512 << 20
	bodyMost     = 32 << 20
	smallMost    = 64 << 20
)

// pack is an open pack.
type pack struct{ members map[string]*zip.File }

// openPack opens a pack and refuses what is none before it unpacks anything.
func openPack(file io.ReaderAt, size int64) (pack, error) {
	reader, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return pack{}, fmt.Errorf("%w: %w", ErrNotPack, err)
	}
	if len(reader.File) > membersMost {
		return pack{}, fmt.Errorf("%d members: %w", len(reader.File), ErrLimit)
	}
	p := pack{map[string]*zip.File{}}
	var packed uint64
	for _, member := range reader.File {
		name := member.Name
		switch {
		case !filepath.IsLocal(name) || strings.Contains(name, `\`):
			return pack{}, fmt.Errorf("%w: its member %q climbs out of it", ErrNotPack, name)
		case p.members[name] != nil:
			return pack{}, fmt.Errorf("%w: it has two members %q", ErrNotPack, name)
		case member.UncompressedSize64 > ratioFree && member.UncompressedSize64/ratioMost > member.CompressedSize64:
			return pack{}, fmt.Errorf("%s, of %d bytes in %d: %w", name, member.UncompressedSize64, member.CompressedSize64, ErrLimit)
		}
		p.members[name] = member
		if packed += member.CompressedSize64; packed > uint64(size) {
			return pack{}, fmt.Errorf("%s: %w", name, ErrLimit) // members that lie over each other
		}
	}
	return p, nil
}

// read unpacks a member, so many bytes at most. It is a pack's only once.
func (p pack) read(name string, most int64) ([]byte, error) {
	member := p.members[name]
	if member == nil {
		return nil, fmt.Errorf("%w: it has no member %s", ErrNotPack, name)
	}
	if member.UncompressedSize64 > uint64(most) {
		return nil, fmt.Errorf("%s, of %d bytes: %w", name, member.UncompressedSize64, ErrLimit)
	}
	reader, err := member.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNotPack, name, err)
	}
	defer func() { _ = reader.Close() }()
	content, err := io.ReadAll(reader) // no more than the size that was checked: zip sees to it
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNotPack, name, err)
	}
	return content, nil
}

// document reads run.json, which names the other members.
func (p pack) document() (*Document, []byte, error) {
	text, err := p.read(documentName, documentMost)
	if err != nil {
		return nil, nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var d Document
	if err := decoder.Decode(&d); err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", ErrNotPack, documentName, err)
	}
	if d.Format != format {
		return nil, nil, fmt.Errorf("%w of this version: its format is %d, not %d", ErrNotPack, d.Format, format)
	}
	return &d, text, p.named(&d)
}

// named refuses members that a document does not name, so that nothing stands in a pack
// that nobody has checked.
func (p pack) named(d *Document) error {
	if len(d.Snapshots) == 0 {
		return fmt.Errorf("%w: it shows no snapshot", ErrNotPack)
	}
	names := map[string]bool{guideName: true, checkpointName: true, pageName: true, documentName: true}
	if d.Checkpoint.Verifier != nil {
		names[keyName] = true
	}
	for i, s := range d.Snapshots {
		if i > 0 && s.SnapshotNo <= d.Snapshots[i-1].SnapshotNo {
			return fmt.Errorf("%w: snapshot %d follows on snapshot %d", ErrNotPack, s.SnapshotNo, d.Snapshots[i-1].SnapshotNo)
		}
		if s.Body != nil {
			names[*s.Body] = true
		}
		names[s.Leaf], names[s.Proof] = true, true
	}
	for i, g := range d.Gaps {
		if i > 0 && g.GapNo <= d.Gaps[i-1].GapNo {
			return fmt.Errorf("%w: gap %d follows on gap %d", ErrNotPack, g.GapNo, d.Gaps[i-1].GapNo)
		}
		names[g.Leaf], names[g.Proof] = true, true
	}
	for name := range p.members {
		if !names[name] {
			return fmt.Errorf("%w: nothing tells of its member %q", ErrNotPack, name)
		}
	}
	for name := range names {
		if p.members[name] == nil {
			return fmt.Errorf("%w: its member %s is missing", ErrNotPack, name)
		}
	}
	return nil
}
