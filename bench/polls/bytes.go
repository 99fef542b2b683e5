package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jedib0t/go-pretty/v6/table"
)

// relation is a table with what lies beside it (TOAST, maps), or an index. Partitions
// go by the name of their parent.
type relation struct {
	name    string
	isIndex bool
}

// disk tells how many bytes relations take on disk.
type disk map[relation]int64

const relationBytes = `SELECT coalesce(parent.relname, c.relname), c.relkind = 'i', sum(CASE c.relkind WHEN 'i' THEN pg_relation_size(c.oid) ELSE pg_table_size(c.oid) END)::bigint
	FROM pg_class c
	LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
	LEFT JOIN pg_class parent ON parent.oid = i.inhparent
	WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i', 'm')
	GROUP BY 1, 2`

func readDisk(ctx context.Context, db *pgx.Conn) (disk, error) {
	rows, err := db.Query(ctx, relationBytes)
	if err != nil {
		return nil, err
	}
	d := disk{}
	var r relation
	var bytes int64
	_, err = pgx.ForEachRow(rows, []any{&r.name, &r.isIndex, &bytes}, func() error {
		d[r] = bytes
		return nil
	})
	return d, err
}

// add adds so many times what another takes.
func (d disk) add(other disk, times int64) {
	for r, bytes := range other {
		d[r] += times * bytes
	}
}

func (d disk) all() (bytes int64) {
	for _, n := range d {
		bytes += n
	}
	return bytes
}

// print shows which tables and indexes take half a byte per poll or more.
func (d disk) print(out io.Writer, program string, polls int) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{program, "bytes per poll"})
	for _, r := range slices.SortedFunc(maps.Keys(d), func(a, b relation) int {
		return cmp.Or(cmp.Compare(d[b], d[a]), cmp.Compare(a.name, b.name))
	}) {
		const least = 0.5
		perPoll := float64(d[r]) / float64(polls)
		if perPoll < least {
			break
		}
		t.AppendRow(table.Row{map[bool]string{true: "index ", false: ""}[r.isIndex] + r.name, fmt.Sprintf("%.1f", perPoll)})
	}
	t.AppendFooter(table.Row{"all", fmt.Sprintf("%.0f", float64(d.all())/float64(polls))})
	fmt.Fprintln(out, t.Render())
}
