package checkhistory

import (
	"bytes"
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tracker/internal/definition"
)

// checkBodies reads each body: consecutive answers differ in the provider's
// comparison key, the cursor has that of the newest, without the fields that
// its source calls volatile by now, and report.snapshots shows as text what is
// text.
func (c *check) checkBodies(ctx context.Context) error {
	for _, job := range c.jobs {
		provider, err := definition.Of(ctx, c.store, job.From.Provider, job.From.Interpretation)
		if err != nil {
			return fmt.Errorf("job %s: %w", job.Name, err)
		}
		rows, err := c.conn.Query(ctx, `SELECT snapshot_no, body, body_text, coalesce(size, 0) FROM report.snapshots WHERE job = $1 ORDER BY snapshot_no`, job.Name)
		if err != nil {
			return err
		}
		var (
			no   int
			body []byte
			text *string
			size int64
			head []byte
		)
		_, err = pgx.ForEachRow(rows, []any{&no, &body, &text, &size}, func() error {
			if body == nil { // taken or erased
				head = nil
				return nil
			}
			key := provider.Key(body)
			if bytes.Equal(head, key[:]) {
				c.violated(job.Name, "consecutive snapshots differ, but: snapshot %d has the key of the one before", no)
			}
			head = key[:]
			isText := utf8.Valid(body) && !bytes.Contains(body, []byte{0})
			if isText != (text != nil) || isText && *text != string(body) || int(size) != len(body) {
				c.violated(job.Name, "snapshot %d of %d bytes (text: %t) is shown as %d bytes (text: %t)", no, len(body), isText, size, text != nil)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if body == nil && no > 0 {
			continue // nobody can tell its key
		}
		ignoring := provider.Ignoring(job.From.Volatile)
		if head != nil {
			newest := ignoring.Key(body)
			head = newest[:]
		}
		var behind bool
		err = c.conn.QueryRow(ctx, `SELECT key IS DISTINCT FROM $2::bytea AND ($2 IS NULL OR octet_length(key) IS DISTINCT FROM octet_length($2) OR substr(key, 1, 4) = substr($2, 1, 4))
			FROM cursors WHERE job_id = $1`, job.ID, head).Scan(&behind)
		if err != nil {
			return fmt.Errorf("job %s: read cursor: %w", job.Name, err)
		}
		if behind {
			c.violated(job.Name, "a cursor has the key of the newest snapshot, but: this one has another")
		}
	}
	return nil
}
