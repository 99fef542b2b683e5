package api

import (
	"io/fs"
	"reflect"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tracker/db/migrations"
	"tracker/internal/store"
)

// rowTypes are the rows by the view whose columns they have.
func rowTypes() map[string]reflect.Type {
	return map[string]reflect.Type{
		"jobs": reflect.TypeFor[store.JobRow](), "runs": reflect.TypeFor[store.RunRow](), "steps": reflect.TypeFor[store.StepRow](),
		"log_entries": reflect.TypeFor[store.LogEntryRow](), "transitions": reflect.TypeFor[store.TransitionRow](),
		"anomalies": reflect.TypeFor[store.AnomalyRow](), "result_items": reflect.TypeFor[store.ResultItemRow](),
		"snapshots": reflect.TypeFor[store.SnapshotHead](), "polls": reflect.TypeFor[store.PollRow](), "gaps": reflect.TypeFor[store.GapRow](),
		"stalled": reflect.TypeFor[store.StalledRow](), "sources": reflect.TypeFor[store.SourceRow](), "events": reflect.TypeFor[store.EventRow](),
	}
}

// nameTypes tells how types are written that write themselves.
func nameTypes(types huma.Registry) {
	types.RegisterTypeAlias(reflect.TypeFor[store.Interval](), reflect.TypeFor[float64]())
	types.RegisterTypeAlias(reflect.TypeFor[store.Hex](), reflect.TypeFor[string]())
	types.RegisterTypeAlias(reflect.TypeFor[store.AnswerRow](), reflect.TypeFor[map[string]any]())
}

// schemaOf is the schema of a type.
func schemaOf[T any](a *api) *huma.Schema {
	return a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
}

var columnComment = regexp.MustCompile(`(?m)^COMMENT ON COLUMN report\.(\w+)\.(\w+) IS '((?:[^']|'')*)';`)

// columnComments are what the columns of the views mean, as the schema says it.
func columnComments() map[string]string {
	comments := map[string]string{}
	files, _ := fs.Glob(migrations.FS, "*.sql") // embedded: there is nothing to fail
	for _, file := range files {
		text, _ := migrations.FS.ReadFile(file)
		for _, found := range columnComment.FindAllSubmatch(text, -1) {
			comments[string(found[1])+"."+string(found[2])] = strings.ReplaceAll(string(found[3]), "''", "'")
		}
	}
	return comments
}

// describe adds to the rows what their columns mean, and which may be null.
func describe(doc *huma.OpenAPI) {
	comments := columnComments()
	schemas := doc.Components.Schemas.Map()
	for view, row := range rowTypes() {
		schema := schemas[row.Name()]
		for _, field := range reflect.VisibleFields(row) {
			column := field.Tag.Get("json")
			if property, told := schema.Properties[column]; told {
				property.Description = comments[view+"."+column]
				property.Nullable = field.Type.Kind() == reflect.Pointer
			}
		}
	}
}
