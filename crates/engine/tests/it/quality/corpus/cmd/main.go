// Command parcel serves the list page and proxies requests to the server.
package main

import (
	"context"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"
)

// shutdownGrace is how long open requests may take after a signal.
const shutdownGrace = 5 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	server := &http.Server{Addr: ":8080", Handler: http.FileServer(http.Dir("web"))}
	go func() {
		<-ctx.Done()
		gracefulShutdown(server)
	}()
	log.Fatal(server.ListenAndServe())
}

// gracefulShutdown lets open requests end and then closes the listener.
func gracefulShutdown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		log.Print(err)
	}
}
