// Package migrations embeds the goose migrations that make the tracker's schema.
package migrations

import "embed"

// FS holds the migrations, one SQL file each, applied in the order of their names.
//
//go:embed *.sql
var FS embed.FS
