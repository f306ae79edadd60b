package node

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"polyreme/pgwire/pgerr"
)

const (
	adminLimit       = 60 * time.Second
	adminBytesMax    = 1 << 16
	syncLimit        = 60 * time.Second
	readyLimit       = 2 * time.Second
	contentTypeJSON  = "application/json"
	contentTypePlain = "text/plain; charset=utf-8"
)

// handler serves the administration port.
//
//	GET  /healthz                      the process runs
//	GET  /readyz[?sync]                a leader is known (and the node has caught up)
//	GET  /status                       the cluster, as JSON
//	GET  /metrics                      Prometheus
//	GET  /debug/pprof/                 profiles
//	POST /cluster/join                 {"to": [PEER_ADDR]}: an empty node joins a cluster
//	POST /cluster/leave                {"node": ID|NAME}
//	POST /cluster/transfer-leader      {"node": ID|NAME}
func (n *Node) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", n.healthz)
	mux.HandleFunc("GET /readyz", n.readyz)
	mux.HandleFunc("GET /status", n.status)
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("POST /cluster/join", n.postJoin)
	mux.HandleFunc("POST /cluster/leave", n.postLeave)
	mux.HandleFunc("POST /cluster/transfer-leader", n.postTransfer)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func (n *Node) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", contentTypePlain)
	if err := n.store.Fault(); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Write([]byte("ok\n"))
}

// readyz tells whether the node can serve: the catalog is there, and it knows a
// leader that answers. With ?sync it waits until all writes acknowledged
// before have been applied here.
func (n *Node) readyz(w http.ResponseWriter, r *http.Request) {
	limit := readyLimit
	sync := r.URL.Query().Has("sync")
	if sync {
		limit = syncLimit
	}
	ctx, done := context.WithTimeout(r.Context(), limit)
	defer done()
	index, err := n.cluster.ReadIndex(ctx)
	if err == nil && sync {
		err = n.store.WaitApplied(ctx, index)
	}
	if err == nil && n.store.SchemaVersion() == 0 {
		err = errors.New("the node has no data yet")
	}
	if err != nil {
		http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", contentTypePlain)
	w.Write([]byte("ready\n"))
}

func (n *Node) status(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, n.cluster.Status(r.Context()))
}

// memberRequest is the body of the requests about members.
type memberRequest struct {
	To   []string `json:"to"`
	Node string   `json:"node"`
}

func readRequest(w http.ResponseWriter, r *http.Request) (memberRequest, bool) {
	var m memberRequest
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, adminBytesMax)).Decode(&m)
	if err != nil {
		fail(w, http.StatusBadRequest, errors.New("request body is not the expected JSON: "+err.Error()))
		return m, false
	}
	return m, true
}

func (n *Node) postJoin(w http.ResponseWriter, r *http.Request) {
	m, ok := readRequest(w, r)
	if !ok {
		return
	}
	if err := n.mayJoin(r.Context(), m.To); err != nil {
		fail(w, http.StatusConflict, err)
		return
	}
	writeJSON(w, http.StatusAccepted, map[string]string{"result": "the node drops its empty database and joins"})
	http.NewResponseController(w).Flush() // the server is closed next
	select {
	case n.rejoin <- m.To:
	default:
	}
}

// mayJoin tells why this node cannot drop its state and join another cluster.
func (n *Node) mayJoin(ctx context.Context, to []string) error {
	if len(to) == 0 {
		return errors.New("no address to join: give one with --to PEER_ADDR")
	}
	if len(n.cluster.Servers()) > 1 {
		return errors.New("this node is already a member of a cluster of several nodes: let it leave first")
	}
	reader, err := n.store.Reader(ctx)
	if err != nil {
		return err
	}
	defer reader.Release()
	if reader.Schema > 0 {
		objects, err := reader.Conn.QueryInt64("SELECT count(*) FROM pg_class WHERE oid >= 16384")
		if err != nil {
			return err
		}
		if objects > 0 {
			return errors.New("this node is not empty: its data would be lost. Start a new node with an empty directory and --join instead")
		}
	}
	return n.probe(to)
}

func (n *Node) postLeave(w http.ResponseWriter, r *http.Request) {
	m, ok := readRequest(w, r)
	if !ok {
		return
	}
	ctx, done := context.WithTimeout(r.Context(), adminLimit)
	defer done()
	if err := n.cluster.Leave(ctx, m.Node); err != nil {
		fail(w, http.StatusConflict, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"result": "left"})
}

func (n *Node) postTransfer(w http.ResponseWriter, r *http.Request) {
	m, ok := readRequest(w, r)
	if !ok {
		return
	}
	ctx, done := context.WithTimeout(r.Context(), adminLimit)
	defer done()
	if err := n.cluster.TransferLeadership(ctx, m.Node); err != nil {
		fail(w, http.StatusConflict, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"result": "transferred"})
}

func fail(w http.ResponseWriter, code int, err error) {
	var e *pgerr.Error
	message := map[string]string{"error": err.Error()}
	if errors.As(err, &e) {
		message["error"], message["hint"] = e.Message, e.Hint
	}
	writeJSON(w, code, message)
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", contentTypeJSON)
	w.WriteHeader(code)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.Encode(v)
}
