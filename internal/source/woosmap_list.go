package source

import (
	"strconv"
	"strings"
	"time"

	"tracker/internal/history"
)

// woosmapList is GET /datasets/, which lists the account's datasets in pages.
// It goes beyond the contract of the status: all but the ids may be absent.
func woosmapList() *Discovery {
	return &Discovery{
		Every: time.Second,
		Path:  func(page int) string { return "/datasets/?page=" + strconv.Itoa(page) + "&per_page=20" },
		Read:  readWoosmapList,
	}
}

var woosmapListContract = contract{
	"":           {"datasets", "pagination"},
	"datasets[]": {"id", "name", "created_at", "updated_at", "scheduled_for_deletion_after"},
}

func readWoosmapList(body []byte) (Page, error) {
	root, err := parse(body)
	if err != nil {
		return Page{}, err
	}
	list := newReader(woosmapListContract).object(root, "")
	page := Page{Found: readList(list, "datasets", woosmapDataset)}
	if list.err != nil {
		return Page{}, list.err
	}
	page.Next = woosmapNext(list)
	return page, nil
}

func woosmapDataset(r *reader, v value) (Found, error) {
	dataset := r.object(v, "datasets[]")
	id := dataset.text("id")
	if dataset.err == nil {
		if err := checkUUID(id); err != nil {
			dataset.err = fieldError{"id", err.Error()}
		}
	}
	at := func(name string) history.Time {
		if text := dataset.optionalText(name); text != nil {
			return history.ParseTime(*text)
		}
		return history.Time{}
	}
	found := Found{
		Target:    map[string]string{"dataset_id": strings.ToLower(id)},
		CreatedAt: at("created_at"), UpdatedAt: at("updated_at"), DeletedAfter: at("scheduled_for_deletion_after"),
	}
	if name := dataset.optionalText("name"); name != nil {
		found.Name = *name
	}
	return found, dataset.err
}

// woosmapNext reads whether another page follows. What stands in "next" where
// there is one is documented nowhere: a number, a text or a link would all do.
func woosmapNext(list *fields) Next {
	pagination, found := list.optional("pagination")
	if !found || pagination.kind() != kindObject {
		return NextUntold
	}
	next, found := (&fields{members: pagination.members()}).get("next")
	switch {
	case !found:
		return NextUntold
	case next.kind() == kindNull, next.raw() == `""`, next.raw() == "0", next.raw() == "false":
		return NextNone
	default:
		return NextFollows
	}
}
