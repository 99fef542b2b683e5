package source

import "errors"

var (
	// ErrUnknownProvider is returned for a provider's name that nobody registered.
	ErrUnknownProvider = errors.New("unknown provider")

	// ErrNotJSON is returned for a body that is not one valid JSON value.
	ErrNotJSON = errors.New("not JSON")

	// ErrCredential is returned where a credential reference is misspelt or
	// what it refers to cannot be read or used.
	ErrCredential = errors.New("credential")

	// ErrNoTurn is why a poll sends no further request where the source's rate
	// limit has none for it within the time that the poll has.
	ErrNoTurn = errors.New("the rate limit has no request for it in time")

	// ErrCredentialUnread is returned where reading a credential takes its time.
	ErrCredentialUnread = errors.New("the credential is still being read")

	// ErrNoRoom is why a poll ends where no memory comes free for its answer.
	ErrNoRoom = errors.New("no memory")

	// ErrNoList is returned where an API cannot tell what there is to track.
	ErrNoList = errors.New("the API has no list of what there is to track")
)
