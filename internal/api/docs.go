package api

import (
	"bytes"
	_ "embed" // the page and its style
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

var (
	//go:embed docs.html
	docsText string
	//go:embed docs.css
	docsStyle []byte

	docsTemplate = template.Must(template.New("docs").Parse(docsText))
)

// docsPage shows the OpenAPI document to people, made once.
func (a *api) docsPage() http.Handler {
	var page bytes.Buffer
	if err := docsTemplate.Execute(&page, a.guide()); err != nil { // of a template and a document that are the program's own
		panic(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page.Bytes())
	})
}

func showDocsStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write(docsStyle)
}

// guide is what the page shows.
type guide struct {
	Title, About, Version, Path string
	Tags                        []guideTag
	Rows                        []guideRow
}

type guideTag struct {
	Name       string
	Operations []guideOperation
}

type guideOperation struct {
	ID, Method, Path, Summary, About string
	Params                           []guideField
	Body                             []guideField
	Answers                          []guideAnswer
}

type guideField struct {
	Name, In, Type, About string
	Required              bool
}

type guideAnswer struct {
	Status, Text, Type, Row string // Row names the schema of what it holds; empty: none
	List                    bool
}

type guideRow struct {
	Name   string
	Fields []guideField
}

func (a *api) guide() guide {
	doc := a.OpenAPI()
	g := guide{Title: doc.Info.Title, About: doc.Info.Description, Version: doc.Info.Version, Path: Path}
	for _, tag := range []string{tagJobs, tagRuns, tagAll, tagReports, tagEvents, tagChanges} {
		part := guideTag{Name: tag}
		for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
			item := doc.Paths[path]
			for _, o := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete} {
				if o != nil && slices.Contains(o.Tags, tag) {
					part.Operations = append(part.Operations, a.guideTo(o))
				}
			}
		}
		g.Tags = append(g.Tags, part)
	}
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		if !strings.HasPrefix(name, "List") {
			g.Rows = append(g.Rows, guideRow{name, fieldsOf(schemas[name])})
		}
	}
	return g
}

func (a *api) guideTo(o *huma.Operation) guideOperation {
	shown := guideOperation{ID: o.OperationID, Method: o.Method, Path: o.Path, Summary: o.Summary, About: o.Description}
	for _, p := range o.Parameters {
		shown.Params = append(shown.Params, guideField{Name: p.Name, In: p.In, Type: typeOf(p.Schema), About: p.Description, Required: p.Required})
	}
	if o.RequestBody != nil {
		for _, media := range o.RequestBody.Content {
			shown.Body = fieldsOf(a.resolve(media.Schema))
		}
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		shown.Answers = append(shown.Answers, a.guideAnswer(status, o.Responses[status]))
	}
	return shown
}

func (a *api) guideAnswer(status string, r *huma.Response) guideAnswer {
	shown := guideAnswer{Status: status, Text: r.Description}
	for _, kind := range slices.Sorted(maps.Keys(r.Content)) {
		shown.Type = kind
		schema := r.Content[kind].Schema
		if schema == nil || schema.Ref == "" {
			continue
		}
		shown.Row = nameOf(schema)
		if items := a.resolve(schema).Properties["items"]; items != nil && strings.HasPrefix(shown.Row, "List") {
			shown.List, shown.Row = true, nameOf(items.Items)
		}
	}
	return shown
}

// resolve is the schema that a reference names.
func (a *api) resolve(s *huma.Schema) *huma.Schema {
	if s.Ref != "" {
		return a.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

func nameOf(s *huma.Schema) string { return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:] }

func fieldsOf(s *huma.Schema) []guideField {
	var fields []guideField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property := s.Properties[name]
		fields = append(fields, guideField{Name: name, Type: typeOf(property), About: property.Description, Required: slices.Contains(s.Required, name)})
	}
	return fields
}

// typeOf tells in a few words what a value may be.
func typeOf(s *huma.Schema) string {
	text := s.Type
	switch {
	case s.Ref != "":
		return nameOf(s)
	case s.Type == huma.TypeArray:
		text = "array of " + typeOf(s.Items)
	case s.Type == "":
		text = "any"
	case s.Format == "date-time":
		text = "time"
	}
	if s.Nullable {
		text += " or null"
	}
	if len(s.Enum) > 0 {
		words, _ := json.Marshal(s.Enum)
		text += " of " + strings.Trim(strings.ReplaceAll(string(words), ",", ", "), "[]")
	}
	return text
}
