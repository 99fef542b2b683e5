package access

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"tracker/internal/store"
)

// Guard lets in who may come in.
type Guard struct {
	Store  *store.Store
	Logger *slog.Logger

	// Open lets in everybody who names this machine as the host: for a loopback address.
	// Actor is who changes then.
	Open  bool
	Actor string

	// BehindProxy takes the proxy's word for where a request came from, and TrustHeader,
	// unless empty, for who sent it.
	BehindProxy bool
	TrustHeader string

	// Away answers people where the database does not, and so tells nobody who asks; nil:
	// they are told that in a sentence.
	Away http.HandlerFunc

	failed failures
}

// askMost bounds how long the database may take to tell who asks.
const askMost = 5 * time.Second

// actorMost is how long a name may be that a proxy tells.
const actorMost = 200

// Wrap lets through to a handler what may come in: /login and /logout it answers itself.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", g.showLogin)
	mux.HandleFunc("GET /login.css", showLoginStyle)
	mux.HandleFunc("POST /login", g.login)
	mux.HandleFunc("POST /logout", g.logout)
	mux.Handle("GET /assets/{name}", next) // with which pages are shown, whatever is on them
	mux.Handle("/", g.letIn(next))
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusForbidden, "another site may not change what is tracked here")
	}))
	guarded := sameOrigin.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		if g.Open && !isThisMachine(r.Host) {
			refuse(w, r, http.StatusMisdirectedRequest, "this is answered at localhost, 127.0.0.1 and [::1] alone; to be asked by another name see  tracker serve --help")
			return
		}
		if g.Open && isForwarded(r.Header) {
			refuse(w, r, http.StatusForbidden, "a proxy has sent this, and on a loopback address everybody behind it could change all: start  tracker serve  with --behind-proxy")
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// letIn answers by next whoever is known.
func (g *Guard) letIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := g.whoAsks(r)
		switch {
		case errors.Is(err, errTooMany):
			w.Header().Set("Retry-After", retryAfter)
			refuse(w, r, http.StatusTooManyRequests, err.Error())
		case errors.Is(err, errUnknown):
			g.askForLogin(w, r, err)
		case err != nil:
			g.Logger.ErrorContext(r.Context(), "cannot tell who asks", "error", err)
			if g.Away != nil && wantsPage(r) {
				g.Away(w, r)
				return
			}
			w.Header().Set("Retry-After", "5")
			refuse(w, r, http.StatusServiceUnavailable, "the database does not answer, and without it nobody is let in")
		case !isSafe(r.Method) && !who.Operates():
			refuse(w, r, http.StatusForbidden, "this token may read alone; to change what is tracked takes one of the scope operate")
		default:
			next.ServeHTTP(w, r.WithContext(With(r.Context(), who)))
		}
	})
}

// errUnknown means that nobody knows who asks. Why is for whoever asks.
var errUnknown = errors.New("a token is wanted: Authorization: Bearer TOKEN")

// whoAsks tells who sent a request.
func (g *Guard) whoAsks(r *http.Request) (Identity, error) {
	if g.Open {
		return Identity{Actor: g.Actor, Scope: store.ScopeOperate}, nil
	}
	shown, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if bearer {
		token, err := g.checkToken(r, shown)
		return Identity{
			Actor: actorOf(token), Scope: token.Scope,
			holds: g.stays(func(ctx context.Context) (store.Token, error) { return g.Store.TokenOf(ctx, shown) }),
		}, err
	}
	if name := g.namedByProxy(r); name != "" {
		return Identity{Actor: name, Scope: store.ScopeOperate}, nil
	}
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return Identity{}, errUnknown
	}
	ctx, cancel := context.WithTimeout(r.Context(), askMost)
	defer cancel()
	token, err := g.Store.SessionOf(ctx, cookie.Value)
	if errors.Is(err, store.ErrNotFound) {
		return Identity{}, errUnknown
	}
	return Identity{
		Actor: actorOf(token), Scope: token.Scope, LoggedIn: true,
		holds: g.stays(func(ctx context.Context) (store.Token, error) { return g.Store.SessionOf(ctx, cookie.Value) }),
	}, err
}

// actorOf is how changes name who has shown a token.
func actorOf(token store.Token) string { return "token " + token.Name }

// stays asks again. A database that does not answer has nobody thrown out.
func (g *Guard) stays(ask func(context.Context) (store.Token, error)) func(context.Context) bool {
	return func(ctx context.Context) bool {
		ctx, cancel := context.WithTimeout(ctx, askMost)
		defer cancel()
		_, err := ask(ctx)
		return !errors.Is(err, store.ErrNotFound)
	}
}

// checkToken is the token that is shown. Who shows a right one suffers from no wrong ones
// of others at his address: a token is too long to be guessed.
func (g *Guard) checkToken(r *http.Request, shown string) (store.Token, error) {
	ctx, cancel := context.WithTimeout(r.Context(), askMost)
	defer cancel()
	token, err := g.Store.TokenOf(ctx, shown)
	if errors.Is(err, store.ErrNotFound) {
		from := g.address(r)
		if !g.failed.mayTry(from) {
			return store.Token{}, errTooMany
		}
		g.failed.add(from)
		g.Logger.WarnContext(ctx, "a token was refused", "address", from.String())
		return store.Token{}, errRefused
	}
	return token, err
}

// namedByProxy is the name in the header that the proxy tells it in; empty: there is none.
func (g *Guard) namedByProxy(r *http.Request) string {
	if g.TrustHeader == "" {
		return ""
	}
	names := r.Header.Values(g.TrustHeader)
	if len(names) != 1 || len(names[0]) > actorMost || !store.IsText(names[0]) { // of two, one is not the proxy's
		return ""
	}
	return strings.TrimSpace(names[0])
}

// isSafe reports a method that changes nothing.
func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
