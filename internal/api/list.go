package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tracker/internal/store"
)

// Paging is the part of a list that is asked for.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Rows of a page at most."`
	Cursor string `query:"cursor" doc:"The next of the page before; left out: the first page."`
}

func (p Paging) paged() Paging { return p }

// List is a page of a list.
type List[T any] struct {
	Items []T     `json:"items" nullable:"false"`
	Next  *string `json:"next" doc:"The cursor of the page after this one; null: this is the last."`
}

// listed answers with a page.
type listed[T any] struct{ Body List[T] }

// cursor is what next holds: a row's key, and the list that it is one of.
type cursor struct {
	List string    `json:"list"`
	Key  store.Key `json:"key"`
}

func (p Paging) page(list string) (store.Page, error) {
	page := store.Page{Rows: p.Limit}
	if p.Cursor == "" {
		return page, nil
	}
	var at cursor
	text, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	if err != nil || at.List != list || !store.IsText(at.Key.Name) {
		return page, huma.Error422UnprocessableEntity("the cursor is none of this list: take next of the page before it", &huma.ErrorDetail{
			Location: "query.cursor", Message: "no cursor of this list", Value: p.Cursor,
		})
	}
	page.After = &at.Key
	return page, nil
}

// toList is a part of a list as a page of it.
func toList[T any](list string, part store.Part[T]) *listed[T] {
	page := &listed[T]{List[T]{Items: part.Rows}}
	if part.Next != nil {
		text, _ := json.Marshal(cursor{list, *part.Next}) // which can always be encoded
		page.Body.Next = new(base64.RawURLEncoding.EncodeToString(text))
	}
	return page
}

// operation is what the documentation tells of one.
type operation struct {
	id, path string
	tag      string
	summary  string
	doc      string
	fails    []int // besides those of every operation
}

func (o operation) get() huma.Operation { return o.of(http.MethodGet) }

func (o operation) of(method string) huma.Operation {
	fails := append([]int{http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}, o.fails...)
	return huma.Operation{
		OperationID: o.id, Method: method, Path: o.path, Tags: []string{o.tag}, Summary: o.summary, Description: o.doc, Errors: fails,
	}
}

// addList registers an operation that gives a list.
func addList[I interface{ paged() Paging }, T any](a *api, o operation, read func(ctx context.Context, in *I, page store.Page) (store.Part[T], error)) {
	huma.Register(a.API, o.get(), func(ctx context.Context, in *I) (*listed[T], error) {
		page, err := (*in).paged().page(o.id)
		if err != nil {
			return nil, err
		}
		part, err := read(ctx, in, page)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return toList(o.id, part), nil
	})
}

// row answers with one row.
type row[T any] struct{ Body T }

// addRow registers an operation that gives one row.
func addRow[I, T any](a *api, o operation, read func(ctx context.Context, in *I) (T, error)) {
	huma.Register(a.API, o.get(), func(ctx context.Context, in *I) (*row[T], error) {
		one, err := read(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return &row[T]{one}, nil
	})
}
