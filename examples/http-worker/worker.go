// A worker for a Heddle gateway, with nothing but the standard library:
//
//	GATEWAY=http://127.0.0.1:8787 GATEWAY_TOKEN=... go run worker.go ocr
//
// Put your work into handle. SIGTERM and Ctrl-C finish the task at hand.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

type item struct {
	TaskID       string          `json:"task_id"`
	LeaseID      string          `json:"lease_id"`
	LeaseMs      int             `json:"lease_ms"`
	HeddleTaskID string          `json:"heddle_task_id"`
	Payload      json.RawMessage `json:"payload"`
}

// handle is what this worker does: a payload in, an output (an object) out. An error makes the task fail.
func handle(payload json.RawMessage) (any, error) {
	var in struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	return map[string]int{"length": len([]rune(in.Text))}, nil
}

type refused struct {
	status int
	text   string
}

func (r refused) Error() string { return fmt.Sprintf("%d %s", r.status, r.text) }

func (r refused) isFinal() bool { return r.status < 500 && r.status != http.StatusTooManyRequests }

var gateway = strings.TrimRight(envOr("GATEWAY", "http://127.0.0.1:8787"), "/")

func post(ctx context.Context, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, gateway+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if token := os.Getenv("GATEWAY_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return refused{response.StatusCode, string(said)}
	}
	return json.Unmarshal(said, answer)
}

// resolve says something of a task, again and again until the gateway has it: it counts once.
func resolve(ctx context.Context, task item, said map[string]any) error {
	said["lease_id"] = task.LeaseID
	path := "/v1/tasks/" + url.PathEscape(task.TaskID) + "/resolve"
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		var answer map[string]any
		err := post(ctx, path, said, &answer)
		var no refused
		if err == nil || ctx.Err() != nil || (errors.As(err, &no) && no.isFinal()) {
			return err
		}
		log.Printf("the gateway is away: %v", err)
		time.Sleep(pause)
	}
}

func work(task item) {
	// A task that takes longer than its lease is not handed to somebody else.
	alive, done := context.WithCancel(context.Background())
	go func() {
		for {
			select {
			case <-alive.Done():
				return
			case <-time.After(time.Duration(task.LeaseMs) * time.Millisecond / 3):
				if resolve(alive, task, map[string]any{"action": "heartbeat"}) != nil {
					return
				}
			}
		}
	}()
	output, err := handle(task.Payload)
	done()
	said := map[string]any{"action": "complete", "output": output}
	if err != nil {
		said = map[string]any{"action": "fail", "error": err.Error(), "failure_type": "retriable"}
	}
	if err := resolve(context.Background(), task, said); err != nil {
		log.Printf("task %s is no longer ours: %v", task.HeddleTaskID, err)
	}
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: worker <task type>...")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	pause := 200 * time.Millisecond
	for ctx.Err() == nil {
		var items []item
		asked := map[string]any{"task_types": os.Args[1:], "max_tasks": 1, "timeout_ms": 20_000}
		err := post(ctx, "/v1/tasks/poll", asked, &items)
		var no refused
		if errors.As(err, &no) && no.isFinal() {
			log.Fatal(err)
		}
		if err != nil {
			if ctx.Err() == nil {
				log.Printf("the gateway is away: %v", err)
				time.Sleep(pause)
				pause = min(2*pause, 5*time.Second)
			}
			continue
		}
		pause = 200 * time.Millisecond
		for _, task := range items {
			work(task)
		}
	}
}

func envOr(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func min(a, b time.Duration) time.Duration {
	if a < b {
		return a
	}
	return b
}
